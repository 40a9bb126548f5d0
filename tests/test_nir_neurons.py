"""`fxsnn import --neuron`: a network of NIR's on a neuron of others, its constants, and what that does otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from command_line import LONG_WITH_JIT, run
from fxsnn.errors import ConfigError
from fxsnn.graph.files import load_graph
from fxsnn.graph.plan import GraphPlan, load_graph_plan
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.run import trace
from fxsnn.nir.chips import CHIPS
from fxsnn.nir.conventions import Asked
from fxsnn.nir.convert import Imported, converted
from fxsnn.nir.hdf5 import parse_nir
from fxsnn.nir.onto import onto
from fxsnn.program.shipped import names
from nir_files import Nodes, Reals, Rules, chain, float_nodes, given, lif, output, play, write_nir

pytestmark = LONG_WITH_JIT

RNG = np.random.default_rng(16)
SPIKES = (RNG.random((40, 3)) < 0.6).astype(np.float64)
WEIGHT = np.ldexp(RNG.integers(-3, 10, (4, 3)), -3).astype(np.float64)


def cuba(size: int = 4, **other: Any) -> dict[str, Any]:
    """Return a CubaLIF of which a step of 0.25 s keeps 3/4 of the current and 7/8 of the membrane."""
    ones = np.ones(size)
    taus = {"tau_syn": ones, "tau_mem": ones * 2, "r": ones * 8, "w_in": ones * 4, "v_leak": ones * 0}
    return {"type": "CubaLIF", **taus, "v_threshold": ones * 3, "v_reset": ones * 0} | other


def integrate(size: int = 4, **other: Any) -> dict[str, Any]:
    """Return an IF to which a step of 0.25 s adds what arrives."""
    ones = np.ones(size)
    return {"type": "IF", "r": ones * 4, "v_threshold": ones * 2, "v_reset": ones * 0} | other


def network(neuron: dict[str, Any], bias: Reals | None = None) -> Nodes:
    linear = (
        {"type": "Linear", "weight": WEIGHT} if bias is None else {"type": "Affine", "weight": WEIGHT, "bias": bias}
    )
    return {"in": given(3), "fc": linear, "n": neuron, "out": output(4)}


def asked(**other: Any) -> Asked:
    said: dict[str, Any] = {
        "dt": 0.25,
        "decay": "euler",
        "gain": "euler",
        "reset": "zero",
        "reset_step": "same",
        "compare": "gt",
    }
    return Asked(**(said | {"spikes": "one", "floor": "none", "current": "same", "arrives": "same"} | other))


def on(path: Path, nodes: Nodes, neuron: str, rules: Asked) -> tuple[Imported, GraphPlan]:
    data = write_nir(path / "net.nir", nodes, chain(*nodes)).read_bytes()
    return onto(converted(parse_nir(data), rules), neuron)


SAME = [
    ("loihi", cuba(), asked(), Rules()),
    ("loihi", lif(4), asked(), Rules()),
    ("spiker", lif(4), asked(), Rules()),
    ("spiker", lif(4, v_reset=np.full(4, 0.5)), asked(reset="value"), Rules(reset="value")),
    ("hls4ml", lif(4), asked(compare="ge"), Rules(strict=False)),
    ("hls4ml", integrate(), asked(compare="ge", reset="subtract"), Rules(strict=False, reset="subtract")),
    ("snntorch", lif(4), asked(), Rules()),
    ("snntorch", lif(4), asked(reset="subtract", reset_step="next"), Rules(reset="subtract", delayed=True)),
    ("snntorch", lif(4), asked(reset_step="next"), Rules(delayed=True)),
    ("sinabs", integrate(), asked(compare="ge", reset="subtract"), Rules(strict=False, reset="subtract")),
]


@pytest.mark.parametrize(("neuron", "node", "rules", "reference"), SAME)
def test_a_neuron_that_does_what_the_node_does_gives_its_spikes_in_real_numbers(
    tmp_path: Path, neuron: str, node: dict[str, Any], rules: Asked, reference: Rules
) -> None:
    bias = None if neuron == "spiker" or node["type"] == "CubaLIF" else np.array([0.125, 0, -0.25, 0.5])
    nodes = network(node, bias)
    found, _ = on(tmp_path, nodes, neuron, rules)
    expected = play(nodes, chain(*nodes), SPIKES, reference)["n"]
    got = float_nodes(found.graph, SPIKES)["n.spike"]
    assert expected.any()
    assert got.tolist() == expected.tolist()


def toward_zero(word: int, bits: int) -> int:
    return word >> bits if word >= 0 else -(-word >> bits)


def test_the_words_on_loihi_are_those_that_its_arithmetic_gives_by_hand(tmp_path: Path) -> None:
    found, plan = on(tmp_path, network(cuba(), None), "loihi", asked())
    fixed = quantise_graph(found.graph, plan)
    # a step keeps 3/4 of the current, (4096 - 1023 - 1) / 4096, and 7/8 of the membrane, (4096 - 512) / 4096
    held = {"du": 1023, "dv": 512, "ds_offset": 1, "dm_offset": 0, "vth": 3 << 7, "bias": 0}
    assert {name: set(words.reshape(-1).tolist()) for name, words in fixed.constants["n"].items()} == {
        name: {word} for name, word in held.items()
    }
    weights = (WEIGHT.T * 128).astype(int)  # 1 is 128, so that the largest fits 8 bits, of which the last is 2
    assert (fixed.weights["fc"] * 2).tolist() == weights.tolist()
    kept = trace(fixed, SPIKES.astype(np.int64))["n"]
    u, v, fired = [0] * 4, [0] * 4, 0
    for t, row in enumerate(SPIKES.astype(int)):
        for n in range(4):
            u[n] = toward_zero(u[n] * 3072, 12) + (int(row @ weights[:, n]) << 6)
            before = toward_zero(v[n] * 3584, 12) + u[n]
            spike = before > 384 << 6
            v[n], fired = 0 if spike else before, fired + spike
            words = [int(kept.nodes[node][t][n]) for node in ("current", "integrated", "membrane")]
            assert [*words, int(kept.emitted[t][n])] == [u[n], before, v[n], spike]
    assert fired > 10


def test_the_words_on_xylo_are_those_that_its_arithmetic_gives_by_hand(tmp_path: Path) -> None:
    node = cuba(v_leak=np.array([0, 1, 0, 2.0]))
    found, plan = on(tmp_path, network(node), "xylo", asked(compare="ge", reset="subtract"))
    fixed = quantise_graph(found.graph, plan)
    assert found.graph["n"].numbers == {"dash_syn_1": 2, "dash_syn_2": 2, "dash_mem": 3}
    # its current decays before it is taken up: weights are 4/3 of the node's, and 64 is 1
    weights = np.rint(WEIGHT.T * 4 / 3 * 64).astype(int)
    assert fixed.weights["fc"].tolist() == weights.tolist()
    bias, threshold = [0, 8, 0, 16], 3 * 64
    assert fixed.constants["n"]["bias"].tolist() == bias
    kept = trace(fixed, SPIKES.astype(np.int64))["n"]
    i, v, fired = [0] * 4, [0] * 4, 0
    for t, row in enumerate(SPIKES.astype(int)):
        for n in range(4):
            i[n] += int(row @ weights[:, n])
            i[n] -= max(i[n] >> 2, 1) if i[n] > 0 else i[n] >> 2
            v[n] += i[n] + bias[n] - (max(v[n] >> 3, 1) if v[n] > 0 else v[n] >> 3)
            spike = v[n] >= threshold
            v[n], fired = v[n] - threshold * spike, fired + spike
            assert [int(kept.nodes[node][t][n]) for node in ("current_1", "membrane")] == [i[n], v[n]]
            assert int(kept.emitted[t][n]) == spike
    assert fired > 10


CONSTANTS = [
    ("spiker", lif(4), asked(), {"v_th": 16, "v_reset": 0}),  # 16 is 1: with 32 the largest weight leaves 6 bits
    ("hls4ml", lif(4), asked(), {"threshold": 1 << 10, "beta": 3 << 8}),
    ("snntorch", lif(4), asked(), {"threshold": 1 << 6, "beta": 3 << 6}),
    ("sinabs", integrate(), asked(), {"threshold": 2 << 6, "reset_value": 0}),
    ("quantisenc", lif(4), asked(), {"vth": 8, "decay_rate": 4, "grow_rate": 16, "refractory_period": 0}),
]


@pytest.mark.parametrize(("neuron", "node", "rules", "expected"), CONSTANTS)
def test_parameters_become_the_raw_constants_of_a_neuron(
    tmp_path: Path, neuron: str, node: dict[str, Any], rules: Asked, expected: dict[str, int]
) -> None:
    found, plan = on(tmp_path, network(node), neuron, rules)
    held = quantise_graph(found.graph, plan).constants["n"]
    assert {name: set(held[name].reshape(-1).tolist()) for name in expected} == {
        name: {word} for name, word in expected.items()
    }
    assert trace(quantise_graph(found.graph, plan), SPIKES.astype(np.int64))["n"].emitted.any()


DIFFERS = [
    ("loihi", lif(4), asked(compare="ge"), "n: it fires above its threshold, not at it"),
    ("hls4ml", lif(4), asked(), "n: it fires at its threshold too"),
    ("loihi", lif(4), asked(reset="subtract"), "n: a spike resets it to zero, not by subtraction"),
    ("loihi", lif(4), asked(reset_step="next"), "n: it is reset in the step of its spike"),
    ("loihi", cuba(), asked(current="before"), "n: the membrane takes up the current of the same step"),
    (
        "loihi",
        lif(4, tau=np.array([1, 2, 3, 4.0])),
        asked(),
        "n: dv is a word of UQ0.12 (u12): 0.08333333333333337 becomes 0.083251953125",
    ),
    (
        "spiker",
        lif(4, tau=np.full(4, 0.75)),
        asked(),
        "n: the membrane's decay is 1 - 2^-shift: 0.6666666666666667 becomes 0.75",
    ),
    ("quantisenc", lif(4), asked(), "n: it fires in the step after its membrane passed the threshold"),
    ("hls4ml", integrate(), asked(compare="ge", spikes="many"), "n: it spikes once in a step"),
    ("loihi", integrate(), asked(floor="if"), "n: there is no floor under its membrane"),
    ("xylo", cuba(), asked(), "n: a spike resets it by subtraction, not to zero"),
]


@pytest.mark.parametrize(("neuron", "node", "rules", "said"), DIFFERS)
def test_what_a_neuron_does_otherwise_is_told(
    tmp_path: Path, neuron: str, node: dict[str, Any], rules: Asked, said: str
) -> None:
    found, _ = on(tmp_path, network(node), neuron, rules)
    assert said in found.reported.differing


BIAS = np.array([0, 0.5, 0, 0])
REFUSED = [
    ("xylo", network(lif(4)), "node 'n' (LIF): xylo needs a synaptic current, which CubaLIF has and LIF has not"),
    ("hls4ml", network(cuba()), "node 'n' (CubaLIF): hls4ml has no synaptic current, it takes LIF and IF"),
    ("sinabs", network(lif(4)), "node 'n' (LIF): sinabs has no leak, its decay must be 1, not 0.75"),
    ("spiker", network(integrate()), "node 'n' (IF): spiker needs a membrane that leaks, its decay must be below 1"),
    ("spiker", network(lif(4), BIAS), "node 'n' (LIF): spiker has no bias, which must be 0, not 0.5"),
    ("quantisenc", network(lif(4), -BIAS), "node 'n' (LIF): quantisenc has no bias, which must be 0, not -0.5"),
    (
        "spiker",
        network(lif(4, tau=np.array([1, 1, 2, 2]))),
        "node 'n' (LIF): spiker has one shift for all neurons, their decays must be alike, not 0.75 to 0.875",
    ),
    (
        "loihi",
        network(lif(4, v_threshold=np.array([1, -1, 1, 1]))),
        "node 'n' (LIF): v_threshold must be 0 or more for loihi, not -1",
    ),
    (
        "loihi",
        {"in": given(3), "n": {"type": "Threshold", "threshold": np.ones(3)}, "out": output(3)},
        "--neuron loihi must be of a network with a node of IF, LIF, CubaLIF, it has none",
    ),
    ("nobody", network(lif(4)), f"--neuron must be one of {', '.join(CHIPS)}, not 'nobody'"),
]


@pytest.mark.parametrize(("neuron", "nodes", "complaint"), REFUSED)
def test_what_a_neuron_cannot_take_is_refused_in_one_line(
    tmp_path: Path, neuron: str, nodes: Nodes, complaint: str
) -> None:
    with pytest.raises(ConfigError) as told:
        on(tmp_path, nodes, neuron, asked())
    assert str(told.value) == complaint


def test_the_neurons_that_take_nodes_are_those_of_others() -> None:
    assert set(CHIPS) <= set(names())


def test_the_command_writes_a_network_and_its_plan_and_says_what_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    nodes = network(lif(4), BIAS)
    write_nir(Path("net.nir"), nodes, chain(*nodes))
    words = ("import", "net.nir", "--dt", 0.25, "--reset", "subtract", "--neuron", "loihi", "--out", "net.toml")
    said = run(*words)
    assert said.status == 0, said.err
    reset = "n: a spike resets it to zero, not by subtraction"
    assert f"differs: {reset}\n" in said.out
    assert said.out.endswith("net.plan.toml: the words of loihi\n")
    assert f"# differs: {reset}\n" in Path("net.toml").read_text()
    graph = load_graph(Path("net.toml"))
    plan = load_graph_plan(Path("net.plan.toml"), graph)
    fixed = quantise_graph(graph, plan)
    assert fixed.constants["n"]["bias"].tolist() == [0, 4096, 0, 0]
    told = json.loads(run(*words, "--plan", "words.toml", "--json").out)
    assert reset in told["differs"]
    assert told["plan"] == "words.toml"
    assert Path("words.toml").read_bytes() == Path("net.plan.toml").read_bytes()
    before = sorted(path.name for path in tmp_path.iterdir())
    strict = run(*words[:-1], "again.toml", "--from", "lava", "--strict")
    assert (strict.status, strict.out, strict.err.count("\n")) == (1, "", 1)
    assert reset in strict.err
    assert run(*words, "--plan", "net.toml").complaint == "--plan must be a file of its own, not 'net.toml'"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_pools_and_readouts_between_neurons_stay_what_they_are_in_words_of_their_own(tmp_path: Path) -> None:
    pool = {"type": "AvgPool2d", "kernel_size": 3}
    near = {key: value if isinstance(value, str) else value.reshape(1, 1, 2) for key, value in lif(2).items()}
    last = {"type": "LI", "tau": np.ones(2), "r": np.ones(2), "v_leak": np.zeros(2)}
    nodes = {
        "in": given(1, 3, 6),
        "direct": pool,
        "n": near | {"v_threshold": np.full((1, 1, 2), 0.25)},
        "flat": {"type": "Flatten", "start_dim": 1, "end_dim": -1},
        "fc": {"type": "Linear", "weight": np.array([[1, 0.5], [-0.25, 1]])},
        "li": last,
        "out": output(2),
    }
    rules = asked()
    found, plan = on(tmp_path, nodes, "loihi", rules)
    assert [one.text.file for one in found.graph.populations] == ["loihi.neuron", "nir_li.neuron"]
    assert "li: it stays what it is, loihi always fires" in found.reported.differing
    inputs = (RNG.random((30, 18)) < 0.5).astype(np.float64)
    expected = play(nodes, chain(*nodes), inputs.reshape(30, 1, 3, 6), Rules())
    got = float_nodes(found.graph, inputs)
    assert expected["n"].any()
    assert got["n.spike"].tolist() == expected["n"].reshape(30, 2).tolist()
    assert got["li.read"].tolist() == expected["li"].tolist()
    kept = trace(quantise_graph(found.graph, plan), inputs.astype(np.int64))
    assert kept["n"].emitted.any()
