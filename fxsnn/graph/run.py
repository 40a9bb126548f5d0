"""Run a quantised network: many inputs for their answers, or one with every node of every population kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.cast import check_words
from fxsnn.emulate import in_parts
from fxsnn.errors import WidthError
from fxsnn.format import Format
from fxsnn.frozen import freeze
from fxsnn.graph.batch import said_of
from fxsnn.graph.counted import Counted, Plain, Stepped, begun, counts_of
from fxsnn.graph.engine import drawing
from fxsnn.graph.network import Graph
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph, format_of
from fxsnn.graph.reading import Readout, as_words, check_inputs, classes_of, reduced
from fxsnn.graph.refusing import may_refuse, refuse_overflows
from fxsnn.graph.starting import REST, Given, Start, start_of
from fxsnn.graph.stepwise import Words, through


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


def run(network: QuantisedGraph, inputs: ArrayLike, threads: int = 1, start: Given | None = None) -> Answers:
    """Return what the network says of every input; each begins at rest where nothing else is given.

    inputs     int or bool[inputs, steps, ...], words of the input's format; a map flat or as it is
    threads    that share the inputs; no result depends on them
    start      what states begin with, see `start_of`; nothing was emitted before in any case

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
        said = said_of(network, words, states, threads)
    else:
        said = np.zeros((len(words), network.graph.read.size), np.int64)

        def part(first: int, last: int) -> None:
            for n in range(first, last):
                said[n] = _read(readout, _played(network, words[n], states, n)[network.graph.read.name], steps)

        in_parts(part, len(words), threads)
    return Answers(said, classes_of(readout, said))


def trace(network: QuantisedGraph, inputs: ArrayLike, start: Given | None = None) -> dict[str, Kept]:
    """Run one input, int or bool[steps, ...], and keep every node of every population; `start` and raises as `run`."""
    words = _checked(network.graph, as_words(inputs, network.graph.format)[None])
    played = _played(network, words[0], start_of(network, start, 1))
    return {name: _kept(network, name, kept, run) for name, (kept, run) in played.items()}


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


class _Played:
    """What a population did so far, a row a step: of words of all neurons no more is kept than is asked for."""

    def __init__(self, network: QuantisedGraph, name: str) -> None:
        readout, neuron = network.graph.readout, network.graph[name].neuron
        self._refs = dict(neuron.nodes)
        if readout.node and network.graph.read.name == name:
            self._refs[readout.node] = neuron.names[readout.node]
        self._streams = drawing(network.programs[name])
        self.nodes: dict[str, list[Words]] = {node: [] for node in self._refs}
        self.emitted: list[Words] = []
        self.draws: dict[int, list[Words]] = {stream: [] for stream in self._streams}
        self.registers: list[dict[int, int]] = []

    def take(self, step: Stepped) -> Words:
        """Keep a step; return what was emitted."""
        for node, ref in self._refs.items():
            self.nodes[node].append(np.array(step.value(ref)))
        self.emitted.append(np.array(step.emitted))
        for stream in self._streams:
            self.draws[stream].append(np.array(step.draws[stream]))
        self.registers.append(dict(step.registers))
        return step.emitted


def _played(
    network: QuantisedGraph, words: NDArray[np.integer], start: Start = REST, n: int = 0
) -> dict[str, tuple[_Played, Counted | Plain]]:
    """Do every step of one input, [steps, words], stage by stage; it begins with what input n of `start` does."""
    graph = network.graph
    runs = {one.name: begun(network, one, start, n) for one in graph.populations}
    kept = {name: _Played(network, name) for name in runs}
    emitted = {INPUT: words.astype(np.int64)}

    def advance(name: str, come: Mapping[str, Words]) -> Words:
        return kept[name].take(runs[name].step(come))

    for stage in graph.stages:
        emitted |= through(network, stage.populations, emitted, len(words), advance)
    for one in graph.populations:
        refuse_overflows(one.name, runs[one.name])
    return {one.name: (kept[one.name], runs[one.name]) for one in graph.populations}


def _read(readout: Readout, played: tuple[_Played, Counted | Plain], steps: int) -> Words:
    kept, _ = played
    return reduced(readout, np.array(kept.nodes[readout.node] if readout.kind == "node" else kept.emitted), steps)


def _kept(network: QuantisedGraph, name: str, kept: _Played, run: Counted | Plain) -> Kept:
    neuron, size = run.program.neuron, network.graph[name].size

    def stacked(rows: list[Words]) -> Words:
        return np.array(rows, np.int64).reshape(len(rows), size)

    return Kept(
        {node: stacked(kept.nodes[node]) for node in neuron.nodes},
        stacked(kept.emitted),
        {stream: stacked(rows) for stream, rows in kept.draws.items()},
        {stream: np.array([row[stream] for row in kept.registers]) for stream in sorted(run.registers)},
        counts_of(run),
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
