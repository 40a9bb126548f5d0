"""Active inputs are listed eight at a time: any raster, any number of inputs, words of 16 and of 64 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fxsnn.kernels import layer


@pytest.mark.parametrize("word", [np.uint16, np.int64])
@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 6), st.integers(0, 40), st.floats(0, 1), st.integers(0, 999))
def test_what_is_listed_is_what_is_active(word: type, rows: int, inputs: int, density: float, seed: int) -> None:
    raster = (np.random.default_rng(seed).random((rows, inputs)) < density).astype(np.uint8)
    starts = np.full(rows + 1, -1, np.int64)
    indices: NDArray[Any] = np.full(int(raster.sum()) + 16, 77, word)
    assert layer.gather(starts, indices[:-8], raster) == raster.sum()
    assert starts.tolist() == [0, *np.cumsum(raster.sum(axis=1)).tolist()]
    assert indices[: raster.sum()].tolist() == np.nonzero(raster)[1].tolist()
    assert set(indices[-8:].tolist()) == {77}  # no further than eight


def test_every_byte_of_eight_inputs_is_listed() -> None:
    raster = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    starts, indices = np.zeros(257, np.int64), np.zeros(1024 + 8, np.uint16)
    layer.gather(starts, indices, raster)
    assert indices[:1024].tolist() == np.nonzero(raster)[1].tolist()


def test_an_input_beyond_16_bits_is_listed() -> None:
    raster = np.zeros((1, (1 << 17) + 3), np.uint8)
    raster[0, [5, 70_000, 1 << 17, (1 << 17) + 2]] = 1
    starts, indices = np.zeros(2, np.int64), np.zeros(12, np.int64)
    layer.gather(starts, indices, raster)
    assert indices[:4].tolist() == [5, 70_000, 1 << 17, (1 << 17) + 2]
