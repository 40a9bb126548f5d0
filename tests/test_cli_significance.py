"""`fxsnn significance` and `fxsnn ranges`, from files to files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from command_line import Said, run, skip_without_jit, small_splits
from fxsnn.competitive.learn import random_network
from fxsnn.competitive.network import load_network, save_network
from fxsnn.competitive.ranges import spreads
from fxsnn.data.encode import RateCoding, encode
from fxsnn.significance import load_significance, to_json

skip_without_jit()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fxsnn.jobs.digits.open_splits", lambda *_: small_splits())


@pytest.fixture
def network(tmp_path: Path) -> Path:
    save_network(replace(random_network(784, 2), coding=RateCoding(steps=6)), tmp_path / "net.npz")
    return tmp_path / "net.npz"


def done(*words: object) -> Said:
    said = run(*words)
    assert said.status == 0, said.err
    return said


@pytest.mark.long
def test_the_sweeps_are_ranked_written_and_drawn(tmp_path: Path, network: Path) -> None:
    out = tmp_path / "sweeps"
    said = done("significance", network, "--out", out, "--images", "8", "--max-loss", "0.25", "--workers", "1")
    assert sorted(path.name for path in out.iterdir()) == ["significance.json", "significance.png", "significance.svg"]
    found = load_significance(out / "significance.json")
    assert to_json(found) == (out / "significance.json").read_bytes()
    assert found.network == hashlib.sha256(network.read_bytes()).hexdigest()
    assert (found.max_loss, found.baseline.images, found.seed) == (0.25, 8, 24301)
    assert found.data == "8 training images (of 18 small images), by 4-fold cross-validation"
    lines = said.out.splitlines()
    assert [line.split()[0] for line in lines[2:8]] == [rank.group for rank in found.ranking]
    rank = found.ranking[0]
    assert lines[2].split()[1] == f"{rank.words:,}"
    assert lines[2].split()[-2] == f"{100 * (found.baseline.accuracy - rank.lost):.2f}"
    assert "answer differently on 0 of 8 images" in said.out
    assert lines[-1] == (
        f"{out / 'significance.json'}: {len(found.sweeps)} points; figures significance.svg and significance.png"
    )
    assert said.err.endswith("\n")
    progress, warning = said.err.splitlines()[-2:]
    assert progress.startswith("sweeping (cases): ")
    assert warning.startswith(f"warning: {network}: this file does not say what it learned from")
    assert (out / "significance.svg").read_text().startswith("<svg ")

    before = {path.name: path.read_bytes() for path in out.iterdir()}
    done("significance", network, "--out", out, "--images", "8", "--max-loss", "0.25", "--workers", "3")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.long
def test_learning_is_swept_too(tmp_path: Path, network: Path) -> None:
    words = ["significance", network, "--images", "8", "--learning", "--learn-from", "4", "--learn-seed", "2"]
    said = done(*words, "--out", tmp_path / "a.json", "--workers", "2")
    found = load_significance(tmp_path / "a.json")
    assert found.learned
    assert (found.learned.digits, found.learned.seed) == (4, 2)
    lines = said.out.splitlines()
    groups = [f"{rank.group} {'learning' if rank.learning else 'inferring'}" for rank in found.ranking]
    assert [" ".join(line.split()).startswith(group) for line, group in zip(lines[2:13], groups, strict=True)] == [
        True
    ] * 11
    for line, rank in zip(lines[2:13], found.ranking, strict=True):
        assert line.split()[-2] == f"{100 * (found.float_accuracy(rank) - rank.lost):.2f}"
    assert (
        "While learning, float is a network that learned in float from 4 images, with a trace of which each "
        f"step leaves 0.96875: {100 * found.learned.accuracy:.2f} % " in said.out
    )
    assert f"predicts otherwise on {found.learned.wide_images_differing} of 8 images." in said.out
    assert "learning (cases): " in said.err
    held = load_network(network)
    save_network(replace(held, weights=1 - held.weights, theta=held.theta + 1), network)
    done(*words, "--out", tmp_path / "b.json", "--workers", "1")
    again = load_significance(tmp_path / "b.json")
    assert again.learned == found.learned
    assert [p for p in again.sweeps if p.group.startswith("learn")] == [
        p for p in found.sweeps if p.group.startswith("learn")
    ]


@pytest.mark.long
def test_a_name_that_ends_in_json_is_the_file_s(tmp_path: Path, network: Path) -> None:
    done("significance", network, "--out", tmp_path / "a.json", "--seed", "9", "--images", "4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.png", "a.svg", "net.npz"]
    held = json.loads((tmp_path / "a.json").read_bytes())
    assert (held["seed"], held["baseline"]["images"]) == (9, 4)


def test_an_output_that_cannot_be_is_refused_before_the_work(
    tmp_path: Path, network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: object) -> None:
        raise AssertionError("the work has begun")

    monkeypatch.setattr("fxsnn.jobs.digits.wide_of_images", work)
    must = "--out must be a folder or a name that ends in .json, not"
    missing = tmp_path / "missing" / "sweeps"
    assert run("significance", network, "--out", missing).complaint == (
        f"{must} {str(missing)!r} (No such file or directory)"
    )
    assert run("significance", network, "--out", network).complaint == f"{must} {str(network)!r} (it is a file)"
    named = tmp_path / "missing" / "a.json"
    assert run("significance", network, "--out", named).complaint == (
        f"an output file must be in a folder that can be written, not {str(named)!r} (No such file or directory)"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["net.npz"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--learning", "--learn-from", "13"], "images must be a part of 0 to 12, not 0 to 13"),
        (["--images", "13"], "images must be a part of 0 to 12, not 0 to 13"),
        (["--seed", str(1 << 31)], "the seed of a 31-bit LFSR must be 1 to 2**31 - 1, not 2147483648"),
    ],
)
def test_a_number_that_cannot_be_is_refused(tmp_path: Path, network: Path, words: list[str], complaint: str) -> None:
    assert run("significance", network, "--out", tmp_path / "sweeps", *words).complaint == complaint
    assert not (tmp_path / "sweeps").exists()


@pytest.mark.parametrize("command", ["significance", "ranges"])
def test_a_network_of_another_size_than_the_digits_is_refused(tmp_path: Path, command: str) -> None:
    path = tmp_path / "ten.npz"
    save_network(random_network(10, 4), path)
    words = ["--out", tmp_path / "out"] if command == "significance" else []
    assert run(command, path, *words).complaint == (
        f"a network must have 784 inputs, one a pixel, {str(path)!r} has 10"
    )
    assert not (tmp_path / "out").exists()


def test_the_ranges_are_those_of_the_library(network: Path) -> None:
    said = done("ranges", network, "--images", "3")
    held = load_network(network)
    found = spreads(held, encode(small_splits().training.images[:3], held.coding))
    lines = said.out.splitlines()
    assert lines[0].split()[:4] == ["signal", "minimum", "0.1", "%"]
    assert [line.split()[0] for line in lines[2:-1]] == list(found)
    for line, values in zip(lines[2:-1], found.values(), strict=True):
        words = line.split()
        assert words[1] == f"{values.minimum:.4g}"
        assert words[-4] == f"{values.maximum:.4g}"
        assert words[-3:] == [str(values.integer), str(values.saturating), "signed" if values.signed else "no"]
    assert lines[-1] == "float network on 3 training images; integer bits count the sign"


def test_more_digits_than_there_are_cannot_be_profiled(network: Path) -> None:
    assert run("ranges", network, "--images", "13").complaint == "images must be a part of 0 to 12, not 0 to 13"
