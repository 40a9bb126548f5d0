"""Run a quantised network: many inputs for their answers, or one with every node of every population kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.cast import check_words
from fxsnn.errors import OverflowDetectedError, WidthError
from fxsnn.format import Format
from fxsnn.frozen import freeze
from fxsnn.graph.connect import bring, parts
from fxsnn.graph.engine import Engine
from fxsnn.graph.network import Graph
from fxsnn.graph.population import INPUT, Population
from fxsnn.graph.quantise import QuantisedGraph, format_of
from fxsnn.graph.reading import Readout, check_inputs, classes_of, delayed, reduced
from fxsnn.lfsr import Lfsr
from fxsnn.modes import Overflow
from fxsnn.program import operations as op
from fxsnn.program.compiled import compiled
from fxsnn.program.interpret import Run, Step
from fxsnn.program.neuron import BIT

Words = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a population did in the steps of one input."""

    nodes: dict[str, Words]  # every name of the text that begins with no underscore: int64[steps, neurons]
    emitted: Words  # int64[steps, neurons]
    draws: dict[int, Words]  # what each cast added that draws, by its number in the text: int64[steps, neurons]
    registers: dict[int, Words]  # after each step, of all casts that may draw: int64[steps]
    counts: dict[str, dict[str, int]]  # by cast, `name, line`: casts, inexact, ties, overflows

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the network says of every input.

    said       int64[inputs, neurons] of the population that is read
    classes    int64[inputs]; none without a question
    """

    said: Words
    classes: Words | None

    def __post_init__(self) -> None:
        freeze(self)


class GoldenNode(NamedTuple):
    """A node at every step, int64[steps, neurons], and the format of its words."""

    words: Words
    format: Format


def run(network: QuantisedGraph, inputs: NDArray[np.integer]) -> Answers:
    """Return what the network says of every input; each begins at rest.

    inputs    int[inputs, steps, ...], words of the input's format; a map flat or as it is

    Raises
    ------
    ConfigError
        The inputs are of another shape, or hold what is no word of the format.
    OverflowDetectedError
        A signal's overflow mode is `error` and a value left it.
    WidthError
        The sum of a node over so many steps could leave int64.
    """
    words = _checked(network.graph, inputs)
    steps = words.shape[1]
    _check_sums(network, steps)
    read, readout = network.graph.read, network.graph.readout
    if _is_kept(network) and not _may_refuse(network):
        found = [reduced(readout, one, steps) for one in _fast(network, words)]
    else:
        found = [_read(readout, _played(network, one)[read.name], steps) for one in words]
    said = np.stack(found) if found else np.zeros((0, network.graph.read.size), np.int64)
    return Answers(said, classes_of(network.graph.readout, said))


def trace(network: QuantisedGraph, inputs: NDArray[np.integer]) -> dict[str, Kept]:
    """Run one input, int[steps, ...], and keep every node of every population; raises as `run` does."""
    played = _played(network, _checked(network.graph, inputs[None])[0])
    return {name: _kept(network, name, steps, run) for name, (steps, run) in played.items()}


def golden_nodes(network: QuantisedGraph, inputs: NDArray[np.integer]) -> dict[str, GoldenNode]:
    """Return every node of every population by `population.node`, with its format; else as `trace`."""
    found: dict[str, GoldenNode] = {}
    for name, kept in trace(network, inputs).items():
        program = network.programs[name]
        for node, ref in program.neuron.nodes.items():
            found[f"{name}.{node}"] = GoldenNode(kept.nodes[node], format_of(program, ref))
    return found


def _checked(graph: Graph, inputs: NDArray[np.integer]) -> Words:
    check_words("inputs", inputs, graph.format)
    return check_inputs(graph.shape, graph.readout, inputs.astype(np.int64))


def _played(network: QuantisedGraph, words: Words) -> dict[str, tuple[list[Step], Run]]:
    """Do every step of one input, [steps, words], stage by stage."""
    graph = network.graph
    runs = {one.name: _at_rest(network, one) for one in graph.populations}
    done: dict[str, list[Step]] = {name: [] for name in runs}

    def advance(name: str, come: Mapping[str, Words]) -> list[int]:
        done[name].append(runs[name].step({given: rows.tolist() for given, rows in come.items()}))
        return done[name][-1].emitted

    _through(network, words, advance)
    for one in graph.populations:
        _refuse_overflows(one, runs[one.name])
    return {one.name: (done[one.name], runs[one.name]) for one in graph.populations}


def _through(
    network: QuantisedGraph, words: Words, advance: Callable[[str, Mapping[str, Words]], ArrayLike]
) -> dict[str, Words]:
    """Advance every population by every step, stage by stage; return what each emits, int64[steps, neurons]."""
    graph, emitted = network.graph, {INPUT: words}
    for stage in graph.stages:
        for name in stage.populations:
            emitted[name] = np.zeros((len(words), graph[name].size), np.int64)
        for t in range(len(words)):
            for name in stage.populations:
                emitted[name][t] = advance(name, _arriving(network, name, emitted, t))
    return emitted


def _fast(network: QuantisedGraph, inputs: Words) -> Iterator[Words]:
    """Yield what is read of every input, int64[steps, neurons], by compiled steps."""
    graph, read, node = network.graph, network.graph.read, network.graph.readout.node
    engines = {
        one.name: Engine(
            one.neuron, compiled(network.programs[one.name], network.each(one.name)), _registers(network, one)
        )
        for one in graph.populations
    }
    held: list[Words] = []

    def advance(name: str, come: Mapping[str, Words]) -> Words:
        emitted = engines[name].step(come)
        if node and name == read.name:
            held.append(engines[name].state(node))
        return emitted

    for words in inputs:
        held.clear()
        for engine in engines.values():
            engine.begin()
        emitted = _through(network, words, advance)
        yield np.stack(held) if node else emitted[read.name]


def _is_kept(network: QuantisedGraph) -> bool:
    """Return whether what is read is emitted, or a state as it is stored after the step."""
    read, node = network.graph.read, network.graph.readout.node
    if not node:
        return True
    program, ref = network.programs[read.name], read.neuron.names[node]
    signal, stored = read.neuron.states.get(node, (BIT, -1))
    return stored == ref and signal != BIT and program.wires[ref].frac == program.signals[signal].format.frac


def _may_refuse(network: QuantisedGraph) -> bool:
    signals = (signal for program in network.programs.values() for signal in program.signals.values())
    return any(signal.overflow is Overflow.ERROR for signal in signals)


def _at_rest(network: QuantisedGraph, one: Population) -> Run:
    return Run(network.programs[one.name], network.each(one.name), one.size, _registers(network, one))


def _registers(network: QuantisedGraph, one: Population) -> dict[int, Lfsr]:
    streams = [cast.stream for cast in one.neuron.casts if cast.stream is not None]
    return {stream: network.graph.register(network.plan.lfsr, one.name, stream) for stream in streams}


def _arriving(network: QuantisedGraph, name: str, emitted: Mapping[str, Words], t: int) -> dict[str, Words]:
    """Return what arrives at a population in a step: int64[rows, neurons], one row in all or one an active input.

    Where the text takes active inputs one by one, the projections come in the order of the network, their inputs
    ascending. An input that does not reach a neuron brings it 0; a maximum comes whole.
    """
    graph, program = network.graph, network.programs[name]
    one_by_one = {each.name for each in program.neuron.operations if isinstance(each, op.Each)}
    come: dict[str, Words] = {}
    for given in program.neuron.inputs:
        point, rows = program.arrivals[given].total.frac, list[Words]()
        for projection in graph.into(name, given):
            words = delayed(emitted[projection.source], t, projection.delay)
            weights, shape = network.weights.get(projection.name), graph.shape_at(projection.source)
            frac = network.formats[projection.source].frac + projection.halvings
            if projection.weighed:
                frac += network.signals[projection.name][projection.signal].format.frac
            for part in parts(words, given in one_by_one and projection.kind != "maximum"):
                rows.append(bring(projection, weights, part, shape) << point - frac)
        if given not in one_by_one:
            rows = [np.add.reduce(rows)]
        come[given] = np.array(rows, np.int64).reshape(-1, graph[name].size)
    return come


def _read(readout: Readout, played: tuple[list[Step], Run], steps: int) -> Words:
    done, run = played
    if readout.kind == "node":
        ref = run.program.neuron.names[readout.node]
        return reduced(readout, np.array([step.values[ref] for step in done], np.int64), steps)
    return reduced(readout, np.array([step.emitted for step in done], np.int64), steps)


def _kept(network: QuantisedGraph, name: str, done: list[Step], run: Run) -> Kept:
    neuron, size = run.program.neuron, network.graph[name].size
    drawing = [cast.stream for cast in neuron.casts if cast.stream is not None and run.program.site(cast).draw_bits]

    def stacked(rows: list[list[int]]) -> Words:
        return np.array(rows, np.int64).reshape(len(done), size)

    return Kept(
        {node: stacked([step.nodes[node] for step in done]) for node in neuron.nodes},
        stacked([step.emitted for step in done]),
        {stream: stacked([step.draws[stream] for step in done]) for stream in drawing},
        {stream: np.array([step.registers[stream] for step in done]) for stream in sorted(run.registers)},
        {
            f"{cast.name}, line {neuron.statements[neuron.owners[cast.round]].line}": {
                "casts": run.counts[cast.round].casts,
                "inexact": run.counts[cast.round].inexact,
                "ties": run.counts[cast.round].ties,
                "overflows": run.counts[cast.round].overflows,
            }
            for cast in neuron.casts
        },
    )


def _check_sums(network: QuantisedGraph, steps: int) -> None:
    graph, program = network.graph, network.programs[network.graph.read.name]
    node = graph.readout.node
    wire = program.wires[program.neuron.names[node] if node else program.neuron.output[1]]
    if max(-wire.low, wire.high + 1) * steps > 1 << 63:
        raise WidthError(
            f"the sum that is read must fit int64, but {node or 'what is emitted'} over {steps} steps can be "
            f"{wire.low * steps} to {wire.high * steps}"
        )


def _refuse_overflows(one: Population, run: Run) -> None:
    for cast in one.neuron.casts:
        signal, left = run.program.signals[cast.signal], run.counts[cast.round].overflows
        if signal.overflow is Overflow.ERROR and left:
            raise OverflowDetectedError(
                f"{cast.name} of {one.name} must stay within {signal.format.describe()}, but left it {left} times"
            )
