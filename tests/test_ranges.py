"""Ranges are what a straight-forward run meets, and integer bits are the fewest that hold them."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxsnn.emulate import spikes_of
from fxsnn.errors import ConfigError
from fxsnn.network import Network
from fxsnn.ranges import Ranges, integer_bits, profile

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
