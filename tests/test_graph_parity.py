"""A network of populations answers as the network of one layer does, which runs by lists of active inputs."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from numpy.typing import NDArray

from command_line import long_with_jit
from fxsnn.competitive.emulate import run_raster
from fxsnn.competitive.graph import graph_of
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.graph.run import run
from strategies import compiled_examples
from test_emulate import cases


@long_with_jit
@settings(max_examples=compiled_examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_one_competitive_population_answers_as_its_network_does(
    case: tuple[QuantisedNetwork, NDArray[np.uint8]],
) -> None:
    network, raster = case
    assert run(graph_of(network), raster).said.tolist() == run_raster(network, raster).sum(axis=1).tolist()
