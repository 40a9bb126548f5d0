"""Distributions of membranes and synaptic currents, float beside fixed, and the share beyond their formats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fxsnn.cast import to_float
from fxsnn.emulate import traces
from fxsnn.encode import Spikes
from fxsnn.errors import ConfigError
from fxsnn.format import Format
from fxsnn.frozen import freeze
from fxsnn.learn import record
from fxsnn.network import Network
from fxsnn.plan import Signal
from fxsnn.quantised import QuantisedNetwork

_MOST_BARS = 120
_MOST_VALUES = 1 << 22  # of one signal of one network: 32 MiB
_SITES = {"membrane": ("leak", "integrate"), "current": ("accumulate",)}  # casts that a value passes


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """One signal of both networks at every neuron and step, in real units.

    Bars have borders between words of the format, an equal number of words in each. `overflowed` casts of
    `casts` left the format; `beyond` is the share of the float network's values that it cannot hold.
    """

    signal: str
    format: Format
    edges: NDArray[np.float64]  # float64[bars+1]
    float_counts: NDArray[np.int64]  # int64[bars]
    fixed_counts: NDArray[np.int64]  # int64[bars]
    float_ends: tuple[float, float]  # least and greatest value
    fixed_ends: tuple[float, float]
    beyond: float
    casts: int
    overflowed: int
    images: int
    float_thresholds: tuple[float, float, float] | None  # lowest, median and highest at which a neuron fires
    fixed_thresholds: tuple[float, float, float] | None

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def saturated(self) -> float:
        """The share of casts that left the format."""
        return self.overflowed / self.casts

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest value that the format holds."""
        return float(self.format.value(self.format.lowest)), float(self.format.value(self.format.highest))


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
    limits = to_float(quantised.threshold, plan.threshold.format) + to_float(quantised.theta, plan.theta.format)
    thresholds = {"membrane": (_spread(network.threshold + network.theta), _spread(limits)), "current": (None, None)}
    signals: dict[str, Signal] = {"membrane": plan.membrane, "current": plan.accumulator}
    return tuple(
        distribution_of(name, signals[name].format, in_float[name], in_fixed[name], casts[name], thresholds[name])
        for name in _SITES
    )


def edges_of(fmt: Format, low: float, high: float) -> NDArray[np.float64]:
    """Return the borders of bars that hold all of low..high: each of 2**k words, at most 120 bars."""
    step = 2.0**-fmt.frac
    words = 1
    while (high - low) / (words * step) > _MOST_BARS - 3:
        words *= 2
    first = np.floor((low / step + 0.5) / words)
    last = np.floor((high / step + 0.5) / words) + 1
    borders: NDArray[np.float64] = (np.arange(first, last + 1) * words - 0.5) * step
    return borders


def distribution_of(
    name: str,
    fmt: Format,
    in_float: NDArray[np.float64],
    words: NDArray[np.int64],
    casts: NDArray[np.int64],
    thresholds: tuple[tuple[float, float, float] | None, tuple[float, float, float] | None] = (None, None),
) -> Distribution:
    """Count the values [images, ...] of a signal in real units, and the words of a format that it has in integers.

    casts         int64[2]: how many, and how many of them left the format
    thresholds    lowest, median and highest at which a neuron fires, of both networks
    """
    in_fixed = to_float(words, fmt)
    ends = [(float(values.min()), float(values.max())) for values in (in_float, in_fixed)]
    edges = edges_of(fmt, min(0.0, *(low for low, _ in ends)), max(high for _, high in ends))
    lowest, highest = float(fmt.value(fmt.lowest)), float(fmt.value(fmt.highest))
    counts = [np.histogram(values, edges)[0].astype(np.int64) for values in (in_float, in_fixed)]
    return Distribution(
        signal=name,
        format=fmt,
        edges=edges,
        float_counts=counts[0],
        fixed_counts=counts[1],
        float_ends=ends[0],
        fixed_ends=ends[1],
        beyond=float(np.count_nonzero((in_float < lowest) | (in_float > highest)) / in_float.size),
        casts=int(casts[0]),
        overflowed=int(casts[1]),
        images=len(in_float),
        float_thresholds=thresholds[0],
        fixed_thresholds=thresholds[1],
    )


def _spread(limits: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(limits.min()), float(np.median(limits)), float(limits.max())
