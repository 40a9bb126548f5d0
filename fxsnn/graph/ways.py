"""What brings the words of a source to the sums of its target: a kernel for every projection, with its weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.connect import Projection, windows
from fxsnn.graph.given import Shape
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.kernels import projections

Held = NDArray[np.integer[Any]]


class Way(NamedTuple):
    """A projection at work."""

    source: str
    delay: int
    given: str  # the input of the target that it leads to
    whole: bool  # whether what it brings is no sum of what its active inputs bring
    add: Callable[[Held, Held], None]  # to sums[rows, target], of words[rows, source]


def ways(network: QuantisedGraph, name: str, word: type[np.signedinteger[Any]]) -> tuple[Way, ...]:
    """Return how words come to a population, whose sums are proved to fit a type of words."""
    graph, program = network.graph, network.programs[name]
    return tuple(
        Way(
            one.source,
            one.delay,
            given,
            one.kind == "maximum",
            _adding(one, _laid(network, one, program.arrivals[given].total.frac), graph.shape_at(one.source), word),
        )
        for given in program.neuron.inputs
        for one in graph.into(name, given)
    )


def _laid(network: QuantisedGraph, projection: Projection, point: int) -> NDArray[np.int64]:
    """Return a projection's weights at a binary point; ones where it has none."""
    weights = network.weights.get(projection.name)
    return (np.array(1) if weights is None else weights) << point - network.frac(projection)


def _adding(
    projection: Projection, weights: NDArray[np.int64], source: Shape, word: type[np.signedinteger[Any]]
) -> Callable[[Held, Held], None]:
    if projection.kind in ("identity", "scale"):
        flat, size = weights.reshape(-1), int(np.prod(source))
        return partial(_add, projections.add_words, (np.tile(flat, size // flat.size).astype(word),))
    if projection.kind == "dense":
        return partial(_add, projections.add_dense, (np.array(weights, word),))
    shape = _shape(projection, source, weights.shape[-1] if projection.kind == "conv" else source[2])
    if projection.kind == "conv":
        turned = weights[:, ::-1].transpose(0, 2, 1, 3)  # a channel of each group after the other, see below
        laid = np.array(_by_channel(turned, projection.groups), word)
        return partial(_add, projections.add_correlation, (laid, shape))
    kernel = projections.add_maxima if projection.kind == "maximum" else projections.add_windows
    return partial(_add, kernel, (np.array(weights, word).reshape(1), shape))


def _by_channel(turned: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """Return weights of every channel to the outputs of its group, of [rows, channels of a group, columns, outputs]."""
    rows, inside, columns, outputs = turned.shape
    apart = turned.reshape(rows, inside, columns, groups, outputs // groups)
    return apart.transpose(0, 3, 1, 2, 4).reshape(rows, groups * inside, columns, outputs // groups)


def _shape(projection: Projection, source: Shape, outputs: int) -> projections.Windows:
    down, across = windows(projection, source)
    return projections.Windows(
        source[1],
        source[2],
        down,
        across,
        outputs,
        *projection.kernel,
        *projection.steps,
        *projection.padding,
        projection.groups,
    )


def _add(kernel: Callable[..., None], fixed: tuple[Any, ...], sums: Held, words: Held) -> None:
    kernel(sums, words, *fixed)
