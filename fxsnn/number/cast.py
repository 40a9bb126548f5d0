"""Casts: fixed to fixed and real to fixed, exact for every pair of formats, and counted.

A cast quantises first and handles overflow then, never the reverse (contract 2; IEEE 1666).
NumPy is imported where arrays are cast: the command line begins without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from fxsnn.errors import ConfigError, OverflowDetectedError
from fxsnn.frozen import freeze
from fxsnn.kernels import rescale
from fxsnn.number.format import Format, as_format, near, refusal_of_word
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Overflow, Rounding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Words = NDArray[np.int64]

_SHIFT_LIMIT = 200  # beyond it no word of 63 bits rounds or overflows differently
_MANTISSA = 53  # bits of a float64 significand
_UNSIGNED = {1: "u1", 2: "u2", 4: "u4", 8: "u8"}  # types by their bytes


@dataclass(frozen=True, slots=True)
class CastResult:
    """The words of a cast, int64 of the input's shape, and how many were not what went in."""

    raw: Words
    inexact: int  # dropped bits that were not zero
    ties: int  # dropped bits that were exactly one half
    overflows: int  # rounded values outside the format

    def __post_init__(self) -> None:
        freeze(self)


def rails(fmt: Format, overflow: Overflow) -> tuple[int, int]:
    """Return the least and the greatest raw word that the overflow mode lets through.

    >>> rails(Format.parse("Q2.6"), Overflow.SATURATE_SYMMETRIC)
    (-127, 127)
    """
    symmetric = overflow is Overflow.SATURATE_SYMMETRIC and fmt.signed
    return (-fmt.highest if symmetric else fmt.lowest), fmt.highest


def cast(
    raw: ArrayLike,
    src: Format | str,
    dst: Format | str,
    rounding: str = "nearest-even",
    overflow: str = "saturate",
    *,
    lfsr: Lfsr | None = None,
) -> Words:
    """Return raw words of `src` as raw words of `dst`.

    Parameters
    ----------
    raw
        Integers of any shape, each within `src`.
    src, dst
        Formats, or their names: "Q2.6".
    rounding, overflow
        Names of modes, ours or another family's (`SC_RND`, `Convergent`, `TR` ...).
    lfsr
        The register that `stochastic` draws from, the default one where none is given: one draw a
        word, in C order, of as many bits as are dropped (at most its width, aligned at their top).

    Returns
    -------
    int64 array of the shape of `raw`.

    Raises
    ------
    FormatError
        An unknown mode.
    ConfigError
        `raw` holds something else than words of `src`.
    OverflowDetectedError
        A value left `dst` and the overflow mode is `error`.

    >>> cast([5, -5, 300], "Q8.2", "Q4.1").tolist()
    [2, -2, 15]
    """
    return cast_counted(raw, src, dst, rounding, overflow, lfsr=lfsr).raw.copy()  # the caller may write in it


def cast_counted(
    raw: ArrayLike,
    src: Format | str,
    dst: Format | str,
    rounding: str = "nearest-even",
    overflow: str = "saturate",
    *,
    lfsr: Lfsr | None = None,
) -> CastResult:
    """Cast as `cast` does and count what was inexact, a tie or an overflow.

    raw    integers of any shape, each within `src`
    """
    src, dst = as_format(src), as_format(dst)
    shift = max(-_SHIFT_LIMIT, min(_SHIFT_LIMIT, src.frac - dst.frac))
    register = lfsr or Lfsr()
    return _cast(_words_of(raw, src), shift, dst, rounding, overflow, register, register.draw_bits(shift))


def from_float(
    x: ArrayLike,
    dst: Format | str,
    rounding: str = "nearest-even",
    overflow: str = "saturate",
    *,
    lfsr: Lfsr | None = None,
) -> Words:
    """Return real numbers as raw words of `dst`, as if computed without any limit of precision.

    Parameters
    ----------
    x
        float64 (or narrower) or integers of any shape. Infinities saturate where the mode does.
    dst
        A format, or its name: "Q2.6".
    rounding, overflow, lfsr
        As for `cast`; a real number has no last bit, so each draw of `stochastic` takes all bits
        of the register.

    Returns
    -------
    int64 array of the shape of `x`.

    Raises
    ------
    FormatError, OverflowDetectedError
        As for `cast`.
    ConfigError
        `x` is not numeric, holds a NaN, or an infinity that the overflow mode cannot place.

    >>> from_float([0.3, -0.3, 9.0], "Q1.3", "nearest-even").tolist()
    [2, -2, 7]
    """
    return from_float_counted(x, dst, rounding, overflow, lfsr=lfsr).raw.copy()


def from_float_counted(
    x: ArrayLike,
    dst: Format | str,
    rounding: str = "nearest-even",
    overflow: str = "saturate",
    *,
    lfsr: Lfsr | None = None,
) -> CastResult:
    """Cast as `from_float` does and count what was inexact, a tie or an overflow.

    x    float64 (or narrower) or integers of any shape
    """
    import numpy as np

    dst, values = as_format(dst), np.asarray(x)
    register = lfsr or Lfsr()
    bits = register.width if Rounding.parse(rounding) is Rounding.STOCHASTIC else 0
    if values.dtype.kind in "iu":
        if values.size and int(values.max()) >= 1 << 63:
            raise ConfigError(f"integers must be below 2**63, not {values.max()}")
        shift = max(-_SHIFT_LIMIT, min(_SHIFT_LIMIT, -dst.frac))
        return _cast(values.astype(np.int64), shift, dst, rounding, overflow, register, bits)
    if values.dtype.kind != "f" or values.dtype.itemsize > 8:
        raise ConfigError(f"x must hold float64 or narrower or integers, not {values.dtype}")
    values = values.astype(np.float64)
    if np.isnan(values).any():
        raise ConfigError("x must hold numbers, not NaN")
    infinite = np.isinf(values)
    if infinite.any() and Overflow.parse(overflow) is Overflow.WRAP:
        raise ConfigError("x must be finite where overflow is 'wrap', not infinite")
    # x = significand * 2**(exponent - 53) with an integer significand; an infinity overflows as any
    # value far outside does
    significand, exponent = np.frexp(np.where(infinite, np.sign(values), values))
    words = np.ldexp(significand, _MANTISSA).astype(np.int64)
    shifts = np.where(infinite, -_SHIFT_LIMIT, _MANTISSA - exponent.astype(np.int64) - dst.frac)
    return _cast(words, np.clip(shifts, -_SHIFT_LIMIT, _SHIFT_LIMIT), dst, rounding, overflow, register, bits)


