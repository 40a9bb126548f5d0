"""One recording that was binned before: counts of events by step and cell, in an .npz."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fxsnn.data.recordings import Recordings
from fxsnn.errors import FileError
from fxsnn.io.files import read_bytes
from fxsnn.io.npz import UNREADABLE, unpack_npz

_MOST = 1 << 28  # bytes, unpacked
_MOST_EVENTS = 1 << 26  # counts of 65,535 everywhere would not fit into any memory
_POLARITIES = {"frames_on": 1, "frames_off": 0}  # brighter, darker


def load_binned(path: Path, step: int) -> Recordings:
    """Read `frames_on` and, where there is one, `frames_off`, uint8 or uint16[steps, height, width], and `label`.

    step    microseconds that a bin is taken to be: every event lies at its begin

    Raises
    ------
    FileError
        The file is no .npz of these arrays, or a recording of so many bins would be too long.
    """
    packed = read_bytes(path, "a binned recording", most=_MOST)
    try:
        arrays = unpack_npz(packed, most=_MOST)
    except UNREADABLE as error:
        raise FileError(f"a binned recording must be a plain .npz, not {str(path)!r} ({error})") from error
    label = arrays.get("label", np.zeros(1))
    if label.shape != () or label.dtype.kind not in "iu" or not 0 <= int(label) <= np.iinfo(np.uint8).max:
        raise FileError(f"{str(path)!r} must hold label, one class of 0 to 255")
    if "frames_on" not in arrays:
        raise FileError(f"{str(path)!r} must hold frames_on, counts of brighter events")
    shape = arrays["frames_on"].shape
    times, addresses = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for name, polarity in _POLARITIES.items():
        frames = arrays.get(name, np.zeros(shape, np.uint8))
        if frames.dtype not in (np.uint8, np.uint16) or frames.ndim != 3 or frames.shape != shape or 0 in shape:
            raise FileError(
                f"{str(path)!r} must hold {name} as uint8 or uint16[steps, height, width], "
                f"not {frames.dtype}{list(frames.shape)}"
            )
        if frames.sum(dtype=np.int64) > _MOST_EVENTS:
            raise FileError(f"{str(path)!r} must hold at most {_MOST_EVENTS:,} events in {name}")
        steps, y, x = np.nonzero(frames)
        counts = frames[steps, y, x].astype(np.int64)
        times.append(np.repeat(steps * step, counts))
        addresses.append(np.repeat((polarity * shape[1] + y) * shape[2] + x, counts))
    time, address = np.concatenate(times), np.concatenate(addresses)
    if shape[0] * step > np.iinfo(np.int32).max:
        raise FileError(f"{str(path)!r} must last at most 2**31 - 1 us, {shape[0]:,} bins of {step:,} us are longer")
    order = np.argsort(time, kind="stable")
    return Recordings(
        f"{path.name}, one recording of {shape[0]:,} bins",
        time[order].astype(np.int32),
        address[order].astype(np.int32),
        np.array([0, len(time)]),
        np.array([int(label)], np.uint8),
        shape[1],
        shape[2],
    )
