"""`fxsnn report`: from what explore wrote, the page; networks and images must be those of the candidates."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from command_line import Said, run, skip_without_jit, small_splits
from fxsnn.competitive.learn import Learning, random_network, train
from fxsnn.competitive.network import load_network, save_network
from fxsnn.competitive.plan import Plan, plan_from_data, plan_text
from fxsnn.digits.bench import about, explore, learner_like, prepare
from fxsnn.exploration.candidates import gather, load_exploration, to_json
from fxsnn.exploration.point import Point
from fxsnn.measure.ties import unpack
from fxsnn.significance import load_significance

skip_without_jit()


GRID = """
weight = ["UQ0.8", "UQ0.2"]
state_bits = [4]
weight_rounding = ["RN"]
state_rounding = ["TR"]
leak = ["shift 5"]
fold = [true]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a trained network and the candidates that were explored with it."""
    place = tmp_path_factory.mktemp("explored")
    blank = random_network(784, 4)
    trained = train(replace(blank, coding=replace(blank.coding, steps=30)), small_splits().training.images, Learning())
    save_network(trained, place / "net.npz")
    (place / "grid.toml").write_text(GRID)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fxsnn.jobs.digits.open_splits", lambda *_: small_splits())
        said = run("explore", place / "net.npz", "--grid", place / "grid.toml", "--out", place / "c.json")
    assert said.status == 0, said.err
    return place


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Use the small digits; leave the figures out but where a test is of them."""
    monkeypatch.setattr("fxsnn.jobs.digits.open_splits", lambda *_: small_splits())
    if "illustrated" not in request.fixturenames:
        pictures = ("trade_off", "membranes", "distributions", "rasters", "significance")
        monkeypatch.setattr("fxsnn.report.page._pictures", lambda _: {name: [] for name in pictures})
        monkeypatch.setattr("fxsnn.report.significance.significance_svg", lambda _: "")
        monkeypatch.setattr("fxsnn.report.significance.significance_png", lambda _: b"")


@pytest.fixture
def illustrated() -> None:
    """Ask for the figures."""


def report(folder: Path, out: Path, *words: object, candidates: str | Path = "c.json") -> Said:
    return run("report", folder / "net.npz", folder / candidates, "--out", out, *words)


def done(said: Said) -> Said:
    assert said.status == 0, said.err
    return said


def text_of(page: Path) -> str:
    return unescape(page.read_text()).replace("\u00a0", " ")


def edited(folder: Path, place: Path, *changes: dict[str, Any], **float_net: Any) -> Path:
    """Write candidates.json with other entries; those of its float network and of each candidate in turn."""
    held = json.loads((folder / "c.json").read_bytes())
    held["baseline"] |= float_net
    for entry, change in zip(held["candidates"], changes, strict=False):
        entry |= change
    place.write_text(json.dumps(held))
    return place


@pytest.mark.long
@pytest.mark.usefixtures("illustrated")
def test_the_page_tells_what_select_chooses(tmp_path: Path, folder: Path) -> None:
    out = tmp_path / "report.html"
    said = done(report(folder, out, "--max-loss", "1"))
    selected = done(run("select", folder / "c.json", "--max-loss", "1", "--out", tmp_path / "p.toml")).out
    reason, tested, written = said.out.splitlines()
    assert selected.splitlines()[0] == reason
    name = reason.split(" ")[0]
    share = r"[\d.]+ % \(95 % interval [\d.]+-[\d.]+ %\)"
    assert re.fullmatch(rf"On 6 test images: float {share}, {re.escape(name)} {share}\.", tested)
    assert written == f"{out}: open it in a browser"
    page = text_of(out)
    assert page.count(reason.split(":")[0]) == 1
    assert "fxsnn report net.npz c.json --max-loss 1.0<" in page
    assert page.count("<svg") == 8
    assert len(re.findall(r'<tr id="candidate-\d', page)) == 2
    (found,) = (entry for entry in load_exploration(folder / "c.json").entries if entry.name == name)
    score = run("emulate", folder / "net.npz", tmp_path / "p.toml").out.splitlines()[1]
    assert tested.split(" ")[-2] in score
    assert f"{found.bits:,} bits in " in page


@pytest.mark.long
@pytest.mark.usefixtures("illustrated")
def test_the_page_is_the_same_whatever_the_workers(tmp_path: Path, folder: Path) -> None:
    out = tmp_path / "report.html"
    done(report(folder, out, "--max-loss", "1"))
    before = out.read_bytes()
    done(report(folder, out, "--max-loss", "1", "--workers", "3"))
    assert out.read_bytes() == before


