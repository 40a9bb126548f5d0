"""A kernel over a map in narrow words: the proof that 16 or 32 bits hold all, and where words and weights lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.connect import Projection, windows
from fxsnn.graph.given import Shape
from fxsnn.graph.lanes import cleared
from fxsnn.kernels import narrow
from fxsnn.number.format import Format
from fxsnn.program.wires import Range

Signed = NDArray[np.signedinteger]
Kinds = tuple[type[np.signedinteger], type[np.integer]]  # of sums, and of what is under the kernel
PLACES = 1 << 31


class Map(NamedTuple):
    """A square kernel over a map, whose sums make a map of the same size; all words may be channels of one cell."""

    height: int
    width: int
    channels: int
    outputs: int
    kernel: int
    padding: int


def map_of(projection: Projection, source: Shape, outputs: int) -> Map | None:
    """Return a projection whose weights are for so many outputs as a kernel over a map, if it is one."""
    words = math.prod(source)
    if projection.kind == "dense":
        return Map(1, 1, words, outputs, 1, 0)
    if projection.kind != "conv" or projection.groups != 1:
        return None
    if projection.kernel == source[:2] and projection.padding == (0, 0):
        return Map(1, 1, words, outputs, 1, 0)
    kernel, padding = projection.kernel[0], projection.padding[0]
    square = projection.kernel == (kernel, kernel) and projection.padding == (padding, padding)
    if square and projection.steps == (1, 1) and windows(projection, source) == source[:2]:
        return Map(source[0], source[1], source[2], outputs, kernel, padding)
    return None


def kinds_of(over: Map, weights: NDArray[np.int64], weight: Format, under: Format) -> list[Kinds]:
    """Return the words that are proved to hold sums and what is under the kernel, the fastest first; or none.

    Weights and what is under the kernel must fit 16 bits, sums 32, as must the places of the weights. Words of 8 bits,
    two in a sum of 16 bits or four in one of 32, where formats or, for sums, the weights themselves prove that they do;
    words of 16 bits, two in a sum of 32 bits, always.

    weights    int64[..., outputs], words of the format `weight`
    under      format of what is under the kernel
    """
    sums = sums_of(weights.reshape(-1, over.outputs), under)
    if not (all(holds(16, _range(form)) for form in (weight, under)) and holds(32, sums) and _farthest(over) < PLACES):
        return []
    found: list[Kinds] = [(np.int32, np.int16)]
    if not (holds(8, _range(weight)) and under.lowest >= 0 and under.highest < 1 << 8):
        return found
    few = over.channels <= 2  # of four inputs, two would always be 0
    found.insert(0 if narrow.QUADS and not few else 1, (np.int32, np.uint8))
    if holds(16, sums) and under.highest <= 1 << 7:  # two products do not leave 16 bits either
        found.insert(0, (np.int16, np.uint8))
    return found


def sums_of(weights: NDArray[np.int64], under: Format) -> Range:
    """Return the ends of what weights, int64[words, outputs], can sum up to, of words of format `under`."""
    above, below = np.maximum(weights, 0).sum(axis=0), np.minimum(weights, 0).sum(axis=0)
    low, high = min(under.lowest, 0), under.highest
    return int((below * high + above * low).min()), int((above * high + below * low).max())


def holds(bits: int, bounds: Range) -> bool:
    """Say whether two's complement words of so many bits hold all between two ends."""
    return bounds[0] >= -(1 << bits - 1) and bounds[1] < 1 << bits - 1


def _range(form: Format) -> Range:
    return form.lowest, form.highest


def _farthest(over: Map) -> int:
    """Return more than the places of `laid` reach: tiles of at most 32 cells, fours of inputs filled up."""
    return (over.kernel**2 * (over.channels + 3) + over.height) * 65 * over.outputs * 4


@dataclass(slots=True, eq=False)
class Laid:
    """Arrays of `narrow.convolve`, whose comments say what they are."""

    shape: narrow.Shape
    sums: Signed
    weights: Signed
    under: NDArray[Any]
    pairs: Signed  # the same words as in `under`, some together
    places: NDArray[np.int32]
    room: tuple[NDArray[Any], ...]


def laid(over: Map, weights: NDArray[np.int64], weight: Format, kinds: Kinds) -> Laid:
    """Return the arrays of a kernel, its weights in their places, all else 0.

    Where a cell has but one pair, as those of an input with two polarities, each word is laid on all sums that it
    reaches; else the sums of some cells are gathered.

    weights      int64[kernel height, kernel width, input channels, output channels], words of the format `weight`
    kinds        words of sums and of what is under the kernel, one of `kinds_of`
    """
    height, width, channels, outputs, kernel, padding = over
    total, word = kinds
    each = np.dtype(total).itemsize
    many, lanes = each // np.dtype(word).itemsize, narrow.BYTES // each
    pairs = -(-channels // many)
    scattered = pairs == 1
    tile = lanes // math.gcd(outputs, lanes)  # cells of whole vectors
    tile *= max(1, min(narrow.TOGETHER * lanes // (tile * outputs), width // tile))
    rim = 0 if scattered else tile - 1  # cells without weights on either side of a row of the kernel
    columns = (kernel + 2 * rim) * outputs
    if scattered:
        columns = -(-columns // lanes) * lanes
        row = (width + 2 * padding) * outputs
        first, size = padding * (row + outputs), (height + 2 * padding) * row + lanes
    else:
        row = -(-width // tile) * tile * outputs
        first, size = 0, height * row
    turn = columns * many
    y, x, pair = np.indices((height, width, pairs))
    places = y * row + x * outputs if scattered else pair * kernel * turn - y * turn - x * outputs * many
    shape = narrow.Shape(
        *(height, width, channels, pairs * many, outputs, kernel, padding, tile, first, row, many, turn),
        scattered=int(scattered),
    )
    spaced = np.zeros((pairs * many, kernel, columns), np.int16)
    # turned round, as an input sees it
    square = weights.reshape(kernel, kernel, channels, outputs)
    inside = square[::-1, ::-1].transpose(2, 0, 1, 3).reshape(channels, kernel, kernel * outputs)
    spaced[:channels, :, rim * outputs : (rim + kernel) * outputs] = inside
    lying = cleared(spaced.size, np.int8 if holds(8, _range(weight)) else np.int16)
    lying[:] = spaced.reshape(pairs, many, -1).transpose(0, 2, 1).reshape(-1)
    count = height * width * pairs
    under, active = (cleared((count + narrow.SPARE) * many, word) for _ in range(2))
    where = cleared(count + narrow.SPARE, np.int32)
    where[:count] = places.reshape(-1)
    room = active.view(total), active, np.zeros_like(where), np.zeros(height + 1, np.int64)
    return Laid(shape, cleared(size, total), lying, under, under.view(total), where, room)
