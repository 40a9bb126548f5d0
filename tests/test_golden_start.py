"""Golden sets whose inputs begin with given states: files, checks, causes, the RTL and its benches."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from command_line import long_but, skip_with_jit
from command_line import run as command
from fxsnn import load_golden
from fxsnn.api.fixed import Fixed
from fxsnn.errors import OverflowDetectedError
from fxsnn.golden.bundle import read_bundle
from fxsnn.golden.check import check_bundle
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.real import float_run
from fxsnn.graph.run import run, trace
from fxsnn.graph.starting import start_forms, start_of
from fxsnn.number.cast import to_float
from population_sets import POPULATION_SETS, committed
from populations_drawn import drawn_networks, inputs_for, start_for
from simulate import compared, needs_icarus, needs_verilator, simulate
from strategies import examples

skip_with_jit()

COMMITTED = Path(__file__).resolve().parent.parent / "golden" / "recurrent_begun"
NAMES = ("unseen", "competitive", "maps", "recurrent")


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with golden sets of a few steps whose inputs begin with given states."""
    place = tmp_path_factory.mktemp("started")
    for name in NAMES:
        network, inputs = POPULATION_SETS[name]()
        make_graph_bundle(place / name, network, inputs[:2, :5], start=start_for(network, 2, 6))
    return place


@pytest.fixture
def copied(sets: Path, tmp_path: Path) -> Path:
    shutil.copytree(sets / "competitive", tmp_path / "set")
    return tmp_path / "set"


