"""Memory files as `$readmemh` reads them: one masked hexadecimal word a line, exactly as many as stated.

What is written is what Icarus and Verilator both read without loss: ASCII, `//` comments first, lower
case, zero-padded to the width, unused top bits 0, and a newline at the end of the file (some versions
of Verilator drop a last word without one).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from fxsnn.errors import FileError
from fxsnn.files import read_bytes
from fxsnn.format import Format


def hex_lines(words: Iterable[int], bits: int) -> list[str]:
    """Return words of `bits` bits as lines, negative ones in two's complement.

    >>> hex_lines([-1, 5], 6)
    ['3f', '05']
    """
    mask, digits = (1 << bits) - 1, -(-bits // 4)
    return [f"{word & mask:0{digits}x}" for word in words]


def render(comments: Sequence[str], words: Iterable[int], bits: int) -> bytes:
    """Return the bytes of a memory file."""
    lines = [*(f"// {comment}" for comment in comments), *hex_lines(words, bits)]
    return ("\n".join(lines) + "\n").encode("ascii")


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_patterns(path: Path, name: str, bits: int, depth: int) -> tuple[list[int], str]:
    """Return the bit patterns of a memory file and the digest of its bytes.

    Raises
    ------
    FileError
        The file is missing, not ASCII, holds anything but `//` comments and words of exactly the right
        digits, too few or too many of them, or no newline at its end; the message names file and line.
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
    patterns = []
    for number, line in enumerate(text[:-1].split("\n"), 1):
        if line.startswith("//"):
            continue
        if len(line) != digits or line.strip("0123456789abcdef"):
            raise FileError(
                f"{name} line {number} must be {digits} hexadecimal digits in lower case, not {line[:40]!r}"
            )
        pattern = int(line, 16)
        if pattern >> bits:
            raise FileError(f"{name} line {number} must fit {bits} bits, not {line!r}")
        patterns.append(pattern)
    if len(patterns) != depth:
        raise FileError(f"{name} must hold {depth} words, not {len(patterns)}")
    return patterns, digest(data)


def to_words(patterns: Sequence[int], fmt: Format) -> list[int]:
    """Return bit patterns as raw words of a format."""
    return [fmt.from_bits(pattern) for pattern in patterns]
