"""With wide formats the integer network is the float one: same spikes, membranes within a derived bound."""

from __future__ import annotations

import numpy as np
import pytest
from fxpmath import Fxp
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import reference
from fxsnn.competitive.emulate import emulate, spikes_of
from fxsnn.competitive.learn import record
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import quantise
from fxsnn.data.encode import RateCoding
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Leak, Signal
from strategies import examples
from test_cast import FXPMATH_ROUNDING
from test_emulate import as_layer

STEPS = 12
FRAC = 24  # of the membrane
WIDE = Signal(Format(40, FRAC), Rounding.NEAREST_EVEN)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    inputs, neurons = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    grid = st.integers(-64, 64).map(lambda k: k / 64)  # held exactly by the wide formats
    return Network(
        draw(arrays(np.float64, (inputs, neurons), elements=grid)),
        draw(arrays(np.float64, neurons, elements=st.integers(0, 16).map(lambda k: k / 16))),
        np.full(neurons, -1, dtype=np.int64),
        threshold=draw(st.integers(1, 32)) / 16,
        decay=draw(st.floats(0.5, 1.0)),
        inhibition=draw(st.sampled_from([0.0, 0.5, 4.0])),
        floor=-8.0,
        reset=draw(st.sampled_from(["zero", "value", "subtract"])),
        reset_value=-0.25,
        compare=draw(st.sampled_from(["ge", "gt"])),
        winner=draw(st.sampled_from(["none", "lowest", "largest"])),
        refractory_steps=draw(st.integers(0, 2)),
        refractory_input=draw(st.sampled_from(["ignore", "integrate"])),
        coding=RateCoding(STEPS),
    )


def wide_plan(integrate: str) -> Plan:
    factor = Signal(Format(21, 20, signed=False), Rounding.NEAREST_EVEN)
    signals = dict.fromkeys(Plan.SIGNALS, WIDE)
    return Plan(signals, {"leak": Leak("multiply", factor)}, integrate=integrate)  # type: ignore[arg-type]


@settings(
    max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(networks(), st.sampled_from(["two-casts", "fused"]), st.data())
def test_spikes_equal_the_float_network_s_and_membranes_stay_within_the_bound(
    network: Network, integrate: str, data: st.DataObject
) -> None:
    """Hold for every network whose decisions the bound does not touch.

    The bound: a step multiplies the error by decay <= 1 and adds at most the factor's error times |v|, half a
    unit for each cast, and float64's own rounding, which is below a thousandth of a unit here.
    """
    raster = data.draw(arrays(np.uint8, (1, STEPS, len(network.weights)), elements=st.integers(0, 1)))
    spikes = spikes_of(raster)
    run, fixed = record(network, spikes), emulate(quantise(network, wide_plan(integrate)), spikes)
    largest = max(np.abs(run.before).max(), np.abs(run.after).max())
    bound = STEPS * (2.0**-21 * largest + 2.001 * 2.0 ** -(FRAC + 1))
    limits = network.threshold + network.theta
    excess = run.before - limits
    close = np.abs(excess).min() <= bound
    if network.winner == "largest":
        ordered = np.sort(excess, axis=1)
        close = close or (ordered.shape[1] > 1 and np.diff(ordered, axis=1)[:, -1].min() <= 2 * bound)
    event(f"decided: {not close}")
    assume(not close)  # the bound cannot decide such a tie; equality of ties is what the reference checks
    assert fixed.nodes["spike"].tolist() == run.spikes.tolist()
    for node, real in (("integrated", run.before), ("membrane", run.after)):
        assert np.abs(fixed.nodes[node] * 2.0**-FRAC - real).max() <= bound


@pytest.mark.parametrize("overflow", ["saturate", "wrap"])
@pytest.mark.parametrize("rounding", sorted(FXPMATH_ROUNDING))
def test_a_layer_equals_fxpmath_where_it_has_the_mode(rounding: str, overflow: str) -> None:
    """The third answer: a plain layer written with fxpmath's own casts, step by step."""
    rng = np.random.default_rng(7)
    weight, current, membrane = Format(6, 4), Format(6, 3), Format(8, 3)
    modes = (Rounding(rounding), Overflow(overflow))
    plan = Plan(
        {
            "weight": Signal(weight, *modes),
            "accumulator": Signal(current, *modes),
            "membrane": Signal(membrane, *modes),
            "theta": Signal(Format(4, 2, signed=False)),
            "threshold": Signal(Format(8, 4)),
            "inhibition": Signal(Format(4, 2)),
        },
        {"leak": Leak("multiply", Signal(Format(5, 5, signed=False)))},
    )
    network = quantise(
        Network(
            rng.uniform(-1.5, 1.5, (9, 5)),
            np.zeros(5),
            np.full(5, -1, dtype=np.int64),
            threshold=2.0,
            decay=0.9,
            inhibition=0.0,
            winner="none",
            reset="subtract",
            coding=RateCoding(STEPS),
        ),
        plan,
    )
    raster = rng.integers(0, 2, (1, STEPS, 9), dtype=np.uint8)

    def other(x: NDArray[np.float64], fmt: Format) -> NDArray[np.float64]:
        cast = Fxp(x, True, fmt.word, fmt.frac, rounding=FXPMATH_ROUNDING[rounding], overflow=overflow)
        return np.asarray(cast.get_val(), dtype=np.float64)

    trace, v = emulate(network, spikes_of(raster)), np.zeros(5)
    for step in range(STEPS):
        total = (raster[0, step].astype(np.int64) @ network.weights) * 2.0**-weight.frac
        v = other(other(v * network.factor / 32, membrane) + other(total, current), membrane)
        assert (trace.nodes["integrated"][step] / 8).tolist() == v.tolist()
        fired = v >= 2.0
        assert trace.nodes["spike"][step].tolist() == fired.astype(int).tolist()
        v = np.where(fired, other(v - 2.0, membrane), v)
        assert (trace.nodes["membrane"][step] / 8).tolist() == v.tolist()
    assert trace.spikes > 0
    expected = reference.run_layer(as_layer(network), raster[0].tolist())
    assert trace.nodes["membrane"].tolist() == [s.membrane for s in expected.steps]
