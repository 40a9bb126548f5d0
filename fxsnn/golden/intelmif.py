"""Intel's MIF (Memory Initialization File), from which Quartus fills memories.

AMD's files of the same ending are another format: see amdmif.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fxsnn.errors import FileError
from fxsnn.golden.memfile import hex_lines
from fxsnn.io.imagetext import Pieces, ascii_text, bit_pattern, pieces

RADIXES = {"BIN": 2, "OCT": 8, "DEC": 10, "UNS": 10, "HEX": 16}
SETTINGS = ("DEPTH", "WIDTH", "ADDRESS_RADIX", "DATA_RADIX")
MOST_FILLED = 1 << 20
"""Words that ranges may fill where the file has fewer bytes than words."""

MOST_TIMES = 16
"""How often ranges may fill all addresses over again: without a limit a short text could fill for hours."""

MOST_WIDTH = 1 << 16
"""Bits of a word where the caller states no width."""

_NUMBER = 63  # bits of an address, a depth or a width
_PIECE = re.compile(r"--[^\n]*|%[^%]*%?|[ \t\n]+|\.\.|[=:;\[\]]|-?\w++(?:-\w++)*+|.", re.ASCII)
_NONE = -1


def render_intel_mif(comments: Sequence[str], patterns: Sequence[int], bits: int) -> bytes:
    """Return an Intel MIF: comments, depth and width, then address and word a line, hexadecimal.

    >>> print(render_intel_mif(["two words"], [255, 1], 8).decode(), end="")
    -- two words
    DEPTH = 2;
    WIDTH = 8;
    ADDRESS_RADIX = HEX;
    DATA_RADIX = HEX;
    CONTENT
    BEGIN
    0 : ff;
    1 : 01;
    END;
    """
    depth = len(patterns)
    addresses = hex_lines(range(depth), max(1, (depth - 1).bit_length()))
    words = zip(addresses, hex_lines(patterns, bits), strict=True)
    settings = zip(SETTINGS, (depth, bits, "HEX", "HEX"), strict=True)
    lines = [
        *(f"-- {comment}" for comment in comments),
        *(f"{setting} = {value};" for setting, value in settings),
        "CONTENT",
        "BEGIN",
        *(f"{address} : {word};" for address, word in words),
        "END;",
    ]
    return ("\n".join(lines) + "\n").encode("ascii")


def parse_intel_mif(data: bytes, name: str, bits: int, depth: int) -> list[int]:
    """Return the `depth` bit patterns of an Intel MIF of words of `bits` bits.

    Radices BIN, OCT, DEC (data also negative, in two's complement), UNS and HEX; keywords and digits in either
    case; `--` and `%` comments; `address : word;`, `address : word word ...;` from this address on, and
    `[first..last] : word;`. Of several words for one address the last counts. Every address must have one.

    Raises
    ------
    FileError
        It is anything else; the message names file and line.
    """
    words = _content(data, name, bits, depth)[0]
    if _NONE in words:
        raise FileError(f"{name} must hold a word for every address, not none for {words.index(_NONE)} (decimal)")
    return words


def intel_mif_words(data: bytes, name: str) -> tuple[dict[int, int], int]:
    """Return the bit patterns of an Intel MIF of any depth by their addresses, and the width that it states.

    Raises
    ------
    FileError
        It is no Intel MIF; the message names file and line.
    """
    words, bits = _content(data, name, None, None)
    return {address: pattern for address, pattern in enumerate(words) if pattern != _NONE}, bits


def _content(data: bytes, name: str, bits: int | None, depth: int | None) -> tuple[list[int], int]:
    """Return the pattern at each address, _NONE where there is none, and the width; None: whatever the file states."""
    text = ascii_text(data, name)
    found = Pieces(_words_and_signs(text, name), name)
    if depth is not None:
        _check_depth(depth, data, name)
    bits, depth, addresses, radix = _settings(found, bits, depth)
    _check_depth(depth, data, name)
    found.expect("BEGIN")
    words = [_NONE] * depth
    left = MOST_TIMES * depth
    while (piece := found.take()).upper() != "END":
        ranged = piece == "["
        first = last = _address(found, found.take() if ranged else piece, addresses, depth)
        if ranged:
            found.expect("..")
            last = _address(found, found.take(), addresses, depth)
            if last < first:
                raise found.refusal(f"an address from {first} on (decimal)")
            found.expect("]")
            left -= last - first + 1
            if left < 0:
                raise FileError(f"{found.where} must not fill addresses again, ranges did {MOST_TIMES} times over")
        found.expect(":")
        words[first : last + 1] = [_word(found, found.take(), radix, bits)] * (last - first + 1)
        while (piece := found.take()) != ";":
            last += 1
            if ranged or last == depth:
                raise found.refusal("';'")
            words[last] = _word(found, piece, radix, bits)
    found.expect(";")
    if found.take():
        raise found.refusal("a comment after END;")
    return words, bits


def _check_depth(depth: int, data: bytes, name: str) -> None:
    """Refuse a depth out of proportion before anything of it is in memory."""
    if depth > max(len(data), MOST_FILLED):
        raise FileError(f"{name} must be at least {depth} bytes for {depth} words, not {len(data)}")


def _words_and_signs(text: str, name: str) -> Iterator[tuple[int, str]]:
    for line, piece in pieces(_PIECE, text):
        if piece[0] == "%" and (len(piece) == 1 or piece[-1] != "%"):
            raise FileError(f"{name} line {line} must begin a comment that ends with '%'")
        if piece[0] not in "% \t\n" and piece[:2] != "--":
            yield line, piece


def _settings(found: Pieces, bits: int | None, depth: int | None) -> tuple[int, int, str, str]:
    """Take what comes before CONTENT; return width, depth, and the radices of addresses and words."""
    expected = {"DEPTH": depth, "WIDTH": bits}
    given: dict[str, str] = {}
    sizes: dict[str, int] = {}
    while (setting := found.take().upper()) != "CONTENT" or len(given) < len(SETTINGS):
        if setting not in SETTINGS or setting in given:
            missing = [known for known in SETTINGS if known not in given]
            raise found.refusal(" or ".join(missing or ["CONTENT"]))
        found.expect("=")
        given[setting] = found.take().upper()
        if setting in expected:
            sizes[setting] = bit_pattern(given[setting], 10, _NUMBER, found.where)
            must = expected[setting]
            most = MOST_WIDTH if setting == "WIDTH" else 1 << _NUMBER
            if sizes[setting] != must and (must is not None or not 1 <= sizes[setting] <= most):
                raise found.refusal(f"a {setting} of {f'1 to {most}' if must is None else must}")
        elif given[setting] not in RADIXES:
            raise found.refusal(" or ".join(RADIXES))
        found.expect(";")
    return sizes["WIDTH"], sizes["DEPTH"], given["ADDRESS_RADIX"], given["DATA_RADIX"]


def _address(found: Pieces, text: str, radix: str, depth: int) -> int:
    address = bit_pattern(text, RADIXES[radix], _NUMBER, found.where)
    if address >= depth:
        raise found.refusal(f"an address below {depth} (decimal)")
    return address


def _word(found: Pieces, text: str, radix: str, bits: int) -> int:
    return bit_pattern(text, RADIXES[radix], bits, found.where, signed=radix == "DEC")
