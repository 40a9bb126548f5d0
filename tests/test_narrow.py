"""The strategy narrow: one bit less of one signal after the other, for as long as the answers hold."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from command_line import run, skip_without_jit
from fxsnn.decolle.learn import LocalLearning
from fxsnn.decolle.network import DecolleNetwork, save_layers
from fxsnn.decolle.plan import DecollePlan
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidate import Values, evaluate
from fxsnn.exploration.candidates import to_json
from fxsnn.exploration.descent import Floor, Narrowing, formats, narrowed, reachable, steps
from fxsnn.exploration.point import Point
from fxsnn.number.format import Format
from fxsnn.recordings.bench import Bench, Lessons, learned_and_held_out
from fxsnn.recordings.grid import RecordedGrid, recorded_points
from fxsnn.recordings.subject import LayerSignals, RecordingsSubject
from fxsnn.study.session import Settings, run_study
from fxsnn.study.storage import parse_place
from test_decolle_learning import recordings, taught

skip_without_jit()

GRID = RecordedGrid(weight=(4,), state=(2,))


@pytest.fixture(scope="module")
def network() -> DecolleNetwork:
    return taught(learned_and_held_out(recordings(240))[0])


@pytest.fixture(scope="module")
def subject(network: DecolleNetwork) -> RecordingsSubject:
    train, held_out = learned_and_held_out(recordings(240))
    return RecordingsSubject(Bench(network, held_out, Lessons(train, LocalLearning(1, 24, 1e-2))), GRID)


def word_bits(plan: DecollePlan) -> int:
    return sum(layer[name].format.word for layer in plan.layers for name in ("weight", "synapse", "trace"))


def test_a_step_takes_a_bit_from_either_end_of_one_signal(network: DecolleNetwork) -> None:
    plan, signals = plan_layers(network, Words(3, 1)), LayerSignals(network.description)
    found = list(steps(plan, signals))
    held = formats(plan, signals)
    assert len(held) == 11  # 4 signals of 3 layers, but nothing is taken from R of the last
    narrow = sum(Format.parse(text).word == 1 for text in held.values())
    assert len(found) == 2 * (11 - narrow)
    assert len({step.move for step in found}) == len({step.name for step in found}) == len(found)
    weight = plan.layers[0]["weight"].format
    coarse, early = found[:2]
    assert (coarse.move, early.move) == ("layer 0 weight lowest", "layer 0 weight highest")
    assert coarse.plan.layers[0]["weight"].format == Format(2, weight.frac - 1)
    assert early.plan.layers[0]["weight"].format == Format(2, weight.frac)
    for step in found:
        changed = {key for key, text in formats(step.plan, signals).items() if text != held[key]}
        assert len(changed) == 1
        (key,) = changed
        assert formats(step.plan, signals)[key] in reachable(plan, signals)[key]
        assert step.name == f"{key.replace(' ', '', 1).replace(' ', '-')}-{formats(step.plan, signals)[key]}"


def test_no_word_loses_its_last_bit(network: DecolleNetwork) -> None:
    plan, signals = plan_layers(network, Words(1, -4)), LayerSignals(network.description)
    assert not any(step.move.startswith("layer 0 weight") for step in steps(plan, signals))
    assert all(Format.parse(text).word >= 1 for texts in reachable(plan, signals).values() for text in texts)


def descended(network: DecolleNetwork, lost: dict[str, int]) -> Narrowing[DecollePlan]:
    """Descend to 98 of 100 answers where names tell how many are lost, 50 if nothing is said of them."""
    first = Point("start", "PTQ", {}, plan_layers(network, Words(3, 1)))
    found, results = Narrowing(first, LayerSignals(network.description), 100, 0.02), dict[str, Values]()
    found.against(1.0)
    while wanted := found.pending(results):
        for point in wanted:
            less = next((answers for key, answers in lost.items() if key in point.name), 50)
            results[point.name] = ((100 - less) / 100, float(word_bits(point.plan)))
    assert found.done(results) == found.total == len(found.points)
    return found


def test_what_falls_below_the_floor_is_not_tried_again(network: DecolleNetwork) -> None:
    found = descended(network, {"n0": 0, "layer1-weight": 1})
    names = [point.name for point in found.points]
    first = [name for name in names if name.startswith("n1-")]
    assert len(first) > 10
    later = [name for name in names if name[:3] in ("n2-", "n3-")]
    assert later  # from the weights of layer 1, which cost 1 answer, others 50
    assert all("-layer1-weight-" in name for name in later)
    assert [point.plan.layers[1]["weight"].format.word for point in found.points if point.name in later][-1] == 1


def test_a_start_below_the_floor_is_refused(network: DecolleNetwork) -> None:
    with pytest.raises(ConfigError, match="^a plan to be narrowed must answer 98 of 100 right, but this one does 97$"):
        descended(network, {"n0": 3})
    assert descended(network, {"n0": 2}).total > 10


def test_the_most_bits_for_the_fewest_answers_come_first(network: DecolleNetwork) -> None:
    start = Point("start", "PTQ", {}, plan_layers(network, Words(3, 1)))
    found = Narrowing(start, LayerSignals(network.description), 100, 0.5)
    found.against(1.0)
    (first,) = found.pending({})
    wanted = found.pending({"n0": (0.9, 1000.0)})
    cheap, fair, dear = wanted[0].name, wanted[1].name, wanted[2].name
    results = {point.name: (0.4, 999.0) for point in wanted} | {first.name: (0.9, 1000.0)}
    results |= {cheap: (0.9, 990.0), fair: (0.89, 979.0), dear: (0.87, 965.0)}  # 10 for 0, 21 for 1, 35 for 3
    ahead = found.pending(results)
    assert {point.name[:3] for point in ahead} == {"n2-"}
    reached = next(point for point in found.points if point.name == fair)
    moved = {key for key, text in reached.values.items() if text != first.values[key]}
    assert all(point.values[key] != first.values[key] for point in ahead for key in moved)


def test_of_equal_steps_the_first_is_taken(network: DecolleNetwork) -> None:
    start = Point("start", "PTQ", {}, plan_layers(network, Words(3, 1)))
    found = Narrowing(start, LayerSignals(network.description), 100, 0.5)
    found.against(1.0)
    wanted = found.pending({"n0": (0.9, 1000.0)})
    results = {point.name: (0.9, 990.0) for point in wanted} | {"n0": (0.9, 1000.0)}
    moved = {key for key, text in wanted[0].values.items() if text != found.points[0].values[key]}
    assert all(point.values[key] != found.points[0].values[key] for point in found.pending(results) for key in moved)


def test_a_floor_counts_answers_not_shares() -> None:
    floor = Floor.below(0.52, 0.05, 100)
    assert (floor.answers, floor.holds(0.47), floor.holds(0.46)) == (47, True, False)
    assert Floor.below(0.971, 0.01, 1000).answers == 961
    assert Floor.below(29 / 30, 0.07, 30).answers == 27


@pytest.mark.long
def test_narrowed_and_gone_on_with(subject: RecordingsSubject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(settings: Settings, workers: int, most: int = 10_000) -> tuple[int, bytes]:
        def stop(done: int, total: int) -> None:
            del total
            if done >= most:
                raise KeyboardInterrupt

        finished = run_study(subject, settings, workers, lambda _, *counts: stop(*counts))
        return finished.evaluated, to_json(finished.exploration)

    whole = Settings(parse_place(str(tmp_path / "whole.journal")), "narrow", max_loss=0.07)
    evaluated, expected = told(whole, 3)
    cut = Settings(parse_place(str(tmp_path / "cut.db")), "narrow", max_loss=0.07)
    with pytest.raises(KeyboardInterrupt):
        told(cut, 2, most=40)
    rest, found = told(cut, 1)
    assert found == expected
    assert 0 < rest < evaluated
    monkeypatch.setattr(RecordingsSubject, "ready", lambda *_: pytest.fail("nothing is left to measure"))
    assert told(cut, 1) == (0, expected)
    other = Settings(cut.place, "narrow", max_loss=0.3)
    with pytest.raises(ConfigError, match="but the strategy of "):
        told(other, 1)


@pytest.mark.long
def test_a_study_descends_as_a_demo_does_to_what_is_much_smaller(subject: RecordingsSubject, tmp_path: Path) -> None:
    bench, place = subject.bench, parse_place(str(tmp_path / "a.journal"))
    descent = subject.narrowing(0.07)
    told = bench.float_classified()
    descent.against(told.accuracy)
    found = narrowed(descent, partial(evaluate, bench), 2)
    assert found[0].plan == recorded_points(GRID, bench.network)[0].plan
    studied = run_study(subject, Settings(place, "narrow", max_loss=0.07), 2, lambda *_: None).exploration.entries
    assert [entry.name for entry in studied] == [one.name for one in found]
    floor = Floor.below(told.accuracy, 0.07, told.images)
    assert min(one.bits for one in found if floor.holds(one.accuracy)) < 0.9 * found[0].bits


def test_what_cannot_be_narrowed_is_refused(network: DecolleNetwork, tmp_path: Path) -> None:
    save_layers(network, tmp_path / "net.npz")
    words = ["explore", tmp_path / "net.npz", "--data", tmp_path, "--out", tmp_path / "c.json"]
    said = run(*words, "--max-loss", 0.02).complaint
    assert said == "--max-loss must be given to the strategy narrow, not to grid"
    said = run(*words, "--strategy", "narrow", "--seed", 5).complaint
    assert said == "--seed must be given to a sampler (nsga2, tpe, random), not to the strategy narrow"
    bench = Bench(network, recordings(16), Lessons(recordings(16), LocalLearning(1, 24, 1e-2)))
    grid = RecordedGrid((4,), (2,), scheme=("straight-through", "PTQ"))
    with pytest.raises(ConfigError, match="^a grid for the strategy narrow must begin with the scheme PTQ, not st"):
        RecordingsSubject(bench, grid).narrowing(0.1)
