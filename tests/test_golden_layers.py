"""Golden vectors of layered networks: written, read, checked, compared with dumps; and files that are not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from command_line import needs_jit, run
from fxsnn.errors import ConfigError, FileError, WidthError
from fxsnn.golden.bundle import LayersBundle, read_bundle
from fxsnn.golden.check import check_bundle
from fxsnn.golden.layers import Shown, layers_layout, layers_words
from fxsnn.golden.layers_corners import layers_coverage
from fxsnn.golden.layers_directed import directed_frames
from fxsnn.golden.layers_make import make_layers_bundle
from fxsnn.golden.layers_reach import layers_impossible
from fxsnn.golden.make import unreached
from fxsnn.golden.memfile import digest
from fxsnn.layered.emulate import LayeredTrace
from fxsnn.layered.quantise import CASTS, QuantisedLayers
from fxsnn.modes import Overflow, Rounding
from layered_networks import LAYERED_SETS, cells, committed, frames_for, quantised_layers
from reference_layered import run_layers

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
SET = GOLDEN / "layers_by_chance"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    shutil.copytree(SET, tmp_path / "set")
    return tmp_path / "set"


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", LAYERED_SETS)
def test_the_committed_sets_are_what_is_written_now(name: str, tmp_path: Path) -> None:
    make_layers_bundle(tmp_path / "set", *LAYERED_SETS[name]())
    written = files_in(tmp_path / "set")
    held = files_in(GOLDEN / name)
    assert written == held


def test_the_committed_set_reaches_what_there_is() -> None:
    manifest = json.loads((SET / "manifest.json").read_bytes())
    assert manifest["schema"] == "layers 1"
    assert min(manifest["counts"]["spikes_by_layer"][:2]) > 10
    casts = manifest["counts"]["casts"]
    assert all(counts["inexact"] for site, counts in casts.items() if site != "layer 2 refractory")  # it never spikes
    assert {"layer0_trace", "layer1_synapse", "layer0_refractory"} <= set(manifest["lfsr"]["seeds"])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers(), st.data())
def test_any_network_s_bundle_agrees_until_a_word_is_flipped(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedLayers, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("golden") / "set"
    frames = frames_for(network, 2, data.draw(st.integers(0, 1000)))
    try:
        make_layers_bundle(folder, network, frames, aimed=False)
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


@pytest.mark.parametrize("name", LAYERED_SETS)
def test_the_files_hold_what_the_slow_reference_computes(name: str) -> None:
    network, frames = LAYERED_SETS[name]()
    held = read_bundle(GOLDEN / name)
    assert isinstance(held, LayersBundle)
    assert (held.stimuli.frames[: len(frames)] == frames).all()
    for n, recording in enumerate(held.stimuli.frames):
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


def covered(network: QuantisedLayers, frames: NDArray[np.uint16]) -> tuple[dict[str, int], list[LayeredTrace]]:
    shown = Shown.of(frames)
    words, traces = layers_words(network, shown)
    return {name: corner.count for name, corner in layers_coverage(network, shown, words).items()}, traces


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers(), st.integers(0, 1000))
def test_corners_agree_with_what_the_kernels_count_and_none_is_wrongly_said_to_be_out_of_reach(
    network: QuantisedLayers, seed: int
) -> None:
    try:
        layers_layout(network, 2)
        counts, traces = covered(network, frames_for(network, 2, seed))
    except (WidthError, ConfigError):
        reject()
    cannot = layers_impossible(network)
    assert {name for name, count in counts.items() if count} & cannot.keys() == set()
    for number, layer in enumerate(network.layers):
        for cast in CASTS:
            names, casts = f"layer {number} {cast}: ", [trace.counts[number][cast] for trace in traces]
            outside = counts[f"{names}over the top"] + counts[f"{names}under the bottom"]
            assert outside == sum(one["overflows"] for one in casts)
            if getattr(layer.plan, cast).rounding is not Rounding.STOCHASTIC:
                ties = sum(count for name, count in counts.items() if name.startswith(names) and " tie " in name)
                assert ties == sum(one["ties"] for one in casts)


@pytest.mark.parametrize("name", LAYERED_SETS)
def test_directed_recordings_reach_what_the_others_do_not(name: str) -> None:
    network, frames = LAYERED_SETS[name]()
    aimed = directed_frames(network, frames)
    assert aimed.tobytes() == directed_frames(network, frames).tobytes()
    before, after = covered(network, frames)[0], covered(network, np.concatenate([frames, aimed]))[0]
    missed = {name for name, count in before.items() if not count} - layers_impossible(network).keys()
    still = {name for name, count in after.items() if not count} - layers_impossible(network).keys()
    assert still < missed
    assert len(still) < 12
    corners = json.loads((GOLDEN / name / "manifest.json").read_bytes())["corners"]
    assert {corner: about["reached"] for corner, about in corners.items()} == after
    assert {corner for corner, about in corners.items() if not about["reached"] and "because" not in about} == still


def test_the_first_directed_recordings_are_at_the_highest_count(tmp_path: Path) -> None:
    network, frames = committed()
    aimed = directed_frames(network, frames)
    assert (aimed[0] == network.description.clip).all()
    assert (aimed[1, ::2] == network.description.clip).all()
    assert not aimed[1, 1::2].any()
    manifest = make_layers_bundle(tmp_path / "set", network, frames, aimed=False)
    assert (manifest["recordings"], manifest["configuration"]["recordings"]) == (2, 2)


def test_what_was_not_reached_is_warned_of(tmp_path: Path) -> None:
    manifest = make_layers_bundle(tmp_path / "set", *LAYERED_SETS["layers_in_currents"](), aimed=False)
    missed = unreached(manifest)
    assert "layer 1 trace: at the top" in missed
    page = (tmp_path / "set" / "README.md").read_text()
    assert "**Not reached**, so that these vectors may not find a fault there:\n\n- " in page
    assert all(f"\n- {name}\n" in page for name in missed)


def test_an_overflow_that_is_refused_is_not_aimed_at() -> None:
    network, frames = LAYERED_SETS["layers_in_currents"]()
    first = network.layers[0]
    plan = replace(first.plan, trace=replace(first.plan.trace, overflow=Overflow.ERROR))
    refusing = replace(network, layers=(replace(first, plan=plan), *network.layers[1:]))
    quiet = np.zeros_like(frames[:1])
    aimed = directed_frames(refusing, quiet)
    counts = covered(refusing, np.concatenate([quiet, aimed]))[0]
    assert counts["layer 0 trace: over the top"] == 0
    assert counts["layer 0 sum: above 0"] > 0
    assert layers_impossible(refusing)["layer 0 trace: over the top"] == "an overflow is refused"
