"""`fxsnn export nir` and `nir-data`: NIR says the same network, and with the sidecar every word comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from command_line import run, skip_with_jit
from fxsnn.errors import FxsnnError
from fxsnn.graph.files import load_graph
from fxsnn.graph.plan import load_graph_plan
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.real import float_emitted
from fxsnn.graph.run import golden_nodes
from fxsnn.nir.conventions import Asked
from fxsnn.nir.convert import converted
from fxsnn.nir.hdf5 import parse_nir
from fxsnn.nir.layout import places
from fxsnn.nir.read import read_nir
from fxsnn.nir.sidecar import parse_sidecar
from fxsnn.populations.subject import digest_of_graph

skip_with_jit()

RNG = np.random.default_rng(8)
# every node that NIR has and a network can be: maps and rows of numbers, raw words and real numbers, draws
NETWORK = """
[input]
shape = [6, 5, 2]

[population.edges]
shape = [6, 5, 3]
neuron = "nir_lif"
constants = { decay = [0.5, 0.75, 0.875], threshold = 1.0, bias = [0.125, 0.0, -0.25] }

[population.edges.choices]
leak = "multiply"
drive = "constant"
compare = "ge"
spikes = "one"
reset = "subtract"
reset_step = "same"
bound = "none"

[population.pooled]
shape = [3, 2, 3]
neuron = "relay"

[population.late]
shape = [3, 2, 3]
neuron = "lif"
choices = { leak = "shift", reset = "zero" }
constants = { threshold = "threshold.npy" }
numbers = { leak_shift = 2 }

[population.hidden]
shape = 4
neuron = "nir_cuba_lif"

[population.hidden.choices]
drive = "constant"
pull = "constant"
taken = "same"
compare = "gt"
reset = "value"
reset_step = "same"
bound = "none"

[population.hidden.constants]
current_decay = 0.5
membrane_decay = 0.75
threshold = 1.0
bias = [0.0, 0.5, 0.0, 0.25]
rest = 0.0625
reset_value = -0.25

[population.counted]
shape = 3
neuron = "integrator"
choices = { leak = "none" }

[[projection]]
from = "input"
to = "edges"
kind = "conv"
kernel = 3
padding = 1
weights = "edges.npy"

[[projection]]
from = "edges"
to = "pooled"
kind = "sum"
kernel = 2

[[projection]]
from = "pooled"
to = "late"
kind = "scale"
weights = [0.5, 1.0, 0.25]
delay = 2

[[projection]]
from = "late"
to = "hidden"
weights = "hidden.npy"

[[projection]]
name = "back"
from = "hidden"
to = "hidden"
weights = { raw = [[0, -2, -2, 1], [-2, 0, -2, 1], [-2, -2, 0, 1], [0, 0, 0, 0]] }
delay = 1

[[projection]]
name = "far"
from = "hidden"
to = "hidden"
kind = "identity"
delay = 3

[[projection]]
from = "hidden"
to = "counted"
weights = "out.mem"

[readout]
kind = "node"
node = "membrane"
over = "last"
"""
PLAN = """
[signal]
weight = "Q3.6 stochastic saturate"
"back.weight" = "Q3.2"
"hidden_counted.weight" = "Q1.3"
membrane = "Q7.8 floor saturate"
"hidden.membrane" = "Q7.8 stochastic wrap"
current = "Q7.9 nearest-even saturate-symmetric"
decay = "UQ1.7 zero"
current_decay = "UQ1.7"
membrane_decay = "UQ1.7"
threshold = "UQ4.6"
bias = "Q3.6"
rest = "Q3.6"

[lfsr]
taps = [16, 15, 13, 4]
seed = 12345
"""
# what the .nir of the network leaves open, each asked for; `late` is reset to zero as v_reset says
OPEN = ("--dt", "0.0001", "--decay", "euler", "--gain", "euler", "--compare", "ge", "--reset", "value")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a network and its plan lie, and what is exported of them."""
    place = tmp_path_factory.mktemp("nir")
    (place / "net.toml").write_text(NETWORK)
    (place / "plan.toml").write_text(PLAN)
    np.save(place / "edges.npy", RNG.integers(-60, 99, (3, 3, 2, 3)) / 61)  # no words of any format
    np.save(place / "threshold.npy", RNG.integers(4, 12, (3, 2, 3)) / 4)
    np.save(place / "hidden.npy", RNG.integers(-9, 12, (18, 4)) / 7)
    (place / "out.mem").write_text(" ".join(f"{n & 15:x}" for n in range(12)))
    np.savez(place / "spikes.npz", inputs=RNG.random((2, 6, 6, 5, 2)) < 0.4)
    said = run("export", "nir", place / "net.toml", place / "plan.toml", "--out", place / "net.nir")
    assert said.status == 0, said.err
    assert "edges" in said.out
    return place


