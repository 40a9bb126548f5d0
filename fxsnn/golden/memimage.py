"""Take COE files and both kinds of `.mif` apart, of whatever depth and width, for dumps."""

from __future__ import annotations

from fxsnn.golden.amdmif import amd_mif_words
from fxsnn.golden.coe import coe_words
from fxsnn.golden.intelmif import MOST_WIDTH, intel_mif_words
from fxsnn.io.imagetext import bit_pattern
from fxsnn.io.memtext import MemText


def image_text(kind: str, data: bytes, name: str) -> tuple[MemText, int]:
    """Return the words of a memory image, and the width that it states, 0 where it states none.

    kind    the ending of its name: .coe or .mif

    Raises
    ------
    FileError
        It is malformed; the message names file and line.
    """
    if kind == ".coe":
        found = coe_words(data, name, _coe_word)
        return MemText([word for word, _, _ in found], [where for _, _, where in found], None, found[0][1]), 0
    if not data.strip(b"01 \t\r\n"):
        patterns, bits = amd_mif_words(data, name)
        where = [f"{name} line {line}" for line in range(1, len(patterns) + 1)]
        return MemText([f"{pattern:0{bits}b}" for pattern in patterns], where, None, 2), bits
    by_address, bits = intel_mif_words(data, name)
    places = None if list(by_address) == list(range(len(by_address))) else list(by_address)
    where = [f"{name} address {address} (decimal)" for address in by_address]
    return MemText([f"{pattern:0{bits}b}" for pattern in by_address.values()], where, places, 2), bits


def _coe_word(text: str, radix: int, where: str) -> tuple[str, int, str]:
    """Return a word once it is seen to be a number, its radix and its place."""
    bit_pattern(text, radix, MOST_WIDTH, where, signed=radix == 10)
    return text, radix, where
