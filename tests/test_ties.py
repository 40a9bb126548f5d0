"""Ties are what the exact distribution says they are, counted out where that is possible."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxsnn.errors import ConfigError
from fxsnn.measure.ties import LEVEL, mcnemar, pack, tie_lines, tied, tied_with_smaller, unpack

marks = st.lists(st.booleans(), min_size=1, max_size=70)


@dataclass(frozen=True)
class Net:
    name: str
    bits: int
    right: str | None


def net(name: str, bits: int, right: list[bool]) -> Net:
    return Net(name, bits, pack(np.array(right, dtype=bool)))


@given(marks)
def test_what_is_right_is_packed_and_unpacked(right: list[bool]) -> None:
    text = pack(np.array(right))
    assert unpack(text, len(right)).tolist() == right
    assert len(text) == 4 * -(-len(right) // 24)


@pytest.mark.parametrize(
    ("text", "images"),
    [("", 1), ("oA==", 2), ("oA==", 9), ("oAAA", 3), ("o*==", 3), ("oA", 3), ("\u00e9", 3), ("gA==", 0)],
)
def test_what_is_not_that_many_bits_is_refused(text: str, images: int) -> None:
    with pytest.raises(ConfigError) as refused:
        unpack(text, images)
    assert str(refused.value) == f"what is right must be {images} bits in base64, not {text!r} ({len(text)} letters)"


@pytest.mark.parametrize("first", range(6))
@pytest.mark.parametrize("second", range(6))
def test_the_p_value_counts_every_way_a_split_could_have_gone(first: int, second: int) -> None:
    # a way that is odder counts whole, one that is as odd counts half
    images, odd = first + second, abs(first - second)
    weight = Fraction(0)
    for way in product((1, -1), repeat=images):
        weight += Fraction(2, 2) if abs(sum(way)) > odd else Fraction(1, 2) if abs(sum(way)) == odd else 0
    # a split into equal halves is one tail and the other at once
    expected = weight / 2**images if odd else Fraction(1)
    assert mcnemar(first, second) == float(expected)


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_p_value_of_many_images_is_the_binomial_sum(first: int, second: int) -> None:
    images, fewer = first + second, min(first, second)
    expected = Fraction(2 * sum(comb(images, k) for k in range(fewer)) + comb(images, fewer), 2**images)
    assert mcnemar(first, second) == mcnemar(second, first) == float(expected)
    assert 0 <= mcnemar(first, second) <= 1


def test_a_split_that_cannot_be_chance_has_no_p_value_to_speak_of() -> None:
    assert mcnemar(0, 5000) == 0
    with pytest.raises(ConfigError, match=r"^images must be 0 or more, not -1 and 2$"):
        mcnemar(-1, 2)


@given(st.data())
def test_a_tie_is_a_p_value_of_at_least_the_level(data: st.DataObject) -> None:
    a = data.draw(marks)
    b = data.draw(st.lists(st.booleans(), min_size=len(a), max_size=len(a)))
    only_a = sum(x and not y for x, y in zip(a, b, strict=True))
    only_b = sum(y and not x for x, y in zip(a, b, strict=True))
    expected = mcnemar(only_a, only_b) >= LEVEL
    assert tied(pack(np.array(a)), pack(np.array(b))) == expected


def test_the_same_accuracies_tie_or_not_by_the_images_that_only_one_gets_right() -> None:
    # 20 and 26 of 40: six images more, all of them new, or six more of many that changed hands
    a = [True] * 20 + [False] * 20
    more = [True] * 26 + [False] * 14
    other = [False] * 14 + [True] * 26
    assert sum(more) == sum(other) == 26
    assert not tied(pack(np.array(a)), pack(np.array(more)))
    assert tied(pack(np.array(a)), pack(np.array(other)))


def test_what_nobody_kept_ties_with_nothing() -> None:
    text = pack(np.ones(8, dtype=bool))
    assert not tied(None, text)
    assert not tied(text, None)
    assert not tied(text, pack(np.ones(60, dtype=bool)))


def test_each_place_is_held_against_the_smallest_it_ties_with() -> None:
    n = 60
    nets = [
        net("large", 40, [True] * 52 + [False] * 8),
        net("small", 10, [True] * 30 + [False] * 30),
        net("middle", 20, [True] * 50 + [False] * 10),
        net("twin", 30, [True] * 51 + [False] * 9),
        Net("unknown", 15, None),
    ]
    assert all(len(unpack(entry.right, n)) == n for entry in nets if entry.right)
    assert tied_with_smaller(nets, [0, 1, 2, 3, 4]) == {3: 2, 0: 2}
    assert tie_lines(nets, [0, 1, 2, 3, 4]) == ["large and twin are within noise of middle: tie"]
    assert tie_lines(nets, [2, 3]) == ["twin is within noise of middle: tie"]
    assert tie_lines(nets, [0, 1]) == []
