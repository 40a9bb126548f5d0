"""One set of commands for every kind of network: what a kind is not shown is refused, former commands are named."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main
from numpy.typing import NDArray

import fxsnn
from command_line import long_but, run, skip_without_jit, small_splits
from fxsnn.cli import app
from fxsnn.cli.moved import MOVED
from fxsnn.competitive.learn import random_network
from fxsnn.competitive.network import save_network
from fxsnn.data.encode import RateCoding
from fxsnn.decolle.description import parse_description
from fxsnn.decolle.learn import LocalLearning
from fxsnn.decolle.network import load_layers, random_layers, save_layers
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.exploration.candidate import evaluate
from fxsnn.exploration.planned import parse_planned, planned_text, signal_rows
from fxsnn.io.npz import pack_npz
from fxsnn.networks.words import words_in
from fxsnn.recordings.bench import Bench, Lessons, learned_and_held_out
from fxsnn.recordings.grid import RecordedGrid, recorded_points
from fxsnn.recordings.groups import decolle_spreads
from fxsnn.recordings.splits import open_split
from test_cli_json import GRID, PLAN
from test_decolle_learning import NET, recordings, write
from test_graph_explore import written
from test_report import PICTURES

skip_without_jit()

POPULATIONS = ["net.toml", "--inputs", "shown.npz"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network of each kind, plans of them, and what they are shown."""
    place = tmp_path_factory.mktemp("kinds")
    written(place)  # net.toml, shown.npz
    (place / "populations.toml").write_text(GRID.replace('["Q2.4", "Q2.2"]', '"Q2.4"'))
    save_network(replace(random_network(784, 2), coding=RateCoding(steps=6)), place / "digits.npz")
    (place / "digits.toml").write_text(PLAN)
    write(place / "events", recordings(40), "Train")
    write(place / "events", recordings(6, seed=1), "Test")
    text = NET.replace("height = 6\nwidth = 6\n", "shrink = 3\n")
    (place / "described.toml").write_text(text)
    layers = random_layers(parse_description(text), 3)
    save_layers(layers, place / "layers.npz")
    (place / "layers.toml").write_text(planned_text(plan_layers(layers, Words(4, 2))))
    return place


