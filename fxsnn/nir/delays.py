"""NIR's Delay in whole steps."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.connect import MOST_DELAY
from fxsnn.nir.conventions import Conventions
from fxsnn.nir.layout import Sizes, laid
from fxsnn.nir.node import Node, Reported
from fxsnn.nir.wires import Wire

MOST_DIFFERENT = 256  # delays of a node, each of which is a projection


def steps_of(node: Node, rules: Conventions, reported: Reported) -> NDArray[np.int64]:
    """Return the steps of a Delay, in NIR's order; raises ConfigError where they are negative or too many."""
    seconds, dt = node.numbers("delay").reshape(-1), rules.seconds(node)
    if (seconds < 0).any():
        raise node.refusal(f"a delay must be 0 s or more, not {seconds.min():g}")
    if (seconds / dt > MOST_DELAY).any():
        raise node.refusal(f"a delay must be at most {MOST_DELAY} steps of {dt:g} s, not {seconds.max():g} s")
    steps = np.rint(seconds / dt)
    if (abs(steps * dt - seconds) > 1e-3 * dt).any():
        reported.assume(f"delays are rounded to whole steps of {dt:g} s", node.name)
    if len(np.unique(steps)) > MOST_DIFFERENT:
        raise node.refusal(f"delays must be at most {MOST_DIFFERENT} different ones, not {len(np.unique(steps))}")
    return steps.astype(np.int64)


def apart(steps: NDArray[np.int64], passed: Wire, onto: Sizes) -> Iterator[tuple[int, Wire]]:
    """Yield each delay and what it brings: all, or those numbers whose delay it is.

    steps    int64[numbers], the delay of each
    """
    for late in np.unique(steps):
        mask = np.broadcast_to(steps == late, (math.prod(onto),)).astype(np.float64)
        yield int(late), passed if mask.all() else Wire("scale", laid(mask, onto), signal="pass")
