"""Take a `.mem` apart as `$readmemh` and `$readmemb` do: words with their lines, and the addresses that it states.

Read too is what ModelSim and Questa write (`mem save`), whose third line says in which radix words and addresses are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fxsnn.errors import FileError
from fxsnn.io.imagetext import ascii_text, pieces, quoted

MOST_ADDRESS = 1 << 40  # no memory that was simulated is deeper
SAVED = re.compile(r"format=(?:mti|hex|bin)\s+addressradix=([a-z]+)\s+dataradix=([a-z]+)", re.I)
_RADIXES = {"h": 16, "b": 2, "o": 8, "d": 10, "u": 10, "s": 2}  # symbolic: std_logic as its letters
_PIECE = re.compile(r"//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|\s+|[^\s:/]+(?:[ \t]*:)?|.", re.S)


@dataclass(frozen=True, slots=True)
class MemText:
    """The words of a file as they stand in it."""

    words: list[str]
    where: list[str]  # of each word, as in `v.mem line 3`
    places: list[int] | None  # of each word, ascending, where the file states other addresses than 0, 1, 2, ...
    radix: int  # 0: the file does not say
    notes: tuple[str, ...] = ()


def mem_text(data: bytes, name: str) -> MemText:
    """Return the words of a memory file.

    `@address` is hexadecimal, `address:` of the radix that the header of `mem save` states; `//` and `/* */` are
    comments; form feeds are spaces. Of several words for one address the last counts.

    Raises
    ------
    FileError
        An address is none, a comment does not end, or a character is foreign; the message names file and line.
    """
    words: list[str] = []
    wheres: list[str] = []
    stated: list[int] = []
    address, addressed, addresses, radix = 0, False, 0, 0
    for line, piece in pieces(_PIECE, ascii_text(data.replace(b"\f", b" "), name)):
        where = f"{name} line {line}"
        if piece[0].isspace():
            continue
        if piece.startswith("//"):
            if found := SAVED.search(piece):
                addresses, radix = (_RADIXES.get(text[0].lower(), 0) for text in found.groups())
        elif piece.startswith("/*"):
            if len(piece) < 4 or not piece.endswith("*/"):
                raise FileError(f"{where} must begin a comment that ends with '*/'")
        elif piece[0] == "@" or piece[-1] == ":":
            address, addressed = _address(piece, addresses, where), True
        else:
            words.append(piece)
            wheres.append(where)
            stated.append(address)
            address += 1
    if not addressed or stated == list(range(len(words))):
        return MemText(words, wheres, None, radix)
    last = dict(zip(stated, range(len(words)), strict=True))
    again = len(words) - len(last)
    notes = (f"{again:,} words of {name} stand at an address that has a later one: the last counts",) if again else ()
    order = [last[place] for place in sorted(last)]
    return MemText([words[k] for k in order], [wheres[k] for k in order], sorted(last), radix, notes)


def _address(piece: str, radix: int, where: str) -> int:
    digits, radix = (piece[1:], 16) if piece[0] == "@" else (piece[:-1].strip(), radix)
    if not radix:
        raise FileError(f"{where} must not be 'address: word' without a header that says addressradix, {quoted(piece)}")
    digits = digits.replace("_", "") if digits[:1] != "_" else ""
    known = "0123456789abcdefABCDEF" if radix == 16 else "0123456789"
    if not digits or digits.strip(known) or len(digits) > 40 or int(digits, radix) >= MOST_ADDRESS:
        raise FileError(f"{where} must be an address of radix {radix} below {MOST_ADDRESS:#x}, not {quoted(piece)}")
    return int(digits, radix)


def prefixed(words: list[str], digits: int, name: str) -> bool:
    """Say whether words are written as `0x04`; to a simulator the x is a digit that is not known.

    digits   that a simulator writes of each word

    Raises
    ------
    FileError
        Both could be: all words begin so, and have as many digits as a simulator writes.
    """
    marked = [word for word in words if word[:2].lower() == "0x" and len(word) > 2]
    if not marked or any(word.strip("0") for word in words if word[:2].lower() != "0x"):
        return False
    if any(len(word) != digits for word in marked):
        return True
    if len(marked) == len(words):
        raise FileError(
            f"{name} must not write all its words with '0x' and {digits - 2} digits, as {quoted(words[0])}: to a "
            f"simulator that is {digits} digits of which one is not known"
        )
    return False


def binary(words: list[str], bits: int) -> bool:
    """Say whether words may be what `$writememb` writes: digits 0, 1, x and z alone, all as long, a bit each."""
    lengths = {len(word.replace("_", "")) for word in words}
    return len(lengths) == 1 and min(lengths) >= max(bits, 2) and not "".join(words).strip("01xzXZ_")
