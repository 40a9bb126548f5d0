"""What the kernels of projections add up is what is written out in connect.py, of any map, words and delays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from command_line import long_with_jit
from fxsnn.graph import engine
from fxsnn.graph.connect import KINDS, Projection, bring, windows
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout, reduced
from fxsnn.graph.run import run, trace
from fxsnn.graph.ways import ways
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal
from strategies import compiled_examples

STEPS = 7


@st.composite
def one_projection(draw: st.DrawFn) -> QuantisedGraph:
    """An integrator that a map reaches in any way."""
    kind: Any = draw(st.sampled_from(KINDS))
    groups = draw(st.integers(1, 2)) if kind == "conv" else 1
    source = draw(st.integers(1, 6)), draw(st.integers(1, 5)), draw(st.integers(1, 3)) * groups
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    options: dict[str, Any] = {"delay": draw(st.sampled_from((0, 0, 1, 3, 9)))}
    if kind in ("conv", "sum", "average", "maximum"):
        padding = (draw(st.integers(0, 2)), draw(st.integers(0, 2))) if kind == "conv" else (0, 0)
        most = [cells + 2 * zeros for cells, zeros in zip(source, padding, strict=False)]
        options["kernel"] = tuple(draw(st.integers(1, min(4, end))) for end in most)
        options["stride"] = draw(st.sampled_from((None, (1, 1)))) or tuple(draw(st.integers(1, 3)) for _ in range(2))
        if kind == "conv":
            options |= {"padding": padding, "groups": groups}
    outputs = draw(st.integers(1, 3)) * groups if kind == "conv" else source[2]
    target: tuple[int, ...] = source
    weights: Any = None
    signals = {"membrane": Signal(Format(24, 6)), "weight": Signal(Format(5, 2))}
    if kind == "dense":
        target = (draw(st.integers(1, 5)),)
        weights = rng.integers(-16, 16, (int(np.prod(source)), *target))
    elif kind == "scale":
        weights = rng.integers(-16, 16, draw(st.sampled_from(((), source[2:], source))))
    elif kind == "conv":
        weights = rng.integers(-16, 16, (*options["kernel"], source[2] // groups, outputs))
    if kind not in ("dense", "scale", "identity"):
        bare = Projection("w", "input", "p", "current", kind, None if weights is None else raw(weights), **options)
        target = (*windows(bare, source), outputs)
    wire = Projection("w", "input", "p", "current", kind, None if weights is None else raw(weights), **options)
    one = population("p", target, "integrator", {"leak": "none"})
    form = Format(*draw(st.sampled_from(((1, 0), (3, 1), (20, 2)))), signed=draw(st.booleans()))
    graph = Graph(source, (one,), (wire,), form, Readout("node", node="membrane"))
    return quantise_graph(graph, GraphPlan(signals))


def inputs_of(network: QuantisedGraph, seed: int) -> Any:
    form, rng = network.graph.format, np.random.default_rng(seed)
    words = rng.integers(form.lowest, form.highest + 1, (2, STEPS, int(np.prod(network.graph.shape))))
    return words * (rng.random(words.shape) < 0.4)


@long_with_jit
@settings(max_examples=compiled_examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(one_projection(), st.integers(0, 9999))
def test_a_kernel_adds_what_its_projection_brings(network: QuantisedGraph, seed: int) -> None:
    (wire,), words = network.graph.projections, inputs_of(network, seed)[0]
    total = network.programs["p"].arrivals["current"].total
    for kind in (np.int16, np.int32, np.int64):
        if total.low < np.iinfo(kind).min or total.high + 5 > np.iinfo(kind).max:
            continue  # no step computes in such words
        (way,) = ways(network, "p", kind)
        sums = np.full((STEPS, network.graph["p"].size), 5, kind)
        way.add(sums, words)
        for step in range(STEPS):
            brought = bring(wire, network.weights.get("w"), words[step], network.graph.shape)
            assert sums[step].tolist() == (brought + 5).tolist()


@long_with_jit
@settings(max_examples=compiled_examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(one_projection(), st.integers(0, 9999), st.sampled_from((1, 200, 1 << 18)))
def test_a_map_says_what_its_trace_says_however_many_steps_are_added_up_at_once(
    network: QuantisedGraph, seed: int, at_once: int
) -> None:
    inputs, before = inputs_of(network, seed), engine.AT_ONCE
    expected = [
        reduced(network.graph.readout, trace(network, one)["p"].nodes["membrane"], STEPS).tolist() for one in inputs
    ]
    engine.AT_ONCE = at_once
    try:
        assert run(network, inputs).said.tolist() == expected
    finally:
        engine.AT_ONCE = before


@pytest.mark.parametrize("options", [{}, {"stride": (2, 2)}, {"stride": (1, 2), "padding": (0, 1)}, {"groups": 2}])
def test_every_input_of_a_convolution_reaches_the_windows_that_see_it(options: dict[str, Any]) -> None:
    source, groups = (5, 4, 2), options.get("groups", 1)
    weights = np.arange(1, 2 * 3 * (2 // groups) * 2 + 1).reshape(2, 3, 2 // groups, 2)
    wire = Projection("w", "input", "p", "current", "conv", raw(weights), kernel=(2, 3), **options)
    target = (*windows(wire, source), 2)
    graph = Graph(source, (population("p", target, "integrator", {"leak": "none"}),), (wire,))
    network = quantise_graph(graph, GraphPlan({"membrane": Signal(Format(24, 0)), "weight": Signal(Format(8, 0))}))
    (way,), words = ways(network, "p", np.int32), np.eye(40, dtype=np.uint8)
    sums = np.zeros((40, network.graph["p"].size), np.int32)
    way.add(sums, words)
    assert sums.tolist() == [bring(wire, weights, row.astype(np.int64), source).tolist() for row in words]
