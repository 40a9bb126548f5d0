"""Marks that would cover each other in a picture are moved sideways: a column of equal memory becomes a swarm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST = 2000  # marks that are spread: among more there is no room anyway
_STEP = 0.6  # of a step, in sizes of a mark

Places = NDArray[np.float64]


def swarm(x: Places, y: Places, line: Sequence[int], size: float, reach: int) -> Places:
    """Return where marks are drawn so that, where there is room, none covers another.

    x, y    float64[marks], where they belong, in points
    line    the marks of a rising line, from left to right: they keep their order
    size    of a mark, in points
    reach   how many steps a mark is moved at most, to either side

    Returns float64[marks]: x, each moved by at most a few sizes.
    """
    drawn = x.copy()
    if len(x) > MOST:
        return drawn
    drawn[list(line)] = _apart(x[list(line)], 0.75 * size)
    placed = list(line)
    waiting = set(range(len(x))) - set(placed)
    for mark in sorted(waiting, key=lambda n: (-y[n], x[n], n)):
        others = np.array(placed, np.int64)
        for step in range(2 * reach + 1):
            # 0, 1, -1, 2, -2, ... steps to the right
            moved = x[mark] + _STEP * size * ((step + 1) // 2) * (1 if step % 2 else -1)
            if not ((drawn[others] - moved) ** 2 + (y[others] - y[mark]) ** 2 < size**2).any():
                drawn[mark] = moved
                break
        placed.append(mark)
    return drawn


def _apart(x: Places, gap: float) -> Places:
    """Return rising places moved apart to a least gap; those that must move stay centred on where they belong."""
    groups: list[list[float]] = []
    starts: list[float] = []
    for place in x.tolist():
        groups.append([place])
        starts.append(place)
        # two groups that come too close become one, around the mean of what they are of
        while len(groups) > 1 and starts[-1] < starts[-2] + gap * len(groups[-2]):
            last = groups.pop()
            groups[-1] += last
            starts.pop()
            starts[-1] = sum(groups[-1]) / len(groups[-1]) - gap * (len(groups[-1]) - 1) / 2
    return np.array([start + gap * n for start, group in zip(starts, groups, strict=True) for n in range(len(group))])
