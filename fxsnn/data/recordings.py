"""Recordings of event cameras: events by address and time, binned to frames of counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError, FileError
from fxsnn.frozen import freeze

POLARITIES = 2  # 0: darker, 1: brighter


@dataclass(frozen=True, slots=True, eq=False)
class Recordings:
    """A number of labelled recordings of one sensor, one after the other.

    Recording k holds the events offsets[k] : offsets[k + 1], ascending in time.
    """

    name: str  # what it is, in words
    times: NDArray[np.int32]  # int32[events] microseconds from the recording's start
    addresses: NDArray[np.int32]  # int32[events] (polarity * height + y) * width + x
    offsets: NDArray[np.int64]  # int64[recordings + 1]
    labels: NDArray[np.uint8]  # uint8[recordings]
    height: int
    width: int

    def __post_init__(self) -> None:
        kinds = {"times": np.int32, "addresses": np.int32, "offsets": np.int64, "labels": np.uint8}
        for name, kind in kinds.items():
            given = getattr(self, name)
            if given.dtype != kind or given.ndim != 1:
                raise ConfigError(f"{name} must be {np.dtype(kind)}[n], not {given.dtype}{list(given.shape)}")
        if len(self.offsets) != len(self.labels) + 1 or len(self.times) != len(self.addresses):
            raise ConfigError("recordings must have an offset more than labels, and a time for each address")
        if self.offsets[0] != 0 or self.offsets[-1] != len(self.times) or (np.diff(self.offsets) < 0).any():
            raise ConfigError("offsets must rise from 0 to the number of events")
        if len(self.addresses) and not 0 <= self.addresses.min() <= self.addresses.max() < self.cells:
            raise ConfigError(f"addresses must be 0 to {self.cells - 1}, the cells of the sensor")
        freeze(self)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def cells(self) -> int:
        """The number of addresses."""
        return POLARITIES * self.height * self.width

    def lasting(self) -> NDArray[np.int64]:
        """Return the time of each recording's last event, int64[recordings] microseconds; 0 where there is none."""
        last = np.maximum(self.offsets[1:] - 1, 0)
        times = self.times[np.minimum(last, max(len(self.times) - 1, 0))] if len(self.times) else 0 * last
        return np.where(np.diff(self.offsets) > 0, times, 0).astype(np.int64)

    def part(self, chosen: Sequence[int] | NDArray[np.int64]) -> Recordings:
        """Return these recordings, in this order.

        chosen    int64[recordings], their places
        """
        events, offsets = self._events(np.asarray(chosen, np.int64))
        labels = self.labels[np.asarray(chosen, np.int64)]
        return Recordings(
            self.name, self.times[events], self.addresses[events], offsets, labels, self.height, self.width
        )

    def frames(
        self,
        chosen: Sequence[int] | NDArray[np.int64],
        step: int,
        steps: int,
        shrink: int = 1,
        begins: NDArray[np.int64] | None = None,
    ) -> NDArray[np.uint16]:
        """Count events: uint16[recordings, steps, polarity, height, width], those after the last step left out.

        step      microseconds of a bin
        shrink    cells of shrink x shrink are counted together; what is left at an edge makes a cell of its own
        begins    int64[recordings] microseconds at which the first bin begins; 0 if none is given
        """
        if step < 1 or steps < 1 or shrink < 1:
            raise ConfigError(f"step, steps and shrink must be 1 or more, not {step}, {steps} and {shrink}")
        events, offsets = self._events(np.asarray(chosen, np.int64))
        owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        times = self.times[events] - (0 if begins is None else begins[owner])
        bins = times // step
        within = (times >= 0) & (bins < steps)
        polarity, place = np.divmod(self.addresses[events][within], self.height * self.width)
        y, x = np.divmod(place, self.width)
        height, width = -(-self.height // shrink), -(-self.width // shrink)
        cell = ((owner[within] * steps + bins[within]) * POLARITIES + polarity) * height + y // shrink
        shape = (len(offsets) - 1, steps, POLARITIES, height, width)
        counts = np.bincount(cell * width + x // shrink, minlength=int(np.prod(shape)))
        if counts.max(initial=0) > np.iinfo(np.uint16).max:
            raise ConfigError(f"a bin must hold at most {np.iinfo(np.uint16).max} events, not {counts.max()}")
        return counts.astype(np.uint16).reshape(shape)

    def random_begins(self, chosen: NDArray[np.int64], duration: int, draws: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return where training windows begin: anywhere from 0 to two durations before the end, as DECOLLE draws them.

        duration   microseconds of a window
        draws      uint64[recordings], one random word each
        """
        room = np.maximum(self.lasting()[chosen] - 2 * duration, 0) + 1
        begins: NDArray[np.int64] = (draws >> np.uint64(11)).astype(np.int64) % room
        return begins

    def _events(self, chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the places of all events of the chosen recordings, and where each recording begins among them."""
        if len(chosen) and not 0 <= chosen.min() <= chosen.max() < len(self):
            raise ConfigError(f"recordings must be 0 to {len(self) - 1}, not {chosen.min()} to {chosen.max()}")
        first, count = self.offsets[chosen], np.diff(self.offsets)[chosen]
        offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        places = np.arange(offsets[-1]) + np.repeat(first - offsets[:-1], count)
        return places, offsets


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """The events of one recording as a file has them: int64[events] each, times in microseconds."""

    x: NDArray[np.int64]
    y: NDArray[np.int64]
    polarity: NDArray[np.int64]
    times: NDArray[np.int64]

    def __post_init__(self) -> None:
        freeze(self)


def check_events(events: Events, height: int, width: int, name: str) -> Events:
    """Refuse events out of the sensor, and time that runs backwards; `name` is the file's, for the error."""
    for axis, most in (("x", width), ("y", height), ("polarity", POLARITIES)):
        given = getattr(events, axis)
        wrong = np.flatnonzero((given < 0) | (given >= most))
        if len(wrong):
            raise FileError(f"{name!r} must have {axis} of 0 to {most - 1}, event {wrong[0]} has {given[wrong[0]]}")
    back = np.flatnonzero(np.diff(events.times) < 0)
    if len(back):
        before, after = events.times[back[0] : back[0] + 2]
        raise FileError(
            f"{name!r} must have times that never fall, event {back[0] + 1} is at {after} us after one at {before} us"
        )
    return events


def gather(
    name: str, recorded: Sequence[tuple[Events, int]], height: int, width: int, begin: Sequence[int] | None = None
) -> Recordings:
    """Put recordings and their labels together; times then count from the first event, or from `begin`."""
    starts = [int(one.times[0]) if len(one.times) else 0 for one, _ in recorded] if begin is None else list(begin)
    times = [one.times - start for (one, _), start in zip(recorded, starts, strict=True)]
    if any(len(one) and one[-1] > np.iinfo(np.int32).max for one in times):
        raise ConfigError("a recording must last at most 2**31 - 1 us")
    addresses = [(one.polarity * height + one.y) * width + one.x for one, _ in recorded]
    nothing = [np.zeros(0, np.int64)]
    return Recordings(
        name,
        np.concatenate(nothing + times).astype(np.int32),
        np.concatenate(nothing + addresses).astype(np.int32),
        np.concatenate([[0], np.cumsum([len(one) for one in times])]).astype(np.int64),
        np.array([label for _, label in recorded], np.uint8),
        height,
        width,
    )


def labelled_folders(folder: Path, suffix: str) -> list[tuple[Path, int]]:
    """Return the files of sub-folders that are named by their label, in order."""
    return [
        (path, int(place.name))
        for place in listed(folder)
        if place.is_dir() and place.name.isdecimal()
        for path in listed(place)
        if path.suffix == suffix
    ]


def listed(folder: Path) -> list[Path]:
    """Return what lies in a folder, by name, without what systems leave there for themselves; raises FileError.

    Left out are names that begin with a dot, as ._NAME of a Mac, and __MACOSX, the folder of such in its archives.
    """
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        raise FileError(f"a folder of recordings must be one that can be read, not {str(folder)!r}") from error
    return [path for path in found if not path.name.startswith(".") and path.name != "__MACOSX"]
