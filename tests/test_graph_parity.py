"""A network of populations does what the networks before it do: every node, draw, register, count and stored array."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fxsnn.emulate import NODES, State, emulate, run_raster, spikes_of
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.one_layer import graph_of
from fxsnn.graph.run import run, trace
from fxsnn.memory import memory
from fxsnn.quantised import SITES, QuantisedNetwork
from fxsnn.width import program_of
from strategies import examples
from test_emulate import cases


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), st.booleans(), st.integers(0, 99))
def test_one_competitive_population_has_the_trace_of_its_network(
    case: tuple[QuantisedNetwork, NDArray[np.uint8]], begun: bool, seed: int
) -> None:
    (network, raster), rng = case, np.random.default_rng(seed)
    form, many = network.plan.membrane.format, network.neurons
    state = State(
        rng.integers(form.lowest, form.highest, many, endpoint=True) * begun,
        rng.integers(0, network.refractory_steps, many, endpoint=True) * begun,
    )
    expected = emulate(network, spikes_of(raster), start=state)
    start = {"layer.membrane": state.membrane, "layer.refractory": state.refractory} if begun else None
    kept = trace(graph_of(network), raster[0], start)["layer"]
    for node in NODES:
        assert kept.nodes[node].tolist() == expected.nodes[node].tolist(), node
    for name, drawn in expected.draws.items():
        assert kept.draws[SITES.index(name)].tolist() == drawn.tolist(), name
    for stream, registers in kept.registers.items():
        assert registers.tolist() == expected.registers[:, stream].tolist()
    assert kept.emitted.tolist() == expected.nodes["spike"].tolist()
    casts = program_of(network).neuron.casts
    counted = dict(zip((cast.stream for cast in casts), kept.counts.values(), strict=True))
    assert {SITES[stream]: counts for stream, counts in counted.items() if stream is not None} == {
        name: counts for name, counts in expected.counts.items() if SITES.index(name) in counted
    }


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_one_competitive_population_answers_as_its_network_does(
    case: tuple[QuantisedNetwork, NDArray[np.uint8]],
) -> None:
    network, raster = case
    assert run(graph_of(network), raster).said.tolist() == run_raster(network, raster).sum(axis=1).tolist()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_one_competitive_population_stores_what_its_network_stores(
    case: tuple[QuantisedNetwork, NDArray[np.uint8]],
) -> None:
    network = case[0]
    assume(network.neurons > 1)  # nobody inhibits one that is alone: the graph stores nothing for it
    learned = {"adaptive thresholds": "constant"}  # the network counts theta as the state that it was in training
    expected = [(a.words, a.word, learned.get(a.name, a.meaning)) for a in memory(network).arrays]
    found = [(a.words, a.word, a.meaning) for a in graph_memory(graph_of(network)).arrays]
    assert sorted(found) == sorted(expected)
