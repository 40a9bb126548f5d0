"""Reading the arrays beside a network's file: .npy, a member of an .npz, .csv, and the words of $readmemh in .mem."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError
from fxsnn.graph.given import Given, raw, real
from fxsnn.io.files import MOST_BYTES, decoded, read_bytes
from fxsnn.io.imagetext import bit_pattern, quoted, unmarked
from fxsnn.io.memtext import mem_text
from fxsnn.io.npz import UNREADABLE, unpack_npy, unpack_npz
from fxsnn.number.format import WORD_MAX

ENDINGS = (".npy", ".npz", ".csv", ".mem")


def read_given(name: str, folder: Path, *, words: bool, whole: bool = False) -> Given:
    """Return the numbers of a file beside a network.

    name     `w.npy`, `w.csv`, `w.mem`, or `net.npz:w`: an array of it; without `:w` its only one
    words    whether they are raw words; those of a .mem always are, in two's complement of their format's width
    whole    whether raw words of a .csv may be written as `1.0` or `1e0`

    Raises
    ------
    FileError
        The file is missing, damaged or of another kind, or holds something else; the message names file and line.
    """
    file, colon, member = name.partition(":")
    path = folder / file
    if path.suffix not in ENDINGS or (colon and path.suffix != ".npz"):
        raise FileError(f"an array must be a file of {', '.join(ENDINGS)}, as in 'w.npy' or 'net.npz:w', not {name!r}")
    data = read_bytes(path, "an array")
    if path.suffix == ".mem":
        return _from_mem(data, file)
    shaped = path.suffix != ".csv"
    numbers = _from_csv(data, file, words, whole) if not shaped else _from_numpy(data, file, member)
    if numbers.dtype.kind not in ("iu" if words else "iuf"):
        raise FileError(f"{name} must hold {'raw words' if words else 'numbers'}, not {numbers.dtype}")
    try:
        found = raw(numbers) if words else real(numbers)
        return Given(found.values, found.form, shaped, name)
    except ValueError as error:
        raise FileError(f"{name}: {error}") from None


def _from_numpy(data: bytes, name: str, member: str) -> NDArray[Any]:
    try:
        if not name.endswith(".npz"):
            return unpack_npy(data, name, fortran=True)
        arrays = unpack_npz(data, most=MOST_BYTES)
    except UNREADABLE as error:
        raise FileError(f"{name} must be a plain array of NumPy: {error}") from None
    if not member and len(arrays) == 1:
        return next(iter(arrays.values()))
    if member not in arrays:
        raise FileError(
            f"{name} must hold the array {member or 'that is meant, as in net.npz:w'}, not {', '.join(arrays)}"
        )
    return arrays[member]


def _from_csv(data: bytes, name: str, words: bool, whole: bool) -> NDArray[Any]:
    """Return the numbers of a table, its cells apart by commas, semicolons, tabs or spaces."""
    try:
        text = decoded(data)
    except UnicodeDecodeError as error:
        raise FileError(f"{name} must be UTF-8 text: {error.reason}") from None
    found: list[float] = []
    for number, line in enumerate(text.splitlines(), 1):
        for cell in line.replace(",", " ").replace(";", " ").split():
            try:
                found.append(_whole(cell, whole) if words else float(cell))
            except ValueError:
                what = "a raw word" if words else "a number"
                raise FileError(f"{name} line {number} must be {what}, not {quoted(cell)}") from None
            if words and not -(1 << 63) <= found[-1] < 1 << 63:
                raise FileError(f"{name} line {number} must be a raw word of at most 63 bits, not {quoted(cell)}")
    return np.array(found, np.int64 if words else np.float64)


def _whole(cell: str, also_floats: bool) -> int:
    try:
        return int(cell)
    except ValueError:
        if also_floats and (value := float(cell)).is_integer():
            return int(value)
        raise


def _from_mem(data: bytes, name: str) -> Given:
    read = mem_text(unmarked(data, name), name)
    if read.places is not None:
        raise FileError(f"{name} must hold words from address 0 on without a gap, not at {read.places[0]:#x} first")
    words = [
        bit_pattern(word.replace("_", ""), read.radix or 16, WORD_MAX, where)
        for word, where in zip(read.words, read.where, strict=True)
    ]
    return Given(np.array(words, np.int64), "bits", shaped=False, origin=name)
