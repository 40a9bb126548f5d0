"""Networks in which a value that leaves its format is an error: casts are counted, and what left is named."""

from __future__ import annotations

from fxsnn.errors import OverflowDetectedError
from fxsnn.graph.counted import Counted
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.number.modes import Overflow


def may_refuse(network: QuantisedGraph) -> bool:
    """Say whether a value that leaves its format may be an error."""
    signals = (signal for program in network.programs.values() for signal in program.signals.values())
    return any(signal.overflow is Overflow.ERROR for signal in signals)


def refuse_overflows(name: str, run: Counted, n: int = 0) -> None:
    """Raise OverflowDetectedError where, for one input, a value left a format whose overflow mode is `error`."""
    counts = run.counts
    for cast in run.program.neuron.casts:
        signal, left = run.program.signals[cast.signal], counts[cast.round][n, -1]
        if signal.overflow is Overflow.ERROR and left:
            raise OverflowDetectedError(
                f"{cast.name} of {name} must stay within {signal.format.describe()}, but left it {left} times"
            )
