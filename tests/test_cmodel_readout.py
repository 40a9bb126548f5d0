"""Answers and classes of a network's C model are those of the kernels, however the readout reads."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import c_networks
from c_models import OPTIONS, STRICT, agrees
from command_line import skip_with_jit
from fxsnn.cmodel.model import c_model
from fxsnn.errors import FxsnnError
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout
from fxsnn.graph.run import run
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal
from strategies import compiled_examples

skip_with_jit()


def answered(network: QuantisedGraph, inputs: NDArray[np.int64], folder: Path) -> list[list[int]]:
    """Return the answers and the class, if any, that a compiled model gives to each of int64[inputs, steps, words]."""
    model = c_model(network, "net")
    (folder / "net.h").write_text(model.header)
    (folder / "net.c").write_text(model.source)
    asks = network.graph.readout.kind != "none"
    shown = 'printf("%d\\n", (int)net_class(&readout));' if asks else ""
    (folder / "main.c").write_text(f"""#include <stdio.h>
#include "net.h"
int main(void)
{{
    static net_state state;
    static {model.given.type} in[NET_INPUTS];
    static {model.said.type} out[NET_OUTPUTS];
    net_readout readout;
    int i, t, n;
    for (i = 0; i < {len(inputs)}; i++) {{
        net_reset(&state);
        net_readout_reset(&readout);
        for (t = 0; t < {inputs.shape[1]}; t++) {{
            for (n = 0; n < NET_INPUTS; n++) {{
                long long word;
                if (scanf("%lld", &word) != 1) return 1;
                in[n] = ({model.given.type})word;
            }}
            net_step(&state, in, out);
            net_readout_take(&readout, &state);
        }}
        for (n = 0; n < NET_OUTPUTS; n++) printf("%lld ", (long long)readout.answers[n]);
        puts("");
        {shown}
    }}
    return 0;
}}
""")
    command = ["gcc", *STRICT, *OPTIONS["gcc"], "net.c", "main.c", "-o", "net"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    words = " ".join(map(str, inputs.reshape(-1).tolist()))
    said = subprocess.run([folder / "net"], input=words, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")
    return [[int(word) for word in line.split()] for line in said.stdout.splitlines()]


def wanted(network: QuantisedGraph, inputs: NDArray[np.int64]) -> list[list[int]]:
    """Return the same of the kernels."""
    answers = run(network, inputs)
    if answers.classes is None:
        return [list(map(int, said)) for said in answers.said]
    pairs = zip(answers.said.tolist(), answers.classes.tolist(), strict=True)
    return [row for said, label in pairs for row in (said, [label])]


@st.composite
def readouts(draw: st.DrawFn, network: QuantisedGraph) -> Readout:
    """A readout of any kind of any population."""
    one = draw(st.sampled_from(network.graph.populations))
    kind: Any = draw(st.sampled_from(["counts", "labels", "node", "node", "first", "none"]))
    skip, more = draw(st.integers(0, 3)), dict[str, Any]()
    if kind == "labels":
        more["labels"] = np.array(draw(st.lists(st.integers(-1, 4), min_size=one.size, max_size=one.size)))
    if kind == "node":
        more |= {
            "node": draw(st.sampled_from(sorted(one.neuron.names))),
            "over": draw(st.sampled_from(["sum", "last", "maximum"])),
        }
    return Readout(kind, one.name, skip=skip, **more)


@settings(max_examples=compiled_examples(4), deadline=None, suppress_health_check=list(HealthCheck))
@given(c_networks.networks(), st.data(), st.integers(0, 999))
def test_answers_and_classes_of_any_network_are_those_of_the_kernels(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedGraph | str, data: st.DataObject, seed: int
) -> None:
    if isinstance(network, str):
        event("refused")
        return
    try:
        graph = replace(network.graph, readout=data.draw(readouts(network)))
        network = quantise_graph(graph, network.plan)
        inputs = np.stack([c_networks.inputs_for(network, seed + n) for n in range(3)])
        expected = wanted(network, inputs)
    except FxsnnError:  # a sum that could leave int64, an overflow where the mode is error, a skip too long
        reject()
    assert answered(network, inputs, tmp_path_factory.mktemp("model")) == expected


def voting(labels: list[int]) -> QuantisedGraph:
    """Neurons that pass on signed words and vote."""
    wire = Projection("w", "input", "a", "arriving", "identity")
    readout = Readout("labels", labels=np.array(labels))
    graph = Graph((len(labels),), (population("a", len(labels), "relay"),), (wire,), Format(8, 0), readout)
    return quantise_graph(graph, GraphPlan({}))


@pytest.mark.parametrize("labels", [[0, 0, 1, 1, 1], [2, 2, -1, 0, 0], [-1, -1, -1, -1, -1], [3, 1, 1, 3, 1]])
def test_votes_are_means_whatever_their_sign_and_ties_go_to_the_lowest_class(labels: list[int], tmp_path: Path) -> None:
    rows = np.random.default_rng(0).integers(-3, 3, (40, 2, 5))
    network = voting(labels)
    assert answered(network, rows, tmp_path) == wanted(network, rows)


def test_a_node_that_is_read_and_is_no_state_is_kept_beside_those_of_the_text(tmp_path: Path) -> None:
    lif = population("a", 2, "lif", {"leak": "none", "reset": "zero"}, {"threshold": raw(3)})
    wire = Projection("w", "input", "a", "current", weights=raw([[1, -2], [2, 3]]))
    plan = {name: Signal(Format(5, 0)) for name in ("weight", "membrane", "threshold")}
    graph = Graph((2,), (lif,), (wire,), readout=Readout("node", node="integrated", over="maximum"))
    network = quantise_graph(graph, GraphPlan(plan))
    rows = np.random.default_rng(0).integers(0, 2, (4, 6, 2))
    model = agrees(network, rows[0], tmp_path)  # what it was
    assert [held.name for held in model.held] == ["membrane", ""]
    assert answered(network, rows, tmp_path) == wanted(network, rows)
