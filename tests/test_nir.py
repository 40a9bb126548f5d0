"""Networks in NIR: what becomes of every node computes what NIR's equations do, under the conventions asked for."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from command_line import skip_with_jit
from fxsnn.graph.network import Graph
from fxsnn.nir.conventions import Asked
from fxsnn.nir.convert import Imported, converted
from fxsnn.nir.hdf5 import parse_nir
from nir_files import Edges, Nodes, Reals, Rules, chain, float_nodes, given, lif, output, play, write_nir

skip_with_jit()

EXPLICIT = Asked(0.25, "euler", "euler", "zero", "same", "gt", "one", "none", "same", "same")
RNG = np.random.default_rng(3)


def eighths(*shape: int) -> Reals:
    """Return weights of which all sums are exact in float64."""
    return np.ldexp(RNG.integers(-8, 12, shape).astype(np.float64), -3)


def got(path: Path, nodes: Nodes, edges: Edges, asked: Asked = EXPLICIT) -> Imported:
    return converted(parse_nir(write_nir(path / "net.nir", nodes, edges).read_bytes()), asked)


def as_network(x: Reals) -> Reals:
    """Return [steps, ...] of NIR in a network's order: rows, columns, channels, flat."""
    x = x[:, :, None] if x.ndim == 3 else x
    return (np.moveaxis(x, 1, -1) if x.ndim == 4 else x).reshape(len(x), -1)


def emitted(graph: Graph, name: str, inputs: Reals) -> Reals:
    return float_nodes(graph, as_network(inputs))[f"{name}.{graph[name].neuron.output[0]}"]


def spikes(*shape: int, steps: int = 9) -> Reals:
    return (RNG.random((steps, *shape)) < 0.5).astype(np.float64)


def agrees(path: Path, nodes: Nodes, edges: Edges, asked: Asked = EXPLICIT, rules: Rules | None = None) -> Imported:
    """Return what is imported once every population emits what the reference computes of its node."""
    found, edges = got(path, nodes, edges, asked), list(edges)
    inputs = spikes(*np.atleast_1d(nodes[next(iter(nodes))]["shape"]).tolist())
    expected = play(nodes, edges, inputs, rules or Rules())
    checked = 0
    for row in found.rows:
        if row.became in [one.name for one in found.graph.populations] and row.kind != "Output":
            shape, wanted = found.graph[row.became].shape, expected[row.node]
            if len(shape) == 3 and wanted.ndim == 2:  # a flattened map, which stays one in the network
                wanted = wanted.reshape(len(wanted), shape[2], *shape[:2])
            assert emitted(found.graph, row.became, inputs).tolist() == as_network(wanted).tolist(), row
            checked += 1
    assert checked == len(found.graph.populations)
    # one of them is busy: what is compared is not silence
    assert any(expected[row.node].any() for row in found.rows if row.kind not in ("Input", "Output"))
    return found


