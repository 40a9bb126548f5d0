"""What a golden set of a network of populations holds: every file with its format and shape, and the words in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import naming
from fxsnn.frozen import freeze
from fxsnn.golden.contents import BIT, Vector, stems_of
from fxsnn.golden.timed import Timed
from fxsnn.graph.counted import COUNTS
from fxsnn.graph.engine import drawing
from fxsnn.graph.network import Graph
from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph, format_of, narrowest
from fxsnn.graph.run import Kept, named_words, run, trace
from fxsnn.graph.starting import REST, Start, start_forms
from fxsnn.number.format import Format
from fxsnn.number.modes import Rounding
from fxsnn.program.program import Program
from fxsnn.program.wires import Wire

POPULATIONS_SCHEMA = "populations 1"
Words = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Presented(Timed):
    """The inputs of a network of populations: each input is a presentation, from rest where nothing else is given.

    Presentations that are shorter than others are filled up, with steps that do not count.
    """

    words: Words  # int64[inputs, most steps, words]
    start: Start = REST  # what states begin with
    before: int = 0  # presentations of the set that come before these

    def __post_init__(self) -> None:
        freeze(self)

    def place(self, row: int) -> tuple[int, int]:
        """Return presentation of the set and step of a row."""
        presentation, step = Timed.place(self, row)
        return presentation + self.before, step

    @classmethod
    def of(cls, words: Words, start: Start = REST) -> Presented:
        """Return these inputs, each a presentation."""
        return cls((words.shape[1],) * len(words), words, start)


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """What a network says to what it is presented."""

    traces: Sequence[Mapping[str, Kept]]  # of each input, by population
    said: Words  # int64[inputs, neurons] of the population that is read
    classes: Words | None

    def __post_init__(self) -> None:
        freeze(self)


def respond(network: QuantisedGraph, presented: Presented) -> Response:
    """Run every input; raises as `run` does."""
    start = presented.start
    answers = run(network, presented.words, start=start.words)
    traces = [trace(network, one, start.part(slice(n, n + 1)).words) for n, one in enumerate(presented.words)]
    return Response(traces, answers.said, answers.classes)


def initial(state: str) -> str:
    """Return how the words are called with which `population.state` begins."""
    return state.replace(".", ".initial.", 1)


def graph_layout(network: QuantisedGraph, inputs: int, steps: int, loaded: Collection[str] = ()) -> list[Vector]:
    """Return every file of a set, in a fixed order: nodes as they come to be in a step.

    loaded    states that begin with given words, `population.state`

    Raises
    ------
    ConfigError
        A node or an answer is wider than 63 bits.
    """
    graph, rows = network.graph, inputs * steps
    states = "states hold the words of *.initial.*, or 0" if loaded else "all states are 0"
    begins = f"1 where an input begins: {states} then, what was emitted before is 0, LFSRs hold their seeds"
    stimulus = Vector("input", "input", graph.format, (rows, *graph.shape), "words of the network's input")
    nodes = [
        vector for stage in graph.stages for name in stage.populations for vector in _nodes(network, graph[name], rows)
    ]
    read = Vector("answers", "state", _answer(network, steps), (inputs, graph.read.size), _read(graph))
    first = [Vector("begin", "input", BIT, (rows,), begins), *_initials(network, inputs, loaded)]
    vectors = [*_constants(network), stimulus, *first, *nodes, read]
    if graph.readout.kind != "none":
        labels = graph.readout.labels
        most = graph.read.size - 1 if labels is None else max(int(labels.max()), 0)
        form = Format(max(most.bit_length(), 1), 0, signed=False)
        vectors.append(Vector("classes", "state", form, (inputs,), "class of each input"))
    return vectors


def graph_words(network: QuantisedGraph, presented: Presented, response: Response) -> dict[str, Words]:
    """Return the raw words of every file, int64 of its shape."""
    graph, traces = network.graph, response.traces
    words: dict[str, Words] = {"input": presented.words, "begin": presented.begin(), "answers": response.said}
    if response.classes is not None:
        words["classes"] = response.classes
    for projection in graph.projections:
        if projection.weighed:
            words[f"{projection.name}.{projection.signal}"] = network.weights[projection.name]
    for one in graph.populations:
        parts = [named_words(network, one.name, played[one.name]) for played in traces]
        words |= {node: np.concatenate([part[node] for part in parts]) for node in parts[0]}
        words |= {f"{one.name}.{name}": constant for name, constant in network.constants[one.name].items()}
    words |= {initial(name): state for name, state in presented.start.words.items()}
    inputs, steps = presented.words.shape[:2]
    vectors = graph_layout(network, inputs, steps, presented.start.words)
    return {vector.name: words[vector.name].reshape(vector.shape) for vector in vectors}


def graph_counts(network: QuantisedGraph, response: Response) -> dict[str, Any]:
    """Return what the manifest counts of all inputs: casts by kind, spikes where bits are emitted, classes."""
    casts = {
        f"{name}: {cast}": {kind: sum(played[name].counts[cast][kind] for played in response.traces) for kind in COUNTS}
        for name, kept in response.traces[0].items()
        for cast in kept.counts
    }
    spikes = {
        name: sum(int(played[name].emitted.sum()) for played in response.traces)
        for name in response.traces[0]
        if network.formats[name] == BIT
    }
    found: dict[str, Any] = {"casts": casts, "spikes": sum(spikes.values()), "spikes_by_population": spikes}
    return found if response.classes is None else found | {"classes": response.classes.tolist()}


def graph_lfsr_entry(network: QuantisedGraph, vectors: Sequence[Vector]) -> dict[str, Any]:
    """Return what the manifest says of the registers that draw, by what the files are called."""
    called = stems_of(vectors)
    graph, lfsr = network.graph, network.plan.lfsr
    return {
        "polynomial": lfsr.polynomial,
        "width": lfsr.width,
        "taps": list(lfsr.taps),
        "seeds": {
            called[f"{one.name}.lfsr.{stream}"]: f"{graph.register(lfsr, one.name, stream).seed:#x}"
            for one in graph.populations
            for stream in drawing(network.programs[one.name])
        },
        "parameter_seeds": {  # all others are words already
            called[f"{one.name}.{one.signal}"]: f"{graph.weight_register(lfsr, one).seed:#x}"
            for one in graph.projections
            if one.weighed and one.weights is None
            if network.signals[one.name][one.signal].rounding is Rounding.STOCHASTIC
        },
    }


def _constants(network: QuantisedGraph) -> Iterator[Vector]:
    """Yield weights and constants."""
    for one in network.graph.projections:
        if one.weighed:
            form, shape = network.signals[one.name][one.signal].format, network.weights[one.name].shape
            orders = {
                "dense": ", sources outermost",
                "conv": ": kernel row, column, channel of a group, output channel",
            }
            about = f"weights of {one.kind} from {one.source} to {one.target}{orders.get(one.kind, '')}"
            yield Vector(f"{one.name}.{one.signal}", "constant", form, shape or (1,), about)
    for population in network.graph.populations:
        for name, signal in population.neuron.constants.items():
            form = network.programs[population.name].signals[signal].format
            shape = network.constants[population.name][name].shape
            many = (
                "one for all neurons"
                if shape in ((), (1,))
                else f"{'one each' if shape[0] == population.size else 'one a channel'}"
            )
            yield Vector(f"{population.name}.{name}", "constant", form, shape or (1,), f"constant {name}, {many}")


def _initials(network: QuantisedGraph, inputs: int, loaded: Collection[str]) -> Iterator[Vector]:
    """Yield what states begin with."""
    for name, form in start_forms(network).items():
        if name in loaded:
            population, _, state = name.partition(".")
            shape = (inputs, *network.graph[population].shape)
            yield Vector(initial(name), "state", form, shape, f"{state} of {population} that each input begins with")


def _nodes(network: QuantisedGraph, one: Population, rows: int) -> list[Vector]:
    """Return the nodes of a population in the order in which they come to be; a draw stands before its cast."""
    program, neuron = network.programs[one.name], one.neuron
    shape = (rows, *one.shape)
    emitted, ref = neuron.output
    names = neuron.nodes | {emitted: ref}
    found: list[tuple[float, Vector]] = []
    for node, made in names.items():
        lines = [str(one.line) for one in neuron.makers(made)]
        line = f"line {lines[0]}" if len(lines) == 1 else f"lines {', '.join(lines[:-1])} and {lines[-1]}"
        about = f"{node}, made in {line} of {Path(neuron.file).name}{', is emitted' if node == emitted else ''}"
        form = network.formats[one.name] if node == emitted else _formed(f"{one.name}.{node}", program, made)
        found.append((made, Vector(f"{one.name}.{node}", "node", form, shape, about)))
    register = Format(network.plan.lfsr.width, 0, signed=False)
    for stream, cast in drawing(program).items():
        what = f"the cast of {cast.name} in line {neuron.line(cast.round)}"
        if not any(loop.carry < cast.round < loop.done for loop in neuron.regions):  # there: once an active input
            drawn = Format(program.site(cast).right, 0, signed=False)
            about = f"what {what} added to the bits it dropped"
            found.append((cast.round - 0.5, Vector(f"{one.name}.draw.{stream}", "node", drawn, shape, about)))
        about = f"register of {what} after the step"
        found.append(
            (cast.round - 0.25, Vector(f"{one.name}.lfsr.{stream}", "node", register, (rows,), about, register=True))
        )
    return [vector for _, vector in sorted(found, key=lambda pair: pair[0])]


def _formed(node: str, program: Program, ref: int) -> Format:
    with naming(node):
        return format_of(program, ref)


def _answer(network: QuantisedGraph, steps: int) -> Format:
    """Return the format of an answer, which holds all it can be."""
    graph, readout = network.graph, network.graph.readout
    if readout.kind == "first":
        return Format(steps.bit_length(), 0, signed=False)
    program = network.programs[graph.read.name]
    ref = program.neuron.names[readout.node] if readout.node else program.neuron.output[1]
    form = _formed(f"{graph.read.name}.{readout.node}", program, ref)
    if readout.kind == "node" and readout.over != "sum":
        return form
    many = steps - readout.skip
    with naming("answers"):
        return narrowest(Wire(form.lowest * many, form.highest * many, form.frac))


def _read(graph: Graph) -> str:
    """Say in words what the answers are."""
    readout, name = graph.readout, graph.read.name
    what = readout.node or graph.read.neuron.output[0]
    since = f" from step {readout.skip} on" if readout.skip else ""
    if readout.kind == "first":
        return f"first step{since} in which {name} emits anything but 0, else the number of steps"
    over = {"last": f"{what} of the last step", "maximum": f"largest {what}{since}"}
    return f"of {name}: {over.get(readout.over if readout.kind == 'node' else '', f'sum of {what}{since}')}"
