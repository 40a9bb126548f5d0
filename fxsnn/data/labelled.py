"""Recordings of any sensor and any number of classes: which unit spikes when, and folders of such by class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.data.aedat import parse_aedat
from fxsnn.data.nmnist import read_nmnist
from fxsnn.data.recordings import POLARITIES, Events, Recordings, check_events, listed
from fxsnn.errors import ConfigError, FileError
from fxsnn.frozen import freeze
from fxsnn.io.files import read_bytes
from fxsnn.io.npz import UNREADABLE, unpack_npy

MOST_EVENTS = 1 << 28
LATEST = 1 << 53  # microseconds
ENDINGS = (".bin", ".npy", ".aedat")


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Recordings one after the other: recording k has the events offsets[k] : offsets[k + 1], in any order.

    units      int[events], from 0 to below `size`
    times      int[events], microseconds
    labels     int64[recordings]; none where they are not known
    """

    units: NDArray[np.integer[Any]]
    times: NDArray[np.integer[Any]]
    offsets: NDArray[np.int64]
    labels: NDArray[np.int64] | None
    size: int

    def __post_init__(self) -> None:
        units, times, offsets = self.units, self.times, self.offsets
        if units.shape != times.shape or offsets.ndim != 1 or not len(offsets) or offsets[0] != 0:
            raise FileError("recordings must have a time for each unit, and offsets from 0")
        if offsets[-1] != len(units) or (np.diff(offsets) < 0).any():
            raise FileError(f"offsets must rise to the number of events, {len(units):,}, not to {offsets[-1]:,}")
        if self.labels is not None and self.labels.shape != (len(offsets) - 1,):
            raise FileError(f"labels must be one each of {len(offsets) - 1:,} recordings, not {len(self.labels):,}")
        for name, given, most in (("units", units, self.size), ("times", times, LATEST)):
            wrong = np.flatnonzero((given < 0) | (given >= most))
            if len(wrong):
                owner = int(np.searchsorted(offsets, wrong[0], "right")) - 1
                raise FileError(
                    f"{name} must be 0 to {most - 1}, event {wrong[0] - offsets[owner]} of recording {owner} has "
                    f"{given[wrong[0]]}"
                )
        freeze(self)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def part(self, chosen: Sequence[int] | NDArray[np.int64]) -> Labelled:
        """Return these recordings, in this order.

        chosen    int64[recordings], their places
        """
        chosen = np.asarray(chosen, np.int64)
        count = np.diff(self.offsets)[chosen]
        offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        places = np.arange(offsets[-1]) + np.repeat(self.offsets[:-1][chosen] - offsets[:-1], count)
        labels = None if self.labels is None else self.labels[chosen]
        return Labelled(self.units[places], self.times[places], offsets, labels, self.size)

    def lasting(self, step: int) -> int:
        """Return how many steps of so many microseconds the longest has."""
        return int(self.times.max(initial=0)) // step + 1

    def words(self, step: int, steps: int, once: bool = False) -> NDArray[np.int64]:
        """Count events: int64[recordings, steps, units], those after the last step left out.

        step    microseconds
        once    a unit is 1 where it spikes once or more
        """
        owner = np.repeat(np.arange(len(self)), np.diff(self.offsets))
        bins = self.times // step
        within = bins < steps
        cells = (owner[within] * steps + bins[within]) * self.size + self.units[within]
        shape = (len(self), steps, self.size)
        found = np.bincount(cells, minlength=math.prod(shape)).astype(np.int64, copy=False).reshape(shape)
        return np.minimum(found, 1) if once else found


def from_sensor(
    x: NDArray[np.int64], y: NDArray[np.int64], polarity: NDArray[np.int64], wide: int, both: bool
) -> NDArray[np.int64]:
    """Return the units of events in a network's order: row, column, polarity (darker, brighter), or without it.

    x, y, polarity    int64[events]: column, row, and 0 or 1; the result is int64[events]
    """
    cell = y * wide + x
    return cell * POLARITIES + polarity if both else cell