@pytest.fixture
def beside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def quantised(network: Path, plan: Path) -> QuantisedGraph:
    graph = load_graph(network)
    return quantise_graph(graph, load_graph_plan(plan, graph))


def test_an_import_with_the_sidecar_gives_back_every_word_and_the_plan(folder: Path) -> None:
    said = run("import", folder / "net.nir", "--out", folder / "again.toml")
    assert said.status == 0, said.err
    assert "nothing is assumed" in said.out
    one, two = (
        quantised(folder / "net.toml", folder / "plan.toml"),
        quantised(folder / "again.toml", folder / "again.plan.toml"),
    )
    assert two.plan == one.plan
    assert {name: words.tolist() for name, words in two.weights.items()} == {
        name: words.tolist() for name, words in one.weights.items()
    }
    assert {name: {key: held.tolist() for key, held in words.items()} for name, words in two.constants.items()} == {
        name: {key: held.tolist() for key, held in words.items()} for name, words in one.constants.items()
    }
    rows = np.load(folder / "spikes.npz")["inputs"][0]
    first, second = golden_nodes(one, rows), golden_nodes(two, rows)
    assert {name: node.words.tolist() for name, node in second.items()} == {
        name: node.words.tolist() for name, node in first.items()
    }
    assert any(node.words.any() for name, node in first.items() if name.startswith("counted"))
    assert repr(two.graph.readout) == repr(one.graph.readout)


def test_an_export_of_what_was_imported_gives_the_same_bytes(folder: Path) -> None:
    assert run("import", folder / "net.nir", "--out", folder / "same.toml").status == 0
    words = (folder / "same.toml", folder / "same.plan.toml", "--out", folder / "same.nir")
    assert run("export", "nir", *words).status == 0
    assert (folder / "same.nir").read_bytes() == (folder / "net.nir").read_bytes()
    assert (folder / "same.fxsnn.json").read_bytes() == (folder / "net.fxsnn.json").read_bytes()
    assert digest_of_graph(load_graph(folder / "same.toml")) == digest_of_graph(
        load_graph(_imported(folder, "same.nir"))
    )


def _imported(folder: Path, name: str) -> Path:
    out = folder / f"of_{name}.toml"
    assert run("import", folder / name, "--out", out).status == 0
    return out


def test_the_nir_file_alone_says_the_same_network_in_real_numbers(folder: Path) -> None:
    """A population is compared in NIR's order of axes, under the conventions that the file leaves open."""
    graph = load_graph(folder / "net.toml")
    rows = np.load(folder / "spikes.npz")["inputs"][:1] * 1.0
    first = next(float_emitted(graph, rows, load_graph_plan(folder / "plan.toml", graph)))
    subtracting = Asked(1e-4, "euler", "euler", "subtract", compare="ge")
    found = converted(read_nir(folder / "net.nir"), subtracting).graph
    second = next(float_emitted(found, rows))
    assert second["edges"].tolist() == first["edges"].tolist()
    assert first["edges"].any()
    kinds = {one.name: one.text.file for one in found.populations}
    assert kinds["hidden"] == "nir_cuba_lif.neuron"
    assert kinds["counted"] == "nir_li.neuron"
    assert {one.name: one.delay for one in found.projections if one.target == "hidden"} == {
        "late_hidden": 0,
        "back": 1,
        "hidden_hidden": 3,
    }


def test_words_are_written_as_the_plan_casts_them(folder: Path) -> None:
    said = run("export", "nir", folder / "net.toml", folder / "plan.toml", "--out", folder / "w.nir", "--words")
    assert said.status == 0, said.err
    network = quantised(folder / "net.toml", folder / "plan.toml")
    with h5py.File(folder / "w.nir") as file:
        weight = file["node/nodes/late_hidden/weight"][()]
        kernel = file["node/nodes/input_edges/weight"][()]
    expected = network.weights["late_hidden"][places((3, 3, 2))].T / 64
    assert weight.tolist() == expected.tolist()
    assert (kernel * 64).tolist() == network.weights["input_edges"].transpose(3, 2, 0, 1).tolist()
    assert run("import", folder / "w.nir", "--out", folder / "w.toml").status == 0
    again = quantised(folder / "w.toml", folder / "w.plan.toml")
    assert again.weights["late_hidden"].tolist() == network.weights["late_hidden"].tolist()
    assert load_graph(folder / "w.toml").projections[0].weights.form == "raw"  # type: ignore[union-attr]


