"""Files of named arrays (.npz): plain, stored and dated alike, so that equal arrays give equal bytes."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

# what `unpack_npz` raises where bytes are no plain .npz
UNREADABLE = (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError, ValueError)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the zip format's first date: files written twice are equal


def pack_npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the bytes of an .npz that holds the arrays in their order, which `numpy.load` reads."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            entry.create_system = 3  # Unix, wherever it is written
            entry.external_attr = 0o644 << 16
            text = io.BytesIO()
            np.lib.format.write_array(text, np.asarray(array, order="C"), (1, 0), allow_pickle=False)
            archive.writestr(entry, text.getvalue())  # stored: compressors differ between machines
    return packed.getvalue()


def unpack_npz(packed: bytes, most: int = 0) -> dict[str, NDArray[Any]]:
    """Return the arrays of what `pack_npz` or `numpy.savez` wrote, read-only.

    most    bytes that compressed arrays may have together; without it they are refused

    Raises
    ------
    ValueError, zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError
        It is damaged, compressed, or not of plain arrays.
    """
    held = {}
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for entry in archive.infolist():
            if entry.compress_type != zipfile.ZIP_STORED and not most:
                raise ValueError(f"{entry.filename} is compressed")
            with archive.open(entry) as stream:  # of what unpacks to more than is stated no more is read
                data = stream.read() if not most else stream.read(most + 1)
            most -= len(data) if most else 0
            if most < 0:
                raise ValueError("the arrays are too large")
            text = io.BytesIO(data)
            if np.lib.format.read_magic(text) != (1, 0):
                raise ValueError(f"{entry.filename} is not of .npy version 1.0")
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(text)
            # the size is checked before anything is allocated: a header may lie
            if dtype.hasobject or fortran or math.prod(shape) * dtype.itemsize != len(data) - text.tell():
                raise ValueError(f"{entry.filename} is not a whole plain array")
            held[entry.filename.removesuffix(".npy")] = np.frombuffer(data, dtype, offset=text.tell()).reshape(shape)
    return held
