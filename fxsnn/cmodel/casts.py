"""The C of a cast, each part of it written once: shifts, roundings, overflows, and the register that is drawn from.

No function's name ends like that of a local variable, in an underscore and a number.
"""

from __future__ import annotations

from collections.abc import Iterable

from fxsnn.cmodel.words import Width
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Overflow, Rounding

_FLOOR = """\
/* value / 2**by, rounded toward minus infinity: an arithmetic shift, which C99 leaves open for negative words */
static inline {type} floor{width}({type} value, int by)
{{
    return value >= 0 ? value >> by : ~(~value >> by);
}}
"""
_REST = """\
/* the bits of value that floor{width} drops */
static inline {type} rest{width}({type} value, int by)
{{
    return value & ((({type})1 << by) - 1);
}}
"""
# what is added to the floor, of the bits that are dropped; half is their half
_ADDED = {
    Rounding.ZERO: ("toward zero", "rest > 0 && value < 0"),
    Rounding.CEIL: ("toward plus infinity", "rest > 0"),
    Rounding.NEAREST_UP: ("nearest, tie to plus infinity", "rest >= half"),
    Rounding.NEAREST_DOWN: ("nearest, tie to minus infinity", "rest > half"),
    Rounding.NEAREST_ZERO: ("nearest, tie toward zero", "rest > half || (rest == half && value < 0)"),
    Rounding.NEAREST_AWAY: ("nearest, tie away from zero", "rest > half || (rest == half && value >= 0)"),
    Rounding.NEAREST_EVEN: ("nearest, tie to the even word", "rest > half || (rest == half && (floor & 1) != 0)"),
    Rounding.NEAREST_ODD: ("nearest, tie to the odd word", "rest > half || (rest == half && (floor & 1) == 0)"),
}
_ROUNDED = """\
/* value without its low bits, 1 or more, rounded {meaning} */
static inline {type} {name}{width}({type} value, int by)
{{
    const {type} floor = floor{width}(value, by);
    const {type} rest = rest{width}(value, by);
{half}    return floor + (({condition}) ? 1 : 0);
}}
"""
_HALF = "    const {type} half = ({type})1 << (by - 1);\n"
_STOCHASTIC = """\
/* (value + drawn) / 2**by, rounded toward minus infinity; drawn is less than 2**by */
static inline {type} stochastic{width}({type} value, int by, {type} drawn)
{{
    return floor{width}(value, by) + ((rest{width}(value, by) + drawn) >> by);
}}
"""
_LIMITS = {
    Overflow.SATURATE: (
        "saturate",
        "value, or the rail beyond which it is",
        "    return value < lowest ? lowest : value > highest ? highest : value;",
    ),
    Overflow.SATURATE_ZERO: (
        "saturate_zero",
        "value, or 0 where it is beyond a rail",
        "    return value < lowest || value > highest ? 0 : value;",
    ),
    Overflow.WRAP: (
        "wrap",
        "the low bits of value, as a word between rails that are 2**bits - 1 apart",
        "    const {type} span = highest - lowest;\n    const {type} low = value & span;\n"
        "    return low > highest ? (low - span) - 1 : low;",
    ),
}
_LIMIT = """\
/* {meaning} */
static inline {type} {name}{width}({type} value, {type} lowest, {type} highest)
{{
{body}
}}
"""
_DRAW = """\
/* {bits} or fewer fresh bits of the register x^{polynomial}, the first of them the most significant */
static inline {register} draw({register} *held, int bits)
{{
    const {register} mask = {mask};
    int left = bits;
    while (left > 0) {{
        /* so many bits depend on old ones alone */
        const int block = left < {nearest} ? left : {nearest};
        {register} fresh = 0;
{taps}
        fresh &= mask >> ({bits} - block);
        *held = ((*held & (mask >> block)) << block) | fresh;
        left -= block;
    }}
    return *held & (mask >> ({bits} - bits));
}}
"""


def rounding(mode: Rounding, width: Width) -> str:
    """Return the name of the function that drops bits in a mode."""
    return f"{mode.value.replace('-', '_')}{width}"


def limit(mode: Overflow, width: Width) -> str:
    """Return the name of the function that fits a value between rails in a mode."""
    return f"{_LIMITS[_alike(mode)][0]}{width}"


def register_type(lfsr: Lfsr) -> str:
    """Return the type that holds a register."""
    return f"uint{32 if lfsr.width <= 32 else 64}_t"


def functions(used: Iterable[str], lfsr: Lfsr) -> list[str]:
    """Return the functions of these names, and those that they need themselves."""
    needed = set(used)
    for width in (32, 64):
        rounded = {rounding(mode, width) for mode in Rounding} - {f"floor{width}"}
        if needed & rounded:
            needed |= {f"floor{width}", f"rest{width}"}
    return [text for name, text in _all(lfsr) if name in needed]


def _alike(mode: Overflow) -> Overflow:
    """Return the mode whose function serves: rails say what symmetric is, an error is saturated and reported."""
    return Overflow.SATURATE if mode in (Overflow.SATURATE_SYMMETRIC, Overflow.ERROR) else mode


def _all(lfsr: Lfsr) -> Iterable[tuple[str, str]]:
    widths: tuple[Width, ...] = (32, 64)
    for width in widths:
        type_ = f"int{width}_t"
        yield f"floor{width}", _FLOOR.format(type=type_, width=width)
        yield f"rest{width}", _REST.format(type=type_, width=width)
        for mode, (meaning, condition) in _ADDED.items():
            name = rounding(mode, width)
            half = _HALF.format(type=type_) if "half" in condition else ""
            yield (
                name,
                _ROUNDED.format(
                    meaning=meaning, type=type_, name=name[:-2], width=width, condition=condition, half=half
                ),
            )
        yield f"stochastic{width}", _STOCHASTIC.format(type=type_, width=width)
        for name, meaning, body in _LIMITS.values():
            yield (
                f"{name}{width}",
                _LIMIT.format(meaning=meaning, type=type_, name=name, width=width, body=body.format(type=type_)),
            )
    yield "draw", _drawing(lfsr)


def _drawing(lfsr: Lfsr) -> str:
    register, bits = register_type(lfsr), lfsr.width
    mask = f"UINT{register[4:6]}_C({(1 << bits) - 1})"
    taps = "\n".join(f"        fresh ^= *held >> ({tap} - block);" for tap in lfsr.taps)
    return _DRAW.format(
        bits=bits, polynomial=lfsr.polynomial.removeprefix("x^"), register=register, mask=mask,
        nearest=lfsr.taps[-1], taps=taps,
    )  # fmt: skip