@pytest.fixture
def folder(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    monkeypatch.setattr("fxsnn.jobs.digits.open_splits", lambda *_: small_splits())
    return made


RENAMED = [name for name, options in MOVED.items() if options]


@pytest.mark.parametrize("name", RENAMED)
def test_a_former_command_is_told_what_it_is_called_now(name: str) -> None:
    for words in ([], ["net.npz", "--data", "DIR", "--out", "o", "--bogus"], ["--help"]):
        said = run("events", name, *words).complaint
        assert said.startswith(f"fxsnn events {name} must be given as fxsnn {name} now (")
        assert said.endswith(f": see fxsnn {name} --help")


@pytest.mark.long
@pytest.mark.parametrize("name", sorted({*MOVED} - {*RENAMED}))
def test_a_former_command_whose_options_kept_their_names_does_what_it_did(name: str) -> None:
    assert run("events", name, "--help").out == run(name, "--help").out
    said = run("events", name, "none.npz", "--bogus")
    assert (said.status, said.err) == (2, run(name, "none.npz", "--bogus").err)


def test_new_names_of_options_that_are_told_exist_and_the_former_ones_do_not() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, renamed in MOVED.items():
        known = {option for parameter in commands[name].params for option in parameter.opts}
        for former, new in (told.split(" is ") for told in renamed if " is " in told):
            assert new in known
            assert former not in known


@pytest.mark.parametrize("words", [[], ["--help"], ["nosuch"]], ids=" ".join)
def test_the_former_group_names_all_that_it_held(words: list[str]) -> None:
    said = run("events", *words).complaint
    assert said == (
        "the commands of fxsnn events must be given without it: fxsnn data, describe, train, plan, refine, explore, "
        "demo or emulate takes networks of layers and event recordings too"
    )
    assert "events" not in run("--help").out.split()


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["train", "--out", "o.npz", "--rate", "0.5"],
         "--rate 0.5 must not be given for a network of one layer, which learns from images without labels"),
        (["train", "--out", "o.npz", "--device", "cuda"],
         "--device cuda must not be given for a network of one layer, which learns from images without labels"),
        (["train", "--out", "o.npz", "--rounding", "SR"], "--rounding SR must be given with --itq alone"),
        (["train", "--out", "o.npz", "--plan", "p.toml", "--learned-bits", 9],
         "--learned-bits 9 must be given with --itq alone"),
        (["train", "described.toml", "--data", "events", "--out", "o.npz", "--weight", 4, "--rounding", "TR"],
         "--rounding TR must be given with --itq alone"),
        (["golden", "learn", "--out", "set", "--plan", "p.toml", "--rounding", "TR"],
         "--rounding and --learned-bits must not be given with a plan, which says both"),
        (["train", "described.toml", "--out", "o.npz", "--mnist"],
         "--mnist must not be given for a network of layers, which learns from recordings with labels"),
        (["train", "described.toml", "--out", "o.npz", "--neurons", 3],
         "--neurons 3 must not be given for a network of layers, which learns from recordings with labels"),
        (["train", "described.toml", "--out", "o.npz"],
         "a network of layers must learn from recordings: name their folder by --data"),
        (["train", "described.toml", "--data", "events", "--out", "o.npz", "--itq", "UQ0.4"],
         "--itq must be the bits of a weight for a network of layers, as 8, not 'UQ0.4'"),
        (["train", "described.toml", "--data", "events", "--out", "o.npz", "--itq", "25"],
         "a weight must be 1 to 24 bits, not 25"),
        (["train", "described.toml", "--data", "events", "--out", "o.npz", "--itq", "8", "--weight", 4],
         "--weight 4 must not be given with --itq 8, which learns in integers"),
        (["train", "described.toml", "--data", "events", "--out", "o.npz", "--itq", "8", "--regularisation", "1"],
         "--regularisation 1 must not be given with --itq 8, which learns in integers"),
        (["train", "described.toml", "--data", "events", "--out", "o.npz", "--update", "step"],
         "--update step must be given with --itq alone"),
        (["train", "described.toml", "--data", "events", "--out", "o.npz", "--state", 3],
         "--state 3 must be given with --itq or --weight alone"),
        (["explore", "digits.npz", "--out", "o.json", "--window", 5],
         "--window 5 must not be given for a network of one layer, which learns from images without labels"),
        (["explore", *POPULATIONS, "--out", "o.json", "--rate", 0.01],
         "--rate 0.01 must not be given for a network of populations, which learns nothing"),
        (["explore", "layers.npz", "--out", "o.json"],
         "a network of layers must be shown recordings: name their folder by --data"),
        (["emulate", "layers.npz", "layers.toml", "--mnist"],
         "--mnist must not be given for a network of layers, which takes recordings by --data"),
        (["emulate", "layers.npz", "layers.toml", "--data", "events", "--inputs", "shown.npz"],
         "--inputs must be given for a network of populations (.toml) alone, not 'layers.npz'"),
        (["demo", "--out", "o", "--regularisation", "0.5"],
         "--regularisation 0.5 must not be given for a network of one layer, which learns from images without labels"),
        (["demo", "described.toml", "--out", "o", "--neurons", 4],
         "--neurons 4 must not be given for a network of layers, which learns from recordings with labels"),
        (["demo", "described.toml", "--out", "o"],
         "a network of layers must learn from recordings: name their folder by --data"),
        (["plan", "digits.npz", "--out", "o.toml", "--filters", "currents"],
         "--filters must be of a network of layers, not of one layer"),
        (["plan", *POPULATIONS, "--out", "o.toml", "--filters", "currents"],
         "--filters must be of a network of layers, not of populations"),
        (["plan", "layers.npz", "--out", "o.toml", "--images", 5],
         "a plan of layers must be made without --data and --images: it holds all words that there can be"),
        (["plan", "layers.npz", "--out", "o.toml", "--data", "events"],
         "a plan of layers must be made without --data and --images: it holds all words that there can be"),
        (["plan", "net.toml", "--out", "o.toml"],
         "--inputs must be given for a network of populations, as 'net.toml'"),
        (["plan", *POPULATIONS, "--out", "shown.npz"],
         "an output file must be another one than those that are read, not 'shown.npz'"),
        (["refine", "digits.npz", "layers.toml", "--data", "events", "--out", "o.npz"],
         "a network must be of layers, 'digits.npz' is of one layer"),
        (["data", "events", "--data", "events"], "one folder must be given, 'events' or --data events, not both"),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_kind_of_network_cannot_be_given_is_refused(folder: Path, words: list[object], complaint: str) -> None:
    before = sorted(folder.iterdir())
    assert run(*words).complaint == complaint
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("command", ["emulate", "golden make", "report", "show", "memory", "export c"])
@pytest.mark.parametrize(
    ("network", "plans", "kind", "shown"),
    [
        ("digits.npz", ["layers.toml", "populations.toml"], "one layer", []),
        ("layers.npz", ["digits.toml", "populations.toml"], "layers", ["--data", "events"]),
        ("net.toml", ["digits.toml", "layers.toml"], "populations", ["--inputs", "shown.npz"]),
    ],
    ids=["one layer", "layers", "populations"],
)
def test_a_plan_of_another_kind_of_network_is_refused(
    folder: Path, tmp_path: Path, network: str, plans: list[str], kind: str, shown: list[str], command: str
) -> None:
    del folder
    for plan in plans:
        given = [plan, "--network", network] if command == "memory" else [network, plan]
        given += shown if command in ("emulate", "golden make", "report") else []
        given += ["--out", str(tmp_path / "o")] if command in ("golden make", "report", "export c") else []
        expected = f"a plan must be of {kind} as its network is, {plan!r} is not"
        if (command, kind) == ("memory", "one layer"):
            other = plan.removesuffix(".toml")
            expected = f"a plan of {other}, as {plan!r}, must be counted with --network of {other}"
        assert run(*command.split(), *given).complaint == expected
    assert not (tmp_path / "o").exists()


