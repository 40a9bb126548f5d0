"""What commands report is one JSON document on the standard output where --json is given, and nothing else."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from command_line import run, skip_without_jit, small_splits
from fxsnn.competitive.learn import random_network
from fxsnn.competitive.network import save_network
from fxsnn.data.encode import RateCoding
from fxsnn.exploration.candidates import load_exploration
from fxsnn.measure.ranges import PERCENTILES
from test_graph_explore import written

skip_without_jit()

PLAN = """weight = { format = "Q2.4" }
accumulator = { format = "Q8.4" }
membrane = { format = "Q8.6" }
theta = { format = "UQ6.4" }
threshold = { format = "Q8.4" }
inhibition = { format = "UQ6.4" }
"""
GRID = """[signal]
weight = ["Q2.4", "Q2.2"]
membrane = "Q5.6 floor"
v = "Q5.6 floor"
level = "UQ3.4"
keep = "UQ0.8"
threshold = "UQ2.4"
"""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fxsnn.jobs.digits.open_splits", lambda *_: small_splits())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A network of populations with a grid of two plans and a plan, and one that learned from digits with its own."""
    written(tmp_path)
    (tmp_path / "grid.toml").write_text(GRID)
    (tmp_path / "plan.toml").write_text(GRID.replace('["Q2.4", "Q2.2"]', '"Q2.4"'))
    save_network(replace(random_network(784, 2), coding=RateCoding(steps=6)), tmp_path / "net.npz")
    (tmp_path / "digits.toml").write_text(PLAN)
    return tmp_path


def told(*words: object, status: int = 0) -> Any:
    said = run(*words, "--json")
    assert said.status == status, said.err
    assert said.out.count("\n") == 1  # one line: a document a line in a log
    return json.loads(said.out)


@pytest.mark.long
def test_emulate_tells_accuracies_casts_and_memory_of_populations(folder: Path) -> None:
    words = "emulate", folder / "net.toml", folder / "plan.toml", "--inputs", folder / "shown.npz"
    found, said = told(*words), run(*words).out
    assert [*found] == ["inputs", "float", "fixed", "casts", "overflowing", "memory"]
    assert f"fixed: {100 * found['fixed']['accuracy']:.2f} %" in said
    assert sum(map(sum, found["fixed"]["confusion"])) == found["fixed"]["images"] == 30
    assert found["fixed"]["correct"] / 30 == found["fixed"]["accuracy"]
    assert set(next(iter(found["casts"].values()))) == {"casts", "inexact", "ties", "overflows"}
    assert found["memory"] == told("memory", folder / "plan.toml", "--network", folder / "net.toml")


@pytest.mark.long
def test_emulate_tells_the_same_of_digits(folder: Path) -> None:
    found = told("emulate", folder / "net.npz", folder / "digits.toml", "--workers", "1")
    assert [*found] == ["float", "fixed", "casts", "overflowing", "memory"]
    assert found["float"]["images"] == found["fixed"]["images"] == 6
    assert found["float"]["spikes_per_image"] >= 0
    assert found["casts"]["leak"]["casts"] == 12


@pytest.mark.parametrize("own", [True, False])
def test_ranges_tells_how_the_values_of_every_signal_lie(folder: Path, own: bool) -> None:
    shown = [folder / "net.toml", "--inputs", folder / "shown.npz"] if own else [folder / "net.npz", "--images", "3"]
    found, said = told("ranges", *shown), run("ranges", *shown).out
    assert [*found] == [line.split("  ")[0] for line in said.splitlines()[2:-1]]
    for values in found.values():
        assert [*values["percentiles"]] == [f"{share:g}" for share in PERCENTILES]
        assert values["minimum"] <= values["percentiles"]["50"] <= values["maximum"]
        assert (type(values["integer"]), type(values["signed"])) == (int, bool)


