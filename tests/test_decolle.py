"""Networks of layers in integers: kernels and slow reference agree in every node, whatever the configuration."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from command_line import long_with_jit
from decolle_networks import cells, frames_for, layer_nodes, layer_plans, quantised_layers
from fxsnn.decolle.description import Description, Layer
from fxsnn.decolle.emulate import count_casts, respond_layers
from fxsnn.decolle.network import DecolleNetwork, random_layers
from fxsnn.decolle.plan import (
    DecollePlan,
    LayerPlan,
    decolle_plan_from_data,
    decolle_plan_text,
    decolle_plan_to_data,
    parse_decolle_plan,
)
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.errors import ConfigError, OverflowDetectedError, WidthError
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Overflow
from fxsnn.number.signal import Leak, Signal
from reference_decolle import run_layers
from strategies import compiled_examples, examples, lfsrs


@settings(max_examples=examples(30), deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers(), st.integers(0, 99))
def test_every_node_equals_the_slow_reference(network: QuantisedLayers, seed: int) -> None:
    (recording,) = frames_for(network, 1, seed)
    layers = layer_nodes(network, recording)
    expected = run_layers(network, [cells(frame) for frame in recording])
    for number, nodes in enumerate(layers):
        for name in ("sum", "trace", "synapse", "refractory", "spike"):
            assert nodes[name].tolist() == expected.nodes[number][name], (number, name)
    event(f"spikes: {layers[0]['spike'].any()}")


@long_with_jit
@settings(max_examples=compiled_examples(20), deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers(), st.integers(0, 99))
def test_answers_are_those_of_the_slow_reference(network: QuantisedLayers, seed: int) -> None:
    frames = frames_for(network, 2, seed)
    found = respond_layers(network, frames).tolist()
    expected = [run_layers(network, [cells(frame) for frame in recording]).scores for recording in frames]
    assert found == expected
    assert respond_layers(network, frames, threads=3).tolist() == expected


STATE = Signal(Format(50, 34))  # eight steps of decays by a half and a quarter need 32 fractional bits
EXACT = LayerPlan(
    {
        "weight": Signal(Format(11, 6)),
        "bias": Signal(Format(20, 10)),
        "synapse": STATE,
        "trace": Signal(Format(40, 26)),
        "refractory": STATE,
    },
    {
        "trace_leak": Leak("shift", shift=2),
        "synapse_leak": Leak("shift", shift=1),
        "refractory_leak": Leak("shift", shift=1),
    },
)
EXACTLY = {"inputs": EXACT, "currents": EXACT.changed(trace=STATE, filters="currents")}
FLOAT = Description(
    (Layer("conv", 3, 3, 2, rho=0.5), Layer("dense", 6, rho=0.5), Layer("output", 3, refractory=0.0)),
    classes=3,
    height=6,
    width=7,
    clip=3,
    steps=8,
    burn_in=1,
)


def on_a_grid(network: DecolleNetwork) -> DecolleNetwork:
    """Weights and biases of six fractional bits, which wide formats hold exactly."""
    weights = tuple((np.round(array * 64) / 64).astype(np.float32) for array in network.weights)
    biases = tuple(np.linspace(-0.25, 0.25, len(array)).round(4).astype(np.float32) for array in network.biases)
    biases = tuple((np.round(array * 64) / 64).astype(np.float32) for array in biases)
    return replace(network, weights=weights, biases=biases)


@long_with_jit
@pytest.mark.parametrize("filters", EXACTLY)
def test_wide_words_fire_as_real_numbers_do(filters: str) -> None:
    """All decays are halves and quarters and all words wide, so that float64 and integers are both exact."""
    network = on_a_grid(random_layers(FLOAT, 1))
    plan = DecollePlan((EXACTLY[filters],) * 3)
    quantised = quantise_layers(network, plan)
    frames = frames_for(quantised, 4, 7)
    for recording in frames:
        nodes = layer_nodes(quantised, recording)
        spikes = in_real_numbers(network, recording)
        for number in range(2):
            assert nodes[number]["spike"].tolist() == spikes[number]
        assert 0.01 < np.mean(spikes[0]) < 0.99
        counts = count_casts(quantised, recording[None])
        assert [*counts] == [f"layer {n} {cast}" for n in range(3) for cast in ("trace", "synapse", "refractory")]
        first = [one for name, one in counts.items() if name.startswith("layer 0")]
        assert all(one["overflows"] == one["inexact"] == 0 for one in first)


def in_real_numbers(network: DecolleNetwork, recording: NDArray[np.uint16]) -> list[list[list[int]]]:
    """The description's own equations in float64, one neuron at a time; all values are exact."""
    described = network.description
    found: list[list[list[int]]] = [[] for _ in described.layer]
    q = [np.zeros(described.inputs(n)) for n in range(len(described.layer))]
    p = [array.copy() for array in q]
    r = [np.zeros(described.geometry(n).outputs) for n in range(len(described.layer))]
    s = [array.copy() for array in r]
    for frame in recording:
        given = frame.astype(np.float64)
        for n, layer in enumerate(described.layer):
            geometry = described.geometry(n)
            p[n] = layer.alpha * p[n] + (1 - layer.alpha) * q[n]
            q[n] = layer.beta * q[n] + (1 - layer.beta) * given
            r[n] = layer.rho * r[n] - (1 - layer.rho) * layer.refractory * s[n]
            height, width, outputs = geometry.outputs
            rows, columns, _, _ = geometry.weights
            padded = np.pad(p[n], ((geometry.padding,) * 2, (geometry.padding,) * 2, (0, 0)))
            u = np.zeros(geometry.outputs)
            for y in range(height):
                for x in range(width):
                    under = padded[y : y + rows, x : x + columns, :, None]
                    u[y, x] = (under * network.weights[n].astype(np.float64)).sum(axis=(0, 1, 2))
            u += network.biases[n].astype(np.float64) + r[n]
            s[n] = (u > 0).astype(np.float64)
            found[n].append(s[n].astype(int).reshape(-1).tolist())
            size = geometry.pool
            height, width, outputs = geometry.pooled
            kept = s[n][: height * size, : width * size].reshape(height, size, width, size, outputs)
            given = kept.max(axis=(1, 3))
    return found


