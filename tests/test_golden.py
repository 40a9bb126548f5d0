"""Golden bundles: made the same every time, checked word by word, refused when they are damaged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fxsnn.emulate import spikes_of
from fxsnn.errors import ConfigError, FileError, FxsnnError
from fxsnn.golden.check import check_bundle
from fxsnn.golden.make import make_bundle
from fxsnn.quantise import QuantisedNetwork
from sets import SETS
from strategies import quantised_networks

GOLDEN = Path(__file__).parent.parent / "golden"


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN / "largest_zero", tmp_path / "set")
    return tmp_path / "set"


@pytest.mark.parametrize("name", SETS)
def test_the_committed_sets_are_made_again_byte_for_byte(name: str, tmp_path: Path) -> None:
    make_bundle(tmp_path / "set", *SETS[name]())
    assert bytes_of(tmp_path / "set") == bytes_of(GOLDEN / name)


@pytest.mark.parametrize("name", SETS)
def test_the_committed_sets_agree(name: str) -> None:
    checked = check_bundle(GOLDEN / name)
    assert checked.findings == ()
    assert checked.words > 500


def test_there_is_no_committed_set_that_nobody_makes() -> None:
    assert {path.name for path in GOLDEN.iterdir() if path.is_dir()} == set(SETS)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_networks(), st.data())
def test_any_network_s_bundle_agrees_until_a_word_is_flipped(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedNetwork, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("golden") / "set"
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    make_bundle(folder, network, spikes_of(rng.integers(0, 2, (2, 5, network.inputs), dtype=np.uint8)))
    assert check_bundle(folder).findings == ()
    path = data.draw(st.sampled_from(sorted(folder.glob("*.mem"))))
    entry = next(f for f in json.loads((folder / "manifest.json").read_bytes())["files"] if f["file"] == path.name)
    lines = path.read_text().splitlines()
    line = data.draw(st.integers(3, len(lines) - 1))
    word = int(lines[line], 16) ^ (1 << data.draw(st.integers(0, entry["line_bits"] - 1)))
    lines[line] = f"{word:0{len(lines[line])}x}"
    path.write_text("\n".join(lines) + "\n")
    findings = check_bundle(folder).findings
    assert any(path.name in finding for finding in findings)
    if entry["role"] == "node":
        assert findings[0].startswith(f"{path.name} word {line - 3}, image ")


def test_the_first_wrong_word_is_named_with_raw_and_value(bundle: Path) -> None:
    path = bundle / "membrane.mem"
    lines = path.read_text().splitlines()
    assert lines[3 + 9 * 8 + 2] == "022"  # step 9, neuron 2
    lines[3 + 9 * 8 + 2] = "0ff"
    path.write_text("\n".join(lines) + "\n")
    findings = check_bundle(bundle).findings
    assert findings[0] == (
        "membrane.mem word 74, image 0, step 9, neuron 2: expected 022 (raw 34, value 2.125), "
        "got 0ff (raw 255, value 15.9375), UQ7.4 (u11); 1 of 320 differ"
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
            lambda d: rewritten(d / "manifest.json", '"schema": 1', '"schema": 2'),
            "manifest.json must be of schema 1, not 2",
        ),
        (editing("theta.mem", "../theta.mem"), "manifest.json must state theta as "),
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
        (lambda d: (d / "manifest.json").write_text("7"), "manifest.json must be of schema 1, not None"),
    ],
)
def test_a_damaged_bundle_is_refused_in_one_line(bundle: Path, damage: Damage, message: str) -> None:
    damage(bundle)
    with pytest.raises(FileError) as error:
        check_bundle(bundle)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_damage_to_any_file_is_seen(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("golden") / "set"
    shutil.copytree(GOLDEN / "largest_zero", folder)
    path = data.draw(st.sampled_from(sorted(folder.glob("*.mem"))))
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    old = content[place]
    content[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != old))
    path.write_bytes(content)
    try:
        seen = check_bundle(folder).findings
    except FxsnnError as error:
        seen = (str(error),)
    assert seen
    assert "\n" not in seen[0]


def test_no_image_makes_no_bundle(tmp_path: Path) -> None:
    network, spikes = SETS["largest_zero"]()
    none = spikes_of(np.zeros((0, spikes.steps, spikes.inputs), dtype=np.uint8))
    with pytest.raises(ConfigError, match="^golden vectors must be of one or more images, not none$"):
        make_bundle(tmp_path / "set", network, none)
    assert list(tmp_path.iterdir()) == []