@pytest.mark.long
def test_select_tells_the_choice_and_writes_its_plan(folder: Path) -> None:
    made, out = folder / "candidates.json", folder / "chosen.toml"
    words = "--grid", folder / "grid.toml", "--inputs", folder / "shown.npz", "--out", made
    explored = told("explore", folder / "net.toml", *words)
    assert (explored["written"], explored["candidates"], explored["evaluated"]) == (str(made), 2, 2)
    assert [row["name"] for row in explored["front"]] == [
        one.name for one in load_exploration(made).entries if one.on_front
    ]
    said = run("select", made, "--max-loss", "1", "--out", out).out
    written_plan = out.read_bytes()
    out.unlink()
    found = told("select", made, "--max-loss", "1", "--out", out)
    assert out.read_bytes() == written_plan
    assert said.startswith(f"{found['reason']}\n{found['name']}: accuracy {100 * found['accuracy']:.2f} %")
    assert found["written"] == str(out)
    assert found["bits"] < found["float"]["bits"]
    written = tomllib.loads(out.read_text())
    assert written.pop("choice") == {"max_loss": 1.0, "mu": 0.5, "reward": "additive"}
    assert found["plan"] == written
    assert found["firing"]["images"] == 30
    assert "warning: a sample of 30 is small: " in run("select", made, "--max-loss", "1", "--out", out).err
    page = "--inputs", folder / "shown.npz", "--max-loss", "1", "--out", folder / "r.html"
    reported = told("report", folder / "net.toml", made, *page)
    assert (reported["written"], reported["chosen"]) == (str(folder / "r.html"), found["name"])
    assert reported["fixed"]["accuracy"] == found["accuracy"]


def test_golden_check_tells_what_agrees_and_what_does_not(folder: Path) -> None:
    out = folder / "set"
    words = "--inputs", folder / "shown.npz", "--images", "2", "--out", out
    made = told("golden", "make", folder / "net.toml", folder / "plan.toml", *words)
    found = told("golden", "check", out)
    assert (made["set"], made["words"]) == (str(out), found["words"])
    assert run("golden", "check", out).out == f"{out}: {found['words']:,} words in {found['files']} files agree\n"
    assert (found["set"], found["findings"]) == (str(out), [])

    node = out / "out.membrane.mem"
    lines = node.read_text().splitlines()
    lines[-1] = "0" * len(lines[-1]) if set(lines[-1]) != {"0"} else "1".zfill(len(lines[-1]))
    node.write_text("\n".join(lines) + "\n")
    said = run("golden", "check", out)
    found = told("golden", "check", out, status=1)
    assert found["findings"] == said.out.splitlines()
    assert found["findings"][0].startswith("out.membrane.mem word ")


@pytest.mark.long
def test_golden_diff_tells_the_first_difference(folder: Path) -> None:
    out, dump = folder / "set", folder / "out.membrane.mem"
    words = "--inputs", folder / "shown.npz", "--images", "1", "--out", out
    assert run("golden", "make", folder / "net.toml", folder / "plan.toml", *words).status == 0
    dump.write_bytes((out / dump.name).read_bytes())
    assert told("golden", "diff", out, dump)["difference"] is None
    lines = dump.read_text().splitlines()
    last = len(lines) - 1
    lines[last] = "0" * len(lines[last]) if set(lines[last]) != {"0"} else "1".zfill(len(lines[last]))
    dump.write_text("\n".join(lines) + "\n")
    assert told("golden", "diff", out, dump, status=1)["difference"]["node"] == "out.membrane"


def test_exports_and_data_list_what_is_written_and_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, out = folder / "plan.toml", folder / "model"
    found = told("export", "c", folder / "net.toml", plan, "--out", out)
    assert sorted(found["files"]) == sorted(path.name for path in out.iterdir())
    monkeypatch.delenv("FXSNN_DATA", raising=False)
    first = told("data")[0]
    assert first["images"] == 5000
    assert {"name", "images", "state", "place"} <= set(first)


@pytest.mark.parametrize(
    "words",
    [
        ("emulate", "none.toml", "none.toml", "--inputs", "shown.npy"),
        ("ranges", "none.toml", "--inputs", "shown.npy"),
        ("select", "none.json", "--out", "chosen.toml"),
        ("golden", "check", "none"),
        ("golden", "diff", "none", "none.mem"),
        ("memory", "none.toml"),
    ],
)
def test_a_refusal_is_one_line_and_no_document(
    words: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert "must be" in run(*words, "--json").complaint


def test_inputs_without_labels_make_a_document_too(folder: Path) -> None:
    np.save(folder / "own.npy", np.load(folder / "shown.npy")[:3])
    found = told("emulate", folder / "net.toml", folder / "plan.toml", "--inputs", folder / "own.npy")
    assert found["float"]["accuracy"] == 1.0
    assert found["fixed"]["images"] == 3
