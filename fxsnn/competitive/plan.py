"""A plan: the format, rounding and overflow of every signal, and how the datapath is wired.

People write plans in TOML; see `parse_plan` and docs/files.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import msgspec
import tomli_w

from fxsnn.errors import ConfigError
from fxsnn.graph.named_signals import NamedSignals, leaks_in, signals_in, text_of, words_of
from fxsnn.io.documents import documented, parse_toml
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Overflow
from fxsnn.number.signal import (
    ChoiceText,
    Leak,
    LeakGiven,
    LfsrText,
    Signal,
    SignalGiven,
    leak_data,
    leak_of,
    signal_data,
    signal_of,
)

LEARNING_SIGNALS = ("weight", "trace", "theta", "rate", "constants")


@dataclass(frozen=True, slots=True)
class LearningPlan:
    """Formats of what learning in integers stores and multiplies: see docs/learning.md.

    `weight` is what is learned, at least as fine as the plan's weight, to which it is cast to be read. `trace` is
    an input's trace, `theta` the learned adaptive threshold, `rate` the learning rate of an image; `constants`
    holds offset and softness. A trace fades by `fade`.
    """

    weight: Signal
    trace: Signal = Signal(Format(1, 0, signed=False))
    theta: Signal = Signal(Format(24, 16, signed=False))
    rate: Signal = Signal(Format(16, 16, signed=False))
    constants: Signal = Signal(Format(8, 8, signed=False))
    fade: Leak = Leak("none")

    def __post_init__(self) -> None:
        for name in LEARNING_SIGNALS:
            signal: Signal = getattr(self, name)
            if signal.format.signed:
                raise ConfigError(f"learning {name} must be unsigned, not {signal.format.describe()}")
            if signal.overflow is Overflow.ERROR:
                raise ConfigError(
                    f"learning {name} must not have the overflow mode error, which would end the learning"
                )


@dataclass(frozen=True, slots=True)
class Plan(NamedSignals):
    """Everything that turns a network in real numbers into one in raw integers."""

    SIGNALS: ClassVar = signals_in("competitive", without=("refractory",))  # a counter as wide as the period asks for
    LEAKS: ClassVar = leaks_in("competitive")
    accumulate: Literal["exact", "each"] = "exact"  # cast the sum once, or after every addition
    integrate: Literal["two-casts", "fused"] = "two-casts"  # cast after the leak too, or only once
    fold: bool = False  # scale each neuron's threshold as rounding scaled its weights: see quantised.py
    lfsr: Lfsr = field(default_factory=Lfsr)
    learning: LearningPlan | None = None  # where the network is to learn in integers

    def __post_init__(self) -> None:
        NamedSignals.__post_init__(self)
        if self.accumulate not in ("exact", "each"):
            raise ConfigError(f"accumulate must be exact or each, not {self.accumulate!r}")
        if self.integrate not in ("two-casts", "fused"):
            raise ConfigError(f"integrate must be two-casts or fused, not {self.integrate!r}")

    @property
    def leak(self) -> Leak:
        """How the membrane leaks."""
        return self.leaks["leak"]


class _LearningText(msgspec.Struct, forbid_unknown_fields=True):
    weight: SignalGiven
    trace: SignalGiven = "UQ1.0"
    theta: SignalGiven = "UQ8.16"
    rate: SignalGiven = "UQ0.16"
    constants: SignalGiven = "UQ0.8"
    fade: LeakGiven = "none"


class _PlanText(msgspec.Struct, forbid_unknown_fields=True):
    lfsr: LfsrText = msgspec.field(default_factory=LfsrText)
    accumulate: Literal["exact", "each"] = "exact"
    integrate: Literal["two-casts", "fused"] = "two-casts"
    fold: bool = False
    learning: _LearningText | None = None
    choice: ChoiceText | None = None
    schema: Literal[1] = 1


_TEXT = text_of(_PlanText, Plan)


def parse_plan(text: str) -> Plan:
    """Read a plan from TOML.

    Raises
    ------
    ConfigError
        The text is not TOML, a table or key is missing, unknown or of the wrong type, or a format or
        mode does not exist; the message names the key.
    """
    return plan_from_data(parse_toml(text, "a plan"))


def plan_from_data(data: Any) -> Plan:
    """Read a plan from the tables of a TOML or JSON document; raises as `parse_plan` does."""
    given = documented(data, _TEXT, "a plan")
    return Plan(
        **words_of(given, Plan, data),
        accumulate=given.accumulate,
        integrate=given.integrate,
        fold=given.fold,
        lfsr=Lfsr(given.lfsr.taps, given.lfsr.seed),
        learning=_learning(given.learning),
    )


def plan_to_data(plan: Plan) -> dict[str, Any]:
    """Return the plan as tables of strings and integers, keys in a fixed order."""
    tables: dict[str, Any] = {
        "schema": 1,
        "accumulate": plan.accumulate,
        "integrate": plan.integrate,
        "fold": plan.fold,
    }
    tables |= plan.data()
    if plan.learning:
        tables["learning"] = {name: signal_data(getattr(plan.learning, name)) for name in LEARNING_SIGNALS}
        tables["learning"]["fade"] = leak_data(plan.learning.fade)
    tables["lfsr"] = {"taps": list(plan.lfsr.taps), "seed": plan.lfsr.seed}
    return tables


def plan_text(plan: Plan) -> str:
    """Return the plan as TOML that `parse_plan` reads back to an equal plan."""
    return tomli_w.dumps(plan_to_data(plan))


def formats_of(plan: Plan) -> dict[str, str]:
    """Return each signal's format as people must see it, with word length and sign."""
    formats = {name: signal.format.describe() for name, signal in plan.signals.items()}
    leak = {"multiply": plan.leak.factor.format.describe(), "shift": f"v - (v >> {plan.leak.shift})", "none": "none"}
    fold = "as it learns" if plan.learning else "yes" if plan.fold else "no"
    formats |= {"leak": leak[plan.leak.kind], "fold": fold}
    if plan.learning:
        formats |= {f"learning {name}": getattr(plan.learning, name).format.describe() for name in LEARNING_SIGNALS}
    return formats


def _learning(given: _LearningText | None) -> LearningPlan | None:
    if given is None:
        return None
    signals = {name: signal_of(getattr(given, name), f"learning.{name}") for name in LEARNING_SIGNALS}
    return LearningPlan(**signals, fade=leak_of(given.fade, "learning.fade"))
