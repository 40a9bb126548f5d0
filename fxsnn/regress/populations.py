"""A configuration of a network of populations: what was asked for, and every word that it gives."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.graph.batch import emitted_of
from fxsnn.graph.files import load_graph
from fxsnn.graph.given import Shape
from fxsnn.graph.inputs import Inputs, read_inputs
from fxsnn.graph.network import Graph, names_of
from fxsnn.graph.plan import GraphPlan, by_name, check_names, graph_plan_from_data, read_graph_plan, signals_for
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.run import run, trace
from fxsnn.graph.writing import graph_text
from fxsnn.io.documents import parse_toml
from fxsnn.number.signal import Signal
from fxsnn.populations.bench import check_labels_of, spiking
from fxsnn.regress.noise import Random
from fxsnn.regress.tables import flat, merged

Words = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class GraphConfiguration:
    """One entry of the file of a network of populations, read and changed as it says; see `Configuration`."""

    name: str
    graph: Graph
    plan: GraphPlan
    inputs: Inputs | None  # None: what is drawn
    images: int
    traced: int
    random: Random

    def described(self) -> dict[str, str]:
        """Return everything that was asked for, by dotted keys; arrays are recorded apart."""
        network = parse_toml(graph_text(self.graph), "a network")
        network["projection"] = {one["name"]: one for one in network["projection"]}
        for one in self.graph.populations:
            # a file is read from wherever the command runs: its name and text are what was asked for
            network["population"][one.name]["neuron"] = Path(one.text.file).name
            network["population"][one.name]["text"] = hashlib.sha256(one.text.source.encode()).hexdigest()[:8]
        asked = {"network": network, "plan": _tables(self.plan), **data_of(self.inputs, self.random)}
        return flat(asked | {"images": self.images, "traced": self.traced})

    def quantised(self) -> QuantisedGraph:
        """Return the network in words; raises as `quantise_graph` does."""
        return quantise_graph(self.graph, self.plan)

    def presented(self) -> Inputs:
        """Return what it is given: the first inputs of the file, or what is drawn."""
        return presented(self.inputs, self.random, self.images, self.graph.shape)


def data_of(inputs: Inputs | None, random: Random) -> dict[str, Any]:
    """Return what is asked for of the data of a network that takes inputs."""
    return {"data": "random", "random": msgspec.structs.asdict(random)} if inputs is None else {"data": "inputs"}


def presented(inputs: Inputs | None, random: Random, images: int, shape: Shape) -> Inputs:
    """Return the first of some inputs, or where there are none spikes that are drawn."""
    return Inputs(random.spikes(images, math.prod(shape)).astype(np.int64)) if inputs is None else inputs.first(images)


def graph_configuration(
    name: str,
    network: Path,
    plan: Path,
    change: Mapping[str, Any],
    inputs: Path | None,
    images: int,
    traced: int,
    random: Random,
) -> GraphConfiguration:
    """Read a configuration; raises FxsnnError where a file cannot be read or does not fit, or inputs are too few."""
    graph = load_graph(network)
    tables = _tables(read_graph_plan(plan))
    named_whole = _named(graph, change)
    check_names(graph, named_whole.get("signal", ()), elsewhere=False)  # a change must change something
    changed = graph_plan_from_data(merged(tables, named_whole))
    signals_for(graph, changed)
    return GraphConfiguration(name, graph, changed, inputs_of(inputs, graph, images), images, traced, random)


def inputs_of(inputs: Path | None, graph: Graph, images: int) -> Inputs | None:
    """Read inputs; raises FxsnnError where they do not fit, are fewer than `images`, or what is drawn would not fit."""
    if inputs is None:
        if graph.format.signed or graph.format.frac:
            raise ConfigError(
                f"inputs must be given of a network whose input is {graph.format}: spikes alone are drawn"
            )
        return None
    read = read_inputs(inputs, graph)
    check_labels_of(graph, read)
    if images > len(read):
        raise ConfigError(f"images must be at most the {len(read)} of {str(inputs)!r}, not {images}")
    return read


def _named(graph: Graph, change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the change of a plan with whole names, as its tables have them: hidden.v for `hidden = { v = ... }`."""
    signals = change.get("signal", {})
    if not isinstance(signals, Mapping):
        raise ConfigError(f"change.signal must be a table of signals, not {signals!r}")
    owners = {name for name, _ in names_of(graph)}
    nested = by_name({name: entry for name, entry in signals.items() if name in owners})
    return {**change, "signal": {name: entry for name, entry in signals.items() if name not in owners} | nested}


def arrays_of(network: QuantisedGraph) -> Iterator[tuple[str, Words]]:
    """Yield the raw words of every projection's weights and of every population's constants, by name."""
    for name, words in network.weights.items():
        yield f"weights of {name}", words
    for owner, constants in network.constants.items():
        for name, words in constants.items():
            yield f"words of {owner}.{name}" if words.ndim else f"{owner}.{name}", words


def nodes_of(network: QuantisedGraph, words: Words) -> Iterator[tuple[str, Words]]:
    """Run one input and yield what every step holds, [steps, ...]: draws, nodes, what is emitted, and registers."""
    for name, kept in trace(network, words).items():
        neuron = network.graph[name].neuron
        for stream, draws in kept.draws.items():
            cast = neuron.cast(stream)
            yield f"{name}.{cast.name if cast else stream} draw {stream}", draws
        for node, rows in kept.nodes.items():
            yield f"{name}.{node}", rows
        yield f"{name} emits", kept.emitted
        if kept.draws:
            yield f"{name}.lfsr", np.stack([kept.registers[stream] for stream in kept.draws], axis=1)


class GraphAnswers(NamedTuple):
    """What a network gives for its inputs."""

    words: list[Words]  # an input: its answer, and how often each neuron emits
    spikes: int
    correct: int | None


def answers_of(network: QuantisedGraph, inputs: Inputs) -> GraphAnswers:
    """Run every input; raises as `run` does."""
    answers = [run(network, some) for some in inputs.parts()]
    fires, spikes = spiking(network.graph), 0
    words = list[Words]()
    for answer, one in zip(chain.from_iterable(one.said for one in answers), inputs.words, strict=True):
        emitted = emitted_of(network, one[None])
        sums = [emitted[each.name][0].sum(axis=0, dtype=np.int64) for each in network.graph.populations]
        spikes += sum(int(emitted[name].sum(dtype=np.int64)) for name in fires)
        words.append(np.concatenate([answer, *sums]))
    classes = [one.classes for one in answers if one.classes is not None]
    if inputs.labels is None or not classes:
        return GraphAnswers(words, spikes, None)
    return GraphAnswers(words, spikes, int(np.count_nonzero(np.concatenate(classes) == inputs.labels)))


def _tables(plan: GraphPlan) -> dict[str, Any]:
    """Return a plan as tables, of every signal one, so that each key can be changed."""

    def of(signal: Signal) -> dict[str, str]:
        return {"format": str(signal.format), "rounding": signal.rounding.value, "overflow": signal.overflow.value}

    lfsr = {"taps": list(plan.lfsr.taps), "seed": plan.lfsr.seed}
    return {"signal": {name: of(signal) for name, signal in plan.signals.items()}, "lfsr": lfsr}
