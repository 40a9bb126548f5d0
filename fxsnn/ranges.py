"""Range profiling: how large each signal grows on real data, and the integer bits that hold it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fxsnn.encode import Spikes
from fxsnn.errors import ConfigError
from fxsnn.learn import record
from fxsnn.network import Network

_LEAST_BITS = -16  # of a signal that is 0, or nearly


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


def integer_bits(bounds: tuple[float, float]) -> tuple[int, bool]:
    """Return the fewest integer bits, the sign counted, that hold the bounds, and whether a sign is needed.

    An upper bound of exactly a power of two saturates: the bit that would hold it is worth nothing else.

    >>> integer_bits((0.0, 5.5)), integer_bits((-1.0, 0.9)), integer_bits((0.0, 0.2))
    ((3, False), (1, True), (-2, False))
    """
    if not all(map(math.isfinite, bounds)):
        raise ConfigError(f"a signal's range must be finite to give it bits, not {bounds[0]:g} to {bounds[1]:g}")
    signed = bounds[0] < 0
    return max(_integer_bits(bounds[1]), _integer_bits(-bounds[0])) + signed, signed


def _integer_bits(magnitude: float) -> int:
    """Return the least n for which 2**n is not below the magnitude."""
    fraction, exponent = math.frexp(magnitude)
    return max(_LEAST_BITS, exponent - (fraction == 0.5)) if magnitude > 0 else _LEAST_BITS
