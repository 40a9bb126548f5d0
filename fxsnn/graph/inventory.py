"""Count the memory of a network, array by array: every word that outlives the operation which makes it.

The rule is that of docs/arithmetic.md, "Memory". An operation is here what is done for one neuron between two looks at
the whole population, or the addition of one active input.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from fxsnn.format import Format, bits_of
from fxsnn.graph.given import Shape
from fxsnn.graph.live import Live, live, waiting
from fxsnn.graph.population import INPUT, Population
from fxsnn.graph.quantise import QuantisedGraph, format_of
from fxsnn.macro import Array, Meaning
from fxsnn.memory import Memory, stored
from fxsnn.program import operations as op
from fxsnn.program.neuron import BIT
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.wires import BITS

_ADDING = ("dense", "conv", "sum", "average")


def graph_memory(network: QuantisedGraph) -> Memory:
    """Return what inference stores, by population and projection; what reads the answer lies outside."""
    graph = network.graph
    arrays = [_emitted(INPUT, graph.shape, network.formats[INPUT])]
    for projection in graph.projections:
        if projection.weighed:
            words = network.weights[projection.name].size
            word = network.signals[projection.name][projection.signal].format.word
            arrays.append(Array(f"{projection.name}.{projection.signal}", words, word, "weights"))
    for one in graph.populations:
        arrays += _of_population(network, one)
    for source in (INPUT, *(one.name for one in graph.populations)):
        delays = [projection.delay for projection in graph.projections if projection.source == source]
        held, words = network.formats[source], max(delays, default=0) * math.prod(graph.shape_at(source))
        arrays.append(Array(f"{source} delay", words, held.word, _meaning(held)))
    return stored(arrays)


def live_in(network: QuantisedGraph, one: Population) -> Live:
    """Return what matters of a population's step: on what depends what is taken from it."""
    graph, neuron, constants = network.graph, one.neuron, network.constants[one.name]
    zeros = [name for name, words in constants.items() if not words.any()]
    node = graph.readout.node if graph.read.name == one.name else ""
    roots = [neuron.output[1]] * _taken(network, one) + ([neuron.names[node]] if node else [])
    return live(network.programs[one.name], zeros, roots)


def _taken(network: QuantisedGraph, one: Population) -> bool:
    """Say whether anybody takes what a population emits: all do whose answer is not read from a node."""
    graph = network.graph
    sends = any(projection.source == one.name for projection in graph.projections)
    return sends or not (graph.readout.node and graph.read.name == one.name)


def _of_population(network: QuantisedGraph, one: Population) -> Iterator[Array]:
    """Yield what a population stores, but for its delay."""
    found, program = live_in(network, one), network.programs[one.name]
    here = [(ref, found.program.neuron.operations[ref]) for ref in sorted(found.refs)]
    states = {operation.name: operation.signal for _, operation in here if isinstance(operation, op.State)}
    output, served = one.neuron.output[1], one.size if one.outer == "inputs" else 1
    same = [name for name in states if one.neuron.states[name][1] == output]  # holds what is emitted
    emitted = _taken(network, one) and all(states[name] == BIT for name in same)
    if emitted:
        yield _emitted(one.name, one.shape, network.formats[one.name])
    for name, signal in states.items():
        if not (emitted and name in same):
            form = program.signals[signal].format
            yield Array(f"{one.name}.{name}", one.size, form.word, "spikes" if signal == BIT else "state")
    for ref, operation in here:
        match operation:
            case op.Constant(name=name, signal=signal):
                words = network.constants[one.name][name].size
                yield Array(f"{one.name}.{name}", words, program.signals[signal].format.word, "constant")
            case op.Input(name=name):
                into, total = network.graph.into(one.name, name), program.arrivals[name].total
                if len(into) > 1 or into[0].kind in _ADDING:
                    yield Array(f"{one.name}.{name}", served, bits_of(total.low, total.high), "buffer")
            case op.Carry(initial=initial, signal=signal):
                begin = found.program.neuron.operations[initial]
                if not isinstance(begin, op.State) or begin.signal != signal:  # else it is added onto the state
                    name = one.neuron.statements[one.neuron.owners[ref]].name
                    yield Array(f"{one.name}.{name}", served, program.signals[signal].format.word, "buffer")
            case op.Largest(value=value, a=a):
                low = 0 if _implies(program, a, value) else program.wires[value].low
                word = bits_of(low, max(program.wires[value].high, 0))
                yield Array(f"{one.name} largest {program.neuron.called(value)}", 1, word, "buffer")
            case op.Count(a=a) if not isinstance(program.neuron.operations[a], op.First | op.Largest):
                yield Array(f"{one.name} number of {program.neuron.called(a)}", 1, one.size.bit_length(), "buffer")
            case op.Any(a=a):
                yield Array(f"{one.name} any {program.neuron.called(a)}", 1, 1, "buffer")
    yield from _waiting(found, program, one, {output} if emitted else set())
    casts = [cast for cast in one.neuron.casts if cast.round in found.refs and program.site(cast).draw_bits]
    yield Array(f"{one.name} LFSR registers", len(casts), program.lfsr_width, "register")


def _waiting(found: Live, program: Program, one: Population, held: set[Ref]) -> Iterator[Array]:
    """Yield the words that wait for a look at the whole population, and lie in no state's array meanwhile.

    A state's array can hold a word of its format once the state's last word is read no more, until its next is made.
    """
    operations = found.program.neuron.operations
    states = [ref for ref in sorted(found.refs) if isinstance(operations[ref], op.State)]
    finals = {ref: one.neuron.states[operations[ref].name][1] for ref in states}  # type: ignore[union-attr]
    taken: set[tuple[Ref, int]] = set()  # a state's array, and the loop before which it holds another word
    for ref, loops in sorted(waiting(found).items()):
        form = format_of(program, ref)
        free = [
            state
            for state in states
            if format_of(program, state) == form
            and found.reads.get(state, 0) < loops.start
            and found.loops[finals[state]] >= loops.stop - 1
            and not any((state, loop) in taken for loop in loops)
        ]
        if free:
            taken |= {(free[0], loop) for loop in loops}
        elif ref not in held:
            name = program.neuron.called(ref) or "value"
            yield Array(f"{one.name}.{name}", one.size, form.word, "spikes" if form == BITS.format else "buffer")


def _implies(program: Program, condition: Ref, value: Ref) -> bool:
    """Say whether a value is at least 0 wherever a condition holds."""
    operations = program.neuron.operations
    match operations[condition]:
        case op.Both(a=a, b=b):
            return _implies(program, a, value) or _implies(program, b, value)
        case op.Compare(relation=">=" | ">", a=a, b=b):
            return a == value and operations[b] == op.Literal(0)
    return False


def _emitted(name: str, shape: Shape, form: Format) -> Array:
    return Array(name, math.prod(shape), form.word, _meaning(form))


def _meaning(form: Format) -> Meaning:
    return "spikes" if form == BITS.format else "buffer"