def to_float(raw: ArrayLike, src: Format | str) -> NDArray[np.float64]:
    """Return the values of raw words as float64, the nearest ones where 53 bits do not hold them.

    raw    integers of any shape; the result is float64 of that shape
    src    a format, or its name

    >>> to_float([-128, 96], "Q2.6").tolist()
    [-2.0, 1.5]
    """
    import numpy as np

    src = as_format(src)
    return np.ldexp(_words_of(raw, src).astype(np.float64), max(-5000, min(5000, -src.frac)))


def cast_exact(
    value: Fraction, dst: Format, rounding: str, overflow: str, lfsr: Lfsr | None = None, dropped: int | None = None
) -> tuple[int, bool, bool, bool]:
    """Cast one exact number in Python integers: its word, and whether it was inexact, a tie, an overflow.

    A stochastic draw takes the bits that `cast` takes where `dropped` is given, else those of `from_float`.
    No array, no kernel.
    """
    rounding_mode, overflow_mode = Rounding.parse(rounding), Overflow.parse(overflow)
    register = lfsr or Lfsr()
    # enough bits below the last kept one for any draw, and one that gathers all the rest
    below = register.width + 2
    scaled = value * Fraction(2) ** (dst.frac + below)
    floor = scaled.numerator // scaled.denominator
    gathered = 2 * floor + (floor != scaled)
    lowest, highest = rails(dst, overflow_mode)
    bits = register.width if dropped is None else register.draw_bits(dropped)
    draw = next(register.draws(bits))
    result = rescale.recast(gathered, below + 1, rounding_mode.code, draw, bits, lowest, highest, overflow_mode.code)
    if result[3] and overflow_mode is Overflow.ERROR:
        raise OverflowDetectedError(f"the value must lie in {dst.describe()}, {dst.span}, not {near(value)}")
    return result


def _cast(
    words: Words, shifts: Words | int, dst: Format, rounding: str, overflow: str, register: Lfsr, draw_bits: int
) -> CastResult:
    import numpy as np

    from fxsnn.kernels.cast import cast_words  # Numba: only where arrays are cast

    rounding_mode, overflow_mode = Rounding.parse(rounding), Overflow.parse(overflow)
    out, counts = np.empty(words.size, dtype=np.int64), np.zeros(3, dtype=np.int64)
    cast_words(
        out,
        counts,
        words.reshape(-1),
        np.full(words.shape, shifts, dtype=np.int64).reshape(-1),
        rounding_mode.code,
        overflow_mode.code,
        np.array(rails(dst, overflow_mode), dtype=np.int64),
        register.tap_array(),
        register.seed,
        draw_bits if rounding_mode is Rounding.STOCHASTIC else 0,
    )
    inexact, ties, overflows = counts.tolist()
    if overflows and overflow_mode is Overflow.ERROR:
        raise OverflowDetectedError(f"all values must lie in {dst.describe()}, {dst.span}; {overflows} did not")
    return CastResult(out.reshape(words.shape), inexact, ties, overflows)


def _words_of(raw: ArrayLike, src: Format) -> Words:
    import numpy as np

    words = np.asarray(raw)
    if words.size == 0:
        return words.astype(np.int64)
    if words.dtype.kind not in "iu":
        raise ConfigError(f"raw words must be integers of at most 64 bits, not {words.dtype}")
    least, greatest = int(words.min()), int(words.max())
    if least < src.lowest or greatest > src.highest:
        worst = least if least < src.lowest else greatest
        raise ConfigError(f"raw words of {src.describe()} must be {src.lowest} to {src.highest}, not {worst}")
    return words.astype(np.int64)


def check_words(name: str, words: ArrayLike, fmt: Format, before: int = 0) -> None:
    """Raise ConfigError where a word is not one of the format; the message names the first and where it lies.

    words     integers of any shape
    before    how many come before the first of them, where they are a part
    """
    import numpy as np

    given = np.asarray(words)
    if given.dtype.kind not in "iu":
        raise ConfigError(f"{name} must be integers, not {given.dtype}")
    if given.size and _leaves(given, fmt):
        place = tuple(int(n) for n in np.argwhere((given < fmt.lowest) | (given > fmt.highest))[0])
        whole = (place[0] + before, *place[1:]) if place else ()
        raise ConfigError(refusal_of_word(name, whole, fmt, given[place]))


def _leaves(given: NDArray[np.integer[Any]], fmt: Format) -> bool:
    """Say whether a word is none of a format; called at every step of a bench: one comparison where that is enough."""
    import numpy as np

    most, least = np.maximum.reduce, np.minimum.reduce  # max() and min() without a call in between
    if fmt.lowest == 0 and given.dtype.isnative:  # a negative word is above all there
        return bool(most(given.view(_UNSIGNED[given.dtype.itemsize]), axis=None) > fmt.highest)
    below = given.dtype.kind == "i" and least(given, axis=None) < fmt.lowest
    return bool(below or most(given, axis=None) > fmt.highest)
