"""Golden vectors of layered networks: written, read, checked, compared with dumps; and files that are not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from command_line import run
from fxsnn.errors import ConfigError, FileError, WidthError
from fxsnn.golden.bundle import LayersBundle, read_bundle
from fxsnn.golden.check import check_bundle
from fxsnn.golden.layers_make import make_layers_bundle
from fxsnn.golden.memfile import digest
from fxsnn.layered.quantise import QuantisedLayers
from layered_networks import cells, committed, frames_for, quantised_layers
from reference_layered import run_layers

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
SET = GOLDEN / "layers_by_chance"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    shutil.copytree(SET, tmp_path / "set")
    return tmp_path / "set"


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_committed_set_is_what_is_written_now(tmp_path: Path) -> None:
    make_layers_bundle(tmp_path / "set", *committed())
    written = files_in(tmp_path / "set")
    held = files_in(SET)
    assert written == held


def test_the_committed_set_reaches_what_there_is() -> None:
    manifest = json.loads((SET / "manifest.json").read_bytes())
    assert manifest["schema"] == "layers 1"
    assert min(manifest["counts"]["spikes_by_layer"][:2]) > 10
    assert all(counts["inexact"] for counts in manifest["counts"]["casts"].values() if counts["casts"] > 100)
    assert {"layer0_trace", "layer1_synapse", "layer0_refractory"} <= set(manifest["lfsr"]["seeds"])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers(), st.data())
def test_any_network_s_bundle_agrees_until_a_word_is_flipped(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedLayers, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("golden") / "set"
    frames = frames_for(network, 2, data.draw(st.integers(0, 1000)))
    try:
        make_layers_bundle(folder, network, frames)
    except (WidthError, ConfigError):
        reject()
    assert check_bundle(folder).findings == ()
    path = data.draw(st.sampled_from(sorted(folder.glob("layer*.mem"))))
    entry = next(f for f in json.loads((folder / "manifest.json").read_bytes())["files"] if f["file"] == path.name)
    lines = path.read_text().splitlines()
    line = data.draw(st.integers(3, len(lines) - 1))
    lines[line] = (
        f"{int(lines[line], 16) ^ (1 << data.draw(st.integers(0, entry['line_bits'] - 1))):0{len(lines[line])}x}"
    )
    path.write_text("\n".join(lines) + "\n")
    try:
        findings: tuple[str, ...] = check_bundle(folder).findings
    except FileError as error:
        findings = (str(error),)
    assert any(path.name in finding for finding in findings)


def test_the_files_hold_what_the_slow_reference_computes() -> None:
    network, frames = committed()
    held = read_bundle(SET)
    assert isinstance(held, LayersBundle)
    for n, recording in enumerate(frames):
        expected = run_layers(network, [cells(frame) for frame in recording])
        rows = slice(n * len(recording), (n + 1) * len(recording))
        for number in range(len(network.layers)):
            for name, words in expected.nodes[number].items():
                assert held.words[f"layer{number}_{name}"][rows].reshape(len(recording), -1).tolist() == words
        assert held.words["answer"][n].tolist() == expected.scores


def test_spikes_are_where_membranes_are_above_0() -> None:
    held = read_bundle(SET)
    for number in range(3):
        assert (held.words[f"layer{number}_spike"] == (held.words[f"layer{number}_membrane"] > 0)).all()
    maps = held.words["layer0_spike"][:, :4, :6].reshape(-1, 2, 2, 3, 2, 3)
    assert (held.words["layer0_output"] == maps.max(axis=(2, 4))).all()


def altered(folder: Path, name: str, word: int, text: str) -> None:
    """Change a word of a file."""
    path = folder / f"{name}.mem"
    lines = path.read_text().splitlines()
    lines[3 + word] = text
    path.write_text("\n".join(lines) + "\n")


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


def test_a_dump_is_compared(bundle: Path, tmp_path: Path) -> None:
    dump = tmp_path / "layer0_refractory.mem"
    shutil.copy(SET / dump.name, dump)
    said = run("golden", "diff", bundle, dump)
    assert (said.status, said.out) == (0, "all 1,440 words match\n")
    lines = dump.read_text().splitlines()
    word = next(n for n in range(300, 720) if int(lines[3 + n], 16))
    lines[3 + word] = "0" * len(lines[3])
    dump.write_text("\n".join(lines) + "\n")
    said = run("golden", "diff", bundle, dump)
    assert said.status == 1
    step, neuron = divmod(word, 90)
    assert said.out.startswith(f"first     layer0_refractory, presentation 0, step {step}, neuron {neuron}\n")


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


def test_no_recording_gives_no_bundle(tmp_path: Path) -> None:
    network, frames = committed()
    with pytest.raises(ConfigError, match="^golden vectors must be of one or more recordings, not none$"):
        make_layers_bundle(tmp_path / "set", network, frames[:0])
    assert list(tmp_path.iterdir()) == []


def test_other_formats_are_written_on_request(tmp_path: Path) -> None:
    network, frames = committed()
    make_layers_bundle(tmp_path / "set", network, frames[:1], kinds=["npz", "coe"])
    with np.load(tmp_path / "set" / "npz" / "vectors.npz") as held:
        assert held["layer0_weights"].tolist() == network.layers[0].weights.tolist()
    assert (tmp_path / "set" / "coe" / "layer2_biases.coe").exists()
    assert check_bundle(tmp_path / "set").findings == ()


def test_the_page_says_what_a_step_is() -> None:
    page = (SET / "README.md").read_text()
    assert "1. P = cast(P * layer0_trace_factor + Q), with the Q of the step before (UQ" in page
    assert "layer0_refractory_step * S), with the spike S of the step before" in page
    assert "- `layer0_trace`: 0x" in page
