"""Layers in narrow words: used only where the widths are proved, and then every word equals the slow reference."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fxsnn.errors import WidthError
from fxsnn.format import Format
from fxsnn.kernels import convolution, narrow
from fxsnn.layered import decays, emulate
from fxsnn.layered.decays import decays_of
from fxsnn.layered.description import Description, Geometry, Layer
from fxsnn.layered.emulate import _runners as runners
from fxsnn.layered.emulate import emulate_layers, input_format, respond_layers
from fxsnn.layered.laid import Kinds, kinds_of, laid
from fxsnn.layered.narrow import NarrowState, narrow_state
from fxsnn.layered.network import random_layers
from fxsnn.layered.plan import LayeredPlan, LayerPlan
from fxsnn.layered.ptq import Words, plan_layers
from fxsnn.layered.quantise import QuantisedLayer, QuantisedLayers, quantise_layers
from fxsnn.layered.width import wires
from fxsnn.modes import Overflow, Rounding
from fxsnn.plan import Leak, Signal
from layered_networks import cells, frames_for, quantised_layers
from reference_layered import LayerReference, Map


def flat(words: Map) -> list[int]:
    return list(words.values())


def sums_of(state: NarrowState, layer: QuantisedLayer) -> list[int]:
    """The sums of all neurons, without what a kernel reaches beyond the map."""
    height, width, outputs = layer.geometry.outputs
    first, row = state.lies.shape.first, state.lies.shape.row
    found: list[int] = []
    for y in range(height):
        found += state.lies.sums[first + y * row :][: width * outputs].tolist()
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers(), st.data())
def test_every_word_of_a_narrow_layer_equals_the_slow_reference(network: QuantisedLayers, data: st.DataObject) -> None:
    frames = frames_for(network, 1, data.draw(st.integers(0, 99)))[0]
    shown = [cells(frame) for frame in frames]
    try:
        wired = [wires(layer, input_format(network, n)) for n, layer in enumerate(network.layers)]
    except WidthError:
        reject()
    steps, burn_in = network.description.steps, network.description.burn_in
    for number, layer in enumerate(network.layers):
        reference = LayerReference(layer, input_format(network, number))
        output = network.description.layer[number].kind == "output"
        proof = decays_of(layer, wired[number], input_format(network, number))
        if proof:
            kinds = data.draw(st.sampled_from(kinds_of(layer, input_format(network, number))))
            sparse = data.draw(st.booleans())
            state = narrow_state(layer, wired[number], proof, output, kinds, sparse)
            state.begin()
            words = " of ".join(kind.__name__ for kind in kinds)
            event(f"{'scattered' if state.lies.shape.scattered else 'gathered'}, {words}, {proof.bias.dtype.name}")
        heard = np.zeros((1, math.prod(layer.geometry.outputs)), np.int64)
        said, passed = [0] * layer.geometry.outputs[2], []
        for step in range(steps):
            expected = reference.step(shown[step])
            passed.append(expected)
            if step >= burn_in and output:
                said = [total + reference.membranes[0, 0, k] for k, total in enumerate(said)]
            if not proof:
                continue
            one: Any = np.array([[flat(shown[step])]], np.uint16 if number == 0 else np.uint8)
            pooled, added = state.run(one, burn_in - step)
            assert pooled.tolist() == [[flat(expected)]]
            if added is not None:
                heard = heard + added
            assert state.trace.tolist() == flat(reference.trace.words)
            assert state.synapse.tolist() == flat(reference.synapse.words)
            assert state.spikes.tolist() == flat(reference.spikes)
            assert sums_of(state, layer) == flat(reference.sums)
            held = state.refractory.tolist() if layer.refractory else [0] * len(reference.spikes)
            assert held == flat(reference.refractory.words)
        if proof and output:
            assert heard.tolist() == [said]
        shown = passed


def down(word: int, frac: int, *, signed: bool = True) -> Signal:
    return Signal(Format(word, frac, signed), Rounding.FLOOR)


WIDE = down(24, 4)
PLAN = LayerPlan(
    weight=down(8, 4),
    bias=down(8, 4),
    synapse=down(6, 4, signed=False),
    trace=down(8, 4, signed=False),
    refractory=down(8, 4),
    trace_leak=Leak("shift", shift=2),
    synapse_leak=Leak("shift", shift=1),
    refractory_leak=Leak("multiply", Signal(Format(8, 8, signed=False))),
)


def layered(plan: LayerPlan, clip: int = 3, **changes: Any) -> QuantisedLayers:
    """A dense layer of 8 inputs and 3 neurons, and what its weights are to be."""
    described = Description((Layer("dense", 3),), 2, height=2, width=2, clip=clip, steps=6, burn_in=1)
    network = quantise_layers(random_layers(described, 1), LayeredPlan((plan,)))
    return replace(network, layers=(replace(network.layers[0], **changes),))


def proved(plan: LayerPlan, clip: int = 3, **changes: Any) -> bool:
    network = layered(plan, clip, **changes)
    given = input_format(network, 0)
    return decays_of(network.layers[0], wires(network.layers[0], given), given) is not None


def test_what_saturates_and_rounds_by_a_bias_in_narrow_words_is_proved() -> None:
    assert proved(PLAN)
    assert proved(replace(PLAN, filters="currents", synapse=WIDE, trace=WIDE))


@pytest.mark.parametrize("name", ["trace", "synapse", "refractory"])
@pytest.mark.parametrize(
    "modes",
    [
        {"overflow": Overflow.WRAP},
        {"overflow": Overflow.SATURATE_ZERO},
        {"rounding": Rounding.ZERO},
        {"rounding": Rounding.NEAREST_EVEN},
        {"rounding": Rounding.STOCHASTIC},
    ],
)
def test_a_cast_of_another_kind_is_not_narrow(name: str, modes: dict[str, Any]) -> None:
    plan = replace(PLAN, trace_leak=PLAN.refractory_leak, synapse_leak=PLAN.refractory_leak)  # all casts drop bits
    assert proved(plan)
    assert not proved(replace(plan, **{name: replace(getattr(plan, name), **modes)}))


def test_words_that_need_more_bits_are_not_narrow() -> None:
    # 8 inputs and weights of 16 bits: 8 * 2**15 * (2**13 - 1) leaves room for R and bias below 2**31
    widest = replace(PLAN, weight=down(16, 4), trace=down(13, 4, signed=False))
    assert proved(widest)
    assert not proved(replace(widest, trace=down(14, 4, signed=False)))
    assert not proved(replace(widest, refractory=down(28, 8)))
    assert proved(replace(PLAN, weight=down(16, 4), trace=down(6, 4, signed=False)))
    assert not proved(replace(PLAN, weight=down(17, 4), trace=down(6, 4, signed=False)))
    assert proved(replace(PLAN, weight=down(4, 4), trace=down(15, 4, signed=False)))
    assert not proved(replace(PLAN, weight=down(4, 4), trace=down(16, 4, signed=False)))
    currents = replace(PLAN, filters="currents", synapse=WIDE, trace=WIDE)
    assert proved(currents, clip=(1 << 15) - 1)
    assert not proved(currents, clip=1 << 15)
    assert not proved(replace(currents, trace=down(32, 4)))
    assert not proved(replace(PLAN, trace_leak=Leak("shift", shift=32)))


def test_a_layer_whose_weights_lie_too_far_is_not_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decays, "PLACES", 1500)
    assert not proved(PLAN)
    monkeypatch.setattr(decays, "PLACES", 1 << 31)
    assert proved(PLAN)
    for kinds, sparse in ((kinds, sparse) for kinds in KINDS for sparse in (False, True)):
        for geometry in (Geometry((5, 7, 3), (5, 5), 2, (5, 7, 2), 1), Geometry((1, 1, 40), (1, 1), 0, (1, 1, 3), 1)):
            weights = np.ones((*geometry.kernel, geometry.inputs[2], geometry.outputs[2]), np.int64)
            lies = laid(geometry, weights, Format(8, 0), kinds, sparse)
            layer = replace(layered(PLAN).layers[0], geometry=geometry)
            assert max(lies.weights.size, int(np.abs(lies.places).max())) < decays._farthest(layer)


def test_a_bias_of_many_fractional_bits_costs_none() -> None:
    """It is rounded up to the binary point of what it is added to, which no comparison can tell."""
    finest = replace(PLAN, bias=down(8, 40))
    assert proved(finest)
    for bias in ([1, -1, 0], [127, -128, 5]):
        network = layered(finest, bias=np.array(bias))
        frames = frames_for(network, 3, 1)
        expected = [emulate_layers(network, frames, n).scores.tolist() for n in range(3)]
        assert respond_layers(network, frames).tolist() == expected
    assert not proved(replace(PLAN, bias=down(31, -4)), bias=np.array([1 << 29, 0, 0]))


@pytest.mark.parametrize("weight", [-(1 << 15), (1 << 15) - 1])
def test_sums_at_the_edge_of_a_word_are_exact(weight: int) -> None:
    counts = down(13, 0, signed=False)
    plan = replace(PLAN, weight=down(16, 0), trace=counts, synapse=counts, refractory=down(8, 0), bias=down(8, 0))
    plan = replace(plan, trace_leak=Leak("none"), synapse_leak=Leak("none"))
    network = layered(plan, 8191, weights=np.full((2, 2, 2, 3), weight))
    assert isinstance(runners(network)[0], NarrowState)
    frames = np.full((1, 6, 2, 2, 2), 8191, np.uint16)
    trace = emulate_layers(network, frames)
    assert trace.nodes[0]["sum"][-1].tolist() == [8 * weight * 8191] * 3
    state = runners(network)[0]
    assert isinstance(state, NarrowState)
    state.run(frames[0].reshape(1, 6, 8), 0)
    assert sums_of(state, network.layers[0]) == [8 * weight * 8191] * 3
    assert respond_layers(network, frames).tolist() == [trace.scores.tolist()]


KINDS: list[Kinds] = [(np.int32, np.int16), (np.int32, np.uint8), (np.int16, np.uint8)]


@pytest.mark.parametrize("width", [1, 40])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("kinds", KINDS)
def test_weights_are_laid_as_an_input_sees_them(kinds: Kinds, sparse: bool, width: int) -> None:
    weights = np.arange(3 * 3 * 3 * 2).reshape(3, 3, 3, 2)
    geometry = Geometry((5, width, 3), (3, 3), 1, (5, width, 2), 1)
    lies = laid(geometry, weights, Format(8, 0), kinds, sparse)
    many, rim = lies.shape.many, 0 if lies.shape.scattered else lies.shape.tile - 1
    assert lies.shape.scattered == (sparse and many == 4)
    found = lies.weights.reshape(-(-3 // many), 3, -1, many)
    assert (found.dtype.name, lies.weights.ctypes.data % 64) == ("int8", 0)
    assert many == np.dtype(kinds[0]).itemsize // np.dtype(kinds[1]).itemsize
    for (one, row, place, k), word in np.ndenumerate(found):
        channel, column, n = many * one + k, place // 2 - rim, place % 2
        inside = channel < 3 and 0 <= column < 3
        assert word == (weights[2 - row, 2 - column, channel, n] if inside else 0)
    assert laid(geometry, weights, Format(9, 0), kinds, sparse).weights.dtype == np.int16


def kinds_for(plan: LayerPlan, clip: int = 3, **changes: Any) -> list[Kinds]:
    network = layered(plan, clip, **changes)
    return kinds_of(network.layers[0], input_format(network, 0))


def test_bytes_are_weights_with_a_sign_and_words_without_one() -> None:
    assert set(kinds_for(PLAN)) >= set(KINDS[:2])
    assert (np.int32, np.uint8) in kinds_for(replace(PLAN, filters="currents", trace=WIDE), clip=255)
    pairs = KINDS[:1]
    assert kinds_for(replace(PLAN, filters="currents", trace=WIDE), clip=256) == pairs
    assert kinds_for(replace(PLAN, weight=down(9, 4))) == pairs
    assert kinds_for(replace(PLAN, weight=down(8, 4, signed=False))) == pairs
    assert kinds_for(replace(PLAN, trace=down(9, 4, signed=False))) == pairs
    assert kinds_for(replace(PLAN, trace=down(8, 4))) == pairs


def test_sums_are_of_16_bits_where_the_weights_themselves_prove_it() -> None:
    counts = down(7, 0, signed=False)
    plan = replace(PLAN, weight=down(8, 0), trace=counts, synapse=counts)
    weights = np.full((2, 2, 2, 3), 32)  # 8 * 32 * 127 = 32,512
    weights[0, 0, 0, 0] = -128
    assert kinds_for(plan, weights=weights)[0] == (np.int16, np.uint8)
    weights[:, :, :, 1] = 33
    assert (np.int16, np.uint8) not in kinds_for(plan, weights=weights)
    few = replace(plan, trace=down(8, 0, signed=False))  # two products could leave 16 bits
    assert (np.int16, np.uint8) not in kinds_for(few, weights=np.full((2, 2, 2, 3), 1))


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(
    ("kinds", "most", "weight"),
    # fours of products reach 4 * 255 * -128, which no sum of 16 bits holds
    [(KINDS[0], 255, -128), (KINDS[1], 255, -128), (KINDS[1], 255, 127), (KINDS[2], 31, -128), (KINDS[2], 32, 127)],
)
def test_bytes_at_their_edges_are_exact(kinds: Kinds, most: int, weight: int, sparse: bool) -> None:
    counts = down(8, 0, signed=False)
    plan = replace(PLAN, weight=down(8, 0), trace=counts, synapse=counts, trace_leak=Leak("none"))
    network = layered(replace(plan, synapse_leak=Leak("none")), most, weights=np.full((2, 2, 2, 3), weight))
    layer = network.layers[0]
    wired = wires(layer, input_format(network, 0))
    proof = decays_of(layer, wired, input_format(network, 0))
    assert proof
    state = narrow_state(layer, wired, proof, False, kinds, sparse)
    state.run(np.array([[[most] * 8, [0] * 8]], np.uint16), 0)
    assert sums_of(state, layer) == [8 * weight * most] * 3


@pytest.mark.parametrize("weight", [-128, 127])
@pytest.mark.parametrize(
    ("fmt", "held"), [(Format(16, 0), "int16"), (Format(17, 0), "int32"), (Format(16, 0, signed=False), "int32")]
)
def test_states_are_of_16_bits_where_those_hold_them(fmt: Format, held: str, weight: int) -> None:
    """All of them reach the ends of their words, which the sums of a few steps exceed."""
    wide = Signal(fmt, Rounding.FLOOR)
    plan = replace(PLAN, filters="currents", weight=down(8, 0), synapse=wide, trace=wide, refractory=wide)
    plan = replace(plan, trace_leak=Leak("none"), synapse_leak=Leak("none"), refractory_leak=Leak("none"))
    network = layered(plan, 255, weights=np.full((2, 2, 2, 3), weight))
    frames = np.full((1, 6, 2, 2, 2), 255, np.uint16)
    expected = emulate_layers(network, frames).nodes[0]
    assert expected["trace"][-1].tolist() == [fmt.highest if weight > 0 else fmt.lowest] * 3
    state = runners(network)[0]
    assert isinstance(state, NarrowState)
    state.run(frames.reshape(1, 6, 8), 0)
    assert [array.dtype.name for array in (state.trace, state.synapse, state.refractory)] == [held] * 3
    assert state.trace.tolist() == expected["trace"][-1].tolist()
    assert state.synapse.tolist() == expected["synapse"][-1].tolist()
    assert state.refractory.tolist() == expected["refractory"][-1].tolist()


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [3, 16])
def test_pooling_words_is_pooling_neurons(size: int, channels: int) -> None:
    height, width = 9, 11  # neurons at an edge that fill no cell are cut
    spikes = (np.random.default_rng(size).random(height * width * channels) < 0.1).astype(np.uint8)
    expected = np.empty((height // size) * (width // size) * channels, np.uint8)
    convolution.pool(expected, spikes, size, width, channels, width // size)
    found, word = np.empty_like(expected), np.uint8 if channels % 8 else np.uint64
    words, outputs = spikes.view(word), channels // np.dtype(word).itemsize
    room = (np.empty(width * outputs, word), np.empty(width * outputs, word))
    narrow.pool(found.view(word), words, room, size, width * outputs, outputs, width // size * outputs)
    assert found.tolist() == expected.tolist()


NET = Description(
    (Layer("conv", 8, 3, 2), Layer("conv", 3, 3), Layer("output", 3, refractory=0.0)),
    classes=3,
    height=6,
    width=7,
    clip=3,
    steps=8,
    burn_in=3,
)


@pytest.mark.parametrize("filters", ["inputs", "currents"])
@pytest.mark.parametrize("readout", [False, True])
def test_recordings_in_pieces_are_recordings_as_a_whole(
    filters: Any, readout: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = replace_layers(NET, NET.layer[:2]) if readout else NET
    network = random_layers(described, 4, gain=6.0)
    quantised = quantise_layers(network, plan_layers(network, Words(8, 4, filters=filters)))
    assert all(isinstance(state, NarrowState) for state in runners(quantised))
    frames: NDArray[np.uint16] = frames_for(quantised, 3, 5)
    expected = [emulate_layers(quantised, frames, n).scores.tolist() for n in range(3)]
    assert respond_layers(quantised, frames).tolist() == expected
    monkeypatch.setattr(emulate, "PASSED", 3 * 6 * 7 * 8)  # three steps of what the widest layer takes or gives
    assert respond_layers(quantised, frames, threads=2).tolist() == expected


@pytest.mark.parametrize("wide", [0, 2])
def test_every_recording_begins_at_rest(wide: int) -> None:
    """A layer that wraps is run in words of 64 bits, the others in narrow ones; either is shown several recordings."""
    plan = plan_layers(random_layers(NET, 4, gain=6.0), Words(8, 4))
    layers = list(plan.layers)
    layers[wide] = replace(layers[wide], trace=replace(layers[wide].trace, overflow=Overflow.WRAP))
    quantised = quantise_layers(random_layers(NET, 4, gain=6.0), LayeredPlan(tuple(layers)))
    assert [isinstance(state, NarrowState) for state in runners(quantised)] == [n != wide for n in range(3)]
    frames: NDArray[np.uint16] = frames_for(quantised, 3, 5)
    expected = [emulate_layers(quantised, frames, n).scores.tolist() for n in range(3)]
    assert respond_layers(quantised, frames).tolist() == expected
    assert len({tuple(said) for said in expected}) == 3


def replace_layers(described: Description, layers: tuple[Layer, ...]) -> Description:
    return Description(
        layers, described.classes, described.height, described.width, clip=3, steps=described.steps, burn_in=3
    )
