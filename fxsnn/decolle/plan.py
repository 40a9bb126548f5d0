"""Formats, roundings and overflows of every signal of layers that learn by local errors, and how each is wired."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import tomli_w

from fxsnn.decolle.table import LEARNING_SIGNALS, LayerLearning, LearningText, table_data, table_of
from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.io.documents import documented, parse_toml
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.signal import (
    ChoiceText,
    Leak,
    LeakGiven,
    LeakText,
    LfsrText,
    Signal,
    SignalGiven,
    leak_data,
    leak_of,
    signal_data,
    signal_of,
)

Filters = Literal["inputs", "currents"]
SIGNALS = ("weight", "bias", "synapse", "trace", "refractory")
LEAKS = ("trace_leak", "synapse_leak", "refractory_leak")
CASTS = ("trace", "synapse", "refractory")  # of a time step, in this order: each has a stream of the plan's LFSR
CONSTANTS = ("weight", "bias", "refractory", *LEAKS)
STREAMS = len(CASTS) + len(CONSTANTS)  # of a layer


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """The words of one layer.

    `filters` says what decays. `inputs`: Q (`synapse`) and P (`trace`) of every input, and the kernel is laid over P.
    `currents`: the kernel is laid over the spikes, and their sum decays in I (`synapse`) and M (`trace`) of every
    neuron, as on chips that keep a synaptic current. In real numbers both are the same network.
    """

    weight: Signal
    bias: Signal
    synapse: Signal
    trace: Signal
    refractory: Signal
    trace_leak: Leak
    synapse_leak: Leak
    refractory_leak: Leak
    filters: Filters = "inputs"
    learning: LayerLearning | None = None  # where the layer is to learn in integers

    def __post_init__(self) -> None:
        if self.filters not in ("inputs", "currents"):
            raise ConfigError(f"filters must be inputs or currents, not {self.filters!r}")


@dataclass(frozen=True, slots=True)
class DecollePlan:
    """A plan for each layer, and the register that stochastic casts derive theirs from."""

    layers: tuple[LayerPlan, ...]
    lfsr: Lfsr = field(default_factory=Lfsr)


class _LayerText(msgspec.Struct, forbid_unknown_fields=True):
    weight: SignalGiven
    bias: SignalGiven
    synapse: SignalGiven
    trace: SignalGiven
    refractory: SignalGiven
    trace_leak: LeakGiven = msgspec.field(default_factory=LeakText)
    synapse_leak: LeakGiven = msgspec.field(default_factory=LeakText)
    refractory_leak: LeakGiven = msgspec.field(default_factory=LeakText)
    filters: Filters = "inputs"
    learning: LearningText | None = None


class _PlanText(msgspec.Struct, forbid_unknown_fields=True):
    layer: list[_LayerText]
    lfsr: LfsrText = msgspec.field(default_factory=LfsrText)
    choice: ChoiceText | None = None
    schema: Literal[1] = 1


def parse_decolle_plan(text: str) -> DecollePlan:
    """Read a plan from TOML.

    Raises
    ------
    ConfigError
        The text is not TOML, a table or key is missing, unknown or of the wrong type, or a format or mode is none.
    """
    return decolle_plan_from_data(parse_toml(text, "a plan of layers"))


def decolle_plan_from_data(data: Any) -> DecollePlan:
    """Read a plan from the tables of a TOML or JSON document; raises as `parse_decolle_plan` does."""
    given = documented(data, _PlanText, "a plan of layers")
    return DecollePlan(
        tuple(_layer(layer, number) for number, layer in enumerate(given.layer)), Lfsr(given.lfsr.taps, given.lfsr.seed)
    )


def _layer(given: _LayerText, number: int) -> LayerPlan:
    try:
        signals: Any = {name: signal_of(getattr(given, name), name) for name in SIGNALS}
        leaks: Any = {name: leak_of(getattr(given, name), name) for name in LEAKS}
        return LayerPlan(**signals, **leaks, filters=given.filters, learning=table_of(given.learning))
    except FxsnnError as error:
        raise ConfigError(f"layer {number}: {error}") from None


def decolle_formats(plan: DecollePlan) -> dict[str, str]:
    """Return each signal's format as people must see it, by layer and name."""
    return {
        f"layer {number} {name}": signal.format.describe()
        for number, layer in enumerate(plan.layers)
        for name, signal in _signals(layer).items()
    } | {"filters": ", ".join(dict.fromkeys(layer.filters for layer in plan.layers))}


def _signals(layer: LayerPlan) -> dict[str, Signal]:
    own = {name: getattr(layer, name) for name in SIGNALS}
    return own | {f"learning {name}": getattr(layer.learning, name) for name in LEARNING_SIGNALS if layer.learning}


def decolle_plan_text(plan: DecollePlan) -> str:
    """Return the plan as TOML that `parse_decolle_plan` reads back to an equal plan."""
    return tomli_w.dumps(decolle_plan_to_data(plan))


def decolle_plan_to_data(plan: DecollePlan) -> dict[str, Any]:
    """Return the plan as tables that `decolle_plan_from_data` reads back to an equal plan."""
    layers: list[dict[str, Any]] = [
        {"filters": layer.filters}
        | {name: signal_data(getattr(layer, name)) for name in SIGNALS}
        | {name: leak_data(getattr(layer, name)) for name in LEAKS}
        | ({"learning": table_data(layer.learning)} if layer.learning else {})
        for layer in plan.layers
    ]
    lfsr = {"taps": list(plan.lfsr.taps), "seed": plan.lfsr.seed}
    return {"schema": 1, "lfsr": lfsr, "layer": layers}
