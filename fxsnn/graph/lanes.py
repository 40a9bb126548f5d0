"""Rows of weights as the kernels take them: summed in the narrowest words that hold the sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Lanes:
    """The narrowest words in which weight rows can be summed: `chunk` rows at a time surely fit."""

    weights: type[np.signedinteger]  # the words that hold the weights
    sums: type[np.signedinteger]
    chunk: int


def lanes_for(lowest: int, highest: int, inputs: int) -> Lanes:
    """Return the narrowest lanes for weights between two words.

    A sum of `chunk` words of magnitude m or less is at most chunk * m, which is kept within the lane.
    Sums of more rows are gathered in wider words.
    """
    magnitude = max(-lowest, highest, 1)
    for word, sums in ((np.int8, np.int16), (np.int16, np.int16), (np.int32, np.int32)):
        chunk = np.iinfo(sums).max // magnitude
        if lowest >= np.iinfo(word).min and highest <= np.iinfo(word).max and chunk >= min(32, inputs):
            return Lanes(word, sums, max(min(chunk, inputs), 1))
    return Lanes(np.int64, np.int64, max(inputs, 1))


def fits_together(lowest: int, highest: int, word: type[np.signedinteger]) -> int:
    """Return how many weights between two words surely add up to a word of a type: 4, 2 or 1 of them."""
    limits = np.iinfo(word)
    return next((n for n in (4, 2) if n * lowest >= limits.min and n * highest <= limits.max), 1)


@dataclass(slots=True, eq=False)
class Rows:
    """Weights as the kernels take them: a row for each input, summed in the narrowest lanes."""

    words: NDArray[np.signedinteger]  # in the narrowest type that holds them; the last row is zeros, and so is
    # what fills the rows up to whole cache lines
    lane: NDArray[np.signedinteger]  # none, of the type of the sums
    chunk: int  # rows whose sum the lanes are proved to hold
    together: int  # rows, 4, 2 or 1, whose sum the words of these weights hold


def rows_of(weights: NDArray[np.int64], lowest: int, highest: int) -> Rows:
    """Return weights, int64[inputs, neurons], all of them between two words, as the kernels take them."""
    inputs, neurons = weights.shape
    lanes, width = lanes_for(lowest, highest, inputs), -(-neurons // 64) * 64
    padded = cleared((inputs + 1) * width, lanes.weights).reshape(inputs + 1, width)
    padded[:inputs, :neurons] = weights
    together = fits_together(int(padded.min()), int(padded.max()), lanes.weights)
    return Rows(padded, np.empty(0, dtype=lanes.sums), lanes.chunk, together)


def cleared(words: int, word: type[Any]) -> NDArray[Any]:
    """Return zeros that begin with a cache line."""
    size = words * np.dtype(word).itemsize
    room = np.zeros(size + 63, dtype=np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + size].view(word)
