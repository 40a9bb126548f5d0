"""Every contender of tools/benchmark.py computes the same layer; nothing is timed here."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from command_line import long_with_jit

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

from benchmark import contenders, workload


@long_with_jit
@pytest.mark.parametrize(
    "name", ["fxsnn, 2 threads", "NumPy", "C", "fxpmath", "apytypes", "apytypes, all steps at once"]
)
def test_a_contender_gives_fxsnn_s_spikes(name: str) -> None:
    raster, weights = workload(2, 6, 40, 8)
    raster[1, 3:] = 1  # all inputs at once: saturation and more rows than a chunk would be rare otherwise
    found = contenders(weights * np.int8(3))
    if name not in found:
        pytest.skip(f"{name} is not installed")
    expected = found["fxsnn"](raster)
    assert expected.any()
    assert found[name](raster).tolist() == expected.tolist()


def test_the_c_adds_more_rows_than_its_sums_hold_at_once() -> None:
    raster, weights = workload(1, 4, 600, 8)
    raster[0, 1] = 1
    found = contenders(np.full_like(weights, -128))
    if "C" not in found:
        pytest.skip("no C compiler is installed")
    assert found["C"](raster).tolist() == found["fxsnn"](raster).tolist()
    found = contenders(np.full_like(weights, 127))
    assert found["C"](raster).tolist() == found["fxsnn"](raster).tolist()
