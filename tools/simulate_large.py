"""Make a golden set of the size of N-MNIST and simulate it to its end with Verilator: python tools/simulate_large.py.

The network is that of docs/events.md on the whole sensor, 34 x 34 x 2: two convolutions of 5 x 5, each followed by
pooling, and ten neurons that are read. Weights are drawn, and so are the rings shown, which move as its digits do.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout

SIDE = 34
PLAN = '[signal]\nweight = "Q1.3"\nmembrane = "Q6.6 nearest-even"\ndecay = "UQ0.6"\nthreshold = "UQ6.2"\n'


def network() -> QuantisedGraph:
    """Return the network, its weights drawn."""
    rng = np.random.default_rng(0)
    lif, decay = {"leak": "multiply", "reset": "subtract"}, raw(56)
    held = (
        population("edges", (34, 34, 16), "lif", lif, {"decay": decay, "threshold": raw(5)}),
        population("pooled", (17, 17, 16), "relay"),
        population("parts", (17, 17, 32), "lif", lif, {"decay": decay, "threshold": raw(10)}),
        population("coarse", (8, 8, 32), "relay"),
        population("digits", 10, "lif", lif, {"decay": decay, "threshold": raw(20)}),
    )
    first, second, last = (rng.integers(-4, 5, shape) for shape in ((5, 5, 2, 16), (5, 5, 16, 32), (2048, 10)))
    wires = (
        Projection("see", "input", "edges", "current", "conv", raw(first), kernel=(5, 5), padding=(2, 2)),
        Projection("pool", "edges", "pooled", "arriving", "maximum", kernel=(2, 2)),
        Projection("join", "pooled", "parts", "current", "conv", raw(second), kernel=(5, 5), padding=(2, 2)),
        Projection("again", "parts", "coarse", "arriving", "maximum", kernel=(2, 2)),
        Projection("say", "coarse", "digits", "current", "dense", raw(last)),
    )
    graph = Graph((SIDE, SIDE, 2), held, wires, readout=Readout("counts"))
    return quantise_graph(graph, parse_graph_plan(PLAN))


def shown(inputs: int, steps: int) -> NDArray[np.int64]:
    """Return events of a drawn figure that moves to and fro, on where it comes and off where it leaves."""
    rng = np.random.default_rng(1)
    rows = np.zeros((inputs, steps, SIDE, SIDE, 2), np.int64)
    y, x = np.mgrid[:SIDE, :SIDE]
    for one in rows:
        middle, size, before = rng.uniform(12, 22, 2), rng.uniform(5, 9), np.zeros((SIDE, SIDE), bool)
        for t, step in enumerate(one):
            at = middle + 4 * np.array([math.sin(t / 3), math.cos(t / 4)])
            ring = abs(np.hypot(y - at[0], x - at[1]) - size) < 1.5
            step[..., 0], step[..., 1] = ring & ~before, before & ~ring
            before = ring
    return (rows | (rng.random(rows.shape) < 0.01)).reshape(inputs, steps, -1)


def main() -> None:
    """Print words, times and memory; the exit status is that of the simulation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=2, help="recordings (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=22, help="of each (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="folder of the set; one that is gone afterwards if not said")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = asked.out or Path(place) / "set"
        began = time.perf_counter()
        manifest = make_graph_bundle(folder, network(), shown(asked.inputs, asked.steps))
        made, most = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        words = sum(math.prod(entry["shape"]) for entry in manifest["files"] if entry["role"] == "node")
        spikes = json.dumps(manifest["counts"]["spikes_by_population"])
        print(f"{words:,} words in {made:.0f} s and {most / 1024:.0f} MiB; spikes {spikes}", flush=True)
        began = time.perf_counter()
        said = subprocess.run(["sh", str(folder / "run.sh"), "verilator"], capture_output=True, text=True, check=False)
        told, used = (said.stdout or said.stderr).splitlines()[0], resource.getrusage(resource.RUSAGE_CHILDREN)
        print(
            f"{told} in {time.perf_counter() - began:.0f} s, with compilation; "
            f"{used.ru_utime + used.ru_stime:.0f} s of a processor"
        )
    raise SystemExit(said.returncode)


if __name__ == "__main__":
    main()
