"""Networks of populations are explored on inputs of one's own: grids, studies, a descent, and the commands."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from command_line import FXSNN, skip_without_jit
from command_line import run as command
from fxsnn.engine.pool import Engine
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidates import Entry, load_exploration, to_json
from fxsnn.exploration.descent import formats
from fxsnn.exploration.planned import parse_planned
from fxsnn.graph.files import load_graph
from fxsnn.graph.inputs import Inputs, read_inputs
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan, graph_plan_text, parse_graph_plan
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.real import float_run, float_trace
from fxsnn.graph.run import trace
from fxsnn.number.format import Format
from fxsnn.populations.bench import check_inputs_of
from fxsnn.populations.grid import GraphSignals, graph_points, parse_graph_grid
from fxsnn.populations.groups import LEAST_WIDE, wide_plan
from fxsnn.populations.profile import graph_spreads
from fxsnn.populations.subject import GraphSubject, digest_of_graph
from fxsnn.study.session import Finished, Settings, run_study
from fxsnn.study.storage import parse_place
from test_graph_files import RISING

skip_without_jit()

NETWORK = """
[input]
shape = 4
[population.mine]
shape = 5
neuron = "rising.neuron"
choices = { leaky = "yes" }
constants = { base = 0.5, rise = 0.25, keep = 0.75 }
numbers = { fade = 2 }
[population.out]
shape = 3
neuron = "lif"
choices = { leak = "shift", reset = "subtract" }
constants = { threshold = 1.0 }
numbers = { leak_shift = 3 }
[[projection]]
from = "input"
to = "mine"
weights = "w.npz:first"
[[projection]]
name = "back"
from = "mine"
to = "mine"
weights = "w.npz:back"
delay = 1
[[projection]]
from = "mine"
to = "out"
weights = "w.npz:last"
[readout]
kind = "counts"
"""
STATES = '["Q4.5 floor", "Q4.2 stochastic", "Q4.2"]'
GRID = """
[signal]
weight = ["Q2.5", "Q2.1"]
"back.weight" = "Q2.3"
v = "Q4.5 floor"
level = "UQ3.4 floor"
keep = "UQ0.4"
membrane = ["Q4.5 floor", "Q4.2 stochastic", "Q4.2"]
threshold = "UQ2.4"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path)


def written(tmp_path: Path) -> Path:
    """Write a network, a grid and what it is shown into a folder, and return it."""
    rng = np.random.default_rng(39)
    np.savez(
        tmp_path / "w.npz",
        first=rng.normal(0.3, 0.4, (4, 5)),
        back=rng.normal(-0.2, 0.2, (5, 5)),
        last=rng.normal(0.25, 0.2, (5, 3)),
    )
    (tmp_path / "rising.neuron").write_text(RISING)
    (tmp_path / "net.toml").write_text(NETWORK)
    (tmp_path / "grid.toml").write_text(GRID)
    shown = (rng.random((30, 12, 4)) < 0.5).astype(np.uint8)
    labels = np.argmax(float_run(load_graph(tmp_path / "net.toml"), shown)[0] + rng.normal(0, 1, (30, 3)), axis=1)
    np.savez(tmp_path / "shown.npz", inputs=shown, labels=labels)
    np.save(tmp_path / "shown.npy", shown)
    return tmp_path


def subject(folder: Path, grid: str = GRID, shown: str = "shown.npz") -> GraphSubject:
    graph = load_graph(folder / "net.toml")
    return GraphSubject(graph, read_inputs(folder / shown, graph), shown, parse_graph_grid(grid))


def study(given: GraphSubject, place: Path, engine: Engine | None = None, **settings: object) -> Finished:
    asked = Settings(parse_place(str(place)), **settings)  # type: ignore[arg-type]
    return run_study(given, asked, 2, lambda *_: None, *([engine] if engine else []))


def by_the_interpreter(graph: Graph, plan: GraphPlan, inputs: Inputs) -> list[int]:
    """Return the class of each input: whose neuron of `out` fires most, of several the first."""
    network = quantise_graph(graph, plan)
    counts = [trace(network, words)["out"].emitted.sum(axis=0).tolist() for words in inputs.words]
    return [one.index(max(one)) for one in counts]


