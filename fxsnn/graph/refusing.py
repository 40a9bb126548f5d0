"""Populations in plain integers, which count every cast: for traces, and where a value that leaves is an error."""

from __future__ import annotations

from fxsnn.errors import OverflowDetectedError
from fxsnn.graph.engine import registers_of
from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.starting import Start
from fxsnn.modes import Overflow
from fxsnn.program.interpret import Run


def may_refuse(network: QuantisedGraph) -> bool:
    """Say whether a value that leaves its format may be an error."""
    signals = (signal for program in network.programs.values() for signal in program.signals.values())
    return any(signal.overflow is Overflow.ERROR for signal in signals)


def begun(network: QuantisedGraph, one: Population, start: Start, n: int = 0) -> Run:
    """Return a population before the first step of input n."""
    registers = registers_of(network, one)
    return Run(network.programs[one.name], network.each(one.name), one.size, registers, start.of(one, n))


def refuse_overflows(name: str, run: Run) -> None:
    """Raise OverflowDetectedError where a value of a population has left a format whose overflow mode is `error`."""
    for cast in run.program.neuron.casts:
        signal, left = run.program.signals[cast.signal], run.counts[cast.round].overflows
        if signal.overflow is Overflow.ERROR and left:
            raise OverflowDetectedError(
                f"{cast.name} of {name} must stay within {signal.format.describe()}, but left it {left} times"
            )
