"""What the texts of memory images share: ASCII with line numbers, and numbers of a stated width.

Names, widths and depths are those that the caller expects; what a file says of itself must agree.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from fxsnn.errors import FileError

DIGITS = {2: "01", 8: "01234567", 10: "0123456789", 16: "0123456789abcdef"}
DECIMAL_MOST = 640
"""Digits of a decimal number that every Python reads; the time that more of them take grows as their square."""

SHOWN = 40
"""Characters of what was given that an error shows."""

_FOREIGN = re.compile(rb"[^\t\n\r -~]|\r(?!\n)")


def ascii_text(data: bytes, name: str) -> str:
    """Return a file's text, its line ends as newlines.

    Raises
    ------
    FileError
        A byte is no printable ASCII, tab or line end.
    """
    if found := _FOREIGN.search(data):
        line = data.count(b"\n", 0, found.start()) + 1
        raise FileError(f"{name} line {line} must be printable ASCII, not byte {found[0][0]:#04x}")
    text = data.decode("ascii")
    return text.replace("\r\n", "\n") if "\r" in text else text


def unmarked(data: bytes, name: str) -> bytes:
    """Return what stands behind a byte order mark, in UTF-8: shells and editors of Windows write one.

    Raises
    ------
    FileError
        The mark is that of UTF-16, and the text is not.
    """
    if data.startswith(codecs.BOM_UTF8):
        return data.removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16").encode()
        except ValueError:
            raise FileError(f"{name} must be UTF-16, as its byte order mark says") from None
    return data


def pieces(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    """Yield every piece of the text, one by one, with the number of the line in which it begins.

    The pattern must match at every place of every text, so that nothing is passed over.
    """
    line = 1
    for match in pattern.finditer(text):
        yield line, match[0]
        line += match[0].count("\n")


class Pieces:
    """The words and signs of a text, taken one after the other by a reader that names file and line."""

    def __init__(self, found: Iterator[tuple[int, str]], name: str) -> None:
        self._found = found
        self._name = name
        self._line = 1
        self._piece = ""

    @property
    def where(self) -> str:
        """The place of the piece last taken, as in `w.coe line 3`."""
        return f"{self._name} line {self._line}"

    def take(self) -> str:
        """Return the next piece, nothing at the end of the file."""
        self._line, self._piece = next(self._found, (self._line, ""))
        return self._piece

    def expect(self, must: str) -> None:
        """Take a piece that must be this one, in either case."""
        if self.take().upper() != must:
            raise self.refusal(repr(must))

    def refusal(self, must: str) -> FileError:
        """Return the error that the piece last taken is not what it must be."""
        return FileError(f"{self.where} must be {must}, not {_shown(self._piece)}")


def bit_pattern(text: str, radix: int, bits: int, where: str, *, signed: bool = False) -> int:
    """Return the bit pattern that a number stands for; `where` begins the error, as in `w.coe line 3`.

    Leading zeros are free. A number with a sign, where one may stand, is taken as two's complement. An empty
    text is reported as the end of the file.

    Raises
    ------
    FileError
        It is no number of the radix, or does not fit the bits.
    """
    lower = text.lower()
    negative = signed and lower.startswith("-")
    digits = lower.removeprefix("-") if negative else lower
    if not digits or digits.strip(DIGITS[radix]):
        raise FileError(f"{where} must be a number of radix {radix}, not {_shown(text)}")
    digits = digits.lstrip("0") or "0"
    # too long is found by the length: a number of a million digits is never computed
    if (len(digits) - 1) * (radix.bit_length() - 1) < bits:
        if radix == 10 and len(digits) > DECIMAL_MOST:
            raise FileError(f"{where} must be at most {DECIMAL_MOST} decimal digits, not {len(digits)}")
        value = int(digits, radix)
        if value <= ((1 << (bits - 1)) if negative else (1 << bits) - 1):
            return -value & ((1 << bits) - 1) if negative else value
    raise FileError(f"{where} must fit {bits} bits, not {quoted(text)}")


def quoted(text: str) -> str:
    """Return a text as an error shows it: what is left out of a long one is marked, so that it is no other value.

    >>> quoted("12"), quoted("1" * 50)
    ("'12'", "'1111111111111111111111111111111111111111'...")
    """
    return f"{text[:SHOWN]!r}{'...' if len(text) > SHOWN else ''}"


def _shown(piece: str) -> str:
    return quoted(piece) if piece else "the end of the file"
