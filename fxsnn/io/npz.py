"""Files of named arrays (.npz): plain, stored and dated alike, so that equal arrays give equal bytes."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNREADABLE = ValueError
"""What `unpack_npz` and `unpack_npy` raise where bytes are no plain .npz or .npy."""
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
    ValueError
        It is damaged, compressed, not of plain arrays, or has two of one name.
    """
    arrays: dict[str, NDArray[Any]] = {}
    left = most or len(packed)  # stored entries that lie over each other would be read again and again
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            for entry in archive.infolist():
                name = entry.filename.removesuffix(".npy")
                if name in arrays:
                    raise ValueError(f"{entry.filename} is there twice")
                if entry.compress_type != zipfile.ZIP_STORED and not most:
                    raise ValueError(f"{entry.filename} is compressed")
                with archive.open(entry) as stream:  # of what unpacks to more than is stated no more is read
                    data = stream.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise ValueError("the arrays are too large")
                arrays[name] = unpack_npy(data, entry.filename)
    except ValueError:
        raise
    except Exception as error:  # zipfile and zlib raise eight kinds at damaged bytes, and state none of them
        raise ValueError(str(error) or type(error).__name__) from error
    return arrays


def unpack_npy(data: bytes, name: str, fortran: bool = False) -> NDArray[Any]:
    """Return the array of a plain .npy, read-only; `name` is the file's, for the error.

    fortran    whether it may be stored column by column

    Raises
    ------
    ValueError
        It is damaged, or no plain array.
    """
    text = io.BytesIO(data)
    if np.lib.format.read_magic(text) != (1, 0):
        raise ValueError(f"{name} is not of .npy version 1.0")
    try:
        shape, columns, dtype = np.lib.format.read_array_header_1_0(text)
    except ValueError:
        raise
    except Exception as error:  # NumPy parses the header as Python, which fails in as many ways
        raise ValueError(f"{name} has no header of an array") from error
    plain = not dtype.hasobject and dtype.kind != "V" and (fortran or not columns)
    # the size is checked before anything is allocated: a header may lie
    if not plain or math.prod(shape) * dtype.itemsize != len(data) - text.tell():
        raise ValueError(f"{name} is not a whole plain array")
    flat = np.frombuffer(data, dtype, offset=text.tell())
    if dtype.kind == "U":
        _check_text(np.frombuffer(data, f"{dtype.str[0]}u4", offset=text.tell()), name)
    try:
        return flat.reshape(shape[::-1]).T if columns else flat.reshape(shape)
    except TypeError:
        raise ValueError(f"{name} has a shape that is none") from None


def _check_text(letters: NDArray[np.uint32], name: str) -> None:
    # looked at as numbers: NumPy itself stumbles over a letter beyond Unicode, and nobody could print half of a pair
    if ((letters > 0x10FFFF) | ((letters >= 0xD800) & (letters <= 0xDFFF))).any():
        raise ValueError(f"{name} holds text that is none")
