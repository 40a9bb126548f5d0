"""DVS128 Gesture: the official AEDAT files with their labels and trials, and tonic's layout of them.

Amir et al., A low power, fully event-based gesture recognition system, CVPR 2017. It must be asked for at its home
page: nothing is downloaded.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fxsnn.data.aedat import parse_aedat
from fxsnn.data.nmnist import Split
from fxsnn.data.recordings import Events, Recordings, check_events, gather, listed
from fxsnn.errors import FileError
from fxsnn.io.files import inside, read_bytes, read_text
from fxsnn.io.npz import UNREADABLE, unpack_npy

SIDE = 128
GESTURES = (
    "hand clapping",
    "right hand wave",
    "left hand wave",
    "right arm clockwise",
    "right arm counter clockwise",
    "left arm clockwise",
    "left arm counter clockwise",
    "arm roll",
    "air drums",
    "air guitar",
    "other gestures",
)
TRIALS: dict[Split, tuple[str, int, int]] = {  # file that lists them, trials, samples
    "train": ("trials_to_train.txt", 98, 1176),
    "test": ("trials_to_test.txt", 24, 288),
}
TONIC: dict[Split, tuple[str, int]] = {"train": ("ibmGestureTrain", 1077), "test": ("ibmGestureTest", 264)}
_MOST_NUMBER = (1 << 31) - 1  # in a table of tonic's, before it becomes whole numbers
_COLUMNS = ["class", "startTime_usec", "endTime_usec"]


def trials(folder: Path, split: Split) -> list[str]:
    """Return the names of the recordings that belong to a split."""
    text = read_text(folder / TRIALS[split][0], "a file of DVS128 Gesture")
    return [line.strip() for line in text.splitlines() if line.strip()]


def gestures(folder: Path, split: Split) -> Iterator[tuple[Events, int, int]]:
    """Yield events, label (0 to 10) and start in microseconds of each labelled gesture of the official files.

    A gesture's events are those at start <= t < end of its row. A file's gestures come one after the other, so that
    no more than one file is in memory.
    """
    for trial in trials(folder, split):
        path = inside(folder, trial)
        events = parse_aedat(read_bytes(path, "a recording"), str(path), SIDE, SIDE)
        reached = int(events.times[-1]) if len(events.times) else -1
        for label, start, end in _labels_of(path):
            if start > reached:  # the file was cut between two packets
                ends = f"the last event is at {reached:,} us" if reached >= 0 else "there are no events"
                raise FileError(f"{str(path)!r} must reach its gestures, one begins at {start:,} us and {ends}")
            first, last = np.searchsorted(events.times, [start, end])
            part = slice(int(first), int(last))
            cut = Events(events.x[part], events.y[part], events.polarity[part], events.times[part])
            yield cut, label, start


def parse_labels(text: str, name: str) -> list[tuple[int, int, int]]:
    """Return the rows of a labels file: label 0 to 10, start and end in microseconds."""
    try:
        rows = list(csv.reader(io.StringIO(text)))
    except csv.Error:
        raise FileError(f"{name!r} must be lines of comma-separated cells") from None
    if not rows or rows[0] != _COLUMNS:
        raise FileError(f"{name!r} must begin with the line {','.join(_COLUMNS)}")
    found = []
    for number, row in enumerate(rows[1:], 2):
        if not "".join(row).strip() and len(row) <= 1:  # an empty line, as editors leave it at the end
            continue
        where = f"{name!r} line {number}"
        if len(row) != len(_COLUMNS) or not all(cell.strip().isdecimal() and len(cell) <= 18 for cell in row):
            raise FileError(f"{where} must be three whole numbers, not {','.join(row)[:60]!r}")
        label, start, end = (int(cell) for cell in row)
        if not 1 <= label <= len(GESTURES) or start >= end:
            raise FileError(f"{where} must be a class of 1 to {len(GESTURES)} and a start before its end, not {row}")
        found.append((label - 1, start, end))
    return found


def load_gestures(folder: Path, split: Split, shrink: int = 1) -> Recordings:
    """Read DVS128 Gesture, official or in tonic's layout; cells of shrink x shrink become one, to hold it in memory."""
    tonic = folder / TONIC[split][0]
    found, begin = [], []
    for events, label, start in _tonic(tonic) if tonic.is_dir() else gestures(folder, split):
        found.append((Events(events.x // shrink, events.y // shrink, events.polarity, events.times), label))
        begin.append(start)
    side = -(-SIDE // shrink)
    return gather(f"DVS128 Gesture {split}, {len(found):,} recordings", found, side, side, begin)


def _tonic(folder: Path) -> Iterator[tuple[Events, int, int]]:
    """Yield the recordings of tonic's archive: <user>/<class 0..10>.npy, columns x, y, p, t in milliseconds."""
    users = [place for place in listed(folder) if place.is_dir()]
    for path in (path for place in users for path in listed(place) if path.suffix == ".npy"):
        if not path.stem.isdecimal() or int(path.stem) >= len(GESTURES):
            raise FileError(f"a gesture must be called 0.npy to {len(GESTURES) - 1}.npy, not {str(path)!r}")
        try:
            table = unpack_npy(read_bytes(path, "a recording"), path.name, fortran=True)
        except UNREADABLE as error:
            raise FileError(f"{str(path)!r} must be an .npy of plain numbers: {error}") from None
        if table.ndim != 2 or table.shape[1] != 4 or table.dtype.kind not in "iuf":
            raise FileError(f"{str(path)!r} must be [events, 4] of x, y, p, t, not {table.dtype}{list(table.shape)}")
        if not np.isfinite(table).all():
            raise FileError(f"{str(path)!r} must hold finite numbers")
        if len(table) and not -_MOST_NUMBER <= table.min() <= table.max() <= _MOST_NUMBER:
            raise FileError(f"{str(path)!r} must hold numbers up to {_MOST_NUMBER:,}, not {table.max()}")
        x, y, polarity = (table[:, n].astype(np.int64) for n in range(3))
        times = np.round(table[:, 3].astype(np.float64) * 1000).astype(np.int64)
        events = check_events(Events(x, y, polarity, times), SIDE, SIDE, str(path))
        yield events, int(path.stem), int(times[0]) if len(times) else 0


def verify(folder: Path, split: Split) -> int:
    """Read all official files of a split, one in memory at a time, and return how many gestures they hold.

    Raises
    ------
    FileError
        Trials, files or gestures are not as many as published, or a file is damaged.
    """
    name, count, samples = TRIALS[split]
    listed = trials(folder, split)
    if len(listed) != count:
        raise FileError(f"{name!r} must list {count} trials, not {len(listed)}")
    for trial in listed:
        if not inside(folder, trial).is_file():
            raise FileError(f"DVS128 Gesture must hold {trial!r}, {str(folder)!r} does not")
    found = sum(1 for _ in gestures(folder, split))
    if found != samples:
        raise FileError(f"the {split} trials must have {samples:,} labelled gestures, not {found:,}")
    return found


def _labels_of(path: Path) -> list[tuple[int, int, int]]:
    name = f"{path.stem}_labels.csv"
    text = read_text(path.with_name(name), "a file of DVS128 Gesture")
    return parse_labels(text.replace("\r\n", "\n"), name)
