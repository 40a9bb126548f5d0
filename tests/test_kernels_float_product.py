"""Sums in floating point: every one in its declared order, bit for bit, however many threads share the work."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fxsnn.decolle.description import Geometry
from fxsnn.decolle.forward import laid_under, product, turned
from fxsnn.kernels import float_product


def drawn(rng: np.random.Generator, *shape: int, zeros: float = 0.3) -> NDArray[np.float32]:
    values = rng.normal(size=shape) * 10.0 ** rng.integers(-3, 3, shape)
    return np.where(rng.random(shape) < zeros, 0, values).astype(np.float32)


def in_order(factors: NDArray[np.float32], table: NDArray[np.float32]) -> NDArray[np.float32]:
    """One product and one addition after the other, each rounded to float32."""
    out = np.zeros((factors.shape[1], table.shape[1]), np.float32)
    for n in range(factors.shape[1]):
        for k in range(len(table)):
            out[n] = out[n] + factors[k, n] * table[k]
    return out


@settings(deadline=None)  # the first call compiles
@given(st.integers(0, 30), st.integers(1, 5), st.integers(1, 40), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_products_are_summed_one_after_the_other(
    rows: int, outputs: int, columns: int, threads: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    factors, table = drawn(rng, rows, outputs), drawn(rng, rows, columns)
    assert (product(factors, table, threads) == in_order(factors, table)).all()


def test_columns_beyond_one_chunk_are_summed_too() -> None:
    rng = np.random.default_rng(0)
    factors, table = drawn(rng, 5, 2), drawn(rng, 5, float_product.CHUNK + 3)
    assert (product(factors, table) == in_order(factors, table)).all()


@settings(deadline=None)  # the first call compiles
@given(st.integers(1, 40), st.integers(1, 40))
def test_a_turned_array_is_its_transpose(rows: int, columns: int) -> None:
    values = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    assert (turned(values) == values.T).all()


@settings(deadline=None)  # the first call compiles
@given(st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.integers(1, 3), st.integers(0, 2))
def test_what_lies_under_a_kernel_is_its_neighbourhood(
    batch: int, height: int, width: int, channels: int, reach: int
) -> None:
    side = 2 * reach + 1
    geometry = Geometry((height, width, channels), (side, side), reach, (height, width, 1), 1)
    values = np.arange(1, batch * height * width * channels + 1, dtype=np.float32).reshape(
        batch, height, width, channels
    )
    under = laid_under(values, geometry).reshape(side, side, channels, batch, height, width)
    for ky, kx, c, b, y, x in np.ndindex(under.shape):
        row, column = y + ky - reach, x + kx - reach
        inside = 0 <= row < height and 0 <= column < width
        assert under[ky, kx, c, b, y, x] == (values[b, row, column, c] if inside else 0)


def test_a_dense_kernel_lies_over_the_whole_map() -> None:
    geometry = Geometry((2, 3, 2), (2, 3), 0, (1, 1, 4), 1)
    values = np.arange(24, dtype=np.float32).reshape(2, 2, 3, 2)
    assert (laid_under(values, geometry) == values.reshape(2, 12).T).all()


@settings(deadline=None)  # the first call compiles
@given(st.integers(1, 4), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_shares_are_those_of_the_exponential(rows: int, classes: int, seed: int) -> None:
    values = drawn(np.random.default_rng(seed), rows, classes)
    shares = values.copy()
    float_product.softmax(shares)
    for row, found in zip(values.tolist(), shares.tolist(), strict=True):
        powers = [math.exp(x - max(row)) for x in row]
        assert found == pytest.approx([power / sum(powers) for power in powers], rel=1e-6, abs=1e-38)


def test_shares_are_the_same_bytes_on_every_machine() -> None:
    shares = np.linspace(-30, 3, 600, dtype=np.float32).reshape(100, 6)
    float_product.softmax(shares)
    assert hashlib.sha256(shares.tobytes()).hexdigest()[:16] == "848aef18b3c05167"


def test_rows_are_added_up_in_order() -> None:
    rows = np.array([[1e8, 1.0], [1.0, 2.0], [-1e8, 3.0]], np.float32)
    total = np.empty(2, np.float32)
    float_product.add_up(total, rows)
    assert total.tolist() == [0.0, 6.0]
