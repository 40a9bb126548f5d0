"""The plan of a network of populations: the format, rounding and overflow of every signal, by its name.

A name stands for every population and projection that has such a signal; `hidden.membrane` for that of one alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import tomli_w

from fxsnn.errors import ConfigError, naming
from fxsnn.graph.network import Graph, names_of
from fxsnn.io.documents import documented, named, parse_toml
from fxsnn.io.files import read_text
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.signal import ChoiceText, LfsrText, Signal, SignalText, signal_of
from fxsnn.program import shipped
from fxsnn.program.neuron import BIT

Kind = TypeVar("Kind")
Read = TypeVar("Read")

_OF_KIND = {"signal": "populations", "layer": "layers", "weight": "one layer"}  # what plans of each kind must state


@dataclass(frozen=True, slots=True)
class GraphPlan:
    """Signals by name or by `owner.name`, and the register that every cast derives its own from."""

    signals: Mapping[str, Signal]
    lfsr: Lfsr = field(default_factory=Lfsr)


class GraphPlanText(msgspec.Struct, forbid_unknown_fields=True):
    """What a plan, or a grid of plans, states."""

    signal: dict[str, Any]
    lfsr: LfsrText = msgspec.field(default_factory=LfsrText)
    choice: ChoiceText | None = None
    schema: Literal[1] = 1


def parse_graph_plan(text: str) -> GraphPlan:
    """Read a plan from TOML: `name = "Q6.6 floor saturate"`, or a table of format, rounding and overflow.

    Raises
    ------
    ConfigError
        The text is not TOML, a key is missing or unknown, or a format or mode is none; it is named.
    """
    return graph_plan_from_data(parse_toml(text, "a plan"))


def graph_plan_from_data(data: dict[str, Any]) -> GraphPlan:
    """Read a plan from the tables of a document; raises as `parse_graph_plan`."""
    given = documented(data, GraphPlanText, "a plan")
    signals = {name: read_signal(entry, name) for name, entry in by_name(given.signal).items()}
    return GraphPlan(signals, Lfsr(given.lfsr.taps, given.lfsr.seed))


def by_name(signals: Mapping[str, Any], word: type[msgspec.Struct] = SignalText) -> dict[str, Any]:
    """Return the entry of every signal by its whole name: `hidden = { membrane = ... }` is that of hidden.membrane.

    A table with a key of `word` is an entry itself. Raises ConfigError where a signal is there in both ways.
    """
    found = dict[str, Any]()
    for name, entry in signals.items():
        nested = isinstance(entry, dict) and entry and not entry.keys() & set(word.__struct_fields__)
        for whole, part in ({f"{name}.{own}": one for own, one in entry.items()} if nested else {name: entry}).items():
            if whole in found:
                raise ConfigError(f"signal {whole!r} must be given once, not twice")
            found[whole] = part
    return found


def plan_of_kind(path: Path, kind: str, read: Callable[[dict[str, Any]], Read]) -> Read:
    """Read the plan of a network of a kind: "populations", "layers" or "one layer".

    read    takes the tables of the document

    Raises FileError, and ConfigError, which names the file, also where the plan is of another kind.
    """
    tables = named(path, lambda text: parse_toml(text, "a plan"), read_text(path, "a plan"))
    if next((of for name, of in _OF_KIND.items() if name in tables), kind) != kind:
        raise ConfigError(f"a plan must be of {kind} as its network is, {str(path)!r} is not")
    with naming(repr(str(path))):
        return read(tables)


def read_graph_plan(path: Path) -> GraphPlan:
    """Read a plan from a file; raises as `plan_of_kind` and `parse_graph_plan` do."""
    return plan_of_kind(path, "populations", graph_plan_from_data)


def load_graph_plan(path: Path, graph: Graph) -> GraphPlan:
    """Read the plan of a network from a file; raises as `read_graph_plan` and `signals_for` do, naming the file."""
    plan = read_graph_plan(path)
    with naming(repr(str(path))):
        signals_for(graph, plan)
    return plan


def graph_plan_text(plan: GraphPlan) -> str:
    """Return the plan as TOML that `parse_graph_plan` reads back to an equal plan."""
    return tomli_w.dumps(graph_plan_to_data(plan))


def graph_plan_to_data(plan: GraphPlan) -> dict[str, Any]:
    """Return the plan as tables that `graph_plan_from_data` reads back to an equal plan."""
    lfsr = {"taps": list(plan.lfsr.taps), "seed": plan.lfsr.seed}
    return {"schema": 1, "signal": {name: str(one) for name, one in plan.signals.items()}, "lfsr": lfsr}


def signals_for(graph: Graph, plan: GraphPlan) -> dict[str, dict[str, Signal]]:
    """Return the signals of every population and projection that has some, by its name.

    Raises
    ------
    ConfigError
        Signals lack a format: all of them are named. Or the plan names a signal of a population or projection that has
        none of this name, or by a name alone one that `check_names` does not know.
    """
    check_names(graph, plan.signals)
    wanted = dict(names_of(graph))
    found = {
        owner: {own: plan.signals.get(f"{owner}.{own}", plan.signals.get(own)) for own in signals}
        for owner, signals in wanted.items()
    }
    used = {one.name: one.neuron.first for one in graph.populations}
    lacking = [
        f"{owner}.{own}" + (f" ({used[owner](own)})" if owner in used else "")
        for owner, signals in found.items()
        for own, one in signals.items()
        if one is None
    ]
    if lacking:
        raise ConfigError(
            f"every signal must have a format, {', '.join(lacking)} {'have' if lacking[1:] else 'has'} none"
        )
    return {owner: {own: one for own, one in signals.items() if one} for owner, signals in found.items()}


def short_names(graph: Graph, signals: Mapping[str, Kind]) -> dict[str, Kind]:
    """Return all signals of a network, by `owner.name`, as plans write them: one name where owners' are alike."""
    found: dict[str, Kind] = {}
    for name in dict.fromkeys(own for _, owned in names_of(graph) for own in owned):
        apart = {f"{owner}.{name}": signals[f"{owner}.{name}"] for owner, owned in names_of(graph) if name in owned}
        kinds = set(apart.values())
        found |= {name: kinds.pop()} if len(kinds) == 1 else apart
    return found


