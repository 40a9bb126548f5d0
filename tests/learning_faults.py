"""Faults that an RTL of learning might have, and small networks that learn, in whose bundles they must be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.learn import Learning, random_network
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan, parse_plan
from fxsnn.data.encode import RateCoding

Arguments = tuple[Network, NDArray[np.uint8], Learning, Plan]
INPUTS, NEURONS = 6, 4

BY_CHANCE = """
weight = { format = "UQ0.3", rounding = "floor" }
accumulator = { format = "UQ3.3" }
membrane = { format = "UQ4.4" }
theta = { format = "UQ3.3", rounding = "stochastic" }
threshold = { format = "UQ2.2" }
inhibition = { format = "UQ2.2" }
leak = { kind = "shift", shift = 3 }
[learning]
weight = { format = "UQ0.6", rounding = "stochastic" }
trace = { format = "UQ1.4", rounding = "stochastic" }
theta = { format = "UQ2.6" }
fade = { kind = "multiply", format = "UQ0.8" }
"""
EACH_SPIKE = """
weight = { format = "UQ0.4", rounding = "nearest-up" }
accumulator = { format = "UQ3.4" }
membrane = { format = "UQ4.4" }
theta = { format = "Q4.3", rounding = "nearest-odd" }
threshold = { format = "UQ2.4" }
inhibition = { format = "UQ2.0" }
leak = { kind = "none" }
[learning]
weight = { format = "UQ0.6", rounding = "nearest-even" }
trace = { format = "UQ0.4" }
theta = { format = "UQ0.4" }
fade = { kind = "shift", shift = 1 }
"""
AT_THE_RAILS = """
weight = { format = "UQ0.3", rounding = "nearest-even", overflow = "saturate" }
accumulator = { format = "UQ3.4" }
membrane = { format = "UQ4.4" }
theta = { format = "UQ4.1", rounding = "ceil" }
threshold = { format = "UQ1.3" }
inhibition = { format = "UQ2.0" }
leak = { kind = "shift", shift = 2 }
[learning]
weight = { format = "UQ0.5", rounding = "nearest-even", overflow = "saturate-zero" }
trace = { format = "UQ1.0" }
theta = { format = "UQ4.4" }
"""


def _arguments(plan: str, network: Network, **learning: object) -> Arguments:
    images = (np.random.PCG64(7).random_raw(4 * INPUTS) >> 56).astype(np.uint8).reshape(4, INPUTS)
    coding = RateCoding(steps=8, peak=0.7, seed=3)
    rule = replace(Learning(norm=2.0), **learning)  # type: ignore[arg-type]
    return replace(network, coding=coding), images, rule, parse_plan(plan)


def by_chance() -> Arguments:
    """Learned weights, traces and thetas are rounded by chance; all may fire; one update an image."""
    network = replace(random_network(INPUTS, NEURONS, seed=1), threshold=1.0, winner="none", inhibition=0.25)
    return _arguments(BY_CHANCE, network, rate=0.4, fade=0.8, theta_plus=0.25, target=3.0)


def each_spike() -> Arguments:
    """Weights change at every spike; traces fade by a shift; learned thetas meet both ends of a narrow word."""
    network = replace(random_network(INPUTS, NEURONS, seed=2), threshold=1.0, winner="none", inhibition=0.0)
    return _arguments(EACH_SPIKE, network, rate=0.3, update="spike", theta_plus=0.4375, target=3.0)


def at_the_rails() -> Arguments:
    """Learned weights leave their word, which makes them 0; a trace is one bit and the winner is one."""
    network = replace(random_network(INPUTS, NEURONS, seed=3), threshold=0.5)
    return _arguments(
        AT_THE_RAILS, network, rate=0.4, slowing=1.0, offset=0.125, softness=0.0, theta_plus=0.25, target=4.0
    )


CONFIGURATIONS: dict[str, Callable[[], Arguments]] = {
    "by chance": by_chance,
    "each spike": each_spike,
    "at the rails": at_the_rails,
}

STDP = "fxsnn_stdp.sv"
# name: the configuration that finds it, and what is changed: file, right, wrong
FAULTS: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "truncated update": (
        "each spike",
        [(STDP, ".ROUNDING(LEARNED_ROUNDING),", ".ROUNDING(fxsnn_modes::FLOOR),")],
    ),
    "overflow before rounding": (
        "at the rails",
        [
            (
                "fxsnn_cast.sv",
                "assign overflowed = rounded > HIGHEST || rounded < BOTTOM;",
                "assign overflowed = DROP > 0 ? value > (HIGHEST <<< DROP) || value < (BOTTOM <<< DROP) : "
                "rounded > HIGHEST || rounded < BOTTOM;",
            )
        ],
    ),
    "saturation for a zero": (
        "at the rails",
        [(STDP, ".OVERFLOW(LEARNED_OVERFLOW)", ".OVERFLOW(fxsnn_modes::SATURATE)")],
    ),
    "count off by one": ("by chance", [(STDP, "rate_x * count", "rate_x * (count - 1)")]),
    "count at each spike": ("each spike", [(STDP, "EACH_SPIKE ? rate_x : rate_x * count", "rate_x * count")]),
    "theta falls below 0": ("at the rails", [(STDP, "theta > FALL_X ? theta - FALL_X : '0", "theta - FALL_X")]),
    "theta rises past its word": ("each spike", [(STDP, "theta + RISE_X > highest ? highest : theta", "theta")]),
    "a silent neuron's theta stays": (
        "at the rails",
        [(STDP, "theta > FALL_X ?", "count == '0 ? theta : theta > FALL_X ?")],
    ),
    "stale trace": ("each spike", [(STDP, "if (active[0]) traces", "if (active[0] && trace == '0) traces")]),
    "traces of the last image": ("at the rails", [(STDP, "if (i < INPUTS) traces[i] <= '0;", "")]),
    "counts of the last image": ("by chance", [(STDP, "if (i < NEURONS) counts[i] <= '0;", "")]),
    "draws in another order": (
        "by chance",
        [
            (STDP, "assign address = i * NEURONS + n;", "assign address = (INPUTS - 1 - i) * NEURONS + n;"),
            (STDP, "traces[i]});", "traces[state == UPDATE ? INPUTS - 1 - i : i]});"),
        ],
    ),
    "no draw for a silent input": (
        "by chance",
        [(STDP, "draw_update = state == UPDATE;", "draw_update = state == UPDATE && trace != '0;")],
    ),
    "registers reset at every image": (
        "by chance",
        [(STDP, "state == IDLE && start_learning;", "state == IDLE && (start_learning || start_image);")],
    ),
    "registers exchanged": ("by chance", [(STDP, ".SEED(SEED_UPDATE)", ".SEED(SEED_FOLD)")]),
    "sign of the offset": ("by chance", [(STDP, "- OFFSET_X", "+ OFFSET_X")]),
    "softness of the weight as read": (
        "by chance",
        [(STDP, "SOFTNESS_X * w)", "SOFTNESS_X * ((w >>> READ_DROP) <<< READ_DROP))")],
    ),
    "binary point of the learned weight in the fold": (
        "by chance",
        [(STDP, "LIMIT_FRAC + WEIGHT_FRAC + NORM_LOG2", "LIMIT_FRAC + LEARNED_FRAC + NORM_LOG2")],
    ),
    "norm forgotten in the fold": (
        "each spike",
        [(STDP, "LIMIT_FRAC + WEIGHT_FRAC + NORM_LOG2", "LIMIT_FRAC + WEIGHT_FRAC")],
    ),
    "fold without the learned theta": ("at the rails", [(STDP, "+ (theta <<< (LIMIT_FRAC - LEARNED_THETA_FRAC))", "")]),
    "sum of the weights as they were": (
        "at the rails",
        [(STDP, "assign now = state == READ ? w : updated;", "assign now = w;")],
    ),
    "sum that goes on": (
        "each spike",
        [(STDP, "(i == '0 ? '0 : total)", "(i == '0 && work == BEGINNING ? '0 : total)")],
    ),
    "fade that rounds its shift": ("each spike", [(STDP, "(trace >>> FADE_BITS)", "((trace + 1) >>> FADE_BITS)")]),
    "theta not written to the layer": (
        "at the rails",
        [(STDP, "assign write_theta = state == FOLD;", "assign write_theta = state == FOLD && work != STEP;")],
    ),
    "learning from the next step's inputs": (
        "each spike",
        [("fxsnn_learner.sv", "if (start_step) heard <= spikes_in;", "if (learn_step) heard <= spikes_in;")],
    ),
}
