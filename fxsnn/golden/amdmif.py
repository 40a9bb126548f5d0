"""AMD's MIF: one binary word a line and nothing else, what the simulation models of its memories read.

Vivado makes such files from COE files. Intel's files of the same ending are another format: see intelmif.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fxsnn.errors import FileError
from fxsnn.io.imagetext import ascii_text, pieces, quoted

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def render_amd_mif(patterns: Sequence[int], bits: int) -> bytes:
    """Return an AMD MIF: every word as `bits` binary digits on a line of its own.

    >>> print(render_amd_mif([5, 1], 3).decode(), end="")
    101
    001
    """
    return "".join(f"{pattern:0{bits}b}\n" for pattern in patterns).encode("ascii")


def parse_amd_mif(data: bytes, name: str, bits: int, depth: int) -> list[int]:
    """Return the `depth` bit patterns of an AMD MIF of words of `bits` bits.

    Spaces and tabs around a word, and empty lines after the last one, are free.

    Raises
    ------
    FileError
        It is anything else, holds too few or too many words, or its last word has no line end (a simulator
        may drop it); the message names file and line.
    """
    patterns = _patterns(ascii_text(data, name), name, bits, depth)
    if len(patterns) != depth:
        raise FileError(f"{name} must hold {depth} words, not {len(patterns)}")
    return patterns


def amd_mif_words(data: bytes, name: str) -> tuple[list[int], int]:
    """Return the bit patterns of an AMD MIF of any depth, and their width, which is that of the first.

    Raises
    ------
    FileError
        A line is no word of this width; the message names file and line.
    """
    text = ascii_text(data, name)
    words = text.split()
    bits = len(words[0]) if words else 1
    return _patterns(text, name, bits, len(words)), bits


def _patterns(text: str, name: str, bits: int, most: int) -> list[int]:
    patterns: list[int] = []
    for line, piece in pieces(_LINE, text):
        word = piece.strip()
        if not word and len(patterns) == most:
            continue
        if len(patterns) == most:
            raise FileError(f"{name} line {line} must not be there: the file must hold {most} words")
        if len(word) != bits or word.strip("01"):
            raise FileError(f"{name} line {line} must be {bits} binary digits, not {quoted(word)}")
        if not piece.endswith("\n"):
            raise FileError(f"{name} line {line} must end with a newline (a simulator may drop its last word)")
        patterns.append(int(word, 2))
    return patterns
