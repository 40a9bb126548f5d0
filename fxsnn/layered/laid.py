"""Where the words of a layer in narrow words lie: its weights, what is under the kernel, and sums."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.format import Format
from fxsnn.kernels import narrow
from fxsnn.layered.decays import holds, sums_of
from fxsnn.layered.description import Geometry
from fxsnn.layered.quantise import QuantisedLayer
from fxsnn.prepare import cleared

Signed = NDArray[np.signedinteger]
Kinds = tuple[type[np.signedinteger], type[np.integer]]  # of sums, and of what is under the kernel


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


def kinds_of(layer: QuantisedLayer, given: Format) -> list[Kinds]:
    """Return the words that are proved to hold sums and what is under the kernel, the fastest first.

    Words of 8 bits, two in a sum of 16 bits or four in one of 32, where formats or, for sums, the weights themselves
    prove that they do; words of 16 bits, two in a sum of 32 bits, always.

    given    format of the input words
    """
    weight, under = layer.plan.weight.format, layer.plan.trace.format if layer.plan.filters == "inputs" else given
    found: list[Kinds] = [(np.int32, np.int16)]
    if not (_are_bytes(weight) and under.lowest >= 0 and under.highest < 1 << 8):
        return found
    few = layer.geometry.inputs[2] <= 2  # of four inputs, two would always be 0
    found.insert(0 if narrow.QUADS and not few else 1, (np.int32, np.uint8))
    if holds(16, sums_of(layer, under)) and under.highest <= 1 << 7:  # two products do not leave 16 bits either
        found.insert(0, (np.int16, np.uint8))
    return found


def _are_bytes(fmt: Format) -> bool:
    return holds(8, (fmt.lowest, fmt.highest))


def laid(geometry: Geometry, weights: NDArray[np.int64], weight: Format, kinds: Kinds, sparse: bool) -> Laid:
    """Return a layer's arrays, its weights in their places, all else 0.

    geometry     of a convolution, or of a dense layer as one of a single cell
    weights      int64[kernel height, kernel width, input channels, output channels], words of the format `weight`
    kinds        words of sums and of what is under the kernel
    sparse       whether most inputs are 0: then each is laid on all sums that it reaches, if a cell has but one pair
    """
    (height, width, channels), outputs = geometry.inputs, geometry.outputs[2]
    kernel, padding = geometry.kernel[0], geometry.padding
    total, word = kinds
    each = np.dtype(total).itemsize
    many, lanes = each // np.dtype(word).itemsize, narrow.BYTES // each
    pairs = -(-channels // many)
    scattered = sparse and pairs == 1
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
    inside = weights[::-1, ::-1].transpose(2, 0, 1, 3).reshape(channels, kernel, kernel * outputs)
    spaced[:channels, :, rim * outputs : (rim + kernel) * outputs] = inside
    lying = cleared(spaced.size, np.int8 if _are_bytes(weight) else np.int16)
    lying[:] = spaced.reshape(pairs, many, -1).transpose(0, 2, 1).reshape(-1)
    count = height * width * pairs
    under, active = (cleared((count + narrow.SPARE) * many, word) for _ in range(2))
    where = cleared(count + narrow.SPARE, np.int32)
    where[:count] = places.reshape(-1)
    room = active.view(total), active, np.zeros_like(where), np.zeros(height + 1, np.int64)
    return Laid(shape, cleared(size, total), lying, under, under.view(total), where, room)
