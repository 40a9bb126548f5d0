"""Measure what is compiled: by the first network, by networks of other neurons, and by 200 plans of all roundings.

Machine code is kept in a folder of its own, which begins empty; then the same is done by a second process. A time is
that of the first run less that of the second one, so that of compiling, or of reading what is kept.

Example: python tools/measure_compile.py
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

import fxsnn
from fxsnn.number.modes import Rounding

INPUTS, NEURONS, CLASSES, STEPS = 784, 400, 10, 100
WEIGHTS, MEMBRANES = range(4, 8), range(3, 8)  # fractional bits: 20 plans for each of the ten roundings
STEP = "Q8.6 floor saturate"


def networks() -> Iterator[tuple[str, fxsnn.Network]]:
    """Yield a name, and a network of two layers."""
    rng = np.random.default_rng(1)
    into, out = rng.normal(0, 0.05, (INPUTS, NEURONS)), rng.normal(0, 0.05, (NEURONS, CLASSES))
    for name, neuron in (
        ("LIF, reset by subtraction", fxsnn.lif(decay=0.9, threshold=1.0, reset="subtract")),
        ("LIF, reset to zero", fxsnn.lif(decay=0.9, threshold=1.0, reset="zero")),
        ("LIF of currents", fxsnn.cuba_lif(current_decay=0.8, membrane_decay=0.9, threshold=1.0)),
    ):
        network = fxsnn.Network(INPUTS)
        network.dense(out, neuron, after=network.dense(into, neuron))
        network.read("counts")
        yield name, network


def kept() -> int:
    """Return how many functions' machine code is kept."""
    return sum(1 for _ in Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*.nbc"))


def child() -> None:
    """Run all of it, and print."""
    inputs, made = np.random.default_rng(2).random((1, STEPS, INPUTS)) < 0.1, dict(networks())
    for name, network in made.items():
        fixed, times, before = (
            fxsnn.quantise(network, network.plan(weight="Q1.7", membrane=STEP, current=STEP)),
            [],
            kept(),
        )
        for _ in range(2):
            begin = time.perf_counter()
            fixed.run(inputs)
            times.append(time.perf_counter() - begin)
        print(f"{name:<40}{times[0] - times[1]:8.2f} s{kept() - before:6} functions", flush=True)
    network, plans, compiling = next(iter(made.values())), 0, 0
    for rounding, weight, membrane in product(Rounding, WEIGHTS, MEMBRANES):
        plan = network.plan(weight=f"Q1.{weight}", membrane=f"Q8.{membrane} {rounding.value} saturate")
        before = kept()
        fxsnn.quantise(network, plan).run(inputs)
        plans, compiling = plans + 1, compiling + (kept() > before)
    print(f"{plans} plans of {len(Rounding)} roundings: {compiling} of them compiled something", flush=True)


def main() -> int:
    """Run two processes on the same folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for title in ("the first process, without any machine code", "the second process"):
            print(f"{title}:", flush=True)
            code = "import measure_compile; measure_compile.child()"
            given = {**os.environ, "NUMBA_CACHE_DIR": folder, "PYTHONPATH": str(Path(__file__).parent)}
            subprocess.run([sys.executable, "-c", code], env=given, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
