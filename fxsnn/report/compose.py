"""Compose a report's story from an outcome: candidates with rewards and ties, one image's traces, distributions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Generic, TypeVar

import numpy as np

from fxsnn.candidates import MACRO, Entry, Exploration
from fxsnn.cast import to_float
from fxsnn.distributions import distributions
from fxsnn.emulate import emulate
from fxsnn.encode import encode
from fxsnn.learn import record
from fxsnn.memory import Memory, memory, memory_to_data
from fxsnn.network import Network
from fxsnn.pareto import SLACK, Choice, Reward, percent
from fxsnn.quantised import QuantisedNetwork
from fxsnn.report.story import Story
from fxsnn.score import Measured
from fxsnn.significance import Significance
from fxsnn.splits import Splits
from fxsnn.step_listing import steps_of
from fxsnn.ties import pack, paired_difference, tied, tied_with_smaller, unpack

SHOWN = 64  # test images whose membranes and currents are counted
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


def compose(
    outcome: Outcome[Network, QuantisedNetwork], splits: Splits, command: str, more: Mapping[str, str]
) -> Story:
    """Return the story of an outcome; `command` and `more`, by name, are listed among the settings."""
    quantised = outcome.quantised
    spikes = encode(splits.test.images[:SHOWN], outcome.network.coding)
    return Story(
        **shared(
            outcome,
            f"Network of {len(outcome.network.theta):,} neurons on {splits.name}",
            command,
            _facts(outcome, splits, more),
            memory(quantised),
        ),
        firing=outcome.chosen.firing,
        weights_float=outcome.network.weights,
        weights_fixed=to_float(quantised.weights, quantised.plan.weight.format),
        traces=_traces(outcome, splits),
        distributions=distributions(outcome.network, quantised, spikes),
    )


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


def _facts(outcome: Outcome[Network, QuantisedNetwork], splits: Splits, more: Mapping[str, str]) -> dict[str, str]:
    network, coding = outcome.network, outcome.network.coding
    winner = "every neuron at its threshold fires" if network.winner == "none" else "winner takes all"
    return {
        "images": splits.name,
        **more,
        "reported on": f"{len(splits.test):,} test images, used for nothing else",
        "network": f"{len(network.weights)} inputs, {len(network.theta)} neurons, {winner}",
        "rate coding": f"{coding.steps} steps, at most {coding.peak:g} spikes a step, seed {coding.seed}",
    }


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


def _traces(outcome: Outcome[Network, QuantisedNetwork], splits: Splits) -> dict[str, Any]:
    network, quantised = outcome.network, outcome.quantised
    shown = encode(splits.test.images[:1], network.coding)
    run, fixed = record(network, shown), emulate(quantised, shown)
    plan = quantised.plan
    membrane = plan.membrane.format
    threshold = to_float(quantised.threshold, plan.threshold.format)
    return {
        "input": shown.raster()[0],
        "float_membrane": run.before,
        "fixed_membrane": to_float(fixed.nodes["integrated"], membrane),
        "float_spikes": run.spikes,
        "fixed_spikes": fixed.nodes["spike"].astype(np.uint8),
        "threshold": network.threshold + network.theta,
        "fixed_threshold": threshold + to_float(quantised.theta, plan.theta.format),
        "lowest": float(membrane.value(membrane.lowest)),
        "highest": float(membrane.value(membrane.highest)),
        "class": int(splits.test.labels[0]),
    }
