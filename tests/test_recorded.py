"""Networks of layers explored: grids, what points are worth, studies that go on, selection, and the whole job."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import msgspec
import numpy as np
import pytest

from command_line import long_but, run, skip_without_jit
from fxsnn.competitive.plan import Plan
from fxsnn.decolle.description import parse_description
from fxsnn.decolle.emulate import respond_layers
from fxsnn.decolle.learn import LocalLearning, frames_of
from fxsnn.decolle.network import DecolleNetwork, load_layers, random_layers, save_layers
from fxsnn.decolle.plan import DecollePlan
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.decolle.record import recorded
from fxsnn.errors import ConfigError, FileError
from fxsnn.exploration.candidate import evaluate
from fxsnn.exploration.candidates import gather, load_exploration
from fxsnn.exploration.planned import facts_of, parse_planned, planned_from_data, planned_text
from fxsnn.graph.run import trace
from fxsnn.jobs.recordings_demo import DEMO_GRIDS, _candidates
from fxsnn.measure.memory import baseline
from fxsnn.measure.score import Measured
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Leak
from fxsnn.recordings.bench import Bench, Lessons, learned_and_held_out, measured, measured_float
from fxsnn.recordings.grid import RecordedGrid, parse_recorded_grid, recorded_points
from fxsnn.recordings.groups import decolle_groups, significant_points, wide_network, wide_plan
from fxsnn.recordings.subject import RecordingsSubject, digest_of_layers
from fxsnn.report import Story
from fxsnn.significance.fewest import Fewest
from fxsnn.significance.sweep import narrowed, significance
from test_decolle_learning import NET, recordings, taught, write
from test_report import PICTURES, Page

skip_without_jit()


GRID = RecordedGrid(weight=(6, 2), state=(3, 0), state_rounding=("TR", "SR"))


@pytest.fixture(scope="module")
def network() -> DecolleNetwork:
    train, _ = learned_and_held_out(recordings(240))
    return taught(train)


@pytest.fixture(scope="module")
def bench(network: DecolleNetwork) -> Bench:
    train, held_out = learned_and_held_out(recordings(240))
    return Bench(network, held_out, Lessons(train, LocalLearning(8, 24, 1e-2, regularisation=0.0)))


def test_one_recording_of_eight_is_not_learned_from() -> None:
    given = recordings(50)
    train, held_out = learned_and_held_out(given)
    assert (len(train), len(held_out)) == (44, 6)
    assert held_out.labels.tolist() == given.labels[7::8].tolist()
    first = given.part([7])
    assert held_out.times[: len(first.times)].tolist() == first.times.tolist()
    assert train.labels[:8].tolist() == given.labels[[0, 1, 2, 3, 4, 5, 6, 8]].tolist()
    with pytest.raises(ConfigError, match="^training recordings must be 8 or more, not 7$"):
        learned_and_held_out(recordings(7))


def test_a_grid_is_every_combination(network: DecolleNetwork) -> None:
    points = recorded_points(GRID, network)
    assert [point.name for point in points] == [
        f"w{weight}-nearest-even-s{state}-{rounding}"
        for weight in (6, 2)
        for state in (3, 0)
        for rounding in ("TR", "SR")
    ]
    assert points[5].plan == plan_layers(network, Words(2, 3, state_rounding="stochastic"))
    assert points[5].values == {
        "weight": 2,
        "state": 3,
        "weight_rounding": "nearest-even",
        "state_rounding": "SR",
        "filters": "inputs",
        "scheme": "PTQ",
    }
    other = recorded_points(RecordedGrid((4,), (2,), filters=("inputs", "currents"), seed=7), network)
    assert [point.name for point in other] == ["w4-nearest-even-s2-TR", "w4-nearest-even-s2-TR-currents"]
    assert [point.plan.lfsr.seed for point in other] == [7, 7]


def test_bits_may_be_those_of_each_layer_and_of_one_state(network: DecolleNetwork) -> None:
    text = 'weight = [4, "6 4 3"]\nstate = [2]\ntrace_bits = [1, "3 2 1"]\nrefractory_bits = [0]\nseed = 5\n'
    points = recorded_points(parse_recorded_grid(text), network)
    assert [point.name for point in points] == [
        f"w{weight}-nearest-even-s2-TR-p{trace}-r0" for weight in ("4", "6.4.3") for trace in ("1", "3.2.1")
    ]
    assert points[3].plan == plan_layers(
        network, [Words(weight, 2, seed=5, trace=trace, refractory=0) for weight, trace in ((6, 3), (4, 2), (3, 1))]
    )
    for number, (layer, usual) in enumerate(zip(points[3].plan.layers, points[0].plan.layers, strict=True)):
        assert layer["weight"].format.word == (6, 4, 3)[number]
        assert layer["trace"].format.frac == (3, 2, 1)[number]
        assert (layer["synapse"], layer["refractory"]) == (usual["synapse"], usual["refractory"])
    learned = recorded_points(parse_recorded_grid('weight = ["6 4 3"]\nstate = [2]\nscheme = ["ITQ"]\n'), network)
    tables = [layer.learning for layer in learned[0].plan.layers]
    assert [table.learned.format.word for table in tables if table] == [14, 12, 11]


def test_signals_and_leaks_may_list_words_of_every_layer_and_of_one(network: DecolleNetwork) -> None:
    signals = '[signal]\nbias = ["Q3.5", "Q3.2 SR"]\n"layer_1.trace_leak" = [{ kind = "shift", shift = 2 }, "none"]\n'
    signals += "synapse_leak = { kind = 'none' }\n"
    text = f'weight = [4]\nstate = [2]\n{signals}[signal.layer_2]\nbias = {{ format = "Q6.2", rounding = "floor" }}\n'
    points = recorded_points(parse_recorded_grid(text), network)
    assert [point.name for point in points] == [
        f"w4-nearest-even-s2-TR-bias-{bias}-layer_1.trace_leak-{leak}"
        for bias in ("Q3.5-nearest-even", "Q3.2-SR")
        for leak in ("shift-2", "none")
    ]
    usual = plan_layers(network, Words(4, 2)).layers
    for point, (bias, leak) in zip(points, product(("Q3.5 nearest-even", "Q3.2 stochastic"), (2, 0)), strict=True):
        layers = point.plan.layers
        assert [str(layer["bias"]) for layer in layers] == [f"{bias} saturate"] * 2 + ["Q6.2 floor saturate"]
        assert layers[1].leaks["trace_leak"] == (Leak("shift", shift=leak) if leak else Leak("none"))
        for number, (layer, like) in enumerate(zip(layers, usual, strict=True)):
            assert layer.leaks["synapse_leak"] == Leak("none")
            own = {"synapse_leak": like.leaks["synapse_leak"]}
            own |= {"trace_leak": like.leaks["trace_leak"]} if number == 1 else {}
            assert layer.changed(bias=like["bias"], **own) == like


def test_words_of_a_layer_that_is_not_there_are_refused(network: DecolleNetwork) -> None:
    with pytest.raises(ConfigError, match=r"a signal must be of one of layer_0, layer_1, layer_2, not 'layer_3.bias'$"):
        recorded_points(parse_recorded_grid('[signal]\n"layer_3.bias" = "Q3.5"'), network)
    with pytest.raises(ConfigError, match="signal 'weight' must be listed as weight, beside the table"):
        parse_recorded_grid('[signal]\nweight = "Q3.5"')
    listed = RecordedGrid(signal={"bias": "Q3.5"})
    with pytest.raises(ConfigError, match="^a grid for the strategy paper must list no words, not of bias$"):
        significant_points(listed, network, Fewest(1, 0.01, {}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('bias = "Q3.5"\n".bias" = "Q3.4"', "a signal must be one of weight, trace, .* not '.bias'$"),
        (
            'bias = ["Q3.5", "Q3.2"]\n' + "".join(f'layer_{number}.bias = "Q3.4"\n' for number in range(3)),
            "^each point of a grid must be another .* but w4-nearest-even-s2-TR-bias-Q3.5 and w4-.*-bias-Q3.2 are one$",
        ),
    ],
)
def test_words_that_change_nothing_are_refused(network: DecolleNetwork, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        recorded_points(parse_recorded_grid(f"weight = [4]\nstate = [2]\n[signal]\n{text}"), network)


def test_words_stand_beside_no_bits_of_the_same_states() -> None:
    with pytest.raises(ConfigError, match="trace must be listed as trace_bits or in the table signal, not in both$"):
        parse_recorded_grid('trace_bits = [3]\n[signal]\ntrace = "UQ4.3"')


def test_a_grid_of_before_is_written_as_it_was() -> None:
    assert b"_bits" not in msgspec.json.encode(GRID)
    assert b'"trace_bits":[1]' in msgspec.json.encode(RecordedGrid(trace_bits=(1,)))


def test_bits_of_another_number_of_layers_are_refused(network: DecolleNetwork) -> None:
    with pytest.raises(
        ConfigError, match="^w8.4-nearest-even-s6-TR: weight must be bits of all layers or of each of 3, not '8 4'$"
    ):
        recorded_points(parse_recorded_grid('weight = ["8 4"]'), network)
    with pytest.raises(ConfigError, match="^bits must be of 3 layers, not 2$"):
        plan_layers(network, [Words(), Words()])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('weight = ["8, 4"]', "weight must be a number of bits, or one for each layer as '8 6 4', not '8, 4'"),
        ('weight = [""]', "weight must be a number of bits, or one for each layer as '8 6 4', not ''"),
        ('weight = ["8 25 4"]', "a weight must be 1 to 24 bits, not 25"),
        ("trace_bits = [25]", "a state must have -4 to 24 fractional bits, not 25"),
        ("trace_bits = []", "trace_bits must list one or more different values, not []"),
        ("weight =", "a grid must be TOML: "),
        ("weights = [4]", "Object contains unknown field `weights`"),
        ("weight = [4, 4]", "weight must list one or more different values, not [4, 4]"),
        ("state = []", "state must list one or more different values, not []"),
        ("weight = [0]", "a weight must be 1 to 24 bits, not 0"),
        ('state_rounding = ["down"]', "rounding must be one of"),
        ('scheme = ["itq"]', "Invalid enum value 'itq'"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_recorded_grid(text)
    assert message in str(caught.value)


def test_a_rounding_under_two_names_is_refused(network: DecolleNetwork) -> None:
    with pytest.raises(ConfigError, match=r"^each point of a grid must be .* w8-nearest-even-s6-TR comes twice$"):
        recorded_points(RecordedGrid(state_rounding=("TR", "floor")), network)
    wanted = RecordedGrid(state_rounding=("SR",), scheme=("straight-through",))
    with pytest.raises(ConfigError, match=r"^w8-nearest-even-s6-SR-through: a network must learn with rounding down "):
        recorded_points(wanted, network)


def test_a_point_is_worth_what_its_network_says(bench: Bench) -> None:
    point = recorded_points(GRID, bench.network)[0]
    found = evaluate(bench, point)
    quantised = quantise_layers(bench.network, point.plan)
    said = respond_layers(quantised, frames_of(bench.network, bench.recordings, np.arange(len(bench.recordings))))
    assert (found.score.right == (said.argmax(axis=1) == bench.recordings.labels)).all()
    assert found.score.correct == np.trace(found.score.confusion)
    assert found.score.confusion.sum(axis=1).tolist() == np.bincount(bench.recordings.labels).tolist()
    assert baseline(found.memory).bits > 3 * found.bits


def test_a_candidate_says_how_it_fires_beside_the_float_network(bench: Bench) -> None:
    subject = RecordingsSubject(bench, GRID)
    point = recorded_points(GRID, bench.network)[-2]
    found = subject.ready(1)[1](point).firing
    assert found is not None
    quantised, many = quantise_layers(bench.network, point.plan), min(16, len(bench.recordings))
    assert evaluate(bench, point).firing is None
    pairs = []
    for n in range(many):
        frames = frames_of(bench.network, bench.recordings, np.array([n]))
        layers, kept = recorded(bench.network, frames), trace(quantised.graph, frames[0])
        floats = np.concatenate([layer["S"].reshape(len(layer["S"]), -1) for layer in layers[:2]], axis=1).astype(int)
        pairs.append((floats, np.concatenate([kept[f"layer_{k}"].emitted for k in (0, 1)], axis=1).astype(int)))
    assert [layer.kind for layer in bench.network.description.layer] == ["conv", "dense", "output"]
    assert (found.images, found.watched) == (many, many)
    assert found.float_spikes == round(sum(int(a.sum()) for a, _ in pairs) / many, 3)
    assert found.fixed_spikes == round(sum(int(b.sum()) for _, b in pairs) / many, 3)
    assert found.parted == sum((a != b).any() for a, b in pairs)
    assert found.fixed_spikes != found.float_spikes


def test_a_network_that_learned_through_its_quantisation_is_better(bench: Bench) -> None:
    grid = RecordedGrid((2,), (0,), scheme=("PTQ", "straight-through"))
    after, through = (evaluate(bench, point) for point in recorded_points(grid, bench.network))
    assert after.bits == through.bits
    assert through.accuracy > after.accuracy + 0.1


def test_a_prediction_is_the_largest_sum_the_first_of_equal_ones() -> None:
    said = np.array([[1, 3, 3], [0, 0, 0], [-5, -2, -1]])
    told = Measured.of(said, np.array([1, 1, 2], np.uint8))
    assert told.right.tolist() == [True, False, True]
    assert told.confusion.tolist() == [[0, 0, 0], [1, 1, 0], [0, 0, 1]]
    assert (told.correct, told.images, told.spikes_per_image) == (2, 3, None)


def test_what_a_study_is_of_changes_with_all_that_matters(bench: Bench) -> None:
    facts = RecordingsSubject(bench, GRID).facts()
    assert facts.about == "30 recordings (of some), one of 8, that were not learned from"
    assert facts.learner == ""
    through = RecordingsSubject(bench, RecordedGrid((2,), (1,), scheme=("straight-through",))).facts()
    assert through.learner.startswith('{"passes":8,"batch":24,"rate":0.01')
    weights = (bench.network.weights[0] + np.float32(1), *bench.network.weights[1:])
    changed = DecolleNetwork(bench.network.description, weights, bench.network.biases, bench.network.readouts)
    assert digest_of_layers(changed) != digest_of_layers(bench.network) == facts.network


def test_plans_of_both_kinds_are_told_apart(network: DecolleNetwork) -> None:
    layered = plan_layers(network, Words(4, 2))
    assert parse_planned(planned_text(layered)) == layered
    facts = facts_of(layered)
    assert planned_from_data(facts.data) == layered
    assert (facts.weight_rounding, facts.state_rounding) == ("nearest-even", "floor")
    assert facts.formats["layer 1 weight"] == layered.layers[1]["weight"].format.describe()
    assert isinstance(layered, DecollePlan)
    single = (Path(__file__).parent.parent / "golden" / "formats" / "each_subtract.toml").read_text()
    assert isinstance(parse_planned(single), Plan)
    with pytest.raises(ConfigError, match="^a plan must be TOML: "):
        parse_planned("[")


# -- commands --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("recorded")
    write(place, recordings(240), "Train")
    write(place, recordings(24, seed=1), "Test")
    net = parse_description(NET.replace("height = 6\nwidth = 6\n", "shrink = 6\n"))
    save_layers(random_layers(net, 3), place / "net.npz")
    (place / "net.toml").write_text(NET.replace("height = 6\nwidth = 6\n", "shrink = 6\n"))
    (place / "grid.toml").write_text('weight = [4, 3]\nstate = [2]\nscheme = ["PTQ", "straight-through"]\n')
    return place


@pytest.mark.long
def test_explored_selected_recorded_and_checked(folder: Path, tmp_path: Path) -> None:
    net, out = folder / "net.npz", tmp_path / "candidates.json"
    words = ["explore", net, "--data", folder, "--grid", folder / "grid.toml", "--out", out, "--passes", 1]
    said = run(*words)
    assert said.status == 0, said.err
    assert ": 4 candidates; float " in said.out
    first = out.read_bytes()
    again = run(*words, "--workers", 1)
    assert "candidates.db: nothing was left to evaluate" in again.out
    assert out.read_bytes() == first
    found = load_exploration(out)
    assert [entry.scheme for entry in found.entries] == ["PTQ", "straight-through"] * 2
    assert found.entries[0].spikes_per_image is None
    said = run("select", out, "--max-loss", 1, "--out", tmp_path / "chosen.toml")
    assert said.status == 0, said.err
    golden = ["golden", "make", net, tmp_path / "chosen.toml", "--out", tmp_path / "golden"]
    assert run(*golden).complaint.startswith("a network of layers must be shown recordings: ")
    said = run(*golden, "--data", folder, "--images", 2)
    assert said.status == 0, said.err
    assert run("golden", "check", tmp_path / "golden").status == 0
    other = run(*words, "--seed", 0, "--strategy", "random", "--trials", 3)
    assert "but the strategy of " in other.complaint
    refused = run(*words, "--strategy", "paper")
    assert refused.status == 2


def test_a_report_of_a_decolle_network_is_refused_in_one_line(bench: Bench) -> None:
    candidates = [evaluate(bench, point) for point in recorded_points(GRID, bench.network)[:1]]
    found = gather("some", bench.float_classified(), candidates)
    with pytest.raises(FileError, match="must be of a network that learns without labels, not of layers$"):
        found.plan_as(0, Plan)


@pytest.mark.long
def test_a_report_is_the_page_of_the_first_network_s(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fxsnn.report.page._pictures", lambda _: {name: [] for name in PICTURES})
    net, out, page = folder / "net.npz", tmp_path / "candidates.json", tmp_path / "r.html"
    words = ["--data", folder, "--out", out, "--grid", folder / "grid.toml", "--passes", 1]
    assert run("explore", net, *words).status == 0
    found = load_exploration(out)
    report = ["report", net, out, "--data", folder, "--out", page, "--max-loss", 1]
    said = run(*report)
    assert said.status == 0, said.err
    assert "On 24 test recordings: float " in said.out
    read = Page(page.read_text())
    assert "reported on 24 recordings" not in read.text
    for text in (
        "conv 4 (3 x 3, pooled by 2), dense 8, output 3; 384 weights",
        "Membrane potentials for one recording (class ",
        "Distribution of traces and refractory states",
        "layer 1 refractory state R",
        "Rows: the true class; columns: the answer; cells: recordings.",
        "the first of those that the choice was made on; neurons of all layers, before pooling",
        "Receptive fields",
        f"chosen by {found.data}",
        "layer 0 spikes before pooling",
    ):
        assert text in read.text, text
    assert "digit" not in read.text
    assert run(*report[:3], "--out", page).complaint.startswith("a network of layers must be shown recordings: ")
    other = tmp_path / "other"
    write(other, recordings(240, seed=9), "Train")
    write(other, recordings(24, seed=1), "Test")
    said = run("report", net, out, "--data", other, "--out", page, "--max-loss", 1)
    assert said.complaint.startswith("networks and recordings must be those that the candidates were measured with, ")


@pytest.mark.long
def test_a_choice_that_learned_on_is_reported_on_with_its_network(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fxsnn.report.page._pictures", lambda _: {name: [] for name in PICTURES})
    net, out, page = folder / "net.npz", tmp_path / "candidates.json", tmp_path / "r.html"
    words = ["--data", folder, "--out", out, "--grid", folder / "grid.toml", "--passes", 3]
    assert run("explore", net, *words).status == 0
    found, chosen, learned = load_exploration(out), tmp_path / "chosen.toml", tmp_path / "learned.npz"
    through = found.entries[1]
    assert through.scheme == "straight-through"
    chosen.write_text(planned_text(found.plan_of(1)))
    said = run("refine", net, chosen, "--data", folder, "--out", learned, "--passes", 3)
    assert said.status == 0, said.err
    fixed = said.out.split("test accuracy ")[1].split(" (")[0]
    report = ["report", net, out, "--data", folder, "--out", page, "--chosen", chosen]
    said = run(*report, "--chosen-network", learned)
    assert said.status == 0, said.err
    assert f"{through.name} was chosen by its plan" in said.out.replace("\n", " ")
    assert f"{through.name} {fixed} (95 % interval " in said.out.replace("\n", " ")
    read = Page(page.read_text())
    assert "straight-through, learned on in float, through its quantisation" in read.text
    assert f"{found.entries[0].name} was chosen by its plan" in run(*report).out.replace("\n", " ")
    said = run(*report, "--chosen-network", net)
    assert said.complaint.startswith("networks and recordings must be those that the candidates were measured with, ")


def test_one_plan_alone_is_reported_on(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fxsnn.report.page._pictures", lambda _: {name: [] for name in PICTURES})
    net, plan, page = folder / "net.npz", tmp_path / "plan.toml", tmp_path / "r.html"
    assert run("plan", net, "--filters", "currents", "--out", plan).status == 0
    said = run("report", net, plan, "--data", folder, "--out", page, "--chosen-network", net)
    assert said.complaint == "a chosen network must be of a choice that learned on, plan did not"
    assert not page.exists()
    said = run("report", net, plan, "--data", folder, "--out", page)
    assert said.status == 0, said.err
    assert "plan is the plan that was given." in said.out
    read = Page(page.read_text())
    assert "layer 0 membrane M" in read.text
    assert "layer 1 membrane potentials" in read.text
    page.unlink()
    plan.write_text(plan.read_text().replace("[[layer]]", "[[layer]]\nwrong = 1", 1))
    assert "wrong" in run("report", net, plan, "--data", folder, "--out", page).complaint
    assert not page.exists()


@pytest.mark.parametrize("filters", long_but(1, "inputs", "currents"))
def test_what_is_drawn_as_a_membrane_says_who_spikes(
    filters: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stories: list[Story] = []
    monkeypatch.setattr("fxsnn.jobs.report.write_report", lambda _, story: stories.append(story))
    plain = load_layers(folder / "net.npz")
    biases = tuple(np.linspace(-0.3, 0.4, len(bias), dtype=np.float32) for bias in plain.biases)
    net, plan = tmp_path / "net.npz", tmp_path / "plan.toml"
    save_layers(DecolleNetwork(plain.description, plain.weights, biases, plain.readouts), net)
    assert run("plan", net, "--filters", filters, "--out", plan).status == 0
    said = run("report", net, plan, "--data", folder, "--out", tmp_path / "r.html")
    assert said.status == 0, said.err
    traces = stories[0].traces
    for name in ("float", "fixed"):
        assert 0 < traces[f"{name}_spikes"].mean() < 1
        assert (traces[f"{name}_spikes"] == (traces[f"{name}_membrane"] > 0)).all()
    assert np.abs(traces["float_membrane"] - traces["fixed_membrane"]).mean() < 0.5


@pytest.mark.long
def test_every_group_of_every_layer_is_swept(network: DecolleNetwork, folder: Path, tmp_path: Path) -> None:
    shown = recordings(40, seed=5)
    found = significance(wide_network(network, shown), "some", "0" * 64, 0.02, longest=4)
    groups = {rank.group: rank for rank in found.ranking}
    names = [f"layer {n} {name}" for n in (0, 1, 2) for name in ("weights", "biases", "Q", "P", "R", "decays")]
    assert set(groups) == set(names) - {"layer 2 R"}
    assert (groups["layer 0 weights"].words, groups["layer 0 R"].words, groups["layer 1 P"].words) == (72, 144, 36)
    assert groups["layer 1 decays"].signals == ("trace_leak", "synapse_leak", "refractory_leak")
    assert found.baseline.wide_images_differing == 0
    assert found.baseline.correct == measured_float(network, shown).correct
    assert found.points("layer 0 P", "fractional", "floor")[0].difference < -0.3
    assert found.ranges["layer 0 P"].minimum == 0 < found.ranges["layer 0 P"].maximum < 8
    wide = wide_plan(network, shown)
    point = found.points("layer 0 weights", "fractional", "floor")[0]
    groups_of = {group.name: group for group in decolle_groups(network, wide, shown)}
    bits = narrowed(groups_of["layer 0 weights"], "fractional", point.bits, Rounding.FLOOR)
    layer = wide.layers[0].changed(weight=bits["layer 0 weights"])
    quantised = quantise_layers(network, replace(wide, layers=(layer, *wide.layers[1:])))
    assert measured(quantised, shown).correct == point.correct
    words = ["significance", folder / "net.npz", "--data", folder, "--out", tmp_path, "--images", 8]
    assert run(*words, "--learning").complaint.startswith("groups of learning must be of a network that learns ")
    words = ["significance", folder / "net.npz", "--out", tmp_path / "sweeps"]
    assert run(*words).complaint.startswith("a network of layers must be shown recordings: ")
    assert run(*words, "--data", tmp_path).complaint.startswith("a folder of recordings must hold ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_the_demo_narrows_what_holds_the_floor(bench: Bench) -> None:
    grids = (RecordedGrid((1, 5), (2,)),)  # of the first nothing is left
    told: list[tuple[int, int]] = []
    reached = bench.float_classified()
    found = _candidates(bench, grids, reached, 0.1, 2, lambda *counts: told.append(counts))
    assert [one.name for one in found[:2]] == ["w1-nearest-even-s2-TR", "w5-nearest-even-s2-TR"]
    assert found[2].name.startswith("n1-layer0-weight-")
    assert found[2].plan.layers[0]["weight"].format.word == 4
    assert told[-1][0] == told[-1][1] > len(found) - 1
    nothing_holds = _candidates(bench, grids, reached, -1.0, 2, lambda *_: None)
    assert len(nothing_holds) == 2


@pytest.mark.long
def test_the_whole_job(folder: Path, tmp_path: Path) -> None:
    out, data = tmp_path / "demo", tmp_path / "data"
    write(data, recordings(64), "Train")
    write(data, recordings(12, seed=1), "Test")
    words = ["demo", folder / "net.toml", "--data", data, "--out", out, "--max-loss", 1]
    said = run(*words, "--passes", 2)
    assert said.status == 0, said.err
    assert "fixed: test accuracy " in said.out
    assert {path.name for path in out.iterdir()} == {
        "network.npz",
        "candidates.json",
        "chosen.npz",
        "chosen.toml",
        "golden",
        "report.html",
    }
    held = json.loads((out / "candidates.json").read_bytes())
    names = [entry["name"] for entry in held["candidates"]]
    assert sum(grid.points for grid in DEMO_GRIDS) == 15
    assert not any(name.startswith("n") for name in names[:15])
    assert names[15].startswith("n1-layer0-weight-")  # and those that follow narrow the first of them
    assert all(name.startswith("n") for name in names[15:])
    assert held["selection"]["chosen"] in said.out.replace("\n", " ")
    assert run("golden", "check", out / "golden").status == 0
    emulated = run("emulate", out / "chosen.npz", out / "chosen.toml", "--data", data)
    fixed = next(line for line in said.out.splitlines() if line.startswith("fixed: "))
    assert fixed in emulated.out
    assert load_layers(out / "network.npz").description == load_layers(out / "chosen.npz").description


def test_recordings_that_were_learned_from_are_refused_under_any_name(folder: Path, tmp_path: Path) -> None:
    net, plan, other = tmp_path / "net.npz", tmp_path / "plan.toml", tmp_path / "other"
    said = run("train", folder / "net.toml", "--data", folder, "--out", net, "--passes", 1)
    assert said.status == 0, said.err
    assert "warning" not in said.err
    assert run("plan", net, "--out", plan).status == 0
    said = run("emulate", net, plan, "--data", folder)
    assert (said.status, said.err) == (0, "")
    write(other, recordings(24, seed=1), "Train")
    write(other, recordings(240).part(range(40)), "Test")
    # read by label, of every eight the last one is kept apart
    kept = np.argsort(recordings(240).labels, kind="stable")[7::8]
    learned = 40 - int((kept < 40).sum())
    for words in (["emulate", net, plan], ["report", net, plan, "--out", tmp_path / "r.html"]):
        complaint = run(*words, "--data", other).complaint
        assert complaint.startswith(
            f"recordings to measure on must be others than '{net}' learned from, but {learned} of 40 "
        )
        assert complaint.endswith(": give a folder of other recordings by --data")
    swapped = tmp_path / "swapped"
    write(swapped, recordings(240).part(range(239, -1, -1)), "Train")
    write(swapped, recordings(24, seed=1), "Test")
    words = ["explore", net, "--data", swapped, "--out", tmp_path / "c.json"]
    assert "recordings to measure on must be others than " in run(*words).complaint
    assert (
        "recordings to measure on must be others than "
        in run("significance", net, "--data", swapped, "--out", tmp_path / "s.json").complaint
    )


def test_a_network_that_learned_on_from_one_that_does_not_say_says_so(folder: Path, tmp_path: Path) -> None:
    plan, on = tmp_path / "plan.toml", tmp_path / "on.npz"
    assert run("plan", folder / "net.npz", "--out", plan).status == 0
    said = run("refine", folder / "net.npz", plan, "--data", folder, "--out", on, "--passes", 1)
    assert said.status == 0, said.err
    assert said.err.endswith(
        f"warning: {on}: this file does not say all that it learned from: what it learned on from did not say\n"
    )
    said = run("emulate", folder / "net.npz", plan, "--data", folder)
    assert said.err.startswith(f"warning: {folder / 'net.npz'}: this file does not say what it learned from, ")
