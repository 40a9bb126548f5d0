"""The proof of widths: what it lets through never leaves int64, and what could is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from command_line import long_with_jit
from fxsnn.competitive.emulate import emulate, respond, spikes_of
from fxsnn.competitive.graph import program_of
from fxsnn.competitive.plan import parse_plan
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.errors import ConfigError, WidthError
from fxsnn.graph.lanes import lanes_for
from fxsnn.number.format import Format
from fxsnn.number.signal import Leak, Signal
from strategies import examples, formats, quantised_networks
from test_emulate import as_layer
from test_plan import TEXT


def network_of(**changes: object) -> QuantisedNetwork:
    plan = parse_plan(TEXT.replace("each", "exact")).changed(**changes)
    weights, theta = np.zeros((784, 400), dtype=np.int64), np.zeros(400, dtype=np.int64)
    return QuantisedNetwork(plan, weights, theta, 1, 1, 0, 0, 0, "zero", "ge", "largest", 5, "ignore", {})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"weight": Signal(Format(58, 4)), "accumulator": Signal(Format(60, 4))},
            "every exact intermediate must fit int64, but sum = arriving "
            "(arriving 784 x Q54.4 (s58); competitive.neuron:29:5) can need 68 bits "
            "(raw -112986307451471003648 to 112986307451471002864)",
        ),
        (
            {"membrane": Signal(Format(50, 4)), "leak": Leak("multiply", Signal(Format(20, 20, False)))},
            "every exact intermediate must fit int64, but _decayed = membrane * factor "
            "(membrane Q46.4 (s50), factor UQ0.20 (u20); competitive.neuron:38:5) can need 70 bits "
            "(raw -590295247408752230400 to 590295247408751181825)",
        ),
        (
            {"theta": Signal(Format(8, 70, False))},
            "every exact intermediate must fit int64, but _excess = integrated - (threshold + theta) "
            "(threshold UQ5.3 (u8), theta UQ-62.70 (u8); competitive.neuron:51:1) can need 76 bits "
            "(raw 0 to 37631357910367485296895)",
        ),
        (
            {"weight": Signal(Format(4, 44, False)), "accumulator": Signal(Format(4, -44, False))},
            "a cast must drop at most 62 bits, but current = sum "
            "(arriving 784 x UQ-40.44 (u4) -> UQ48.-44 (u4); competitive.neuron:30:5) drops 88",
        ),
    ],
)
def test_an_intermediate_that_could_leave_int64_is_refused(changes: dict[str, Signal], message: str) -> None:
    with pytest.raises(WidthError) as error:
        program_of(network_of(**changes))
    assert str(error.value) == message


def test_a_leak_factor_above_its_binary_point_is_refused() -> None:
    leak = Leak("multiply", Signal(Format(4, -1, False)))
    with pytest.raises(ConfigError, match="^the leak factor's format must have 0 or more fractional bits, not UQ5.-1"):
        program_of(network_of(leak=leak))


@given(formats(max_word=40), st.integers(1, 5000))
def test_a_chunk_of_rows_always_fits_its_lanes(weight: Format, inputs: int) -> None:
    lanes = lanes_for(weight.lowest, weight.highest, inputs)
    assert np.iinfo(lanes.weights).min <= weight.lowest <= weight.highest <= np.iinfo(lanes.weights).max
    if lanes.sums is not np.int64:
        assert np.iinfo(lanes.sums).min <= lanes.chunk * weight.lowest
        assert lanes.chunk * weight.highest <= np.iinfo(lanes.sums).max
    assert 1 <= lanes.chunk <= inputs


@long_with_jit
@pytest.mark.parametrize("word", ["UQ0.8", "Q1.7", "Q6.10", "Q10.20", "Q10.40"])
def test_sums_of_extreme_weights_are_exact_in_every_lane(word: str) -> None:
    weight = Format.parse(word)
    wide = Signal(Format(63, weight.frac))
    network = replace(
        network_of(weight=Signal(weight), accumulator=wide, membrane=wide),
        weights=np.full((784, 3), weight.lowest if weight.signed else weight.highest, dtype=np.int64),
        theta=np.zeros(3, dtype=np.int64),
    )
    network = replace(network, plan=network.plan.changed(leak=Leak("none")), winner="none")
    raster = np.ones((1, 2, 784), dtype=np.uint8)
    trace = emulate(network, spikes_of(raster))
    assert trace.nodes["sum"][0].tolist() == [784 * int(network.weights[0, 0])] * 3
    assert respond(network, spikes_of(raster)).tolist() == [trace.nodes["spike"].sum(axis=0).tolist()]


@settings(max_examples=examples(100), deadline=None)
@given(quantised_networks(), st.data())
def test_wide_words_are_refused_or_exact(network: QuantisedNetwork, data: st.DataObject) -> None:
    word = data.draw(st.integers(30, 63))
    membrane = replace(network.plan["membrane"], format=Format(word, data.draw(st.integers(-8, 40))))
    network = replace(network, plan=network.plan.changed(membrane=membrane))
    raster = np.ones((1, 4, network.inputs), dtype=np.uint8)
    try:
        trace = emulate(network, spikes_of(raster))
    except WidthError:
        return
    expected = reference.run_layer(as_layer(network), raster[0].tolist())
    assert trace.nodes["membrane"].tolist() == [step.membrane for step in expected.steps]