def test_a_demo_from_the_description_of_one_layer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    path.write_text(run("describe", "mnist").out)
    assert run("demo", path, "--out", tmp_path / "o").complaint == (
        f"a demo from a description must be of a network of layers, '{path}' is of one"
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "state", "first"),
    [
        (["digits.npz", "digits.toml"], "layer.membrane", "layer.leaked"),
        (["layers.npz", "layers.toml", "--data", "events"], "filter_0.trace", "filter_0.trace"),
    ],
    ids=["one layer", "layers"],
)
def test_golden_vectors_of_any_kind_begin_with_given_words(
    folder: Path, tmp_path: Path, words: list[str], state: str, first: str
) -> None:
    del folder
    usual = ["golden", "make", *words, "--images", 2, "--no-directed", "--out"]
    assert run(*usual, tmp_path / "usual").status == 0
    before = fxsnn.load_golden(tmp_path / "usual")
    rows, *shape = before[first].shape
    steps, given = rows // 2, 3 + np.arange(2 * math.prod(shape)).reshape(2, *shape) % 5
    (tmp_path / "start.npz").write_bytes(pack_npz({state: given}))
    assert run(*usual, tmp_path / "begun", "--start", tmp_path / "start.npz").status == 0
    assert run("golden", "check", tmp_path / "begun").status == 0
    begun = fxsnn.load_golden(tmp_path / "begun")
    assert begun[state.replace(".", ".initial.")].tolist() == given.tolist()
    for n in range(2):  # at the first step what begins leaks, and nothing of the input is in it
        assert (before[first][n * steps] == 0).all()
        assert (begun[first][n * steps] > 0).any()
        assert (begun[first][n * steps] <= given[n]).all()
    (tmp_path / "other.npz").write_bytes(pack_npz({"layer.membrene": given}))
    said = run(*usual, tmp_path / "no", "--start", tmp_path / "other.npz").complaint
    assert "a state at the start must be one of " in said
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("words", "states"),
    [
        (["digits.npz", "digits.toml"], ["layer.membrane"]),
        (["layers.npz", "layers.toml", "--data", "events"], ["filter_0.trace", "layer_0.fired"]),
    ],
    ids=["one layer", "layers"],
)
def test_a_trained_network_is_emulated_and_counted_from_given_words(
    folder: Path, tmp_path: Path, words: list[str], states: list[str]
) -> None:
    start, network = tmp_path / "start.npz", words_in(folder / words[0], folder / words[1])
    shapes = {name: network.graph[name.partition(".")[0]].shape for name in states}
    given = {name: np.arange(math.prod(shape)).reshape(shape) % 2 for name, shape in shapes.items()}
    start.write_bytes(pack_npz(given))
    begun, usual = (
        json.loads(run("emulate", *words, "--images", 1, *more, "--json").out) for more in (["--start", start], [])
    )
    made = ["golden", "make", *words, "--images", 1, "--no-directed", "--start", start, "--out", tmp_path / "set"]
    assert run(*made).status == 0
    counts = json.loads((tmp_path / "set" / "manifest.json").read_bytes())["counts"]

    def made_in(casts: dict[str, dict[str, int]]) -> list[list[int]]:
        return sorted([*one.values()] for one in casts.values() if one["casts"])

    assert made_in(begun["casts"]) == made_in(counts["casts"]) != made_in(usual["casts"])
    counted = json.loads(run("memory", words[1], "--network", words[0], "--start", start, "--json").out)
    counted.pop("while_learning", None)
    assert counted == begun["memory"]
    refused: list[tuple[dict[str, NDArray[Any]], str]] = [
        ({"layer.spike": np.zeros(1, int)}, "a state at the start must be one of "),
        ({name: np.zeros((3, *one.shape), int) for name, one in given.items()}, " at the start must be ["),
        ({name: 0 * one + 2**40 for name, one in given.items()}, " must be a word of "),
        ({name: one.astype(str) for name, one in given.items()}, " must be "),
    ]
    for wrong, complaint in refused:
        (tmp_path / "wrong.npz").write_bytes(pack_npz(wrong))
        said = run("emulate", *words, "--images", 2, "--start", tmp_path / "wrong.npz").complaint
        assert said.startswith(f"'{tmp_path / 'wrong.npz'}': ")
        assert complaint in said


