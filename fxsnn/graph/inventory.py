"""Count the memory of a network, array by array: every word that outlives the operation which makes it.

The rule is that of docs/arithmetic.md, "Memory". An operation is here what is done for one neuron between two looks at
the whole population, or the addition of one active input.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from fxsnn.graph.given import Shape
from fxsnn.graph.keeping import OWN, direct, keeping, taken
from fxsnn.graph.live import Live, live, waiting
from fxsnn.graph.population import INPUT, Population
from fxsnn.graph.quantise import QuantisedGraph, format_of, narrowest
from fxsnn.graph.starting import states_of
from fxsnn.measure.macro import Array, Meaning
from fxsnn.measure.memory import Memory, stored
from fxsnn.number.format import Format, bits_of
from fxsnn.program import operations as op
from fxsnn.program.neuron import BIT
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.wires import BITS, Wire

_WINNERS = op.First | op.Largest  # whether there is one is known where its index is


def graph_memory(network: QuantisedGraph, begun: Collection[str] = ()) -> Memory:
    """Return what inference stores, by population and projection; what reads the answer lies outside.

    begun    states that begin with given words, `population.state`: none of them is what the step before emitted, or 0
    """
    graph = network.graph
    arrays = [_emitted(INPUT, graph.shape, network.formats[INPUT])]
    for projection in graph.projections:
        if projection.weighed:
            words = network.weights[projection.name].size
            word = network.signals[projection.name][projection.signal].format.word
            arrays.append(Array(f"{projection.name}.{projection.signal}", words, word, "weights"))
    for one in graph.populations:
        arrays += _of_population(network, one, states_of(one.name, begun))
    for source in (INPUT, *(one.name for one in graph.populations)):
        delays = [projection.delay for projection in graph.projections if projection.source == source]
        form, words = network.formats[source], max(delays, default=0) * math.prod(graph.shape_at(source))
        arrays.append(Array(f"{source} delay", words, form.word, _meaning(form)))
    return stored(arrays)


def live_in(network: QuantisedGraph, one: Population, begun: Collection[str] = ()) -> Live:
    """Return what matters of a population's step: on what depends what is taken from it; begun: states as of `live`."""
    graph, neuron, constants = network.graph, one.neuron, network.constants[one.name]
    zeros = [name for name, words in constants.items() if not words.any()]
    node = graph.readout.node if graph.read.name == one.name else ""
    roots = [neuron.output[1]] * taken(network, one) + ([neuron.names[node]] if node else [])
    return live(network.programs[one.name], zeros, roots, begun)


def _of_population(network: QuantisedGraph, one: Population, begun: Collection[str]) -> Iterator[Array]:
    """Yield what a population stores, but for its delay."""
    found, program = live_in(network, one, begun), network.programs[one.name]
    lies = keeping(network, one, begun)
    here, operations = sorted(found.refs), found.program.neuron.operations
    states = {ref: state for ref in here if isinstance(state := operations[ref], op.State)}
    waits, alone = waiting(found).passes, lies.alone
    whole = [state.name for state in states.values() if state.name in lies.same and state.signal != BIT]
    if lies.emitted and not whole:  # else what is emitted is counted as the state
        yield _emitted(one.name, one.shape, network.formats[one.name])
    for state in states.values():
        if state.name not in lies.same or state.name in whole[:1]:
            form = program.signals[state.signal].format
            yield Array(f"{one.name}.{state.name}", one.size, form.word, "spikes" if state.signal == BIT else "state")
    for ref in here:
        match operations[ref]:
            case op.Constant(name=name, signal=signal):
                words = network.constants[one.name][name].size
                yield Array(f"{one.name}.{name}", words, program.signals[signal].format.word, "constant")
            case op.Input(name=name):
                total = program.arrivals[name].total
                served = 1 if alone and not lies.until.get(ref) else one.size
                if direct(network, one, name) is None:
                    yield Array(f"{one.name}.{name}", served, bits_of(total.low, total.high), "buffer")
            case op.Done(carry=carry):
                signal, last = operations[carry].signal, lies.until.get(ref, 0)  # type: ignore[union-attr]
                served = 1 if alone and last <= found.loops[ref] else one.size
                if lies.carried[carry] == OWN:  # else it is added onto the state
                    name = one.neuron.statements[one.neuron.owners[ref]].name
                    yield Array(f"{one.name}.{name}", served, program.signals[signal].format.word, "buffer")
            case op.Largest():
                word = largest_word(program, ref).word
                called = program.neuron.called(operations[ref].value)  # type: ignore[union-attr]
                yield Array(f"{one.name} largest {called}", 1, word, "buffer")
            case op.Count(a=a) if not isinstance(operations[a], _WINNERS):
                yield Array(f"{one.name} number of {program.neuron.called(a)}", 1, one.size.bit_length(), "buffer")
            case op.Any(a=a) if not isinstance(operations[a], _WINNERS):
                yield Array(f"{one.name} any {program.neuron.called(a)}", 1, 1, "buffer")
    for ref in sorted(waits):
        if lies.places.get(ref, OWN) == OWN:
            form, name = format_of(program, ref), program.neuron.called(ref) or "value"
            yield Array(f"{one.name}.{name}", one.size, form.word, "spikes" if form == BITS.format else "buffer")
    casts = [cast for cast in one.neuron.casts if cast.round in found.refs and program.site(cast).draw_bits]
    yield Array(f"{one.name} LFSR registers", len(casts), program.lfsr_width, "register")


def largest_word(program: Program, ref: Ref) -> Format:
    """Return the word of the largest so far: unsigned where the condition lets nothing below 0 through."""
    one = program.neuron.operations[ref]
    assert isinstance(one, op.Largest)  # noqa: S101  (so is it asked for)
    wire = program.wires[one.value]
    return narrowest(Wire(0 if _implies(program, one.a, one.value) else wire.low, max(wire.high, 0), wire.frac))


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
