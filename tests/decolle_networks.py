"""Networks of layers drawn at random, and one that is committed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st
from numpy.typing import NDArray

from fxsnn.decolle.description import Description, Layer
from fxsnn.decolle.network import random_layers
from fxsnn.decolle.plan import DecollePlan, LayerPlan, parse_decolle_plan
from fxsnn.decolle.populations import of_layers
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.errors import WidthError
from fxsnn.graph.given import raw
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.run import trace
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Leak, Signal
from reference_decolle import Map
from strategies import lfsrs, signals


@st.composite
def descriptions(draw: st.DrawFn) -> Description:
    """One to three layers on a sensor of a few cells."""
    classes = draw(st.integers(2, 3))
    layers = [
        Layer(
            "conv",
            draw(st.integers(1, 3)),
            draw(st.sampled_from([1, 3])),
            draw(st.integers(1, 2)),
            refractory=draw(st.sampled_from([0.0, 0.5, 3.0])),
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    if not layers or draw(st.booleans()):
        layers.append(Layer("dense", draw(st.integers(1, 4))))
    if draw(st.booleans()):
        layers.append(Layer("output", classes, refractory=0.0))
    return Description(
        tuple(layers),
        classes,
        height=draw(st.integers(4, 6)),
        width=draw(st.integers(4, 5)),
        clip=draw(st.integers(1, 5)),
        steps=4,
        burn_in=draw(st.integers(0, 2)),
    )


@st.composite
def leaks(draw: st.DrawFn) -> Leak:
    kind: Any = draw(st.sampled_from(["multiply", "shift", "none"]))
    return Leak(kind, draw(signals(0, 8, signed=False)), shift=draw(st.integers(1, 5)) if kind == "shift" else 0)


BY_BIAS = (Rounding.FLOOR, Rounding.CEIL, Rounding.NEAREST_UP, Rounding.NEAREST_DOWN)


@st.composite
def layer_plans(draw: st.DrawFn) -> LayerPlan:
    """Plans of any modes, and as often such ones as narrow words may run: most networks have layers of both kinds."""
    words = [draw(signals(low, high)) for low, high in ((0, 8), (-1, 6), (-1, 5), (-1, 5), (-1, 6))]
    if draw(st.booleans()):
        modes = [(draw(st.sampled_from(BY_BIAS)), Overflow.SATURATE) for _ in range(3)]
        words[2:] = [Signal(word.format, *mode) for word, mode in zip(words[2:], modes, strict=True)]
    named = dict(zip(("weight", "bias", "synapse", "trace", "refractory"), words, strict=True))
    decays = {name: draw(leaks()) for name in LayerPlan.LEAKS}
    return LayerPlan(named, decays, draw(st.sampled_from(["inputs", "currents"])))


@st.composite
def quantised_layers(draw: st.DrawFn) -> QuantisedLayers:
    described = draw(descriptions())
    plan = DecollePlan(tuple(draw(layer_plans()) for _ in described.layer), draw(lfsrs()))
    network = random_layers(described, draw(st.integers(0, 99)), gain=draw(st.sampled_from([0.5, 2.0, 8.0])))
    try:
        return quantise_layers(network, plan)
    except WidthError:
        reject()


def frames_for(network: QuantisedLayers, recordings: int, seed: int) -> NDArray[np.uint16]:
    described = network.description
    rng = np.random.default_rng(seed)
    shape = (recordings, described.steps, *described.inputs(0))
    counts = rng.integers(0, described.clip, shape, endpoint=True)
    return np.where(rng.random(shape) < rng.choice([0.1, 0.5, 1.0]), counts, 0).astype(np.uint16)


def layer_nodes(network: QuantisedLayers, recording: NDArray[np.uint16]) -> list[dict[str, NDArray[np.int64]]]:
    """Return every node of every layer while a recording is shown."""
    kept = trace(network.graph, recording)
    return [{name: words for one in parts for name, words in one.nodes.items()} for parts in of_layers(kept)]


def cells(frame: NDArray[np.uint16]) -> Map:
    return {(int(y), int(x), int(c)): int(word) for (y, x, c), word in np.ndenumerate(frame)}


def committed() -> tuple[QuantisedLayers, NDArray[np.uint16]]:
    """Return a network of every kind of layer whose states round by chance, and two recordings."""
    described = Description(
        (Layer("conv", 3, 3, 2), Layer("dense", 5), Layer("output", 3, refractory=0.0)),
        3,
        height=5,
        width=6,
        clip=3,
        steps=8,
        burn_in=4,
    )
    network = random_layers(described, 5, gain=4.0)
    quantised = quantise_layers(network, plan_layers(network, Words(5, 1, state_rounding="SR")))
    return quantised, frames_for(quantised, 2, 3)


IN_CURRENTS = """
[lfsr]
taps = [15, 14]
seed = 77
[[layer]]
filters = "currents"
weight = { format = "Q2.2", rounding = "nearest-away" }
bias = { format = "Q3.2" }
synapse = { format = "Q3.2", rounding = "stochastic" }
trace = { format = "Q4.1", rounding = "nearest-away", overflow = "saturate-symmetric" }
refractory = { format = "Q3.2", rounding = "nearest-even" }
trace_leak = { kind = "shift", shift = 2 }
synapse_leak = { kind = "multiply", format = "UQ0.2" }
refractory_leak = { kind = "multiply", format = "UQ0.2" }
[[layer]]
filters = "currents"
weight = { format = "Q2.1", rounding = "floor" }
bias = { format = "Q3.1" }
synapse = { format = "Q3.0", rounding = "zero", overflow = "saturate-zero" }
trace = { format = "Q4.1", rounding = "nearest-up" }
refractory = { format = "Q2.1", rounding = "stochastic", overflow = "wrap" }
trace_leak = { kind = "multiply", format = "UQ0.3" }
synapse_leak = { kind = "shift", shift = 1 }
refractory_leak = { kind = "multiply", format = "UQ0.2" }
[[layer]]
weight = { format = "Q1.2" }
bias = { format = "Q2.2" }
synapse = { format = "UQ1.1", rounding = "nearest-odd" }
trace = { format = "UQ1.2", rounding = "stochastic" }
refractory = { format = "Q3.0", rounding = "floor" }
trace_leak = { kind = "multiply", format = "UQ0.3" }
synapse_leak = { kind = "multiply", format = "UQ0.2" }
refractory_leak = { kind = "multiply", format = "UQ0.3" }
"""


def committed_in_currents() -> tuple[QuantisedLayers, NDArray[np.uint16]]:
    """Return a network of currents and of traces, read by its spikes, whose narrow states meet their rails."""
    described = Description(
        (
            Layer("conv", 3, 3, 2, refractory=1.0),
            Layer("conv", 4, 1, refractory=0.5),
            Layer("dense", 5, beta=0.75, refractory=0.4),
        ),
        3,
        height=3,
        width=5,
        clip=2,
        steps=6,
        burn_in=1,
    )
    network = random_layers(described, 24, gain=8.0)
    quantised = quantise_layers(network, parse_decolle_plan(IN_CURRENTS))
    biases = ([6, -3, 9], [1, 0, -2, 3], [1, 0, -1, 2, -2])
    held, graph = {f"layer_{n}": raw(bias) for n, bias in enumerate(biases)}, quantised.graph.graph
    populations = tuple(
        replace(one, constants={**one.constants, "bias": held[one.name]}) if one.name in held else one
        for one in graph.populations
    )
    graph = replace(graph, populations=populations)
    quantised = replace(quantised, graph=quantise_graph(graph, quantised.graph.plan))
    return quantised, frames_for(quantised, 2, 4)


LAYERED_SETS = {"layers_by_chance": committed, "layers_in_currents": committed_in_currents}
