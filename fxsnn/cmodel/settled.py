"""A population's step as it is written in C: without what is known to be 0, bounded by what its constants are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.kernels.site import Site
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow
from fxsnn.program import operations as op
from fxsnn.program.emit import fixed
from fxsnn.program.fold import Folded, at_rest, fold
from fxsnn.program.neuron import Neuron, Region
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program, bind
from fxsnn.program.stages import Stages
from fxsnn.program.wires import Range


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """A population's step, of which nothing is left that nothing depends on, but for casts that may refuse a value.

    program      in which every operation that is left stands for itself; the others are 0
    stages       its loops over the neurons
    constants    words of those that are left: one for all neurons, one a channel, or one each
    casts        that are left, by their rounding, as the text has them where nothing is left out: so they draw
    emitted      the format of what is emitted
    taken        the input of which every active word is taken alone, by the Done that ends what is done for each
    """

    name: str
    program: Program
    stages: Stages
    constants: Mapping[str, list[int]]
    casts: Mapping[Ref, Site]
    emitted: Format
    taken: Mapping[Ref, str]

    @property
    def operations(self) -> Mapping[Ref, op.Operation]:
        """The operations that are left."""
        return self.stages.folded.operations

    def state_format(self, name: str) -> Format:
        """Return the format in which a state is stored."""
        return self.program.signals[self.program.neuron.states[name][0]].format

    def constant_format(self, name: str) -> Format:
        """Return the format in which a constant is stored."""
        return self.program.signals[self.program.neuron.constants[name]].format

    @property
    def drawing(self) -> dict[int, Ref]:
        """The rounding of each cast that draws, by the register's number in the text."""
        found = {ref: self.operations[ref] for ref, site in self.casts.items() if site.draw_bits}
        return {one.stream: ref for ref, one in found.items() if isinstance(one, op.Round) and one.stream is not None}

    @property
    def summed(self) -> list[str]:
        """The inputs whose sum is taken."""
        found = {one.name for one in self.operations.values() if isinstance(one, op.Input)}
        return [name for name in self.program.neuron.inputs if name in found]


def settled(network: QuantisedGraph, name: str, whole: Program, all_states: bool = False) -> Settled:
    """Return a population's step as its program has it; raises WidthError where a value could leave int64.

    all_states    whether states may begin with other words than 0, and so stay though they would never leave that
    """
    nonzero = frozenset(whole.neuron.states) if all_states else frozenset[str]()
    constants = network.constants[name]
    words = {constant: _shortest(constants[constant].reshape(-1).tolist()) for constant in constants}
    ends = {constant: (min(some), max(some)) for constant, some in words.items()}
    left, known = whole.neuron, {constant for constant, some in words.items() if not any(some)}
    regions = whole.neuron.regions
    refusing = _refusing(whole, regions)
    while True:  # what bounds decide makes narrower bounds
        folded = _folded(left, known, nonzero, refusing)
        left = _left(left, folded)
        program = bind(
            left,
            whole.signals,
            whole.arrivals,
            whole.neurons,
            numbers=whole.numbers,
            lfsr_width=whole.lfsr_width,
            values=ends,
        )
        decided = _decided(program, folded.operations)
        still = [ref for ref in _refusing(program, regions) if ref in refusing]
        if not decided and still == refusing:
            break
        refusing = still
        operations = (decided.get(ref, one) for ref, one in enumerate(left.operations))
        left = replace(left, operations=tuple(operations))
    itself = Folded(folded.operations, {ref: ref for ref in folded.operations}, frozenset())
    kept = tuple(ref for ref in refusing if isinstance(folded.operations[ref], op.Limit | op.Done))
    used = {one.name for one in folded.operations.values() if isinstance(one, op.Constant)}
    return Settled(
        name,
        program,
        Stages(left, itself, fixed(itself.operations), kept),
        {constant: some for constant, some in words.items() if constant in used},
        {cast.round: whole.site(cast) for cast in left.casts},
        network.formats[name],
        {region.done: region.given for region in regions},
    )


def _refusing(program: Program, regions: Iterable[Region]) -> list[Ref]:
    """Return what ends a cast that a value may leave where that is an error: itself, or what an input does."""
    found = dict[Ref, None]()
    for cast in program.neuron.casts:
        if program.signals[cast.signal].overflow is not Overflow.ERROR:
            continue
        site, (low, high, _) = program.site(cast), program.wires[cast.round]
        if not site.lowest <= low <= high <= site.highest:
            around = (one.done for one in regions if one.carry < cast.limit < one.done)
            found[next(around, cast.limit)] = None
    return [*found]


def _folded(neuron: Neuron, zeros: Iterable[str], nonzero: frozenset[str], kept: Iterable[Ref]) -> Folded:
    """Return a step without what is known to be 0, but for what is carried on: without any input that is as it was."""
    constants = [ref for ref, one in enumerate(neuron.operations) if isinstance(one, op.Constant) and one.name in zeros]
    found = fold(neuron, at_rest(neuron, constants, nonzero), kept)
    operations = dict(found.operations)
    for one in found.operations.values():
        if isinstance(one, op.Done) and isinstance(operations[one.result], op.Literal):
            limit = neuron.operations[one.result]
            assert isinstance(limit, op.Limit)  # noqa: S101  (what is carried on is cast)
            operations |= {limit.a: op.Literal(0), one.result: limit}
    return Folded(dict(sorted(operations.items())), found.stands, found.zeros)


def _decided(program: Program, operations: Mapping[Ref, op.Operation]) -> dict[Ref, op.Operation]:
    """Return what stands for operations that the bounds of their operands decide."""
    found, wires = dict[Ref, op.Operation](), program.wires
    for ref, operation in operations.items():
        match operation:
            case op.Compare(relation=relation, a=a, b=b):
                (low, high), (low_b, high_b) = _ends(program, a, b)
                apart = high < low_b or low > high_b or low == high == low_b == high_b
                if apart or a == b:
                    found[ref] = op.Literal(int(op.RELATIONS[relation](low, low if a == b else low_b)))
            case op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b) if a != b:
                (low, high), (low_b, high_b) = _ends(program, a, b)
                least, most = (a, b) if high <= low_b else (b, a)
                if high <= low_b or high_b <= low:
                    one = least if isinstance(operation, op.Minimum) else most
                    found[ref] = replace(operation, a=one, b=one)
            case op.Literal() | op.Carry() | op.Done():
                continue
            case _ if wires[ref][:2] == (0, 0):
                found[ref] = op.Literal(0)
    return found


def _ends(program: Program, *refs: Ref) -> list[Range]:
    """Return the ends of values at their finest binary point."""
    wires = [program.wires[ref] for ref in refs]
    frac = max(wire.frac for wire in wires)
    return [(wire.low << frac - wire.frac, wire.high << frac - wire.frac) for wire in wires]


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
        states={name: (signal, stands[ref]) for name, (signal, ref) in neuron.states.items() if name not in rest},
        output=(neuron.output[0], stands[neuron.output[1]]),
        casts=tuple(cast for cast in neuron.casts if isinstance(folded.operations.get(cast.round), op.Round)),
    )