def test_a_grid_is_a_plan_whose_signals_may_list_several(folder: Path) -> None:
    graph = load_graph(folder / "net.toml")
    points = graph_points(parse_graph_grid(GRID), graph)
    assert [point.name for point in points] == [
        "weight-Q2.5-membrane-Q4.5-TR",
        "weight-Q2.5-membrane-Q4.2-SR",
        "weight-Q2.5-membrane-Q4.2-nearest-even",
        "weight-Q2.1-membrane-Q4.5-TR",
        "weight-Q2.1-membrane-Q4.2-SR",
        "weight-Q2.1-membrane-Q4.2-nearest-even",
    ]
    chosen = GRID.replace('["Q2.5", "Q2.1"]', '"Q2.1"').replace('["Q4.5 floor", "Q4.2 stochastic", "Q4.2"]', '"Q4.2"')
    assert points[5].plan == parse_graph_plan(chosen)
    (one,) = graph_points(parse_graph_grid(chosen), graph)
    assert (one.name, one.plan) == ("plan", points[5].plan)
    nested = GRID.replace('"back.weight" = "Q2.3"', "").replace("[signal]", '[signal]\nback = { weight = ["Q2.3"] }')
    assert [point.plan for point in graph_points(parse_graph_grid(nested), graph)] == [point.plan for point in points]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('["Q2.5", "Q2.1"]', "[]", "signal 'weight' must list one or more different words, not []"),
        (
            '["Q2.5", "Q2.1"]',
            '["Q2.5", "Q2.5 nearest-even"]',
            "signal 'weight' must list one or more different words, not ['Q2.5', 'Q2.5 nearest-even']",
        ),
        ('["Q2.5", "Q2.1"]', "[5]", "signal 'weight' must be a text or a table of format, rounding, overflow"),
        ('["Q2.5", "Q2.1"]', '["Q2.5", "Q2"]', "signal 'weight'"),
        ("[signal]", "[signals]", "a grid must have the documented keys"),
        (
            '["Q2.5", "Q2.1"]',
            str([f"Q{m}.{n}" for m in range(2, 30) for n in range(30)]) + "\n"
            + "\n".join(f'{name}.weight = {[f"Q3.{n}" for n in range(30)]}' for name in ("input_mine", "mine_out")),
            "a grid must have 1 to 100,000 points, not 2,268,000",
        ),
    ],
)  # fmt: skip
def test_a_grid_that_is_none_is_refused_in_one_line(old: str, new: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_graph_grid(GRID.replace(old, new))
    assert str(refused.value).startswith(complaint)
    assert "\n" not in str(refused.value)


def test_a_signal_without_a_format_is_named_before_anything_runs(folder: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"^every signal must have a format, mine\.level \(.*rising\.neuron:16:1\) has none$"
    ):
        study(subject(folder, GRID.replace('level = "UQ3.4 floor"', "")), folder / "s.db")


def test_a_grid_that_does_not_fit_the_network_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(GRID.replace('level = "UQ3.4 floor"', ""))
    words = ("--grid", tmp_path / "other.toml", "--inputs", folder / "shown.npz", "--out", tmp_path / "c.json")
    assert command("explore", folder / "net.toml", *words).complaint == (
        f"{str(tmp_path / 'other.toml')!r}: every signal must have a format, "
        f"mine.level ({folder / 'rising.neuron'}:16:1) has none"
    )


@pytest.mark.long
def test_candidates_are_what_the_interpreter_says_and_memory_counts(folder: Path) -> None:
    given = subject(folder)
    finished = study(given, folder / "s.db")
    assert finished.evaluated == 6
    assert len({entry.accuracy for entry in finished.exploration.entries}) > 2
    labels = given.inputs.labels
    assert labels is not None
    for entry, point in zip(finished.exploration.entries, given.points(), strict=True):
        found = by_the_interpreter(given.graph, point.plan, given.inputs)
        assert entry.correct == int((np.array(found) == labels).sum())
        assert entry.bits == graph_memory(quantise_graph(given.graph, point.plan)).bits
        assert parse_planned(graph_plan_text(point.plan)) == point.plan
    said, _ = float_run(given.graph, given.inputs.words[:])
    assert finished.exploration.found.accuracy == float((said.argmax(axis=1) == labels).mean())
    assert finished.exploration.data == "30 inputs of shown.npz"
    again = study(given, folder / "s.db")
    assert (again.evaluated, to_json(again.exploration)) == (0, to_json(finished.exploration))


@pytest.mark.long
def test_processes_and_samplers_find_the_same_results(folder: Path) -> None:
    given = subject(folder)
    expected = to_json(study(given, folder / "a.db").exploration)
    assert to_json(study(given, folder / "b.journal", Engine(processes=True)).exploration) == expected
    sampled = study(given, folder / "c.db", strategy="tpe", trials=20, seed=1).exploration
    known = {entry.name: entry.correct for entry in load_from(expected, folder)}
    assert {entry.name: known[entry.name] for entry in sampled.entries} == {e.name: e.correct for e in sampled.entries}


def load_from(data: bytes, folder: Path) -> tuple[Entry, ...]:
    (folder / "expected.json").write_bytes(data)
    return load_exploration(folder / "expected.json").entries


@pytest.mark.long
def test_without_labels_the_float_network_is_agreed_with(folder: Path) -> None:
    given = subject(folder, shown="shown.npy")
    found = study(given, folder / "s.db").exploration
    assert found.found.accuracy == 1.0
    assert found.data == "30 inputs of shown.npy, without labels: agreement with the float network"
    said = float_run(given.graph, given.inputs.words[:])[0].argmax(axis=1)
    fixed = by_the_interpreter(given.graph, given.points()[0].plan, given.inputs)
    assert found.entries[0].correct == int((np.array(fixed) == said).sum())


@pytest.mark.long
def test_narrow_takes_bits_from_weights_and_states_while_the_floor_holds(folder: Path) -> None:
    grid = GRID.replace("Q2.5", "Q2.2").replace("Q4.5", "Q4.3")
    given = subject(folder, grid, "shown.npy")
    start = given.points()[0].plan
    assert formats(start, GraphSignals(given.graph)) == {
        "input_mine.weight": "Q2.2",
        "back.weight": "Q2.3",
        "mine_out.weight": "Q2.2",
        "mine.v": "Q4.3",
        "mine.level": "UQ3.4",
        "out.membrane": "Q4.3",
    }
    finished = study(given, folder / "s.db", strategy="narrow", max_loss=0.6)
    entries = {entry.name: entry for entry in finished.exploration.entries}
    assert entries["n0"].correct >= 12
    best = min((entry for entry in entries.values() if entry.correct >= 12), key=lambda entry: entry.bits)
    assert best.bits < entries["n0"].bits
    plan = finished.exploration.plan_of([*entries].index(best.name))
    assert isinstance(plan, GraphPlan)
    assert {name for name in plan.signals if name not in start.signals}  # of one population or projection alone
    said = float_run(given.graph, given.inputs.words[:])[0].argmax(axis=1)
    assert best.correct == int((np.array(by_the_interpreter(given.graph, plan, given.inputs)) == said).sum())


def test_a_study_is_of_all_that_answers_depend_on(folder: Path) -> None:
    graph = load_graph(folder / "net.toml")
    known = {digest_of_graph(graph)}
    moved = folder / "elsewhere"
    moved.mkdir()
    for name in ("net.toml", "w.npz", "rising.neuron"):
        (moved / name).write_bytes((folder / name).read_bytes())
    assert digest_of_graph(load_graph(moved / "net.toml")) in known
    for old, new in (
        ("base = 0.5", "base = 0.25"),
        ("fade = 2", "fade = 3"),
        ('reset = "subtract"', 'reset = "zero"'),
        ('kind = "counts"', 'kind = "first"'),
        ("delay = 1", "delay = 2"),
        ("shape = 5\n", 'shape = 5\nouter = "neurons"\n'),
        ("shape = 4\n", 'shape = 4\nformat = "UQ2.0"\n'),
        ('"w.npz:back"', "[[0.0, 0, 0, 0, 0]" + ", [0, 0, 0, 0, 0]" * 4 + "]"),
    ):
        (moved / "net.toml").write_text(NETWORK.replace(old, new))
        known.add(digest_of_graph(load_graph(moved / "net.toml")))
    (moved / "net.toml").write_text(NETWORK)
    (moved / "rising.neuron").write_text(RISING.replace("met > base", "met >= base"))
    known.add(digest_of_graph(load_graph(moved / "net.toml")))
    assert len(known) == 10
    study(subject(folder, GRID.replace('["Q2.5", "Q2.1"]', '"Q2.5"')), folder / "s.db")
    with pytest.raises(ConfigError, match="but the network of"):
        other = replace(
            subject(folder, GRID.replace('["Q2.5", "Q2.1"]', '"Q2.5"')), graph=load_graph(moved / "net.toml")
        )
        study(other, folder / "s.db")


def test_what_is_measured_must_be_a_question_with_known_classes(folder: Path) -> None:
    given = subject(folder)
    silent = replace(given.graph, readout=replace(given.graph.readout, kind="none"))
    with pytest.raises(ConfigError, match="must have a .readout., such as kind = 'counts', not none"):
        check_inputs_of(silent, given.inputs)
    wrong = Inputs(given.inputs.words, np.full(30, 3))
    with pytest.raises(ConfigError, match=r"^labels must be the classes 0 to 2 of the readout, not 3$"):
        check_inputs_of(given.graph, wrong)


def test_the_commands_take_a_network_of_populations(folder: Path) -> None:
    net, grid, shown = folder / "net.toml", folder / "grid.toml", folder / "shown.npz"
    out, chosen = folder / "candidates.json", folder / "chosen.toml"
    explored = command("explore", net, "--grid", grid, "--inputs", shown, "--out", out)
    assert explored.status == 0
    assert "6 candidates" in explored.out
    selected = command("select", out, "--max-loss", "0.3", "--out", chosen)
    assert (selected.status, "out.membrane" in selected.out) == (0, False)
    held = load_exploration(out)
    name = selected.out.split()[0]
    entry = next(entry for entry in held.entries if entry.name == name)
    emulated = command("emulate", net, chosen, "--inputs", shown)
    assert f"fixed: {100 * entry.accuracy:.2f} %" in emulated.out
    counted = json.loads(command("memory", chosen, "--network", net, "--json").out)
    assert (counted["bits"], counted["saving"]) == (entry.bits, pytest.approx(entry.saving, abs=1e-4))
    assert command("show", net, chosen).status == 0


def test_the_commands_refuse_what_does_not_go_together(folder: Path) -> None:
    net, plan, shown = folder / "net.toml", folder / "grid.toml", folder / "shown.npz"
    (folder / "two.toml").write_text(GRID.replace('["Q2.5", "Q2.1"]', '"Q2.5"'))
    out = folder / "candidates.json"
    assert command("explore", net, "--inputs", shown, "--out", out).complaint == (
        f"--grid must be given for a network of populations, as '{net}': a plan, or several"
    )
    assert command("explore", net, "--grid", plan, "--out", out).complaint == (
        f"--inputs must be given for a network of populations, as '{net}'"
    )
    assert command("explore", net, "--grid", plan, "--mnist", "--out", out).complaint == (
        "--mnist must not be given for a network of populations, which takes --inputs"
    )
    assert command("emulate", folder / "net.npz", plan, "--inputs", shown).complaint == (
        f"--inputs must be given for a network of populations (.toml) alone, not '{folder}/net.npz'"
    )
    assert (
        command("explore", net, "--grid", plan, "--inputs", shown, "--strategy", "paper", "--out", out).complaint
        == "the strategy paper must have --significance FILE"
    )
    assert command("emulate", net, folder / "two.toml", "--inputs", shown).complaint == (
        f"{str(folder / 'two.toml')!r}: signal 'membrane' must be a text or a table of format, rounding, overflow: "
        "Expected `object`, got `array`"
    )
    for words in (["significance", net, "--out", out], ["ranges", net], ["report", net, out, "--out", out]):
        assert command(*words).complaint == f"--inputs must be given for a network of populations, as '{net}'"
    assert not out.exists()


def test_ranges_are_those_of_every_value_that_a_cast_would_take(folder: Path) -> None:
    (folder / "each.toml").write_text(
        """
[input]
shape = 2
[population.a]
shape = 1
neuron = "sums.neuron"
constants = { keep = 0.5 }
[[projection]]
from = "input"
to = "a"
weights = [[3.0], [-2.0]]
[readout]
kind = "node"
node = "v"
"""
    )
    (folder / "sums.neuron").write_text(
        """come: input
v: state
keep: constant
spike: output
part: sum = v * keep
part: sum = part + each(come)
spike = part > 4
if spike:
    top: peak = part
v: v = part
"""
    )
    graph = load_graph(folder / "each.toml")
    shown = np.array([[[1, 1], [1, 0], [1, 0]]])  # v: 1, 3.5, 4.75; on the way 3 at first
    found = {name: (one.minimum, one.maximum, one.values) for name, one in graph_spreads(graph, shown).items()}
    assert found == {
        "input_a.weight": (-2.0, 3.0, 2),
        "a.keep": (0.5, 0.5, 1),
        "a.sum": (0.0, 4.75, 7),  # 0, 3, 1; 0.5, 3.5; 1.75, 4.75
        "a.peak": (4.75, 4.75, 1),
        "a.v": (1.0, 4.75, 3),
    }
    silent = graph_spreads(graph, shown[:, :1])
    assert "a.peak" not in silent  # nobody has fired
    assert wide_plan(graph, silent).signals["a.peak"].format.frac > LEAST_WIDE


@pytest.mark.long
def test_significance_sweeps_every_signal_of_a_network_of_populations(folder: Path) -> None:
    net, shown, out = folder / "net.toml", folder / "shown.npz", folder / "found.json"
    words = ("--inputs", shown, "--images", "12", "--max-loss", "0.1")
    said = command("significance", net, *words, "--out", out)
    assert said.status == 0
    found = json.loads(out.read_text())
    names = ["back.weight", "input_mine.weight", "mine.keep", "mine.level", "mine.v", "mine_out.weight"]
    names += ["out.membrane", "out.threshold"]
    assert sorted(found["fewest"]) == names
    assert found["baseline"]["wide_images_differing"] == 0
    assert found["baseline"]["images"] == 12
    assert {one["group"]: one["words"] for one in found["ranking"]} == {
        "input_mine.weight": 20, "back.weight": 25, "mine_out.weight": 15, "mine.v": 5, "mine.level": 7, "mine.keep": 1,
        "out.membrane": 3, "out.threshold": 1,
    }  # fmt: skip
    assert {point["difference"] for point in found["sweeps"]} > {0.0}
    assert found["data"] == "12 inputs of shown.npz"
    one = command("significance", net, *words, "--processes", "--out", folder / "again.json")
    assert (one.status, (folder / "again.json").read_bytes()) == (0, out.read_bytes())
    assert command("significance", net, *words, "--learning", "--out", out).complaint == (
        "groups of learning must be of a network that learns without labels, not of populations"
    )
    told = command("ranges", net, "--inputs", shown)
    assert (told.status, "mine.level" in told.out) == (0, True)


def test_a_weight_is_narrowed_alone(folder: Path) -> None:
    graph = load_graph(folder / "net.toml")
    plan = graph_points(parse_graph_grid(GRID), graph)[0].plan
    signals = GraphSignals(graph)
    less = signals.replaced(plan, "back.weight", replace(plan.signals["back.weight"], format=Format(3, 1)))
    assert less is not None
    assert formats(less, signals)["back.weight"] == "Q2.1"
    assert formats(less, signals)["mine_out.weight"] == "Q2.5"


RESTING = """# Fires once, and rests for a step: a state that no cast is into.
arriving: input
v: state
rest: state[small]
level: constant
spike: output
met: v[0] = v + (0 if rest > 0 else arriving)
spike = met >= level
v = 0 if spike else met
rest = 3 if spike else max(rest - 1, 0)
"""
RESTED = """
[input]
shape = 4
[population.mine]
shape = 3
neuron = "resting.neuron"
constants = { level = 1.0 }
[[projection]]
from = "input"
to = "mine"
weights = "w.npz:mine"
[[projection]]
name = "back"
from = "mine"
to = "mine"
weights = { raw = [[0, -4, -3], [-4, 0, -4], [-4, -4, 0]] }
delay = 1
[readout]
kind = "counts"
"""
OF_RESTED = '[signal]\nweight = "Q2.3"\n"back.weight" = "Q1.2"\nv = "Q4.5"\nsmall = "UQ2.0"\nlevel = "UQ1.3"\n'


@pytest.fixture
def rested(folder: Path) -> Path:
    np.savez(folder / "w.npz", mine=np.random.default_rng(5).normal(0.4, 0.4, (4, 3)))
    (folder / "resting.neuron").write_text(RESTING)
    (folder / "net.toml").write_text(RESTED)
    (folder / "grid.toml").write_text(OF_RESTED)
    (folder / "float.toml").write_text(RESTED.replace("{ raw = ", "").replace("]] }", "]]"))
    return folder


@pytest.mark.long
def test_narrow_leaves_raw_words_and_what_would_not_provably_fit(rested: Path) -> None:
    given = subject(rested, OF_RESTED.replace('"UQ2.0"', '"UQ3.1"'), "shown.npy")
    start = given.points()[0].plan
    assert formats(start, GraphSignals(given.graph)) == {
        "input_mine.weight": "Q2.3",  # and not the raw words of `back`, which would stand for others
        "mine.v": "Q4.5",
        "mine.small": "UQ3.1",
    }
    finished = study(given, rested / "s.db", strategy="narrow", max_loss=1.0)
    small, back = set[str](), set[str]()
    for n in range(len(finished.exploration.entries)):
        plan = finished.exploration.plan_of(n)
        assert isinstance(plan, GraphPlan)
        small.add(formats(plan, GraphSignals(given.graph))["mine.small"])
        back.add(str(plan.signals["back.weight"].format))
    assert small == {"UQ3.1", "UQ3.0", "UQ2.1", "UQ2.0"}  # each can hold 3
    assert back == {"Q1.2"}


def test_ranges_hold_the_states_that_are_stored_without_a_cast(rested: Path) -> None:
    graph = load_graph(rested / "float.toml")
    shown = np.ones((1, 4, 4))
    found = graph_spreads(graph, shown)
    assert (found["mine.small"].minimum, found["mine.small"].maximum, found["mine.small"].values) == (0.0, 3.0, 12)
    assert "mine.small" in command("ranges", rested / "float.toml", "--inputs", rested / "shown.npy").out


@pytest.mark.long
def test_significance_sweeps_no_signal_that_could_not_hold_what_is_stored(rested: Path) -> None:
    net, out = rested / "float.toml", rested / "found.json"
    said = command("significance", net, "--inputs", rested / "shown.npy", "--images", "8", "--out", out)
    assert said.status == 0
    found = json.loads(out.read_text())
    assert sorted(found["fewest"]) == ["back.weight", "input_mine.weight", "mine.level", "mine.v"]
    assert "mine.small" in found["ranges"]


def test_formats_that_stand_for_float_hold_all_that_is_stored_not_what_was_seen_alone(rested: Path) -> None:
    (rested / "resting.neuron").write_text(RESTING.replace("3 if spike", "min(rest + 90, 1000) if spike"))
    graph = load_graph(rested / "float.toml")
    silent = graph_spreads(graph, np.zeros((1, 4, 4)))  # nobody fires
    assert silent["mine.small"].maximum == 0.0
    assert wide_plan(graph, silent).signals["mine.small"].format.highest >= 1000 << LEAST_WIDE


@pytest.mark.long
def test_samplers_say_nothing_of_their_own(folder: Path) -> None:
    words = ("explore", "net.toml", "--grid", "grid.toml", "--inputs", "shown.npz", "--out", "t.json")
    done = subprocess.run(
        [*FXSNN, *words, "--strategy", "tpe", "--trials", "3"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert "no-name" not in done.stdout + done.stderr
    assert "study" not in done.stderr


@pytest.mark.parametrize("name", ["net.toml", "grid.toml", "shown.npz", "linked.json"])
def test_candidates_never_replace_what_they_are_made_of(folder: Path, name: str) -> None:
    (folder / "linked.json").symlink_to("grid.toml")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    words = ("--grid", folder / "grid.toml", "--inputs", folder / "shown.npz", "--out", folder / name)
    assert command("explore", folder / "net.toml", *words).complaint == (
        f"an output file must be another one than those that are read, not '{folder / name}'"
    )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_choice_does_not_replace_the_candidates(folder: Path) -> None:
    out = folder / "candidates.json"
    out.write_bytes(to_json(study(subject(folder), folder / "s.db").exploration))
    before = out.read_bytes()
    assert command("select", out, "--max-loss", "1", "--out", out).complaint == (
        f"an output file must be another one than those that are read, not '{out}'"
    )
    assert out.read_bytes() == before


def test_words_that_no_signal_takes_make_no_points(folder: Path) -> None:
    graph = load_graph(folder / "net.toml")
    with pytest.raises(ConfigError, match=r"^signal 'wait', which lists several words, must be one of v, level, "):
        graph_points(parse_graph_grid(GRID + 'wait = ["Q1.1", "Q1.2"]\n'), graph)
    with pytest.raises(ConfigError, match="^a signal must be one of v, level, .*, not 'membrene'$"):
        graph_points(parse_graph_grid(GRID + 'membrene = "Q1.1"\n'), graph)
    assert len(graph_points(parse_graph_grid(GRID + 'wait = "Q1.1"\n'), graph)) == 6  # another neuron's
    with pytest.raises(ConfigError, match=r"^signal 'membrane', which lists several words, must be one of .*level"):
        graph_points(parse_graph_grid(GRID + '"out.membrane" = "Q4.3"\n'), graph)


def test_options_of_learning_are_refused_and_a_plan_of_populations_asks_for_its_network(folder: Path) -> None:
    words = ("--grid", folder / "grid.toml", "--inputs", folder / "shown.npz", "--out", folder / "c.json")
    assert command("explore", folder / "net.toml", *words, "--passes", "2").complaint == (
        "--passes 2 must not be given for a network of populations, which learns nothing"
    )
    plan = folder / "plan.toml"
    plan.write_text('[signal]\nweight = "Q2.4"\n')
    assert command("memory", plan).complaint == (
        f"a plan of populations, as '{plan}', must be counted with --network of populations"
    )


@pytest.mark.long
def test_candidates_say_how_they_fire_beside_the_float_network(folder: Path) -> None:
    given = subject(folder)
    found = study(given, folder / "s.db").exploration.entries
    words = given.inputs.words
    floats = [float_trace(given.graph, one.astype(float)) for one in words]
    for entry, point in zip(found, given.points(), strict=True):
        fixed = [trace(quantise_graph(given.graph, point.plan), one) for one in words]
        pairs = [
            tuple(np.concatenate([run[name].emitted for name in ("mine", "out")], axis=1).astype(int) for run in both)
            for both in zip(floats, fixed, strict=True)
        ]
        told = entry.firing
        assert told is not None
        assert (told.images, told.watched) == (30, 16)
        assert told.float_spikes == round(sum(int(one.sum()) for one, _ in pairs) / 30, 3)
        assert told.fixed_spikes == round(sum(int(one.sum()) for _, one in pairs) / 30, 3)
        assert told.same_counts == round(sum((a.sum(axis=0) == b.sum(axis=0)).all() for a, b in pairs) / 30, 6)
        assert told.parted == sum((a != b).any() for a, b in pairs[:16])
    assert len({entry.firing for entry in found}) > 2
    (folder / "c.json").write_bytes(to_json(study(given, folder / "s.db").exploration))
    chosen = command("select", folder / "c.json", "--max-loss", "1", "--out", folder / "chosen.toml")
    assert "firing on 30 inputs" in chosen.out
    assert "spikes an input" in chosen.out


def test_a_network_that_never_fires_has_no_firing_to_tell(folder: Path) -> None:
    (folder / "net.toml").write_text(
        '[input]\nshape = 4\n[population.out]\nshape = 5\nneuron = "integrator"\nchoices = { leak = "none" }\n'
        '[[projection]]\nfrom = "input"\nto = "out"\nweights = "w.npz:first"\n[readout]\nkind = "counts"\n'
    )
    given = subject(folder, '[signal]\nweight = "Q2.4"\nmembrane = "Q6.4"\n')
    (entry,) = study(given, folder / "s.db").exploration.entries
    assert entry.firing is None


def test_nothing_is_said_of_what_a_network_without_learning_learned_from(folder: Path) -> None:
    words = ("--grid", folder / "grid.toml", "--inputs", folder / "shown.npz", "--out", folder / "c.json")
    explored = command("explore", folder / "net.toml", *words)
    assert "learned from" not in explored.err


@pytest.mark.long
def test_a_point_that_overflows_where_it_must_not_is_set_aside_and_named(folder: Path) -> None:
    tight = GRID.replace('["Q4.5 floor", "Q4.2 stochastic", "Q4.2"]', '["UQ0.2 floor error", "Q4.2 floor error"]')
    (folder / "grid.toml").write_text(tight)
    out = folder / "c.json"
    words = ("--grid", folder / "grid.toml", "--inputs", folder / "shown.npz", "--out", out)
    said = command("explore", folder / "net.toml", *words)
    assert said.status == 1
    assert [entry.name for entry in load_exploration(out).entries] == [
        "weight-Q2.5-membrane-Q4.2",
        "weight-Q2.1-membrane-Q4.2",
    ]
    line = said.err.splitlines()[-1]
    assert line.startswith("fxsnn: every point must have a result, but weight-Q2.")
    assert line.endswith("; set aside")
    for name in ("weight-Q2.5-membrane-UQ0.2", "weight-Q2.1-membrane-UQ0.2"):
        assert f"{name}: integrated of out must stay within UQ0.2 (u2), but left it " in line
    assert "nothing was left" not in said.out
    again = command("explore", folder / "net.toml", *words)
    assert (again.status, again.err.splitlines()[-1]) == (1, line)
    sampled = ("--strategy", "nsga2", "--trials", "40", "--study", folder / "t.db")
    assert command("explore", folder / "net.toml", *words, *sampled).err.splitlines()[-1].endswith("; set aside")
    assert len(load_exploration(out).entries) == 2
    (folder / "grid.toml").write_text(tight.replace(', "Q4.2 floor error"', ""))
    none = command("explore", folder / "net.toml", *words, "--study", folder / "none.db")
    assert none.status == 1
    assert f"a study must have the result of a point, but '{folder / 'none.db'}' has none: weight-Q2." in none.err


def test_narrow_goes_on_where_a_bit_less_would_overflow(folder: Path) -> None:
    grid = '[signal]\nweight = "Q1.1"\nv = "Q2.1"\nlevel = "UQ1.0"\nkeep = "UQ0.1"\nthreshold = "UQ1.0"\n'
    given = subject(folder, grid + 'membrane = "Q2.1 floor error"\n', "shown.npy")
    few = replace(given, inputs=Inputs(given.inputs.words[:][:3, :6]))
    finished = study(few, folder / "s.db", strategy="narrow", max_loss=1.0)
    assert any("membrane-" in line and "must stay within" in line for line in finished.unfit)
    last = finished.exploration.entries[-1].name
    assert int(last[1:].split("-")[0]) > 3


@pytest.mark.parametrize(("rests", "bits"), [(1, 1), (2, 2), (3, 2), (4, 3), (8, 4)])
def test_ranges_give_a_state_without_a_cast_the_bits_that_hold_its_largest_value(
    rested: Path, rests: int, bits: int
) -> None:
    (rested / "resting.neuron").write_text(RESTING.replace("rest = 3 if", f"rest = {rests} if"))
    graph = load_graph(rested / "float.toml")
    found = graph_spreads(graph, np.ones((1, 12, 4)))["mine.small"]
    assert (found.maximum, found.integer, found.saturating, found.signed) == (rests, bits, bits, False)
    plan = parse_graph_plan(OF_RESTED.replace("UQ2.0", f"UQ{bits}.0"))
    quantise_graph(graph, plan)  # which proves that it fits


def test_ranges_give_a_constant_that_is_a_power_of_two_the_bits_that_hold_it(folder: Path) -> None:
    found = graph_spreads(load_graph(folder / "net.toml"), np.ones((1, 2, 4)))["out.threshold"]
    assert (found.minimum, found.maximum, found.integer, found.saturating) == (1.0, 1.0, 1, 1)


def test_labels_that_are_no_classes_are_told_with_their_file(folder: Path) -> None:
    shown, net, grid = folder / "wrong.npz", folder / "net.toml", folder / "grid.toml"
    np.savez(shown, inputs=np.zeros((5, 3, 4), np.uint8), labels=[0, 1, 2, 3, 9])
    (folder / "plan.toml").write_text(GRID.replace('["Q2.5", "Q2.1"]', '"Q2.5"').replace(STATES, '"Q4.2"'))
    for words in (
        ("explore", net, "--grid", grid, "--out", folder / "c.json"),
        ("emulate", net, folder / "plan.toml"),
        ("significance", net, "--out", folder / "s.json"),
        ("report", net, folder / "plan.toml", "--out", folder / "r.html"),
    ):
        assert command(*words, "--inputs", shown).complaint == (
            f"{str(shown)!r}: labels must be the classes 0 to 2 of the readout, not 9"
        )


PLAIN = """v: state
arriving: input
spike: output
v: v = v - (v >> 1) + arriving
spike = v >= 1
if spike:
    v = 0
"""


def test_significance_rounds_what_may_not_draw_in_all_other_ways(tmp_path: Path) -> None:
    (tmp_path / "plain.neuron").write_text(PLAIN)
    net, out = tmp_path / "net.toml", tmp_path / "found.json"
    net.write_text(
        '[input]\nshape = 2\n[population.a]\nshape = 2\nneuron = "plain.neuron"\n[[projection]]\nfrom = "input"\n'
        'to = "a"\nweights = [[0.9, 0.3], [0.2, 0.7]]\n[readout]\nkind = "counts"\n'
    )
    shown = np.random.default_rng(3).random((4, 4, 2)) < 0.5
    np.savez(tmp_path / "in.npz", inputs=shown, labels=[0, 1, 1, 0])
    words = (net, "--inputs", tmp_path / "in.npz")
    said = command("significance", *words, "--out", out)
    assert said.status == 0, said.err
    assert [row.split()[-5] for row in said.out.splitlines() if row.startswith("a.v")] == ["–"]
    assert {name: [*found] for name, found in json.loads(out.read_text())["fewest"].items()} == {
        "input_a.weight": ["floor", "nearest-up", "stochastic"],
        "a.v": ["floor", "nearest-up"],
    }
    (tmp_path / "plan.toml").write_text('[signal]\nweight = ["Q2.4", "Q2.4 stochastic"]\nv = "Q4.4"\n')
    told = command("explore", *words, "--grid", tmp_path / "plan.toml", "--out", tmp_path / "c.json")
    page = tmp_path / "r.html"
    told = command("report", *words, tmp_path / "c.json", "--significance", out, "--max-loss", "1", "--out", page)
    assert (told.status, '<th scope="row">a.v</th>' in page.read_text()) == (0, True), told.err
