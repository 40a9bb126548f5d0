"""The strategy paper on a network of layers: every signal has the bits that it needs alone, and a few more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import run, skip_without_jit
from fxsnn.decolle.learn import LocalLearning
from fxsnn.decolle.network import DecolleNetwork, save_layers
from fxsnn.decolle.plan import DecollePlan
from fxsnn.decolle.ptq import Words, plan_layers, weight_format
from fxsnn.errors import ConfigError
from fxsnn.number.format import Format
from fxsnn.number.signal import Leak
from fxsnn.recordings.bench import Bench, Lessons, learned_and_held_out
from fxsnn.recordings.grid import RecordedGrid
from fxsnn.recordings.groups import significant_axes, significant_points, wide_network
from fxsnn.recordings.subject import RecordingsSubject
from fxsnn.significance import to_json
from fxsnn.significance.fewest import Fewest, read_fewest
from fxsnn.significance.sweep import significance
from fxsnn.study.session import Settings, run_study
from fxsnn.study.storage import parse_place
from test_decolle_learning import recordings, taught

skip_without_jit()

GROUPS = ("weights", "biases", "Q", "P", "R", "decays")


@pytest.fixture(scope="module")
def network() -> DecolleNetwork:
    return taught(learned_and_held_out(recordings(240))[0])


def analysis(**changes: dict[str, int | None]) -> Fewest:
    """Return the same fractional bits for every group, but for those that are named: layer_0_R."""
    usual = {"floor": 4, "nearest-up": 3, "stochastic": None}
    names = [f"layer {n} {group}" for n in range(3) for group in GROUPS if (n, group) != (2, "R")]
    bits = dict.fromkeys(names, usual) | {name.replace("_", " "): found for name, found in changes.items()}
    fewest = {
        name: {key: {"integer": 9, "fractional": few} for key, few in found.items()} for name, found in bits.items()
    }
    return read_fewest(json.dumps({"schema": 1, "max_loss": 0.01, "fewest": fewest}).encode(), "s.json")


def formats(plan: DecollePlan, name: str) -> list[str]:
    signals = [layer.leaks[name] if name in layer.leaks else layer[name] for layer in plan.layers]
    return [(held.factor if isinstance(held, Leak) else held).format.describe() for held in signals]


def test_every_signal_has_the_fewest_bits_of_its_rounding_and_a_few_more(network: DecolleNetwork) -> None:
    found = analysis(layer_1_weights={"nearest-up": 6}, layer_1_Q={"floor": -7}, layer_0_R={"TR": -1})
    points = significant_points(RecordedGrid(), network, found)
    names = [f"w+{w}-nearest-even-s+{s}-TR" for w in range(3) for s in range(3)]
    assert [point.name for point in points] == names
    first, last, usual = points[0].plan, points[-1].plan, plan_layers(network, Words(1, 0))
    words = [layer["weight"].format.word for layer in first.layers]
    for number, frac in ((0, 3), (1, 6), (2, 3)):
        held = [weight_format(network.weights[number], word) for word in (words[number] - 1, words[number])]
        assert first.layers[number]["weight"].format == held[1]
        assert held[0].frac < frac <= held[1].frac
        assert last.layers[number]["weight"].format == weight_format(network.weights[number], words[number] + 2)
        integer = [fmt.word - fmt.frac for fmt in (layer["trace"].format for layer in usual.layers)][number]
        assert first.layers[number]["trace"].format == Format(integer + 4, 4, signed=False)
        assert points[1].plan.layers[number]["trace"].format == Format(integer + 5, 5, signed=False)
        biased = usual.layers[number]["bias"].format
        integer = biased.word - biased.frac
        assert first.layers[number]["bias"].format == Format(integer + 3, 3)
        assert points[1].plan.layers[number]["bias"] == first.layers[number]["bias"]
        assert points[3].plan.layers[number]["bias"].format == Format(integer + 4, 4)
        assert points[3].plan.layers[number]["trace"] == first.layers[number]["trace"]
    low = usual.layers[1]["synapse"].format
    integer = low.word - low.frac
    assert [point.plan.layers[1]["synapse"].format for point in points[:3]] == [
        Format(word, word - integer, signed=False)
        for word in (1, 2, 3)  # a word has a bit
    ]
    rest = usual.layers[0]["refractory"].format
    assert first.layers[0]["refractory"].format == Format(rest.word - rest.frac - 1, -1)
    assert first.layers[2]["refractory"] == usual.layers[2]["refractory"]
    assert [point.values["state_above"] for point in points[:3]] == [0, 1, 2]
    assert {layer["weight"].rounding.value for layer in first.layers} == {"nearest-even"}


def test_decays_have_no_more_bits_than_hold_them(network: DecolleNetwork) -> None:
    usual = plan_layers(network, Words(1, 0))
    points = significant_points(RecordedGrid(), network, analysis(layer_0_decays={"nearest-up": -2}))
    held = [point.plan.layers[0].leaks["refractory_leak"].factor.format for point in points[:3]]
    most = usual.layers[0].leaks["refractory_leak"].factor.format.word
    assert held == [Format(min(most, bits), min(most, bits), signed=False) for bits in (1, 2, 3)]
    for name in ("trace_leak", "synapse_leak"):
        assert formats(points[2].plan, name)[1] == formats(usual, name)[1]


def test_a_rounding_that_never_held_the_loss_is_left_out(network: DecolleNetwork) -> None:
    grid = RecordedGrid(weight_rounding=("SR", "RN"), state_rounding=("TR", "SR", "RN"))
    points = significant_points(grid, network, analysis())
    assert {(p.values["weight_rounding"], p.values["state_rounding"]) for p in points} == {("RN", "TR"), ("RN", "RN")}
    twice = RecordedGrid(weight_rounding=("RN", "nearest-up"))
    with pytest.raises(ConfigError, match="^each point of a grid must be another .* w.0-RN-s.0-TR comes twice$"):
        significant_points(twice, network, analysis())
    with pytest.raises(ConfigError, match="^a significance file must have bits that hold the loss in every group, not"):
        significant_points(RecordedGrid(weight_rounding=("SR",)), network, analysis())


@pytest.mark.parametrize("grid", [RecordedGrid(filters=("inputs", "currents")), RecordedGrid(scheme=("PTQ", "ITQ"))])
def test_what_was_not_swept_is_refused(network: DecolleNetwork, grid: RecordedGrid) -> None:
    with pytest.raises(ConfigError, match="^a grid for the strategy paper must have filters of inputs, and not the "):
        significant_points(grid, network, analysis())


def test_a_file_of_another_network_is_refused(network: DecolleNetwork) -> None:
    other = analysis()
    del other.fewest["layer 1 P"]
    with pytest.raises(ConfigError, match="^a significance file must be of this network, but it has no group 'layer 1"):
        significant_points(RecordedGrid(), network, other)


def test_points_that_learn_on_must_be_able_to(network: DecolleNetwork) -> None:
    grid = RecordedGrid(state_rounding=("SR",), scheme=("straight-through",))
    chance: dict[str, int | None] = {"stochastic": 2, "nearest-up": 3}
    every = {f"layer_{n}_{group}": chance for n in range(3) for group in GROUPS}
    with pytest.raises(ConfigError, match=r"^w\+0-nearest-even-s\+0-SR-through: a network must learn with rounding "):
        significant_points(grid, network, analysis(**every))


@pytest.mark.long
def test_swept_explored_and_gone_on_with(network: DecolleNetwork, tmp_path: Path) -> None:
    train, held_out = learned_and_held_out(recordings(240))
    found = to_json(significance(wide_network(network, held_out), "some", "0" * 64, 0.2, longest=6))
    grid = RecordedGrid(weight_rounding=("RN",), scheme=("PTQ", "straight-through"))
    subject = RecordingsSubject(Bench(network, held_out, Lessons(train, LocalLearning(1, 24, 1e-2))), grid)
    settings = Settings(parse_place(str(tmp_path / "c.db")), "paper", significance=found, significance_shown="s.json")
    finished = run_study(subject, settings, 2, lambda *_: None)
    entries = finished.exploration.entries
    assert len(entries) == finished.evaluated == 18
    assert [entry.name for entry in entries[:2]] == ["w+0-RN-s+0-TR", "w+0-RN-s+0-TR-through"]
    assert entries[0].bits < entries[-1].bits
    words = {signal.format for layer in subject.points(read_fewest(found, "s"))[0].plan.layers
             for signal in (layer["weight"], layer["synapse"], layer["trace"])}  # fmt: skip
    assert len(words) > 2  # each its own
    assert run_study(subject, settings, 1, lambda *_: None).evaluated == 0
    assert list(significant_axes(grid)) == list(subject.points(read_fewest(found, "s"))[0].values)


def test_the_command_asks_for_the_file(network: DecolleNetwork, tmp_path: Path) -> None:
    save_layers(network, tmp_path / "net.npz")
    words = ["explore", tmp_path / "net.npz", "--data", tmp_path, "--out", tmp_path / "c.json"]
    assert run(*words, "--strategy", "paper").complaint == "the strategy paper must have --significance FILE"
    (tmp_path / "s.json").write_text("{}")
    refused = run(*words, "--strategy", "paper", "--significance", tmp_path / "s.json").complaint
    assert refused.startswith("a significance file must be what fxsnn significance wrote, ")