def test_a_choice_can_be_given_by_its_plan(tmp_path: Path, folder: Path) -> None:
    plan = plan_from_data(load_exploration(folder / "c.json").entries[0].plan)
    (tmp_path / "p.toml").write_text(plan_text(plan))
    said = done(report(folder, tmp_path / "r.html", "--chosen", tmp_path / "p.toml"))
    assert said.out.startswith("w8.8-RN-v")
    assert " was chosen by its plan: 3.9 times less memory, " in said.out
    page = text_of(tmp_path / "r.html")
    assert "fxsnn report net.npz c.json --chosen p.toml<" in page
    (tmp_path / "p.toml").write_text(plan_text(replace(plan, fold=False)))
    assert report(folder, tmp_path / "r.html", "--chosen", tmp_path / "p.toml").complaint == (
        f"a chosen plan must be one of the candidates', '{tmp_path / 'p.toml'}' is not"
    )
    assert report(folder, tmp_path / "r.html", "--chosen", tmp_path / "p.toml", "--budget", "9kB").complaint == (
        "a choice must be made by a plan or within a budget, not both"
    )


def test_one_plan_is_reported_on_alone(folder: Path, tmp_path: Path) -> None:
    plan = load_exploration(folder / "c.json").plan_as(0, Plan)
    (tmp_path / "mine.toml").write_text(plan_text(plan))
    said = done(report(folder, tmp_path / "r.html", candidates=tmp_path / "mine.toml"))
    page = (tmp_path / "r.html").read_text().replace("\u00a0", " ")
    assert "mine is the plan that was given." in page
    assert "firing" in page
    score = run("emulate", folder / "net.npz", tmp_path / "mine.toml").out.splitlines()[1]
    assert score.split("accuracy ")[1].split(" %")[0] in page
    assert said.err == "" or "warning" in said.err.lower()
    learned = ("--chosen-network", folder / "net.npz")
    assert report(folder, tmp_path / "n.html", *learned, candidates=tmp_path / "mine.toml").complaint == (
        "a chosen network must be of a choice that learned in integers, mine did not"
    )


def test_a_budget_has_no_floor_unless_one_is_asked_for(tmp_path: Path, folder: Path) -> None:
    out = tmp_path / "r.html"
    assert " that fit into " in done(report(folder, out, "--budget", "64 KiB")).out
    page = text_of(out)
    assert "--budget '64 KiB'<" in page
    assert "mu = 0, any accuracy<" in page
    done(report(folder, out, "--budget", "64 KiB", "--max-loss", "0.5"))
    assert "mu = 0, at most 50.00 % lost<" in text_of(out)
    said = report(folder, tmp_path / "none.html", "--budget", "10 bits")
    assert (said.status, said.out) == (1, "")
    assert not (tmp_path / "none.html").exists()


@pytest.mark.long
def test_significance_is_told_if_it_is_of_this_network(tmp_path: Path, folder: Path) -> None:
    done(run("significance", folder / "net.npz", "--images", "4", "--out", tmp_path / "s.json", "--max-loss", "0.2"))
    words = ["--max-loss", "1", "--significance", tmp_path / "s.json"]
    done(report(folder, tmp_path / "r.html", *words))
    page = text_of(tmp_path / "r.html")
    assert 'id="significance"' in page
    assert load_significance(tmp_path / "s.json").data in page
    held = json.loads((tmp_path / "s.json").read_bytes())
    (tmp_path / "s.json").write_text(json.dumps(held | {"network": "0" * 64}))
    assert report(folder, tmp_path / "none.html", *words).complaint == (
        f"a significance file must be of the network '{folder / 'net.npz'}', '{tmp_path / 's.json'}' is of another"
    )
    (tmp_path / "s.json").write_text("{}")
    assert report(folder, tmp_path / "none.html", *words).complaint.startswith("a significance file must be what ")
    assert not (tmp_path / "none.html").exists()


