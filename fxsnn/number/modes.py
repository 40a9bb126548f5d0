"""The rounding and overflow modes, and the names other families give them.

The definitions are those of IEEE 1666 (SystemC) where it has the mode; the code that carries them
out is `kernels/rescale.py`, which holds the numbers behind these names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from fxsnn.errors import FormatError
from fxsnn.kernels import rescale


class Rounding(StrEnum):
    """What happens to the bits that a cast drops; `code` is the kernels' number for it."""

    FLOOR = "floor"  # toward minus infinity: the bits are dropped
    ZERO = "zero"  # toward zero
    CEIL = "ceil"  # toward plus infinity
    NEAREST_UP = "nearest-up"  # nearest, tie to plus infinity
    NEAREST_DOWN = "nearest-down"  # nearest, tie to minus infinity
    NEAREST_ZERO = "nearest-zero"  # nearest, tie toward zero
    NEAREST_AWAY = "nearest-away"  # nearest, tie away from zero
    NEAREST_EVEN = "nearest-even"  # nearest, tie to the even word
    NEAREST_ODD = "nearest-odd"  # nearest, tie to the odd word
    STOCHASTIC = "stochastic"  # (raw + r) >> k, r fresh bits of a declared LFSR

    @property
    def code(self) -> int:
        """The number by which the kernels know the mode."""
        return _ROUNDING_CODES[self]

    @classmethod
    def parse(cls, name: str) -> Rounding:
        """Return the mode of this name, ours or another family's.

        >>> Rounding.parse("SC_RND_CONV"), Rounding.parse("TR")
        (<Rounding.NEAREST_EVEN: 'nearest-even'>, <Rounding.FLOOR: 'floor'>)
        """
        if isinstance(name, str) and name.lower() == "trunc":
            raise FormatError(
                "rounding 'trunc' means floor to an RTL engineer and zero to NumPy: say 'floor' or 'zero'"
            )
        return _named(cls, name, _ROUNDING_ALIASES, "rounding", Overflow)


class Overflow(StrEnum):
    """What happens to a value outside the format, after rounding; `code` is the kernels' number."""

    SATURATE = "saturate"  # the nearest rail
    SATURATE_SYMMETRIC = "saturate-symmetric"  # the nearest rail, the lower being -highest
    SATURATE_ZERO = "saturate-zero"  # zero
    WRAP = "wrap"  # the upper bits are dropped
    ERROR = "error"  # refused

    @property
    def code(self) -> int:
        """The number by which the kernels know the mode."""
        return _OVERFLOW_CODES[self]

    @classmethod
    def parse(cls, name: str) -> Overflow:
        """Return the mode of this name, ours or another family's.

        >>> Overflow.parse("AP_SAT_SYM")
        <Overflow.SATURATE_SYMMETRIC: 'saturate-symmetric'>
        """
        return _named(cls, name, _OVERFLOW_ALIASES, "overflow", Rounding)


# Q-SpiNN's names, which names of candidates and headers of tables have room for
SHORT = {Rounding.FLOOR: "TR", Rounding.NEAREST_UP: "RN", Rounding.STOCHASTIC: "SR"}

Mode = TypeVar("Mode", Rounding, Overflow)


def spelled_out(texts: Iterable[str]) -> str:
    """Return what the short names of roundings in these texts mean: `TR: floor, SR: stochastic`; "" of texts without.

    >>> spelled_out(["w4.4-SR-v10.2-TR-fold", "w1.1-TR-v8.0-TR"])
    'TR: floor, SR: stochastic'
    """
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    return ", ".join(f"{short}: {mode}" for mode, short in SHORT.items() if short in words)


def _named(kind: type[Mode], name: str, aliases: dict[str, Mode], what: str, other: type[Rounding | Overflow]) -> Mode:
    if not isinstance(name, str):
        raise FormatError(f"{what} must be the name of a mode, not {name!r}")
    key = name.lower().replace("_", "-")
    for mode in kind:
        if key == mode.value:
            return mode
    if key in aliases:
        return aliases[key]
    swapped = "; formats, roundings and overflow modes are written in this order" if key in list(other) else ""
    raise FormatError(
        f"{what} must be one of {', '.join(kind)} (or another family's name for it), not {name!r}{swapped}"
    )


