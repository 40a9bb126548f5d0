"""Golden sets of layers as former versions wrote them: read, checked and compared as sets of populations."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from command_line import long_but, long_with_jit, needs_jit, once, run
from decolle_networks import LAYERED_SETS, cells
from fxsnn.errors import FileError
from fxsnn.golden.bundle import read_bundle
from fxsnn.golden.check import check_bundle
from fxsnn.golden.diff import diff
from fxsnn.golden.dump import dumped, nodes_of, pattern_word
from fxsnn.golden.memfile import digest
from fxsnn.golden.populations import graph_words, respond
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.graph.quantise import quantise_graph
from fxsnn.number.modes import Rounding
from reference_decolle import run_layers
from simulate import compared, needs_icarus, simulate

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
SET = GOLDEN / "layers_by_chance"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    shutil.copytree(SET, tmp_path / "set")
    return tmp_path / "set"


def opened(name: str) -> tuple[GraphBundle, dict[str, NDArray[np.int64]]]:
    """Return a set and its words, by the names of its files."""
    held = read_bundle(GOLDEN / name)
    assert isinstance(held, GraphBundle)
    return held, {vector.stem: held.words[vector.name] for vector in held.vectors}


@long_with_jit
@pytest.mark.parametrize("name", LAYERED_SETS)
def test_the_committed_sets_agree_with_populations(name: str) -> None:
    assert json.loads((GOLDEN / name / "manifest.json").read_bytes())["schema"] == "layers 1"
    checked = check_bundle(GOLDEN / name)
    assert checked.findings == ()
    assert checked.words > 16_000


@pytest.mark.long
@needs_icarus
@once
@pytest.mark.parametrize("name", long_but(1, *LAYERED_SETS))
def test_their_own_rtl_plays_them(name: str) -> None:
    said = simulate(GOLDEN / name)
    assert (said.returncode, said.stdout) == (0, f"PASS {compared(GOLDEN / name)} words\n")


@pytest.mark.parametrize("name", LAYERED_SETS)
def test_the_files_hold_what_the_slow_reference_computes(name: str) -> None:
    network, frames = LAYERED_SETS[name]()
    held, words = opened(name)
    steps, shape = network.description.steps, network.description.inputs(0)
    shown = held.stimuli.words.reshape(-1, steps, *shape)
    assert (shown[: len(frames)] == frames).all()
    for n, recording in enumerate(shown):
        expected = run_layers(network, [cells(frame) for frame in recording])
        rows = slice(n * steps, (n + 1) * steps)
        for number in range(len(network.plan.layers)):
            for node, right in expected.nodes[number].items():
                assert words[f"layer{number}_{node}"][rows].reshape(steps, -1).tolist() == right
        assert words["answer"][n].tolist() == expected.scores


@pytest.mark.long
@needs_jit
@pytest.mark.parametrize("name", LAYERED_SETS)
def test_a_set_s_own_nodes_match(name: str) -> None:
    nodes = list(nodes_of(opened(name)[0]).values())
    said = run("golden", "diff", GOLDEN / name, *(GOLDEN / name / node.file for node in nodes))
    words = sum(int(np.prod(node.shape)) for node in nodes)
    assert (said.status, said.err, said.out) == (0, "", f"all {words:,} words match\n")


@pytest.mark.long
@needs_jit
def test_a_mistake_of_a_layer_is_named_by_the_line_of_its_neuron() -> None:
    network = LAYERED_SETS["layers_in_currents"]()[0]
    held = opened("layers_in_currents")[0]
    graph, name = network.graph, "layer_0.trace"
    floored = {**graph.plan.signals, name: replace(graph.plan.signals[name], rounding=Rounding.FLOOR)}
    wrong = quantise_graph(graph.graph, replace(graph.plan, signals=floored))
    words = graph_words(wrong, held.stimuli, respond(wrong, held.stimuli))
    dumps = []
    for node in (nodes_of(held)[name] for name in ("layer0_trace", "layer0_spike", "layer1_sum")):
        mask, bits = (1 << node.bits) - 1, node.bits
        patterns = [pattern_word(int(w) & mask, bits, node, node.stem) for w in words[node.name].reshape(-1)]
        dumps.append(dumped(node, patterns, node.stem))
    found = diff(held, dumps)
    assert found.difference is not None
    assert found.difference.node == "layer0_trace"
    assert any(cause.startswith("layer_0") and "floor" in cause for cause in found.causes), found.causes


def altered(folder: Path, name: str, word: int, text: str) -> None:
    """Change a word of a file."""
    path = folder / f"{name}.mem"
    lines = path.read_text().splitlines()
    lines[3 + word] = text
    path.write_text("\n".join(lines) + "\n")


@long_with_jit
def test_a_wrong_word_is_named_by_its_place(bundle: Path) -> None:
    altered(bundle, "layer0_trace", 2 * 60 + 14, "3f")
    said = run("golden", "check", bundle)
    assert said.status == 1
    assert said.out.startswith(
        "layer0_trace.mem word 134, presentation 0, step 2, row 1, column 1, channel 0: expected "
    )
    said = run("golden", "check", SET)
    assert said.status == 0
    assert " words in " in said.out


@pytest.mark.long
@needs_jit
def test_a_dump_is_compared(bundle: Path, tmp_path: Path) -> None:
    dump = tmp_path / "layer0_refractory.mem"
    shutil.copy(SET / dump.name, dump)
    said = run("golden", "diff", bundle, dump)
    assert (said.status, said.out) == (0, "all 5,040 words match\n")
    lines = dump.read_text().splitlines()
    word = next(n for n in range(300, 720) if int(lines[3 + n], 16))
    lines[3 + word] = "0" * len(lines[3])
    dump.write_text("\n".join(lines) + "\n")
    said = run("golden", "diff", bundle, dump)
    assert said.status == 1
    step, neuron = divmod(word, 90)
    assert said.out.startswith(f"first     layer0_refractory, presentation 0, step {step}, neuron {neuron}\n")


def test_answers_are_told_after_the_nodes_that_they_follow_from(bundle: Path) -> None:
    altered(bundle, "layer0_weights", 1, "1f")
    findings = check_bundle(bundle).findings
    assert findings[0].startswith("layer0_sum.mem word 112, presentation 0, step 1, ")
    assert any(finding.startswith("answer.mem word ") for finding in findings)


@pytest.mark.parametrize("name", ["rtl/fxsnn_conv.sv", "rtl/fxsnn_layers.sv", "run.sh"])
def test_a_file_beside_the_words_that_was_altered_is_refused(bundle: Path, name: str) -> None:
    (bundle / name).write_bytes((bundle / name).read_bytes() + b"\n")
    with pytest.raises(FileError, match=f"^{name} is not the file that the manifest describes: its sha256 is "):
        check_bundle(bundle)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda m: m["configuration"].update(recordings=0), "recordings must be 1 or more, not 0"),
        (lambda m: m["configuration"].update(recordings=1 << 24), "a file must be of at most 268435456 words"),
        (lambda m: m["configuration"]["plan"]["layer"].pop(), "a plan must be of 3 layers, not 2"),
        (lambda m: m["configuration"]["description"].update(steps=0), "Expected `int` >= 1"),
        (lambda m: m["configuration"].update(images=3), "Object contains unknown field `images`"),
        (lambda m: m["files"].pop(), "manifest.json must state answer as "),
        (lambda m: m["files"][0].update(shape=[1]), "manifest.json must state layer0_weights as "),
        (lambda m: m.update(schema="layers 2"), "manifest.json must be of schema 1 to 2, not 'layers 2'"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused(bundle: Path, wrong: Any, message: str) -> None:
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_bytes())
    wrong(manifest)
    path.write_text(json.dumps(manifest))
    said = run("golden", "check", bundle)
    assert said.status == 2
    assert message in said.complaint


def test_inputs_that_cannot_be_are_refused(bundle: Path) -> None:
    altered(bundle, "begin", 1, "1")
    with pytest.raises(FileError, match=r"^begin\.mem .*was altered"):
        read_bundle(bundle)
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_bytes())
    entry = next(entry for entry in manifest["files"] if entry["name"] == "begin")
    entry["sha256"] = digest((bundle / "begin.mem").read_bytes())
    path.write_text(json.dumps(manifest))
    with pytest.raises(FileError, match=r"^begin\.mem word 1 must be 0, as the manifest's steps say$"):
        read_bundle(bundle)