@pytest.mark.parametrize(
    "words", [["digits.npz"], ["layers.npz"], [*POPULATIONS, "--images", 20]], ids=["digits", "layers", "populations"]
)
def test_a_plan_is_made_for_any_kind_and_runs(folder: Path, tmp_path: Path, words: list[str]) -> None:
    del folder
    asked = ["plan", *words, "--weight", 5, "--state", 3, "--weight-rounding", "SR", "--state-rounding", "RN", "--out"]
    made = [run(*asked, tmp_path / name, "--json") for name in ("one.toml", "two.toml")]
    assert [said.status for said in made] == [0, 0], made[0].err
    assert (tmp_path / "one.toml").read_bytes() == (tmp_path / "two.toml").read_bytes()
    plan = parse_planned((tmp_path / "one.toml").read_text())
    weights = [(form, rounding) for name, form, rounding, _ in signal_rows(plan) if name.endswith("weight")]
    assert weights
    assert all(form.endswith(("(s5)", "(u5)")) and rounding == "stochastic" for form, rounding in weights)
    samples = ["--data", "events"] if words == ["layers.npz"] else words[1:3]
    counted = json.loads(run("memory", tmp_path / "one.toml", "--network", words[0], "--json").out)
    assert counted["bits"] == json.loads(made[0].out)["memory"]["bits"]
    said = json.loads(run("emulate", words[0], tmp_path / "one.toml", *samples, "--json").out)
    assert said["fixed"]["images"] == said["float"]["images"] > 0


@pytest.mark.parametrize(
    ("words", "images"),
    long_but(
        1,
        (["digits.npz", "digits.toml"], 6),
        (["layers.npz", "layers.toml", "--data", "events"], 6),
        (["net.toml", "populations.toml", "--inputs", "shown.npz"], 30),
    ),
    ids=["one layer", "layers", "populations"],
)
def test_emulate_measures_as_many_as_are_asked_for_of_any_kind(folder: Path, words: list[str], images: int) -> None:
    del folder
    whole, some = (json.loads(run("emulate", *words, "--json", *more).out) for more in ([], ["--images", 3]))
    for name in ("float", "fixed"):
        assert (whole[name]["images"], some[name]["images"]) == (images, 3)
    assert whole["casts"] == some["casts"]  # of the first, which is the first of the evenly spread too
    assert run("emulate", *words, "--images", 99).out == run("emulate", *words).out
    assert set(next(iter(whole["casts"].values()))) == {"casts", "inexact", "ties", "overflows"}


