"""Plans of every kind of network: of one layer that learns without labels, of layers, or of populations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fxsnn.competitive.plan import Plan, formats_of, plan_from_data, plan_text, plan_to_data
from fxsnn.decolle.plan import (
    DecollePlan,
    Filters,
    decolle_formats,
    decolle_plan_from_data,
    decolle_plan_text,
    decolle_plan_to_data,
)
from fxsnn.graph.plan import GraphPlan, graph_plan_from_data, graph_plan_text, graph_plan_to_data
from fxsnn.io.documents import parse_toml
from fxsnn.number.format import Format

Planned = Plan | DecollePlan | GraphPlan
CONSTANT_BITS = 8  # fractional bits that a plan which is made gives a constant at the most, where states have fewer


class Asked(NamedTuple):
    """How many bits a plan is to give, and how casts round."""

    weight: int = 6  # bits of a weight, sign included
    state: int = 4  # fractional bits of what is computed in every step
    weight_rounding: str = "nearest-even"
    state_rounding: str = "floor"
    filters: Filters = "inputs"  # of layers that learned from recordings


class Facts(NamedTuple):
    """What tables and reports say of a plan."""

    weight_rounding: str
    state_rounding: str
    formats: dict[str, str]  # of each signal, as people must see it
    data: dict[str, Any]  # that `planned_from_data` reads back


def facts_of(plan: Planned) -> Facts:
    """Return what tables say of a plan; where roundings differ, those of the first layer, weights or states."""
    if isinstance(plan, DecollePlan):
        first = plan.layers[0]
        roundings = first["weight"].rounding.value, first["trace"].rounding.value
        return Facts(*roundings, decolle_formats(plan), decolle_plan_to_data(plan))
    if isinstance(plan, GraphPlan):
        own = {name.rpartition(".")[2]: signal.rounding.value for name, signal in reversed(list(plan.signals.items()))}
        usual = next(iter(own.values()), "")
        formats = {name: signal.format.describe() for name, signal in plan.signals.items()}
        weights, states = own.get("weight", usual), own.get("membrane", usual)
        return Facts(weights, states, formats, graph_plan_to_data(plan))
    return Facts(plan["weight"].rounding.value, plan["membrane"].rounding.value, formats_of(plan), plan_to_data(plan))


def signal_rows(plan: Planned) -> Iterator[tuple[str, str, str, str]]:
    """Return what the plan says of each signal, leak and wiring: its name, format or kind, rounding and overflow."""
    if isinstance(plan, GraphPlan):
        for name, signal in plan.signals.items():
            yield name, signal.format.describe(), signal.rounding.value, signal.overflow.value
        return
    yield from _rows(facts_of(plan).data, "")


def _rows(tables: Mapping[str, Any], before: str) -> Iterator[tuple[str, str, str, str]]:
    for name, entry in tables.items():
        called = f"{before}{name}".replace("_", " ")
        if name in ("schema", "lfsr"):
            continue
        if name == "layer":
            for number, layer in enumerate(entry):
                yield from _rows(layer, f"layer {number} ")
        elif not isinstance(entry, Mapping):
            text = str(entry) if not isinstance(entry, bool) else "yes" if entry else "no"
            yield called, text, "", ""
        elif "format" in entry:
            yield called, Format.parse(entry["format"]).describe(), entry["rounding"], entry["overflow"]
        elif "kind" in entry:
            yield called, " ".join(map(str, entry.values())), "", ""
        else:
            yield from _rows(entry, f"{called} ")


def planned_from_data(data: dict[str, Any]) -> Planned:
    """Read a plan from the tables of a TOML or JSON document; raises ConfigError.

    One of layers has a table `layer`, one of populations a table `signal`.
    """
    if "signal" in data:
        return graph_plan_from_data(data)
    return decolle_plan_from_data(data) if "layer" in data else plan_from_data(data)


def parse_planned(text: str) -> Planned:
    """Read a plan from TOML; raises ConfigError."""
    return planned_from_data(parse_toml(text, "a plan"))


def planned_text(plan: Planned) -> str:
    """Return the plan as TOML that `parse_planned` reads back to an equal plan."""
    if isinstance(plan, GraphPlan):
        return graph_plan_text(plan)
    return decolle_plan_text(plan) if isinstance(plan, DecollePlan) else plan_text(plan)
