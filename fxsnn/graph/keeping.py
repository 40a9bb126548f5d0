"""Where the words of a population lie that outlive a pass over its neurons: in arrays of their own, or in others.

A state's array can hold a word of its format once the state's last word is read no more, until its next is made; and
what is emitted is stored for those that take it, so that a state that is the same need not be stored too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from fxsnn.frozen import freeze
from fxsnn.graph.connect import Projection
from fxsnn.graph.live import everything, waiting
from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph, format_of
from fxsnn.program import operations as op
from fxsnn.program.neuron import BIT
from fxsnn.program.operations import Ref, operands
from fxsnn.program.passes import passes
from fxsnn.program.program import Program

EMITTED = " emitted"  # the array of what is emitted
OWN = ""
WORD_BY_WORD = ("identity", "scale", "maximum")  # projections that bring a neuron one word, nothing to add up


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where words lie.

    emitted    whether what is emitted has an array, be it one that states lie in: also where no population takes it
    same       states that lie in that array
    places     by value that waits: a state in whose array it lies, EMITTED or OWN
    carried    by Carry: the state in whose array active inputs add to it, or OWN
    until      of every value: the last pass in which it is read
    written    by state: the pass that writes it
    emits_in   the pass that writes what is emitted
    alone      whether one neuron after the other takes what active inputs bring: then what no later pass reads of it is
               one word, else a word a neuron
    """

    emitted: bool
    same: frozenset[str]
    places: Mapping[Ref, str]
    carried: Mapping[Ref, str]
    until: Mapping[Ref, int]
    written: Mapping[str, int]
    emits_in: int
    alone: bool

    def __post_init__(self) -> None:
        freeze(self)


def taken(network: QuantisedGraph, one: Population) -> bool:
    """Say whether anybody takes what a population emits: all do whose answer is not read from a node."""
    graph = network.graph
    return _sends(network, one) or not (graph.readout.node and graph.read.name == one.name)


def as_emitted(network: QuantisedGraph, one: Population, begun: Collection[str]) -> frozenset[str]:
    """Return the states that hold what the step before emitted, in words of the same format.

    begun    states that begin with given words, while nothing was emitted before
    """
    program, output = network.programs[one.name], one.neuron.output[1]
    return frozenset(
        name
        for name, (signal, ref) in one.neuron.states.items()
        if name not in begun and ref == output and program.signals[signal].format == network.formats[one.name]
    )


def keeping(network: QuantisedGraph, one: Population, begun: Collection[str] = ()) -> Keeping:
    """Return where a population's words lie; begun: see `as_emitted`."""
    program, output = network.programs[one.name], one.neuron.output[1]
    same = as_emitted(network, one, begun)
    bits = all(one.neuron.states[name][0] == BIT for name in same)
    found = everything(program)
    apart = max((wire.delay for wire in network.graph.projections if wire.source == one.name), default=0) > 0
    waits, operations = waiting(found), program.neuron.operations
    states = {operation.name: ref for ref, operation in enumerate(operations) if isinstance(operation, op.State)}
    finals = {name: ref for name, (_, ref) in one.neuron.states.items()}
    read = {name: waits.until.get(ref, 0) for name, ref in states.items()}
    inside = same if taken(network, one) else frozenset[str]()
    carried = dict(_carried(program, finals, waits.until, inside))
    full = {(name, loop) for name in carried.values() if name for loop in range(len(operations))}
    places = dict[Ref, str]()
    for ref, loops in sorted(waits.passes.items()):
        made, form = found.loops[ref], format_of(program, ref)
        if ref == output and taken(network, one) and bits and all(apart or read[name] <= made for name in inside):
            places[ref] = EMITTED
            continue
        free = [
            name
            for name, state in states.items()
            if format_of(program, state) == form
            and read[name] <= made
            and (finals[name] == ref or found.loops[finals[name]] >= loops.stop - 1)
            and not any((name, loop) in full for loop in loops)
        ]
        places[ref] = free[0] if free else OWN
        full |= {(name, loop) for name in free[:1] for loop in loops}
    written = {name: max(found.loops[finals[name]], read.get(name, 0)) for name in finals}
    emits_in = max((written[name] for name in inside), default=found.loops[output])
    alone = _alone(program, one)
    return Keeping(taken(network, one), inside, places, carried, waits.until, written, emits_in, alone)


def direct(network: QuantisedGraph, one: Population, given: str) -> Projection | None:
    """Return the one projection that brings a word a neuron to an input, of which no sums are kept; None if none.

    Where the text takes active inputs one by one, words that come in another order than the neurons are kept.
    """
    wires, regions = network.graph.into(one.name, given), passes(network.programs[one.name]).regions
    if len(wires) != 1 or wires[0].kind not in WORD_BY_WORD:
        return None
    apart = any(region.given == given or wires[0].kind == "maximum" for region in regions)
    return None if apart else wires[0]


def _alone(program: Program, one: Population) -> bool:
    """Say whether neurons are served one after the other: what draws for every active input draws for all neurons."""
    order = passes(program)
    drawn = any(region.carry < ref < region.done for region in order.regions for ref in order.drawing)
    return one.outer == "neurons" and not drawn


def _sends(network: QuantisedGraph, one: Population) -> bool:
    return any(projection.source == one.name for projection in network.graph.projections)


def _carried(
    program: Program, finals: Mapping[str, Ref], until: Mapping[Ref, int], same: frozenset[str]
) -> Mapping[Ref, str]:
    """Return where lies what active inputs add to: in a state's array where nothing else reads the state."""
    neuron, found, made = program.neuron, dict[Ref, str](), passes(program).made
    for region in passes(program).regions:
        begin, carry = neuron.operations[region.initial], neuron.operations[region.carry]
        found[region.carry] = OWN
        if isinstance(begin, op.State) and isinstance(carry, op.Carry) and begin.signal == carry.signal:
            readers = [
                ref
                for ref, operation in enumerate(neuron.operations)
                if region.initial in (part for _, part in operands(operation))
            ]
            last, name = finals[begin.name], begin.name
            ends = [neuron.output[1], *finals.values(), *neuron.nodes.values()]
            free = readers in ([], [region.carry]) and region.initial not in ends and name not in same
            if free and (last == region.done or until.get(region.done, 0) <= made[last]):
                found[region.carry] = name
    return found
