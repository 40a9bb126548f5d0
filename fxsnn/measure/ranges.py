"""Range profiling: how large each signal grows on real data, and the integer bits that hold it.

`profile` returns the bounds that plans are made of, `spreads` how the values lie between them.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fxsnn.errors import ConfigError, as_given
from fxsnn.number.format import Format

PERCENTILES = (0.1, 1.0, 5.0, 50.0, 95.0, 99.0, 99.9, 99.99)
SATURATING = 0.1  # per cent of the values that the cheaper proposal lets saturate

_LEAST_BITS = -16  # of a signal that is 0, or nearly


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of one signal lie, in real units, and the integer bits that they ask for.

    `integer` bits, the sign counted, hold every value, a greatest one of exactly a power of two too; `saturating` ones
    all but the 0.1 % of the largest magnitudes.
    """

    minimum: float
    maximum: float
    percentiles: tuple[float, ...]  # as PERCENTILES
    values: int  # that the percentiles are of
    integer: int
    saturating: int
    signed: bool


def spread(values: ArrayLike, bounds: tuple[float, float] | None = None, exact: bool = False) -> Spread:
    """Return the extremes and percentiles of values, and the integer bits that they need.

    values    float64 of any shape

    bounds    the extremes, where there are more values than these
    exact     whether no cast is on their way, so that none may saturate: both proposals then hold every value
    """
    array = np.asarray(values, dtype=np.float64).ravel()
    low, high = bounds or (float(array.min()), float(array.max()))
    integer, signed = integer_bits((low, high), exact=True)
    # not interpolated: what lies between two values is below one that is there
    last = array.size - 1 - array.size // round(100 / SATURATING)
    most = float(np.partition(np.abs(array), last)[last])
    saturating, _ = integer_bits((max(low, -most) if signed else 0.0, min(high, most)), exact=True)
    return Spread(
        minimum=low,
        maximum=high,
        percentiles=tuple(float(value) for value in np.percentile(array, PERCENTILES)),
        values=array.size,
        integer=integer,
        saturating=integer if exact else saturating + int(signed and most == 0),
        signed=signed,
    )


def spread_to_data(found: Spread) -> dict[str, Any]:
    """Return how values lie as plain data, the percentiles by their number."""
    shares = {f"{share:g}": value for share, value in zip(PERCENTILES, found.percentiles, strict=True)}
    return asdict(found) | {"percentiles": shares}


def integer_bits(bounds: tuple[float, float], exact: bool = False) -> tuple[int, bool]:
    """Return the fewest integer bits, the sign counted, that hold the bounds, and whether a sign is needed.

    An upper bound of exactly a power of two saturates: the bit that would hold it is worth nothing else. Where nothing
    may saturate, `exact`, it has that bit.

    >>> integer_bits((0.0, 5.5)), integer_bits((-1.0, 0.9)), integer_bits((0.0, 0.2))
    ((3, False), (1, True), (-2, False))
    >>> integer_bits((0.0, 4.0)), integer_bits((0.0, 4.0), exact=True), integer_bits((-4.0, 3.0), exact=True)
    ((2, False), (3, False), (3, True))
    """
    if not all(map(math.isfinite, bounds)):
        raise ConfigError(
            f"a signal's range must be finite to give it bits, not {as_given(bounds[0])} to {as_given(bounds[1])}"
        )
    signed = bounds[0] < 0
    high = math.nextafter(bounds[1], math.inf) if exact else bounds[1]
    return max(_integer_bits(high), _integer_bits(-bounds[0])) + signed, signed


def fraction_bits(values: ArrayLike, most: int) -> int:
    """Return the fewest fractional bits that hold all values, float64 of any shape, exactly; `most` if none do.

    >>> fraction_bits(0.75, 8), fraction_bits([1.0, -3.0], 8), fraction_bits(0.9, 8)
    (2, 0, 8)
    """
    array = np.asarray(values, dtype=np.float64)
    return next((bits for bits in range(most) if (np.ldexp(array, bits) % 1 == 0).all()), most)


def constant_format(values: ArrayLike, most: int) -> Format:
    """Return the format of numbers that stay as they are: the fewest bits that hold them, `most` behind the point.

    values    float64 of any shape

    >>> str(constant_format([1.0, 0.25], 8)), str(constant_format(-2.0, 8)), str(constant_format(0.9, 8))
    ('UQ1.2', 'Q2.0', 'UQ0.8')
    """
    array = np.asarray(values, dtype=np.float64)
    integer, signed = integer_bits((float(array.min()), float(array.max())), exact=True)
    frac = fraction_bits(array, most)
    return Format(max(1, integer + frac), frac, signed)


def _integer_bits(magnitude: float) -> int:
    """Return the least n for which 2**n is not below the magnitude."""
    fraction, exponent = math.frexp(magnitude)
    return max(_LEAST_BITS, exponent - (fraction == 0.5)) if magnitude > 0 else _LEAST_BITS