def check_names(graph: Graph, names: Iterable[str], elsewhere: bool = True) -> None:
    """Raise ConfigError where a name is that of no signal: `hidden.v` of its owner, `v` of any of the network's texts.

    What the choices leave out may be there. So may, with `elsewhere`, signals of any neuron that comes along: one plan
    serves several networks.
    """
    found = list(names_of(graph))
    whole = [f"{owner}.{own}" for owner, signals in found for own in signals]
    alone = list(dict.fromkeys(own for _, signals in found for own in signals))
    left_out = {signal for one in graph.populations for signal in one.text.signals}
    left_out |= {one.signal for one in graph.projections}
    for name in names:
        known = whole if "." in name else alone
        if name in known or (name in left_out and name != BIT) or (elsewhere and name in _shipped_signals()):
            continue
        raise ConfigError(f"a signal must be one of {', '.join(known) or 'none'}, not {name!r}")


@lru_cache
def _shipped_signals() -> frozenset[str]:
    return frozenset(signal for name in shipped.names() for signal in shipped.shipped(name).signals) - {BIT}


def read_signal(given: Any, name: str) -> Signal:
    """Read a signal as people write it, a text or a table; raises ConfigError, which names it."""
    try:
        return signal_of(given if isinstance(given, str) else msgspec.convert(given, SignalText), f"signal {name!r}")
    except msgspec.ValidationError as error:
        raise ConfigError(f"signal {name!r} must be a text or a table of format, rounding, overflow: {error}") from None
