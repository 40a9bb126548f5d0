"""A plan to learn by whose states have the integer bits that the data ask for: those of a network that learns in float.

How large a threshold becomes is known only when all has been learned, so that the float network learns from all that
the other one is to learn from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive import learn
from fxsnn.competitive.itq import learning_plan
from fxsnn.competitive.learn import Learning
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import LearningPlan, Plan
from fxsnn.competitive.ranges import Ranges, profile
from fxsnn.data.encode import encode
from fxsnn.digits.bench import PROFILED
from fxsnn.digits.grid import Grid, make_plans
from fxsnn.measure.ranges import integer_bits
from fxsnn.number.format import Format

STATE_BITS = 4  # fractional bits of states


def plan_in(ranges: Ranges, weight: str, rounding: str = "stochastic", learned_bits: int | None = None) -> Plan:
    """Return a plan that learns weights of this format, with states that hold the ranges; see `itq.learning_plan`.

    States have STATE_BITS fractional bits, and the leak is a shift.
    """
    grid = Grid(
        weight=(weight,),
        state_bits=(STATE_BITS,),
        weight_rounding=(rounding,),
        state_rounding=("nearest-even",),
        leak=("shift 5",),
        fold=(False,),
    )
    return learning_plan(next(iter(make_plans(grid, ranges).values())), learned_bits)


def profiled_plan(
    blank: Network,
    images: NDArray[np.uint8],
    learning: Learning,
    weight: str,
    rounding: str = "stochastic",
    learned_bits: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """Return the plan by which `blank` is to learn from uint8[images, inputs]: `plan_in` of the ranges met in float.

    Raises
    ------
    ConfigError, FormatError
        Weights of this format cannot learn, or as `learn.train`.
    """
    plan_in(ANY, weight, rounding, learned_bits)  # what cannot be is refused before anything is learned
    network = learn.train(blank, images, learning, progress)
    plan = plan_in(profile(network, encode(images[:PROFILED], blank.coding)), weight, rounding, learned_bits)
    # the threshold as it is learned, before it is folded
    sums = network.weights.sum(axis=0)
    theta = (network.threshold + network.theta) * learning.norm / np.where(sums > 0, sums, np.inf) - network.threshold
    table = plan.learning or LearningPlan(plan["weight"])
    usual = table.theta.format
    integer = max(usual.word - usual.frac, integer_bits((0.0, max(0.0, float(theta.max()))))[0])
    theta_word = replace(table.theta, format=Format(integer + usual.frac, usual.frac, signed=False))
    return replace(plan, learning=replace(table, theta=theta_word))


ANY = Ranges((0.0, 1.0), (0.0, 1.0), (0.0, 1.0), (0.0, 1.0), (0.0, 1.0))
