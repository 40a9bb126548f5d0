"""A layered network as populations and projections: it is proved, runs and is counted as any other network is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.decolle.description import Description, Shape
from fxsnn.decolle.plan import STREAMS, DecollePlan
from fxsnn.graph.connect import Kind, Pair, Projection
from fxsnn.graph.given import raw
from fxsnn.graph.named_signals import WEIGHT, factor_of
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.population import INPUT, Population, population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal
from fxsnn.program.shipped import neuron, shipped

Words = Mapping[str, NDArray[np.int64]]  # of a layer's constants, by their names in `plan.constant_signals`


def populations_of(
    described: Description, plan: DecollePlan, words: Sequence[Words], readout: NDArray[np.int8]
) -> QuantisedGraph:
    """Return the network as populations.

    A layer is a population, named `layer_0` and so on, behind one of filters where it filters its inputs. What is
    pooled are relays. Random readouts are a dense projection to relays.

    words      of every layer
    readout    int8[outputs, classes] of the last layer, -1 or 1; of an output layer it is not looked at

    Raises
    ------
    ConfigError
        A word is none of its format.
    WidthError
        An exact intermediate could leave int64, or a cast would drop more than 62 bits; the message names it.
    """
    return _Making(described, plan).graph(words, readout)


def without_relays(network: QuantisedGraph) -> QuantisedGraph:
    """Return the same network where filters pool what they take: fewer words are moved, and answers are the same."""
    graph, wires, gone = network.graph, list[Projection](), set[str]()
    pooling = {one.target: one for one in graph.projections if one.kind == "maximum"}
    for one in graph.projections:
        if one.kind == "identity" and one.source in pooling:
            wires.append(replace(pooling[one.source], name=one.name, target=one.target))
            gone.add(one.source)
        else:
            wires.append(one)
    if not gone:
        return network
    kept = tuple(one for one in graph.populations if one.name not in gone)
    wired = tuple(one for one in wires if one.target not in gone)
    alike = replace(graph, populations=kept, projections=wired)
    return QuantisedGraph(alike, network.plan, network.weights, network.constants)


def as_inputs(frames: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Return recordings, uint16[recordings, steps, ...], as populations take them: int64[recordings, steps, words]."""
    return frames.reshape(*frames.shape[:2], -1).astype(np.int64)


def pooled_name(number: int) -> str:
    """Return the name of the relays into which the spikes of a layer are pooled."""
    return f"pooled_{number}"


def of_layers(found: Mapping[str, Any]) -> list[list[Any]]:
    """Return what was found of populations by layer: of its filter, if it has one, and of its neurons."""
    layers: list[list[Any]] = []
    for name, one in found.items():
        kind, _, number = name.rpartition("_")
        if kind in ("filter", "layer"):
            layers += [[]] * (int(number) == len(layers))
            layers[int(number)] = [*layers[int(number)], one]
    return layers


class _Making:
    """The populations and projections that are there so far."""

    def __init__(self, described: Description, plan: DecollePlan) -> None:
        self.described, self.plan, self.source = described, plan, INPUT
        self.populations, self.wires, self.signals = list[Population](), list[Projection](), dict[str, Signal]()

    def graph(self, words: Sequence[Words], readout: NDArray[np.int8]) -> QuantisedGraph:
        for number, layer_words in enumerate(words):
            self.layer(number, layer_words)
        if self.described.layer[-1].kind == "output":
            read = Readout("node", node="membrane", skip=self.described.burn_in)
        else:
            self.relays("answer", self.described.classes)
            self.wire("readout", "answer", "dense", readout.astype(np.int64))
            self.signals["readout.weight"] = Signal(Format(2, 0))
            read = Readout("counts", skip=self.described.burn_in)
        given = Format(self.described.clip.bit_length(), 0, signed=False)
        graph = Graph(self.described.inputs(0), tuple(self.populations), tuple(self.wires), given, read)
        return quantise_graph(graph, GraphPlan(self.signals, self.plan.lfsr))

    def layer(self, number: int, words: Words) -> None:
        """Add the populations of a layer, and what it is pooled into."""
        geometry, plan, name = self.described.geometry(number), self.plan.layers[number], f"layer_{number}"
        text = "decolle_currents"
        if plan.filters == "inputs":
            text = "decolle"
            self.neurons(number, f"filter_{number}", "decolle_filter", geometry.inputs, words)
            self.wire(f"to_filter_{number}", f"filter_{number}", "identity")
        self.neurons(number, name, text, geometry.outputs, words)
        self.wire(f"weights_{number}", name, "conv", words["weight"], geometry.kernel, geometry.padding)
        self.signals[f"weights_{number}.{WEIGHT}"] = plan[WEIGHT]
        if geometry.pool > 1:
            pooled = pooled_name(number)
            self.relays(pooled, geometry.pooled)
            self.wire(f"to_{pooled}", pooled, "maximum", kernel=(geometry.pool, geometry.pool))

    def neurons(self, number: int, name: str, text: str, shape: Shape, words: Words) -> None:
        """Add the filters or the neurons of a layer."""
        plan = self.plan.layers[number]
        leaks = plan.leaks
        choices = {leak: one.kind for leak, one in leaks.items() if leak in shipped(text).choices}
        built = neuron(text, **choices)
        numbers = {leak.replace("leak", "shift"): one.shift for leak, one in leaks.items()}
        given = {factor_of(leak): words[leak] for leak in leaks if leak in words}
        given |= {"kick": words["refractory"], "bias": words["bias"]}
        constants = {one: raw(given[one]) for one in built.constants}
        numbers = {one: numbers[one] for one in built.numbers}
        self.populations.append(population(name, shape, text, choices, constants, numbers, "neurons", number * STREAMS))
        own = {**plan.signals, **{factor_of(leak): one.factor for leak, one in leaks.items()}}
        self.signals |= {f"{name}.{one}": own[one] for one in built.signals}

    def relays(self, name: str, shape: int | Shape) -> None:
        self.populations.append(population(name, shape, "relay"))

    def wire(
        self,
        name: str,
        target: str,
        kind: Kind,
        weights: NDArray[np.int64] | None = None,
        kernel: Pair = (1, 1),
        around: int = 0,
    ) -> None:
        """Add a projection from what is there to `target`, at which the next one begins."""
        given, padding = None if weights is None else raw(weights), (around, around)
        self.wires.append(
            Projection(name, self.source, target, "arriving", kind, given, kernel=kernel, padding=padding)
        )
        self.source = target
