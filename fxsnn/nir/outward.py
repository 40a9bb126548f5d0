"""A network as a NIR graph: neurons are nodes, projections the linear nodes between them. The way back of `convert`.

NIR counts [channel, row, column]. What is a map in the network is one in NIR, unless every number of something is
weighed for it: NIR's Affine gives a row of numbers, and no node makes a map of one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.graph.connect import POOLING, Projection, windows
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.population import INPUT, free_name
from fxsnn.graph.real import float_constants, float_weights
from fxsnn.nir.layout import Reals, Sizes, nir_shape, places
from fxsnn.nir.node import Edge
from fxsnn.nir.nodes import Neuron, neuron_of

Parameters = Mapping[str, NDArray[Any] | int]
OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Home:
    """Where the neurons of a population lie in NIR.

    map     NIR's order of axes, in which they are counted; of one axis where there is no map
    flat    whether NIR has them as a row of numbers
    """

    map: Sizes
    flat: bool

    @property
    def shape(self) -> Sizes:
        """The shape that NIR has."""
        return (math.prod(self.map),) if self.flat else self.map


@dataclass(frozen=True, slots=True)
class Weighed:
    """Where the weights of a projection lie in a NIR file: in a node, between maps of NIR's order."""

    node: str
    kind: str
    source: Sizes
    target: Sizes


@dataclass(frozen=True, slots=True, eq=False)
class Outward:
    """A NIR graph of a network.

    nodes      by name: NIR's type and its parameters
    places     by population that is a node: this node, and how its neurons lie there; the input among them
    weights    by projection
    """

    nodes: dict[str, tuple[str, Parameters]]
    edges: tuple[Edge, ...]
    places: dict[str, tuple[str, Home]]
    weights: dict[str, Weighed]
    dt: float


def outward(graph: Graph, plan: GraphPlan, dt: float) -> Outward:
    """Return a network as a NIR graph of real numbers; raw words are what they stand for under the plan.

    Raises
    ------
    ConfigError
        A population's text is none of NIR's neurons, or a projection none of its nodes; it is named with the reason.
    """
    if not (math.isfinite(dt) and dt > 0):
        raise ConfigError(f"--dt must be a number above 0, not {dt!r}")
    return _Outward(graph, float_weights(graph, plan), float_constants(graph, plan), dt).done()


def homes(graph: Graph) -> dict[str, Home]:
    """Return where each population lies in NIR, and the input."""
    found = {INPUT: Home(nir_shape(graph.shape), len(graph.shape) == 1)}
    for name in (name for stage in graph.stages for name in stage.populations):
        one, into = graph[name], [each for each in graph.projections if each.target == name]
        own = [nir_shape(one.shape)] if len(one.shape) == 3 else []
        own += [seen for each in into if (seen := _brought(graph, each, found)) is not None]
        home = own[0] if own else (one.size,)
        found[name] = Home(home, len(home) == 1 or any(each.kind == "dense" for each in into))
    return found


def _brought(graph: Graph, one: Projection, known: Mapping[str, Home]) -> Sizes | None:
    """Return the map that a projection brings, in NIR's order of axes; none where it brings a row of numbers."""
    if one.kind == "conv" or one.kind in POOLING:
        source = graph.shape_at(one.source)
        cells = windows(one, source)
        channels = source[2] if one.kind in POOLING else graph[one.target].size // math.prod(cells)
        return (channels, *cells)
    home = known.get(one.source)
    return home.map if one.kind != "dense" and home is not None and len(home.map) == 3 else None


