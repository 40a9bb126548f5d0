"""Integers drawn from PCG64's raw words: the same on every machine, with every version of NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Draws:
    """Integers that are the same everywhere."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def below(self, bound: int, size: int) -> NDArray[np.int64]:
        """Return int64[size] from 0 to bound - 1, for bounds below 2**31 nearly uniform."""
        return ((self._bits.random_raw(size) >> 33).astype(np.int64) * bound) >> 31

    def one(self, bound: int) -> int:
        """Return one integer from 0 to bound - 1."""
        return int(self.below(bound, 1)[0])

    def word(self, low: int, high: int, size: int) -> NDArray[np.int64]:
        """Return words from low to high."""
        raw = (self._bits.random_raw(size) >> 2).astype(np.int64)
        return low + raw % min(high - low + 1, 1 << 62)
