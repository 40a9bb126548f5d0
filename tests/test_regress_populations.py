"""fxsnn regress takes networks of populations: every bit of theirs is held against the lock."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from command_line import run, skip_without_jit
from fxsnn.graph.files import load_graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.run import trace
from fxsnn.regress.lock import lock_path, read_lock
from test_graph_explore import GRID, written

skip_without_jit()

PLAN = GRID.replace('["Q2.5", "Q2.1"]', '"Q2.5"').replace(
    '["Q4.5 floor", "Q4.2 stochastic", "Q4.2"]', '"Q4.2 stochastic"'
)
LISTED = """
schema = 1
[default]
network = "net.toml"
plan = "plan.toml"
[[configuration]]
name = "shown"
inputs = "shown.npz"
images = 20
traced = 3
[[configuration]]
name = "drawn, wraps"
images = 2
random = { steps = 30, density = 0.5, seed = 7 }
change.signal.membrane.overflow = "wrap"
change.signal."back.weight" = { format = "Q2.2" }
[[configuration]]
name = "refused"
inputs = "shown.npz"
images = 20
change.signal.v = { format = "UQ1.1", overflow = "error" }
"""


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    folder = written(tmp_path)
    (folder / "plan.toml").write_text(PLAN)
    (folder / "list.toml").write_text(LISTED)
    said = run("regress", folder / "list.toml", "--accept")
    assert said.status == 0, said.err
    return folder / "list.toml"


def test_a_list_agrees_from_whatever_folder_it_is_named(listed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(listed.parent)
    assert run("regress", "list.toml").status == 0
    monkeypatch.chdir(listed.parent.parent)
    assert run("regress", f"{listed.parent.name}/list.toml").status == 0


def test_every_bit_is_held_and_agrees_a_second_time(listed: Path) -> None:
    again = run("regress", listed)
    assert again.status == 0
    assert "3 of 3 configurations agree with list.lock.json" in again.out
    held = read_lock(lock_path(listed)).records
    graph = load_graph(listed.parent / "net.toml")
    network = quantise_graph(graph, parse_graph_plan(PLAN))
    shown = np.load(listed.parent / "shown.npz")
    kept = [trace(network, one) for one in shown["inputs"][:20].astype(np.int64)]
    spikes = sum(int(one[name].emitted.sum()) for one in kept for name in ("mine", "out"))
    classes = [one["out"].emitted.sum(axis=0).argmax() for one in kept]
    assert held["shown"].spikes == spikes
    assert (held["shown"].correct, held["shown"].images) == (int((classes == shown["labels"][:20]).sum()), 20)
    assert len(held["shown"].nodes) == 3
    assert {"mine.v", "out.integrated", "out.integrated draw 1", "out.lfsr", "mine emits"} <= set(
        held["shown"].nodes[0]
    )
    assert held["refused"].refused.startswith("OverflowDetectedError: ")
    assert held["drawn, wraps"].configuration["plan.signal.back.weight.format"] == "Q2.2"


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "plan.toml",
            '"back.weight" = "Q2.3"',
            '"back.weight" = "Q2.1"',
            "plan.signal.back.weight.format Q2.3 -> Q2.1",
        ),
        ("net.toml", "rise = 0.25", "rise = 0.5", "mine.rise word 4 -> 8"),
        ("net.toml", "leak_shift = 3", "leak_shift = 2", "network.population.out.numbers.leak_shift 3 -> 2"),
        ("rising.neuron", "met > base", "met >= base", "network.population.mine.text "),
    ],
)
def test_what_changed_is_named_with_the_first_node(listed: Path, file: str, old: str, new: str, told: str) -> None:
    path = listed.parent / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    said = run("regress", listed, "--only", "shown")
    assert said.status == 1
    assert said.out.startswith("FAIL  shown: ")
    assert told in said.out


def test_a_weight_that_changes_a_word_is_told_with_the_node_it_changes_first(listed: Path) -> None:
    held = dict(np.load(listed.parent / "w.npz"))
    held["last"] = held["last"] + 0.5
    np.savez(listed.parent / "w.npz", **held)
    line = run("regress", listed, "--only", "shown", "--json")
    (one,) = json.loads(line.out)["configurations"]
    assert one["why"][0] == "weights of mine_out changed"
    assert one["why"][1].startswith("first node: out.integrated")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("images = 20\ntraced = 3", "images = 31\ntraced = 3", "images must be at most the 30 of "),
        ('inputs = "shown.npz"\nimages = 20\ntraced', 'data = "digits"\nimages = 20\ntraced', "constants and data"),
        ('traced = 3', 'traced = 3\nconstants.threshold = 1.0', "constants and data must be left out"),
        ('overflow = "wrap"', 'overflows = "wrap"', "signal 'membrane' must be a text or a table of"),
        ('"back.weight" = {', '"black.weight" = {', "a signal must be one of mine.v, "),
        ("signal.membrane.", "signal.membrene.", "a signal must be one of v, level, "),
        ('signal."back.weight" = {', 'signal.weights = "Q2.0" #', "a signal must be one of v, level, "),
        ('signal."back.weight" = {', "signal.mine = { w = {} } #", "a signal must be one of mine.v, "),
        ("traced = 3", "traced = 3\nchange.choice.mu = 0.3", "change must be of what a plan computes with, "),
        ("traced = 3", "traced = 3\nrandom.steps = 9", "random must be left out of a configuration of inputs"),
        ('network = "net.toml"', 'network = "../net.toml"', "a file name must stay inside"),
    ],
)  # fmt: skip
def test_an_entry_that_is_none_is_refused_in_one_line(listed: Path, old: str, new: str, told: str) -> None:
    assert old in listed.read_text()
    before = lock_path(listed).read_bytes()
    listed.write_text(listed.read_text().replace(old, new))
    complaint = run("regress", listed, "--accept").complaint
    assert told in complaint
    assert str(listed) in complaint
    assert lock_path(listed).read_bytes() == before


@pytest.mark.parametrize("plan", ['weight = "Q1.3"\n', '[[layer]]\nweight = "Q1.3"\n'])
def test_a_plan_of_another_kind_of_network_is_refused(listed: Path, plan: str) -> None:
    (listed.parent / "plan.toml").write_text(plan)
    complaint = run("regress", listed).complaint
    assert complaint.endswith(
        f"a plan must be of populations as its network is, '{listed.parent / 'plan.toml'}' is not"
    )
    (listed.parent / "plan.toml").write_text('signals = { weight = "Q1.3" }\n')  # of no kind that is known
    assert "unknown field `signals`" in run("regress", listed).complaint
