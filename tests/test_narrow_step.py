"""A step in 32-bit words: used only where it is proved to do, and then it equals the reference."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import reference
from command_line import long_with_jit
from fxsnn.competitive.emulate import respond, run_raster, spikes_of
from fxsnn.competitive.graph import layer_driver
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.errors import ConfigError, OverflowDetectedError
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Leak, Signal
from strategies import compiled_examples, quantised_networks
from test_emulate import as_layer

BY_BIAS = (Rounding.FLOOR, Rounding.CEIL, Rounding.NEAREST_UP, Rounding.NEAREST_DOWN)


@st.composite
def narrow_networks(draw: st.DrawFn) -> QuantisedNetwork:
    """Networks whose casts saturate and round by a bias, with membranes of up to 31 bits."""
    network = draw(quantised_networks())
    plan, modes = network.plan, st.builds(Signal, st.none(), st.sampled_from(BY_BIAS))
    word = draw(st.sampled_from([plan["membrane"].format.word, 16, 26, 31]))
    membrane = Format(word, plan["membrane"].format.frac)
    plan = plan.changed(
        accumulator=replace(draw(modes), format=plan["accumulator"].format),
        membrane=replace(draw(modes), format=membrane),
    )
    return replace(
        network,
        plan=plan,
        floor=draw(st.sampled_from([membrane.lowest, 0])),
        reset_value=draw(st.integers(membrane.lowest, membrane.highest)) if network.reset == "value" else 0,
    )


@settings(max_examples=compiled_examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(narrow_networks(), st.data())
def test_spikes_equal_the_reference(network: QuantisedNetwork, data: st.DataObject) -> None:
    assume(layer_driver(network).step.word != np.int64)
    raster = data.draw(arrays(np.uint8, (2, 8, network.inputs), elements=st.integers(0, 1)))
    expected = [
        [step.spike for step in reference.run_layer(as_layer(network), image.tolist()).steps] for image in raster
    ]
    assert run_raster(network, raster).tolist() == expected
    assert respond(network, spikes_of(raster)).tolist() == np.array(expected).sum(axis=1).tolist()


def layer(**changes: Any) -> QuantisedNetwork:
    floor = Signal(Format(16, 8), Rounding.FLOOR)
    leak = Leak("multiply", Signal(Format(4, 4, signed=False)))
    plan = Plan(dict.fromkeys(Plan.SIGNALS, floor), {"leak": leak})
    own = (*plan.signals, *plan.leaks, "accumulate", "integrate", "lfsr")
    plan = plan.changed(**{name: change for name, change in changes.items() if name in own})
    weights, theta = np.full((600, 3), 1 << 14, dtype=np.int64), np.zeros(3, dtype=np.int64)
    network = QuantisedNetwork(plan, weights, theta, 256, 15, 0, 0, 0, "subtract", "ge", "none", 0, "ignore", {})
    return replace(network, **{name: change for name, change in changes.items() if name not in own})


@pytest.mark.parametrize(
    "changes",
    [
        {"membrane": Signal(Format(16, 8), Rounding.ZERO)},
        {"membrane": Signal(Format(16, 8), Rounding.NEAREST_EVEN)},
        {"membrane": Signal(Format(16, 8), Rounding.STOCHASTIC)},
        {"membrane": Signal(Format(16, 8), Rounding.FLOOR, Overflow.WRAP)},
        {"membrane": Signal(Format(29, 8), Rounding.FLOOR)},  # times 15: 33 bits
        {"leak": Leak("shift", shift=32)},
    ],
    ids=str,
)
def test_what_takes_words_of_64_bits(changes: dict[str, Any]) -> None:
    assert layer_driver(layer()).step.word == np.int32
    assert layer_driver(layer(membrane=Signal(Format(28, 8), Rounding.FLOOR))).step.word == np.int32
    assert layer_driver(layer(**changes)).step.word == np.int64


@long_with_jit
def test_more_rows_than_the_lanes_hold_are_summed_in_parts() -> None:
    network = layer()
    raster = np.ones((1, 3, 600), dtype=np.uint8)
    expected = [step.spike for step in reference.run_layer(as_layer(network), raster[0].tolist()).steps]
    assert run_raster(network, raster).tolist() == [expected]


def test_a_run_is_refused_at_the_edge() -> None:
    network = layer()
    raster = np.ones((1, 2, 600), dtype=np.uint8)
    with pytest.raises(ConfigError, match=r"^spikes must be of 600 inputs, not 599$"):
        run_raster(network, raster[:, :, 1:])
    with pytest.raises(ConfigError, match=r"^a raster must hold 0 and 1, not 2$"):
        run_raster(network, raster * np.uint8(2))
    with pytest.raises(ConfigError, match=r"^threads must be 1 or more, not 0$"):
        run_raster(network, raster, threads=0)
    tight = layer(membrane=Signal(Format(4, 2), Rounding.FLOOR, Overflow.ERROR))
    message = r"^integrate must stay within Q2\.2 \(s4\), but left it 6 times$"
    with pytest.raises(OverflowDetectedError, match=message):
        run_raster(tight, raster)