def files_of(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_committed_set_is_made_again_byte_for_byte_and_from_its_own_files(tmp_path: Path) -> None:
    network, inputs, start = committed()
    make_graph_bundle(tmp_path / "set", network, inputs, start=start)
    kept = files_of(COMMITTED)
    assert files_of(tmp_path / "set") == kept
    again = re.search(r"^ {4}(fxsnn golden make .*)$", (COMMITTED / "README.md").read_text(), re.MULTILINE)
    assert again
    words = [str(COMMITTED / one) if (COMMITTED / one).is_file() else one for one in again[1].split()[1:]]
    assert command(*words[:-3], "--out", tmp_path / "again", words[-1]).status == 0
    assert files_of(tmp_path / "again") == kept


@needs_icarus
def test_the_committed_set_is_checked_and_played(tmp_path: Path) -> None:
    words = compared(COMMITTED)
    said = command("golden", "check", COMMITTED, "--json")
    assert (said.status, json.loads(said.out)["findings"]) == (0, [])
    assert simulate(COMMITTED).stdout == f"PASS {words} words\n"
    shutil.copytree(COMMITTED, tmp_path / "set")
    start = tmp_path / "set" / "around.initial.membrane.mem"
    start.write_text(re.sub(r"0c$", "0d", start.read_text(), count=1, flags=re.MULTILINE))
    assert command("golden", "check", tmp_path / "set").status == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_set_holds_what_inputs_begin_with_and_checks(name: str, sets: Path) -> None:
    network, _ = POPULATION_SETS[name]()
    start = start_of(network, start_for(network, 2, 6), 2).words
    bundle = read_bundle(sets / name)
    assert isinstance(bundle, GraphBundle)
    assert json.loads((sets / name / "manifest.json").read_bytes())["configuration"]["start"] == [*start] != []
    files = {vector.name: vector for vector in bundle.vectors if ".initial." in vector.name}
    assert [*files] == [name.replace(".", ".initial.") for name in start]
    assert {vector.role for vector in files.values()} == {"state"}
    for state, words in start.items():
        assert bundle.words[state.replace(".", ".initial.")].reshape(2, -1).tolist() == words.tolist()
        assert bundle.stimuli.start.words[state].tolist() == words.tolist()
    assert check_bundle(sets / name).findings == ()


def test_the_command_makes_the_set_again(sets: Path, tmp_path: Path) -> None:
    old, new = sets / "maps", tmp_path / "again"
    said = command(
        "golden", "make", old / "net.toml", old / "plan.toml", "--inputs", old / "inputs.npz",
        "--start", old / "start.npz", "--no-directed", "--out", new,
    )  # fmt: skip
    assert (said.status, said.err) == (0, "")
    kept = sorted(path.relative_to(old) for path in old.rglob("*") if path.is_file())
    assert kept == sorted(path.relative_to(new) for path in new.rglob("*") if path.is_file())
    assert [path for path in kept if (old / path).read_bytes() != (new / path).read_bytes()] == []
    assert "--inputs inputs.npz --start start.npz --out" in (new / "README.md").read_text()


def test_networks_are_emulated_from_given_states_in_float_and_in_integers(sets: Path) -> None:
    network, inputs = POPULATION_SETS["recurrent"]()
    inputs, start = inputs[:2, :5], start_of(network, start_for(network, 2, 6), 2)
    old = sets / "recurrent"
    words = ("emulate", old / "net.toml", old / "plan.toml", "--inputs", old / "inputs.npz", "--json")
    found = [json.loads(command(*words, *more).out) for more in (("--start", old / "start.npz"), ())]
    for held, begun in zip(found, (start.words, {}), strict=True):
        counts = trace(network, inputs[0], {name: states[0] for name, states in begun.items()})["around"].counts
        assert held["casts"] == {f"around {name}": counts[name] for name in counts}
        reals = {name: to_float(states, start_forms(network)[name]) for name, states in begun.items()}
        classes = float_run(network.graph, inputs.astype(float), network.plan, reals)[1]
        integers = run(network, inputs, start=begun).classes
        assert integers is not None
        assert classes is not None
        assert held["fixed"]["accuracy"] == (integers == classes).mean()
    assert found[0]["casts"] != found[1]["casts"]
    few = json.loads(command(*words, "--start", old / "start.npz", "--images", "1").out)
    assert few["casts"] == found[0]["casts"]
    (said,) = float_run(network.graph, inputs[:1].astype(float), network.plan)[0]
    high = {"around.membrane": np.full((1, 4), 7.0)}
    assert float_run(network.graph, inputs[:1].astype(float), network.plan, high)[0].sum() > said.sum()
    refused = command(*words, "--start", old / "inputs.npz")
    assert refused.complaint.endswith("a state at the start must be one of around.membrane, not 'inputs'")


def test_the_first_inputs_begin_as_the_first_rows_say(sets: Path, tmp_path: Path) -> None:
    old, start = sets / "competitive", np.load(sets / "competitive" / "start.npz")
    said = command(
        "golden", "make", old / "net.toml", old / "plan.toml", "--inputs", old / "inputs.npz",
        "--start", old / "start.npz", "--images", "1", "--no-directed", "--out", tmp_path / "set",
    )  # fmt: skip
    assert said.status == 0
    bundle = read_bundle(tmp_path / "set")
    assert {
        name: bundle.words[name.replace(".", ".initial.")].tolist() for name in start
    } == {name: start[name][:1].tolist() for name in start}  # fmt: skip


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"layer.spike": [0] * 5}, "a state at the start must be one of layer.membrane, layer.refractory, "),
        ({"layer.refractory": [0, 0, 9, 0, 0]}, "layer.refractory at the start[2] must be a word of UQ2.0 (u2), "),
        ({"layer.membrane": [[0] * 5] * 3}, "layer.membrane at the start must be [5] or [2, 5], not [3, 5]\n"),
        (None, "must hold plain arrays of NumPy: "),
    ],
)  # fmt: skip
def test_states_that_cannot_be_are_refused_in_one_line_and_nothing_is_written(
    arrays: dict[str, list[int]] | None, said: str, sets: Path, tmp_path: Path
) -> None:
    if arrays is None:
        (tmp_path / "start.npz").write_bytes(b"PK nothing")
    else:
        np.savez(tmp_path / "start.npz", **arrays)  # type: ignore[arg-type]
    old = sets / "competitive"
    found = command(
        "golden", "make", old / "net.toml", old / "plan.toml", "--inputs", old / "inputs.npz",
        "--start", tmp_path / "start.npz", "--out", tmp_path / "set",
    )  # fmt: skip
    assert found.status == 2
    assert said in found.err
    assert ("plain arrays" in found.err) == (arrays is None)  # words that do not fit are told as such
    assert found.err.count("\n") == 1
    assert not (tmp_path / "set").exists()


def changed(folder: Path, stated: list[str]) -> str:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["configuration"]["start"] = stated
    path.write_text(json.dumps(manifest))
    return command("golden", "check", folder).err


def test_a_manifest_that_names_other_states_is_refused(copied: Path) -> None:
    names = json.loads((copied / "manifest.json").read_bytes())["configuration"]["start"]
    assert "start must name states of layer.membrane, layer.refractory, " in changed(copied, ["layer.spike"])
    assert "start must name states of " in changed(copied, [names[0], names[0]])
    assert "start must name one or more states, or be left out" in changed(copied, [])
    assert "manifest.json must state " in changed(copied, names[:-1])


@pytest.mark.parametrize("file", ["start.npz", "inputs.npz"])
def test_what_a_set_was_made_of_is_held_against_its_words(file: str, copied: Path) -> None:
    held, path = dict(np.load(copied / file)), copied / "manifest.json"
    first = next(iter(held))
    place = tuple([1] + [0] * (held[first].ndim - 1))
    was = int(held[first][place])
    held[first][place] = 1 - (was == 1)
    np.savez(copied / file, **held)
    said = command("golden", "check", copied)
    assert said.status == 2
    assert said.complaint.startswith(f"{file} is not the file that the manifest describes: its sha256 is ")
    manifest = json.loads(path.read_bytes())
    entry = next(one for one in manifest["others"] if one["file"] == file)
    entry["sha256"] = hashlib.sha256((copied / file).read_bytes()).hexdigest()
    path.write_text(json.dumps(manifest))  # as who makes it anew would
    said = command("golden", "check", copied)
    what = f"{file}: {first} of input 1, {'neuron 0' if file == 'start.npz' else 'step 0, word 0'}"
    must = f"must be {was}, as the set's words say, not {held[first][place]}"
    assert (said.status, said.complaint) == (2, f"{what} {must}")


