"""Distributions of membranes and synaptic currents, float beside fixed, and the share beyond their formats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fxsnn.frozen import freeze
from fxsnn.number.cast import to_float
from fxsnn.number.format import Format

_MOST_BARS = 120


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
