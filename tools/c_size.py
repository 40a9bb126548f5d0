"""Measure the C model of a 784-400-10 LIF network on a Cortex-M4: bytes of code, tables and state under -Os.

    python tools/c_size.py

Needs arm-none-eabi-gcc (Debian: gcc-arm-none-eabi and libnewlib-arm-none-eabi). Weights are drawn: they change no size.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fxsnn.cmodel.export import write_c
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph

COMPILER = "arm-none-eabi-gcc"
OPTIONS = ("-mcpu=cortex-m4", "-mthumb", "-Os", "-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic")
SIZES = 784, 400, 10
PLAN = """
[signal]
weight = "Q1.7"
membrane = "Q8.8 {rounding}"
decay = "UQ0.8"
threshold = "UQ4.4"
"""


class Sizes(NamedTuple):
    """Bytes of a compiled model."""

    code: int
    tables: int
    state: int


def network(sizes: tuple[int, ...] = SIZES, rounding: str = "floor") -> QuantisedGraph:
    """Return layers of LIF neurons, each dense behind the one before, of weights that are drawn."""
    rng, names = np.random.default_rng(1), ["input", *(f"layer{n}" for n in range(1, len(sizes)))]
    constants = {"decay": raw(230), "threshold": raw(16)}
    choices = {"leak": "multiply", "reset": "subtract"}
    populations = tuple(population(names[n], sizes[n], "lif", choices, constants) for n in range(1, len(sizes)))
    projections = tuple(
        Projection(
            f"into{n}",
            names[n - 1],
            names[n],
            "current",
            weights=raw(rng.integers(-128, 128, (sizes[n - 1], sizes[n]))),
        )
        for n in range(1, len(sizes))
    )
    graph = Graph(sizes[:1], populations, projections)
    return quantise_graph(graph, parse_graph_plan(PLAN.format(rounding=rounding)))


def measure(quantised: QuantisedGraph, folder: Path) -> Sizes:
    """Compile a network's model for the Cortex-M4 in a folder; return how large it is."""
    write_c(folder / "model", quantised, "net")
    (folder / "model" / "held.c").write_text('#include "net.h"\nextern net_state held;\nnet_state held;\n')
    for name in ("net", "held"):
        subprocess.run([COMPILER, *OPTIONS, "-c", f"{name}.c", "-o", f"{name}.o"], cwd=folder / "model", check=True)
    model, held = _sections(folder / "model" / "net.o"), _sections(folder / "model" / "held.o")
    tables = sum(size for name, size in model.items() if name.startswith(".rodata"))
    return Sizes(model[".text"], tables, held[".bss"])


def _sections(file: Path) -> dict[str, int]:
    """Return the sizes of an object's sections by name."""
    told = subprocess.run(["arm-none-eabi-size", "-A", file], check=True, capture_output=True, text=True).stdout
    rows = (line.split() for line in told.splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[1].isdigit()}


def main() -> int:
    """Print the sizes, of plans that round by chance and not."""
    if shutil.which(COMPILER) is None:
        print(f"{COMPILER} must be installed, which it is not", file=sys.stderr)
        return 2
    print(f"{'-'.join(map(str, SIZES))} LIF, Cortex-M4, -Os; bytes of")
    print(f"{'membrane rounds':18}{'code':>8}{'tables':>10}{'state':>8}")
    for rounding in ("floor", "nearest-even", "stochastic"):
        with tempfile.TemporaryDirectory() as folder:
            found = measure(network(rounding=rounding), Path(folder))
        print(f"{rounding:18}{found.code:8,}{found.tables:10,}{found.state:8,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
