"""Populations step by step: what arrives at each in a step, of what was emitted before."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.graph.connect import bring, parts
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.reading import delayed

Words = NDArray[np.int64]


def through(
    network: QuantisedGraph,
    populations: tuple[str, ...],
    emitted: Mapping[str, Words],
    steps: int,
    advance: Callable[[str, Mapping[str, Words]], ArrayLike],
) -> dict[str, Words]:
    """Advance the populations of a stage by every step; return what each emits, int64[steps, neurons].

    emitted    what the stages before emitted and the input, int64[steps, words] each
    advance    does a step of a population, of what arrives
    """
    found = {name: np.zeros((steps, network.graph[name].size), np.int64) for name in populations}
    given = {**emitted, **found}
    for t in range(steps):
        for name in populations:
            found[name][t] = advance(name, arriving(network, name, given, t))
    return found


def arriving(
    network: QuantisedGraph, name: str, emitted: Mapping[str, NDArray[np.integer]], t: int
) -> dict[str, Words]:
    """Return what arrives at a population in a step: int64[rows, neurons], one row in all or one an active input.

    Where the text takes active inputs one by one, the projections come in the order of the network, their inputs
    ascending. An input that does not reach a neuron brings it 0; a maximum comes whole.

    emitted    int64[steps, words], of every source
    """
    graph, program = network.graph, network.programs[name]
    come: dict[str, Words] = {}
    for given in program.neuron.inputs:
        point, rows = program.arrivals[given].total.frac, list[Words]()
        for projection in graph.into(name, given):
            words = delayed(emitted[projection.source], t, projection.delay).astype(np.int64)
            weights, shape = network.weights.get(projection.name), graph.shape_at(projection.source)
            left = point - network.frac(projection)
            for part in parts(words, given in program.neuron.one_by_one and projection.kind != "maximum"):
                rows.append(bring(projection, weights, part, shape) << left)
        if given not in program.neuron.one_by_one:
            rows = [np.add.reduce(rows)]
        come[given] = np.array(rows, np.int64).reshape(-1, graph[name].size)
    return come
