"""The corners of a cast that vectors must reach to find the usual faults of an RTL.

Random inputs hardly ever saturate, tie or meet a threshold exactly; vectors without those pass an RTL that
does them wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fxsnn.kernels.site import Site

Where = NDArray[np.bool_]  # bool[rows, neurons], or [rows, additions, neurons] of a cast after every addition
Words = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reached:
    """How often a corner was reached, and the row and neuron of the first time (-1 if never)."""

    count: int
    row: int = -1
    neuron: int = -1


def cast_corners(site: Site, exact: Words, draws: Words | None) -> Iterator[tuple[str, Where]]:
    """Yield the corners of one cast: what it drops, and where the result lies."""
    result = rounded(exact, site, draws)
    yield from _dropping_corners(site, exact, result)
    yield "at the top", result == site.highest
    yield "over the top", result > site.highest
    yield "far over the top", result > 2 * site.highest + 1
    if site.right:
        yield "rounds over the top", (result == site.highest + 1) & (exact >> site.right == site.highest)
    yield "at the bottom", result == site.lowest
    yield "one below the bottom", result == site.lowest - 1
    yield "under the bottom", result < site.lowest
    yield "far under the bottom", result < min(2 * site.lowest, -site.highest - 1)


def _dropping_corners(site: Site, exact: Words, result: Words) -> Iterator[tuple[str, Where]]:
    if not site.right:
        return
    floor = exact >> site.right
    rest, half = exact - (floor << site.right), (1 << site.right) >> 1
    for sign, signed in (("positive", exact > 0), ("negative", exact < 0)):
        if site.draw_bits:
            yield f"{sign}, the draw carries", signed & (result > floor)
            yield f"{sign}, the draw does not carry", signed & (result == floor) & (rest > 0)
            continue
        for parity, odd in (("even", 0), ("odd", 1)):
            yield f"{sign}, tie above an {parity} word", signed & (rest == half) & (floor & 1 == odd)
        if site.right > 1:
            yield f"{sign}, less than half a unit dropped", signed & (rest > 0) & (rest < half)
            yield f"{sign}, more than half a unit dropped", signed & (rest > half)


def rounded(exact: NDArray[np.int64], site: Site, draws: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Return what a cast's rounding makes of exact values, before overflow: rescale.drop, on arrays.

    exact, draws    int64 of any shape, both of the same; the result too
    """
    floor = exact >> site.right
    rest = exact - (floor << site.right)
    added = np.where(exact < 0, site.bias + site.if_negative, site.bias) if draws is None else draws
    total: NDArray[np.int64] = floor + ((rest + added + (site.if_odd & -(floor & 1))) >> site.right)
    return total
