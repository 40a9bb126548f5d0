"""`fxsnn cast`: an engineer's pocket calculator for formats."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from fractions import Fraction
from typing import Annotated, Any

import typer

from fxsnn.cli.options import AsJson
from fxsnn.cli.tables import show_json
from fxsnn.errors import ConfigError
from fxsnn.number.cast import cast_exact
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Overflow, Rounding

_MOST_DIGITS = 400
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?|[+-]?\d+/\d+", re.ASCII)
_WORD = re.compile(r"-?\d+|0x[0-9a-fA-F]+|0b[01]+", re.ASCII)


def cast(
    value: Annotated[
        str, typer.Argument(help="A number (0.7, -3/8, 1e-3), or with --from a raw word (-5, 0xfb, 0b1011).")
    ],
    to: Annotated[str, typer.Option("--to", help="Destination format: Q2.6 signed, UQ0.8 unsigned.")],
    source: Annotated[str | None, typer.Option("--from", help="Source format: VALUE is then a raw word of it.")] = None,
    rounding: Annotated[str, typer.Option(help="Rounding mode, ours or another family's name.")] = "nearest-even",
    overflow: Annotated[str, typer.Option(help="Overflow mode, ours or another family's name.")] = "saturate",
    seed: Annotated[int, typer.Option(help="LFSR seed of a stochastic draw.")] = Lfsr().seed,
    as_json: AsJson = False,
) -> None:
    """Cast one number or raw word and show the result: value, bits, what was lost."""
    dst, modes = Format.parse(to), (Rounding.parse(rounding), Overflow.parse(overflow))
    lfsr = Lfsr(seed=seed)
    src = Format.parse(source) if source is not None else None
    exact = _number(value) if src is None else src.value(_word(value, src))
    raw, inexact, tie, outside = cast_exact(exact, dst, *modes, lfsr, None if src is None else src.frac - dst.frac)
    result = dst.value(raw)
    facts: dict[str, Any] = {
        "input": _decimal(exact),
        "format": dst.describe(),
        "rounding": modes[0].value,
        "overflow": modes[1].value,
        "value": _decimal(result),
        "raw": raw,
        "hexadecimal": f"0x{dst.to_hex(raw)}",
        "binary": _binary(raw, dst),
        "lost": _decimal(exact - result),
        "inexact": inexact,
        "tie": tie,
        "overflowed": outside,
    }
    if as_json:
        show_json(facts)
        return
    units = _decimal(abs(exact - result) / dst.step)
    facts["lost"] += f"  ({units} {'unit' if units == '1' else 'units'} in the last place, each {_power(dst)})"
    facts["format"] += f", {_decimal(dst.value(dst.lowest))} to {_decimal(dst.value(dst.highest))}"
    for name, meaning in (
        ("inexact", "rounding dropped bits that were not zero"),
        ("tie", "what rounding dropped was exactly one half of a unit"),
        ("overflowed", f"rounded, it was outside the format: {modes[1].value}"),
    ):
        facts[name] = f"yes  ({meaning})" if facts[name] else "no"
    for name, fact in facts.items():
        typer.echo(f"{name:<12} {fact}")


def _number(text: str) -> Fraction:
    _check_length(text)
    if not _NUMBER.fullmatch(text):
        raise ConfigError(f"a value must be a number such as 0.7, -3/8 or 1e-3, not {text!r}")
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise ConfigError(f"a value must be finite, not {text!r}") from None


def _word(text: str, fmt: Format) -> int:
    _check_length(text)
    if not _WORD.fullmatch(text):
        raise ConfigError(f"a raw word must be an integer such as -5, 0xfb or 0b1011, not {text!r}")
    if text.startswith(("0x", "0b")):
        return fmt.from_bits(int(text, 0))  # a bit pattern
    if not fmt.lowest <= int(text) <= fmt.highest:
        raise ConfigError(f"raw words of {fmt.describe()} must be {fmt.lowest} to {fmt.highest}, not {text}")
    return int(text)


def _check_length(text: str) -> None:
    if len(text) > _MOST_DIGITS:
        raise ConfigError(f"a value must be at most {_MOST_DIGITS} characters, not {len(text):,}")


def _power(fmt: Format) -> str:
    return "1" if fmt.frac == 0 else f"2^{-fmt.frac}"


def _decimal(value: Fraction) -> str:
    """Return the exact decimal where it has at most 40 digits, else 17 digits marked as rounded."""
    context = Context(prec=40)
    exact = context.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize(context)
    if Fraction(exact) == value:
        return f"{exact:f}" if -7 < exact.adjusted() < 20 else str(exact)
    return f"~{Context(prec=17).divide(Decimal(value.numerator), Decimal(value.denominator))}"


def _binary(raw: int, fmt: Format) -> str:
    """Return the bits with the binary point where it lies inside the word."""
    bits = f"{raw & ((1 << fmt.word) - 1):0{fmt.word}b}"
    if 0 < fmt.frac < fmt.word:
        return f"0b{bits[: -fmt.frac]}.{bits[-fmt.frac :]}"
    return f"0b{bits}"
