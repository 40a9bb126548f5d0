from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fxsnn.competitive.emulate import respond, run_raster, spikes_of
from fxsnn.competitive.network import Network, Reset
from fxsnn.competitive.plan import Plan, parse_plan
from fxsnn.competitive.quantised import folded_theta, quantise
from fxsnn.errors import OverflowDetectedError
from fxsnn.number.cast import from_float
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Leak, Signal
from test_memory import PLAN


def network_of(weights: object, theta: object) -> Network:
    held = np.asarray(weights, dtype=np.float64)
    return Network(held, np.asarray(theta, dtype=np.float64), np.full(held.shape[1], -1, dtype=np.int64))


def test_every_parameter_is_cast_as_from_float_casts_it() -> None:
    network, plan = network_of([[0.3, 0.99], [0.51, 0.0]], [3.3, 70.0]), parse_plan(PLAN)
    quantised = quantise(network, plan)
    assert quantised.weights.tolist() == from_float(network.weights, plan["weight"].format).tolist()
    assert quantised.theta.tolist() == [13, 255]  # 3.3 * 4 rounds to 13; 70 saturates UQ6.2
    assert (quantised.threshold, quantised.factor, quantised.inhibition) == (40, 248, 63)
    assert quantised.casts["theta"] == (1, 0, 1)


@pytest.mark.parametrize("signal", ["weight", "theta", "threshold", "inhibition"])
def test_an_overflow_that_must_not_be_names_the_parameter(signal: str) -> None:
    plan = parse_plan(PLAN)
    strict = replace(plan[signal], overflow=Overflow.ERROR)
    network = replace(network_of([[3.0]], [500.0]), threshold=900.0)
    with pytest.raises(OverflowDetectedError, match=f"^{signal}s?: all values must lie in UQ"):
        quantise(network, plan.changed(**{signal: strict}))


@pytest.mark.parametrize("reset", ["zero", "subtract", "value"])
def test_a_reset_value_is_refused_only_where_neurons_are_reset_to_it(reset: Reset) -> None:
    plan = parse_plan(PLAN)
    strict = plan.changed(membrane=replace(plan["membrane"], overflow=Overflow.ERROR))
    network = replace(network_of([[0.5]], [0.0]), reset=reset, reset_value=1e6)
    if reset == "value":
        with pytest.raises(OverflowDetectedError, match=r"^reset value: all values must lie in "):
            quantise(network, strict)
        return
    quantised = quantise(network, strict)
    assert quantised.reset_value == plan["membrane"].format.highest
    raster = np.ones((1, 30, 1), np.uint8)
    usual = quantise(replace(network, reset_value=0.0), strict)
    assert run_raster(quantised, raster).tolist() == run_raster(usual, raster).tolist() != [[[0]] * 30]
    fits = replace(network, reset_value=0.3)  # what was not refused is what it was
    assert quantise(fits, strict).reset_value == quantise(fits, plan).reset_value


def test_stochastic_parameters_draw_from_streams_of_their_own() -> None:
    plan = parse_plan(PLAN)
    rounding = {n: replace(plan[n], rounding=Rounding.STOCHASTIC) for n in ("weight", "theta")}
    network, plan = network_of(np.full((40, 3), 0.4), [1.1, 1.1, 1.1]), plan.changed(**rounding)
    quantised = quantise(network, plan)
    expected = from_float(network.weights, plan["weight"].format, "SR", lfsr=plan.lfsr.derive(5))
    assert quantised.weights.tolist() == expected.tolist()
    assert (
        quantised.theta.tolist() == from_float([1.1] * 3, plan["theta"].format, "SR", lfsr=plan.lfsr.derive(6)).tolist()
    )


def wide(plan: Plan) -> Plan:
    """Give the states room, so that only weights round."""
    fine = Signal(Format(40, 24))
    return plan.changed(accumulator=fine, membrane=fine, theta=fine, threshold=fine, leak=Leak("none"))


@settings(deadline=None)  # the first example compiles
@given(st.lists(st.sampled_from([1, 2, 4]), min_size=3, max_size=3), st.integers(0, 99))
def test_folding_undoes_a_scale_of_the_weights_exactly(shifts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    # weights that truncate to a power-of-two part of themselves: every neuron is scaled as a whole
    scale = 1.0 / np.array(shifts)
    kept = rng.integers(0, 4, (12, 3)) / 4 * scale
    network = replace(network_of(kept / scale, rng.integers(0, 8, 3) / 4), threshold=1.5, winner="none", inhibition=0.0)
    plan = wide(parse_plan(PLAN))
    raw = from_float(kept, plan["weight"].format)
    theta = folded_theta(network, raw, plan["weight"].format)
    sums = network.weights.sum(axis=0)
    expected = np.where(sums > 0, scale * (1.5 + network.theta) - 1.5, network.theta)
    assert theta.tolist() == pytest.approx(expected.tolist())
    whole, scaled = quantise(network, plan), quantise(replace(network, weights=kept, theta=theta), plan)
    spikes = spikes_of(rng.integers(0, 2, (2, 9, 12), dtype=np.uint8))
    assert respond(scaled, spikes).tolist() == respond(whole, spikes).tolist()


def test_folding_is_a_choice_of_the_plan() -> None:
    network, plan = network_of([[0.3], [0.3]], [10.0]), replace(parse_plan(PLAN), fold=True)
    plan = plan.changed(weight=replace(plan["weight"], rounding=Rounding.FLOOR))
    assert quantise(network, plan).weights.tolist() == [[4], [4]]  # 0.25: five sixths of 0.3
    assert quantise(network, plan).theta.tolist() == [round(4 * (15 * 0.25 / 0.3 - 5))]
    assert quantise(network, replace(plan, fold=False)).theta.tolist() == [40]
