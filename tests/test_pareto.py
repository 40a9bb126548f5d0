from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxsnn.errors import ConfigError
from fxsnn.pareto import Baseline, Reward, front, select


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
