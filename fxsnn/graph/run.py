"""Run a quantised network: many inputs for their answers, or one with every node of every population kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.engine.parts import in_parts
from fxsnn.errors import WidthError
from fxsnn.frozen import freeze
from fxsnn.graph.batch import said_of
from fxsnn.graph.counted import Counted, Stepped, counts_of
from fxsnn.graph.engine import drawing
from fxsnn.graph.network import Graph
from fxsnn.graph.population import INPUT, Population
from fxsnn.graph.quantise import QuantisedGraph, format_of
from fxsnn.graph.reading import as_words, check_inputs, classes_of, reduced
from fxsnn.graph.refusing import may_refuse, refuse_overflows
from fxsnn.graph.shared import Shared
from fxsnn.graph.starting import Given, Start, start_of
from fxsnn.graph.stepwise import Arrivals
from fxsnn.graph.ways import Words
from fxsnn.number.cast import check_words
from fxsnn.number.format import Format


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


def run(
    network: QuantisedGraph,
    inputs: ArrayLike,
    threads: int = 1,
    start: Given | None = None,
    shared: Shared | None = None,
    number: int = 0,
) -> Answers:
    """Return what the network says of every input; each begins at rest where nothing else is given.

    inputs     int or bool[inputs, steps, ...], words of the input's format; a map flat or as it is
    threads    that share the inputs; no result depends on them
    start      what states begin with, see `start_of`; nothing was emitted before in any case
    shared     what networks of the same graph do alike is not run again; `number` of these inputs and this start in it

    Raises
    ------
    ConfigError
        The inputs, or what they begin with, are of another shape, or hold what is no word of the format.
    OverflowDetectedError
        A signal's overflow mode is `error` and a value left it.
    WidthError
        The sum of a node over so many steps could leave int64.
    """
    words, readout = _checked(network.graph, inputs), network.graph.readout
    steps = words.shape[1]
    _check_sums(network, steps)
    states = start_of(network, start, len(words))
    if not may_refuse(network):
        answers = said_of(network, words, states, threads, shared, number)
    else:
        answers = np.zeros((len(words), network.graph.read.size), np.int64)

        def part(first: int, last: int) -> None:
            for some in _groups(network, range(first, last), steps):
                played, emitted = _played(network, words, states, some, _READ)
                read = network.graph.read.name
                rows = played[read].stored(readout.node) if readout.kind == "node" else emitted[read]
                answers[some.start : some.stop] = reduced(readout, rows, steps)

        in_parts(part, len(words), threads)
    return Answers(answers, classes_of(readout, answers))


def trace(network: QuantisedGraph, inputs: ArrayLike, start: Given | None = None) -> dict[str, Kept]:
    """Run one input, int or bool[steps, ...], and keep every node of every population; `start` and raises as `run`."""
    (kept,) = traces(network, as_words(inputs, network.graph.format)[None], start)
    return kept


def traces(network: QuantisedGraph, inputs: ArrayLike, start: Given | None = None) -> Iterator[dict[str, Kept]]:
    """Run inputs, int or bool[inputs, steps, ...], several at once; yield what `trace` returns of each. As `run`."""
    words = _checked(network.graph, inputs)
    states = start_of(network, start, len(words))
    for some in _groups(network, range(len(words)), words.shape[1]):
        played, emitted = _played(network, words, states, some, _ALL)
        for n in range(len(some)):
            yield {name: one.kept(n, emitted[name][n]) for name, one in played.items()}


def counts(
    network: QuantisedGraph, inputs: ArrayLike, start: Given | None = None
) -> dict[str, dict[str, dict[str, int]]]:
    """Run inputs, int or bool[inputs, steps, ...]; return how casts went in all of them together.

    By population and cast, see `Kept`. `start` and raises as `run`.
    """
    words = _checked(network.graph, inputs)
    states = start_of(network, start, len(words))
    found = {one.name: dict[str, dict[str, int]]() for one in network.graph.populations}
    for some in _groups(network, range(len(words)), words.shape[1]):
        for name, one in _played(network, words, states, some, _COUNTS)[0].items():
            for n in range(len(some)):
                for cast, made in counts_of(one.run, n).items():
                    before = found[name].get(cast, dict.fromkeys(made, 0))
                    found[name][cast] = {kind: before[kind] + count for kind, count in made.items()}
    return found


def named_words(network: QuantisedGraph, name: str, kept: Kept) -> dict[str, Words]:
    """Return what was kept of a population by the names of golden sets: its nodes, what it emits, draws, registers."""
    found = {one: kept.nodes[one] for one in network.graph[name].neuron.nodes}
    found |= {network.graph[name].neuron.output[0]: kept.emitted}
    found |= {f"draw.{stream}": words for stream, words in kept.draws.items()}
    found |= {f"lfsr.{stream}": kept.registers[stream] for stream in kept.draws}
    return {f"{name}.{one}": words for one, words in found.items()}


def golden_nodes(network: QuantisedGraph, inputs: NDArray[np.integer]) -> dict[str, GoldenNode]:
    """Return every node of every population by `population.node`, with its format; else as `trace`.

    inputs    int64[inputs, steps, words]
    """
    found: dict[str, GoldenNode] = {}
    for name, kept in trace(network, inputs).items():
        program = network.programs[name]
        for node, ref in program.neuron.nodes.items():
            found[f"{name}.{node}"] = GoldenNode(kept.nodes[node], format_of(program, ref))
    return found


def _checked(graph: Graph, inputs: ArrayLike) -> NDArray[np.integer]:
    words = as_words(inputs, graph.format)
    check_words("inputs", words, graph.format)
    return check_inputs(graph.shape, graph.readout, words)


_TOGETHER = 1 << 14  # neurons of the inputs that run together: what a step computes of them stays in a near cache
_MOST = 1 << 23  # words that are kept of them


def _groups(network: QuantisedGraph, inputs: range, steps: int) -> Iterator[range]:
    """Yield the inputs that run together."""
    populations = network.graph.populations
    words = steps * sum(one.size * (len(one.neuron.nodes) + len(one.neuron.inputs) + 1) for one in populations)
    together = max(1, min(_TOGETHER // max(one.size for one in populations), _MOST // max(words, 1)))
    for first in inputs[::together]:
        yield range(first, min(first + together, inputs.stop))


_ALL, _READ, _COUNTS = "all", "read", "counts"  # what is kept of the steps: all, the node that is read, nothing


class _Played:
    """A population that runs several inputs, and what is kept of its steps."""

    def __init__(self, network: QuantisedGraph, one: Population, start: Start, inputs: range, keep: str) -> None:
        readout, neuron = network.graph.readout, one.neuron
        self.run, self._all = Counted(network, one, start, inputs), keep == _ALL
        self._refs = dict(neuron.nodes) if self._all else {}
        if readout.node and network.graph.read.name == one.name and keep != _COUNTS:
            self._refs[readout.node] = neuron.names[readout.node]
        self._nodes, self._streams = [*neuron.nodes], drawing(network.programs[one.name])
        self._steps: list[Stepped] = []
        self._words: dict[str, list[Words]] = {name: [] for name in self._refs}
        self._stored: dict[str, Words] = {}
        self._empty = np.zeros((len(inputs), 0, one.size), np.int64)

    def step(self, come: Mapping[str, Words], active: Mapping[str, Words]) -> Words:
        """Do a step and keep it; return what was emitted."""
        step = self.run.step(come, active)
        for name, ref in self._refs.items():
            self._words[name].append(step.value(ref))
        self._steps += [step] * self._all
        return step.emitted

    def stored(self, name: str) -> Words:
        """Return the words of a node, int64[inputs, steps, neurons]."""
        if name not in self._stored:
            self._stored[name] = self._together(self._words[name])
        return self._stored[name]

    def kept(self, n: int, emitted: Words) -> Kept:
        """Return what was done for an input."""
        registers = {stream: [step.registers[stream][n] for step in self._steps] for stream in self.run.registers}
        drawn = {stream: [step.draws[stream][n : n + 1] for step in self._steps] for stream in self._streams}
        return Kept(
            {name: self.stored(name)[n] for name in self._nodes},
            emitted,
            {stream: self._together(rows)[0] for stream, rows in drawn.items()},
            {stream: np.array(words, np.int64) for stream, words in sorted(registers.items())},
            counts_of(self.run, n),
        )

    def _together(self, rows: list[Words]) -> Words:
        return np.ascontiguousarray(np.array(rows).transpose(1, 0, 2)) if rows else self._empty


def _played(
    network: QuantisedGraph, words: NDArray[np.integer], start: Start, some: range, keep: str
) -> tuple[dict[str, _Played], dict[str, Words]]:
    """Do every step of some inputs, of words [inputs, steps, words], stage by stage; return also what was emitted."""
    graph, steps = network.graph, words.shape[1]
    played = {one.name: _Played(network, one, start, some, keep) for one in graph.populations}
    emitted = {INPUT: words[some.start : some.stop].astype(np.int64)}
    for stage in graph.stages:
        names = stage.populations
        emitted |= {name: np.zeros((len(some), steps, graph[name].size), np.int64) for name in names}
        arrivals = {name: Arrivals(network, name, emitted, names) for name in names}
        for t in range(steps):
            for name in names:
                emitted[name][:, t] = played[name].step(*arrivals[name].at(t))
    for n in range(len(some)):
        for one in graph.populations:
            refuse_overflows(one.name, played[one.name].run, n)
    return played, emitted


def _check_sums(network: QuantisedGraph, steps: int) -> None:
    graph, program = network.graph, network.programs[network.graph.read.name]
    node = graph.readout.node
    if graph.readout.kind == "first" or (node and graph.readout.over != "sum"):
        return  # nothing is summed
    wire = program.wires[program.neuron.names[node] if node else program.neuron.output[1]]
    if max(-wire.low, wire.high + 1) * steps > 1 << 63:
        raise WidthError(
            f"the sum that is read must fit int64, but {node or 'what is emitted'} over {steps} steps can be "
            f"{wire.low * steps} to {wire.high * steps}"
        )
