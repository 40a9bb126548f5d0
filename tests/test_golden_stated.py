"""A manifest says of its set what the set is, or the check finds it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from command_line import run, skip_without_jit

skip_without_jit()

GOLDEN = Path(__file__).parent.parent / "golden"
SETS = ("largest_zero", "schema-1/largest_zero", "layers_by_chance")


def changed(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> Path:
    shutil.copytree(GOLDEN / name, folder / "set")
    path = folder / "set" / "manifest.json"
    manifest = json.loads(path.read_bytes())
    change(manifest)
    path.write_text(json.dumps(manifest))
    return folder / "set"


WRONG: dict[str, Any] = {
    "role": "input",
    "about": "something else",
    "word": 40,
    "frac": 9,
    "signed": None,
    "packed": 0,
    "line_bits": 2,
    "lines": 10**9,
}


@pytest.mark.long
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("key", WRONG)
def test_every_size_that_is_stated_of_a_file_is_held_against_it(key: str, name: str, tmp_path: Path) -> None:
    stated: list[Any] = []

    def change(manifest: dict[str, Any]) -> None:
        entry = manifest["files"][-1]
        stated.extend([entry["file"], entry[key]])
        entry[key] = WRONG[key]

    said = run("golden", "check", changed(tmp_path, name, change))
    right, wrong = json.dumps(stated[1]), json.dumps(WRONG[key])
    assert (said.status, said.err) == (1, "")
    assert said.out.startswith(f"manifest.json must state {stated[0]}: {key} as ")
    assert said.out.endswith(f", not {wrong}\n")
    assert right[:20] in said.out


TOP: dict[str, tuple[str, Callable[[dict[str, Any]], object], str]] = {
    "identity": (
        "largest_zero",
        lambda manifest: manifest.update(configuration_sha256_16="0" * 16),
        'manifest.json must state configuration_sha256_16 as "',
    ),
    "sums": (
        "largest_zero",
        lambda manifest: manifest["files"][0].update(sums=["0x1", "0x2", "0x3"]),
        'manifest.json must state weights.mem: sums as ["0x',
    ),
    "images": (
        "largest_zero",
        lambda manifest: manifest.update(images=99),
        "manifest.json must state images of 1 to 7, not 99",
    ),
    "recordings": (
        "layers_by_chance",
        lambda manifest: manifest.update(recordings=8),
        "manifest.json must state recordings of 1 to 7, not 8",
    ),
    "register": (
        "stochastic_none",
        lambda manifest: manifest["lfsr"]["seeds"].update(leak="0x1"),
        "manifest.json must state lfsr seeds as {",
    ),
    "register of a layer": (
        "layers_by_chance",
        lambda manifest: manifest["lfsr"].update(width=30),
        "manifest.json must state lfsr width as 31, not 30",
    ),
    "spikes": (
        "largest_zero",
        lambda manifest: manifest["counts"].update(spikes=39),
        "manifest.json must state counts: spikes as 38, not 39",
    ),
    "casts": (
        "schema-1/largest_zero",
        lambda manifest: manifest["counts"]["casts"]["leak"].update(ties=1),
        "manifest.json must state counts: casts as {",
    ),
    "answers": (
        "layers_by_chance",
        lambda manifest: manifest["counts"].update(answers=[0]),
        "manifest.json must state counts: answers as [2, 2, 2, 2, 2, 2, 2], not [0]",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("what", TOP)
def test_everything_else_that_is_stated_and_follows_from_the_set_is_checked(what: str, tmp_path: Path) -> None:
    name, change, message = TOP[what]
    said = run("golden", "check", changed(tmp_path, name, change))
    assert (said.status, said.err) == (1, "")
    assert said.out.startswith(message)
    assert said.out.count("\n") == 1


def test_a_set_that_is_not_what_its_manifest_states_is_told_beside_a_diff(tmp_path: Path) -> None:
    folder = changed(tmp_path, "largest_zero", lambda manifest: manifest["files"][0].update(lines=1))
    said = run("golden", "diff", folder, folder / "membrane.mem")
    assert said.out.splitlines()[1] == "note      manifest.json must state weights.mem: lines as 128, not 1"


def test_a_set_s_own_word_is_the_expected_one_and_the_emulator_s_the_computed_one(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / "largest_zero", tmp_path / "set")
    path = tmp_path / "set" / "membrane.mem"
    lines = path.read_text().splitlines()
    right, lines[80] = lines[80], "7ff"
    assert right != "7ff"
    path.write_text("\n".join(lines) + "\n")
    said = run("golden", "check", tmp_path / "set")
    assert said.status == 1
    assert "expected 7ff (raw 2047, " in said.out.splitlines()[0]
    assert f"computed {right} (raw " in said.out.splitlines()[0]
