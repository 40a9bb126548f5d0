"""The number format: a word, its binary point, its sign. Nothing here rounds; see cast.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from fxsnn.errors import FormatError

FRAC_MAX = 10_000  # beyond any use; keeps exact values printable
WORD_MAX = 63  # every raw word, signed or unsigned, then fits int64

_Q = re.compile(r"(U?)Q(-?\d{1,9})\.(-?\d{1,9})", re.ASCII)
_FXP = re.compile(r"fxp-([su])(\d{1,9})/(-?\d{1,9})", re.ASCII)
_MATLAB = re.compile(r"([su])fix(\d{1,9})(?:_E(n?)(\d{1,9}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Format:
    """A word of `word` bits, `frac` of them fractional: value = raw * 2**-frac.

    Signed words are two's complement. `frac` may be negative or larger than `word`.

    >>> weight = Format.parse("Q2.6")
    >>> weight.lowest, weight.highest, weight.step
    (-128, 127, Fraction(1, 64))
    >>> print(weight, weight.describe())
    Q2.6 Q2.6 (s8)
    """

    word: int
    frac: int
    signed: bool = True

    def __post_init__(self) -> None:
        for name in ("word", "frac"):
            value = getattr(self, name)
            if type(value) is not int:
                raise FormatError(f"{name} must be an integer, not {value!r}")
        if type(self.signed) is not bool:
            raise FormatError(f"signed must be true or false, not {self.signed!r}")
        if not 1 <= self.word <= WORD_MAX:
            raise FormatError(f"word must be 1 to {WORD_MAX} bits, not {self.word}")
        if abs(self.frac) > FRAC_MAX:
            raise FormatError(f"frac must be -{FRAC_MAX} to {FRAC_MAX} bits, not {self.frac}")

    @classmethod
    def parse(cls, text: str) -> Format:
        """Read `Q<m>.<n>` or `UQ<m>.<n>`: m + n bits, n of them fractional, the sign bit counted in m.

        The unambiguous spellings of fxpmath (`fxp-s8/6`) and MATLAB (`sfix8_En6`) are read too.

        Raises
        ------
        FormatError
            The text is none of these, or the word is not 1 to 63 bits.
        """
        if not isinstance(text, str):
            raise FormatError(f"a format's name must be a text such as 'Q2.6', not {text!r}")
        if match := _Q.fullmatch(text):
            unsigned, integer, frac = match[1], int(match[2]), int(match[3])
            return cls(integer + frac, frac, not unsigned)
        if match := _FXP.fullmatch(text):
            return cls(int(match[2]), int(match[3]), match[1] == "s")
        if match := _MATLAB.fullmatch(text):
            exponent = int(match[4] or 0)
            return cls(int(match[2]), exponent if match[3] else -exponent, match[1] == "s")
        raise FormatError(f"a format must read like Q2.6 (signed) or UQ0.8 (unsigned), not {text!r}")

    def __str__(self) -> str:
        return f"{'' if self.signed else 'U'}Q{self.word - self.frac}.{self.frac}"

    def describe(self) -> str:
        """Return the name with word length and sign, as people must see it: `Q1.7 (s8)`."""
        return f"{self} ({'s' if self.signed else 'u'}{self.word})"

    @property
    def lowest(self) -> int:
        """The least raw word."""
        return -(1 << (self.word - 1)) if self.signed else 0

    @property
    def highest(self) -> int:
        """The greatest raw word."""
        return (1 << (self.word - self.signed)) - 1

    @property
    def step(self) -> Fraction:
        """The value of one raw unit, 2**-frac."""
        return Fraction(1, 1 << self.frac) if self.frac >= 0 else Fraction(1 << -self.frac)

    @property
    def digits(self) -> int:
        """Hexadecimal digits of one word in a memory file."""
        return -(-self.word // 4)

    @property
    def span(self) -> str:
        """The lowest and the highest value in text, as `-2 to 1.98438`."""
        return f"{near(self.value(self.lowest))} to {near(self.value(self.highest))}"

    def value(self, raw: int) -> Fraction:
        """Return the exact value of one raw word."""
        return raw * self.step

    def to_hex(self, raw: int) -> str:
        """Return the word masked to its width, lower case, zero-padded: what a memory file holds.

        >>> Format.parse("Q2.6").to_hex(-1)
        'ff'
        """
        return f"{raw & ((1 << self.word) - 1):0{self.digits}x}"

    def from_bits(self, bits: int) -> int:
        """Return the raw word whose bit pattern is `bits`, 0 to 2**word - 1.

        >>> Format.parse("Q2.6").from_bits(0xFF)
        -1
        """
        if not 0 <= bits < 1 << self.word:
            raise FormatError(f"a pattern of {self.describe()} must be 0 to {(1 << self.word) - 1:#x}, not {bits:#x}")
        return bits - (1 << self.word) if bits > self.highest else bits


def as_format(given: Format | str) -> Format:
    """Return a format that is given by itself or by its name; raises FormatError as `Format.parse` does."""
    return given if isinstance(given, Format) else Format.parse(given)


def bits_of(lowest: int, highest: int) -> int:
    """Return the bits of the narrowest word that holds lowest to highest: two's complement if lowest is below 0.

    >>> bits_of(0, 784), bits_of(-784, 784), bits_of(0, 0)
    (10, 11, 0)
    """
    signed = lowest < 0
    return max(highest.bit_length(), (-lowest - 1).bit_length() if signed else 0) + signed


def near(value: Fraction) -> str:
    """Return a value of any size, which no float may hold, in six digits."""
    return f"{Context(prec=6).divide(Decimal(value.numerator), Decimal(value.denominator)).normalize():g}"


def refusal_of_word(name: str, place: tuple[int, ...], fmt: Format, given: object) -> str:
    """Return the message that what lies at a place is no word of a format."""
    at = str([*place]) if place else ""
    return f"{name}{at} must be a word of {fmt.describe()}, {fmt.lowest} to {fmt.highest}, not {given}"