def test_words_beyond_what_a_real_number_holds_stand_in_the_sidecar(tmp_path: Path) -> None:
    most = (1 << 59) + 1
    (tmp_path / "net.toml").write_text(
        '[input]\nshape = 1\n[population.a]\nshape = 1\nneuron = "nir_li"\n'
        'choices = { leak = "none", drive = "none" }\n'
        f'[[projection]]\nfrom = "input"\nto = "a"\nweights = {{ raw = [[{most}]] }}\n'
    )
    (tmp_path / "plan.toml").write_text('[signal]\nweight = "Q61.0"\nmembrane = "Q62.0"\n')
    said = run("export", "nir", tmp_path / "net.toml", tmp_path / "plan.toml", "--out", tmp_path / "net.nir")
    assert said.status == 0, said.err
    assert run("import", tmp_path / "net.nir", "--out", tmp_path / "b.toml").status == 0
    assert quantised(tmp_path / "b.toml", tmp_path / "b.plan.toml").weights["input_a"].tolist() == [[most]]


CHANGES: list[tuple[str, str, str]] = [
    (
        'neuron = "integrator"\nchoices = { leak = "none" }',
        'neuron = "mine.neuron"',
        "population counted: its text must be one of relay, ",
    ),
    (
        'kind = "sum"',
        'kind = "maximum"',
        "projection edges_pooled: in NIR maximum must be a kind that NIR has a node for",
    ),
    (
        "membrane_decay = 0.75",
        "membrane_decay = 1.0",
        "population hidden: membrane_decay must be 0 to below 1 for NIR's tau",
    ),
]


@pytest.mark.parametrize(("old", "new", "told"), CHANGES)
def test_what_nir_has_no_node_for_is_refused_in_one_line_and_nothing_is_written(
    beside: Path, old: str, new: str, told: str
) -> None:
    assert old in NETWORK
    (beside / "mine.neuron").write_text("arriving: input\nspike: output\nspike = arriving > 1\n")
    (beside / "other.toml").write_text(NETWORK.replace(old, new).replace("[readout]", "[readout]\nskip = 0"))
    text = (beside / "other.toml").read_text()
    (beside / "other.toml").write_text(
        text.replace('node = "membrane"\nover = "last"', "").replace('"node"', '"counts"')
    )
    said = run("export", "nir", "other.toml", "plan.toml", "--out", "other.nir")
    assert said.complaint.startswith(told)
    assert not (beside / "other.nir").exists()
    assert not (beside / "other.fxsnn.json").exists()


@pytest.mark.usefixtures("beside")
def test_an_option_that_the_sidecar_answers_is_refused() -> None:
    said = run("import", "net.nir", "--out", "x.toml", "--from", "norse").complaint
    assert said == (
        "--from must not be given with the sidecar 'net.fxsnn.json', which says it; --no-sidecar leaves it aside"
    )
    said = run("import", "net.nir", "--out", "x.toml", "--neuron", "loihi").complaint
    assert said.startswith("--neuron must not be given with the sidecar 'net.fxsnn.json'")
    assert (
        "--plan must be given with a sidecar or --neuron"
        in run("import", "net.nir", "--out", "x.toml", "--no-sidecar", "--plan", "p.toml").complaint
    )
    assert not Path("x.toml").exists()


SPOILS: list[tuple[str, Any, str]] = [
    ("schema", 2, "a NIR file's sidecar must be what fxsnn export nir wrote, of schema 1, not 2: it was written by"),
    ("nir", "0" * 64, "a sidecar must be of its NIR file, whose SHA-256 is 0000"),
    ("dt", 0, "a NIR file's sidecar must be what fxsnn export nir wrote: dt must be above 0, not 0.0"),
    ("more", 1, "a NIR file's sidecar must be what fxsnn export nir wrote: Object contains unknown field `more`"),
    ("network", {}, "a network of populations must have the tables input and population, input and population are"),
    ("plan", {"signal": {}}, "every signal must have a format, edges.membrane"),
    ("neurons", {}, "a NIR file's sidecar must be what fxsnn export nir wrote: the neuron of 'edges' must be"),
]