@dataclass(slots=True)
class _Outward:
    graph: Graph
    weights: Mapping[str, Reals]
    constants: Mapping[str, Mapping[str, Reals]]
    dt: float
    homes: dict[str, Home] = field(init=False)
    nodes: dict[str, tuple[str, Parameters]] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    ends: dict[str, str] = field(default_factory=dict)  # the node out of which what a population emits comes
    biases: dict[str, Reals] = field(default_factory=dict)  # by the projection that brings it, in the network's order
    found: dict[str, Weighed] = field(default_factory=dict)

    def done(self) -> Outward:
        graph = self.graph
        self.homes = homes(graph)
        neurons = {one.name: self._neuron(one.name) for one in graph.populations}
        self._add(INPUT, "Input", {"shape": np.array(self.homes[INPUT].shape)})
        self.ends[INPUT] = INPUT
        for one in graph.populations:
            if (neuron := neurons[one.name]) is not None:
                self.ends[one.name] = self._add(one.name, neuron.kind, neuron.parameters)
        passing = [name for stage in graph.stages for name in stage.populations if neurons[name] is None]
        joined = [name for name in passing if self._passes(name)]
        for each in graph.projections:
            if each.target not in joined:
                self._link(self.ends[each.source], self._chain(each), self.ends[each.target], each.name)
        read = {"shape": np.array(self.homes[graph.read.name].shape)}
        self._link(self.ends[graph.read.name], [], self._add(OUTPUT, "Output", read), OUTPUT)
        kept = {name: (self.ends[name], home) for name, home in self.homes.items()}
        return Outward(self.nodes, tuple(self.edges), kept, self.found, self.dt)

    def _neuron(self, name: str) -> Neuron | None:
        """Return the node of a population; none of relays. Its bias goes to a projection, if NIR has no other place."""
        one, home = self.graph[name], self.homes[name]
        numbers = {key: values[places(home.map)].reshape(home.shape) for key, values in self.constants[name].items()}
        neuron = neuron_of(one, numbers, home.shape, self.dt)
        bias = self.constants[name].get("bias")
        if bias is None or not bias.any():
            return neuron
        bearer = next((each for each in self.graph.projections if self._bears(each, name, bias)), None)
        if bearer is not None:
            self.biases[bearer.name] = bias
        elif neuron is not None and neuron.pulled is not None:
            return Neuron(neuron.kind, {**neuron.parameters, "v_leak": neuron.pulled})
        else:
            raise ConfigError(
                f"population {name}: its bias must have a place in NIR, which is a dense or conv projection to it "
                "without delay (a conv has one bias a channel), it has none"
            )
        return neuron

    def _bears(self, one: Projection, name: str, bias: Reals) -> bool:
        if one.target != name or one.delay or one.kind not in ("dense", "conv"):
            return False
        channels = bias.reshape(-1, self.homes[name].map[0]) if one.kind == "conv" else bias[None]
        return bool((channels == channels[0]).all())

    def _passes(self, name: str) -> bool:
        """Place relays: as the last node of the one projection to them; else as a Scale by 1.

        Return whether they are the former, so that nothing is left to be joined.
        """
        into = [one for one in self.graph.projections if one.target == name]
        chain = self._chain(into[0]) if len(into) == 1 and into[0].source in self.ends else []
        if not chain:
            self.ends[name] = self._add(name, "Scale", {"scale": np.ones(self.homes[name].shape)})
            return False
        self._link(self.ends[into[0].source], chain, None, into[0].name)
        self.ends[name] = chain[-1]
        return True

    def _chain(self, one: Projection) -> list[str]:
        """Make the nodes of a projection, in the order in which numbers go through them."""
        source, target, made = self.homes[one.source], self.homes[one.target], list[str]()
        back = one.source == one.target and one.delay == 1  # whoever reads NIR takes what a cycle brings so
        if one.delay and not back:
            late = np.full(source.shape, one.delay * self.dt)
            made.append(self._add(f"{one.name}_delay", "Delay", {"delay": late}))
        flat = source.flat
        if one.kind == "dense":
            made += self._flattened(one, source.map, flat)
            made.append(self._dense(one, source, target))
            return made
        if one.kind in ("identity", "scale"):
            if len(source.map) != len(target.map) or (places(source.map) != places(target.map)).any():
                raise self._refusal(one, f"must be between neurons in one order, not {source.map} and {target.map}")
            if one.kind == "scale":
                weights = np.tile(self.weights[one.name].reshape(-1), math.prod(source.map))[: math.prod(source.map)]
                scale = weights[places(source.map)].reshape(source.shape)
                made.append(self._add(one.name, "Scale", {"scale": scale}))
        else:
            if flat:
                raise self._refusal(one, f"must begin at a map, {one.source} is a row of numbers there")
            if (brought := _brought(self.graph, one, {})) != target.map:
                raise self._refusal(one, f"must make the map {list(target.map)}, not {list(brought or ())}")
            made.append(self._windows(one, source))
        if flat and not target.flat:
            raise self._refusal(one, f"must not make a map of a row of numbers, as which {one.source} is there")
        return made + (self._flattened(one, target.map, flat) if target.flat else [])

    def _dense(self, one: Projection, source: Home, target: Home) -> str:
        weights = self.weights[one.name][np.ix_(places(source.map), places(target.map))].T.copy()
        bias = self.biases.get(one.name, np.zeros(math.prod(target.map)))
        # with a bias of 0 rather than as Linear, which Sinabs does not read
        name = self._add(one.name, "Affine", {"weight": weights, "bias": bias[places(target.map)]})
        self.found[one.name] = Weighed(name, "dense", source.map, target.map)
        return name

    def _windows(self, one: Projection, source: Home) -> str:
        around: dict[str, NDArray[Any] | int] = {"stride": np.array(one.steps), "padding": np.array(one.padding)}
        if one.kind == "conv":
            weights = self.weights[one.name].transpose(3, 2, 0, 1).copy()
            bias = self.biases.get(one.name, np.zeros(len(weights)))[: len(weights)]
            around |= {"dilation": np.array([1, 1]), "groups": one.groups, "input_shape": np.array(source.map[1:])}
            name = self._add(one.name, "Conv2d", {"weight": weights, "bias": bias, **around})
            self.found[one.name] = Weighed(name, "conv", source.map, self.homes[one.target].map)
            return name
        if one.kind == "maximum":
            raise self._refusal(one, "must be a kind that NIR has a node for, which has no pooling by maximum")
        kind = "SumPool2d" if one.kind == "sum" else "AvgPool2d"
        return self._add(one.name, kind, {"kernel_size": np.array(one.kernel), **around})

    def _flattened(self, one: Projection, shape: Sizes, flat: bool) -> list[str]:
        if flat or len(shape) == 1:
            return []
        parameters: Parameters = {"input_type": np.array(shape), "start_dim": 0, "end_dim": -1}
        return [self._add(f"{one.name}_flatten", "Flatten", parameters)]

    def _refusal(self, one: Projection, must: str) -> ConfigError:
        return ConfigError(f"projection {one.name}: in NIR {one.kind} {must}")

    def _add(self, name: str, kind: str, parameters: Parameters) -> str:
        names = {one.name for one in self.graph.populations} | {one.name for one in self.graph.projections}
        found = free_name(name, (names - {name}) | self.nodes.keys())
        self.nodes[found] = (kind, parameters)
        return found

    def _link(self, begin: str, chain: list[str], end: str | None, name: str) -> None:
        """Join nodes; two edges between the same two nodes would count as one."""
        way = [begin, *chain, *([end] if end is not None else [])]
        if len(way) == 2 and (begin, way[1]) in self.edges:
            home = next(self.homes[population] for population, end in self.ends.items() if end == begin)
            way.insert(1, self._add(name, "Scale", {"scale": np.ones(home.shape)}))
        self.edges += itertools.pairwise(way)
