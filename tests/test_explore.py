"""A grid is every combination it says, each once, in its order; candidates do not depend on the workers."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import msgspec
import pytest

from command_line import long_without_jit, small_splits
from fxsnn.competitive.emulate import respond
from fxsnn.competitive.inventory import memory
from fxsnn.competitive.learn import random_network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import quantise
from fxsnn.competitive.ranges import Ranges
from fxsnn.data.encode import RateCoding, encode
from fxsnn.digits.bench import Task, evaluate, explore
from fxsnn.digits.grid import Grid, make_plans, make_points, parse_grid, restrict
from fxsnn.errors import ConfigError, FormatError, FxsnnError, OverflowDetectedError, WidthError
from fxsnn.exploration.candidate import Candidate
from fxsnn.measure.score import cross_validate
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.number.signal import Leak, Signal, parse_leak
from fxsnn.significance.fewest import read_fewest

RANGES = Ranges(
    current=(0.0, 20.0), membrane=(-3.0, 60.0), theta=(0.0, 0.2), threshold=(5.0, 5.0), inhibition=(128.0, 128.0)
)
ONE = Grid(
    weight=("UQ0.4",),
    state_bits=(4,),
    weight_rounding=("RN",),
    state_rounding=("TR",),
    leak=("shift 5",),
    fold=(False,),
)


def one(**changes: object) -> Grid:
    return msgspec.structs.replace(ONE, **changes)


@pytest.fixture(scope="module")
def task() -> Task:
    digits = small_splits().labelling
    return Task(encode(digits.images, RateCoding(steps=20)), digits.labels)


def test_a_plan_has_the_formats_that_the_ranges_need() -> None:
    plan = make_plans(ONE, RANGES)["w4.4-RN-vs11.4-TR"]
    assert {
        **{name: str(one) for name, one in plan.signals.items()},
        **{name: str(getattr(plan, name)) for name in ("accumulate", "integrate", "fold")},
    } == {
        "weight": "UQ0.4 nearest-up saturate",
        "accumulator": "UQ5.4 floor saturate",
        "membrane": "Q7.4 floor saturate",
        "theta": "UQ-2.4 floor saturate",
        "threshold": "UQ3.4 floor saturate",
        "inhibition": "UQ7.0 nearest-up saturate",
        "accumulate": "exact",
        "integrate": "two-casts",
        "fold": "False",
    }
    assert plan.leak == Leak("shift", shift=5)


def test_a_signal_that_needs_no_bit_has_one() -> None:
    assert str(make_plans(one(state_bits=(0,)), RANGES)["w4.4-RN-vs7.0-TR"]["theta"].format) == "UQ1.0"


def test_the_wiring_and_the_seed_are_every_plan_s() -> None:
    grid = one(accumulate="each", integrate="fused", seed=77)
    (plan,) = make_plans(grid, RANGES).values()
    assert (plan.accumulate, plan.integrate, plan.lfsr.seed) == ("each", "fused", 77)


def test_every_combination_is_there_once_and_in_order() -> None:
    grid = Grid(weight=("UQ0.4", "Q1.4"), state_bits=(4, -1), leak=("none", "multiply UQ0.8"))
    names = list(make_plans(grid, RANGES))
    assert len(names) == len(set(names)) == grid.points == 2 * 2 * 3 * 3 * 2 * 2
    assert names[:5] == [
        "w4.4-TR-vs11.4-TR-none",
        "w4.4-TR-vs11.4-TR-none-fold",
        "w4.4-TR-vs11.4-TR-multiplyUQ0.8",
        "w4.4-TR-vs11.4-TR-multiplyUQ0.8-fold",
        "w4.4-TR-vs11.4-RN-none",
    ]
    assert names[-1] == "ws5.4-SR-vs6.-1-SR-multiplyUQ0.8-fold"


def test_any_signal_may_list_words_of_its_own() -> None:
    listed = {"inhibition": ["UQ7.0", {"format": "UQ3.0", "rounding": "floor"}], "theta": "UQ4.4 SR wrap"}
    points = make_points(one(signal=listed, state_bits=(4, 2)), RANGES)
    assert [point.name for point in points] == [
        f"w4.4-RN-v{bits}-TR-inhibition-{word}"
        for bits in ("s11.4", "s9.2")
        for word in ("UQ7.0-nearest-even", "UQ3.0-TR")
    ]
    usual = make_plans(one(state_bits=(4, 2)), RANGES)
    for point in points:
        plan, like = point.plan, usual[point.name.partition("-inhibition")[0]]
        assert str(plan["theta"]) == "UQ4.4 stochastic wrap"
        assert str(plan["inhibition"]) == point.values["inhibition"]
        assert point.name.rpartition("inhibition-")[2].startswith(str(plan["inhibition"].format))
        assert plan.changed(theta=like["theta"], inhibition=like["inhibition"]) == like


def test_words_of_the_membrane_leave_bits_and_rounding_of_the_others_in_names() -> None:
    asked = {"state_bits": (4, 2), "state_rounding": ("TR", "RN")}
    points = make_points(one(signal={"membrane": "Q9.3"}, **asked), RANGES)
    assert [point.name for point in points] == [
        f"w4.4-RN-vs12.3-nearest-even-s{bits}-{rounding}" for bits in (4, 2) for rounding in ("TR", "RN")
    ]
    assert {str(point.plan["membrane"]) for point in points} == {"Q9.3 nearest-even saturate"}
    assert len({str(point.plan["theta"]) for point in points}) == len(points)
    apart = {f"{group}_bits": (1,) for group in ("accumulator", "theta", "threshold")}
    names = make_plans(one(signal={"membrane": "Q9.3"}, **asked | {"state_bits": (4,)}, **apart), RANGES)
    assert list(names) == ["w4.4-RN-vs12.3-nearest-even-TR-a1-t1-h1", "w4.4-RN-vs12.3-nearest-even-RN-a1-t1-h1"]


def test_points_with_words_of_their_own_are_restricted_by_them() -> None:
    points = make_points(one(signal={"membrane": ["Q7.4", "Q7.2 SR", "Q7.1"]}, state_bits=(4,)), RANGES)
    bits = {"weight": 4, "accumulator": 4, "threshold": 3, "theta": 4, "membrane": 2}
    fewest = {group: {"floor": few, "nearest-up": few} for group, few in bits.items()}
    found = {group: {key: {"fractional": few} for key, few in one.items()} for group, one in fewest.items()}
    data = json.dumps({"schema": 1, "max_loss": 0.01, "fewest": found}).encode()
    assert [point.name[-17:] for point in restrict(points, read_fewest(data, "s.json"))] == ["Q7.4-nearest-even"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[signal]\nweight = ['UQ0.4']",
            "signal 'weight' must be listed as weight, beside the table",
        ),
        ("[signal]\nmembranes = ['Q4.4']", "a signal must be one of weight, accumulator, membrane, threshold, theta, "),
        (
            "[signal.layer]\ntheta = 'UQ4.4'",
            "a signal must be one of weight, accumulator, membrane, threshold, theta, ",
        ),
        ("[signal]\ntheta = []", "signal 'theta' must list one or more different words, not []"),
        (
            "[signal]\ntheta = ['UQ4.4', 'UQ4.4 nearest-even']",
            "signal 'theta' must list one or more different",
        ),
        ("[signal]\ntheta = ['four']", "signal 'theta': a format must read like"),
        (
            "theta_bits = [1]\n[signal]\ntheta = 'UQ4.4'",
            "theta must be listed as theta_bits or in the table",
        ),
        ("leak = ['shift 5', 'shift 05']", "leak must list one or more different leaks, not ['shift 5', 'shift 05']"),
        (
            "leak = ['multiply UQ0.8', 'multiply UQ0.8 nearest-even']",
            "leak must list one or more different leaks, not ['multiply UQ0.8', 'multiply UQ0.8 nearest-even']",
        ),
    ],
)
def test_words_that_cannot_be_are_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_grid(text)
    assert message in str(error.value)


def test_a_signed_weight_is_another_configuration_than_an_unsigned_one() -> None:
    assert list(make_plans(one(weight=("UQ0.4", "Q0.4")), RANGES)) == ["w4.4-RN-vs11.4-TR", "ws4.4-RN-vs11.4-TR"]


@pytest.mark.parametrize(
    "changes",
    [
        {"weight_rounding": ("RN", "nearest-up")},
        {"state_rounding": ("TR", "floor")},
        {"weight": ("UQ0.4", "ufix4_En4")},
    ],
)
def test_a_configuration_with_two_names_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as error:
        make_plans(one(**changes), RANGES)
    assert str(error.value) == ("each point of a grid must be another configuration, but w4.4-RN-vs11.4-TR comes twice")


def test_a_point_whose_formats_cannot_be_is_named() -> None:
    with pytest.raises(FormatError) as error:
        make_plans(one(state_bits=(4, 60)), RANGES)
    assert str(error.value) == (
        "weight UQ0.4, state_bits 60, weight_rounding RN, state_rounding TR, leak shift 5, fold False: "
        "word must be 1 to 63 bits, not 65"
    )


@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("none", Leak("none")),
        ("shift 1", Leak("shift", shift=1)),
        ("shift 62", Leak("shift", shift=62)),
        ("multiply UQ0.6", Leak("multiply", Signal(Format(6, 6, signed=False)))),
        (
            "multiply UQ0.6 floor wrap",
            Leak("multiply", Signal(Format(6, 6, signed=False), Rounding.FLOOR, Overflow.WRAP)),
        ),
    ],
)
def test_a_leak_is_read_as_people_write_it(text: str, leak: Leak) -> None:
    assert parse_leak(text) == leak


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none 1",
        "shift",
        "shift -1",
        "shift 1.5",
        "shift \u0663",
        "shift 5 6",
        "divide 3",
        " none",
        "multiplyUQ0.8",
        "multiply  UQ0.8",
    ],
)
def test_what_is_no_leak_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_leak(text)
    assert str(error.value) == f"a leak must read like 'multiply UQ0.8', 'shift 6' or 'none', not {text!r}"


def test_a_grid_is_read_from_toml_and_what_is_left_out_is_the_default() -> None:
    grid = parse_grid('weight = ["UQ0.4"]\nstate_bits = [3]\nfold = [true]\nseed = 5\nschema = 1')
    assert grid == Grid(weight=("UQ0.4",), state_bits=(3,), fold=(True,), seed=5)
    assert parse_grid("") == Grid()


KEYS = "a grid must have the documented keys: "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("weight = [", "a grid must be TOML: Invalid value (at end of document)"),
        ("weights = ['UQ0.4']", KEYS + "Object contains unknown field `weights`"),
        ("state_bits = 4", KEYS + "Expected `array`, got `int` - at `$.state_bits`"),
        ("state_bits = [4, 'a']", KEYS + "Expected `int`, got `str` - at `$.state_bits[1]`"),
        ("fold = [0]", KEYS + "Expected `bool`, got `int` - at `$.fold[0]`"),
        ("schema = 2", KEYS + "Invalid enum value 2 - at `$.schema`"),
        ("accumulate = 'some'", KEYS + "Invalid enum value 'some' - at `$.accumulate`"),
        ("leak = []", KEYS + "leak must list one or more different values, not []"),
        ("state_bits = [4, 4]", KEYS + "state_bits must list one or more different values, not [4, 4]"),
        (f"state_bits = {list(range(1000))}", KEYS + "a grid must have at most 100,000 points, not 108,000"),
        ("leak = ['shift 63']", KEYS + "a leak's shift must be 1 to 62, not 63"),
        ("leak = ['multiply Q1.7']", KEYS + "the leak factor's format must be unsigned, not Q1.7 (s8)"),
        ("weight = ['Q0.0']", KEYS + "word must be 1 to 63 bits, not 0"),
        ("weight_rounding = ['trunc']", KEYS + "rounding 'trunc' means floor to an RTL engineer and zero to NumPy: "),
        ("seed = 0", KEYS + "the seed of a 31-bit LFSR must be 1 to 2**31 - 1, not 0"),
    ],
)
def test_a_wrong_grid_is_refused_with_its_key(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}") as error:
        parse_grid(text)
    assert "\n" not in str(error.value)


def test_a_candidate_is_the_quantised_network_s_score_and_memory(task: Task) -> None:
    network = random_network(784, 4)
    (point,) = make_points(ONE, RANGES)
    found = evaluate(network, point, task)
    quantised = quantise(network, point.plan)
    expected = cross_validate(respond(quantised, task.spikes), task.labels, 4)
    assert (found.name, found.scheme, found.plan) == (point.name, "PTQ", point.plan)
    assert found.score.confusion.tolist() == expected.confusion.tolist()
    assert found.accuracy == expected.accuracy
    assert found.bits == memory(quantised).bits


@long_without_jit
@pytest.mark.parametrize("workers", [1, 3])
def test_candidates_come_in_the_plans_order_whatever_the_workers(task: Task, workers: int) -> None:
    network, told = random_network(784, 4), list[str]()
    points = make_points(one(weight=("UQ0.4", "UQ0.1"), weight_rounding=("RN", "SR")), RANGES)
    found = explore(network, points, task, workers, lambda candidate: told.append(candidate.name))
    assert [candidate.name for candidate in found] == told == [point.name for point in points]
    again = [evaluate(network, point, task) for point in points]
    assert [facts(candidate) for candidate in found] == [facts(candidate) for candidate in again]


def facts(candidate: Candidate[Plan]) -> tuple[str, list[list[int]], int]:
    return candidate.name, candidate.score.confusion.tolist(), candidate.bits


WIDE = Signal(Format.parse("UQ20.40"))
TIGHT = Signal(Format.parse("UQ1.0"), Rounding.FLOOR, Overflow.ERROR)


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            {"weight": WIDE},
            WidthError,
            "bad: every exact intermediate must fit int64, but sum = arriving (arriving 784 x UQ20.40 (u60); ",
        ),
        ({"threshold": TIGHT}, OverflowDetectedError, "bad: threshold: all values must lie in UQ1.0 (u1), 0 to 1; 1 "),
        ({"membrane": TIGHT}, OverflowDetectedError, "bad: integrate must stay within UQ1.0 (u1), but left it "),
    ],
)
def test_a_plan_that_cannot_run_is_named(
    task: Task, changes: dict[str, Signal], kind: type[FxsnnError], message: str
) -> None:
    (good,) = make_points(ONE, RANGES)
    with pytest.raises(kind, match=f"^{re.escape(message)}"):
        bad = replace(good, name="bad", plan=good.plan.changed(**changes))
        explore(random_network(784, 4), [good, bad], task)


def test_spikes_of_other_digits_are_refused(task: Task) -> None:
    with pytest.raises(ConfigError, match=r"^w4\.4-RN-vs11\.4-TR: spikes must be of 10 inputs, not 784$"):
        explore(random_network(10, 4), make_points(ONE, RANGES), task)
