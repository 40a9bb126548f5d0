"""Candidates of long names stand in tables by their numbers, and are picked by either."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest

from command_line import run
from fxsnn.cli.studies import show_finished
from fxsnn.exploration.candidates import Entry, Exploration, Found, assemble, to_json
from fxsnn.exploration.shortened import picked
from fxsnn.graph.plan import graph_plan_from_data, graph_plan_to_data
from fxsnn.study.session import Finished

NAMES = ("input_hidden.weight", "hidden_out.weight", "hidden.membrane")


def exploration() -> Exploration:
    entries = []
    for n, (first, last, rounding) in enumerate(product(("Q2.3", "Q2.1"), ("Q2.2", "Q2.0"), ("floor", "stochastic"))):
        words = dict(zip(NAMES, (first, last, f"Q6.6 {rounding}"), strict=True)) | {"threshold": "UQ2.4"}
        data: dict[str, Any] = graph_plan_to_data(graph_plan_from_data({"signal": words}))
        name = "-".join(f"{one}-{words[one]}" for one in NAMES)
        share, bits = (90 - n) / 100, 3000 - 100 * n
        formats = {one: f"{text.split()[0]} (s6)" for one, text in words.items()}
        entries.append(
            Entry(
                name,
                "PTQ",
                "floor",
                "floor",
                formats,
                90 - n,
                100,
                share,
                (0.8, 0.95),
                None,
                bits,
                bits,
                2.0,
                True,
                data,
            )
        )
    return assemble("100 inputs of shown.npz", Found(0.9, (0.8, 0.95), 20_000, None), entries)


@pytest.fixture
def candidates(tmp_path: Path) -> Path:
    (tmp_path / "candidates.json").write_bytes(to_json(exploration()))
    return tmp_path / "candidates.json"


def test_a_table_has_numbers_and_a_column_for_each_signal_that_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_finished(Finished(exploration(), 8), tmp_path / "c.json", "s.db", tmp_path / "net.toml", as_json=False)
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert head.split("   ")[0] == "on the Pareto front"
    assert [name in head for name in (*NAMES, "threshold")] == [True, True, True, False]
    assert [row.split()[:5] for row in rows[:2]] == [
        ["#1", "Q2.3", "Q2.2", "Q6.6", "floor"],
        ["#2", "Q2.3", "Q2.2", "Q6.6", "stochastic"],
    ]
    assert max(map(len, (head, *rows))) < 160


def test_the_reason_is_a_paragraph_and_names_the_candidate_once_in_full(candidates: Path, tmp_path: Path) -> None:
    said = run("select", candidates, "--budget", "2500 bits", "--out", tmp_path / "chosen.toml")
    reason, measured, *_ = said.out.splitlines()
    assert reason.startswith("#6 has the highest accuracy (85.00 %) of the 3 of 8 candidates that fit into 2,500 bits")
    name = exploration().entries[5].name
    assert measured.startswith(f"#6, {name}: accuracy 85.00 %")
    told = json.loads(run("select", candidates, "--budget", "2500 bits", "--out", tmp_path / "c.toml", "--json").out)
    assert (told["number"], told["name"]) == (6, name)


@pytest.mark.parametrize("name", ["#3", exploration().entries[2].name])
def test_a_candidate_is_picked_by_its_name_and_by_its_number(name: str, candidates: Path, tmp_path: Path) -> None:
    out = tmp_path / "chosen.toml"
    said = run("select", candidates, "--candidate", name, "--out", out)
    assert said.status == 0, said.err
    assert said.out.startswith("#3 was chosen by its name: 7.1 times less memory, -2.00 points of accuracy.")
    assert 'hidden_out.weight" = "Q2.0' in out.read_text()


@pytest.mark.parametrize(
    "name", ["w1.1-SR-v10.2-TR-fold", "w1.1-stochastic-v10.2-floor-fold", "w1.1-SR-v10.2-floor-fold"]
)
def test_a_rounding_in_a_name_is_picked_in_either_of_its_words_and_spelled_out(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = exploration()
    names = ["w1.1-TR-v10.2-SR-fold", "w1.1-SR-v10.2-TR-fold", "w1.1-nearest-even-v8.0-TR"]
    entries = [msgspec.structs.replace(entry, name=called) for entry, called in zip(found.entries, names, strict=False)]
    found = assemble(found.data, found.found, entries)
    assert picked(found, name) == 1
    show_finished(Finished(found, 3), tmp_path / "c.json", "s.db", tmp_path / "net.toml", as_json=False)
    assert "roundings in names: TR: floor, SR: stochastic\n" in capsys.readouterr().out


def test_a_candidate_that_is_none_is_refused(candidates: Path, tmp_path: Path) -> None:
    out = tmp_path / "chosen.toml"
    for name in ("#9", "#0", "12", "input_hidden"):
        said = run("select", candidates, "--candidate", name, "--out", out)
        assert said.complaint == f"a candidate must be a name, or a number #1 to #8, not {name!r}"
    said = run("select", candidates, "--candidate", "#1", "--max-loss", "0.1", "--out", out)
    assert said.complaint == "--max-loss must not be given with --candidate #1, which says what is chosen"
    assert not out.exists()


def test_what_a_choice_was_made_with_stands_behind_its_plan(candidates: Path, tmp_path: Path) -> None:
    out = tmp_path / "chosen.toml"
    assert run("select", candidates, "--max-loss", "0.03", "--budget", "2800 bits", "--out", out).status == 0
    head = '\n[choice]\nreward = "additive"\nmu = 0.0\nmax_loss = 0.03\nbudget = "2800 bits"\nby = "bits"\n'
    assert out.read_text().endswith(head)
    out.write_text(out.read_text().replace("max_loss", "most_loss"))
    net = tmp_path / "net.toml"
    (tmp_path / "w.csv").write_text("1 " * 20)
    net.write_text(
        '[input]\nshape = 4\n[population.out]\nshape = 5\nneuron = "integrator"\nchoices = { leak = "none" }\n'
        '[[projection]]\nfrom = "input"\nto = "out"\nweights = "w.csv"\n'
    )
    assert "unknown field `most_loss`" in run("show", net, out).complaint
