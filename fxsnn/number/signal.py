"""Signals and leaks: a format with what every cast into it does, as plans of every kind write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Overflow, Rounding


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


def signal_of(given: SignalText | LeakText, name: str) -> Signal:
    """Return the signal that a text means; raises ConfigError with its name."""
    try:
        return Signal(Format.parse(given.format), Rounding.parse(given.rounding), Overflow.parse(given.overflow))
    except FxsnnError as error:
        raise ConfigError(f"{name}: {error}") from None


def leak_of(given: LeakText, name: str) -> Leak:
    """Return the leak that a text means; raises ConfigError with its name."""
    if given.shift and given.kind != "shift":
        raise ConfigError(f"{name}.shift must be given where kind is 'shift' alone, not {given.kind!r}")
    if given.kind != "multiply":
        for key in SignalText.__struct_fields__:
            if getattr(given, key) != getattr(LeakText(), key):
                raise ConfigError(f"{name}.{key} must be given where kind is 'multiply' alone, not {given.kind!r}")
    return Leak(given.kind, signal_of(given, name), given.shift)


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
