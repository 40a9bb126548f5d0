"""Measure fxsnn against NumPy, C, fxpmath and apytypes on one layer, in one run on one machine.

784 inputs to 400 LIF neurons, weights Q1.7, membrane Q8.8, leak (15 v) >> 4 with floor, saturate, fire at v >= 1.0
and subtract, 100 steps, 10 % input activity as a raw raster, spikes written out. All contenders must give the same
spikes. Timed is the call alone; contenders take turns of 50 ms or one call, and the best call counts.

Example: python tools/benchmark.py --json figures.json
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from benchmark_peers import Bytes, apytypes_layer, c_layer, fxpmath_layer, numpy_layer
from numpy.typing import NDArray

from fxsnn.competitive.emulate import run_raster
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.number.format import Format
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Leak, Signal

# (name, batch, what is divided, by what, least ratio)
BARS = (
    ("at batch 1, apytypes takes at least 150 times as long", 1, "apytypes", "fxsnn", 150.0),
    ("at batch 64, apytypes takes at least 20 times as long", 64, "apytypes", "fxsnn", 20.0),
    ("at batch 64, NumPy takes at least 4 times as long", 64, "NumPy", "fxsnn", 4.0),
    ("at batch 1, C takes at least 1/1.5 of the time", 1, "C", "fxsnn", 1 / 1.5),
    ("at batch 64, C takes at least 1/1.5 of the time", 64, "C", "fxsnn", 1 / 1.5),
    ("at batch 64, one thread takes at least 1.7 times as long as two", 64, "fxsnn", "fxsnn, 2 threads", 1.7),
)


def layer(weights: NDArray[np.int8]) -> QuantisedNetwork:
    """Return the benchmark's layer as fxsnn runs it."""
    floor = Signal(Format(16, 8), Rounding.FLOOR)
    plan = Plan(
        {
            "weight": Signal(Format(8, 7)),
            "accumulator": floor,
            "membrane": floor,
            "theta": Signal(Format(1, 8, signed=False)),
            "threshold": Signal(Format(16, 8)),
            "inhibition": Signal(Format(1, 8, signed=False)),
        },
        {"leak": Leak("multiply", Signal(Format(4, 4, signed=False)))},
    )
    neurons = weights.shape[1]
    return QuantisedNetwork(
        plan=plan,
        weights=weights.astype(np.int64),
        theta=np.zeros(neurons, dtype=np.int64),
        threshold=256,
        factor=15,
        inhibition=0,
        floor=0,
        reset_value=0,
        reset="subtract",
        compare="ge",
        winner="none",
        refractory_steps=0,
        refractory_input="ignore",
        casts={},
    )


def workload(images: int, steps: int, inputs: int, neurons: int) -> tuple[Bytes, NDArray[np.int8]]:
    """Return a raster of 10 % activity and weights of N(0, 0.05), both seeded."""
    rng = np.random.default_rng(1234)
    weights = np.clip(np.rint(rng.normal(0, 0.05, (inputs, neurons)) * 128), -128, 127).astype(np.int8)
    return (rng.random((images, steps, inputs)) < 0.1).astype(np.uint8), weights


def contenders(weights: NDArray[np.int8]) -> dict[str, Callable[[Bytes], Bytes]]:
    """Return every contender that is installed, by name."""
    network = layer(weights)
    found: dict[str, Callable[[Bytes], Bytes]] = {
        "fxsnn": lambda raster: run_raster(network, raster),
        "fxsnn, 2 threads": lambda raster: run_raster(network, raster, threads=2),
        "NumPy": lambda raster: numpy_layer(raster, weights),
    }
    compiled = c_layer(weights)
    if compiled:
        found["C"] = compiled
    if importlib.util.find_spec("apytypes"):
        found["apytypes"] = lambda raster: apytypes_layer(raster, weights)
        found["apytypes, all steps at once"] = lambda raster: apytypes_layer(raster, weights, at_once=True)
    if importlib.util.find_spec("fxpmath"):
        found["fxpmath"] = lambda raster: fxpmath_layer(raster, weights)
    return found


def measure(batch: int, seconds: float) -> dict[str, float]:
    """Return the best time of each contender for the whole batch, in seconds."""
    raster, weights = workload(batch, 100, 784, 400)
    found = contenders(weights)
    expected, best = found["fxsnn"](raster), {}
    part = raster[:1, :20]  # fxpmath is too slow for more: its time is scaled up
    for name, run in found.items():
        share = part if name == "fxpmath" else raster
        if run(share).tolist() != expected[: len(share), : share.shape[1]].tolist():
            raise SystemExit(f"{name} gives other spikes than fxsnn: nothing is measured")
        best[name] = float("inf")
    until, turns = time.perf_counter() + seconds, 0
    while turns < 3 or time.perf_counter() < until:
        turns += 1
        for name, run in found.items():
            share = part if name == "fxpmath" else raster
            if turns > 3 and best[name] > seconds / 10:  # three turns are enough for the slow
                continue
            turn = time.perf_counter()
            while True:  # several calls a turn, so that none pays for the caches the one before it left
                start = time.perf_counter()
                run(share)
                best[name] = min(best[name], (time.perf_counter() - start) * raster.size / share.size)
                if time.perf_counter() - turn > 0.05:
                    break
    return best


def start_up() -> float:
    """Return the median seconds that `fxsnn --help` takes, of 7."""
    program = Path(sys.executable).with_name("fxsnn")
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([str(program), "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return sorted(times)[3]


def main() -> int:
    """Measure, print, and judge the bars."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0, help="time for each batch size (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bar is missed")
    options = parser.parse_args()
    if importlib.util.find_spec("threadpoolctl"):
        import threadpoolctl

        one_thread: Any = threadpoolctl.threadpool_limits(1)
    else:
        print("NumPy's matrix product may use all cores: install threadpoolctl to hold it to one", file=sys.stderr)
        one_thread = nullcontext()
    with one_thread:
        figures = {batch: measure(batch, options.seconds) for batch in (1, 64)}
    missed = report(figures)
    seconds = start_up()
    print(f"fxsnn --help: {seconds:.2f} s")
    if options.json:
        options.json.write_text(json.dumps({"seconds": figures, "start_up_seconds": seconds}, indent=1) + "\n")
    return 1 if missed and options.check else 0


def report(figures: dict[int, dict[str, float]]) -> int:
    """Print the table and the bars; return how many were missed."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=100)
    for batch, best in figures.items():
        table = Table(title=f"batch {batch}, 100 steps, one thread where not told otherwise", title_justify="left")
        for column in ("", "ms", "sample-steps/s", "times fxsnn's"):
            table.add_column(column, justify="left" if not column else "right")
        for name, seconds in best.items():
            ratio = seconds / best["fxsnn"]
            table.add_row(name, f"{1000 * seconds:,.3f}", f"{batch * 100 / seconds:,.0f}", f"{ratio:,.2f}")
        console.print(table)
    missed = 0
    for text, batch, over, under, least in BARS:
        if over not in figures[batch]:
            console.print(f"not measured  {text}: {over} is not installed")
            continue
        ratio = figures[batch][over] / figures[batch][under]
        missed += ratio < least
        console.print(f"{'met' if ratio >= least else 'MISSED':<13} {text}: {ratio:.2f}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
