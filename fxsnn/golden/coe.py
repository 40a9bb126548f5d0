"""COE files, from which AMD's tools fill block and distributed memories (UG896, COE File Syntax)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from fxsnn.golden.memfile import hex_lines
from fxsnn.io.imagetext import Pieces, ascii_text, bit_pattern, pieces

RADIX = "MEMORY_INITIALIZATION_RADIX"
VECTOR = "MEMORY_INITIALIZATION_VECTOR"
RADIXES = {"2": 2, "10": 10, "16": 16}
T = TypeVar("T")
_PIECE = re.compile(r";[^\n]*|[ \t\n]+|[,=]|[^ \t\n,=;]+")


def render_coe(comments: Sequence[str], patterns: Sequence[int], bits: int) -> bytes:
    """Return a COE file: comments, radix 16, one word a line, the last ended by a semicolon.

    >>> print(render_coe(["two words"], [255, 1], 8).decode(), end="")
    ; two words
    memory_initialization_radix=16;
    memory_initialization_vector=
    ff,
    01;
    """
    head = [*(f"; {comment}" for comment in comments), f"{RADIX.lower()}=16;"]
    words = ",\n".join(hex_lines(patterns, bits))
    return "\n".join([*head, f"{VECTOR.lower()}=", f"{words};\n"]).encode("ascii")


def parse_coe(data: bytes, name: str, bits: int, depth: int) -> list[int]:
    """Return the `depth` bit patterns of a COE file of words of `bits` bits.

    Radix 2, 10 (also negative, in two's complement) and 16; keywords and digits in either case; words apart
    by commas, spaces or line ends. A semicolon ends a statement, and what follows it on its line is a comment.

    Raises
    ------
    FileError
        It is anything else, or holds too few or too many words; the message names file and line.
    """

    def pattern(text: str, radix: int, where: str) -> int:
        return bit_pattern(text, radix, bits, where, signed=radix == 10)

    return _vector(data, name, pattern, depth)


def coe_words(data: bytes, name: str, word: Callable[[str, int, str], T]) -> list[T]:
    """Return the words of a COE file of any depth, each as `word` makes it of its text, the radix and its place.

    Raises
    ------
    FileError
        It is no COE file, or `word` refuses one.
    """
    return _vector(data, name, word, None)


def _vector(data: bytes, name: str, word: Callable[[str, int, str], T], depth: int | None) -> list[T]:
    found = Pieces(_statements(ascii_text(data, name)), name)
    radix = 0
    while (keyword := found.take().upper()) != VECTOR or not radix:
        if keyword != RADIX or radix:
            raise found.refusal(VECTOR if radix else RADIX)
        found.expect("=")
        radix = RADIXES.get(found.take(), 0)
        if not radix:
            raise found.refusal("a radix of 2, 10 or 16")
        found.expect(";")
    found.expect("=")
    words: list[T] = []
    due = True  # a word must follow
    while (piece := found.take()) != ";" or due:
        if piece in {"", ",", ";"} and (due or not piece):
            raise found.refusal("a word" if due else "',', ';' or a word")
        due = piece == ","
        if not due:
            if len(words) == depth:
                raise found.refusal(f"';' after {depth} words")
            words.append(word(piece, radix, found.where))
    if depth is not None and len(words) != depth:
        raise found.refusal(f"word {len(words) + 1} of {depth}")
    if found.take():
        raise found.refusal("a comment after the vector")
    return words


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield words and signs without the comments: a semicolon counts only where a statement is under way."""
    under_way = False
    for line, piece in pieces(_PIECE, text):
        if piece[0] == ";":
            if under_way:
                yield line, ";"
            under_way = False
        elif piece[0] not in " \t\n":
            under_way = True
            yield line, piece
