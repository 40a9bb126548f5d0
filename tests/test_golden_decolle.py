"""Golden sets of layered networks are those of their populations: every node, checked, and played by their RTL."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from command_line import in_plain_python, once
from decolle_networks import cells, frames_for, quantised_layers
from fxsnn.decolle.populations import as_inputs
from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.errors import ConfigError
from fxsnn.golden.bundle import read_bundle
from fxsnn.golden.check import check_bundle
from fxsnn.golden.populations_make import make_graph_bundle
from reference_decolle import every_layer, run_layers
from simulate import compared, needs_icarus, simulate
from strategies import examples


def made(folder: Path, network: QuantisedLayers, seed: int) -> Path:
    try:
        make_graph_bundle(folder, network.graph, as_inputs(frames_for(network, 2, seed)))
    except ConfigError:  # a node wider than 63 bits
        reject()
    return folder


@in_plain_python
@settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers(), st.integers(0, 1000))
def test_a_set_agrees_and_holds_what_the_slow_reference_computes(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedLayers, seed: int
) -> None:
    folder = made(tmp_path_factory.mktemp("golden") / "set", network, seed)
    assert check_bundle(folder).findings == ()
    words = read_bundle(folder).words
    steps = network.description.steps
    for n, recording in enumerate(frames_for(network, 2, seed)):
        expected = run_layers(network, [cells(frame) for frame in recording])
        rows = slice(n * steps, (n + 1) * steps)
        for number, layer in enumerate(every_layer(network)):
            filtering = f"filter_{number}" if layer.plan.filters == "inputs" else f"layer_{number}"
            for node, right in expected.nodes[number].items():
                population = filtering if node in ("trace", "synapse") else f"layer_{number}"
                if node == "output":
                    population, node = f"pooled_{number}", "passed"
                if f"{population}.{node}" in words:  # where nothing is pooled the spikes are the output
                    assert words[f"{population}.{node}"][rows].reshape(steps, -1).tolist() == right
        assert words["answers"][n].tolist() == expected.scores


@pytest.mark.long
@needs_icarus
@once
@settings(max_examples=examples(4), deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers(), st.integers(0, 1000))
def test_its_rtl_computes_every_word(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedLayers, seed: int
) -> None:
    folder = made(tmp_path_factory.mktemp("rtl") / "set", network, seed)
    said = simulate(folder)
    assert (said.returncode, said.stdout) == (0, f"PASS {compared(folder)} words\n"), said.stdout + said.stderr
