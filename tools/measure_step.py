"""Measure how long `state.step(row)` takes from Python: 400 neurons at 784 inputs, of which a tenth are active.

Timed are turns of 100 steps, truth values and int64 in turn; the best turn counts, and the median tells how busy the
machine was.

Example: python tools/measure_step.py --check
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fxsnn

INPUTS, NEURONS, STEPS, BAR = 784, 400, 100, 20.0
FLOOR, DRAWN = "Q8.8 floor saturate", "Q8.8 stochastic saturate"
ONE_BY_ONE = """
current: input
membrane: state
threshold: constant[membrane]
spike: output
membrane: membrane = membrane - (membrane >> 3) + each(current)
spike = membrane >= threshold
membrane = 0 if spike else membrane
"""


def kinds() -> Iterator[tuple[str, fxsnn.Fixed]]:
    """Yield what is measured: a name, and a network in integers."""
    rng = np.random.default_rng(1234)
    into, own, out = (rng.normal(0, 0.05, shape) for shape in ((INPUTS, NEURONS), (NEURONS, NEURONS), (NEURONS, 10)))
    lif = fxsnn.lif(decay=0.9, threshold=1.0, reset="subtract")
    currents = fxsnn.cuba_lif(current_decay=0.8, membrane_decay=0.9, threshold=1.0)
    alone = fxsnn.Neuron.parse(ONE_BY_ONE, threshold=1.0)
    for name, neuron, membrane in (
        ("LIF", lif, FLOOR),
        ("LIF, stochastic rounding", lif, DRAWN),
        ("LIF of currents", currents, FLOOR),
        ("LIF, recurrent", lif, FLOOR),
        ("LIF, and a readout of 10", lif, FLOOR),
        ("inputs cast one by one", alone, FLOOR),
        ("cast one by one, recurrent", alone, FLOOR),
        ("words cast one by one", alone, FLOOR),
    ):
        network = fxsnn.Network(INPUTS, "UQ3.0" if name.startswith("words") else "UQ1.0")
        hidden = network.dense(into, neuron, name="hidden")
        if name.endswith("recurrent"):
            network.connect(hidden, hidden, own, delay=1)
        elif name.endswith("10"):
            network.dense(out, fxsnn.integrator(decay=0.9), after=hidden, name="read")
        network.read("counts")
        plan = network.plan(weight="Q1.7", membrane=membrane, current=FLOOR)
        yield name, fxsnn.quantise(network, plan)


def measure(fixed: fxsnn.Fixed, rows: NDArray[Any], seconds: float) -> tuple[float, float]:
    """Return the microseconds of a step in the best turn, and in the median one."""
    state, turns = fixed.start(), list[float]()
    until = time.perf_counter() + seconds
    while len(turns) < 3 or time.perf_counter() < until:
        begin = time.perf_counter()
        for row in rows:
            state.step(row)
        turns.append((time.perf_counter() - begin) / len(rows) * 1e6)
    return min(turns), statistics.median(turns)


def main() -> int:
    """Measure, print, and judge the bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each figure (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help=f"exit with 1 if a best turn is above {BAR:g} us a step")
    options = parser.parse_args()
    rows, missed = np.random.default_rng(7).random((STEPS, INPUTS)) < 0.1, 0
    print(f"{'us a step: best turn (median)':<32}{'bool':>16}{'int64':>16}")
    for name, fixed in kinds():
        found = [measure(fixed, given, options.seconds) for given in (rows, rows.astype(np.int64))]
        missed += sum(best > BAR for best, _ in found)
        print(f"{name:<32}" + "".join(f"{f'{best:.1f} ({median:.1f})':>16}" for best, median in found), flush=True)
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
