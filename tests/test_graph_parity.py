"""A network of populations does what the networks before it do: its answers and stored arrays."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from numpy.typing import NDArray

from fxsnn.competitive.emulate import run_raster
from fxsnn.competitive.graph import graph_of
from fxsnn.competitive.inventory import memory
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.run import run
from strategies import compiled_examples, examples
from test_emulate import cases


@settings(max_examples=compiled_examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_one_competitive_population_answers_as_its_network_does(
    case: tuple[QuantisedNetwork, NDArray[np.uint8]],
) -> None:
    network, raster = case
    assert run(graph_of(network), raster).said.tolist() == run_raster(network, raster).sum(axis=1).tolist()


@settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))
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
