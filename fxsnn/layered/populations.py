"""A layered network as populations and projections: it runs as any other network does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from fxsnn.format import Format
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.population import INPUT, Population, population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout
from fxsnn.layered.description import Geometry
from fxsnn.layered.quantise import CASTS, STREAMS, QuantisedLayers
from fxsnn.layered.width import input_format, programs_of
from fxsnn.plan import Signal
from fxsnn.program.program import Program

_GRAPHS: WeakKeyDictionary[QuantisedLayers, dict[bool, QuantisedGraph]] = WeakKeyDictionary()


def populations_of(network: QuantisedLayers, *, relays: bool = False) -> QuantisedGraph:
    """Return the network as populations, once for each network: networks never change.

    A layer is a population, named `layer_0` and so on, behind one of filters where it filters its inputs, and behind
    relays where what it weighs is pooled before. Random readouts are a dense projection to relays.

    relays    pool into relays before filters too, so that what is pooled is a node

    Raises
    ------
    WidthError
        An exact intermediate could leave int64, or a cast would drop more than 62 bits; the message names it.
    """
    found = _GRAPHS.setdefault(network, {})
    if relays not in found:
        found[relays] = _Making(network, relays).graph()
    return found[relays]


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

    def __init__(self, network: QuantisedLayers, relays: bool) -> None:
        self.network, self.relays = network, relays
        self.source, self.pool = INPUT, 1  # what comes next pools so many cells of the source
        self.populations, self.wires, self.signals = list[Population](), list[Projection](), dict[str, Signal]()

    def graph(self) -> QuantisedGraph:
        described = self.network.description
        for number in range(len(self.network.layers)):
            self.layer(number)
        if described.layer[-1].kind == "output":
            readout = Readout("node", node="membrane", skip=described.burn_in)
        else:
            self.pooled(len(self.network.layers), described.geometry(len(self.network.layers) - 1).pooled)
            self.populations.append(population("answer", described.classes, "relay"))
            signs = raw(self.network.readout.astype(np.int64))
            self.wires.append(Projection("readout", self.source, "answer", "arriving", weights=signs))
            self.signals["readout.weight"] = Signal(Format(2, 0))
            readout = Readout("counts", skip=described.burn_in)
        graph = Graph(
            described.inputs(0), tuple(self.populations), tuple(self.wires), input_format(self.network, 0), readout
        )
        return quantise_graph(graph, GraphPlan(self.signals, self.network.plan.lfsr))

    def layer(self, number: int) -> None:
        layer = self.network.layers[number]
        geometry, plan, name = layer.geometry, layer.plan, f"layer_{number}"
        *filters, neurons = programs_of(layer, input_format(self.network, number))
        if not filters or self.relays:
            self.pooled(number, geometry.inputs)
        if filters:
            wire = self.into(f"filter_{number}")
            self.add(number, f"filter_{number}", filters[0], geometry.inputs)
            self.wires.append(wire)
            self.source, self.pool = f"filter_{number}", 1
        self.add(number, name, neurons, geometry.outputs)
        self.wires.append(_convolution(f"weights_{number}", self.source, name, geometry, layer.weights))
        self.signals[f"weights_{number}.weight"], self.signals[f"{name}.bias"] = plan.weight, plan.bias
        self.source, self.pool = name, geometry.pool

    def add(self, number: int, name: str, program: Program, shape: tuple[int, ...]) -> None:
        """Add a population of a layer: its filters or its neurons."""
        layer, neuron = self.network.layers[number], program.neuron
        words = {"kick": layer.refractory, "bias": layer.bias.tolist()}
        words |= {f"{cast}_factor": word for cast, word in zip(CASTS, layer.factors, strict=True)}
        self.populations.append(
            population(
                name,
                shape,
                neuron.file.removesuffix(".neuron"),
                neuron.choices,
                {constant: raw(words[constant]) for constant in neuron.constants},
                {one: program.numbers[one] for one in neuron.numbers},
                "neurons",
                number * STREAMS,
            )
        )
        for cast in CASTS:
            own = {cast: getattr(layer.plan, cast), f"{cast}_factor": getattr(layer.plan, f"{cast}_leak").factor}
            self.signals |= {f"{name}.{one}": signal for one, signal in own.items() if one in neuron.signals}

    def pooled(self, number: int, shape: tuple[int, ...]) -> None:
        """Pool into relays what layer `number` takes, if it is pooled."""
        if self.pool > 1:
            name = pooled_name(number - 1)
            self.populations.append(population(name, shape, "relay"))
            self.wires.append(self.into(name))
            self.source, self.pool = name, 1

    def into(self, name: str) -> Projection:
        kind, kernel = ("maximum", (self.pool, self.pool)) if self.pool > 1 else ("identity", (1, 1))
        return Projection(f"to_{name}", self.source, name, "arriving", kind, kernel=kernel)  # type: ignore[arg-type]


def _convolution(name: str, source: str, target: str, geometry: Geometry, weights: np.ndarray) -> Projection:
    padding = geometry.padding, geometry.padding
    return Projection(name, source, target, "arriving", "conv", raw(weights), kernel=geometry.kernel, padding=padding)
