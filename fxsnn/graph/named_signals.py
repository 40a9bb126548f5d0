"""Signals and leaks by the names that neurons' texts give them: what a plan of one of Q-SpiNN's layers is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self, TypeVar

import msgspec

from fxsnn.errors import ConfigError
from fxsnn.graph.plan import read_signal
from fxsnn.number.signal import (
    Leak,
    LeakGiven,
    LeakText,
    Signal,
    SignalGiven,
    leak_data,
    leak_of,
    signal_data,
    signal_of,
)
from fxsnn.program.neuron import BIT
from fxsnn.program.shipped import shipped

Text = TypeVar("Text", bound=msgspec.Struct)
WEIGHT = "weight"  # the signal of a projection's weights


def leaks_in(text: str) -> tuple[str, ...]:
    """Return the choices of a neuron's text that are leaks: nothing, a shift or a factor."""
    return tuple(name for name, ways in shipped(text).choices.items() if {*ways} == {"none", "shift", "multiply"})


def signals_in(text: str, without: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the signals of a neuron's text whose formats a plan states, weights first; factors go with their leaks."""
    left_out = {BIT, *without, *map(factor_of, leaks_in(text))}
    return (WEIGHT, *(name for name in shipped(text).signals if name not in left_out))


def factor_of(leak: str) -> str:
    """Return what texts call the factor of a leak: `trace_factor` of `trace_leak`."""
    return leak.replace("leak", "factor")


@dataclass(frozen=True, slots=True)
class NamedSignals:
    """Signals and leaks by name, which keep the order in which they were given; a leak not given has the usual factor.

    Raises ConfigError where a name is missing or is none of `SIGNALS` and `LEAKS`.
    """

    signals: Mapping[str, Signal]
    leaks: Mapping[str, Leak] = field(default_factory=dict)
    SIGNALS: ClassVar[tuple[str, ...]]
    LEAKS: ClassVar[tuple[str, ...]]

    def __post_init__(self) -> None:
        object.__setattr__(self, "leaks", dict.fromkeys(self.LEAKS, Leak()) | dict(self.leaks))
        for what, given, known in (("signals", self.signals, self.SIGNALS), ("leaks", self.leaks, self.LEAKS)):
            if {*given} != {*known}:
                raise ConfigError(f"{what} must be {', '.join(known)}, not {', '.join(given) or 'none'}")

    def __getitem__(self, name: str) -> Signal:
        """Return the signal of a name."""
        return self.signals[name]

    def changed(self, **changes: Any) -> Self:
        """Return the same with other signals and leaks, by their names, and other fields."""
        signals = {name: changes.pop(name, one) for name, one in self.signals.items()}
        leaks = {name: changes.pop(name, one) for name, one in self.leaks.items()}
        return replace(self, signals=signals, leaks=leaks, **changes)

    def data(self) -> dict[str, Any]:
        """Return the keys that a struct of `text_of` is read from."""
        signals = {name: signal_data(one) for name, one in self.signals.items()}
        return signals | {name: leak_data(one) for name, one in self.leaks.items()}


def text_of(others: type[Text], kind: type[NamedSignals]) -> type[Text]:
    """Return what a table of `kind` states, as people write it: its signals, its leaks, and what `others` has."""
    signals = [(signal, SignalGiven) for signal in kind.SIGNALS]
    leaks = [(leak, LeakGiven, msgspec.field(default_factory=LeakText)) for leak in kind.LEAKS]
    made: Any = msgspec.defstruct(
        others.__name__, [*signals, *leaks], bases=(others,), kw_only=True, forbid_unknown_fields=True
    )
    return made  # type: ignore[no-any-return]


def words_of(given: msgspec.Struct, kind: type[NamedSignals], order: Iterable[str]) -> dict[str, Any]:
    """Return the signals and leaks of a struct of `text_of`, in the order of a table's keys.

    Raises ConfigError, which names the signal or leak, where one cannot be read.
    """
    signals = {name: signal_of(getattr(given, name), name) for name in order if name in kind.SIGNALS}
    return {"signals": signals, "leaks": {name: leak_of(getattr(given, name), name) for name in kind.LEAKS}}


def read_word(kind: type[NamedSignals], given: Any, name: str) -> Signal | Leak:
    """Read a signal or a leak of such plans, as people write it; raises ConfigError, which names it."""
    if name not in (*kind.SIGNALS, *kind.LEAKS):
        raise ConfigError(f"a signal must be one of {', '.join((*kind.SIGNALS, *kind.LEAKS))}, not {name!r}")
    if name in kind.SIGNALS:
        return read_signal(given, name)
    try:
        return leak_of(given if isinstance(given, str) else msgspec.convert(given, LeakText), name)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name} must be a line or a table of a leak: {error}") from None
