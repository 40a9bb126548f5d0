"""Rows of weights are summed exactly: in every lane, in parts, a few together where 8 bits hold them. So are spikes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fxsnn.graph.lanes import fits_together, lanes_for, rows_of
from fxsnn.graph.reading import Readout, reduced
from fxsnn.kernels import layer
from fxsnn.kernels._jit import jit
from fxsnn.number.format import Format
from strategies import examples, formats

ROWS = {4: (-32, 31), 2: (-64, 63), 1: (-128, 127)}  # the weights of which so many fit 8 bits


@jit
def summed(sums, lanes, weights, indices, start, stop, chunk, together):  # type: ignore[no-untyped-def]
    """Call the kernel as kernels call it."""
    layer.sum_rows(sums, lanes, weights, indices, start, stop, chunk, together)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(("word", "index"), [(np.int16, np.uint16), (np.int32, np.uint16), (np.int64, np.int64)])
@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([*ROWS]),
    st.integers(1, 7),
    st.integers(0, 60),
    st.integers(1, 70),
    st.booleans(),
    st.integers(0, 999),
)
def test_sums_of_8_bit_rows_are_exact(
    word: type, index: type, together: int, lines: int, events: int, chunk: int, extreme: bool, seed: int
) -> None:
    rng, (low, high) = np.random.default_rng(seed), ROWS[together]
    shape = 90, 64 * lines
    words = rng.choice([low, high], shape) if extreme else rng.integers(low, high + 1, shape)
    if extreme and seed % 3:  # all of one sign: the sums that are furthest from 0
        words[:] = (low, high)[seed % 3 - 1]
    words[-1] = 0
    weights, lanes = words.astype(np.int8), np.full(shape[1], 77, np.int16)
    sums: NDArray[Any] = np.full(shape[1], 77, word)
    indices: NDArray[Any] = rng.integers(0, len(words) - 1, events + 5).astype(index)
    expected = words[indices[3 : 3 + events]].sum(axis=0)
    summed(sums, lanes, weights, indices, 3, 3 + events, chunk, together)
    assert sums.tolist() == expected.tolist()


def test_more_rows_than_16_bits_hold_are_summed_in_parts() -> None:
    weights, indices = np.array([[-128] * 64, [0] * 64], np.int8), np.zeros(2000, np.uint16)
    sums, lanes = np.zeros(64, np.int32), np.zeros(64, np.int16)
    summed(sums, lanes, weights, indices, 0, 2000, 255, 1)
    assert sums.tolist() == [-256_000] * 64


@given(formats(max_word=40))
def test_rows_that_are_added_together_always_fit_their_words(weight: Format) -> None:
    held = lanes_for(weight.lowest, weight.highest, 1000).weights
    together = fits_together(weight.lowest, weight.highest, held)
    assert together in (1, 2, 4)
    assert np.iinfo(held).min <= together * weight.lowest
    assert together * weight.highest <= np.iinfo(held).max


@pytest.mark.parametrize(("low", "high", "together"), [(-32, 31, 4), (-33, 0, 2), (0, 32, 2), (-65, 0, 1), (0, 64, 1)])
def test_the_weights_themselves_decide_how_many_are_added_together(low: int, high: int, together: int) -> None:
    assert rows_of(np.array([[low], [high]], np.int64), -128, 127).together == together


@pytest.mark.parametrize("steps", [1, 255, 256, 600])
def test_spikes_are_counted_exactly_over_any_number_of_steps(steps: int) -> None:
    found = reduced(Readout("counts"), np.ones((2, steps, 3), np.uint8), steps)
    assert found.dtype == np.int64
    assert found.tolist() == [[steps] * 3] * 2
