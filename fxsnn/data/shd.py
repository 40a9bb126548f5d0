"""Recordings of spikes in HDF5, as the Heidelberg digits (SHD) and speech commands (SSC) are published.

`spikes/times`, seconds, and `spikes/units`, both an array of arrays, one a recording; `labels`, a class each. Cramer et
al., The Heidelberg spiking data sets, 2020: 700 units, 20 or 35 classes; any other number of either is read too.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.data.labelled import LATEST, MOST_EVENTS, Labelled
from fxsnn.errors import FileError, naming
from fxsnn.io.apart import answer, check_h5py, hdf5_apart, whole_hdf5
from fxsnn.io.files import read_bytes

SECONDS = 120  # of a processor: 8,000 recordings take two
MEMORY = 1 << 33
MOST_RECORDINGS = 1 << 20


def load_shd(path: Path, units: int) -> Labelled:
    """Read recordings of so many units.

    Raises
    ------
    ConfigError
        h5py is not installed.
    FileError
        The file cannot be read, is damaged, or holds no such recordings.
    """
    check_h5py("reading recordings in HDF5")
    data = read_bytes(path, "recordings in HDF5", most=1 << 32)
    with naming(repr(str(path))):
        found = hdf5_apart("fxsnn.data.shd", data, "a file of recordings", SECONDS, MEMORY)
        return Labelled(found["units"], found["times"], found["offsets"], found["labels"], units)


def parse_shd(data: bytes) -> dict[str, NDArray[Any]]:
    """Return units, times in microseconds, offsets and labels; raises FileError where HDF5 holds none such.

    HDF5's own library can be led into loops without an end by a damaged file: see `load_shd`.
    """
    import h5py  # here: nothing else needs it

    with whole_hdf5("a file of recordings"), h5py.File(io.BytesIO(data), "r") as file:
        return _arrays(file, h5py)


def _arrays(file: Any, h5py: Any) -> dict[str, NDArray[Any]]:
    datasets: dict[str, Any] = {}
    for name in ("labels", "spikes/times", "spikes/units"):
        links = [file.get(part, getlink=True) for part in ("spikes", name) if part in name]
        if not all(isinstance(link, h5py.HardLink) for link in links) or not isinstance(file.get(name), h5py.Dataset):
            raise FileError(f"a file of recordings must hold the array {name}, it does not")
        datasets[name] = file[name]
        if datasets[name].external or datasets[name].is_virtual or datasets[name].ndim != 1:
            raise FileError(f"{name} must be one number a recording, stored in the file itself")
    labels, times, units = datasets.values()
    count = len(labels)
    if not 1 <= count <= MOST_RECORDINGS or len(times) != count or len(units) != count:
        raise FileError(
            f"labels, spikes/times and spikes/units must be of 1 to {MOST_RECORDINGS:,} recordings alike, "
            f"not {count:,}, {len(times):,} and {len(units):,}"
        )
    for name, kinds in (("spikes/times", "f"), ("spikes/units", "iu")):
        base = h5py.check_vlen_dtype(datasets[name].dtype)
        if base is None or np.dtype(base).kind not in kinds:
            raise FileError(f"{name} must hold arrays of {'real' if kinds == 'f' else 'whole'} numbers, not {base}")
    if labels.dtype.kind not in "iu":
        raise FileError(f"labels must be whole numbers, not {labels.dtype}")
    at, which, ends = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [0]
    for number in range(count):
        seconds, own = np.asarray(times[number], np.float64), np.asarray(units[number]).astype(np.int64)
        if seconds.shape != own.shape:
            raise FileError(f"recording {number} must have a time for each unit, not {len(seconds)} for {len(own)}")
        if not np.isfinite(seconds).all() or (seconds < 0).any() or seconds.max(initial=0) * 1e6 > LATEST:
            raise FileError(f"recording {number} must have times of 0 s or more, and finite ones")
        at.append(np.rint(seconds * 1e6).astype(np.int64))
        which.append(own)
        ends.append(ends[-1] + len(own))
        if ends[-1] > MOST_EVENTS:
            raise FileError(f"recordings must have at most {MOST_EVENTS:,} spikes together")
    classes = labels[()].astype(np.int64) if math.prod(labels.shape) else np.zeros(0, np.int64)
    return {
        "units": np.concatenate(which),
        "times": np.concatenate(at),
        "offsets": np.array(ends, np.int64),
        "labels": classes,
    }


if __name__ == "__main__":
    answer(parse_shd)
