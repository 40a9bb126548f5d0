"""Words of a set's files as they are asked for: a file is looked through in pieces, then read where its words lie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError
from fxsnn.golden.contents import Vector
from fxsnn.golden.memfile import DIGIT_OF, Sums, read_mem, sums_of_digits
from fxsnn.io.files import inside
from fxsnn.number.format import Format

_AT_ONCE = 1 << 18  # lines that are looked at together
_CACHED = 1 << 24  # words of files that were read lately and are kept
_LONGEST = 1 << 16  # bytes of a comment


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a memory file was found to be."""

    sha256: str
    sums: Sums


def scan_mem(folder: Path, vector: Vector) -> Scanned:
    """Look through a file of words, some of them at a time; raises FileError as `read_mem` does."""
    path = inside(folder, vector.file)
    try:
        found = _scanned(path, vector)
    except (OSError, ValueError):
        found = None
    if found is None:  # it says what is wrong, and where
        read_mem(path, vector.file, vector.bits, vector.depth)
        raise FileError(f"{vector.file} must stay as it is while it is read")
    return found


class FileWords(Mapping[str, NDArray[np.int64]]):
    """The words of every file of a set, int64 of the file's shape, read when they are asked for.

    A line that packs a row is a word for each of its bits. Their files have been looked through, or were just written.
    """

    def __init__(self, folder: Path, vectors: Mapping[str, Vector]) -> None:
        self._folder, self._vectors = folder, dict(vectors)
        self._lately = dict[str, NDArray[np.int64]]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._vectors)

    def __len__(self) -> int:
        return len(self._vectors)

    def __getitem__(self, name: str) -> NDArray[np.int64]:
        if name not in self._lately:
            vector = self._vectors[name]
            words = self.lines(name, 0, vector.depth).reshape(vector.shape)
            words.flags.writeable = False
            while self._lately and sum(one.size for one in self._lately.values()) + words.size > _CACHED:
                del self._lately[next(iter(self._lately))]
            self._lately[name] = words
        return self._lately[name]

    def lines(self, name: str, first: int, last: int) -> NDArray[np.int64]:
        """Return the words of some lines, int64[lines], or of all bits of packed ones, one line after the other."""
        vector = self._vectors[name]
        bits = vector.bits if vector.packed else 1
        found, long = np.zeros((last - first, bits), np.int64), _digits(vector) + 1
        with inside(self._folder, vector.file).open("rb") as file:
            file.seek(_comments(file) + first * long)
            for at in range(0, last - first, _AT_ONCE):
                some = found[at : at + _AT_ONCE]
                lines = np.frombuffer(file.read(len(some) * long), np.uint8).reshape(len(some), long)
                digits = DIGIT_OF[lines[:, :-1]]
                if vector.packed:
                    some[:] = _bits_of(digits)[:, :bits]
                else:
                    _decode(some[:, 0], digits, vector.format)
        return found.reshape(-1)


def _bits_of(digits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the bits of rows of hexadecimal digits, [rows, 4 * digits], the lowest first."""
    bits = (digits[:, ::-1, None] >> np.arange(4, dtype=np.uint8) & 1).astype(np.uint8)
    return bits.reshape(len(digits), -1)


def plain_words(path: Path, vector: Vector) -> NDArray[np.int64] | None:
    """Return the words of a memory file, int64[words], however many; None where it is not written as a set's are.

    That is comments, then a line of as many lower-case digits for every word of the vector, without bits above it.
    """
    long, words = _digits(vector) + 1, list[NDArray[np.int64]]()
    try:
        with path.open("rb") as file:
            begins = _comments(file)
            file.seek(0)
            if b"radix" in file.read(begins).lower():  # as `mem save` writes, of any radix
                return None
            while data := file.read(_AT_ONCE * long):
                values = _plain(data, vector)
                if values is None:
                    return None
                words.append(np.zeros(len(values), np.int64))
                _decode(words[-1], values, vector.format)
    except (OSError, ValueError):
        return None
    return np.concatenate(words) if words else None


def _plain(data: bytes, vector: Vector) -> NDArray[np.uint8] | None:
    """Return the digits of lines, uint8[lines, digits]; None where they are not such lines."""
    long = _digits(vector) + 1
    if len(data) % long:
        return None
    lines = np.frombuffer(data, np.uint8).reshape(-1, long)
    values, most = DIGIT_OF[lines[:, :-1]], 1 << vector.bits - 4 * (long - 2)  # of a first digit
    wrong = (lines[:, -1] != ord("\n")).any() or (values > 15).any() or (values[:, 0] >= most).any()
    return None if wrong else values


def _decode(words: NDArray[np.int64], values: NDArray[np.uint8], form: Format) -> None:
    """Put into words, 0 before, what digits stand for, uint8[words, digits]."""
    for place in range(values.shape[1]):
        words <<= 4
        words |= values[:, place]
    if form.signed:
        sign = np.int64(1 << form.word - 1)
        words ^= sign
        words -= sign


def _digits(vector: Vector) -> int:
    return -(-vector.bits // 4)


def _comments(file: BinaryIO) -> int:
    """Return the bytes of the comments at a file's begin; raises ValueError where they are none that fxsnn wrote."""
    begins = 0
    while (line := file.readline(_LONGEST)).startswith(b"//"):
        if not line.isascii() or not line.endswith(b"\n"):
            raise ValueError("a comment must be of ASCII")
        begins += len(line)
    return begins


def _scanned(path: Path, vector: Vector) -> Scanned | None:
    """Return what a file is; None where it is not exactly comments and as many words as are wanted."""
    hashed, sums, long = hashlib.sha256(), Sums(0, 0, 0), _digits(vector) + 1
    with path.open("rb") as file:
        begins = _comments(file)
        file.seek(0)
        hashed.update(file.read(begins))
        for first in range(0, vector.depth, _AT_ONCE):
            wanted = min(_AT_ONCE, vector.depth - first) * long
            data = file.read(wanted)
            if len(data) != wanted:
                return None
            hashed.update(data)
            values = _plain(data, vector)
            if values is None:
                return None
            sums += sums_of_digits(values.reshape(-1), first * (long - 1))
        return None if file.read(1) else Scanned(hashed.hexdigest(), sums)
