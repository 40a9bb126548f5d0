"""Strategies say which points are tried; the same seed tries the same ones, whoever evaluates them and when."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from command_line import run, skip_without_jit
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.ranges import Ranges
from fxsnn.digits.grid import Grid, make_points, restrict
from fxsnn.errors import ConfigError, FileError
from fxsnn.exploration.candidates import to_json
from fxsnn.exploration.point import Point
from fxsnn.significance.fewest import Fewest, read_fewest
from fxsnn.study.strategy import (
    GENERATION,
    SAMPLERS,
    Every,
    Name,
    Sampled,
    check_strategy,
)
from study_worker import study

skip_without_jit()


RANGES = Ranges(
    current=(0.0, 20.0), membrane=(0.0, 60.0), theta=(0.0, 0.2), threshold=(5.0, 5.0), inhibition=(128.0, 128.0)
)
GRID = Grid()
POINTS = make_points(GRID, RANGES)


def worth(point: Point[Plan]) -> tuple[float, float]:
    """An accuracy and a memory that any process would find."""
    word = point.plan["weight"].format.word
    return (
        1.0 - 2.0 ** -(word + point.plan["membrane"].format.frac),
        float(word * 1000 + point.plan["membrane"].format.word),
    )


def followed(name: Name, seed: int, shuffled: int | None = None, trials: int = 70) -> list[str]:
    """Do what a sampler asks for, perhaps in another order, and return what was evaluated, generation by generation."""
    strategy, results, order = Sampled(POINTS, GRID.axes, name, trials, seed), dict[str, tuple[float, float]](), []
    draw = random.Random(shuffled)
    while wanted := strategy.pending(results):
        assert len(wanted) <= GENERATION
        order += [point.name for point in wanted]
        draw.shuffle(wanted) if shuffled is not None else None
        for point in wanted:
            assert point.name not in results
            results[point.name] = worth(point)
            strategy.pending(results)  # asked at any moment
    assert strategy.done(results) == strategy.total == trials
    return order


@pytest.mark.long
@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_asks_for_the_same_points_whatever_the_order_of_their_results(name: Name) -> None:
    assert followed(name, 3) == followed(name, 3, shuffled=1) == followed(name, 3, shuffled=2)
    assert followed(name, 3) != followed(name, 4)


@pytest.mark.parametrize("name", SAMPLERS)
def test_who_comes_later_computes_the_same_generations(name: Name) -> None:
    order = followed(name, 3)
    results = {point.name: worth(point) for point in POINTS if point.name in order[:30]}
    late = Sampled(POINTS, GRID.axes, name, 70, 3)
    wanted = [point.name for point in late.pending(results)]
    assert wanted
    assert set(wanted) <= set(order) - set(order[:30])
    assert 0 < late.done(results) < 70


@pytest.mark.long
@pytest.mark.parametrize("name", ["nsga2", "tpe"])
def test_a_sampler_learns_from_results(name: Name) -> None:
    def mean(order: list[str]) -> float:
        found = {point.name: worth(point)[0] for point in POINTS}
        return sum(found[name] for name in order[-30:]) / 30

    assert followed(name, 5, trials=200) != followed("random", 5, trials=200)
    assert mean(followed(name, 5, trials=200)) != mean(followed("random", 5, trials=200))


def test_the_grid_is_every_point_in_order() -> None:
    strategy = Every(POINTS, GRID.axes)
    results = {POINTS[1].name: (0.5, 1.0)}
    assert strategy.pending(results) == [POINTS[0], *POINTS[2:]]
    assert (strategy.done(results), strategy.total) == (1, len(POINTS))


@pytest.mark.long
@pytest.mark.parametrize("name", ["tpe", "random"])
def test_samplers_find_the_same_bytes_with_any_number_of_workers(tmp_path: Path, name: Name) -> None:
    found = [
        to_json(study(tmp_path / f"{workers}.db", workers=workers, strategy=name, trials=24, seed=9).exploration)
        for workers in (1, 3)
    ]
    assert found[0] == found[1]
    assert to_json(study(tmp_path / "1.db", strategy=name, trials=24, seed=9).exploration) == found[0]


# the paper's


def significance(**fewest: dict[str, int | None]) -> Fewest:
    held = {
        group: {rounding: {"fractional": bits, "accuracy": 0.5} for rounding, bits in found.items()}
        for group, found in fewest.items()
    }
    return read_fewest(json.dumps({"schema": 1, "max_loss": 0.01, "fewest": held}).encode(), "s.json")


SAME = {"TR": 4, "RN": 2, "SR": None}


def test_points_have_the_fewest_bits_found_or_two_more() -> None:
    held = significance(
        weight={"TR": 6, "RN": 3, "SR": 2}, accumulator=SAME, membrane=SAME | {"TR": 5}, theta=SAME, threshold=SAME
    )
    kept = restrict(POINTS, held)
    assert kept == [point for point in POINTS if point in kept]
    found = {(p.values["weight"], p.values["weight_rounding"]) for p in kept}
    expected = {"TR": ("UQ0.8", "UQ0.6"), "RN": ("UQ0.4", "UQ0.3"), "SR": ("UQ0.4", "UQ0.3", "UQ0.2")}
    assert found == {(weight, rounding) for rounding, weights in expected.items() for weight in weights}
    assert {(p.values["state_bits"], p.values["state_rounding"]) for p in kept} == {(6, "TR"), (4, "RN"), (2, "RN")}
    assert {p.values["fold"] for p in kept} == {False, True}


def test_groups_with_bits_of_their_own_are_held_to_their_own_fewest() -> None:
    grid = Grid(weight=("UQ0.4",), weight_rounding=("RN",), state_rounding=("RN",), fold=(False,), state_bits=(2, 3),
                membrane_bits=(1, 2, 4), theta_bits=(0, 5))  # fmt: skip
    held = significance(
        weight={"RN": 4}, accumulator={"RN": 1}, membrane={"RN": 2}, theta={"RN": 3}, threshold={"RN": 3}
    )
    kept = restrict(make_points(grid, RANGES), held)
    assert [tuple(p.values[f"{axis}_bits"] for axis in ("state", "membrane", "theta")) for p in kept] == [
        (3, 2, 5),
        (3, 4, 5),
    ]


def test_where_the_grid_has_none_so_few_its_fewest_are_tried() -> None:
    few = {"floor": -3, "nearest-up": 3, "stochastic": None}
    kept = restrict(POINTS, significance(weight={"RN": 5}, accumulator=few, membrane=few, theta=few, threshold=few))
    assert {(p.values["state_bits"], p.values["state_rounding"]) for p in kept} == {(2, "TR"), (4, "RN")}
    assert {p.values["weight"] for p in kept} == {"UQ0.6"}


def test_a_grid_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(ConfigError) as error:
        restrict(POINTS, significance(weight={"RN": None}))
    assert str(error.value) == "a grid must have points with the bits that the significance file asks for, not none"


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 2, "max_loss": 0, "fewest": {}}', '{"schema": 1}', "\xff"])
def test_a_wrong_significance_file_is_refused(text: str) -> None:
    with pytest.raises(FileError, match=r"^a significance file must be what .* wrote, 's\.json' is not: ") as error:
        read_fewest(text.encode("latin-1"), "s.json")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--strategy", "all"], "the strategy must be one of grid, paper, narrow, nsga2, tpe, random, not 'all'"),
        (["--strategy", "tpe"], "the strategy tpe must have --trials of 1 or more, not 0"),
        (["--trials", "3"], "--trials must be given to a sampler (nsga2, tpe, random), not to the strategy grid"),
        (["--strategy", "paper"], "the strategy paper must have --significance FILE"),
        (["--significance", "s.json"], "the strategy grid must not have --significance FILE"),
    ],
)
def test_a_strategy_that_misses_something_is_refused(words: list[str], complaint: str) -> None:
    assert run("explore", "net.npz", "--out", "c.json", *words).complaint == complaint


def test_a_known_strategy_is_its_name() -> None:
    assert [check_strategy(name, 1, None) for name in SAMPLERS] == list(SAMPLERS)


# grids


def test_names_tell_the_bits_of_each_group_and_the_scheme() -> None:
    class Training:
        settings = "none"

        def learning_plan(self, plan: object) -> object:
            return replace(plan, fold=False)  # type: ignore[type-var]

    one = Grid(weight=("UQ0.4",), weight_rounding=("RN",), state_rounding=("TR",), fold=(True,), state_bits=(2,))

    def names(**changes: object) -> list[str]:
        grid = msgspec.structs.replace(one, **changes)
        return [point.name for point in make_points(grid, RANGES, Training())]  # type: ignore[arg-type]

    assert names(scheme=("PTQ", "ITQ")) == ["w4.4-RN-v8.2-TR-fold", "w4.4-RN-v8.2-TR-fold-ITQ"]
    assert names(membrane_bits=(1, 0)) == ["w4.4-RN-v7.1-TR-s2-fold", "w4.4-RN-v6.0-TR-s2-fold"]
    assert names(accumulator_bits=(3,), theta_bits=(4,), threshold_bits=(5,)) == ["w4.4-RN-v8.2-TR-a3-t4-h5-fold"]
    every = {f"{group}_bits": (bits,) for bits, group in enumerate(("accumulator", "membrane", "theta", "threshold"))}
    assert names(**every) == ["w4.4-RN-v7.1-TR-a0-t2-h3-fold"]


def test_bits_of_its_own_go_to_the_group_alone() -> None:
    grid = Grid(weight=("UQ0.4",), weight_rounding=("RN",), state_rounding=("TR",), fold=(False,), state_bits=(2,))
    (plan,) = (point.plan for point in make_points(msgspec.structs.replace(grid, theta_bits=(7,)), RANGES))
    assert [plan[group].format.frac for group in ("accumulator", "membrane", "theta", "threshold")] == [
        2,
        2,
        7,
        2,
    ]
