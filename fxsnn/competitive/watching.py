"""How a network of one layer fires in float and in integers, where its casts overflow, how its values lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.emulate import casts, run_raster, traces
from fxsnn.competitive.learn import record
from fxsnn.competitive.network import Network
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.data.encode import Spikes
from fxsnn.errors import ConfigError
from fxsnn.graph.starting import REST, Start
from fxsnn.measure.distributions import Distribution, distribution_of
from fxsnn.measure.firing import WATCHED, Firing, Reference, compare
from fxsnn.measure.overflows import above
from fxsnn.number.cast import to_float
from fxsnn.number.signal import Signal

_COUNTED = 16  # the first images on which casts are counted
_SIGNALS = {"accumulate": "accumulator"}  # of a cast of a time step; of all others the membrane
_SITES = {"membrane": ("leak", "integrate"), "current": ("accumulate",)}  # casts that a value passes
_MOST_VALUES = 1 << 22  # of one signal of one network: 32 MiB


def reference(network: Network, spikes: Spikes, responses: NDArray[np.integer], watched: int = WATCHED) -> Reference:
    """Keep the float network's responses to the spikes, and its spike trains for the first images.

    responses    int[images, neurons], spike counts
    """
    images = min(watched, spikes.images)
    part = spikes.starts[: images * spikes.steps + 1]
    first = Spikes(part, spikes.indices[: part[-1]], images, spikes.steps, spikes.inputs)
    trains = np.stack([record(network, first, image).spikes for image in range(images)])
    return Reference(responses, first.raster(), trains)


def watch(float_net: Reference, quantised: QuantisedNetwork, responses: NDArray[np.integer]) -> Firing:
    """Compare a quantised network, and its responses int[images, neurons], with the float network."""
    return compare(float_net, responses, run_raster(quantised, float_net.inputs))


def overflowing(network: QuantisedNetwork, spikes: Spikes, start: Start = REST) -> dict[str, float]:
    """Return the share of casts that overflow, of each signal and cast where it is above MOST.

    Casts of the first images are counted, and those of theta, once a neuron. Not counted are weights, which learning
    bounds at a power of two that no word holds, and inhibition where the membrane's lowest word is the floor, to which
    it is meant to fall.

    start    what the images begin with
    """
    made = casts(network, spikes, range(min(_COUNTED, spikes.images)), start)
    counts = {cast: [found["casts"], found["overflows"]] for cast, found in made.items()}
    if network.floor == network.plan["membrane"].format.lowest:
        counts.pop("inhibit", None)
    named = {f"{_SIGNALS.get(cast, 'membrane')} ({cast})": found for cast, found in counts.items()}
    return above(named | {"theta": [network.neurons, network.casts["theta"][2]]})


def distributions(network: Network, quantised: QuantisedNetwork, spikes: Spikes) -> tuple[Distribution, ...]:
    """Run both networks on the images, as many of the first as four million values allow, and count values.

    `membrane` is the membrane as it is compared, before the reset; `current` the synaptic sum after its cast.

    Raises
    ------
    ConfigError
        There is no image.
    """
    if spikes.images < 1:
        raise ConfigError("distributions must be of one or more images, not none")
    shape = (spikes.steps, quantised.neurons)
    images = min(spikes.images, max(1, _MOST_VALUES // (shape[0] * shape[1])))
    in_float = {name: np.empty((images, *shape)) for name in _SITES}
    in_fixed = {name: np.empty((images, *shape), np.int64) for name in _SITES}
    casts = {name: np.zeros(2, np.int64) for name in _SITES}
    for image, trace in enumerate(traces(quantised, spikes, range(images))):
        run = record(network, spikes, image)
        in_float["membrane"][image], in_float["current"][image] = run.before, run.currents
        in_fixed["membrane"][image], in_fixed["current"][image] = trace.nodes["integrated"], trace.nodes["current"]
        for name, sites in _SITES.items():
            casts[name] += [sum(trace.counts[site][kind] for site in sites) for kind in ("casts", "overflows")]
    plan = quantised.plan
    limits = to_float(quantised.threshold, plan["threshold"].format) + to_float(quantised.theta, plan["theta"].format)
    thresholds = {"membrane": (_spread(network.threshold + network.theta), _spread(limits)), "current": (None, None)}
    signals: dict[str, Signal] = {"membrane": plan["membrane"], "current": plan["accumulator"]}
    return tuple(
        distribution_of(name, signals[name].format, in_float[name], in_fixed[name], casts[name], thresholds[name])
        for name in _SITES
    )


def _spread(limits: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(limits.min()), float(np.median(limits)), float(limits.max())
