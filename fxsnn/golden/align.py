"""Find where in the expected stream a dump begins: testbenches start early, late, or miss the first words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fxsnn.frozen import freeze
from fxsnn.golden.dump import Dumped, neurons_of

ROWS, LEAST = 4, 64  # offsets are looked for up to so many rows, or words where that is more


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """A dump laid beside the expected stream: word `got[k]` of the dump is compared with `expected[k]`.

    `late` words at the front are not of the stream (negative: so many of its first are missing).
    """

    late: int
    expected: NDArray[np.int64]  # places in the stream
    got: NDArray[np.int64]  # places in the dump

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def stepwise(self) -> bool:
        """Whether the dump has other neurons than the stream."""
        return bool(np.any(self.got - self.expected != self.late))

    def wrong(self, dump: Dumped, stream: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of the words compared differ or are undefined, bool[compared]; the stream is int64[words]."""
        differs: NDArray[np.bool_] = dump.words[self.got] != stream[self.expected]
        return differs | ~dump.defined[self.got]


def _offsets(dump: Dumped) -> list[int]:
    """Return the offsets to try beside 0, the smaller ones first; none where the dump states its places."""
    if dump.places is not None:
        return []
    unit, most = dump.unit, max(LEAST, ROWS * neurons_of(dump.node))
    steps = range(unit, most + 1, unit)
    return [late for step in steps for late in (-step, step)]


def _span(dump: Dumped, size: int, late: int) -> tuple[int, int]:
    """Return the first and last place of a stream of `size` words that a dump covers; none for less than half."""
    first, last = max(0, -late), min(size, len(dump.words) - late)
    enough = last - first >= max(neurons_of(dump.node), min(size, len(dump.words)) // 2)
    return (first, last) if enough else (0, 0)


def _matching(dump: Dumped, stream: NDArray[np.int64], late: int, first: int, last: int) -> int:
    """Return how many words of this part of the stream the dump has."""
    got = slice(first + late, last + late)
    return int(np.count_nonzero((dump.words[got] == stream[first:last]) & dump.defined[got]))


def _laid(late: int, first: int, last: int) -> Alignment:
    expected = np.arange(first, last)
    return Alignment(late, expected, expected + late)


def plain(dump: Dumped, stream: NDArray[np.int64]) -> Alignment:
    """Return the alignment with a stream, int64[words], without an offset, or that which the dump states.

    A dump that has as many words in every step, but not as many as the node, may be of more neurons or of fewer.
    """
    if dump.places is not None:
        inside = np.flatnonzero(dump.places < len(stream))
        return Alignment(0, dump.places[inside], inside)
    first = _laid(0, 0, min(len(stream), len(dump.words)))
    if dump.whole or dump.unit > 1 or dump.columns < 2:
        return first
    neurons = neurons_of(dump.node)
    rows, each = np.arange(len(stream) // neurons)[:, None], np.arange(min(dump.columns, neurons))
    stepwise = Alignment(0, (rows * neurons + each).reshape(-1), (rows * dump.columns + each).reshape(-1))
    return min(first, stepwise, key=lambda one: one.wrong(dump, stream).mean())


def likeliest(dump: Dumped, stream: NDArray[np.int64]) -> Alignment:
    """Return the alignment with a stream, int64[words], in which most words match.

    One with an offset must halve what differs without any.
    """
    best = plain(dump, stream)
    differ = int(best.wrong(dump, stream).sum())
    most, least = len(best.got) - differ, differ // 2
    for late in _offsets(dump) if differ else ():
        first, last = _span(dump, len(stream), late)
        # a stream of equal words fits everywhere: only what explains more than no offset does
        count = _matching(dump, stream, late, first, last)
        if count > most and last - first - count <= least:
            best, most = _laid(late, first, last), count
    return best


def lacks_ends(dump: Dumped, stream: NDArray[np.int64], ends: NDArray[np.int64]) -> bool:
    """Say whether a dump is the stream without the rows in which presentations end; that of the last one may be there.

    stream    int64[words]
    ends      int64[presentations]: row in which each ends
    """
    rows = stream.reshape(-1, neurons_of(dump.node))
    return dump.places is None and any(
        len(gone) > 0 and np.array_equal(dump.words, np.delete(rows, gone, axis=0).reshape(-1))
        for gone in (ends, ends[:-1])
    )
