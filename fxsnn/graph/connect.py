"""What a projection does with the words of its source: which shapes fit, and what arrives at every neuron.

Maps are [row, column, channel], flat in this order. A kernel is laid over its source without being turned round (a
correlation), as in the layered network; its weights are [row, column, input channel of a group, output channel].
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.graph.given import Given, Shape
from fxsnn.number.format import Format
from fxsnn.program.wires import Arrival, added, arriving, carried

Kind = Literal["dense", "conv", "sum", "average", "maximum", "identity", "scale"]
KINDS: tuple[Kind, ...] = get_args(Kind)
POOLING = ("sum", "average", "maximum")
Pair = tuple[int, int]
_EXACT = 1 << 53  # integers below it are exact in float64


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """From a population, or the network's input, to an input of a population's neurons.

    dense       every source neuron to every target neuron: weights [source, target]
    conv        a kernel over a map, `stride` cells apart, over `padding` zeros around it, by `groups` of channels
    sum, average, maximum    of windows of `kernel` cells, `stride` apart (their own size if not said); what is left
                over at an edge is cut off. The average of 2**n words is their sum with its binary point n bits higher;
                of another number their sum times one weight. The maximum of bits is 1 where one of them is
    identity    every word as it is, one to one
    scale       every word times a weight: one for all, one a channel, or one each

    weights    of dense, conv and scale
    signal     the name of their signal in a plan
    delay      steps until what was emitted arrives
    """

    name: str
    source: str
    target: str
    input: str
    kind: Kind = "dense"
    weights: Given | None = None
    signal: str = "weight"
    delay: int = 0
    kernel: Pair = (1, 1)
    stride: Pair | None = None
    padding: Pair = (0, 0)
    groups: int = 1

    def __post_init__(self) -> None:
        def must(condition: bool, what: str) -> None:
            if not condition:
                raise ConfigError(f"projection {self.name}: {what}")

        must(self.kind in KINDS, f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        weighed = self.kind in ("dense", "conv", "scale")
        must((self.weights is not None) == weighed, f"weights must be given {'' if weighed else 'not '}of {self.kind}")
        must(
            type(self.delay) is int and 0 <= self.delay <= MOST_DELAY,
            f"delay must be 0 to {MOST_DELAY} steps, not {self.delay}",
        )
        windows = self.kind == "conv" or self.kind in POOLING
        for name, pair, least in (("kernel", self.kernel, 1), ("stride", self.steps, 1), ("padding", self.padding, 0)):
            must(
                all(least <= n <= MOST_CELLS for n in pair), f"{name} must be {least} to {MOST_CELLS}, not {list(pair)}"
            )
        must(
            windows or (self.kernel, self.stride) == ((1, 1), None),
            f"kernel and stride must not be given of {self.kind}",
        )
        must(self.kind == "conv" or self.padding == (0, 0), f"padding must not be given of {self.kind}")
        must(self.kind == "conv" or self.groups == 1, f"groups must not be given of {self.kind}")
        must(self.weighed or self.signal == "weight", f"signal must not be given of {self.kind}, which has no weights")
        must(type(self.groups) is int and self.groups >= 1, f"groups must be 1 or more, not {self.groups}")

    @property
    def steps(self) -> Pair:
        """Cells from one window to the next, down and across."""
        return self.stride or (self.kernel if self.kind in POOLING else (1, 1))

    @property
    def halvings(self) -> int:
        """By how many bits the binary point of a sum is raised."""
        cells = math.prod(self.kernel)
        return cells.bit_length() - 1 if self.kind == "average" and not cells & cells - 1 else 0

    @property
    def weighed(self) -> bool:
        """Whether what is brought is multiplied by words that are stored."""
        return self.weights is not None or (self.kind == "average" and math.prod(self.kernel) != 1 << self.halvings)


MOST_DELAY, MOST_CELLS = 1 << 16, 1 << 12


def windows(projection: Projection, source: Shape) -> Pair:
    """Return how many windows lie over a map, down and across."""
    ends = zip(source, projection.kernel, projection.steps, projection.padding, strict=False)
    down, across = ((cells + 2 * padding - kernel) // step + 1 for cells, kernel, step, padding in ends)
    return down, across


def fan_in(projection: Projection, source: Shape) -> int:
    """Return how many words of the source a target neuron adds up, at most."""
    match projection.kind:
        case "dense":
            return math.prod(source)
        case "conv":
            return math.prod(projection.kernel) * source[-1] // projection.groups
        case "sum" | "average":
            return math.prod(projection.kernel)
    return 1


def weight_shapes(projection: Projection, source: Shape, target: Shape) -> tuple[Shape, ...]:
    """Return the shapes that weights may have.

    Raises
    ------
    ConfigError
        Source and target do not fit; the message has both shapes.
    """

    def refuse(must: str, given: str) -> ConfigError:
        return ConfigError(f"projection {projection.name}: {must}, not {given}")

    kind, size, onto = projection.kind, math.prod(target), f"to {list(target)}"
    if kind == "dense":
        return ((math.prod(source), size),)
    if kind in ("identity", "scale"):
        if size != math.prod(source) or (len(source) == len(target) and source != target):
            raise refuse(f"{kind} of {list(source)} must be to {list(source)}", onto)
        return (), (source[-1],), source, (size,)
    if len(source) != 3:
        raise refuse(f"{kind} must be of a map [rows, columns, channels]", f"of {list(source)}")
    down, across = windows(projection, source)
    if down < 1 or across < 1:
        raise refuse(f"a kernel must fit the map {list(source)} that it is laid over", str(list(projection.kernel)))
    channels = source[2]
    outputs = channels if kind in POOLING else target[2] if len(target) == 3 else size // (down * across)
    if target not in ((down, across, outputs), (down * across * outputs,)) or outputs == 0:
        wanted = [down, across, channels if kind in POOLING else "channels"]
        raise refuse(f"{kind} of {list(source)} must be to [{', '.join(map(str, wanted))}]", onto)
    if kind in POOLING:
        return ((),)
    if channels % projection.groups or outputs % projection.groups:
        raise refuse(f"groups must divide {channels} and {outputs} channels", str(projection.groups))
    return ((*projection.kernel, channels // projection.groups, outputs),)


def fitted(projection: Projection, source: Shape, target: Shape) -> Projection:
    """Return a projection whose weights have a shape that fits; raises ConfigError where source and target do not."""
    shapes = weight_shapes(projection, source, target)
    if projection.weights is None:
        return projection
    return replace(projection, weights=projection.weights.within(shapes, f"weights of {projection.name}"))


def arrival(projection: Projection, weight: Format | None, given: Format, source: Shape) -> Arrival:
    """Return the bounds of what is brought, of words of a format."""
    cells = fan_in(projection, source)
    if weight is not None:
        return arriving(weight, given, cells)
    return added(given, cells, projection.halvings) if cells > 1 else carried(given)


def bring(projection: Projection, weights: NDArray[Any] | None, words: NDArray[Any], source: Shape) -> NDArray[Any]:
    """Return what arrives at every target neuron, [target]: exact sums of int64, or real ones of float64.

    weights    of a shape that `weight_shapes` returns; of an average one number, or none
    words      int64[source] or float64[source], what was emitted
    """
    kind, found = projection.kind, words
    if kind == "dense":
        weights = _there(weights)
        if words.dtype.kind != "f":  # exact: what is silent need not be multiplied
            active = np.flatnonzero(words)
            words, weights = words[active], weights[active]
        found = words @ weights
    elif kind == "scale":
        flat = _there(weights).reshape(-1)
        found = words * np.tile(flat, words.size // flat.size)
    elif kind == "conv":
        found = _correlated(projection, _there(weights), words, source)
    elif kind == "maximum":
        found = np.maximum.reduce(list(_under(projection, words, source)))
    elif kind in POOLING:
        total = np.add.reduce(list(_under(projection, words, source)))
        found = total if weights is None else total * weights
    return found.reshape(-1)


def _correlated(projection: Projection, weights: NDArray[Any], words: NDArray[Any], source: Shape) -> NDArray[Any]:
    """Return the sums under a kernel: [rows, columns, groups, channels of a group]."""
    (down, across), inputs, groups = windows(projection, source), weights.shape[2], projection.groups
    total = np.zeros((down, across, groups, weights.shape[3] // groups), words.dtype)
    cells = weights.reshape(-1, inputs, groups, weights.shape[3] // groups)
    most = 0 if words.dtype.kind == "f" else _most(words) * _most(weights) * len(cells) * inputs
    if words.dtype.kind != "f" and most < _EXACT:  # no sum loses a bit as a real number, and all are faster
        total, cells, words = total.astype(np.float64), cells.astype(np.float64), words.astype(np.float64)
        for cell, part in zip(cells, _under(projection, words, source), strict=True):
            under = part.reshape(down * across, groups, inputs).transpose(1, 0, 2)
            total += (under @ cell.transpose(1, 0, 2)).transpose(1, 0, 2).reshape(total.shape)
        return total.astype(np.int64)
    for cell, part in zip(cells, _under(projection, words, source), strict=True):
        total += np.einsum("yxgi,igo->yxgo", part.reshape(down, across, groups, inputs), cell)
    return total


def _most(words: NDArray[Any]) -> int:
    return max(-int(words.min(initial=0)), int(words.max(initial=0)))


def _under(projection: Projection, words: NDArray[Any], source: Shape) -> Iterator[NDArray[Any]]:
    """Yield what lies under each cell of a kernel, for every window: [rows, columns, channels]."""
    (down, across), (rows, columns) = windows(projection, source), projection.kernel
    (step_down, step_across), (above, beside) = projection.steps, projection.padding
    laid = np.pad(words.reshape(source), ((above, above), (beside, beside), (0, 0)))
    for y in range(rows):
        for x in range(columns):
            ends = y + (down - 1) * step_down + 1, x + (across - 1) * step_across + 1
            yield laid[y : ends[0] : step_down, x : ends[1] : step_across]


def parts(words: NDArray[Any], one_by_one: bool) -> NDArray[Any]:
    """Return words as they are in one row, or for each active one a row of which all others are 0: [rows, words].

    words    int64 or float64[words]; the result has the same dtype
    """
    if not one_by_one:
        return words[None]
    active = np.flatnonzero(words)
    alone = np.zeros((len(active), len(words)), words.dtype)
    alone[np.arange(len(active)), active] = words[active]
    return alone


def _there(weights: NDArray[Any] | None) -> NDArray[Any]:
    assert weights is not None  # noqa: S101  (so says Projection)
    return weights
