"""Firing statistics are what counting by hand and trying every matching gives."""

from __future__ import annotations

from itertools import permutations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from command_line import long_with_jit, small_splits
from fxsnn.competitive.emulate import emulate, respond
from fxsnn.competitive.learn import random_network, record
from fxsnn.competitive.learn import respond as respond_in_float
from fxsnn.competitive.quantised import quantise
from fxsnn.competitive.ranges import profile
from fxsnn.competitive.watching import reference, watch
from fxsnn.data.encode import RateCoding, encode
from fxsnn.digits.grid import Grid, make_plans
from fxsnn.errors import ConfigError
from fxsnn.measure.firing import Firing, Reference, compare, parting, rows, warning

Counts = NDArray[np.integer]
NONE = np.zeros((0, 1, 3), dtype=np.uint8)


def held(counts: Counts, trains: NDArray[np.uint8] | None = None) -> Reference:
    trains = np.zeros((0, 1, counts.shape[1]), dtype=np.uint8) if trains is None else trains
    return Reference(counts, np.zeros((len(trains), 1, 1), dtype=np.uint8), trains)


def compared(first: Counts, second: Counts) -> Firing:
    return compare(held(first), second, held(second).trains)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Counts, Counts]:
    images, neurons = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    counts = arrays(np.int32, (images, neurons), elements=st.integers(0, 4))
    return draw(counts), draw(counts)


@given(pairs())
def test_the_earth_mover_s_distance_is_the_least_over_all_matchings(pair: tuple[Counts, Counts]) -> None:
    first, second = pair
    a, b = first.sum(axis=0).tolist(), second.sum(axis=0).tolist()
    expected = min(sum(abs(x - y) for x, y in zip(a, order, strict=True)) for order in permutations(b))
    found = compared(first, second)
    assert found.earth_movers == round(expected / first.size, 6)
    assert found.earth_movers <= found.rate_distance


@given(pairs())
def test_the_other_statistics_counted_one_by_one(pair: tuple[Counts, Counts]) -> None:
    first, second = pair
    images, neurons = first.shape
    found = compared(first, second)
    assert found.images == images
    assert found.float_spikes == round(sum(first.ravel().tolist()) / images, 3)
    assert found.fixed_spikes == round(sum(second.ravel().tolist()) / images, 3)
    assert found.mean_rate == round(sum(first.ravel().tolist()) / first.size, 6)
    apart = sum(abs(sum(first[:, n].tolist()) - sum(second[:, n].tolist())) for n in range(neurons))
    assert found.rate_distance == round(apart / first.size, 6)
    assert found.float_silent == round(sum(not first[:, n].any() for n in range(neurons)) / neurons, 6)
    assert found.fixed_silent == round(sum(not second[:, n].any() for n in range(neurons)) / neurons, 6)
    same = sum(a.tolist() == b.tolist() for a, b in zip(first, second, strict=True))
    assert found.same_counts == round(same / images, 6)


def test_counts_that_moved_to_other_neurons_are_near_only_as_a_distribution() -> None:
    found = compared(np.array([[4, 0, 2]]), np.array([[0, 2, 4]]))
    assert (found.rate_distance, found.earth_movers) == (round(8 / 3, 6), 0)


