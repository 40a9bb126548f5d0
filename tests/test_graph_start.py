"""States that begin with given words: the interpreter, the kernels and every schedule begin with the same."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from command_line import long_with_jit
from fxsnn.errors import ConfigError, OverflowDetectedError
from fxsnn.graph import batch
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout, reduced
from fxsnn.graph.run import named_words, run, trace
from fxsnn.graph.starting import start_of
from fxsnn.graph.stepping import State
from fxsnn.number.modes import Overflow
from population_sets import COMPETITIVE, POPULATION_SETS
from populations_drawn import any_networks, inputs_for, start_for
from strategies import compiled_examples

PERIODS = """
[signal]
weight = "Q3.2"
accumulator = "Q5.2"
membrane = "Q5.3 floor"
threshold = "UQ4.3"
theta = "UQ2.3"
inhibition = "UQ2.1"
refractory = "UQ2.0"
"""


def resting() -> QuantisedGraph:
    """Return competitive neurons whose period is 0: refractory counters that begin at 0 never leave it."""
    choices = COMPETITIVE | {"leak": "none", "accumulate": "exact", "winner": "none", "reset": "zero"}
    constants = {"threshold": raw(20), "theta": raw(0), "period": raw(0), "inhibition": raw(0), "floor": raw(0)}
    one = population("one", 3, "competitive", choices, constants)
    wire = Projection("w", "input", "one", "arriving", weights=raw(np.full((2, 3), 12)))
    return quantise_graph(Graph((2,), (one,), (wire,), readout=Readout("counts")), parse_graph_plan(PERIODS))


def assert_all_ways_agree(network: QuantisedGraph, inputs: NDArray[np.int64], start: dict[str, Any]) -> None:
    words = start_of(network, start, len(inputs)).words
    said = run(network, inputs, start=start).said
    for n, rows in enumerate(inputs):
        own = {name: held[n] for name, held in words.items()}
        kept = trace(network, rows, own)
        answer, readout = kept[network.graph.read.name], network.graph.readout
        read = answer.nodes.get(readout.node) if readout.node else answer.emitted
        if read is not None:  # a node that begins with _ is not kept
            assert said[n].tolist() == reduced(readout, read, len(rows)).tolist()
        expected = {"input": rows.reshape(len(rows), -1)}
        for one in network.graph.populations:
            expected |= named_words(network, one.name, kept[one.name])
        state = State(network, own)
        for _ in range(2):
            assert {name: state[name].tolist() for name in own} == {name: held.tolist() for name, held in own.items()}
            for t, row in enumerate(rows):
                state.step(row)
                assert {name: state[name].tolist() for name in state} == {
                    name: expected[name][t].tolist() for name in state
                }
            state.reset()


@long_with_jit
@settings(max_examples=compiled_examples(16), deadline=None, suppress_health_check=list(HealthCheck))
@given(any_networks, st.integers(0, 1000))
def test_all_schedules_begin_with_the_words_given(network: QuantisedGraph, seed: int) -> None:
    inputs = inputs_for(network, seed)
    try:
        assert_all_ways_agree(network, inputs, start_for(network, len(inputs), seed))
    except OverflowDetectedError:
        reject()


@long_with_jit
@pytest.mark.parametrize("name", ["recurrent", "competitive", "unseen", "maps"])
def test_populations_cycles_and_pieces_begin_with_the_words_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network, inputs = POPULATION_SETS[name]()
    few = inputs[:2, :6]
    start = start_for(network, 2, len(name))
    assert_all_ways_agree(network, few, start)
    said = run(network, few, start=start).said
    monkeypatch.setattr(batch, "_MOST", 0)
    monkeypatch.setattr(batch, "_PIECE", 1)
    assert run(network, few, threads=2, start=start).said.tolist() == said.tolist()
    assert run(network, few).said.tolist() == run(network, few, start={}).said.tolist()


def test_a_run_goes_on_from_the_states_another_ended_with() -> None:
    network, inputs = POPULATION_SETS["lif_layers"]()
    whole = trace(network, inputs[0])
    ends = {
        f"{one.name}.{state}": whole[one.name].nodes[state][4]
        for one in network.graph.populations
        for state in one.neuron.states
    }
    rest = trace(network, inputs[0, 5:], ends)
    for one in network.graph.populations:
        assert rest[one.name].emitted.tolist() == whole[one.name].emitted[5:].tolist()
        for node, words in rest[one.name].nodes.items():
            assert words.tolist() == whole[one.name].nodes[node][5:].tolist()


def test_a_state_that_would_rest_at_0_counts_down_from_where_it_begins() -> None:
    network, spikes = resting(), np.ones((1, 4, 2), np.int64)
    assert run(network, spikes).said.tolist() == [[4, 4, 4]]
    start = {"one.refractory": [0, 1, 3]}
    kept = trace(network, spikes[0], start)["one"]
    assert kept.nodes["refractory"].tolist() == [[0, 0, 2], [0, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert run(network, spikes, start=start).said.tolist() == kept.emitted.sum(0, keepdims=True).tolist() == [[4, 3, 1]]


def test_where_a_value_that_leaves_is_an_error_runs_begin_with_the_words_given_too() -> None:
    network = resting()
    signals = {name: replace(one, overflow=Overflow.ERROR) for name, one in network.plan.signals.items()}
    erring = quantise_graph(network.graph, replace(network.plan, signals=signals))
    spikes, start = np.ones((2, 4, 2), np.int64), {"one.refractory": [[0, 1, 3], [2, 0, 0]]}
    assert run(erring, spikes, start=start).said.tolist() == [[4, 3, 1], [2, 4, 4]]
    with pytest.raises(OverflowDetectedError):
        run(erring, spikes, start={"one.membrane": [127, 0, 0]})


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ({"one.spike": [0, 0, 0]}, "a state at the start must be one of one.membrane, one.refractory, not 'one.spike'"),
        ({"one.refractory": [0, 4, 0]}, "one.refractory at the start[1] must be a word of UQ2.0 (u2), 0 to 3, not 4"),
        ({"one.refractory": [-0.5]}, "one.refractory at the start[0] must be a word of UQ2.0 (u2), 0 to 3, not -0.5"),
        ({"one.membrane": [0, 4]}, "one.membrane at the start must be [3] or [2, 3], not [2]"),
        ({"one.membrane": np.zeros((3, 3), int)}, "one.membrane at the start must be [3] or [2, 3], not [3, 3]"),
    ],
)  # fmt: skip
def test_what_no_state_can_begin_with_is_refused_in_one_line(start: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(said)}$"):
        run(resting(), np.zeros((2, 3, 2), np.int64), start=start)
