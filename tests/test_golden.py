"""Golden bundles: made the same every time, checked word by word, refused when they are damaged."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from command_line import long_with_jit
from fxsnn.competitive.graph import graph_of
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.errors import ConfigError, FileError, FxsnnError
from fxsnn.golden.bundle import read_bundle
from fxsnn.golden.check import check_bundle
from fxsnn.golden.layer_layout import LAYER_SCHEMA
from fxsnn.golden.make import make_bundle
from fxsnn.golden.memfile import digest
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.graph.files import load_graph
from fxsnn.graph.inputs import read_inputs
from fxsnn.graph.plan import load_graph_plan
from fxsnn.graph.quantise import quantise_graph
from sets import SETS
from strategies import examples, quantised_networks

GOLDEN = Path(__file__).parent.parent / "golden"


OLD = [path.parent for path in sorted(GOLDEN.glob("schema-*/*/manifest.json"))]


def findings_of(folder: Path) -> tuple[str, ...]:
    try:
        return check_bundle(folder).findings
    except FxsnnError as error:
        return (str(error),)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN / "largest_zero", tmp_path / "set")
    return tmp_path / "set"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN / "schema-1" / "largest_zero", tmp_path / "old")
    return tmp_path / "old"


@pytest.mark.parametrize("name", SETS)
def test_the_committed_sets_agree(name: str) -> None:
    checked = check_bundle(GOLDEN / name)
    assert checked.findings == ()
    assert checked.words > 500


def test_there_is_no_committed_set_that_nobody_makes() -> None:
    assert {path.name for path in GOLDEN.iterdir() if path.is_dir()} == {
        *(*SETS, "schema-1"),  # as former versions wrote them: checked above, played in test_rtl.py
        "learning_by_chance",  # in test_rtl_learning.py
        "recurrent_begun",  # in test_golden_start.py
        "layers_by_chance",  # as former versions wrote them: test_golden_former.py
        "layers_in_currents",
        "formats",  # what golden/formats.toml runs: test_regress.py
    }


@pytest.mark.parametrize("folder", OLD, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_bundle_of_every_schema_stays_readable(folder: Path) -> None:
    checked = check_bundle(folder)
    assert checked.findings == ()
    assert checked.words > 2000


def test_every_schema_is_kept() -> None:
    kept = {json.loads((path / "manifest.json").read_bytes())["schema"] for path in OLD}
    assert sorted(kept) == list(range(1, LAYER_SCHEMA))


@long_with_jit
@settings(max_examples=examples(8), deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_networks(), st.data())
def test_any_network_s_bundle_agrees_until_a_word_is_flipped(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedNetwork, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("golden") / "set"
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    make_graph_bundle(folder, graph_of(network), rng.integers(0, 2, (2, 5, network.inputs)))
    assert check_bundle(folder).findings == ()
    path = data.draw(st.sampled_from(sorted(folder.glob("*.mem"))))
    entry = next(f for f in json.loads((folder / "manifest.json").read_bytes())["files"] if f["file"] == path.name)
    lines = path.read_text().splitlines()
    line = data.draw(st.integers(3, len(lines) - 1))
    word = int(lines[line], 16) ^ (1 << data.draw(st.integers(0, entry["line_bits"] - 1)))
    lines[line] = f"{word:0{len(lines[line])}x}"
    path.write_text("\n".join(lines) + "\n")
    findings = findings_of(folder)
    assert any(path.name in finding for finding in findings)
    if entry["role"] == "node":
        assert findings[0].startswith(f"{path.name} word {line - 3}, presentation ")
    assert f"{path.name} line {line + 1} (word {line - 3}) was altered: digit " in findings[-1]


def test_an_altered_constant_is_named_with_its_word(bundle: Path) -> None:
    path = bundle / "weights.mem"
    lines = path.read_text().splitlines()
    lines[3 + 17] = "f" if lines[3 + 17] != "f" else "e"
    path.write_text("\n".join(lines) + "\n")
    findings = check_bundle(bundle).findings
    assert findings[0].startswith("sum.mem word ")
    last = f"weights.mem line 21 (word 17) was altered: digit 1 of {lines[20]} is not the one written"
    assert findings[-1] == last


def test_two_altered_digits_are_not_taken_for_one(bundle: Path) -> None:
    path = bundle / "theta.mem"
    lines = path.read_text().splitlines()
    lines[3:5] = [f"{int(line, 16) ^ 1:02x}" for line in lines[3:5]]
    path.write_text("\n".join(lines) + "\n")
    assert findings_of(bundle)[-1].startswith("theta.mem is not the file that the manifest describes: its sha256 is ")


@pytest.mark.parametrize("name", ["rtl/fxsnn_layer.sv", "run.sh", "rtl/fxsnn_config.sv"])
def test_a_file_beside_the_words_that_was_altered_is_refused(bundle: Path, name: str) -> None:
    (bundle / name).write_bytes((bundle / name).read_bytes() + b"\n")
    with pytest.raises(
        FileError, match=f"^{name} is not the file that the manifest describes: its sha256 is [0-9a-f]*$"
    ):
        check_bundle(bundle)


def test_the_first_wrong_word_is_named_with_raw_and_value(old: Path) -> None:
    path = old / "membrane.mem"
    lines = path.read_text().splitlines()
    assert lines[3 + 9 * 8 + 2] == "022"  # step 9, neuron 2
    lines[3 + 9 * 8 + 2] = "0ff"
    path.write_text("\n".join(lines) + "\n")
    findings = check_bundle(old).findings
    assert findings[0] == (
        "membrane.mem word 74, presentation 0, step 9, neuron 2: expected 0ff (raw 255, value 15.9375), "
        "computed 022 (raw 34, value 2.125), UQ7.4 (u11); 1 of 320 differ"
    )
    assert findings[1].startswith("membrane.mem is not the file that the manifest describes: its sha256 is ")


def rewritten(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


Damage = Callable[[Path], object]


def appending(data: bytes) -> Damage:
    return lambda d: (d / "theta.mem").write_bytes((d / "theta.mem").read_bytes() + data)


def cutting(count: int) -> Damage:
    return lambda d: (d / "theta.mem").write_bytes((d / "theta.mem").read_bytes()[:-count])


def editing(old: str, new: str) -> Damage:
    return lambda d: rewritten(d / "manifest.json", old, new)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: (d / "theta.mem").unlink(), "the golden file theta.mem must be "),
        (lambda d: (d / "manifest.json").unlink(), "a golden set's manifest.json must be "),
        (lambda d: shutil.rmtree(d), "a golden set's manifest.json must be "),
        (
            lambda d: (d / "theta.mem").write_bytes((d / "theta.mem").read_bytes()[:-1]),
            "theta.mem must end with a newline",
        ),
        (
            lambda d: (d / "theta.mem").write_bytes((d / "theta.mem").read_bytes()[:-3]),
            "theta.mem must hold 8 words, not 7",
        ),
        (
            lambda d: (d / "theta.mem").write_bytes((d / "theta.mem").read_bytes() + b"00\n"),
            "theta.mem must hold 8 words, not 9",
        ),
        (
            lambda d: (d / "theta.mem").write_bytes((d / "theta.mem").read_bytes() + b"0g\n"),
            "theta.mem line 12 must be 2 hex",
        ),
        (
            lambda d: (d / "theta.mem").write_bytes((d / "theta.mem").read_bytes() + b"\xe9\n"),
            "theta.mem line 12 must be ASCII",
        ),
        (
            lambda d: (d / "theta.mem").write_bytes((d / "theta.mem").read_bytes() + b"xx\n"),
            "theta.mem line 12 must be 2 hex",
        ),
        (
            lambda d: (d / "theta.mem").write_bytes((d / "theta.mem").read_bytes() + b"0" * 50 + b"\n"),
            "theta.mem line 12 must",
        ),
        (
            lambda d: rewritten(d / "manifest.json", '"schema": 2', '"schema": 3'),
            "manifest.json must be of schema 1 to 2, not 3: it was written by a newer fxsnn",
        ),
        (editing("theta.mem", "../theta.mem"), "manifest.json must state theta as "),
        (editing('"0x', '"0x-'), "manifest.json must be what fxsnn wrote: Expected `str` matching regex "),
        (
            lambda d: rewritten(d / "manifest.json", '"neurons": 8', '"neurons": 9'),
            "manifest.json must state weights as ",
        ),
        (
            lambda d: rewritten(d / "manifest.json", '"neurons": 8', '"neurons": -1'),
            "manifest.json must be what fxsnn wrote: ",
        ),
        (
            lambda d: rewritten(d / "manifest.json", '"neurons": 8', '"neurons": 1e99'),
            "manifest.json must be what fxsnn wrote",
        ),
        (editing('"floor"', '"flower"'), "manifest.json must "),
        (editing("{", "["), "manifest.json must be what fxsnn wrote: "),
        (lambda d: (d / "manifest.json").write_text("[" * 100_000), "manifest.json must be what fxsnn wrote: "),
        (lambda d: (d / "manifest.json").write_text("7"), "manifest.json must be of schema 1 to 2, not None"),
    ],
)
def test_a_damaged_bundle_is_refused_in_one_line(bundle: Path, damage: Damage, message: str) -> None:
    damage(bundle)
    with pytest.raises(FileError) as error:
        check_bundle(bundle)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_damage_to_any_file_is_seen(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("golden") / "set"
    shutil.copytree(GOLDEN / "largest_zero", folder)
    path = data.draw(
        st.sampled_from(sorted(path for path in folder.rglob("*.*") if path.suffix not in (".md", ".json")))
    )
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    old = content[place]
    content[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != old))
    path.write_bytes(content)
    seen = findings_of(folder)
    assert seen
    assert "\n" not in seen[0]


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the places of all values in a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, held in inner for place in paths(held, (*at, key)))]


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["../../etc/passwd", "/etc/passwd", "theta.mem/../../x", "C:\\x", "\0", 1 << 70, -1, "Q1.5", "floor"]
    )
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@long_with_jit
@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_manifest_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / f"fuzzed-{os.getpid()}"
    if not folder.exists():
        shutil.copytree(GOLDEN / "largest_zero", folder)
    manifest = json.loads((GOLDEN / "largest_zero" / "manifest.json").read_bytes())
    *way, last = data.draw(st.sampled_from(paths(manifest)[1:]))
    holder = manifest
    for key in way:
        holder = holder[key]
    if data.draw(st.booleans()):
        holder[last] = data.draw(anything)
    else:
        del holder[last]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for finding in findings_of(folder):
        assert "\n" not in finding


@pytest.mark.parametrize(
    ("name", "word", "message"),
    [
        ("begin.mem", "1", "begin.mem word 3 must be 0, as the manifest's steps say"),
        ("initial_refractory.mem", "3", "initial_refractory.mem word 3 must be at most 2"),
    ],
)
def test_what_presentations_cannot_begin_with_is_refused_though_the_manifest_agrees(
    bundle: Path, name: str, word: str, message: str
) -> None:
    path, manifest = bundle / name, bundle / "manifest.json"
    written = digest(path.read_bytes())
    lines = path.read_text().splitlines()
    lines[3 + 3] = word
    path.write_text("\n".join(lines) + "\n")
    rewritten(manifest, written, digest(path.read_bytes()))
    with pytest.raises(FileError, match=f"^{message}$"):
        check_bundle(bundle)


def test_files_of_a_layer_have_the_names_that_former_sets_had(tmp_path: Path) -> None:
    network, spikes = SETS["stochastic_none"]()
    manifest = make_bundle(tmp_path / "set", network, spikes, aimed=False)
    former = json.loads((GOLDEN / "stochastic_none" / "manifest.json").read_bytes())
    nodes = [{entry["name"] for entry in one["files"] if entry["role"] == "node"} for one in (manifest, former)]
    assert nodes[0] == nodes[1]
    assert {"draw_integrate", "lfsr_inhibit", "membrane"} < nodes[0]
    made, committed = (read_bundle(path) for path in (tmp_path / "set", GOLDEN / "stochastic_none"))
    rows = spikes.images * spikes.steps  # directed inputs follow in the former set
    words = [{one.stem: bundle.words[one.name][:rows] for one in bundle.vectors} for bundle in (made, committed)]
    assert [name for name in nodes[0] if not np.array_equal(words[0][name], words[1][name])] == []
    assert {*manifest["lfsr"]["seeds"]} == {name for name in nodes[0] if name.startswith("lfsr_")}
    assert all(entry["file"] == f"{entry['name']}.mem" for entry in manifest["files"])
    assert check_bundle(tmp_path / "set").findings == ()
    folder = tmp_path / "set"
    graph = load_graph(folder / "net.toml")
    quantised = quantise_graph(graph, load_graph_plan(folder / "plan.toml", graph))
    make_graph_bundle(tmp_path / "again", quantised, read_inputs(folder / "inputs.npz", graph).words[:])
    assert filecmp.dircmp(folder, tmp_path / "again").diff_files == []
    assert filecmp.dircmp(folder / "rtl", tmp_path / "again" / "rtl").diff_files == []
    configuration = manifest["configuration"] | {"unprefixed": "other"}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"configuration": configuration}))
    with pytest.raises(FileError, match="unprefixed must be 'layer' or be left out, not 'other'"):
        check_bundle(folder)


def test_no_image_makes_no_bundle(tmp_path: Path) -> None:
    network, spikes = SETS["largest_zero"]()
    with pytest.raises(ConfigError, match="^golden vectors must be of one or more inputs, not none$"):
        make_graph_bundle(tmp_path / "set", graph_of(network), np.zeros((0, spikes.steps, spikes.inputs), np.int64))
    assert list(tmp_path.iterdir()) == []
