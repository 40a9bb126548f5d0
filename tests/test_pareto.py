from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import skip_with_jit
from fxsnn.errors import BudgetError, ConfigError, FloorError
from fxsnn.exploration.pareto import ACCURACY, Baseline, Reward, front, select
from fxsnn.measure.budget import Budget

skip_with_jit()


@dataclass(frozen=True)
class Point:
    name: str
    accuracy: float
    bits: int
    allocated_bits: int = 99_000


BASELINE = Baseline(0.9, 32_000)
points = st.lists(
    st.builds(
        Point, st.just("p"), st.sampled_from([0.5, 0.88, 0.89, 0.9, 0.91]), st.integers(1, 9).map(lambda k: k * 1000)
    ),
    min_size=1,
    max_size=12,
)


def dominates(a: Point, b: Point) -> bool:
    return a.accuracy >= b.accuracy and a.bits <= b.bits and (a.accuracy, a.bits) != (b.accuracy, b.bits)


@given(points)
def test_the_front_is_what_nothing_dominates(candidates: list[Point]) -> None:
    expected = {(p.accuracy, p.bits) for p in candidates if not any(dominates(q, p) for q in candidates)}
    kept = [candidates[n] for n in front(candidates)]
    assert {(p.accuracy, p.bits) for p in kept} == expected
    assert len(kept) == len(expected)
    assert [p.bits for p in kept] == sorted(p.bits for p in kept)


@given(points, st.sampled_from(["additive", "multiplicative"]), st.sampled_from([0.0, 0.1, 1.0, 50.0]))
def test_the_choice_holds_the_floor_and_is_dominated_by_none(candidates: list[Point], form: str, mu: float) -> None:
    able = [p for p in candidates if p.accuracy >= 0.88]
    if not able:
        return
    reward = Reward(form, mu)  # type: ignore[arg-type]
    chosen = candidates[select(candidates, BASELINE, reward, 0.02).index]
    assert chosen in able
    assert not any(dominates(p, chosen) for p in able)
    assert reward.of(chosen, BASELINE) == max(reward.of(p, BASELINE) for p in able)


def test_the_two_rewards_of_a_known_point() -> None:
    point = Point("p", 0.89, 4_000)
    assert Reward("additive", 0.2).of(point, BASELINE) == pytest.approx(0.89 - 0.2 / 8)
    assert Reward("multiplicative", 10).of(point, BASELINE) == pytest.approx(8 * 0.9)
    assert Reward("multiplicative", 10).of(Point("p", 0.95, 4_000), BASELINE) == 8
    assert Reward("multiplicative", 10).of(Point("p", 0.1, 4_000), BASELINE) == 0


def test_a_floor_nobody_holds_is_said_with_the_best() -> None:
    with pytest.raises(ConfigError) as error:
        select([Point("a", 0.85, 1), Point("b", 0.86, 2)], BASELINE, Reward())
    assert str(error.value) == (
        "a candidate must reach 89.00 % (the float network's 90.00 % less 1.00 %), but the best, b, has 86.00 %"
    )
    with pytest.raises(ConfigError, match="^a selection must have one or more candidates, not none$"):
        select([], BASELINE, Reward())


def test_the_reason_is_told_in_words() -> None:
    choice = select([Point("small", 0.895, 4_000), Point("big", 0.9, 8_000)], BASELINE, Reward("additive", 0.1))
    assert choice.reason == (
        "small has the highest additive reward (0.8825, mu = 0.1) of the 2 of 2 candidates that stay within 1.00 % "
        "of the float network: 8.0 times less memory, -0.50 points of accuracy."
    )


THREE = [Point("small", 0.8, 1_000, 5_000), Point("middle", 0.885, 2_000, 4_000), Point("large", 0.9, 8_000, 9_000)]


@given(points, st.integers(1, 9).map(lambda k: k * 1000), st.sampled_from([None, 0.0, 0.02]))
def test_within_a_budget_the_most_accurate_is_chosen(candidates: list[Point], bits: int, loss: float | None) -> None:
    able = [p for p in candidates if p.bits <= bits and (loss is None or p.accuracy >= 0.9 - loss - 1e-12)]
    if not able:
        with pytest.raises((BudgetError, FloorError)):
            select(candidates, BASELINE, ACCURACY, loss, Budget(bits))
        return
    chosen = candidates[select(candidates, BASELINE, ACCURACY, loss, Budget(bits)).index]
    assert chosen in able
    best = max(p.accuracy for p in able)
    assert (chosen.accuracy, chosen.bits) == (best, min(p.bits for p in able if p.accuracy == best))


def test_a_budget_counts_bits_or_what_is_allocated() -> None:
    assert select(THREE, BASELINE, ACCURACY, None, Budget(2_500)).index == 1
    assert select(THREE, BASELINE, ACCURACY, None, Budget(4_999, "allocated")).index == 1
    assert select(THREE, BASELINE, ACCURACY, None, Budget(9_000, "allocated")).index == 2
    assert select(THREE, BASELINE, Reward("additive", 9), None, Budget(9_000)).index == 0


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (Budget(999), "999 bits (125 B), but the smallest, small, holds 1,000 bits (125 B)"),
        (
            Budget(3_999, "allocated"),
            "3,999 bits (500 B) as allocated, but the smallest, middle, holds 4,000 bits (500 B)",
        ),
    ],
)
def test_a_budget_into_which_nothing_fits_is_said_with_the_smallest(budget: Budget, message: str) -> None:
    with pytest.raises(BudgetError) as error:
        select(THREE, BASELINE, ACCURACY, None, budget)
    assert str(error.value) == f"a candidate must fit into {message}"


def test_a_floor_that_nobody_within_the_budget_holds_is_said_with_the_best_of_them() -> None:
    with pytest.raises(FloorError) as error:
        select(THREE, BASELINE, ACCURACY, 0.01, Budget(2_000))
    assert str(error.value) == (
        "a candidate that fits into 2,000 bits (250 B) must reach 89.00 % (the float network's 90.00 % less 1.00 %), "
        "but the best of those, middle, has 88.50 %"
    )


def test_the_reason_tells_the_budget_and_what_it_costs() -> None:
    assert select(THREE, BASELINE, ACCURACY, None, Budget(2_000)).reason == (
        "middle has the highest accuracy (88.50 %) of the 2 of 3 candidates that fit into 2,000 bits (250 B): 16.0 "
        "times less memory, -1.50 points of accuracy. It misses the usual floor, 1.00 % below the float network: the "
        "budget costs accuracy."
    )
    assert select(THREE, BASELINE, ACCURACY, 0.02, Budget(2_000)).reason == (
        "middle has the highest accuracy (88.50 %) of the 1 of 3 candidates that fit into 2,000 bits (250 B) and stay "
        "within 2.00 % of the float network: 16.0 times less memory, -1.50 points of accuracy."
    )
    assert select(THREE, BASELINE, ACCURACY, None).reason == (
        "large has the highest accuracy (90.00 %) of the 3 of 3 candidates: 4.0 times less memory, +0.00 points of "
        "accuracy."
    )


def test_a_loss_is_told_with_the_digits_that_it_was_given_with() -> None:
    with pytest.raises(FloorError) as error:
        select([Point("a", 0.999999, 1)], Baseline(1.0, 32_000), Reward(), 1e-7)
    assert str(error.value) == (
        "a candidate must reach 100.0000 % (the float network's 100.0000 % less 0.00001 %), but the best, a, "
        "has 99.9999 %"
    )
    with pytest.raises(ConfigError, match=r"^mu must be 0 to 1e\+06, not 1000001\.25$"):
        Reward("additive", 1000001.25)
