"""Signals and leaks: a format with what every cast into it does, as plans of every kind write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Overflow, Rounding

_SHIFT = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal's format, and what every cast into it does."""

    format: Format
    rounding: Rounding = Rounding.NEAREST_EVEN
    overflow: Overflow = Overflow.SATURATE

    def __str__(self) -> str:
        return f"{self.format} {self.rounding} {self.overflow}"


@dataclass(frozen=True, slots=True)
class Leak:
    """How the membrane leaks in a step.

    `multiply`: v * factor, the factor a constant in the unsigned `factor` format; `shift`: v - (v >> shift),
    the shift dropping bits as an arithmetic shifter does; `none`: v.
    """

    kind: Literal["multiply", "shift", "none"] = "multiply"
    factor: Signal = Signal(Format(8, 8, signed=False))
    shift: int = 0

    def __post_init__(self) -> None:
        if self.kind not in ("multiply", "shift", "none"):
            raise ConfigError(f"leak must be multiply, shift or none, not {self.kind!r}")
        if self.kind == "multiply" and self.factor.format.signed:
            raise ConfigError(f"the leak factor's format must be unsigned, not {self.factor.format.describe()}")
        if self.kind == "shift" and not 1 <= self.shift <= 62:
            raise ConfigError(f"a leak's shift must be 1 to 62, not {self.shift}")

    def __str__(self) -> str:
        return {"multiply": f"multiply {self.factor}", "shift": f"shift {self.shift}", "none": "none"}[self.kind]


class SignalText(msgspec.Struct, forbid_unknown_fields=True):
    """A signal as people write it."""

    format: str
    rounding: str = Rounding.NEAREST_EVEN.value
    overflow: str = Overflow.SATURATE.value


class LeakText(msgspec.Struct, forbid_unknown_fields=True):
    """A leak as people write it."""

    kind: Literal["multiply", "shift", "none"] = "multiply"
    format: str = "UQ0.8"
    rounding: str = Rounding.NEAREST_EVEN.value
    overflow: str = Overflow.SATURATE.value
    shift: int = 0


SignalGiven: TypeAlias = SignalText | str  # a table, or one line: "Q6.6 floor saturate"
LeakGiven: TypeAlias = LeakText | str  # a table, or one line: "shift 5"


class LfsrText(msgspec.Struct, forbid_unknown_fields=True):
    """The register that stochastic casts derive theirs from, as people write it."""

    taps: tuple[int, ...] = Lfsr().taps
    seed: int = Lfsr().seed


class ChoiceText(msgspec.Struct, forbid_unknown_fields=True):
    """With what fxsnn select chose a plan, which it writes behind it; see `selection.criteria`."""

    reward: str | None = None
    mu: float | None = None
    max_loss: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None  # none: no floor
    budget: str | None = None
    by: str | None = None


def signal_of(given: SignalGiven | LeakText, name: str) -> Signal:
    """Return the signal that a table or a line means; raises ConfigError with its name."""
    if isinstance(given, str):
        words = given.split()
        if not 1 <= len(words) <= 3:
            raise ConfigError(f"{name} must be a format, a rounding and an overflow, not {given!r}")
        given = SignalText(*words)
    try:
        return Signal(Format.parse(given.format), Rounding.parse(given.rounding), Overflow.parse(given.overflow))
    except FxsnnError as error:
        raise ConfigError(f"{name}: {error}") from None


def leak_of(given: LeakGiven, name: str) -> Leak:
    """Return the leak that a table or a line means; raises ConfigError with its name."""
    if isinstance(given, str):
        try:
            return parse_leak(given)
        except FxsnnError as error:
            raise ConfigError(f"{name}: {error}") from None
    if given.shift and given.kind != "shift":
        raise ConfigError(f"{name}.shift must be given where kind is 'shift' alone, not {given.kind!r}")
    if given.kind != "multiply":
        for key in SignalText.__struct_fields__:
            if getattr(given, key) != getattr(LeakText(), key):
                raise ConfigError(f"{name}.{key} must be given where kind is 'multiply' alone, not {given.kind!r}")
    factor = signal_of(given, name)
    try:
        return Leak(given.kind, factor, given.shift)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from None


def parse_leak(text: str) -> Leak:
    """Read a leak as grids and people write it: `multiply UQ0.8`, its factor as any signal, `shift 6` or `none`."""
    kind, _, rest = text.partition(" ")
    if kind == "none" and not rest:
        return Leak("none")
    if kind == "shift" and _SHIFT.fullmatch(rest):
        return Leak("shift", shift=int(rest))
    if kind == "multiply" and rest == " ".join(rest.split()):  # one spelling: grids name their points by it
        return Leak("multiply", signal_of(rest, "the leak factor"))
    raise ConfigError(f"a leak must read like 'multiply UQ0.8', 'shift 6' or 'none', not {text!r}")


def line_data(line: str, name: str) -> dict[str, Any]:
    """Return the table that a line means, of a leak or of a signal; raises ConfigError with its name."""
    if line.partition(" ")[0] in ("multiply", "shift", "none"):
        return leak_data(leak_of(line, name))
    return signal_data(signal_of(line, name))


def leak_data(leak: Leak) -> dict[str, Any]:
    """Return the keys that `LeakText` is read from."""
    data: dict[str, Any] = {"kind": leak.kind}
    if leak.kind == "multiply":
        data |= signal_data(leak.factor)
    elif leak.kind == "shift":
        data["shift"] = leak.shift
    return data


def signal_data(signal: Signal) -> dict[str, str]:
    """Return the keys that `SignalText` is read from."""
    return {
        "format": str(signal.format),
        "rounding": signal.rounding.value,
        "overflow": signal.overflow.value,
    }
