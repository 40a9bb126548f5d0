"""The same layer in NumPy, fxpmath, apytypes and C: what tools/benchmark.py measures fxsnn against.

Each contender is a function of a raster, uint8[images, steps, inputs], and weights, int8[inputs, neurons], that
returns the spikes, uint8[images, steps, neurons].
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

LOWEST, HIGHEST, THRESHOLD = -(1 << 15), (1 << 15) - 1, 1 << 8


def numpy_layer(raster: Bytes, weights: NDArray[np.int8]) -> Bytes:
    """Multiply in float32, exact for these sizes, and update neurons in int32, all images at once."""
    images, steps, inputs = raster.shape
    sums = raster.reshape(-1, inputs).astype(np.float32) @ weights.astype(np.float32)
    currents = (sums.astype(np.int32) << 1).clip(LOWEST, HIGHEST).reshape(images, steps, -1)
    spikes = np.empty(currents.shape, dtype=np.uint8)
    v = np.zeros((images, weights.shape[1]), dtype=np.int32)
    for step in range(steps):
        v *= 15
        v >>= 4
        v += currents[:, step]
        np.clip(v, LOWEST, HIGHEST, out=v)
        fired = v >= THRESHOLD
        spikes[:, step] = fired
        v -= fired * np.int32(THRESHOLD)
    return spikes


def fxpmath_layer(raster: Bytes, weights: NDArray[np.int8]) -> Bytes:
    """Use fxpmath's casts: floor and saturate into Q8.8, one image after the other."""
    from fxpmath import Fxp

    def cast(x: Any) -> Any:
        return Fxp(x, True, 16, 8, rounding="floor", overflow="saturate")

    held = Fxp(weights / 128.0, True, 8, 7)
    spikes = np.empty((*raster.shape[:2], weights.shape[1]), dtype=np.uint8)
    for image in range(raster.shape[0]):
        v = cast(np.zeros(weights.shape[1]))
        for step in range(raster.shape[1]):
            total = held[raster[image, step].astype(bool)].get_val().sum(axis=0)
            v = cast(cast(v.get_val() * 0.9375).get_val() + cast(total).get_val())
            fired = v.get_val() >= 1.0
            spikes[image, step] = fired
            v = cast(v.get_val() - fired)
    return spikes


def apytypes_layer(raster: Bytes, weights: NDArray[np.int8], at_once: bool = False) -> Bytes:
    """Use apytypes' arrays: a product for each step, or one for all steps at once, then casts into Q8.8."""
    from apytypes import APyFixed, APyFixedArray, OverflowMode, QuantizationMode

    images, steps, inputs = raster.shape

    def cast(x: Any) -> Any:
        return x.cast(int_bits=8, frac_bits=8, quantization=QuantizationMode.TO_NEG, overflow=OverflowMode.SAT)

    ordered = raster.transpose(1, 0, 2).reshape(steps * images, inputs)  # steps outermost
    x = APyFixedArray(ordered.astype(np.int64), int_bits=2, frac_bits=0)
    w = APyFixedArray(weights.astype(np.int64), int_bits=1, frac_bits=7)
    currents = cast(x @ w) if at_once else None
    factor, one = APyFixed(15, int_bits=1, frac_bits=4), APyFixed(256, int_bits=8, frac_bits=8)
    v = APyFixedArray(np.zeros((images, weights.shape[1]), dtype=np.int64), int_bits=8, frac_bits=8)
    spikes = np.empty((images, steps, weights.shape[1]), dtype=np.uint8)
    for step in range(steps):
        now = slice(step * images, (step + 1) * images)
        v = cast(cast(v * factor) + (cast(x[now] @ w) if currents is None else currents[now]))
        fired = v >= one
        spikes[:, step] = fired
        v = cast(v - APyFixedArray(fired * np.int64(256), int_bits=8, frac_bits=8))
    return spikes


def c_layer(weights: NDArray[np.int8]) -> Callable[[Bytes], Bytes] | None:
    """Compile the C beside this file for a layer of this size; None where there is no compiler.

    The weights are laid out as it likes them: a row of zeros at the end, rows of whole cache lines.
    """
    inputs, neurons = weights.shape
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    source = Path(__file__).with_name("benchmark_lif.c")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "lif.so"
        sizes = (f"-DINPUTS={inputs}", f"-DNEURONS={neurons}")
        options = ("-O3", "-march=native", "-shared", "-fPIC")
        subprocess.run([compiler, *options, *sizes, "-o", str(library), str(source)], check=True)
        call = ctypes.CDLL(str(library)).lif  # stays loaded when the file is gone

    width = -(-neurons // 64) * 64
    room = np.zeros((inputs + 1) * width + 63, dtype=np.int8)
    start = -room.ctypes.data % 64
    padded = room[start : start + (inputs + 1) * width].reshape(inputs + 1, width)
    padded[:inputs, :neurons] = weights

    def run(raster: Bytes) -> Bytes:
        images, steps, _ = raster.shape
        spikes = np.empty((images, steps, neurons), dtype=np.uint8)
        call(*(ctypes.c_void_p(a.ctypes.data) for a in (spikes, raster, padded)), images, steps)
        return spikes

    return run
