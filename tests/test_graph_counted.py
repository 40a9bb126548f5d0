"""What golden sets are made of, all neurons at once, equals the interpreter in plain integers: words, draws, counts."""

from __future__ import annotations

import sys
from dataclasses import asdict

import numpy as np
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from command_line import long_with_jit
from fxsnn.errors import OverflowDetectedError
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout
from fxsnn.graph.run import run, trace, traces
from fxsnn.graph.stepping import casts_of
from interpreted import interpreted
from populations_drawn import any_networks, inputs_for
from strategies import examples


@long_with_jit
@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(any_networks, st.integers(0, 1000))
def test_a_trace_equals_that_of_the_interpreter(network: QuantisedGraph, seed: int) -> None:
    words = inputs_for(network, seed)[0]
    try:
        found = trace(network, words)
    except OverflowDetectedError:
        reject()
    expected = interpreted(network, words)
    counted = {
        name: {run.program.neuron.labelled(cast): asdict(run.counts[cast.round]) for cast in run.program.neuron.casts}
        for name, (run, _) in expected.items()
    }
    assert casts_of(network, words) == counted
    assert {name: one.counts for name, one in found.items()} == counted
    for name, (done, steps) in expected.items():
        one = found[name]
        assert one.emitted.tolist() == [step.emitted for step in steps]
        for node, rows in one.nodes.items():
            assert rows.tolist() == [step.nodes[node] for step in steps], (name, node)
        for stream, rows in one.draws.items():
            assert rows.tolist() == [step.draws[stream] for step in steps], (name, stream)
        assert one.registers.keys() == done.registers.keys()
        for stream, rows in one.registers.items():
            assert rows.tolist() == [step.registers[stream] for step in steps], (name, stream)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(any_networks, st.integers(0, 1000))
def test_inputs_that_run_together_are_what_each_is_alone(network: QuantisedGraph, seed: int) -> None:
    inputs = inputs_for(network, seed)
    try:
        together = list(traces(network, inputs))
    except OverflowDetectedError:
        reject()
    assert len(together) == len(inputs)
    for found, words in zip(together, inputs, strict=True):
        for name, one in trace(network, words).items():
            assert found[name].counts == one.counts
            assert found[name].emitted.tolist() == one.emitted.tolist()
            for part in ("nodes", "draws", "registers"):
                ours, right = getattr(found[name], part), getattr(one, part)
                assert {key: rows.tolist() for key, rows in ours.items()} == {
                    key: rows.tolist() for key, rows in right.items()
                }, (name, part)


def test_threads_that_draw_from_the_same_register_do_not_disturb_each_other() -> None:
    lif = population("p", 8, "lif", {"leak": "multiply", "reset": "subtract"}, {"decay": raw(15), "threshold": raw(64)})
    rng = np.random.default_rng(1)
    wire = Projection("in", "input", "p", "current", weights=raw(rng.integers(-30, 60, (10, 8))))
    plan = parse_graph_plan(
        '[signal]\nweight = "Q1.7"\nmembrane = "Q8.4 stochastic error"\ndecay = "UQ0.4"\nthreshold = "Q8.4"'
    )
    inputs = rng.integers(0, 2, (16, 40, 10))
    graph = Graph((10,), (lif,), (wire,), readout=Readout("counts"))
    expected = run(quantise_graph(graph, plan), inputs).said.tolist()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        found = [run(quantise_graph(graph, plan), inputs, threads=4).said.tolist() for _ in range(10)]
    finally:
        sys.setswitchinterval(interval)
    assert found == [expected] * 10
