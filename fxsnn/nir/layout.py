"""Where a number of NIR's lies in a network: NIR counts [channel, row, column], a network [row, column, channel]."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Sizes = tuple[int, ...]
Reals = NDArray[np.float64]


def network_shape(shape: Sizes) -> Sizes:
    """Return the shape that a network has for one of NIR's: [n], [channels, cells] or [channels, rows, columns]."""
    if len(shape) == 1:
        return shape
    return (*((1,) if len(shape) == 2 else ()), *shape[1:], shape[0])


def nir_shape(shape: Sizes) -> Sizes:
    """Return the shape that NIR has for one of a network's: [n], or [channels, rows, columns]."""
    return shape if len(shape) == 1 else (shape[2], *shape[:2])


def places(shape: Sizes) -> NDArray[np.int64]:
    """Return where each number of NIR's lies in a network, int64[numbers], both counted flat."""
    flat = np.arange(math.prod(shape))
    return flat if len(shape) == 1 else np.moveaxis(flat.reshape(*shape[1:], shape[0]), -1, 0).reshape(-1)


def laid(numbers: NDArray[Any], shape: Sizes) -> NDArray[Any]:
    """Return numbers of NIR's in a network's order, flat; `shape` is NIR's, of which the network's map is made.

    numbers    any dtype[numbers], flat or of `shape`; float64[numbers] mostly
    """
    found = np.empty(math.prod(shape), numbers.dtype)
    found[places(shape)] = numbers.reshape(-1)
    return found


def least(values: Reals, shape: Sizes) -> Reals:
    """Return a constant as short as it can be written: one number, one a channel, or one each; `values` as `laid` does.

    values    float64[numbers]
    """
    if (values == values[0]).all():
        return np.asarray(values[0])
    channels = values.reshape(-1, network_shape(shape)[-1])
    return channels[0] if len(shape) > 1 and (channels == channels[0]).all() else values
