"""A population's step as it is written in C: without what is known to be 0, bounded by what its constants are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.modes import Overflow
from fxsnn.program import operations as op
from fxsnn.program.emit import fixed
from fxsnn.program.fold import Folded, at_rest, fold
from fxsnn.program.neuron import Cast, Neuron
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program, bind
from fxsnn.program.stages import Stages


class Dropping(NamedTuple):
    """A cast as the text has it, where nothing is left out: what it draws depends on that."""

    right: int  # bits dropped
    draw_bits: int
    lowest: int  # the rails
    highest: int


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """A population's step, of which nothing is left that nothing depends on.

    program      in which every operation that is left stands for itself; the others are 0
    stages       its loops over the neurons
    constants    words of those that are left: one for all neurons, one a channel, or one each
    casts        that are left, by their rounding
    output       fractional bits of what is emitted
    """

    name: str
    program: Program
    stages: Stages
    constants: Mapping[str, list[int]]
    casts: Mapping[Ref, Dropping]
    output: int

    @property
    def operations(self) -> Mapping[Ref, op.Operation]:
        """The operations that are left."""
        return self.stages.folded.operations

    @property
    def drawing(self) -> dict[int, Ref]:
        """The rounding of each cast that draws, by the register's number in the text."""
        found = {ref: self.operations[ref] for ref, site in self.casts.items() if site.draw_bits}
        return {one.stream: ref for ref, one in found.items() if isinstance(one, op.Round) and one.stream is not None}

    @property
    def refusing(self) -> list[Ref]:
        """The rounding of each cast into a signal whose overflow is `error`."""
        operations = ((ref, self.operations[ref]) for ref in self.casts)
        return [
            ref
            for ref, one in operations
            if isinstance(one, op.Round) and self.program.signals[one.signal].overflow is Overflow.ERROR
        ]

    def inputs(self, leaf: type[op.Input | op.Each]) -> list[str]:
        """Return the inputs of the text whose sums are taken, or which are taken one by one."""
        found = {one.name for one in self.operations.values() if isinstance(one, leaf)}
        return [name for name in self.program.neuron.inputs if name in found]


def settled(network: QuantisedGraph, name: str) -> Settled:
    """Return a population's step; raises WidthError where a value could leave int64."""
    whole, held = network.programs[name], network.constants[name]
    words = {constant: _shortest(held[constant].reshape(-1).tolist()) for constant in held}
    neuron, operations = whole.neuron, enumerate(whole.neuron.operations)
    zeros = [ref for ref, one in operations if isinstance(one, op.Constant) and not any(words[one.name])]
    folded = fold(neuron, at_rest(neuron, zeros))
    left = _left(neuron, folded)
    program = bind(
        left,
        whole.signals,
        whole.arrivals,
        whole.neurons,
        numbers=whole.numbers,
        lfsr_width=whole.lfsr_width,
        values={constant: (min(some), max(some)) for constant, some in words.items()},
    )
    itself = Folded(folded.operations, {ref: ref for ref in folded.operations}, frozenset())
    used = {one.name for one in folded.operations.values() if isinstance(one, op.Constant)}
    return Settled(
        name,
        program,
        Stages(left, itself, fixed(itself)),
        {constant: some for constant, some in words.items() if constant in used},
        {cast.round: _dropping(whole, cast) for cast in left.casts},
        whole.wires[neuron.output[1]].frac,
    )


def _dropping(program: Program, cast: Cast) -> Dropping:
    site = program.site(cast)
    return Dropping(site.right, site.draw_bits, site.lowest, site.highest)


def _shortest(words: list[int]) -> list[int]:
    """Return words, one where all are equal."""
    return words[:1] if len(set(words)) == 1 else words


def _left(neuron: Neuron, folded: Folded) -> Neuron:
    """Return a neuron whose every operation stands for itself, or is 0 where nothing depends on it."""
    zero, stands = op.Literal(0), folded.stands
    rest = {one.name for ref in folded.zeros if isinstance(one := neuron.operations[ref], op.State)}
    return replace(
        neuron,
        operations=tuple(folded.operations.get(ref, zero) for ref in range(len(neuron.operations))),
        states={
            name: (signal, stands[ref]) for name, (signal, ref) in neuron.states.items() if name not in rest
        },
        output=(neuron.output[0], stands[neuron.output[1]]),
        casts=tuple(cast for cast in neuron.casts if isinstance(folded.operations.get(cast.limit), op.Limit)),
    )
