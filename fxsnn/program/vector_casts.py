"""Words of many neurons at once: shifted, rounded and limited, in int64."""

from __future__ import annotations

import numpy as np

from fxsnn.kernels import rescale
from fxsnn.number.modes import Rounding
from fxsnn.program.variant import Ints


def moved(words: Ints, left: int) -> Ints:
    """Return words, int64 of any shape, shifted to the left, or to the right where `left` is below 0."""
    if left == 0:
        return words
    return words << min(left, 62) if left > 0 else words >> min(-left, 63)


def dropped(words: Ints, right: int, rounding: Rounding) -> Ints:
    """Return words, int64 of any shape, without so many low bits, by a rounding without draws; see `rescale.drop`."""
    bias, if_negative, if_odd = rescale.biases(rounding.code, min(right, rescale.SHIFT_MAX))
    floor = words >> min(right, rescale.SHIFT_MAX)
    rest = (words - (floor << right)) + bias
    if if_negative:
        rest = rest + if_negative * (words < 0)
    if if_odd:
        rest = rest + if_odd * (floor & 1)
    return floor + (rest >> right)


def limited(words: Ints, lowest: int, highest: int, overflow: int) -> Ints:
    """Return words, int64 of any shape, within rails; see `rescale.limit`."""
    if overflow == rescale.SATURATE:
        return np.minimum(np.maximum(words, lowest), highest)
    if overflow == rescale.SATURATE_ZERO:
        return np.where((words >= lowest) & (words <= highest), words, 0)
    low = words & (highest - lowest)
    return np.where(low > highest, low - (highest - lowest) - 1, low)