def test_a_sum_that_could_leave_int64_is_refused() -> None:
    plan = DecollePlan(
        (EXACT.changed(weight=Signal(Format(40, 0)), trace=Signal(Format(40, 0)), synapse=Signal(Format(40, 0))),) * 3
    )
    with pytest.raises(
        WidthError,
        match=r"^population layer_0: every exact intermediate must fit int64, but sum = arriving \("
        r"arriving 18 x Q40\.0 \(s40\) \* Q40\.0",
    ):
        quantise_layers(random_layers(FLOAT, 1), plan)


def test_an_overflow_that_is_an_error_is_refused() -> None:
    narrow = EXACT.changed(trace=Signal(Format(2, 0), overflow=Overflow.ERROR))
    network = quantise_layers(random_layers(FLOAT, 1), DecollePlan((narrow, EXACT, EXACT)))
    with pytest.raises(
        OverflowDetectedError, match=r"^trace of layer 0 must stay within Q2\.0 \(s2\), but left it \d+ times"
    ):
        respond_layers(network, np.full((1, 8, 6, 7, 2), 3, np.uint16))


def test_frames_that_do_not_fit_are_refused() -> None:
    network = quantise_layers(random_layers(FLOAT, 1), DecollePlan((EXACT,) * 3))
    with pytest.raises(
        ConfigError, match=r"^frames must be uint16\[recordings, 8, 6, 7, 2\], not uint16\[1, 8, 6, 6, 2\]$"
    ):
        respond_layers(network, np.zeros((1, 8, 6, 6, 2), np.uint16))
    with pytest.raises(ConfigError, match=r"^counts must be at most the clip of 3, not 4$"):
        respond_layers(network, np.full((1, 8, 6, 7, 2), 4, np.uint16))
    with pytest.raises(ConfigError, match=r"^a plan must be of 3 layers, not 2$"):
        quantise_layers(random_layers(FLOAT, 1), DecollePlan((EXACT,) * 2))


@given(st.lists(layer_plans(), min_size=1, max_size=3), lfsrs())
def test_a_plan_survives_its_text(layers: list[LayerPlan], lfsr: Lfsr) -> None:
    for name in LEAKS:
        changes: list[Any] = [{name: _leak(one.leaks[name])} for one in layers]
        layers = [one.changed(**change) for one, change in zip(layers, changes, strict=True)]
    plan = DecollePlan(tuple(layers), lfsr)
    assert parse_decolle_plan(decolle_plan_text(plan)) == plan
    data = decolle_plan_to_data(plan)
    data["layer"] = [{name: _line(part) for name, part in layer.items()} for layer in data["layer"]]
    assert decolle_plan_from_data(data) == plan


def _line(part: Any) -> Any:
    """Return a signal's or a leak's table as one line."""
    return " ".join(map(str, part.values())) if isinstance(part, dict) else part


LEAKS = ("trace_leak", "synapse_leak", "refractory_leak")


def _leak(leak: Leak) -> Leak:
    """A leak that does not multiply keeps no factor in its text."""
    return leak if leak.kind == "multiply" else Leak(leak.kind, shift=leak.shift)


def test_readouts_see_what_a_layer_gives() -> None:
    network = random_layers(FLOAT, 3)
    assert [array.shape for array in network.readouts] == [(27, 3), (6, 3), (0, 3)]
    assert [array.shape for array in network.weights] == [(3, 3, 2, 3), (3, 3, 3, 6), (1, 1, 6, 3)]
    assert math.isclose(float(network.weights[0].std()), 2 / math.sqrt(18), rel_tol=0.3)


def test_a_layer_whose_weights_are_all_0_has_a_plan_that_runs() -> None:
    network = random_layers(FLOAT, 3)
    silent = replace(network, weights=(network.weights[0] * np.float32(0), *network.weights[1:]))
    plan = plan_layers(silent, Words(6, 4))
    assert str(plan.layers[0]["weight"].format) == "Q1.5"
    assert quantise_layers(silent, plan)
