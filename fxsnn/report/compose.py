"""Compose a report's story from an outcome: candidates with rewards and ties, one image's traces, distributions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Generic, TypeVar

from fxsnn.exploration.candidates import MACRO, Entry, Exploration
from fxsnn.exploration.pareto import SLACK, Choice, Reward, percent
from fxsnn.measure.memory import Memory, memory_to_data
from fxsnn.measure.score import Measured
from fxsnn.measure.ties import pack, paired_difference, tied, tied_with_smaller, unpack
from fxsnn.networks.listing import steps_of
from fxsnn.significance import Significance

_LEFT_OUT = ("plan", "correct", "right", "firing", "overflows")

NetworkT = TypeVar("NetworkT")
QuantisedT = TypeVar("QuantisedT")


@dataclass(frozen=True, slots=True, eq=False)
class Outcome(Generic[NetworkT, QuantisedT]):
    """What an exploration led to; `tests` maps names, of the float network `float`, to scores on test images."""

    exploration: Exploration
    choice: Choice
    reward: Reward
    max_loss: float | None  # None: no floor was asked for
    tests: Mapping[str, Measured]  # of the float network and the choice, and of others where they were measured
    network: NetworkT  # the float network
    quantised: QuantisedT  # the choice
    significance: Significance | None = None
    apart: bool = True  # whether what is tested on was used for nothing else; else the choice was made on it

    @property
    def chosen(self) -> Entry:
        """The chosen candidate."""
        return self.exploration.entries[self.choice.index]


def shown_places(exploration: Exploration, choice: Choice) -> list[int]:
    """Return the places of the Pareto front and of the choice."""
    return [n for n, entry in enumerate(exploration.entries) if entry.on_front or n == choice.index]


def shared(
    outcome: Outcome[Any, Any], title: str, command: str, about: Mapping[str, str], stored: Memory
) -> dict[str, Any]:
    """Return the fields of a story that every kind of network has; `title` names the network and its data."""
    found, reward = outcome.exploration.found, outcome.reward
    floor = None if outcome.max_loss is None else found.accuracy - outcome.max_loss
    loss = "any accuracy" if outcome.max_loss is None else f"at most {percent(outcome.max_loss)} lost"
    facts = {
        "command": command,
        "fxsnn": version("fxsnn"),
        **about,
        "chosen by": outcome.exploration.data,
        "reward": f"{reward.form}, mu = {reward.mu:g}, {loss}",
        "block RAM": f"{MACRO.name}, arrays below {MACRO.registers_below} bits in registers",
    }
    return {
        "title": title,
        "summary": outcome.choice.reason,
        "facts": tuple(facts.items()),
        "baseline": {
            "name": "float",
            "accuracy": found.accuracy,
            "interval": list(found.interval),
            "images": outcome.chosen.images,
            "bits": found.bits,
        }
        | _test_of(outcome, "float"),
        "candidates": _candidates(outcome, floor),
        "memory": memory_to_data(stored, MACRO),
        "floor": floor,
        "confusion": outcome.tests[outcome.chosen.name].confusion,
        "significance": outcome.significance,
        "steps": {
            name: [_without_folder(line) for line in lines] for name, lines in steps_of(outcome.quantised).items()
        },
    }


def _without_folder(line: str) -> str:
    """Return a line of a step; one that begins with a neuron's file without the file's folder."""
    return line if line.startswith(" ") else re.split(r"[/\\]", line)[-1]


def _candidates(outcome: Outcome[Any, Any], floor: float | None) -> tuple[dict[str, Any], ...]:
    exploration, choice = outcome.exploration, outcome.choice
    ties = tied_with_smaller(exploration.entries, shown_places(exploration, choice))
    rows: list[dict[str, Any]] = []
    for n, entry in enumerate(exploration.entries):
        row = {name: getattr(entry, name) for name in entry.__struct_fields__ if name not in _LEFT_OUT}
        if entry.spikes_per_image is None:
            del row["spikes_per_image"]
        row |= {
            "reward": outcome.reward.of(entry, exploration.baseline),
            "meets_floor": floor is None or entry.accuracy >= floor - SLACK,
            "chosen": n == choice.index,
            "ties_with": exploration.entries[ties[n]].name if n in ties else None,
        }
        row |= _against_float(entry.right, exploration.found.right, entry.images) if n == choice.index else {}
        rows.append(row | _test_of(outcome, entry.name))
    return tuple(rows)


def _against_float(right: str | None, in_float: str | None, images: int, prefix: str = "") -> dict[str, Any]:
    """Return the interval of the difference to the float network and whether the two tie, where both are known."""
    if right is None or in_float is None or len(right) != len(in_float):
        return {}
    _, interval = paired_difference(unpack(right, images), unpack(in_float, images))
    return {f"{prefix}difference_interval": list(interval), f"{prefix}ties_with_float": tied(right, in_float)}


def _test_of(outcome: Outcome[Any, Any], name: str) -> dict[str, Any]:
    if name not in outcome.tests or not outcome.apart:
        return {}
    found, in_float = outcome.tests[name], outcome.tests["float"]
    tested = {"test_accuracy": found.accuracy, "test_interval": list(found.interval), "test_images": found.images}
    if name != outcome.chosen.name:
        return tested
    return tested | _against_float(pack(found.right), pack(in_float.right), found.images, "test_")
