"""Formats, roundings and overflows of every signal of layers that learn by local errors, and how each is wired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import msgspec
import tomli_w

from fxsnn.decolle.table import LEARNING_SIGNALS, LayerLearning, LearningText, table_data, table_of
from fxsnn.errors import ConfigError, naming
from fxsnn.graph.named_signals import NamedSignals, leaks_in, signals_in, text_of, words_of
from fxsnn.io.documents import documented, parse_toml
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.signal import ChoiceText, LfsrText, Signal

Filters = Literal["inputs", "currents"]
_TEXT_OF_ALL = "decolle_currents"  # it has every signal and leak of the neurons and filters of the other two
LEAKS = leaks_in(_TEXT_OF_ALL)
CASTS = tuple(leak.removesuffix("_leak") for leak in LEAKS)  # of a time step, each with a stream of the plan's LFSR
CONSTANTS = ("weight", "bias", "refractory", *LEAKS)  # each has a stream too, in this order
STREAMS = len(CASTS) + len(CONSTANTS)  # of a layer


@dataclass(frozen=True, slots=True)
class LayerPlan(NamedSignals):
    """The words of one layer.

    `filters` says what decays. `inputs`: Q (`synapse`) and P (`trace`) of every input, and the kernel is laid over P.
    `currents`: the kernel is laid over the spikes, and their sum decays in I (`synapse`) and M (`trace`) of every
    neuron, as on chips that keep a synaptic current. In real numbers both are the same network.
    """

    SIGNALS: ClassVar = signals_in(_TEXT_OF_ALL)
    LEAKS: ClassVar = LEAKS
    filters: Filters = "inputs"
    learning: LayerLearning | None = None  # where the layer is to learn in integers

    def __post_init__(self) -> None:
        NamedSignals.__post_init__(self)
        if self.filters not in ("inputs", "currents"):
            raise ConfigError(f"filters must be inputs or currents, not {self.filters!r}")


@dataclass(frozen=True, slots=True)
class DecollePlan:
    """A plan for each layer, and the register that stochastic casts derive theirs from."""

    layers: tuple[LayerPlan, ...]
    lfsr: Lfsr = field(default_factory=Lfsr)


class _LayerText(msgspec.Struct, forbid_unknown_fields=True):
    filters: Filters = "inputs"
    learning: LearningText | None = None


_TEXT = text_of(_LayerText, LayerPlan)


class _PlanText(msgspec.Struct, forbid_unknown_fields=True):
    layer: list[_TEXT]  # type: ignore[valid-type]
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
    layers = tuple(_layer(layer, number, data["layer"][number]) for number, layer in enumerate(given.layer))
    return DecollePlan(layers, Lfsr(given.lfsr.taps, given.lfsr.seed))


def _layer(given: _LayerText, number: int, order: Iterable[str]) -> LayerPlan:
    with naming(f"layer {number}"):
        words = words_of(given, LayerPlan, order)
        return LayerPlan(**words, filters=given.filters, learning=table_of(given.learning))


def decolle_formats(plan: DecollePlan) -> dict[str, str]:
    """Return each signal's format as people must see it, by layer and name."""
    return {
        f"layer {number} {name}": signal.format.describe()
        for number, layer in enumerate(plan.layers)
        for name, signal in _signals(layer).items()
    } | {"filters": ", ".join(dict.fromkeys(layer.filters for layer in plan.layers))}


def _signals(layer: LayerPlan) -> dict[str, Signal]:
    return dict(layer.signals) | {
        f"learning {name}": getattr(layer.learning, name) for name in LEARNING_SIGNALS if layer.learning
    }


def decolle_plan_text(plan: DecollePlan) -> str:
    """Return the plan as TOML that `parse_decolle_plan` reads back to an equal plan."""
    return tomli_w.dumps(decolle_plan_to_data(plan))


def decolle_plan_to_data(plan: DecollePlan) -> dict[str, Any]:
    """Return the plan as tables that `decolle_plan_from_data` reads back to an equal plan."""
    layers: list[dict[str, Any]] = [
        {"filters": layer.filters} | layer.data() | ({"learning": table_data(layer.learning)} if layer.learning else {})
        for layer in plan.layers
    ]
    lfsr = {"taps": list(plan.lfsr.taps), "seed": plan.lfsr.seed}
    return {"schema": 1, "lfsr": lfsr, "layer": layers}
