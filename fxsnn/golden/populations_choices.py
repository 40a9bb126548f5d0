"""A population whose text was read with another choice: another reset, another winner, casts at other places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fxsnn.errors import FxsnnError
from fxsnn.golden.populations_mutant import Mutant, NetworkChange, changed
from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.program.build import build
from fxsnn.program.neuron import BIT
from fxsnn.program.program import Program, bind
from fxsnn.program.variant import variant


def other_choices(network: QuantisedGraph, name: str) -> Iterator[tuple[str, NetworkChange]]:
    """Yield each choice that the text allows and the network does not take, where nothing else must be known for it."""
    one = network.graph[name]
    for choice, options in one.text.choices.items():
        own = one.choices[choice]
        for option in options:
            program = None if option == own else _program(network, one, {**one.choices, choice: option})
            if program is not None:
                yield f"{choice} = {option} instead of {own}", _chosen(network, name, program)


def _program(network: QuantisedGraph, one: Population, choices: dict[str, str]) -> Program | None:
    """Return the text under choices, with the population's formats; None where they lack something."""
    own, signals = network.programs[one.name], network.signals[one.name]
    try:
        neuron = build(one.text, choices)
        known = {**{name: signal for name, signal in own.signals.items() if name != BIT}, **signals}
        given: tuple[Iterable[str], ...] = (known, one.neuron.constants, one.numbers, neuron.names)
        wanted: tuple[Iterable[str], ...] = (neuron.signals, neuron.constants, neuron.numbers, one.neuron.nodes)
        if any(not set(need) <= set(have) for need, have in zip(wanted, given, strict=True)):
            return None
        return bind(neuron, known, own.arrivals, one.size, numbers=one.numbers, lfsr_width=own.lfsr_width)
    except FxsnnError:
        return None


def _chosen(network: QuantisedGraph, name: str, program: Program) -> NetworkChange:
    streams = [cast.stream for cast in program.neuron.casts if cast.stream is not None]
    drawing = {stream: network.graph.register(network.plan.lfsr, name, stream) for stream in streams}

    def apply(mutant: Mutant) -> Mutant:
        registers = {**mutant.registers, name: {**drawing, **mutant.registers[name]}}
        return changed("variants", name, lambda _: variant(program))(replace(mutant, registers=registers))

    return apply
