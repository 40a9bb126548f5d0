"""What networks of one graph do alike for the same inputs is done once, with the same words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from command_line import long_without_jit
from fxsnn.exploration.descent import steps
from fxsnn.graph import shared as module
from fxsnn.graph.batch import said_of
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import real
from fxsnn.graph.inputs import Inputs
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout
from fxsnn.graph.run import run
from fxsnn.graph.shared import Shared
from fxsnn.graph.starting import REST
from fxsnn.number.format import Format
from fxsnn.populations.bench import GraphBench
from fxsnn.populations.grid import GraphSignals

PLAN = parse_graph_plan(
    '[signal]\nweight = "Q2.3"\nmembrane = "Q4.3 stochastic"\n"c.membrane" = "Q4.3 floor"\ndecay = "UQ0.4"\n'
    'threshold = "UQ2.3"\n'
)
RNG = np.random.default_rng(7)
INPUTS = RNG.integers(0, 2, (5, 12, 4))


def graph() -> Graph:
    """Three populations in a row, the first of them to itself too, and one of the input beside them."""
    names = ("a", "b", "c", "beside")
    choices = {"leak": "multiply", "reset": "subtract"}
    held = {name: population(name, 4, "lif", choices, {"decay": real(0.75), "threshold": real(0.5)}) for name in names}
    ends = [("input", "a", 0), ("a", "a", 1), ("a", "b", 0), ("b", "c", 0), ("input", "beside", 0), ("beside", "c", 1)]
    wires = [
        Projection(f"{a}_{b}", a, b, "current", weights=real(RNG.normal(0.3, 0.6, (4, 4))), delay=delay)
        for a, b, delay in ends
    ]
    return Graph((4,), tuple(held.values()), tuple(wires), Format.parse("UQ1.0"), Readout("counts", "c"))


def networks(one: Graph) -> list[QuantisedGraph]:
    """Return what a descent tries from a plan."""
    return [quantise_graph(one, PLAN), *(quantise_graph(one, step.plan) for step in steps(PLAN, GraphSignals(one)))]


@long_without_jit
def test_every_network_says_what_it_says_alone_and_none_runs_again_what_another_did_alike() -> None:
    made, shared = networks(graph()), Shared()
    for network in made * 2:
        assert (said_of(network, INPUTS, REST, 1, shared) == run(network, INPUTS).said).all()
        assert (said_of(network, 1 - INPUTS, REST, 2, shared, 1) == run(network, 1 - INPUTS).said).all()
    changed = {**PLAN.signals, "b_c.weight": PLAN.signals["weight"]}
    last = quantise_graph(made[0].graph, replace(PLAN, signals=changed))
    known, _ = shared.stages(last, 0)
    assert {"a", "b", "beside"} <= known.keys()
    for words in known.values():
        words[...] = 0
    assert (said_of(last, INPUTS, REST, 1, shared) == 0).all()  # nothing arrives: what is kept is what is taken


def test_other_weights_and_constants_of_the_same_plan_are_another_network() -> None:
    one, shared = graph(), Shared()
    network = quantise_graph(one, PLAN)
    others = [
        replace(network, weights={**network.weights, "input_a": -network.weights["input_a"]}),
        replace(network, constants={**network.constants, "a": {**network.constants["a"], "decay": np.array(3)}}),
    ]
    for other in [network, *others] * 3:
        assert (said_of(other, INPUTS, REST, 1, shared) == run(other, INPUTS).said).all()
    assert (run(others[0], INPUTS).said != run(network, INPUTS).said).any()


def test_no_more_is_kept_than_memory_allows_and_what_was_kept_first_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Shared()
    monkeypatch.setattr(module, "MOST", 10)
    for n in range(5):
        shared.keep({b"%d" % n: {"a": np.zeros(4, np.uint8)}})
    shared.keep({b"large": {"a": np.zeros(11, np.uint8)}})
    assert not shared._kept
    shared.keep({b"%d" % n: {"a": np.zeros(4, np.uint8)} for n in range(3)})
    assert list(shared._kept) == [b"1", b"2"]


@long_without_jit
def test_a_bench_measures_what_a_network_answers_alone() -> None:
    one = graph()
    bench = GraphBench(one, Inputs(INPUTS, np.array([0, 1, 2, 3, 0])), PLAN)
    for network in networks(one) * 2:
        found, alone = bench.measured(network), run(network, INPUTS).classes
        assert alone is not None
        assert found.right.tolist() == np.equal(alone, [0, 1, 2, 3, 0]).tolist()
    assert bench._shared._kept
