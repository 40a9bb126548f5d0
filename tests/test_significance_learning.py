"""The groups of learning in integers: a fresh network learns at every point, measured against float learning."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from command_line import skip_without_jit
from fxsnn.competitive import itq, learn
from fxsnn.competitive.emulate import respond
from fxsnn.competitive.learn import Learning, random_network
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import LearningPlan, Plan
from fxsnn.competitive.quantised import quantise
from fxsnn.competitive.ranges import profile, spreads
from fxsnn.data.encode import RateCoding, encode
from fxsnn.digits.bench import Task
from fxsnn.digits.groups import GROUPS as INFERRING
from fxsnn.digits.groups import wide_network
from fxsnn.digits.learning_groups import (
    FADE,
    GROUPS,
    Lessons,
    add_learning,
    identity,
    learning_groups,
    saturated,
    wide_plan,
)
from fxsnn.errors import ConfigError, FileError, WidthError
from fxsnn.measure.score import cross_validate
from fxsnn.number.format import Format
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Signal
from fxsnn.report.significance import describe, draw, significance_svg
from fxsnn.report.story import percent
from fxsnn.significance import Significance, load_significance, to_json
from fxsnn.significance.sweep import ROUNDINGS, narrowed, significance
from test_learn import bars

skip_without_jit()


IMAGES, LABELS = bars(24)
NETWORK = replace(random_network(24, 5, seed=3), threshold=2.0, coding=RateCoding(steps=20, peak=0.3))
TASK = Task(encode(IMAGES, NETWORK.coding), LABELS.astype(np.uint8))
LESSONS = Lessons(IMAGES, 3)
LONGEST = 5


@pytest.fixture(scope="module")
def inferred() -> Significance:
    ranges, spread = profile(NETWORK, TASK.spikes), spreads(NETWORK, TASK.spikes)
    return significance(wide_network(NETWORK, ranges, spread, TASK, 7), "24 bars", "0" * 64, 0.05, longest=4)


@pytest.fixture(scope="module")
def found(inferred: Significance) -> Significance:
    return add_learning(inferred, NETWORK, LESSONS, TASK, longest=LONGEST)


@pytest.fixture(scope="module")
def floated() -> Network:
    return learn.train(NETWORK, IMAGES, Learning(fade=FADE, seed=3))


def table(plan: Plan) -> LearningPlan:
    assert plan.learning
    return plan.learning


@pytest.mark.long
def test_what_is_measured_against_is_float_learning(found: Significance, floated: Network) -> None:
    assert found.learned
    expected = cross_validate(learn.respond(floated, TASK.spikes), LABELS, 4)
    assert (found.learned.correct, found.learned.images) == (expected.correct, 24)
    assert (found.learned.digits, found.learned.seed, found.learned.fade) == (24, 3, FADE)
    assert found.learned.accuracy > 0.5
    assert found.learned.wide_images_differing == 0
    assert found.learned.wide_correct == expected.correct


@pytest.mark.long
def test_the_weights_of_the_network_are_not_looked_at(inferred: Significance, found: Significance) -> None:
    another = replace(NETWORK, weights=-NETWORK.weights, theta=NETWORK.theta + 1)
    assert add_learning(inferred, another, LESSONS, TASK, workers=3, longest=LONGEST) == found


@pytest.mark.long
def test_the_groups_of_inference_stay_as_they_were(inferred: Significance, found: Significance) -> None:
    assert inferred.learned is None
    assert found.baseline == inferred.baseline
    assert found.sweeps[: len(inferred.sweeps)] == inferred.sweeps
    assert [rank for rank in found.ranking if not rank.learning] == list(inferred.ranking)
    assert {rank.group for rank in found.ranking if rank.learning} == set(GROUPS)
    words = {rank.group: rank.words for rank in found.ranking if rank.learning}
    assert words == dict(zip(GROUPS, (24 * 5, 24, 5, 1, 2), strict=True))


@pytest.mark.long
def test_every_point_is_a_direct_evaluation_of_its_plan(found: Significance, floated: Network) -> None:
    wide = wide_plan(NETWORK, floated, LESSONS, 7)
    assert found.learned
    seen = 0
    points = [point for point in found.sweeps if point.group in GROUPS][::7]
    for point in points:
        name = GROUPS[point.group]
        was: Signal = getattr(table(wide), name)
        rounding = Rounding(point.rounding) if point.kind == "fractional" else was.rounding
        changed = Signal(Format.parse(point.format.split()[0]), rounding)
        plan = replace(wide, learning=replace(table(wide), **{name: changed}))  # type: ignore[arg-type]
        plan = plan.changed(weight=changed) if name == "weight" else plan
        rule = saturated(LESSONS.learning, table(plan), 5)
        trained = itq.train(NETWORK, IMAGES, rule, plan)
        expected = cross_validate(respond(quantise(trained, plan), TASK.spikes), LABELS, 4)
        assert point.correct == expected.correct, point
        assert point.difference == pytest.approx(point.accuracy - found.learned.accuracy, abs=1e-9)
        seen += point.correct != found.learned.correct
    assert seen > 5


def test_rounding_counts_only_where_a_cast_is_made(floated: Network) -> None:
    wide = wide_plan(NETWORK, floated, LESSONS, 7)
    different = {}
    for group in learning_groups(NETWORK, floated, wide, LESSONS, TASK):
        keys = {group.case(narrowed(group, "fractional", 3, rounding)).key for rounding in ROUNDINGS}
        different[group.name] = len(keys)
        assert group.case(group.wide).key == identity(wide)
        assert group.case(narrowed(group, "integer", group.profiled + 1, ROUNDINGS[0])).key not in keys
    assert different == dict(zip(GROUPS, (3, 3, 1, 1, 1), strict=True))


def test_a_constant_that_does_not_fit_saturates(floated: Network) -> None:
    held = table(wide_plan(NETWORK, floated, LESSONS, 7))

    def signal(text: str) -> Signal:
        return Signal(Format.parse(text))

    rule = Learning()
    assert saturated(rule, held, 400) == rule
    small = replace(held, rate=signal("UQ-5.8"), constants=signal("UQ-1.2"), theta=signal("UQ-5.10"))
    expected = replace(rule, rate=7 / 256, offset=0.25, softness=0.25, theta_plus=31 / 1024)
    assert saturated(rule, small, 400) == expected
    assert saturated(rule, small, 5) == replace(expected, target=5.0)  # theta falls by no more than its word holds


def test_the_wide_plan_shrinks_until_it_provably_fits(floated: Network) -> None:
    assert table(wide_plan(NETWORK, floated, LESSONS, 7)).weight.format == Format(24, 24, signed=False)
    long = replace(NETWORK, coding=RateCoding(steps=5000, peak=0.001))
    weight = table(wide_plan(long, floated, LESSONS, 7)).weight.format
    assert 14 <= weight.frac < 22
    too_long = replace(NETWORK, coding=RateCoding(steps=1 << 16, peak=0.00002))
    with pytest.raises(WidthError, match=r"^every exact intermediate must fit int64, but learning "):
        wide_plan(replace(too_long, threshold=2.0**40), floated, LESSONS, 7)


@pytest.mark.long
def test_the_file_holds_the_groups_of_learning_and_is_checked(found: Significance, tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(to_json(found))
    assert load_significance(path) == found
    held = json.loads(to_json(found))
    for change, said in (
        ({"learned": None}, "what float learning gave must be there if, and only if, groups of learning are"),
        ({"learned": held["learned"] | {"wide_correct": 25}}, "wide_correct must be 0 to 24, not 25 - at `$.learned`"),
    ):
        path.write_text(json.dumps(held | change))
        with pytest.raises(FileError) as error:
            load_significance(path)
        assert str(error.value).endswith(f"is not: {said}")


@pytest.mark.long
def test_the_figure_shows_learning_below_and_against_its_own_float(found: Significance) -> None:
    assert found.learned
    root = ElementTree.fromstring(significance_svg(found))  # noqa: S314 - written a moment ago by this test
    words = ["".join(node.itertext()).strip() for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert all(words.count(group) == 2 for group in (*GROUPS, *INFERRING))
    assert f"({percent(found.learned.accuracy)} where it learned)" in describe(found)
    titled = [axes for axes in draw(found, "wide").axes if axes.get_visible()]
    learning = [rank.group for rank in found.ranking if rank.learning]
    assert [axes.get_title() for axes in titled[-10:]] == learning * 2
    for axes in titled:
        against = found.learned.accuracy if axes.get_title() in GROUPS else found.baseline.accuracy
        levels = {float(np.asarray(line.get_ydata())[0]) for line in axes.lines if line.get_linestyle() != "None"}
        assert {100 * against, 100 * (against - 0.05)} <= levels


def test_a_group_that_cannot_learn_is_named(floated: Network) -> None:
    wide = wide_plan(NETWORK, floated, LESSONS, 7)
    (weights, *_) = learning_groups(NETWORK, floated, wide, LESSONS, TASK)
    signed = Signal(Format.parse("Q1.3"))
    with pytest.raises(ConfigError, match=r"^learning weight must be unsigned, not Q1\.3 \(s4\)$"):
        weights.case({"weight": signed})
