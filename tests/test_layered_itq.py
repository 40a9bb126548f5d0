"""Layers that learn in integers: every learned word equals the slow reference, whatever the words; and they learn."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fxsnn.cast import from_float
from fxsnn.data.recordings import Recordings
from fxsnn.errors import ConfigError, WidthError
from fxsnn.format import Format
from fxsnn.layered import itq
from fxsnn.layered.description import Description, Layer
from fxsnn.layered.emulate import input_format
from fxsnn.layered.itq import IntegerLearning
from fxsnn.layered.network import LayeredNetwork, random_layers
from fxsnn.layered.plan import LayeredPlan, LayerPlan, layered_plan_text, parse_layered_plan
from fxsnn.layered.quantise import STREAMS, quantise_layers
from fxsnn.layered.table import LayerLearning
from fxsnn.modes import Rounding
from fxsnn.plan import Signal
from layered_networks import cells, descriptions, frames_for, layer_plans
from reference_local import Learner, present
from strategies import lfsrs, signals


@st.composite
def tables(draw: st.DrawFn, plan: LayerPlan) -> LayerLearning:
    """Every rounding and overflow of everything that learning stores, half of it by chance."""
    spans = {
        "learned": plan.weight.format.frac,
        "learned_bias": plan.bias.format.frac,
        "error": draw(st.integers(0, 5)),
        "delta": draw(st.integers(-1, 6)),
        "gradient": draw(st.integers(-3, 8)),
    }
    words: dict[str, Any] = {}
    for name, frac in spans.items():
        spare = draw(st.integers(0, 5)) if name.startswith("learned") else 0
        words[name] = draw(signals(frac + spare, frac + spare, signed=True))
        if draw(st.booleans()):
            words[name] = replace(words[name], rounding=Rounding.STOCHASTIC)
    return LayerLearning(
        **words,
        readout_shift=draw(st.integers(0, 5)),
        first=draw(st.integers(0, 4)),
        slope=draw(st.integers(0, 3)),
        reach=draw(st.integers(0, 6)),
        bias_shift=draw(st.integers(-2, 3)),
        forget=draw(st.integers(1, 3)),
        update=draw(st.sampled_from(["recording", "step"])),
    )


@st.composite
def learning_plans(draw: st.DrawFn, described: Description) -> LayeredPlan:
    layers = []
    for _ in described.layer:
        plan = replace(draw(layer_plans()), filters="inputs")
        for name in ("weight", "bias"):
            signal: Signal = getattr(plan, name)
            rounding = Rounding.NEAREST_ODD if signal.rounding is Rounding.STOCHASTIC else signal.rounding
            form = Format(signal.format.word, signal.format.frac)
            plan = replace(plan, **{name: replace(signal, format=form, rounding=rounding)})
        layers.append(replace(plan, learning=draw(tables(plan))))
    return LayeredPlan(tuple(layers), draw(lfsrs()))


def slow(network: LayeredNetwork, plan: LayeredPlan, learning: IntegerLearning) -> list[Learner]:
    """Return the reference before the first recording."""
    quantised = quantise_layers(network, plan)
    layers = []
    for number, layer in enumerate(quantised.layers):
        described = network.description.layer[number]
        table = plan.layers[number].learning
        assert table
        first = from_float(network.weights[number].astype(np.float64), table.learned.format)
        unit = 1 / ((1 - described.alpha) * (1 - described.beta))
        bias = from_float(network.biases[number].astype(np.float64) * unit, table.learned_bias.format)
        rows, columns, inputs, outputs = first.shape
        order = [
            (n, ky, kx, c) for n in range(outputs) for ky in range(rows) for kx in range(columns) for c in range(inputs)
        ]
        streams = STREAMS * len(quantised.layers) + 6 * number
        layers.append(
            Learner(
                layer,
                input_format(quantised, number),
                described.kind == "output",
                network.readouts[number].tolist(),
                {(n, ky, kx, c): int(first[ky, kx, c, n]) for n, ky, kx, c in order},
                bias.tolist(),
                learning.rate,
                learning.halvings,
                [plan.lfsr.derive(streams + row).seed for row in range(6)],
            )
        )
    return layers


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), descriptions(), st.integers(0, 99))
def test_every_learned_word_equals_the_slow_reference(data: st.DataObject, described: Description, seed: int) -> None:
    plan = data.draw(learning_plans(described))
    learning = IntegerLearning(rate=data.draw(st.integers(0, 6)), halvings=data.draw(st.integers(0, 3)))
    network = random_layers(described, seed, gain=data.draw(st.sampled_from([0.5, 2.0, 8.0])))
    biases = tuple((np.arange(len(bias)) / 4 - 0.25).astype(np.float32) for bias in network.biases)
    network = replace(network, biases=biases)
    try:
        layers = itq.begin(network, plan, learning)
    except WidthError as error:
        event(f"refused: {str(error)[:30]}")
        return
    expected, quantised = slow(network, plan, learning), quantise_layers(network, plan)
    frames = frames_for(quantised, 3, seed)
    start = [layer.weights.learned.copy() for layer in layers]
    for shown, recording in enumerate(frames):
        label, left = (seed + shown) % described.classes, learning.left(shown, len(frames))
        itq.present(layers, described, recording, label, shown, left)
        present(quantised, expected, [cells(frame) for frame in recording], label, learning.halvings - left)
        for layer, reference in zip(layers, expected, strict=True):
            assert layer.error.tolist() == reference.error
            for own, learned, scales in (
                (layer.weights, list(reference.learned.values()), list(reference.scales.values())),
                (layer.biases, reference.learned_bias, reference.bias_scales),
            ):
                assert own.learned.reshape(-1).tolist() == learned
                assert own.scales.reshape(-1).tolist() == scales
            assert layer.weights.read.transpose(1, 2, 3, 0).tolist() == reference.layer.weights.tolist()
            assert layer.biases.read.tolist() == reference.layer.bias.tolist()
    event(f"moved: {any((layer.weights.learned != w).any() for layer, w in zip(layers, start, strict=True))}")
    again = quantise_layers(itq.finished(network, plan, layers), plan)
    for one, reference in zip(again.layers, expected, strict=True):
        assert one.weights.tolist() == reference.layer.weights.tolist()
        assert one.bias.tolist() == reference.layer.bias.tolist()
