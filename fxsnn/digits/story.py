"""From what was found of a network of one layer to a report's story."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fxsnn.competitive.emulate import emulate
from fxsnn.competitive.inventory import memory
from fxsnn.competitive.learn import record
from fxsnn.competitive.network import Network
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.competitive.watching import distributions
from fxsnn.data.encode import encode
from fxsnn.digits.splits import Splits
from fxsnn.number.cast import to_float
from fxsnn.report.compose import Outcome, shared
from fxsnn.report.story import Story

SHOWN = 64  # test images whose membranes and currents are counted


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
        weights_fixed=to_float(quantised.weights, quantised.plan["weight"].format),
        traces=_traces(outcome, splits),
        distributions=distributions(outcome.network, quantised, spikes),
    )


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


def _traces(outcome: Outcome[Network, QuantisedNetwork], splits: Splits) -> dict[str, Any]:
    network, quantised = outcome.network, outcome.quantised
    spikes = encode(splits.test.images[:1], network.coding)
    run, fixed = record(network, spikes), emulate(quantised, spikes)
    plan = quantised.plan
    membrane = plan["membrane"].format
    threshold = to_float(quantised.threshold, plan["threshold"].format)
    return {
        "input": spikes.raster()[0],
        "float_membrane": run.before,
        "fixed_membrane": to_float(fixed.nodes["integrated"], membrane),
        "float_spikes": run.spikes,
        "fixed_spikes": fixed.nodes["spike"].astype(np.uint8),
        "threshold": network.threshold + network.theta,
        "fixed_threshold": threshold + to_float(quantised.theta, plan["theta"].format),
        "lowest": float(membrane.value(membrane.lowest)),
        "highest": float(membrane.value(membrane.highest)),
        "class": int(splits.test.labels[0]),
    }
