"""Networks built by calls are those that files say, and what is refused leaves them as they were."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import fxsnn
from command_line import long_with_jit, run
from fxsnn.api.building import Network
from fxsnn.errors import UnknownNameError
from fxsnn.graph.files import load_graph
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.saving import save_graph
from fxsnn.graph.writing import whole
from population_sets import POPULATION_SETS

RNG = np.random.default_rng(5)
LIF = fxsnn.lif(threshold=1.0, decay=0.9)
MINE = "current: input\nspike: output\nspike = current > 0\n"


def small() -> Network:
    net = fxsnn.Network(3)
    net.dense(np.full((3, 2), 0.5), LIF)
    return net


@long_with_jit
def test_a_network_built_by_calls_is_the_one_that_its_file_says(tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text(
        """[input]
shape = [4, 4, 2]
format = "UQ2.0"
[population.edges]
shape = [4, 4, 3]
neuron = "lif"
choices = { leak = "shift", reset = "value" }
constants = { threshold = 1.0, reset_value = [0.5, 0.25, 0.0] }
numbers = { leak_shift = 3 }
[population.pooled]
shape = [2, 2, 3]
neuron = "relay"
outer = "neurons"
[population.out]
shape = 2
neuron = "cuba_lif"
choices = { reset = "zero" }
constants = { current_decay = 0.5, membrane_decay = 0.75, threshold = { raw = 9 } }
registers = 7
[[projection]]
from = "input"
to = "edges"
kind = "conv"
kernel = [3, 1]
padding = [1, 0]
weights = "edges.npy"
[[projection]]
from = "edges"
to = "pooled"
kind = "average"
kernel = 2
[[projection]]
name = "on"
from = "pooled"
to = "out"
weights = "on.csv"
signal = "strong"
[[projection]]
from = "out"
to = "out"
kind = "scale"
weights = -0.5
delay = 2
[readout]
kind = "labels"
labels = [1, 0]
skip = 1
"""
    )
    edges, on = RNG.normal(0.3, 0.4, (3, 1, 2, 3)), RNG.normal(0.4, 0.5, (12, 2))
    np.save(tmp_path / "edges.npy", edges)
    (tmp_path / "on.csv").write_text("\n".join(",".join(map(repr, row)) for row in on.tolist()))

    net = fxsnn.Network((4, 4, 2), "UQ2.0")
    seen = fxsnn.lif(threshold=1.0, leak_shift=3, reset="value", reset_value=[0.5, 0.25, 0.0])
    assert net.conv(edges, seen, name="edges", padding=(1, 0)) == "edges"
    assert net.pool("average", 2, outer="neurons") == "pooled"
    slow = fxsnn.cuba_lif(current_decay=0.5, membrane_decay=0.75, threshold=fxsnn.raw(9), reset="zero")
    net.population(slow, 2, name="out", registers=7)
    assert net.connect("pooled", "out", on, name="on", signal="strong") == "on"
    assert net.connect("out", "out", -0.5, kind="scale", delay=2) == "out_out"
    net.read("labels", labels=[1, 0], skip=1)

    plan = fxsnn.Plan({"weight": "Q2.4", "strong": "Q3.3", "membrane": "Q5.8", "current": "Q4.6 stochastic"})
    for name in ("threshold", "current_decay", "membrane_decay"):
        plan[name] = "UQ4.4"
    texts = [
        {**whole(quantise_graph(graph, plan.held())).texts, "net.toml": repr(graph.stages)}
        for graph in (load_graph(tmp_path / "net.toml"), net.graph)
    ]
    assert texts[0] == texts[1]
    shown = RNG.integers(0, 4, (2, 9, 4, 4, 2))
    fixed, read = fxsnn.quantise(net, plan), fxsnn.quantise(fxsnn.load(tmp_path / "net.toml"), plan)
    assert fixed.run(shown).said.tolist() == read.run(shown).said.tolist()
    assert {name: words.tolist() for name, words in fixed.words.items()} == {
        name: words.tolist() for name, words in read.words.items()
    }
    assert fixed.memory() == read.memory()
    assert fixed.memory(macro="ramb18")["macro"] == "ramb18"


def equal(a: Graph, b: Graph, folder: Path) -> bool:
    """Say whether two networks have the same files, bit for bit."""
    for name, graph in (("a", a), ("b", b)):
        (folder / name).mkdir()
        save_graph(graph, folder / name / "net.toml")
    held = [{path.name: path.read_bytes() for path in (folder / name).iterdir()} for name in ("a", "b")]
    return held[0] == held[1]


@pytest.mark.parametrize("name", POPULATION_SETS)
def test_a_saved_network_is_read_back_equal(name: str, tmp_path: Path) -> None:
    graph = POPULATION_SETS[name]()[0].graph
    net, again = Network.of(graph), tmp_path / "again.toml"
    net.save(again)
    read = fxsnn.load(again)
    assert equal(graph, read.graph, tmp_path)
    network, inputs = POPULATION_SETS[name]()
    quantised = quantise_graph(read.graph, network.plan)
    assert {key: words.tolist() for key, words in quantised.weights.items()} == {
        key: words.tolist() for key, words in network.weights.items()
    }
    held = fxsnn.Plan(network.plan.signals, lfsr=network.plan.lfsr)
    held.save(tmp_path / "plan.toml")
    assert fxsnn.Plan.load(tmp_path / "plan.toml").held() == network.plan
    assert fxsnn.quantise(read, held).trace(inputs[0]).keys() == fxsnn.Fixed(network).trace(inputs[0]).keys()


def test_texts_words_and_labels_of_ones_own_lie_beside_a_saved_network(tmp_path: Path) -> None:
    net = fxsnn.Network(9)
    net.dense(np.full((9, 9), 0.5), fxsnn.Neuron.parse(MINE), name="a")
    net.dense(np.full((9, 9), 0.25), fxsnn.Neuron.parse(f"# another\n{MINE}"), name="b")
    net.read("labels", labels=np.arange(9))
    (tmp_path / "mine_2.neuron").write_text("what lies here stays")
    net.save(tmp_path / "net.toml")
    there = {path.name for path in tmp_path.iterdir()}
    assert there == {"net.toml", "net.arrays.npz", "mine.neuron", "mine_2.neuron", "mine_3.neuron"}
    assert (tmp_path / "mine_2.neuron").read_text() == "what lies here stays"
    net.save(tmp_path / "net.toml")
    assert {path.name for path in tmp_path.iterdir()} == there
    read = load_graph(tmp_path / "net.toml")
    assert [one.text.source for one in read.populations] == [MINE, f"# another\n{MINE}"]
    assert read.readout.labels is not None
    assert read.readout.labels.tolist() == [*range(9)]


def test_words_of_a_memory_file_are_saved_as_such(tmp_path: Path) -> None:
    (tmp_path / "w.mem").write_text("f\n1\ne\n")
    (tmp_path / "net.toml").write_text(
        '[input]\nshape = 3\n[population.a]\nshape = 1\nneuron = "relay"\n'
        '[[projection]]\nfrom = "input"\nto = "a"\nweights = "w.mem"\n'
    )
    net = fxsnn.load(tmp_path / "net.toml")
    net.save(tmp_path / "other.toml")
    plan = fxsnn.Plan({"weight": "Q4.0"})
    words = fxsnn.quantise(fxsnn.load(tmp_path / "other.toml"), plan).words["input_a.weight"]
    assert words.tolist() == fxsnn.quantise(net, plan).words["input_a.weight"].tolist() == [[-1], [1], [-2]]


def test_names_are_made_where_none_are_given() -> None:
    net = fxsnn.Network((8, 8, 1))
    made = [
        net.conv(np.ones((3, 3, 1, 2)), LIF),
        net.pool("sum", 2),
        net.pool("maximum", 2),
        net.dense(np.ones((2, 1)), LIF),
    ]
    assert made == ["hidden", "pooled", "pooled2", "hidden2"]
    assert [one.name for one in net.graph.projections] == [
        "input_hidden",
        "hidden_pooled",
        "pooled_pooled2",
        "pooled2_hidden2",
    ]


def test_a_layer_follows_what_was_added_last_or_what_is_named() -> None:
    net = fxsnn.Network(3)
    one = net.dense(np.ones((3, 2)), LIF)
    net.dense(np.ones((2, 4)), LIF)
    net.dense(np.ones((2, 5)), LIF, after=one)
    net.dense(np.ones((3, 6)), LIF, after="input", delay=1, signal="late")
    assert [(one.source, one.target, one.delay, one.signal) for one in net.graph.projections] == [
        ("input", "hidden", 0, "weight"),
        ("hidden", "hidden2", 0, "weight"),
        ("hidden", "hidden3", 0, "weight"),
        ("input", "hidden4", 1, "late"),
    ]


def test_constants_that_a_plan_lacks_get_the_bits_that_hold_them() -> None:
    net = small()
    net.dense(np.ones((2, 2)), fxsnn.lif(threshold=[-1.5, 2.0], decay=0.0625))
    plan = net.plan({"hidden.threshold": "UQ1.3"}, weight="Q1.3", membrane="Q6.6")
    assert {name: str(signal.format) for name, signal in plan.items()} == {
        "hidden.threshold": "UQ1.3",
        "weight": "Q1.3",
        "membrane": "Q6.6",
        "decay": "UQ0.8",
        "threshold": "Q3.8",
    }
    same = fxsnn.lif(threshold=1.0, reset="value", reset_value=9.0)  # whose signal is a state's
    other = fxsnn.Network(1)
    other.dense([[1.0]], same)
    assert [*other.plan(weight="Q1.3")] == ["weight", "threshold"]
    other.dense([[1.0]], fxsnn.lif(threshold=fxsnn.raw(3)), name="words")
    assert [*other.plan({"hidden.threshold": "UQ1.0"}, weight="Q1.3")] == ["hidden.threshold", "weight"]


def test_a_plan_is_a_mapping_of_signals() -> None:
    plan = fxsnn.Plan({"weight": "Q1.3"}, lfsr=fxsnn.Lfsr((7, 6), 5))
    plan["membrane"] = fxsnn.Format.parse("Q4.4")
    assert repr(plan) == "Plan({'weight': 'Q1.3 nearest-even saturate', 'membrane': 'Q4.4 nearest-even saturate'})"
    del plan["weight"]
    assert ([*plan], len(plan), plan.lfsr.taps) == (["membrane"], 1, (7, 6))
    with pytest.raises(UnknownNameError, match="^a signal must be one of membrane, not 'weight'$"):
        del plan["weight"]
    assert plan.get("weight") is None


def test_a_neuron_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "own.neuron"
    file.write_text(MINE)
    assert fxsnn.Neuron.load(str(file)).text.source == MINE
    assert fxsnn.Neuron.load("izhikevich", dt=0.5).constants["dt"].values.tolist() == 0.5


@long_with_jit
def test_words_of_a_golden_set_are_there_by_node_and_step(tmp_path: Path) -> None:
    network, inputs = POPULATION_SETS["recurrent"]()
    fixed = fxsnn.Fixed(network)
    manifest = fixed.golden(tmp_path / "set", inputs[:2] != 0, formats=["coe"])
    golden = fxsnn.load_golden(tmp_path / "set")
    assert [*golden] == [entry["name"] for entry in manifest["files"]]
    for n in range(2):
        nodes = fixed.trace(inputs[n])
        for name in nodes:
            steps = slice(25 * n, 25 * n + 25)
            assert golden[name][steps].tolist() == nodes[name].tolist()
            assert golden.formats[name] == nodes.formats[name] == fixed.formats[name]
    assert golden.real("around.membrane")[3].tolist() == (golden["around.membrane"][3] / 8).tolist()
    assert run("golden", "check", tmp_path / "set").status == 0
    said = re.escape(f"a name must be one of {', '.join(golden)}, not 'around'")
    with pytest.raises(UnknownNameError, match=f"^{said}$"):
        golden["around"]
    (tmp_path / "set" / "around.membrane.mem").write_bytes(
        (tmp_path / "set" / "around.membrane.mem").read_bytes().replace(b"0", b"1")
    )
    with pytest.raises(fxsnn.FxsnnError, match=r"around\.membrane\.mem"):
        fxsnn.load_golden(tmp_path / "set")


def test_a_node_under_each_has_no_draws_of_one_step() -> None:
    network, inputs = POPULATION_SETS["competitive"]()
    nodes = fxsnn.Fixed(network).trace(inputs[0])
    assert {name for name in nodes if name not in fxsnn.Fixed(network).formats} == set()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda _: fxsnn.Network(0),
            "the shape of input must be a number of 1 or more or [rows, columns, channels], not 0",
        ),
        (
            lambda _: fxsnn.Network(7.0),  # type: ignore[arg-type]
            "the shape of input must be a number of 1 or more or [rows, columns, channels], not 7.0",
        ),
        (lambda _: fxsnn.Network(3, "Q"), "a format must read like Q2.6 (signed) or UQ0.8 (unsigned), not 'Q'"),
        (lambda net: net.dense([1.0], LIF), "weights of a dense projection must be [sources, neurons], not [1]"),
        (lambda net: net.dense([[1.0], [1.0, 2.0]], LIF), "weights: numbers must be in lists of equal lengths"),
        (lambda net: net.dense([["a"]], LIF), "weights: numbers must be real, not <U1"),
        (lambda net: net.dense([[np.nan]], LIF), "weights: every number must be finite, not nan"),
        (lambda net: net.dense(np.ones((9, 2)), LIF), "weights of hidden_hidden2 must be [2, 2], not [9, 2]"),
        (lambda net: net.dense(np.ones((2, 2)), LIF, after="x"), "a population must be one of input, hidden, not 'x'"),
        (
            lambda net: net.dense(np.ones((2, 2)), LIF, name="hidden"),
            "a population must have a name of its own, 'hidden' is there",
        ),
        (
            lambda net: net.dense(np.ones((2, 2)), LIF, delay=-1),
            "projection hidden_hidden2: delay must be 0 to 65536 steps, not -1",
        ),
        (
            lambda net: net.dense(np.ones((2, 2)), "lif"),
            "a neuron must be one of fxsnn.lif(...) or fxsnn.Neuron.parse(...), not 'lif'",
        ),
        (
            lambda net: net.dense(np.ones((2, 3)), fxsnn.lif(threshold=[1.0, 2.0])),
            "constant threshold of hidden2 must be one number or [3], not [2]",
        ),
        (
            lambda net: net.dense(np.ones((2, 3)), fxsnn.Neuron.load("relay"), outer="rows"),
            "population hidden2: outer must be inputs or neurons, not 'rows'",
        ),
        (
            lambda net: net.dense(np.ones((2, 3)), fxsnn.lif(threshold=1.0, leak_shift=2.5)),  # type: ignore[arg-type]
            "population hidden2: the number leak_shift must be an integer, not 2.5",
        ),
        (
            lambda net: net.pool("sum", (1, 2, 3), after="input"),
            "kernel, stride and padding must be a whole number or (down, across), not (1, 2, 3)",
        ),
        (
            lambda net: net.connect("input", "hidden", np.ones((3, 2)), kind="conv", stride=1.5),
            "kernel, stride and padding must be a whole number or (down, across), not 1.5",
        ),
        (
            lambda net: net.dense(np.ones((2, 2)), LIF, delay=1.5),
            "projection hidden_hidden2: delay must be 0 to 65536 steps, not 1.5",
        ),
        (
            lambda net: net.conv(np.ones((2, 3)), LIF),
            "weights of a convolution must be [rows, columns, channels of a group, output channels], not [2, 3]",
        ),
        (
            lambda net: net.conv(np.ones((2, 2, 1, 1)), LIF),
            "conv must be of a map [rows, columns, channels], not of [2]",
        ),
        (lambda net: net.pool("average", 2), "average must be of a map [rows, columns, channels], not of [2]"),
        (lambda net: net.connect("hidden", "input"), "a population must be one of hidden, not 'input'"),
        (
            lambda net: net.connect("hidden", "hidden", np.ones((2, 2)), input="gate", delay=1),
            "projection hidden_hidden: input must be one of current of hidden, not 'gate'",
        ),
        (lambda net: net.read("labels", labels=[0.5, 1]), "readout: labels must be whole numbers, not float64"),
        (
            lambda net: net.read("counted"),
            "readout: kind must be one of none, counts, labels, node, first, not 'counted'",
        ),
        (lambda net: net.plan(weight="Q1.3 up"), "signal 'weight': rounding must be one of"),
        (lambda net: net.plan(weight=5), "signal 'weight' must be a text or a table of format, rounding, overflow: "),
        (
            lambda net: net.save("net.tml"),
            "a network's file must be a file ending in .toml, without a colon in its name, not 'net.tml'",
        ),
        (lambda _: fxsnn.lif(threshold=1.0, reset="none"), "lif.neuron: reset must be zero, value, subtract, not none"),
        (lambda _: fxsnn.Neuron.load("lif2"), "a neuron must be one of competitive, cuba_lif, "),
        (
            lambda _: fxsnn.Neuron.load("own.neuron"),
            "a neuron's text must be a file that can be read, not 'own.neuron'",
        ),
        (
            lambda _: fxsnn.Neuron.parse(5),  # type: ignore[arg-type]
            "a neuron's text must be a string, not int",
        ),
        (lambda _: fxsnn.Neuron.parse("spike = 1"), "mine.neuron:"),
        (lambda _: fxsnn.Neuron.load("lif", beta=0.9), "lif.neuron: a value must be of leak, reset, "),
        (lambda _: fxsnn.Neuron.parse(MINE, speed=3), "mine.neuron: a value must be of nothing, not 'speed'"),
        (
            lambda _: fxsnn.quantise(fxsnn.Network(3), fxsnn.Plan()),
            "a network must have one population or more, not none",
        ),
        (
            lambda net: fxsnn.quantise(net, fxsnn.Plan({"weight": "Q1.3", "other.membrane": "Q1.3"})),
            "a signal must be one of hidden.membrane, hidden.threshold, hidden.decay, input_hidden.weight, not ",
        ),
        (
            lambda net: fxsnn.quantise(net, fxsnn.Plan({"weight": "Q1.3", "weights": "Q1.3"})),
            "a signal must be one of membrane, threshold, decay, weight, not 'weights'",
        ),
        (lambda _: fxsnn.load("nothing.toml"), "a network must be a file that can be read, not 'nothing.toml'"),
        (lambda _: fxsnn.Plan.load("nothing.toml"), "a plan must be a file that can be read, not 'nothing.toml'"),
        (lambda _: fxsnn.load_golden("nothing"), "a golden set's manifest.json must be a file that can be read, not "),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_the_network_stays(
    call: Callable[[Network], object], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    net = small()
    with pytest.raises(fxsnn.FxsnnError, match=f"^{re.escape(said)}"):
        call(net)
    assert ([one.name for one in net.graph.populations], len(net.graph.projections)) == (["hidden"], 1)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda fixed: fixed.run(np.zeros((1, 5, 4), int)), "inputs must be [inputs, steps, 3], not [1, 5, 4]"),
        (
            lambda fixed: fixed.run(np.full((1, 5, 3), 0.5)),
            "inputs[0, 0, 0] must be a word of UQ1.0 (u1), 0 to 1, not 0.5",
        ),
        (lambda fixed: fixed.run([[0, 1], [0]]), "inputs must be an array, not lists of unequal lengths"),
        (lambda fixed: fixed.trace(np.full((5, 3), 2)), "inputs[0, 0, 0] must be a word of UQ1.0 (u1), 0 to 1, not 2"),
        (lambda fixed: fixed.memory(macro="bram"), "macro must be one of sram-32x1024, ramb18, not 'bram'"),
        (lambda fixed: fixed.golden("set", np.zeros((0, 5, 3), int)), "inputs must be one or more, not none"),
        (
            lambda fixed: fixed.golden("set", np.full((1, 5, 3), 2)),
            "inputs[0, 0, 0] must be a word of UQ1.0 (u1), 0 to 1, not 2",
        ),
    ],
)
def test_what_a_network_cannot_be_shown_is_refused(
    call: Callable[[fxsnn.Fixed], object], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    net = small()
    fixed = fxsnn.quantise(net, net.plan(weight="Q1.3", membrane="Q6.6"))
    with pytest.raises(fxsnn.FxsnnError, match=f"^{re.escape(said)}$"):
        call(fixed)
    assert not [*tmp_path.iterdir()]


def test_a_plan_of_a_file_holds_for_a_network_of_calls(tmp_path: Path) -> None:
    text = '[signal]\nweight = "Q1.3"\nmembrane = "Q6.6 floor"\n[lfsr]\ntaps = [7, 6]\nseed = 3\n'
    (tmp_path / "plan.toml").write_text(text)
    plan = fxsnn.Plan.load(tmp_path / "plan.toml")
    assert plan.held() == parse_graph_plan(text)
