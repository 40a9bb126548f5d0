"""Models in C that begin with given words do what the kernels do from there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import c_networks
from c_models import compiled, printed
from command_line import run as command
from fxsnn.cmodel.model import c_model
from fxsnn.errors import OverflowDetectedError
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.starting import start_forms
from fxsnn.graph.stepping import State
from fxsnn.program.grammar import parse
from strategies import examples
from test_cmodel import own

IDLE = """
come: input
idle: state[charge]
charge: state
fires: output
charge: charge[0] = charge + come
idle: charge[1] = idle - (idle >> 1)
fires = charge > idle
"""


def agrees_from(network: QuantisedGraph, seed: int, inputs: NDArray[np.int64], folder: Path) -> None:
    """Assert that a model begun with words of all states keeps what the kernels keep, at every step of one input."""
    model, rng = c_model(network, "net", all_states=True), np.random.default_rng(seed)
    start = {
        name: rng.integers(form.lowest, form.highest, network.graph[name.partition(".")[0]].size, np.int64, True)
        for name, form in start_forms(network).items()
    }
    begun = {name: words.tolist() for name, words in start.items()}
    found, state = printed(compiled(folder, model, start=begun), inputs), State(network, start)
    outputs = {one.name: one.neuron.output[0] for one in network.graph.populations}
    names = [f"{one.owner}.{one.name or outputs[one.owner]}" for one in model.held]
    names += [f"{one.owner}.lfsr.{one.stream}" for one in model.registers]
    for t, row in enumerate(inputs):
        try:
            said = state.step(row).tolist()
        except OverflowDetectedError:
            assert found[t][0] == [1]
            return
        kept = dict(zip(names, found[t][1:-1], strict=True))
        assert kept == {name: state[name].reshape(-1).tolist() for name in names}, t
        assert found[t][-1] == said


@settings(max_examples=examples(4), deadline=None, suppress_health_check=list(HealthCheck))
@given(c_networks.networks(), st.integers(0, 9999))
def test_any_model_begun_with_words_keeps_what_the_kernels_do(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedGraph | str, seed: int
) -> None:
    if isinstance(network, str):
        reject()
    agrees_from(network, seed, c_networks.inputs_for(network, seed), tmp_path_factory.mktemp("begun"))


def test_states_that_stay_0_from_0_on_are_kept_where_they_are_asked_for(tmp_path: Path) -> None:
    one = population("cells", 3, parse(IDLE, "idle.neuron"))
    wire = Projection("w", "input", "cells", "come", weights=raw([[3, -2, 1], [1, 2, -3]]))
    plan = parse_graph_plan('[signal]\nweight = "Q2.1"\ncharge = "Q4.1"')
    network = quantise_graph(Graph((2,), (one,), (wire,)), plan)
    agrees_from(network, 1, np.random.default_rng(1).integers(0, 2, (8, 2)), tmp_path)
    held = [{one.name for one in c_model(network, "net", all_states=asked).held} for asked in (False, True)]
    assert held == [{"charge", ""}, {"charge", "idle", ""}]


def test_the_command_keeps_all_states_where_it_is_asked_to(tmp_path: Path) -> None:
    own(tmp_path)
    text = (tmp_path / "net.toml").read_text() + "\n"
    (tmp_path / "größe.neuron").write_text(IDLE)
    (tmp_path / "net.toml").write_text(text.replace("constants = { floor = -1 }", ""))
    plan = (tmp_path / "plan.toml").read_text()
    (tmp_path / "plan.toml").write_text(plan.replace('rest = "UQ2.0"\n', ""))
    headers = []
    for name, more in (("small", ()), ("whole", ("--all-states",))):
        said = command("export", "c", tmp_path / "net.toml", tmp_path / "plan.toml", "--out", tmp_path / name, *more)
        assert (said.status, said.err) == (0, "")
        headers.append((tmp_path / name / "net.h").read_text())
    assert ["idle[3];" in header for header in headers] == [False, True]
    call = "void net_begin(net_state *state, const net_start *start);"
    assert [call in header for header in headers] == [True, True]