_ROUNDING_CODES = {
    Rounding.FLOOR: rescale.FLOOR,
    Rounding.ZERO: rescale.ZERO,
    Rounding.CEIL: rescale.CEIL,
    Rounding.NEAREST_UP: rescale.NEAREST_UP,
    Rounding.NEAREST_DOWN: rescale.NEAREST_DOWN,
    Rounding.NEAREST_ZERO: rescale.NEAREST_ZERO,
    Rounding.NEAREST_AWAY: rescale.NEAREST_AWAY,
    Rounding.NEAREST_EVEN: rescale.NEAREST_EVEN,
    Rounding.NEAREST_ODD: rescale.NEAREST_ODD,
    Rounding.STOCHASTIC: rescale.STOCHASTIC,
}

_OVERFLOW_CODES = {
    Overflow.SATURATE: rescale.SATURATE,
    Overflow.SATURATE_SYMMETRIC: rescale.SATURATE,  # a saturation whose lower rail is -highest
    Overflow.SATURATE_ZERO: rescale.SATURATE_ZERO,
    Overflow.WRAP: rescale.WRAP,
    Overflow.ERROR: rescale.SATURATE,  # any overflow is refused once the kernel has counted it
}

# Keys in lower case with '-' for '_'. Families, in this order where they have the mode: SystemC, AMD
# ap_fixed, Siemens ac_fixed, MATLAB fi, fxpmath, apytypes, en_cl_fix, Q-SpiNN.
_ROUNDING_FAMILIES = {
    Rounding.FLOOR: "SC_TRN AP_TRN AC_TRN Floor bit_trunc TO_NEG TRN Trunc_s TR",
    Rounding.ZERO: "SC_TRN_ZERO AP_TRN_ZERO AC_TRN_ZERO Zero fix TO_ZERO TRN_ZERO",
    Rounding.CEIL: "Ceiling TO_POS TRN_INF",
    Rounding.NEAREST_UP: "SC_RND AP_RND AC_RND Nearest nearest_posinf TIES_POS RND NonSymPos_s RN",
    Rounding.NEAREST_DOWN: "SC_RND_MIN_INF AP_RND_MIN_INF AC_RND_MIN_INF nearest_neginf TIES_NEG RND_MIN_INF "
    "NonSymNeg_s",
    Rounding.NEAREST_ZERO: "SC_RND_ZERO AP_RND_ZERO AC_RND_ZERO nearest_zero TIES_ZERO RND_ZERO SymZero_s",
    Rounding.NEAREST_AWAY: "SC_RND_INF AP_RND_INF AC_RND_INF Round nearest_away TIES_AWAY RND_INF SymInf_s",
    Rounding.NEAREST_EVEN: "SC_RND_CONV AP_RND_CONV AC_RND_CONV Convergent around TIES_EVEN RND_CONV ConvEven_s",
    Rounding.NEAREST_ODD: "AC_RND_CONV_ODD TIES_ODD RND_CONV_ODD ConvOdd_s",
    Rounding.STOCHASTIC: "STOCH_WEIGHTED SR",
}

_OVERFLOW_FAMILIES = {
    Overflow.SATURATE: "SC_SAT AP_SAT AC_SAT Saturate SAT Sat_s",
    Overflow.SATURATE_SYMMETRIC: "SC_SAT_SYM AP_SAT_SYM AC_SAT_SYM",
    Overflow.SATURATE_ZERO: "SC_SAT_ZERO AP_SAT_ZERO AC_SAT_ZERO",
    Overflow.WRAP: "SC_WRAP AP_WRAP AC_WRAP None_s",
    Overflow.ERROR: "raise",
}


def _aliases(families: dict[Mode, str]) -> dict[str, Mode]:
    return {alias.lower().replace("_", "-"): mode for mode, aliases in families.items() for alias in aliases.split()}


_ROUNDING_ALIASES = _aliases(_ROUNDING_FAMILIES)
_OVERFLOW_ALIASES = _aliases(_OVERFLOW_FAMILIES)
