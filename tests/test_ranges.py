"""Ranges are what a straight-forward run meets, and integer bits are the fewest that hold them."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import small_splits
from fxsnn.competitive.emulate import spikes_of
from fxsnn.competitive.learn import random_network, record
from fxsnn.competitive.network import Network
from fxsnn.competitive.ranges import Ranges, profile, spreads
from fxsnn.data.encode import RateCoding, Spikes, encode
from fxsnn.errors import ConfigError
from fxsnn.measure.ranges import PERCENTILES, Spread, integer_bits, spread
from fxsnn.number.cast import from_float_counted, to_float
from fxsnn.number.format import Format

NETWORK = Network(
    weights=np.array([[0.5, -0.25], [1.0, 0.75]]),
    theta=np.array([0.5, 0.0]),
    labels=np.array([-1, -1]),
    threshold=2.0,
    decay=0.5,
    inhibition=0.25,
    floor=-4.0,
)
reals = st.floats(-(2.0**40), 2.0**40)


def test_the_ranges_of_a_run_worked_out_by_hand() -> None:
    # input 0, then both inputs, then none: membranes (0.5, -0.25), (1.75, 0.375), (0.875, 0.1875); nobody fires
    quiet = spikes_of(np.array([[[1, 0], [1, 1], [0, 0]]], dtype=np.uint8))
    assert profile(NETWORK, quiet) == Ranges(
        current=(-0.25, 1.5), membrane=(-0.25, 2.5), theta=(0.0, 0.5), threshold=(2.0, 2.0), inhibition=(0.25, 0.25)
    )


def test_the_range_is_over_all_images_and_takes_in_what_rises_above_the_threshold() -> None:
    eager = replace(NETWORK, threshold=0.25, theta=np.zeros(2))
    raster = np.array([[[0, 1], [0, 0]], [[1, 0], [1, 0]]], dtype=np.uint8)
    # the first image: (1, 0.75), neuron 0 fires, the other loses 0.25: (0, 0.5), then (0, 0.25), neuron 1 fires;
    # the second: (0.5, -0.25), neuron 0 fires: (0, -0.5), then (0.5, -0.5) and it fires: (0, -0.75)
    assert profile(eager, spikes_of(raster)).membrane == (-0.75, 1.0)


def test_no_image_has_no_range() -> None:
    with pytest.raises(ConfigError, match=r"^ranges must be profiled on one or more images, not none$"):
        profile(NETWORK, spikes_of(np.zeros((0, 3, 2), dtype=np.uint8)))


@given(reals, reals)
def test_integer_bits_are_the_fewest_that_hold_the_range(a: float, b: float) -> None:
    low, high = sorted((a, b))
    bits, signed = integer_bits((low, high))
    assert signed == (low < 0)
    magnitude = bits - signed

    def holds(n: int) -> bool:
        return Fraction(high) <= Fraction(2) ** n and Fraction(low) >= -(Fraction(2) ** n)

    assert magnitude >= -16
    assert holds(magnitude)
    assert magnitude == -16 or not holds(magnitude - 1)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((0.0, 0.0), (-16, False)),
        ((0.0, 1.0), (0, False)),
        ((0.0, math.nextafter(1.0, 2)), (1, False)),
        ((-1.0, 0.0), (1, True)),
        ((math.nextafter(-1.0, -2), 0.0), (2, True)),
        ((0.0, 1.7e308), (1024, False)),
        ((-1e-300, 1e-300), (-15, True)),
        ((3.0, 3.0), (2, False)),
    ],
)
def test_integer_bits_at_their_corners(bounds: tuple[float, float], expected: tuple[int, bool]) -> None:
    assert integer_bits(bounds) == expected


@pytest.mark.parametrize("bounds", [(0.0, math.inf), (-math.inf, 0.0), (0.0, math.nan)])
def test_a_range_that_is_not_finite_has_no_bits(bounds: tuple[float, float]) -> None:
    with pytest.raises(ConfigError) as error:
        integer_bits(bounds)
    assert str(error.value) == (f"a signal's range must be finite to give it bits, not {bounds[0]:g} to {bounds[1]:g}")


def small() -> tuple[Network, Spikes]:
    network = random_network(784, 3)
    network = replace(
        network, weights=network.weights - 0.1, theta=np.array([1.0, 3.0, 9.0]), floor=-3.0, threshold=1.0
    )
    spikes = encode(small_splits().training.images[:5], RateCoding(steps=15))
    assert record(network, spikes).spikes.any()  # so that membranes differ before and after
    return network, spikes


def test_percentiles_and_extremes_are_those_of_all_values_of_every_image() -> None:
    network, spikes = small()
    runs = [record(network, spikes, image) for image in range(spikes.images)]
    gathered = {
        "weight": network.weights,
        "current": np.array([run.currents for run in runs]),
        "membrane_before": np.array([run.before for run in runs]),
        "membrane_after": np.array([run.after for run in runs]),
        "theta": network.theta,
        "threshold": np.array([1.0]),
        "inhibition": np.array([128.0]),
    }
    found = spreads(network, spikes)
    assert list(found) == list(gathered)
    for name, values in gathered.items():
        assert found[name].percentiles == tuple(np.percentile(values, PERCENTILES).tolist()), name
        assert (found[name].minimum, found[name].maximum) == (values.min(), values.max()), name
        assert found[name].values == values.size, name


def test_many_images_keep_their_extremes_but_only_the_first_ones_values(monkeypatch: pytest.MonkeyPatch) -> None:
    network, spikes = small()
    whole = spreads(network, spikes)["membrane_before"]
    monkeypatch.setattr("fxsnn.competitive.ranges._MOST_VALUES", 2 * 15 * 3 + 1)
    part = spreads(network, spikes)["membrane_before"]
    assert (part.minimum, part.maximum) == (whole.minimum, whole.maximum)
    first = np.array([record(network, spikes, image).before for image in range(2)])
    assert part.values == first.size
    assert part.percentiles == tuple(np.percentile(first, PERCENTILES).tolist())


def test_no_image_has_no_spread() -> None:
    with pytest.raises(ConfigError, match=r"^ranges must be profiled on one or more images, not none$"):
        spreads(NETWORK, spikes_of(np.zeros((0, 3, 2), dtype=np.uint8)))


@given(st.lists(reals, min_size=1, max_size=40), st.integers(1, 200))
def test_the_proposed_bits_hold_the_maximum_and_all_but_a_thousandth(drawn: list[float], copies: int) -> None:
    values = np.repeat(np.array(drawn), copies)
    found = spread(values)
    assert (found.integer, found.signed) == integer_bits((min(drawn), max(drawn)), exact=True)
    assert found.saturating <= found.integer
    limit = 2.0 ** (found.saturating - found.signed)
    assert ((values >= limit) | (values < -limit)).sum() <= 0.001 * values.size


@given(st.integers(-12, 40), st.booleans(), st.booleans())
def test_the_proposed_bits_hold_powers_of_two_exactly(power: int, negative: bool, signed: bool) -> None:
    found = spread([0.0, -(2.0**power) if negative else 2.0**power, -0.5 * 2.0**power if signed else 0.0])
    assert found.integer == power + (1 if negative or not signed else 2)
    for bits in {found.integer, found.saturating}:
        word = Format(bits + 16, 16, found.signed)
        cast = from_float_counted([found.minimum, found.maximum], word)
        assert (cast.overflows, to_float(cast.raw, word).tolist()) == (0, [found.minimum, found.maximum])


def test_a_spread_worked_out_by_hand() -> None:
    values = np.concatenate([np.full(1998, 1.0), [-7.0, 7.0]])  # 0.1 % are large
    assert spread(values) == Spread(
        minimum=-7.0,
        maximum=7.0,
        percentiles=(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, float(np.percentile(values, 99.99))),
        values=2000,
        integer=4,
        saturating=spread(values).saturating,
        signed=True,
    )
    assert (
        spread(np.concatenate([np.full(995, 1.0), np.full(5, 7.0)])).saturating == 3
    )  # 0.5 % are too many to saturate
    assert spread([0.0, 2.001953125]).saturating == 2  # so is one of two, however little it is above a power of two
    assert spread(np.append(np.zeros(999), 5.0)).saturating < 0  # one of a thousand is not
    assert spread(np.concatenate([np.full(1999, 1.0), [7.0]])).saturating == 1
    assert spread(np.concatenate([np.zeros(1999), [-1.0]])).saturating == -15  # the sign, and as good as nothing
