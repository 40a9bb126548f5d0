"""The committed golden sets: small networks that between them reach every mode and corner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.emulate import spikes_of
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import parse_plan
from fxsnn.competitive.quantised import QuantisedNetwork, quantise
from fxsnn.data.encode import RateCoding, Spikes

INPUTS, NEURONS, STEPS = 16, 8, 40

LARGEST_ZERO = """
weight = { format = "UQ0.4", rounding = "RN" }
accumulator = { format = "UQ4.4", rounding = "TR" }
membrane = { format = "UQ7.4", rounding = "TR" }
theta = { format = "UQ2.4", rounding = "RN" }
threshold = { format = "UQ3.3" }
inhibition = { format = "UQ7.0" }
leak = { kind = "multiply", format = "UQ0.8" }
"""
STOCHASTIC_NONE = """
integrate = "fused"
weight = { format = "Q1.5", rounding = "SR" }
accumulator = { format = "Q3.2", rounding = "SR", overflow = "wrap" }
membrane = { format = "Q4.3", rounding = "SR", overflow = "saturate-symmetric" }
theta = { format = "UQ2.3" }
threshold = { format = "UQ2.4" }
inhibition = { format = "UQ2.4" }
leak = { kind = "multiply", format = "UQ0.6" }
"""
EACH_SUBTRACT = """
accumulate = "each"
weight = { format = "Q1.5", rounding = "nearest-even" }
accumulator = { format = "Q3.1", rounding = "nearest-away", overflow = "saturate-zero" }
membrane = { format = "Q4.3", rounding = "nearest-odd" }
theta = { format = "UQ2.3" }
threshold = { format = "UQ2.4" }
inhibition = { format = "UQ2.2" }
leak = { kind = "shift", shift = 3 }
"""


def _network(seed: int, low: float, **constants: object) -> Network:
    bits = np.random.PCG64(seed).random_raw(INPUTS * NEURONS + NEURONS) >> 40
    drawn = np.asarray(bits * 2.0**-24, dtype=np.float64)
    weights: NDArray[np.float64] = (low + (1 - low) * drawn[NEURONS:]).reshape(INPUTS, NEURONS)
    blank = np.full(NEURONS, -1, dtype=np.int64)
    network = Network(weights, drawn[:NEURONS], blank, threshold=2.5, decay=0.9, coding=RateCoding(STEPS, 0.3, seed))
    return replace(network, **constants)  # type: ignore[arg-type]


def _spikes(seed: int) -> Spikes:
    """A quarter of the inputs at random, then a step of all of them, then silence: rails, ties and leaks."""
    raster = ((np.random.PCG64(seed).random_raw(STEPS * INPUTS) >> 62) == 0).astype(np.uint8).reshape(1, STEPS, INPUTS)
    raster[0, STEPS // 2 : STEPS // 2 + 3] = 1
    raster[0, -5:] = 0
    return spikes_of(raster)


def _stochastic_network() -> Network:
    return _network(
        2,
        -1.0,
        winner="none",
        compare="gt",
        reset="value",
        reset_value=-0.5,
        inhibition=0.3,
        floor=-6.0,
        refractory_steps=3,
        refractory_input="integrate",
    )


SOURCES: dict[str, tuple[Network, str]] = {
    # as the paper's network: winner takes all, reset to zero, two casts
    "largest_zero": (_network(1, 0.0, inhibition=100.0, refractory_steps=2), LARGEST_ZERO),
    # every neuron may fire; stochastic rounding at every cast; wrap and symmetric saturation; `gt`
    "stochastic_none": (_stochastic_network(), STOCHASTIC_NONE),
    # a cast after every addition, leak by shift, reset by subtraction, the lowest index wins
    "each_subtract": (
        _network(3, -1.0, winner="lowest", reset="subtract", inhibition=0.5, floor=-8.0),
        EACH_SUBTRACT,
    ),
}
_SEEDS = {"largest_zero": 11, "stochastic_none": 12, "each_subtract": 13}


def _set(name: str) -> tuple[QuantisedNetwork, Spikes]:
    network, plan = SOURCES[name]
    return quantise(network, parse_plan(plan)), _spikes(_SEEDS[name])


SETS: dict[str, Callable[[], tuple[QuantisedNetwork, Spikes]]] = {name: partial(_set, name) for name in SOURCES}
