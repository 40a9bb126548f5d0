"""From what was found to a report's story: candidates with rewards and ties, one digit's traces, distributions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from fxsnn.candidates import MACRO, Entry, Exploration
from fxsnn.cast import to_float
from fxsnn.distributions import distributions
from fxsnn.emulate import emulate
from fxsnn.encode import encode
from fxsnn.learn import record
from fxsnn.memory import memory, memory_to_data
from fxsnn.network import Network
from fxsnn.pareto import SLACK, Choice, Reward, percent
from fxsnn.quantise import QuantisedNetwork
from fxsnn.report.story import Story
from fxsnn.score import Score
from fxsnn.significance import Significance
from fxsnn.splits import Splits
from fxsnn.ties import tied_with_smaller

SHOWN = 64  # test digits whose membranes and currents are counted
_UNTOLD = ("plan", "correct", "images", "right", "firing")


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What an exploration led to; `tests` maps names, of the float network `float`, to scores on test digits."""

    exploration: Exploration
    choice: Choice
    reward: Reward
    max_loss: float | None  # None: no floor was asked for
    tests: Mapping[str, Score]  # of the float network and the choice, and of others where they were measured
    network: Network  # the float network
    quantised: QuantisedNetwork  # the choice
    significance: Significance | None = None

    @property
    def chosen(self) -> Entry:
        """The chosen candidate."""
        return self.exploration.entries[self.choice.index]


def shown_places(exploration: Exploration, choice: Choice) -> list[int]:
    """Return the places of the Pareto front and of the choice."""
    return [n for n, entry in enumerate(exploration.entries) if entry.on_front or n == choice.index]


def compose(outcome: Outcome, splits: Splits, command: str, more: Mapping[str, str]) -> Story:
    """Return the story of an outcome; `command` and `more`, by name, are told among the settings."""
    found, quantised = outcome.exploration.found, outcome.quantised
    floor = None if outcome.max_loss is None else found.accuracy - outcome.max_loss
    spikes = encode(splits.test.images[:SHOWN], outcome.network.coding)
    return Story(
        title="Fixed-point exploration of a spiking network",
        summary=outcome.choice.reason,
        facts=_facts(outcome, splits, command, more),
        baseline={"name": "float", "accuracy": found.accuracy, "interval": list(found.interval), "bits": found.bits}
        | _test_of(outcome.tests, "float"),
        candidates=_candidates(outcome, floor),
        memory=memory_to_data(memory(quantised), MACRO),
        firing=outcome.chosen.firing,
        floor=floor,
        confusion=outcome.tests[outcome.chosen.name].confusion,
        weights_float=outcome.network.weights,
        weights_fixed=to_float(quantised.weights, quantised.plan.weight.format),
        traces=_traces(outcome, splits),
        distributions=distributions(outcome.network, quantised, spikes),
        significance=outcome.significance,
    )


def _facts(outcome: Outcome, splits: Splits, command: str, more: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    network, coding, reward = outcome.network, outcome.network.coding, outcome.reward
    winner = "every neuron at its threshold fires" if network.winner == "none" else "winner takes all"
    loss = "any accuracy" if outcome.max_loss is None else f"at most {percent(outcome.max_loss)} lost"
    facts = {
        "command": command,
        "fxsnn": version("fxsnn"),
        "digits": splits.name,
        **more,
        "chosen by": outcome.exploration.data,
        "reported on": f"{len(splits.test):,} test digits, used for nothing else",
        "network": f"{len(network.weights)} inputs, {len(network.theta)} neurons, {winner}",
        "rate coding": f"{coding.steps} steps, at most {coding.peak:g} spikes a step, seed {coding.seed}",
        "reward": f"{reward.form}, mu = {reward.mu:g}, {loss}",
        "block RAM": f"{MACRO.name}, arrays below {MACRO.registers_below} bits in registers",
    }
    return tuple(facts.items())


def _candidates(outcome: Outcome, floor: float | None) -> tuple[dict[str, Any], ...]:
    exploration, choice = outcome.exploration, outcome.choice
    ties = tied_with_smaller(exploration.entries, shown_places(exploration, choice))
    rows: list[dict[str, Any]] = []
    for n, entry in enumerate(exploration.entries):
        row = {name: getattr(entry, name) for name in entry.__struct_fields__ if name not in _UNTOLD}
        row |= {
            "reward": outcome.reward.of(entry, exploration.baseline),
            "meets_floor": floor is None or entry.accuracy >= floor - SLACK,
            "chosen": n == choice.index,
            "ties_with": exploration.entries[ties[n]].name if n in ties else None,
        }
        rows.append(row | _test_of(outcome.tests, entry.name))
    return tuple(rows)


def _test_of(tests: Mapping[str, Score], name: str) -> dict[str, Any]:
    if name not in tests:
        return {}
    return {"test_accuracy": tests[name].accuracy, "test_interval": list(tests[name].interval)}


def _traces(outcome: Outcome, splits: Splits) -> dict[str, Any]:
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
        "digit": int(splits.test.labels[0]),
    }