@given(st.data())
def test_trains_part_at_the_first_step_that_differs(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3)))
    trains = arrays(np.uint8, shape, elements=st.integers(0, 1))
    first, second = data.draw(trains), data.draw(trains)
    expected = []
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        expected.append(next((t for t in range(shape[1]) if a[t] != b[t]), -1))
    assert parting(first, second).tolist() == expected
    counts = np.ones((1, shape[2]), dtype=np.int64)
    found = compare(held(counts, first), counts, second)
    parted = sorted(step for step in expected if step >= 0)
    assert (found.watched, found.parted) == (shape[0], len(parted))
    assert found.first_step == (parted[0] if parted else None)
    never = 10**9
    ordered = sorted(step if step >= 0 else never for step in expected)
    middle = (ordered[(shape[0] - 1) // 2] + ordered[shape[0] // 2]) / 2
    assert found.median_step == (middle if middle < never / 2 else None)


def test_spikes_of_another_network_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        compare(held(np.ones((2, 3), dtype=np.int64)), np.ones((2, 4), dtype=np.int64), NONE)
    assert str(refused.value) == (
        "spikes must be [2, 3] counts and [0, 1, 3] trains as the float network's, not [2, 4] and [0, 1, 3]"
    )


@long_with_jit
def test_a_network_is_watched_step_by_step_as_it_is_recorded() -> None:
    network = random_network(784, 4)
    spikes = encode(small_splits().labelling.images, RateCoding(steps=20))
    grid = Grid(weight=("UQ0.2",), state_bits=(0,), weight_rounding=("TR",), state_rounding=("TR",), fold=(False,))
    (plan,) = make_plans(grid, profile(network, spikes)).values()
    quantised = quantise(network, plan)
    in_float, fixed = respond_in_float(network, spikes), respond(quantised, spikes)
    kept = reference(network, spikes, in_float, watched=5)
    assert kept.inputs.tolist() == spikes.raster()[:5].tolist()
    assert kept.trains.tolist() == [record(network, spikes, image).spikes.tolist() for image in range(5)]
    trains = np.array([emulate(quantised, spikes, image).nodes["spike"] for image in range(5)], dtype=np.uint8)
    found = watch(kept, quantised, fixed)
    assert found == compare(kept, fixed, trains)
    assert found.parted > 0
    assert reference(network, spikes, in_float).trains.shape == (12, 20, 4)  # no more than there are


SOUND = compared(np.full((4, 10), 2), np.full((4, 10), 2))


def changed(**changes: object) -> Firing:
    return msgspec.structs.replace(SOUND, **changes)


def test_a_network_that_learned_its_own_neurons_is_not_held_against_others_one_by_one() -> None:
    far = changed(rate_distance=1.9 * SOUND.mean_rate)
    assert "its neurons' rates are" in warning(far)
    assert warning(far, "ITQ") == ""


def test_a_network_that_fires_as_in_float_is_no_warning() -> None:
    assert warning(SOUND) == ""
    for limit in (
        {"fixed_spikes": 10.0},
        {"fixed_spikes": 40.0},
        {"fixed_silent": 0.1},
        {"rate_distance": 2.0},
        {"earth_movers": 1.0},
    ):
        assert warning(changed(**limit)) == ""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fixed_spikes": 9.99}, "it is nearly silent: 9.99 spikes an image, 20.00 in float"),
        ({"fixed_spikes": 40.01}, "it is saturated: 40.01 spikes an image, 20.00 in float"),
        ({"fixed_silent": 0.12}, "12.0 % of its neurons never fire, 0.0 % in float"),
        ({"rate_distance": 2.02}, "its neurons' rates are 101.0 % off the float network's"),
        ({"earth_movers": 1.02}, "the distribution of its rates is 51.0 % off the float network's"),
        ({"mean_rate": 0.0, "rate_distance": 1.0}, "its neurons' rates are all off the float network's"),
    ],
)
def test_a_silent_or_saturated_network_is_a_warning(changes: dict[str, float], told: str) -> None:
    assert warning(changed(**changes)) == f"the choice does not fire as the float network does: {told}"


def test_all_that_is_wrong_is_one_line() -> None:
    silent = compared(np.full((4, 10), 2), np.zeros((4, 10), dtype=np.int64))
    assert warning(silent) == (
        "the choice does not fire as the float network does: it is nearly silent: 0.00 spikes an image, "
        "20.00 in float; 100.0 % of its neurons never fire, 0.0 % in float; "
        "the distribution of its rates is 100.0 % off the float network's"
    )


def test_the_table_sets_float_beside_fixed() -> None:
    found = changed(fixed_spikes=18.0, rate_distance=0.5, watched=16, parted=9, first_step=3, median_step=40.5)
    assert rows(found) == [
        ("spikes an image", "20.00", "18.00"),
        ("neurons that never fire", "0.0 %", "0.0 %"),
        ("distance of neurons' rates, of the mean rate", "", "25.0 %"),
        ("earth mover's distance of rates, of the mean rate", "", "0.0 %"),
        ("images with the same spike counts", "", "100.0 %"),
        ("spike trains that diverge, of 16 images", "", "9"),
        ("step at which they diverge, first and median", "", "3, 40.5"),
    ]
    assert rows(SOUND)[-1][2] == "never, never"
    assert rows(found, "ITQ")[2][1:] == ("", "none: it learned its own neurons")
    assert rows(changed(mean_rate=0.0))[2][2] == "0.0 %"