def between(
    node: dict[str, Any], inside: tuple[int, ...], outside: tuple[int, ...]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return a node between an input and neurons that fire often."""
    size = math.prod(outside)
    neurons = lif(size, v_threshold=np.full(size, 0.5))
    for key in ("tau", "r", "v_leak", "v_threshold", "v_reset"):
        neurons[key] = neurons[key].reshape(outside)
    return {"in": given(*inside), "node": node, "n": neurons, "out": output(*outside)}, chain("in", "node", "n", "out")


KERNELS = [
    ({}, (3, 5)),
    ({"stride": [2, 1], "padding": [1, 2]}, (3, 9)),
    ({"dilation": 2, "bias": np.array([0.5, -0.25, 1.0, 0.0])}, (1, 3)),
    ({"groups": 2, "padding": 1}, (5, 7)),
    ({"padding": "same"}, (5, 7)),
    ({"padding": "valid", "input_shape": [5, 7]}, (3, 5)),
]


@pytest.mark.parametrize(("other", "cells"), KERNELS)
def test_a_convolution_computes_what_torch_does(tmp_path: Path, other: dict[str, Any], cells: tuple[int, int]) -> None:
    weight = eighths(4, 2 // other.get("groups", 1), 3, 3)
    node = {"type": "Conv2d", "dilation": 1, "weight": weight} | other
    agrees(tmp_path, *between(node, (2, 5, 7), (4, *cells)))


def test_same_padding_of_an_even_kernel_has_its_odd_zero_behind(tmp_path: Path) -> None:
    node = {"type": "Conv2d", "dilation": [1, 1], "weight": eighths(1, 1, 2, 4), "padding": "same"}
    agrees(tmp_path, *between(node, (1, 4, 5), (1, 4, 5)))


def test_a_convolution_over_one_axis_computes_what_torch_does(tmp_path: Path) -> None:
    node = {"type": "Conv1d", "weight": eighths(3, 2, 3), "stride": 2, "padding": 1, "dilation": 2}
    agrees(tmp_path, *between(node | {"bias": eighths(3)}, (2, 9), (3, 4)))


@pytest.mark.parametrize("kind", ["SumPool2d", "AvgPool2d"])
@pytest.mark.parametrize(
    ("other", "cells"),
    [
        ({"kernel_size": [2, 2], "stride": [2, 2], "padding": [0, 0]}, (2, 3)),
        ({"kernel_size": 2}, (2, 3)),
        ({"kernel_size": [2, 4], "stride": 1}, (4, 3)),
        ({"kernel_size": 2, "padding": 1}, (3, 4)),
    ],
)
def test_a_pool_computes_what_torch_does(
    tmp_path: Path, kind: str, other: dict[str, Any], cells: tuple[int, int]
) -> None:
    found = agrees(tmp_path, *between({"type": kind, **other}, (2, 5, 6), (2, *cells)))
    assert found.graph.projections[0].source == "input"


def test_an_average_of_no_power_of_two_is_a_sum_times_one_weight(tmp_path: Path) -> None:
    found = got(tmp_path, *between({"type": "AvgPool2d", "kernel_size": 3}, (1, 6, 6), (1, 2, 2)))
    assert [(one.kind, one.kernel, one.weighed) for one in found.graph.projections] == [("average", (3, 3), True)]


def test_weights_behind_a_flattened_map_meet_the_right_neurons(tmp_path: Path) -> None:
    nodes = {
        "in": given(2, 3, 4),
        "flat": {"type": "Flatten", "start_dim": np.int64(0), "end_dim": np.int64(-1), "input_type": [2, 3, 4]},
        "fc": {"type": "Affine", "weight": eighths(5, 24), "bias": eighths(5)},
        "n": lif(5),
        "out": output(5),
    }
    agrees(tmp_path, nodes, chain(*nodes))


def test_neurons_behind_a_flattened_map_keep_their_parameters(tmp_path: Path) -> None:
    nodes = {
        "in": given(2, 3, 4),
        "flat": {"type": "Flatten", "start_dim": 0},
        "n": lif(24, v_threshold=np.arange(24) / 8),
        "fc": {"type": "Linear", "weight": eighths(3, 24)},
        "m": lif(3),
        "out": output(3),
    }
    found = agrees(tmp_path, nodes, chain(*nodes))
    assert found.graph["n"].shape == (3, 4, 2)


def test_scale_threshold_and_linear_nodes_in_a_row_compute_what_they_say(tmp_path: Path) -> None:
    nodes = {
        "in": given(4),
        "scale": {"type": "Scale", "scale": np.array([0.5, 2, -1, 1])},
        "fc": {"type": "Affine", "weight": eighths(3, 4), "bias": eighths(3)},
        "fires": {"type": "Threshold", "threshold": np.array([0.25, -0.5, 0.0])},
        "again": {"type": "Scale", "scale": np.array([0.5, 2, 1.5])},
        "n": lif(3, r=np.array([1.0, 2, 4])),
        "out": output(3),
    }
    found = agrees(tmp_path, nodes, chain(*nodes))
    assert [one.kind for one in found.graph.projections] == ["scale", "dense", "scale"]


@pytest.mark.parametrize("seconds", [0.5, np.array([0.0, 0.25, 0.5, 0.25])])
def test_a_delay_is_whole_steps_of_each_number(tmp_path: Path, seconds: Any) -> None:
    nodes = {
        "in": given(4),
        "late": {"type": "Delay", "delay": seconds},
        "fc": {"type": "Linear", "weight": eighths(3, 4)},
        "n": lif(3),
        "out": output(3),
    }
    found = agrees(tmp_path, nodes, chain(*nodes))
    delays = sorted({one.delay for one in found.graph.projections})
    assert delays == ([2] if np.ndim(seconds) == 0 else [0, 1, 2])
    assert not found.reported.assumed


def neuron(kind: str, size: int) -> dict[str, Any]:
    """Return a neuron whose parameters all matter."""
    ones = np.ones(size)
    held = {
        "tau": ones,
        "tau_syn": ones / 2,
        "tau_mem": ones,
        "r": ones * 3,
        "w_in": ones * 1.5,
        "v_leak": np.linspace(-0.5, 0.5, size),
        "v_threshold": np.linspace(0.25, 1.25, size),
        "v_reset": np.linspace(-0.25, 0.25, size),
    }
    wanted = {
        "I": "r",
        "IF": "r v_threshold v_reset",
        "LI": "tau r v_leak",
        "LIF": "tau r v_leak v_threshold v_reset",
        "CubaLI": "tau_syn tau_mem r v_leak w_in",
        "CubaLIF": "tau_syn tau_mem r v_leak w_in v_threshold v_reset",
    }
    return {"type": kind} | {name: held[name] for name in wanted[kind].split()}


def affine(kind: str) -> dict[str, Any]:
    return {
        "in": given(4),
        "fc": {"type": "Affine", "weight": eighths(5, 4), "bias": eighths(5)},
        "n": neuron(kind, 5),
        "out": output(5),
    }


@pytest.mark.parametrize("kind", ["I", "IF", "LI", "LIF", "CubaLI", "CubaLIF"])
@pytest.mark.parametrize("before", [False, True])
def test_every_neuron_computes_its_equation(tmp_path: Path, kind: str, before: bool) -> None:
    nodes = affine(kind)
    asked = Asked(0.25, "euler", "euler", "value", "same", "gt", "one", "none", "before" if before else "same", "same")
    agrees(tmp_path, nodes, chain(*nodes), asked, Rules(reset="value", before=before))


@pytest.mark.parametrize(
    ("reset", "step", "compare", "kind"),
    list(itertools.product(["zero", "value", "subtract"], ["same", "next"], ["gt", "ge"], ["LIF", "CubaLIF"])),
)
def test_a_spike_does_what_is_asked_for(tmp_path: Path, reset: str, step: str, compare: str, kind: str) -> None:
    nodes = affine(kind)
    asked = Asked(0.25, "euler", "euler", reset, step, compare, "one", "none", "same", "same")
    rules = Rules(reset=reset, delayed=step == "next", strict=compare == "gt")
    agrees(tmp_path, nodes, chain(*nodes), asked, rules)


def test_a_recurrent_node_brings_what_was_emitted_in_the_step_before(tmp_path: Path) -> None:
    nodes = {
        "in": given(3),
        "fc": {"type": "Linear", "weight": eighths(4, 3)},
        "n": neuron("CubaLIF", 4),
        "rec": {"type": "Affine", "weight": eighths(4, 4), "bias": eighths(4)},
        "out": output(4),
    }
    edges = [*chain("in", "fc", "n", "out"), ("n", "rec"), ("rec", "n")]
    # the reference takes the node's bias in every step, also in the first, where nothing was emitted before
    rules = Rules(reset="value")
    ordered = {name: nodes[name] for name in ("in", "fc", "rec", "n", "out")}
    asked = Asked(0.25, "euler", "euler", "value", "same", "gt", "one", "none", "same", "same")
    found = got(tmp_path, ordered, edges, asked)
    inputs = spikes(3)
    expected = play(ordered, edges, inputs, rules)
    assert emitted(found.graph, "n", inputs).tolist() == expected["n"].tolist()
    assert [one.delay for one in found.graph.projections if one.source == "n"] == [1]
    assert found.reported.noted == ["rec -> n closes a cycle: what it brings arrives in the next step"]


def test_a_graph_inside_a_graph_is_what_it_is_outside(tmp_path: Path) -> None:
    fc, rec = eighths(4, 3), eighths(4, 4)
    inner = {
        "input": given(4),
        "cell": neuron("LIF", 4),
        "rec": {"type": "Linear", "weight": rec},
        "output": output(4),
    }
    inside = [("input", "cell"), ("cell", "rec"), ("rec", "cell"), ("cell", "output")]
    nested = {
        "input": given(3),
        "fc": {"type": "Linear", "weight": fc},
        "layer": {"type": "NIRGraph", "nodes": inner, "edges": inside},
        "output": output(4),
    }
    flat = {
        "input": given(3),
        "fc": {"type": "Linear", "weight": fc},
        "layer.cell": neuron("LIF", 4),
        "layer.rec": {"type": "Linear", "weight": rec},
        "output": output(4),
    }
    edges = [*chain("input", "fc", "layer.cell", "output"), ("layer.cell", "layer.rec"), ("layer.rec", "layer.cell")]
    one, other = got(tmp_path, nested, chain(*nested)), got(tmp_path, flat, edges)
    assert [row.node for row in one.rows] == [row.node for row in other.rows]
    inputs = spikes(3)
    assert emitted(one.graph, "layer_cell", inputs).tolist() == emitted(other.graph, "layer_cell", inputs).tolist()


def test_neurons_behind_several_nodes_add_what_these_bring(tmp_path: Path) -> None:
    nodes = {
        "in": given(3),
        "a": {"type": "Affine", "weight": eighths(4, 3), "bias": eighths(4)},
        "b": {"type": "Affine", "weight": eighths(4, 3), "bias": eighths(4)},
        "n": lif(4),
        "m": lif(4, v_threshold=np.full(4, 0.75)),
        "out": output(4),
    }
    edges = [("in", "a"), ("in", "b"), ("a", "n"), ("b", "n"), ("n", "m"), ("b", "m"), ("m", "out")]
    found = agrees(tmp_path, nodes, edges)
    # b is taken twice, and so a population of its own, whose bias is its own
    assert {one.name: one.text.file for one in found.graph.populations}["b"] == "nir_biased.neuron"


def test_the_order_of_nodes_and_edges_in_a_file_does_not_matter(tmp_path: Path) -> None:
    nodes = {str(n): node for n, node in enumerate(affine("LIF").values())}
    pairs = chain(*nodes)
    one, other = got(tmp_path, nodes, pairs), got(tmp_path, dict(reversed(nodes.items())), pairs[::-1])
    assert one.rows == other.rows


def test_many_spikes_a_step_and_a_floor_are_those_of_sinabs(tmp_path: Path) -> None:
    nodes = {
        "in": given(1),
        "fc": {"type": "Affine", "weight": [[40.5]], "bias": [-1.75]},
        "n": {"type": "IF", "r": [1.0], "v_threshold": [1.0]},
        "out": output(1),
    }
    found = got(tmp_path, nodes, chain(*nodes), Asked(framework="sinabs"))
    said = float_nodes(found.graph, np.array([[0], [0], [1], [0], [0]]))
    # by hand: -1.75 is kept at -1; 40.5 - 1.75 - 1 = 37.75 fires 31 times, 6.75 - 1.75 = 5, 0 - 1.75
    assert said["n.spike"].ravel().tolist() == [0, 0, 31, 5, 0]
    assert said["n.membrane"].ravel().tolist() == [-1, -1, 6.75, 0, -1]


@pytest.mark.parametrize("kind", ["LIF", "CubaLIF"])
def test_a_membrane_above_its_threshold_after_a_reset_fires_as_snntorch_has_it_without_a_delay(
    tmp_path: Path, kind: str
) -> None:
    n = lif() if kind == "LIF" else {**lif(tau_syn=[0.25], tau_mem=[1.0], w_in=[1.0]), "type": "CubaLIF"}
    n.pop("tau", None) if kind == "CubaLIF" else None
    nodes = {"in": given(1), "fc": {"type": "Linear", "weight": [[3.5]]}, "n": n, "out": output(1)}
    asked = Asked(0.25, "euler", "euler", "subtract", "again", "gt", "one", "none", "same", "same")
    said = float_nodes(got(tmp_path, nodes, chain(*nodes), asked).graph, np.array([[1], [0], [0], [1], [0.0]]))
    # by hand: 3.5 fires and keeps 2.5; 1.875 - 1 and 1.40625 - 1 do not reach 1, the membrane keeps what it had;
    # 1.0546875 + 3.5 - 1 does, and loses 1 once
    assert said["n.spike"].ravel().tolist() == [1, 0, 0, 1, 1]
    assert said["n.membrane"].ravel()[:4].tolist() == [2.5, 1.875, 1.40625, 3.5546875]


def test_a_scale_changes_units_and_no_spike(tmp_path: Path) -> None:
    nodes = affine("CubaLIF")
    inputs = spikes(4)
    one = got(tmp_path, nodes, chain(*nodes)).graph
    two = got(tmp_path, nodes, chain(*nodes), Asked(**{**_given(EXPLICIT), "scale": 8.0})).graph
    first, second = float_nodes(one, inputs), float_nodes(two, inputs)
    assert first["n.spike"].tolist() == second["n.spike"].tolist()
    assert (first["n.membrane"] * 8).tolist() == second["n.membrane"].tolist()


def _given(asked: Asked) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in Asked.__dataclass_fields__}


@pytest.mark.parametrize("tau", [0.0025, np.array([0.002, 0.05])])
def test_dt_is_guessed_of_what_each_framework_writes(tmp_path: Path, tau: Any) -> None:
    tau, size = np.asarray(tau).reshape(-1), np.asarray(tau).size

    def rules(r: Any, scaled: float = 1.0) -> tuple[float | None, str, str, str]:
        nodes = {"in": given(size), "n": lif(size, tau=tau * scaled, r=np.asarray(r, np.float32)), "out": output(size)}
        found = got(tmp_path, nodes, chain(*nodes), Asked())
        return found.rules.dt, found.rules.decay, found.rules.gain, found.reported.assumed[0]

    x = 1e-4 / tau
    assert rules(1 / x) == (1e-4, "euler", "euler", "dt: 0.0001 s, as r is tau / dt, as snnTorch writes it (--dt)")
    said = "dt: 0.0001 s, as r is tau / dt exp(-dt / tau), as Rockpool writes it (--dt)"
    assert rules(np.exp(-x) / x) == (1e-4, "exponential", "rockpool", said)
    assert rules(np.ones(size))[:3] == (1e-4, "euler", "euler")
    assert "r is 1, as Norse writes it, which says nothing of dt" in rules(np.ones(size))[3]
    assert rules(np.ones(size), 1e4)[:3] == (1.0, "exponential", "step")


def test_an_exponential_decay_takes_up_what_is_asked_for(tmp_path: Path) -> None:
    nodes = {"in": given(1), "fc": {"type": "Linear", "weight": [[2.0]]}, "n": lif(r=[3.0]), "out": output(1)}
    weights = {}
    for gain in ("euler", "hold", "rockpool", "step"):
        asked = Asked(0.25, "exponential", gain, "zero", "same", "gt", "one", "none", "same", "same")
        graph = got(tmp_path, nodes, chain(*nodes), asked).graph
        assert graph["n"].constants["decay"].values == math.exp(-0.25)
        held = graph.projections[0].weights
        assert held is not None
        weights[gain] = float(held.values[0, 0])
    x = 0.25
    assert weights == {
        "euler": 6 * x,
        "hold": 6 * -math.expm1(-x),
        "rockpool": 2 * (3 * (x * float(np.exp(x)))),
        "step": 6,
    }


def test_what_is_left_open_is_assumed_and_told_and_what_is_asked_for_is_not(tmp_path: Path) -> None:
    nodes = affine("CubaLIF")
    del nodes["n"]["v_reset"], nodes["n"]["w_in"]
    told = got(tmp_path, nodes, chain(*nodes), Asked(dt=0.25)).reported.assumed
    for begin in ("reset step: same", "compare: gt", "floor: none", "current: same", "arrives: same", "decay: euler"):
        assert any(line.startswith(begin) for line in told), begin
    assert any(line.startswith("n: reset to zero, as v_reset is missing (snnTorch, Rockpool") for line in told)
    assert "n: w_in is 1, it is missing" in told
    nodes = affine("CubaLIF")
    assert got(tmp_path, nodes, chain(*nodes), EXPLICIT).reported.assumed == []
    assert any(
        "reset to value, as v_reset is given" in line
        for line in got(tmp_path, nodes, chain(*nodes), Asked(dt=0.25)).reported.assumed
    )


def test_what_arrives_in_the_next_step_is_a_step_late_at_every_neuron(tmp_path: Path) -> None:
    nodes = {"in": given(1), "a": lif(v_threshold=[0.5]), "b": lif(v_threshold=[0.5]), "out": output(1)}
    inputs = np.array([[1.0], [0], [0], [0]])
    asked = Asked(framework="lava", dt=0.25)
    said = float_nodes(got(tmp_path, nodes, chain(*nodes), asked).graph, inputs)
    assert said["a.spike"].ravel().tolist() == [0, 1, 0, 0]
    assert said["b.spike"].ravel().tolist() == [0, 0, 1, 0]


def test_an_edge_to_a_name_that_is_misspelt_is_mended_where_one_node_alone_can_be_meant(tmp_path: Path) -> None:
    nodes = {"in": given(1), "lif1": lif(), "out": output(1)}
    found = got(tmp_path, nodes, chain("in", "lif", "out"))
    assert found.reported.assumed == [
        "edges name 'lif', which is no node: taken for 'lif1', the only node that none names"
    ]


def test_what_reaches_no_output_is_left_out_and_told(tmp_path: Path) -> None:
    nodes = {
        "in": given(1),
        "n": lif(),
        "probe": {"type": "LI", "tau": [1.0], "r": [1.0], "v_leak": [0.0]},
        "out": output(1),
    }
    found = got(tmp_path, nodes, [*chain("in", "n", "out"), ("n", "probe")])
    assert [one.name for one in found.graph.populations] == ["n"]
    assert found.reported.noted == ["probe: left out, nothing of it reaches the output"]


def test_names_become_names_of_a_network_that_are_told_apart(tmp_path: Path) -> None:
    nodes = {"in": given(1), "1.a": lif(), "1_a": lif(), "input": lif(), "out": output(1)}
    found = got(tmp_path, nodes, chain("in", "1.a", "1_a", "input", "out"))
    assert [(row.node, row.became) for row in found.rows] == [
        ("in", "input"),
        ("1.a", "n1_a"),
        ("1_a", "n1_a_2"),
        ("input", "input_2"),
        ("out", "input_2"),
    ]
