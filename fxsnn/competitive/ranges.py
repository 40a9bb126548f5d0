"""How large each signal of a network of one layer grows on images, in float."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fxsnn.competitive.learn import record
from fxsnn.competitive.network import Network
from fxsnn.data.encode import Spikes
from fxsnn.errors import ConfigError
from fxsnn.measure.ranges import Spread, spread

_MOST_VALUES = 1 << 22  # of one signal that percentiles are taken of: 32 MiB


@dataclass(frozen=True, slots=True)
class Ranges:
    """Least and greatest value of each signal of the float network, in real units; see `profile`."""

    current: tuple[float, float]
    membrane: tuple[float, float]
    theta: tuple[float, float]
    threshold: tuple[float, float]
    inhibition: tuple[float, float]


def profile(network: Network, spikes: Spikes) -> Ranges:
    """Run every image in float and return the ranges met.

    The membrane's range takes in every firing threshold: a word that cannot hold them cannot fire.
    """
    if spikes.images < 1:
        raise ConfigError("ranges must be profiled on one or more images, not none")
    low, high, current_low, current_high = 0.0, float((network.threshold + network.theta).max()), 0.0, 0.0
    for image in range(spikes.images):
        run = record(network, spikes, image)
        low = min(low, float(run.before.min()), float(run.after.min()))
        high = max(high, float(run.before.max()))
        current_low = min(current_low, float(run.currents.min()))
        current_high = max(current_high, float(run.currents.max()))
    return Ranges(
        current=(current_low, current_high),
        membrane=(low, high),
        theta=(float(network.theta.min()), float(network.theta.max())),
        threshold=(network.threshold, network.threshold),
        inhibition=(network.inhibition, network.inhibition),
    )


def spreads(network: Network, spikes: Spikes) -> dict[str, Spread]:
    """Run the images in float and return how the values of every signal lie.

    `current` is the synaptic sum of every neuron at every step, `membrane_before` the membrane as it is
    compared, `membrane_after` the one after reset and inhibition. Extremes are those of all images;
    percentiles are exact, of as many of the first images as have four million values.
    """
    if spikes.images < 1:
        raise ConfigError("ranges must be profiled on one or more images, not none")
    shape = (spikes.steps, len(network.theta))
    kept = min(spikes.images, max(1, _MOST_VALUES // (shape[0] * shape[1])))
    gathered = {name: np.empty((kept, *shape)) for name in ("current", "membrane_before", "membrane_after")}
    extremes = dict.fromkeys(gathered, (math.inf, -math.inf))
    for image in range(spikes.images):
        run = record(network, spikes, image)
        for name, values in zip(gathered, (run.currents, run.before, run.after), strict=True):
            low, high = extremes[name]
            extremes[name] = min(low, float(values.min())), max(high, float(values.max()))
            if image < kept:
                gathered[name][image] = values
    return {
        "weight": spread(network.weights),
        **{name: spread(gathered.pop(name), bounds) for name, bounds in extremes.items()},
        "theta": spread(network.theta),
        "threshold": spread(network.threshold),
        "inhibition": spread(network.inhibition),
    }
