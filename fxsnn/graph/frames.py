"""Inputs of more words than memory should hold: kept as events or images, and counted when they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from fxsnn.data.encode import RateCoding, encode
from fxsnn.data.labelled import Labelled
from fxsnn.frozen import freeze

STORED_WORDS = 1 << 25  # of inputs that are made at once: 256 MiB
AT_ONCE = 1 << 23  # of those that are counted together
Places: TypeAlias = "slice | NDArray[np.int64]"


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Recordings whose events are counted in steps; see `Labelled.words`."""

    recordings: Labelled
    step: int
    steps: int
    once: bool

    def words(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the words of the inputs at these places, int64[places, steps, words]."""
        return self.recordings.part(places).words(self.step, self.steps, self.once)

    def facts(self) -> list[NDArray[Any]]:
        """Return all that the words follow from."""
        found = self.recordings
        return [found.units, found.times, found.offsets, np.array([self.step, self.steps, self.once])]


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Images that are shown for some steps: as spikes of a rate, or as their pixels where there is none."""

    flat: NDArray[np.uint8]  # [images, words]
    steps: int
    coding: RateCoding | None

    def __post_init__(self) -> None:
        freeze(self)

    def words(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the words of the inputs at these places, int64[places, steps, words]."""
        some = np.ascontiguousarray(self.flat[places])
        if self.coding is None:
            return np.repeat(some.astype(np.int64)[:, None], self.steps, axis=1)
        return encode(some, self.coding).raster().astype(np.int64)

    def facts(self) -> list[NDArray[Any]]:
        """Return all that the words follow from."""
        return [self.flat, np.frombuffer(f"{self.steps} {self.coding}".encode(), np.uint8)]


Source: TypeAlias = Events | Images  # of inputs


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The inputs of a network, as an array int64[inputs, steps, words] has it whose parts are made when asked for.

    places    int64[inputs], of those of the source
    """

    source: Source
    places: NDArray[np.int64]
    steps: int
    size: int

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Inputs, steps, words."""
        return len(self.places), self.steps, self.size

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, at: int) -> NDArray[np.int64]: ...
    @overload
    def __getitem__(self, at: Places) -> NDArray[np.int64]: ...
    def __getitem__(self, at: int | Places) -> NDArray[np.int64]:
        if isinstance(at, int):
            (one,) = self.source.words(self.places[at : at + 1])
            return np.asarray(one, np.int64)
        return self.source.words(self.places[at])

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        return (self[n] for n in range(len(self)))

    def chosen(self, at: Places) -> Frames:
        """Return the inputs at these places, not yet made.

        at    int64[inputs], or a slice
        """
        return Frames(self.source, self.places[at], self.steps, self.size)

    def facts(self) -> list[NDArray[Any]]:
        """Return all that the words follow from."""
        return [*self.source.facts(), self.places]


def parts(words: NDArray[np.int64] | Frames) -> Iterator[NDArray[np.int64]]:
    """Yield inputs one group after the other, int64[inputs, steps, words], as few as memory is to hold at a time."""
    together = max(1, AT_ONCE // max(1, words.shape[1] * words.shape[2]))
    for first in range(0, len(words), together):
        yield words[first : first + together]


def made(source: Source, inputs: int, steps: int, size: int) -> NDArray[np.int64] | Frames:
    """Return the words of all inputs of a source: at once where they are few."""
    frames = Frames(source, np.arange(inputs), steps, size)
    return frames[:] if inputs * steps * size <= STORED_WORDS or inputs == 1 else frames
