"""What brings the words of a source to the sums of its target: a kernel for every projection, with its weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.connect import Projection, parts, windows
from fxsnn.graph.given import Shape
from fxsnn.graph.laid import holds, kinds_of, laid, map_of
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.kernels import narrow, projections

Words = NDArray[np.int64]
Integers = NDArray[np.integer[Any]]
_KEPT = (np.int8, np.int16, np.int32, np.int64)  # weights of which a few rows are read at a time: less to fetch


class Way(NamedTuple):
    """A projection at work."""

    source: str
    delay: int
    given: str  # the input of the target that it leads to
    whole: bool  # whether what it brings is no sum of what its active inputs bring
    kernel: Callable[..., None]  # adds to sums[rows, target], of words[rows, source]
    fixed: tuple[Any, ...]  # what it is given besides

    def add(self, sums: Integers, words: Integers) -> None:
        """Add what words bring to sums."""
        self.kernel(sums, words, *self.fixed)

    def brings(self, words: Integers) -> int:
        """Return how many rows `alone` writes of words, int[source]: of each active one, or of a maximum one."""
        return 1 if self.whole else int(np.count_nonzero(words))

    def alone(self, words: Integers, rows: Integers) -> None:
        """Write what every active word brings without the others to rows, int[active, target].

        words    int[source]; a maximum brings what it brings of all in one row
        """
        if self.kernel is projections.add_dense:
            projections.bring_dense(rows, words, *self.fixed)
            return
        rows[:] = 0
        self.add(rows, parts(words, one_by_one=not self.whole))


def ways(
    network: QuantisedGraph,
    name: str,
    word: type[np.signedinteger[Any]],
    *,
    one_row: bool = False,
    changing: bool = False,
) -> tuple[Way, ...]:
    """Return how words come to a population, whose sums are proved to fit a type of words.

    one_row     whether a row comes at a time: narrow words cost more to call than a few rows of weights to add
    changing    whether the weights of kernels will change: they lie as `by_channel` has them
    """
    graph, program = network.graph, network.programs[name]
    return tuple(
        Way(
            one.source,
            one.delay,
            given,
            one.kind == "maximum",
            *_adding(network, one, program.arrivals[given].total.frac - network.frac(one), word, one_row, changing),
        )
        for given in program.neuron.inputs
        for one in graph.into(name, given)
    )


def _adding(
    network: QuantisedGraph,
    projection: Projection,
    left: int,
    word: type[np.signedinteger[Any]],
    one_row: bool,
    changing: bool,
) -> tuple[Callable[..., None], tuple[Any, ...]]:
    """Return the kernel of a projection and its data; left: by how many bits what it brings is shifted."""
    source, own = network.graph.shape_at(projection.source), network.weights.get(projection.name)
    weights = np.array(1) if own is None else own
    over = map_of(projection, source, weights.shape[-1] if weights.ndim else 0)
    if over and not changing and not (one_row and projection.kind == "dense"):
        form = network.signals[projection.name][projection.signal].format
        if kinds := kinds_of(over, weights, form, network.formats[projection.source]):
            lies = laid(over, weights, form, kinds[0])
            data = left, lies.sums, lies.weights, lies.under, lies.pairs, lies.places, lies.room, lies.shape
            return narrow.add_map, data
    weights = weights << left
    if projection.kind in ("identity", "scale"):
        flat, size = weights.reshape(-1), int(np.prod(source))
        return projections.add_words, (np.tile(flat, size // flat.size).astype(word),)
    if projection.kind == "dense":
        ends = int(weights.min(initial=0)), int(weights.max(initial=0))
        kept = next(kind for kind in _KEPT if holds(8 * np.dtype(kind).itemsize, ends)) if one_row else word
        return projections.add_dense, (np.array(weights, kept, order="C"),)
    shape = _shape(projection, source, weights.shape[-1] if projection.kind == "conv" else source[2])
    if projection.kind == "conv":
        turned = np.array(by_channel(weights, projection.groups), word, order="C")
        return projections.add_correlation, (turned, shape)
    kernel = projections.add_maxima if projection.kind == "maximum" else projections.add_windows
    return kernel, (np.array(weights, word).reshape(1), shape)


def by_channel(weights: NDArray[np.int64], groups: int = 1) -> NDArray[np.int64]:
    """Return a kernel's weights, int64[rows, columns, channels of a group, outputs], for `add_correlation`."""
    rows, columns, inside, outputs = weights.shape
    apart = weights[:, ::-1].reshape(rows, columns, inside, groups, outputs // groups)
    return apart.transpose(0, 3, 2, 1, 4).reshape(rows, groups * inside, columns * (outputs // groups))


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