def of_recordings(recordings: Recordings, both: bool) -> Labelled:
    """Return recordings of one sensor as those of units."""
    polarity, cell = np.divmod(recordings.addresses.astype(np.int64), recordings.height * recordings.width)
    y, x = np.divmod(cell, recordings.width)
    size = recordings.height * recordings.width * (POLARITIES if both else 1)
    units = from_sensor(x, y, polarity, recordings.width, both)
    return Labelled(
        units, recordings.times.astype(np.int64), recordings.offsets, recordings.labels.astype(np.int64), size
    )


def class_files(folder: Path, split: str) -> list[tuple[Path, int]]:
    """Return the files of a folder of classes and the class of each, in order.

    Classes are folders: those of decimal names have these numbers, others are counted in the order of their names.
    Where there are `Train` and `Test` it is one of them, `split`, in which the classes lie.

    Raises
    ------
    FileError
        The folder holds no folders with recordings, or has names of both kinds.
    """
    inner = {place.name.lower(): place for place in listed(folder) if place.is_dir()}
    if {"train", "test"} & set(inner):
        if split not in inner:
            raise FileError(f"{str(folder)!r} must hold the folder {split.capitalize()}, it does not")
        inner = {place.name: place for place in listed(inner[split]) if place.is_dir()}
    else:
        inner = {place.name: place for place in inner.values()}
    numbered = [name for name in inner if name.isdecimal()]
    if numbered and len(numbered) < len(inner):
        other = next(name for name in inner if not name.isdecimal())
        raise FileError(
            f"classes must be folders of numbers or of names, {str(folder)!r} has {numbered[0]!r} and {other!r}"
        )
    classes = {name: int(name) if numbered else n for n, name in enumerate(sorted(inner))}
    found = [
        (path, classes[name])
        for name in sorted(inner, key=lambda name: classes[name])
        for path in listed(inner[name])
        if path.suffix in ENDINGS
    ]
    if not found:
        raise FileError(
            f"a folder of recordings must hold folders of classes with {', '.join(ENDINGS)} in them, "
            f"{str(folder)!r} does not"
        )
    return found


def load_classes(files: Sequence[tuple[Path, int]], height: int, width: int, both: bool) -> Labelled:
    """Read recordings of a sensor, times from the first event on.

    .bin      events of 5 bytes, as N-MNIST and N-Caltech101 have them
    .npy      [events, 4] of x, y, polarity, microseconds
    .aedat    AEDAT 3.1
    """
    none: NDArray[np.integer[Any]] = np.zeros(0, np.int32)
    units, times, ends = [none], [none], [0]
    for path, _ in files:
        one = _read(path, height, width)
        units.append(_short(from_sensor(one.x, one.y, one.polarity, width, both)))
        times.append(_short(one.times - one.times[:1]))
        ends.append(ends[-1] + len(one.times))
        if ends[-1] > MOST_EVENTS:
            raise ConfigError(f"recordings must have at most {MOST_EVENTS:,} events together: name fewer of them")
    labels = np.array([label for _, label in files], np.int64)
    size = height * width * (POLARITIES if both else 1)
    return Labelled(np.concatenate(units), np.concatenate(times), np.array(ends, np.int64), labels, size)


def _short(words: NDArray[np.int64]) -> NDArray[np.integer[Any]]:
    """Return them in 32 bits where they fit: ten thousand recordings are half as large so."""
    return words.astype(np.int32) if words.max(initial=0) < 1 << 31 and words.min(initial=0) >= 0 else words


def _read(path: Path, height: int, width: int) -> Events:
    if path.suffix == ".bin":
        return read_nmnist(path, height, width)
    data = read_bytes(path, "a recording")
    if path.suffix == ".aedat":
        return parse_aedat(data, str(path), height, width)
    try:
        table = unpack_npy(data, path.name, fortran=True)
    except UNREADABLE as error:
        raise FileError(f"{str(path)!r} must be an .npy of plain numbers: {error}") from None
    if table.ndim != 2 or table.shape[1] != 4 or table.dtype.kind not in "iu":
        raise FileError(
            f"{str(path)!r} must be whole numbers [events, 4] of x, y, polarity, microseconds, "
            f"not {table.dtype}{list(table.shape)}"
        )
    x, y, polarity, times = (table[:, n].astype(np.int64) for n in range(4))
    return check_events(Events(x, y, polarity, times), height, width, str(path))