@pytest.mark.parametrize(("key", "value", "told"), SPOILS, ids=[key for key, *_ in SPOILS])
def test_a_sidecar_that_is_none_is_refused(folder: Path, key: str, value: Any, told: str) -> None:
    held = json.loads((folder / "net.fxsnn.json").read_text())
    data = (folder / "net.nir").read_bytes()
    with pytest.raises(FxsnnError) as caught:
        parse_sidecar(json.dumps(held | {key: value}).encode(), data, parse_nir(data))
    assert str(caught.value).startswith(told)


MUST = "a NIR file's sidecar must be what fxsnn export nir wrote: "
WEIGHTS: list[tuple[Any, str]] = [
    ("hidden.npy", "numbers must stand in it or in the NIR file, not in the file 'hidden.npy'"),
    (
        {"node": "ghost", "kind": "dense", "from": [18], "to": [4]},
        "its NIR file must hold weights of the node 'ghost', it does not",
    ),
    (
        {"node": "late_hidden", "kind": "dense", "from": [17], "to": [4]},
        "weights of 'late_hidden' must be [4, 17], not [4, 18]",
    ),
    (
        {"node": "late_hidden", "kind": "dense", "from": [], "to": [4]},
        "maps must be of 1 to 3 axes of 1 or more, not [] and [4]",
    ),
    (
        {"node": "late_hidden", "kind": "dense", "from": [18], "to": [4], "frac": 2},
        "weights of 'late_hidden' must be words of 2 fractional bits",
    ),
]


@pytest.mark.parametrize(("weights", "told"), WEIGHTS, ids=["file", "node", "shape", "axes", "words"])
def test_a_sidecar_reads_no_other_file_and_no_weights_that_are_not_there(folder: Path, weights: Any, told: str) -> None:
    held = json.loads((folder / "net.fxsnn.json").read_text())
    next(one for one in held["network"]["projection"] if one["name"] == "late_hidden")["weights"] = weights
    data = (folder / "net.nir").read_bytes()
    with pytest.raises(FxsnnError) as caught:
        parse_sidecar(json.dumps(held).encode(), data, parse_nir(data))
    assert str(caught.value) == MUST + told


def test_a_refused_sidecar_is_named_in_one_line_and_nothing_is_written(beside: Path) -> None:
    (beside / "bad.json").write_text("{}")
    said = run("import", "net.nir", "--out", "bad.toml", "--sidecar", "bad.json").complaint
    assert said == "'bad.json': a NIR file's sidecar must be what fxsnn export nir wrote, of schema 1, not None"
    assert not (beside / "bad.toml").exists()


def test_a_golden_set_becomes_data_of_nir_word_by_word(beside: Path) -> None:
    words = ("net.toml", "plan.toml", "--inputs", "spikes.npz", "--images", 2, "--no-directed", "--out", "set")
    assert run("golden", "make", *words).status == 0
    said = run("export", "nir-data", "set", "--out", "trace.nir", "--dt", "0.001")
    assert said.status == 0, said.err
    network = quantised(beside / "net.toml", beside / "plan.toml")
    rows = np.load("spikes.npz")["inputs"]
    kept = [golden_nodes(network, one) for one in rows]
    with h5py.File("trace.nir") as file, h5py.File("net.nir") as graph:
        assert file.attrs["__type__"] == "NIRGraphData"
        assert set(file["nodes"]) <= set(graph["node/nodes"])
        held = file["nodes/edges"]
        assert (held.attrs["__type__"], set(held["observables"])) == (
            "NIRNodeData",
            {"leaked", "integrated", "membrane", "spike"},
        )
        spikes, membrane = held["observables/spike"], held["observables/membrane"]
        assert (spikes.attrs["__type__"], spikes.attrs["dt"], spikes["data"].dtype) == ("TimeGriddedData", 0.001, bool)
        order = places((3, 6, 5))
        expected = np.stack([one["edges.spike"].words[:, order] for one in kept])
        assert spikes["data"][()].astype(int).tolist() == expected.tolist()
        expected = np.stack([one["edges.membrane"].words[:, order] for one in kept])
        assert (membrane["data"][()] * 256).tolist() == expected.tolist()
        assert file["nodes/input/observables/input/data"].shape == (2, 6, 60)
        assert "passed" in file["nodes/edges_pooled/observables"]