def test_networks_and_digits_must_be_those_of_the_candidates(tmp_path: Path, folder: Path) -> None:
    said = (
        "networks and images must be those that the candidates were measured with, {} % right on 12 training images "
        "(of 18 small images), by 4-fold cross-validation, but '{}' has {:.2f} % on 12 training images (of 18 small "
        "images), by 4-fold cross-validation"
    )
    found = load_exploration(folder / "c.json")
    true = 100 * found.found.accuracy
    other = edited(folder, tmp_path / "c.json", accuracy=0.25, right=None)
    complaint = report(folder, tmp_path / "r.html", "--max-loss", "1", candidates=other).complaint
    assert complaint == said.format("25.00", folder / "net.npz", true)
    # as accurate, but right on other images
    flipped = "DwA=" if unpack(found.found.right or "", 12).sum() != 4 else "//A="
    other = edited(folder, tmp_path / "c.json", right=flipped)
    assert report(folder, tmp_path / "r.html", "--max-loss", "1", candidates=other).complaint == said.format(
        f"{true:.2f}", folder / "net.npz", true
    )
    other = edited(folder, tmp_path / "c.json", {}, {"accuracy": 0.25, "right": None})
    choice = found.entries[1]
    assert report(
        folder, tmp_path / "r.html", "--max-loss", "1", "--mu", "100", candidates=other
    ).complaint == said.format("25.00", choice.name, 100 * choice.accuracy)
    # files of earlier versions do not say which images were right
    other = edited(folder, tmp_path / "c.json", {"right": None}, {"right": None}, right=None)
    done(report(folder, tmp_path / "r.html", "--max-loss", "1", candidates=other))
    save_network(random_network(10, 4), tmp_path / "net.npz")
    said_of_size = run("report", tmp_path / "net.npz", folder / "c.json", "--out", tmp_path / "r.html")
    assert said_of_size.complaint == (f"a network must have 784 inputs, one a pixel, '{tmp_path / 'net.npz'}' has 10")


@pytest.fixture(scope="module")
def mixed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give candidates of which the smallest learned in integers, and its network."""
    place = tmp_path_factory.mktemp("mixed")
    network = load_network(folder / "net.npz")
    task, score = prepare(network, small_splits(), 1)
    learner = learner_like(network, small_splits().training.images, 1)
    wide, narrow = (plan_from_data(entry.plan) for entry in load_exploration(folder / "c.json").entries)
    plan = learner.learning_plan(narrow)
    save_network(learner.train(plan), place / "learned.npz")
    points = [Point("after", "PTQ", {}, wide), Point("during", "ITQ", {}, plan)]
    candidates = explore(network, points, task, learner=learner)
    held = json.loads(to_json(gather(about(small_splits()), score, candidates)))
    (place / "c.json").write_text(json.dumps(held))
    (place / "during.toml").write_text(plan_text(plan))
    (place / "after.toml").write_text(plan_text(wide))
    return place


def decoded(page: str) -> str:
    """Return a page with the JSON that it carries as text: the command stands there too."""
    return re.sub(r"data:application/json;base64,([^\"]*)", lambda data: base64.b64decode(data[1]).decode(), page)


@pytest.mark.long
def test_a_choice_that_learned_in_integers_is_given_or_trained_again(tmp_path: Path, folder: Path, mixed: Path) -> None:
    words = ["--chosen", mixed / "during.toml"]
    said = done(report(folder, tmp_path / "trained.html", *words, candidates=mixed / "c.json"))
    assert said.out.startswith("during was chosen by its plan")
    assert "training (networks): 1 of 1\n" in said.err
    words += ["--chosen-network", mixed / "learned.npz"]
    said = done(report(folder, tmp_path / "given.html", *words, candidates=mixed / "c.json"))
    assert "training" not in said.err
    trained, given = (decoded((tmp_path / name).read_text()) for name in ("trained.html", "given.html"))
    assert trained == given.replace(" --chosen-network learned.npz", "")
    assert "ITQ, learned in integers" in given


def test_a_network_that_did_not_learn_so_is_refused(tmp_path: Path, folder: Path, mixed: Path) -> None:
    words = ["--chosen", mixed / "during.toml", "--chosen-network"]
    network = load_network(mixed / "learned.npz")
    save_network(replace(network, weights=network.weights * 0), tmp_path / "other.npz")
    complaint = report(
        folder, tmp_path / "r.html", *words, tmp_path / "other.npz", candidates=mixed / "c.json"
    ).complaint
    assert complaint.startswith("networks and images must be those that the candidates were measured with, ")
    assert complaint.endswith("; the network that learned as during can be given as --chosen-network")
    words = ["--chosen", mixed / "after.toml", "--chosen-network", mixed / "learned.npz"]
    assert report(folder, tmp_path / "r.html", *words, candidates=mixed / "c.json").complaint == (
        "a chosen network must be of a choice that learned in integers, after did not"
    )
    assert not (tmp_path / "r.html").exists()


def test_what_cannot_be_written_is_told_first(tmp_path: Path, folder: Path) -> None:
    assert report(folder, tmp_path / "none" / "r.html").complaint.startswith("an output file must be in a folder ")
