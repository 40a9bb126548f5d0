"""A significance sweep says of each group what quantising it alone does, each different case computed once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from command_line import skip_without_jit, small_splits
from fxsnn.competitive import learn
from fxsnn.competitive.emulate import respond
from fxsnn.competitive.network import Network
from fxsnn.competitive.quantised import quantise
from fxsnn.competitive.ranges import Ranges, profile, spreads
from fxsnn.data.encode import RateCoding, encode
from fxsnn.digits.bench import Task
from fxsnn.digits.groups import (
    GROUPS,
    identity,
    inference_groups,
    signal_of,
    wide_network,
    wide_plan,
    with_signals,
)
from fxsnn.errors import ConfigError, FileError, FormatError, WidthError
from fxsnn.measure.score import cross_validate
from fxsnn.measure.ties import paired_difference
from fxsnn.number.format import Format
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Signal
from fxsnn.report.significance import describe, draw, significance_png, significance_svg
from fxsnn.significance import Significance, load_significance, to_json
from fxsnn.significance.result import Fewest, Float, Point, Rank, fewest, gather, rank
from fxsnn.significance.sweep import ROUNDINGS, Case, Group, bits_of, narrowed, significance, sweep

skip_without_jit()


INPUTS = 16


def network_of(seed: int = 1, low: float = 0.0, **constants: object) -> Network:
    draw = np.random.default_rng(seed)
    weights, theta = low + (1 - low) * draw.random((INPUTS, 6)), 2 * draw.random(6)
    network = Network(weights, theta, np.full(6, -1), threshold=2.5, inhibition=20.0, coding=RateCoding(12, 0.4))
    return replace(network, **constants)  # type: ignore[arg-type]


def task_of(network: Network) -> Task:
    """Three classes of strips of bright pixels, 24 images."""
    draw, labels = np.random.default_rng(3), np.arange(24, dtype=np.uint8) % 3
    images = draw.integers(0, 90, (24, INPUTS)).astype(np.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[5 * label : 5 * label + 6] = 250
    return Task(encode(images, network.coding), labels)


def measured(network: Network, task: Task, workers: int = 1, told: list[tuple[int, int]] | None = None) -> Significance:
    def tell(done: int, total: int) -> None:
        if told is not None:
            told.append((done, total))

    ranges, spread = profile(network, task.spikes), spreads(network, task.spikes)
    wide = wide_network(network, ranges, spread, task, 7, workers)
    return significance(wide, "24 strips", "0" * 64, 0.05, workers, tell, longest=5)


NETWORK = network_of()
TASK = task_of(NETWORK)


@pytest.fixture(scope="module")
def found() -> Significance:
    return measured(NETWORK, TASK)


@pytest.mark.long
@pytest.mark.parametrize(
    "network",
    [
        NETWORK,
        network_of(2, -0.5, floor=-4.0),
        network_of(3, decay=0.9, winner="none", reset="subtract", compare="gt"),
        network_of(4, -0.3, reset="value", reset_value=0.375, winner="lowest", floor=-1.0),
        network_of(5, decay=1 / 3, refractory_steps=2),
        network_of(6, theta=np.zeros(6), inhibition=0.0),
        network_of(7, decay=1.0, refractory_steps=1, refractory_input="integrate"),
    ],
    ids=lambda network: f"{network.winner}-{network.reset}-{network.decay:.3g}",
)
def test_the_wide_plan_answers_as_the_float_network_does(network: Network) -> None:
    task = task_of(network)
    plan = wide_plan(network, profile(network, task.spikes))
    expected = learn.respond(network, task.spikes)
    assert expected.sum() > 0
    assert respond(quantise(network, plan), task.spikes).tolist() == expected.tolist()


def test_the_wide_plan_has_fewer_fractional_bits_where_more_would_not_fit() -> None:
    ranges = Ranges((0.0, 2.0**24), (0.0, 2.0**24), (0.0, 1.0), (5.0, 5.0), (1.0, 1.0))
    network = network_of(decay=0.9)
    plan = wide_plan(network, ranges)
    assert 16 <= plan["membrane"].format.frac < 30
    assert plan.leak.factor.format.frac == 16
    assert plan["weight"].format.frac == plan["theta"].format.frac == plan["membrane"].format.frac
    with pytest.raises(FormatError, match=r"^word must be 1 to 63 bits, not 78$"):
        wide_plan(network, replace(ranges, membrane=(0.0, 2.0**60)))
    with pytest.raises(
        WidthError, match=r"^every exact intermediate must fit int64, but _decayed = membrane \* factor "
    ):
        wide_plan(network, replace(ranges, membrane=(0.0, 2.0**30)))


def test_what_is_measured_is_the_float_network(found: Significance) -> None:
    expected = cross_validate(learn.respond(NETWORK, TASK.spikes), TASK.labels, 4)
    assert (found.baseline.correct, found.baseline.images) == (expected.correct, 24)
    assert found.baseline.accuracy == expected.accuracy > 0.5
    assert found.baseline.wide_images_differing == 0


def test_a_wide_plan_that_differs_is_told() -> None:
    ranges = replace(profile(NETWORK, TASK.spikes), membrane=(0.0, 0.01))  # far too few integer bits
    wide = wide_network(NETWORK, ranges, spreads(NETWORK, TASK.spikes), TASK)
    found = significance(wide, "", "", 0.05, longest=4)
    assert found.baseline.wide_images_differing > 12


@pytest.mark.long
def test_every_point_is_a_direct_evaluation_of_its_plan(found: Significance) -> None:
    plan = wide_plan(NETWORK, profile(NETWORK, TASK.spikes), 7)
    seen = 0
    for point in found.sweeps:
        texts = dict(zip(GROUPS[point.group], point.format.split(", "), strict=True))
        signals = {}
        for name, text in texts.items():
            was = signal_of(plan, name)
            rounding = Rounding(point.rounding) if point.kind == "fractional" else was.rounding
            signals[name] = Signal(
                Format.parse(text.removeprefix("threshold ").removeprefix("leak ").split()[0]), rounding
            )
        expected = cross_validate(respond(quantise(NETWORK, with_signals(plan, signals)), TASK.spikes), TASK.labels, 4)
        assert (point.correct, point.interval) == (expected.correct, tuple(round(x, 6) for x in expected.interval)), (
            point
        )
        assert point.difference == pytest.approx(point.accuracy - found.baseline.accuracy, abs=1e-9)
        seen += point.correct != found.baseline.correct
    assert seen > 20


def test_every_group_is_swept_over_its_bits_with_every_rounding(found: Significance) -> None:
    membrane = [p for p in found.sweeps if p.group == "membrane" and p.rounding == "floor"]
    profiled = next(r for r in found.ranking if r.group == "membrane").profiled
    assert [p.bits for p in membrane if p.kind == "fractional"] == list(range(1 - profiled, 6 - profiled))
    assert [p.bits for p in membrane if p.kind == "integer"] == list(range(profiled - 6, profiled + 2))
    assert len(found.sweeps) == len(GROUPS) * 3 * (5 + 8)


def test_equal_configurations_are_run_once() -> None:
    told: list[tuple[int, int]] = []
    found = measured(NETWORK, TASK, told=told)
    total = len(told)
    assert told == [(n + 1, total) for n in range(total)]
    # integer sweeps are the same with every rounding: 2 of 3 are never run
    assert total <= len(found.sweeps) - 2 * 8 * len(GROUPS)
    for group in GROUPS:
        lines = [[(p.bits, p.correct) for p in found.points(group, "integer", r.value)] for r in ROUNDINGS]
        assert lines[0] == lines[1] == lines[2]


def key_of(**signals: Signal) -> bytes:
    plan = with_signals(wide_plan(NETWORK, profile(NETWORK, TASK.spikes)), signals)
    return identity(quantise(NETWORK, plan), b"")


def signal(text: str, rounding: str = "floor") -> Signal:
    return Signal(Format.parse(text), Rounding(rounding))


def test_constants_are_told_apart_by_their_values_alone() -> None:
    assert key_of(threshold=signal("UQ3.1")) == key_of(threshold=signal("UQ9.20", "stochastic")) == key_of()
    assert key_of(inhibition=signal("UQ5.-2")) == key_of()
    assert key_of(threshold=signal("UQ3.0")) != key_of()
    assert key_of(theta=signal("UQ3.4")) != key_of()
    assert key_of(leak=signal("UQ0.5")) == key_of() != key_of(leak=signal("UQ0.4"))


def test_casts_are_told_apart_by_all_they_do() -> None:
    keys = [
        key_of(membrane=signal("UQ7.4")),
        key_of(membrane=signal("UQ7.4", "nearest-up")),
        key_of(membrane=signal("UQ8.4")),
        key_of(membrane=replace(signal("UQ7.4"), overflow=signal("UQ1.1").overflow.__class__("wrap"))),
        key_of(accumulator=signal("UQ7.4")),
        key_of(membrane=signal("UQ7.4", "stochastic")),
        # the same leak, but the cast after it draws other bits
        key_of(membrane=signal("UQ7.4", "stochastic"), leak=signal("UQ1.6")),
    ]
    assert len(set(keys)) == len(keys)


def test_weights_that_narrow_to_the_same_values_are_the_same_case() -> None:
    network = replace(NETWORK, weights=np.round(NETWORK.weights * 8) / 8)
    groups = inference_groups(network, wide_plan(network, profile(network, TASK.spikes)), TASK)
    (weights,) = (group for group in groups if group.name == "weight")
    keys = {
        (bits, r): weights.case(narrowed(weights, "fractional", bits, r)).key for bits in (2, 3, 9) for r in ROUNDINGS
    }
    assert len({keys[3, r] for r in ROUNDINGS} | {keys[9, r] for r in ROUNDINGS}) == 1
    assert len(set(keys.values())) == 4


@pytest.mark.long
@pytest.mark.parametrize("workers", [2, 3])
def test_the_bytes_do_not_depend_on_the_workers(found: Significance, workers: int) -> None:
    assert to_json(measured(NETWORK, TASK, workers)) == to_json(found)


def test_a_group_of_anything_is_swept_without_a_network() -> None:
    """What learns in integers comes as a group like this one."""
    ran: list[str] = []

    def case(signals: Mapping[str, Signal]) -> Case:
        fmt = signals["trace"].format

        def run() -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
            ran.append(str(fmt))
            return np.arange(10) < fmt.word

        return Case(str(fmt).encode(), run)

    group = Group("traces", {"trace": signal("UQ2.10", "nearest-even")}, 0, 5, case)
    baseline = np.arange(10) < 8
    known = {b"UQ2.10": baseline}
    found = sweep([group], baseline, known, longest=10)
    assert {p.format: p.correct for p in found if p.kind == "fractional"} == {
        f"UQ2.{n} (u{n + 2})": min(n + 2, 10) for n in range(1, 10)
    } | {"UQ2.10 (u12)": 8}
    assert len(ran) == len(set(ran))
    assert "UQ2.10" not in ran


def test_a_case_that_cannot_run_is_named() -> None:
    def refuse(_: Mapping[str, Signal]) -> Case:
        raise ConfigError("it must be otherwise")

    def fail() -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        raise ConfigError("it must run")

    signals = {"a": signal("UQ2.10"), "b": signal("Q3.10")}
    for case, said in ((refuse, "it must be otherwise"), (lambda _: Case(b"", fail), "it must run")):
        with pytest.raises(ConfigError) as error:
            sweep([Group("both", signals, 1, 1, case)], np.ones(2, dtype=bool), {})
        assert str(error.value) == f"both as a UQ2.0 (u2), b Q3.0 (s3): {said}"


@given(st.integers(-20, 20), st.integers(1, 30), st.booleans(), st.sampled_from(ROUNDINGS))
def test_a_narrowed_signal_has_the_bits_that_were_asked_for(
    integer: int, frac: int, signed: bool, rounding: Rounding
) -> None:
    if not 1 <= integer + frac <= 63:
        return
    wide = Signal(Format(integer + frac, frac, signed))
    group = Group("x", {"x": wide}, integer - 2, 1, lambda _: Case(b"", lambda: np.ones(1, dtype=bool)))
    for bits in bits_of(group, "fractional"):
        held = narrowed(group, "fractional", bits, rounding)["x"]
        assert held.format.word - held.format.frac == integer
        assert held.format.frac == min(frac, bits)
        assert (held.rounding, held.format.signed) == (rounding, signed)
    for bits in bits_of(group, "integer"):
        held = narrowed(group, "integer", bits, rounding)["x"]
        assert held.format.frac == frac
        assert held.format.word - held.format.frac == max(bits, 1 - frac)
        assert held.rounding == wide.rounding


@given(arrays(bool, st.integers(1, 60)), st.data())
def test_a_difference_is_paired(right: np.ndarray[tuple[int], np.dtype[np.bool_]], data: st.DataObject) -> None:
    baseline = data.draw(arrays(bool, len(right)))
    difference, (low, high) = paired_difference(right, baseline)
    pairs = right.astype(int) - baseline.astype(int)
    assert difference == pytest.approx(pairs.mean())
    half = 1.96 * pairs.std() / math.sqrt(len(pairs))
    assert low == pytest.approx(max(-1.0, pairs.mean() - half))
    assert high == pytest.approx(min(1.0, pairs.mean() + half))


HALF = Float(0.5, (0.4, 0.6), 500, 1000, 0)


def point(bits: int, difference: float, group: str = "g", rounding: str = "floor", kind: str = "fractional") -> Point:
    images = 1000
    correct = round(images * (0.5 + difference))
    share = correct / images
    return Point(group, rounding, kind, bits, "UQ1.1 (u2)", share, correct, images, (share, share), difference, (0, 0))  # type: ignore[arg-type]


@given(
    st.dictionaries(st.integers(-9, 9), st.integers(-30, 30), min_size=1),
    st.integers(0, 20),
    st.randoms(use_true_random=False),
)
def test_the_fewest_bits_are_those_from_which_all_wider_points_hold(
    losses: dict[int, int], most: int, order: st.DataObject
) -> None:
    points = [point(bits, -loss / 1000) for bits, loss in losses.items()]
    order.shuffle(points)  # type: ignore[attr-defined]
    found = fewest(points, most / 1000)
    held = [bits for bits in losses if all(losses[wider] <= most for wider in losses if wider >= bits)]
    assert found == (min(held) if held else None)


def test_a_group_s_rank_worked_out_by_hand() -> None:
    points = [
        *(point(bits, d, "a") for bits, d in ((1, -0.3), (2, -0.1), (3, -0.01), (4, 0.0))),
        *(point(bits, d, "a", "nearest-up") for bits, d in ((1, -0.2), (2, 0.01), (3, -0.02), (4, 0.0))),
        *(point(bits, d, "a", r, "integer") for r in ("floor", "nearest-up") for bits, d in ((1, -0.3), (2, 0.0))),
        *(point(bits, -0.5, "b", "floor", kind) for bits in (3, 4) for kind in ("fractional", "integer")),
        *(point(bits, 0.0, "c", "floor", kind) for bits in (5, 4) for kind in ("fractional", "integer")),
    ]
    found = gather(
        "d", "n", 1, HALF, 0.01, {}, points, [(name, (name,), 10, n) for name, n in (("a", 2), ("b", 1), ("c", 0))]
    )
    assert found.fewest == {
        "a": {"floor": Fewest(3, 2), "nearest-up": Fewest(4, 2)},
        "b": {"floor": Fewest(None, None)},
        "c": {"floor": Fewest(4, 4)},
    }
    assert found.ranking == (
        Rank("b", ("b",), 10, 1, "floor", None, None, None, None, 0.5),
        Rank("c", ("c",), 10, 0, "floor", 4, 4, 8, 80, 0.0),
        Rank("a", ("a",), 10, 2, "floor", 2, 3, 5, 50, -0.01),  # 4-bit words: 2 fractional bits, nearest-up gains
    )


def test_groups_of_equal_words_are_ordered_by_what_they_lose() -> None:
    made = [
        Rank(name, (name,), 1, 0, "floor", 1, 1, bits, bits, lost)
        for name, bits, lost in (("a", 2, 0.1), ("b", 2, 0.3), ("c", 3, 0.0))
    ]
    assert [r.group for r in rank(made)] == ["c", "b", "a"]


def test_the_ranking_begins_with_the_longest_word(found: Significance) -> None:
    bits = [math.inf if r.bits is None else r.bits for r in found.ranking]
    assert all(a >= b for a, b in pairwise(bits))
    for r in found.ranking:
        least = found.fewest[r.group][r.rounding]
        assert (r.fractional, r.integer) == (least.fractional, least.integer)
        assert r.words == {"weight": 6 * INPUTS, "threshold": 2, "inhibition": 1}.get(r.group, 6)


def test_the_file_is_read_back_whole(found: Significance, tmp_path: Path) -> None:
    path = tmp_path / "significance.json"
    path.write_bytes(to_json(found))
    assert load_significance(path) == found
    held = json.loads(path.read_bytes())
    assert list(held) == [
        *("tool", "schema", "data", "network", "seed", "baseline", "max_loss"),
        *("ranges", "sweeps", "fewest", "ranking", "learned"),
    ]
    assert held["ranges"]["theta"]["percentiles"]["50"] == np.percentile(NETWORK.theta, 50)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 2}, "Invalid enum value 2 - at `$.schema`"),
        ({"max_loss": 2}, "max_loss must be 0 to 1, not 2.0"),
        ({"max_loss": "a"}, "Expected `float`, got `str` - at `$.max_loss`"),
        ({"sweeps": []}, "sweeps, fewest and ranking must be of the same groups"),
        ({"fewest": {}}, "sweeps, fewest and ranking must be of the same groups"),
        ({"ranking": []}, "sweeps, fewest and ranking must be of the same groups"),
        ({"data": "a\x1b"}, "names must be printable"),
        (
            {
                "baseline": {
                    "accuracy": 0.5,
                    "interval": [0.6, 0.7],
                    "correct": 1,
                    "images": 2,
                    "wide_images_differing": 0,
                }
            },
            "a score must have 0 to 2 correct and its accuracy within its interval, not 1 and 0.5 - at `$.baseline`",
        ),
        (
            {
                "baseline": {
                    "accuracy": 0.5,
                    "interval": [0.1, 0.7],
                    "correct": 1,
                    "images": 2,
                    "wide_images_differing": 3,
                }
            },
            "wide_images_differing must be 0 to 2, not 3 - at `$.baseline`",
        ),
    ],
)
def test_a_changed_file_is_refused_in_one_line(
    found: Significance, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(json.loads(to_json(found)) | change))
    with pytest.raises(FileError) as error:
        load_significance(path)
    assert (
        str(error.value) == f"a significance file must be what fxsnn significance wrote, {str(path)!r} is not: {said}"
    )


def test_a_point_that_cannot_be_is_refused(found: Significance, tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    held = json.loads(to_json(found))
    held["sweeps"][3]["difference"] = 1.5
    path.write_text(json.dumps(held))
    with pytest.raises(FileError, match=r"a difference must be -1 to 1 and bits sensible, not 1\.5 and "):
        load_significance(path)


WHOLE = to_json(
    gather(
        "d",
        "n",
        1,
        HALF,
        0.01,
        {},
        [point(n, 0.0, kind=k) for n in (1, 4) for k in ("fractional", "integer")],
        [("g", ("g",), 1, 0)],
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), st.booleans())
def test_a_damaged_file_is_refused_in_one_line_or_another_whole_one(
    tmp_path: Path, place: int, byte: int, cut: bool
) -> None:
    path = tmp_path / "damaged.json"
    path.write_bytes(WHOLE[:place] if cut else WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :])
    try:
        again = load_significance(path)
    except FileError as error:
        said = str(error)
    else:
        said = ""
        assert msgspec.json.decode(to_json(again), type=Significance) == again
    assert "\n" not in said
    assert said or not cut or place == len(WHOLE) - 1


@pytest.mark.long
@pytest.mark.parametrize("cut", ["wide", "narrow"])
def test_the_figure_has_a_panel_for_each_group_and_kind_and_comes_out_the_same(found: Significance, cut: str) -> None:
    text = significance_svg(found, cut)
    assert text == significance_svg(found, cut)
    root = ElementTree.fromstring(text)  # noqa: S314 - written a moment ago by this test
    words = ["".join(node.itertext()).strip() for node in root.iter("{http://www.w3.org/2000/svg}text")]
    for group in GROUPS:
        assert words.count(group) == 2
    assert words.count("fractional bits") == words.count("integer bits") == len(GROUPS)
    assert {"TR, floor", "RN, nearest-up", "SR, stochastic"} <= set(words)
    assert root.attrib["aria-label"] == describe(found)
    png = significance_png(found, cut)
    assert png.startswith(b"\x89PNG")
    assert png == significance_png(found, cut)


def test_markers_are_filled_from_the_fewest_bits_on() -> None:
    losses = {1: -0.4, 2: 0.0, 3: -0.4, 4: 0.0, 5: 0.0}
    points = [point(n, d, kind=k) for n, d in losses.items() for k in ("fractional", "integer")]
    made = gather("d", "n", 1, HALF, 0.01, {}, points, [("g", ("g",), 1, 0)])
    axes = draw(made, "wide").axes[0]
    dots = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert [(line.get_markerfacecolor() == "white", np.asarray(line.get_xdata()).tolist()) for line in dots] == [
        (True, [1, 2, 3]),
        (False, [4, 5]),
    ]


def test_a_figure_of_a_few_groups_says_what_needs_more_than_was_swept() -> None:
    points = [point(n, -0.4, kind=k) for n in (1, 4) for k in ("fractional", "integer")]
    made = gather("d", "n", 1, HALF, 0.01, {}, points, [("g", ("g",), 1, 0)])
    assert describe(made).endswith(": g more than was swept.")
    assert significance_svg(made).count("fractional bits") == 1


def test_words_shorter_than_those_that_groups_are_compared_by_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^longest must be 4 bits or more, not 3$"):
        sweep([], np.ones(2, dtype=bool), {}, longest=3)


def test_an_image_s_digits_are_really_looked_at() -> None:
    """The embedded-size inputs work too: 784 pixels, few neurons."""
    network = replace(learn.random_network(784, 3), coding=RateCoding(steps=8))
    digits = small_splits().labelling
    task = Task(encode(digits.images, network.coding), digits.labels)
    ranges = profile(network, task.spikes)
    wide = quantise(network, wide_plan(network, ranges))
    assert respond(wide, task.spikes).tolist() == learn.respond(network, task.spikes).tolist()
    assert re.fullmatch(r"UQ\d\.30", str(wide.plan["weight"].format))