@pytest.mark.long
def test_the_memory_and_casts_of_a_decolle_network_are_told_as_json(folder: Path) -> None:
    del folder
    words = "layers.npz", "layers.toml"
    found = json.loads(run("emulate", *words, "--data", "events", "--json").out)
    assert [*found] == ["float", "fixed", "casts", "overflowing", "memory"]
    assert "layer 0 trace" in found["casts"]
    assert found["memory"] == json.loads(run("memory", words[1], "--network", words[0], "--json").out)


def test_ranges_of_a_decolle_network_are_those_of_recordings_that_were_not_learned_from(folder: Path) -> None:
    said = run("ranges", "layers.npz", "--data", "events", "--images", 3)
    assert said.status == 0, said.err
    assert said.out.endswith(
        "float network on the first recordings that were not learned from, at most 3; integer bits count the sign\n"
    )
    found = json.loads(run("ranges", "layers.npz", "--data", "events", "--images", 3, "--json").out)
    layers = load_layers(folder / "layers.npz")
    _, held_out = learned_and_held_out(open_split(folder / "events", "train", layers.description))
    expected = decolle_spreads(layers, held_out.part(range(3)))
    assert {name: values["integer"] for name, values in found.items()} == {
        name: spread.integer for name, spread in expected.items()
    }


@pytest.mark.long
def test_a_demo_of_a_decolle_network_takes_a_grid_and_a_weight_of_memory(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del folder
    monkeypatch.setattr("fxsnn.report.page._pictures", lambda _: {name: [] for name in PICTURES})
    # nothing of it is narrowed, which begins with what learned nothing more
    (tmp_path / "grid.toml").write_text('weight = [4, 2]\nstate = [1]\nscheme = ["straight-through"]\n')
    words = ["demo", "described.toml", "--data", "events", "--out", tmp_path / "o", "--passes", 1, "--max-loss", 1]
    said = run(*words, "--mu", 0.25, "--grid", tmp_path / "grid.toml", "--window", 4)
    assert said.status == 0, said.err
    held = json.loads((tmp_path / "o" / "candidates.json").read_bytes())
    assert [one["name"] for one in held["candidates"]] == [f"w{bits}-nearest-even-s1-TR-through" for bits in (4, 2)]
    assert held["selection"]["mu"] == 0.25
    page = (tmp_path / "o" / "report.html").read_text().replace("\u00a0", " ")
    assert "fxsnn demo described.toml --data events --out o --passes 1 --rate 0.004 --seed 0 --max-loss 1 " in page
    assert "--window 4 --mu 0.25 --grid grid.toml" in page


@pytest.mark.long
def test_options_of_learning_on_reach_the_candidates(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text('weight = [3]\nstate = [1]\nscheme = ["straight-through"]\n')
    words = [
        "explore",
        "layers.npz",
        "--data",
        "events",
        "--grid",
        tmp_path / "grid.toml",
        "--out",
        tmp_path / "c.json",
    ]
    said = run(*words, "--passes", 1, "--rate", 0.02, "--window", 4, "--regularisation", 0)
    assert said.status == 0, said.err
    layers, learning = load_layers(folder / "layers.npz"), LocalLearning(1, rate=0.02, window=4, regularisation=0.0)
    train, held_out = learned_and_held_out(open_split(folder / "events", "train", layers.description))
    bench = Bench(layers, held_out, Lessons(train, learning))
    (point,) = recorded_points(RecordedGrid((3,), (1,), scheme=("straight-through",)), bench.network)
    (told,) = json.loads((tmp_path / "c.json").read_bytes())["candidates"]
    assert (told["accuracy"], told["bits"]) == (evaluate(bench, point).accuracy, evaluate(bench, point).bits)
