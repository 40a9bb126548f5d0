"""N-MNIST: the official .bin files by label, and sets of recordings in one .npz.

Orchard et al., Converting static image datasets to spiking neuromorphic datasets using saccades, 2015.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from fxsnn.data.recordings import Events, Recordings, check_events, gather, labelled_folders
from fxsnn.errors import FileError, FxsnnError
from fxsnn.io.files import read_bytes
from fxsnn.io.npz import UNREADABLE, unpack_npz

SIDE = 34  # cells in either direction
CLASSES = 10
_BYTES = 5  # of an event: x, y, a bit of polarity and 23 bits of microseconds, the highest first
# a y that is none: the time runs on from there (as in the data set's eventvision.py)
_OVERFLOW, _OVERFLOW_TIME = 240, 1 << 13
_ARCHIVE = {"t_ms": np.uint16, "addr": np.uint16, "offsets": np.int64, "labels": np.uint8}

Split = Literal["train", "test"]
OFFICIAL: dict[Split, int] = {"train": 60_000, "test": 10_000}  # recordings


def read_nmnist(path: Path, height: int = SIDE, width: int = SIDE) -> Events:
    """Read an official .bin file, or one written so of another sensor; as `parse_nmnist`, but not an empty one."""
    data = read_bytes(path, "a recording")
    if not data:  # what a full disk leaves of a file; every published recording has events
        raise FileError(f"{str(path)!r} must hold events, it is empty")
    return parse_nmnist(data, str(path), height, width)


def parse_nmnist(data: bytes, name: str, height: int = SIDE, width: int = SIDE) -> Events:
    """Return the events of such a file.

    Raises
    ------
    FileError
        The file is cut inside an event, has an event out of the sensor, or time runs backwards.
    """
    if len(data) % _BYTES:
        raise FileError(f"{name!r} must hold events of {_BYTES} bytes, it ends after {len(data) % _BYTES} of one")
    rows = np.frombuffer(data, np.uint8).reshape(-1, _BYTES).astype(np.int64)
    x, y, high, middle, low = rows.T
    times = (high & 127) << 16 | middle << 8 | low
    marks = y == _OVERFLOW
    times = times + np.cumsum(marks) * _OVERFLOW_TIME
    real = ~marks
    events = Events(x[real], y[real], (high >> 7)[real], times[real])
    return check_events(events, height, width, name)


def load_nmnist(folder: Path, split: Split) -> Recordings:
    """Read N-MNIST, or a part of it, in its official layout: Train/<label>/*.bin and Test/<label>/*.bin.

    The order is that of the labels, then of the files' names.
    """
    files = labelled_folders(folder / split.capitalize(), ".bin")
    if not files or any(label >= CLASSES for _, label in files):
        raise FileError(f"N-MNIST must be {split.capitalize()}/0 to 9/*.bin, in {str(folder)!r} it is not")
    recorded = [(read_nmnist(path), label) for path, label in files]
    return gather(f"N-MNIST {split}, {len(files):,} recordings", recorded, SIDE, SIDE)


def load_archive(path: Path) -> Recordings:
    """Read recordings of N-MNIST in one .npz: t_ms uint16, addr uint16 (p * 1156 + y * 34 + x), offsets, labels."""
    packed = read_bytes(path, "an archive of recordings", most=1 << 32)
    try:
        arrays = unpack_npz(packed, most=1 << 32)
    except UNREADABLE as error:
        raise FileError(f"an archive of recordings must be a plain .npz, not {str(path)!r} ({error})") from error
    for name, kind in _ARCHIVE.items():
        if name not in arrays or arrays[name].dtype != kind or arrays[name].ndim != 1:
            raise FileError(f"{str(path)!r} must hold {name} as {np.dtype(kind)}[n]")
    try:
        found = Recordings(
            f"{path.stem}.npz of N-MNIST, {len(arrays['labels']):,} recordings",
            arrays["t_ms"].astype(np.int32) * 1000,
            arrays["addr"].astype(np.int32),
            arrays["offsets"].astype(np.int64),
            arrays["labels"].astype(np.uint8),
            SIDE,
            SIDE,
        )
    except FxsnnError as error:
        raise FileError(f"{str(path)!r} must hold recordings: {error}") from None
    falls = np.diff(found.times) < 0
    begins = found.offsets[:-1][np.diff(found.offsets) > 0]
    falls[begins[begins > 0] - 1] = False  # from one recording to the next
    if falls.any():
        place = np.flatnonzero(falls)[0] + 1
        raise FileError(f"{str(path)!r} must have times that never fall, event {place} is earlier")
    return found
