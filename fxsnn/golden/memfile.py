"""Memory files as `$readmemh` reads them: one masked hexadecimal word a line, exactly as many as stated.

What is written is what Icarus and Verilator both read without loss: ASCII, `//` comments first, lower
case, zero-padded to the width, unused top bits 0, and a newline at the end of the file (some versions
of Verilator drop a last word without one).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError
from fxsnn.io.files import read_bytes

_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
DIGIT_OF = np.full(256, 255, np.uint8)  # of every byte; 255 of one that is no digit
DIGIT_OF[_DIGITS] = np.arange(16)


def hex_lines(words: Iterable[int], bits: int) -> list[str]:
    """Return words of `bits` bits as lines, negative ones in two's complement.

    >>> hex_lines([-1, 5], 6)
    ['3f', '05']
    """
    mask, digits = (1 << bits) - 1, -(-bits // 4)
    return [f"{word & mask:0{digits}x}" for word in words]


def mem_lines(words: NDArray[np.int64], bits: int) -> bytes:
    """Return raw words of up to 63 bits as the same lines, int64[words], each ended.

    >>> mem_lines(np.array([-1, 5]), 6).split()
    [b'3f', b'05']
    """
    digits = -(-bits // 4)
    masked = words.view(np.uint64) & np.uint64((1 << bits) - 1)
    lines = np.full((len(words), digits + 1), ord("\n"), np.uint8)
    for place in range(digits):
        lines[:, place] = _DIGITS[(masked >> np.uint64(4 * (digits - 1 - place))).astype(np.uint8) & 15]
    return lines.tobytes()


def render(comments: Sequence[str], words: Sequence[str]) -> bytes:
    """Return the bytes of a memory file with these lines of words."""
    lines = [*(f"// {comment}" for comment in comments), *words]
    return ("\n".join(lines) + "\n").encode("ascii")


@dataclass(frozen=True, slots=True)
class Sums:
    """Three sums over the hexadecimal digits of a file's words, modulo 2**64: of digit d at place k.

    A bench without SHA-256 computes them too. One altered digit changes `digits` by its change and `places`
    by k times its change: the place follows, and `squares` says whether it was really one digit.
    """

    digits: int
    places: int
    squares: int

    def __add__(self, other: Sums) -> Sums:
        """Return the sums over the digits of both, whose places go on."""
        parts = zip(astuple(self), astuple(other), strict=True)
        return Sums(*((one + more) % (1 << 64) for one, more in parts))


def sums_of(lines: Sequence[str]) -> Sums:
    """Return the sums over the digits of a file's words, comments left out.

    >>> sums_of(["0a", "1f"])
    Sums(digits=26, places=57, squares=149)
    """
    return sums_of_digits(DIGIT_OF[np.frombuffer("".join(lines).encode("ascii"), dtype=np.uint8)], 0)


def sums_of_digits(values: NDArray[np.uint8], first: int) -> Sums:
    """Return the sums over digits, uint8[digits], before which so many come."""
    digits, k = values.astype(np.uint64), np.arange(first, first + len(values), dtype=np.uint64)
    return Sums(*(int(np.add.reduce(values)) for values in (digits, digits * k, digits * k * k)))


def altered_digit(stated: Sums, found: Sums) -> int | None:
    """Return the place of the one digit that was altered; None if it cannot have been one digit."""
    change = _signed(found.digits - stated.digits)
    if change == 0:
        return None
    place, rest = divmod(_signed(found.places - stated.places), change)
    one = rest == 0 and place >= 0 and _signed(found.squares - stated.squares - change * place * place) == 0
    return place if one else None


def _signed(value: int) -> int:
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class MemFile:
    """What a memory file holds."""

    patterns: list[int]  # bits of each word
    sha256: str
    comments: int  # lines before the first word
    sums: Sums


def read_mem(path: Path, name: str, bits: int, depth: int) -> MemFile:
    """Read a memory file.

    Raises
    ------
    FileError
        The file is missing, not ASCII, holds anything but `//` comments and words of exactly the right
        digits, comments after the first word, too few or too many words, or no newline at its end; the
        message names file and line.
    """
    data = read_bytes(path, f"the golden file {name}")
    digits = -(-bits // 4)
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise FileError(f"{name} line {number} must be ASCII, not byte {data[error.start]:#04x}") from None
    if not text.endswith("\n"):
        raise FileError(f"{name} must end with a newline (a simulator may drop its last word)")
    lines, comments = text[:-1].split("\n"), 0
    while comments < len(lines) and lines[comments].startswith("//"):
        comments += 1
    for number, line in enumerate(lines[comments:], comments + 1):
        if len(line) != digits or line.strip("0123456789abcdef"):
            raise FileError(
                f"{name} line {number} must be {digits} hexadecimal digits in lower case, not {line[:40]!r}"
            )
        if int(line, 16) >> bits:
            raise FileError(f"{name} line {number} must fit {bits} bits, not {line!r}")
    if len(lines) - comments != depth:
        raise FileError(f"{name} must hold {depth} words, not {len(lines) - comments}")
    patterns = [int(line, 16) for line in lines[comments:]]
    return MemFile(patterns, digest(data), comments, sums_of(lines[comments:]))
