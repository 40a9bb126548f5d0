"""Ends of a value that differ from neuron to neuron."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fxsnn.program.variant import Ints

MOST_ZEROS = 62


def zeros_of(words: Ints) -> int:
    """Return how many low bits are 0 in every word, int64 of any shape; MOST_ZEROS if all words are 0."""
    together = int(np.bitwise_or.reduce(words.reshape(-1)))
    return (together & -together).bit_length() - 1 if together else MOST_ZEROS


class Ends(NamedTuple):
    """Ends of a value, int64[1 or neurons], and how many low bits are always 0; there is none where low > high."""

    low: Ints
    high: Ints
    zeros: int = 0

    def shifted(self, left: int) -> Ends:
        """Return the ends of the value times 2**left."""
        return Ends(self.low << left, self.high << left, min(self.zeros + left, MOST_ZEROS))

    def hull(self, other: Ends) -> Ends:
        """Return ends that hold the values of both."""
        zeros = min(self.zeros, other.zeros)
        return Ends(np.minimum(self.low, other.low), np.maximum(self.high, other.high), zeros)

    def within(self, low: Ints, high: Ints) -> Ends:
        """Return the values between two others, both int64[neurons] or int64[1]."""
        return Ends(np.maximum(self.low, low), np.minimum(self.high, high), self.zeros)

    def both(self, other: Ends) -> Ends:
        """Return the values that others allow too."""
        return Ends(*self.within(other.low, other.high)[:2], max(self.zeros, other.zeros))

    @property
    def there(self) -> Ints:
        """Which neurons have any value."""
        return np.asarray(self.low <= self.high)

    def same(self, other: Ends) -> bool:
        """Say whether these are the same ends."""
        return self.zeros == other.zeros and all(np.array_equal(x, y) for x, y in zip(self[:2], other[:2], strict=True))


def only(value: int) -> Ends:
    """Return the ends of a value that is known."""
    return words(np.array([value], np.int64))


def words(known: Ints) -> Ends:
    """Return the ends of words that are known, int64[1] for all neurons or int64[neurons]."""
    flat = np.asarray(known, np.int64).reshape(-1)
    return Ends(flat, flat, zeros_of(flat))


def ranging(low: int, high: int) -> Ends:
    """Return ends that hold for all neurons."""
    return Ends(np.array([low], np.int64), np.array([high], np.int64))


ORDERS: dict[str, Callable[[Ends, Ends], tuple[Any, Any]]] = {  # whether it may hold, and whether it must
    "<": lambda x, y: (x.low < y.high, x.high < y.low),
    "<=": lambda x, y: (x.low <= y.high, x.high <= y.low),
    ">": lambda x, y: (x.high > y.low, x.low > y.high),
    ">=": lambda x, y: (x.high >= y.low, x.low >= y.high),
    "==": lambda x, y: (
        (x.low <= y.high) & (y.low <= x.high),
        (x.low == x.high) & (y.low == y.high) & (x.low == y.low),
    ),
    "!=": lambda x, y: (
        ~((x.low == x.high) & (y.low == y.high) & (x.low == y.low)),
        (x.low > y.high) | (y.low > x.high),
    ),
}