def test_a_dump_that_began_elsewhere_is_explained(tmp_path: Path) -> None:
    network, inputs = POPULATION_SETS["lif_layers"]()
    few, words = inputs[:2, :4], np.array([[9, -40, 3, 60, -7], [1, 50, 0, -8, 30]])
    make_graph_bundle(tmp_path / "set", network, few, start={"one.membrane": words})
    make_graph_bundle(tmp_path / "other", network, few, start={"one.membrane": words * 0})
    right = command("golden", "diff", tmp_path / "set", tmp_path / "set" / "one.membrane.mem")
    assert right.status == 0
    wrong = command("golden", "diff", tmp_path / "set", tmp_path / "other" / "one.membrane.mem")
    assert wrong.status == 1
    assert "one: words that membrane begins with: taken as 0" in wrong.out


@needs_icarus
@pytest.mark.parametrize("name", long_but(1, *NAMES))
def test_the_rtl_begins_with_the_words_given(name: str, sets: Path) -> None:
    said = simulate(sets / name)
    assert (said.returncode, said.stdout, said.stderr) == (0, f"PASS {compared(sets / name)} words\n", "")


@pytest.mark.long
@needs_verilator
def test_verilator_agrees_with_icarus(sets: Path) -> None:
    said = simulate(sets / "recurrent", "verilator")
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.splitlines()[0] == f"PASS {compared(sets / 'recurrent')} words"


@needs_icarus
def test_the_cocotb_bench_loads_the_same_words(sets: Path) -> None:
    words = ["sh", str(sets / "competitive" / "run.sh"), "cocotb"]
    environment = {**os.environ, "PYTHON": sys.executable}
    said = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert (said.returncode, said.stdout) == (0, f"PASS {compared(sets / 'competitive')} words\n"), said.stderr


@needs_icarus
@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    long_but(
        1,
        ("population_layer.sv", "if (state == BEGIN || load_membrane)", "if (state == BEGIN)"),
        ("population_layer.sv", "load_membrane ? load_neuron :", ""),
        ("fxsnn_network.sv", "load_memory == 32'd0", "load_memory == 32'd7"),
        (
            "fxsnn_nodes.svh",
            "layer_initial_membrane[presentation*5+k]",
            "layer_initial_membrane[presentation*5+(k^1)%5]",
        ),
    ),
)
def test_a_word_that_begins_otherwise_in_the_rtl_is_found(file: str, right: str, wrong: str, copied: Path) -> None:
    path = copied / "rtl" / file
    text = path.read_text()
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong))
    said = simulate(copied)
    assert said.returncode == 1
    assert re.match(r"FAIL layer\.[\w.]+\.mem presentation \d step 0 neuron \d \(word \d+\): ", said.stdout), (
        said.stdout
    )


@needs_icarus
@settings(max_examples=examples(4), deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn_networks(), st.integers(0, 1000))
def test_emulator_check_and_rtl_agree_for_any_texts_that_begin_anywhere(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedGraph, seed: int
) -> None:
    folder, inputs = tmp_path_factory.mktemp("any") / "set", inputs_for(network, seed)
    try:
        make_graph_bundle(folder, network, inputs, start=start_for(network, len(inputs), seed))
    except OverflowDetectedError:
        reject()
    assert check_bundle(folder).findings == ()
    said = simulate(folder)
    assert (said.returncode, said.stdout) == (0, f"PASS {compared(folder)} words\n"), said.stdout + said.stderr


def test_calls_of_python_begin_with_the_words_given(tmp_path: Path) -> None:
    network, inputs = POPULATION_SETS["lif_layers"]()
    fixed, few, start = Fixed(network), inputs[:1, :4], {"one.membrane": [9, -40, 3, 60, -7]}
    nodes, state = fixed.trace(few[0], start=start), fixed.start(start)
    assert state["one.membrane"].tolist() == start["one.membrane"]
    for row in few[0]:
        state.step(row)
    assert state["one.membrane"].tolist() == nodes["one.membrane"][3].tolist()
    assert nodes["one.membrane"].tolist() != fixed.trace(few[0])["one.membrane"].tolist()
    fixed.golden(tmp_path / "set", few, start=start)
    assert load_golden(tmp_path / "set")["one.membrane"].tolist() == nodes["one.membrane"].tolist()
    assert fixed.run(few, start=start).said.tolist() == nodes["three.spike"].sum(axis=0, keepdims=True).tolist()
