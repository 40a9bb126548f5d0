"""Measure networks of populations against sinabs and snnTorch, and against apytypes where it is installed.

784 inputs to 400 and 10 LIF neurons, and 784 to 400 that drive themselves one step later; weights Q1.7, membrane Q8.8,
leak by 15/16 with floor, reset by subtraction, 100 steps, 10 % of a raw raster active. sinabs and snnTorch compute in
float32 in an environment of their own, made once in the folder --env; apytypes must give fxsnn's spikes. A time is the
processor time of one thread, so that what else the machine does counts for neither; all take turns, and the best
counts. Exit status 1: a bar is missed; 2: the environment cannot be made.

Example: python tools/compare_snn.py --json figures.json
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from benchmark import workload
from benchmark_peers import Bytes, apytypes_layer
from numpy.typing import NDArray
from peer_environment import Peer, environment, seconds_of
from platformdirs import user_cache_path

from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import Population, population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout
from fxsnn.graph.run import run

WORKER = Path(__file__).with_name("compare_snn_worker.py")
BATCHES = (1, 64)
THEIRS = ("sinabs", "snnTorch", "snnTorch, step by step")
# (batch, whose time is divided by that of fxsnn, least ratio), of the network without a cycle
BARS = ((1, "sinabs", 30.0), (1, "snnTorch", 100.0), (64, "sinabs", 8.0), (64, "snnTorch", 8.0))
PLAN = """[signal]
weight = "Q1.7"
membrane = "Q8.8 floor"
threshold = "Q8.8"
decay = "UQ0.4"
"""
Weights = Mapping[str, NDArray[np.int8]]


def install(torch: str, python: Path) -> list[list[str]]:
    """Return the commands that make the environment; `torch` is a requirement and pip's options for it."""
    pip = [str(python), "-m", "pip", "install", "-q"]
    made = [sys.executable, "-m", "venv", str(python.parent.parent)]
    return [made, [*pip, *torch.split()], [*pip, "sinabs", "snntorch"]]


def weights_of() -> dict[str, NDArray[np.int8]]:
    """Return weights, seeded: of the inputs, of what follows, and of what drives itself."""
    rng, (_, first) = np.random.default_rng(4321), workload(1, 1, 784, 400)
    found = {"first": first}
    for name, shape, spread in (("second", (400, 10), 0.1), ("back", (400, 400), 0.02)):
        found[name] = np.clip(np.rint(rng.normal(0, spread, shape) * 128), -128, 127).astype(np.int8)
    return found


def _lif(name: str, size: int) -> Population:
    return population(
        name, size, "lif", {"leak": "multiply", "reset": "subtract"}, {"decay": raw(15), "threshold": raw(256)}
    )


def networks(weights: Weights) -> dict[str, QuantisedGraph]:
    """Return the networks as fxsnn runs them: the second drives itself."""
    inputs, hidden = weights["first"].shape
    into = Projection("into", "input", "hidden", "current", weights=raw(weights["first"]))
    onto = Projection("onto", "hidden", "output", "current", weights=raw(weights["second"]))
    back = Projection("back", "hidden", "hidden", "current", weights=raw(weights["back"]), delay=1)
    populations = _lif("hidden", hidden), _lif("output", weights["second"].shape[1])
    feed = Graph((inputs,), populations, (into, onto), readout=Readout("counts"))
    recurrent = Graph((inputs,), populations[:1], (into, back), readout=Readout("counts"))
    plan = parse_graph_plan(PLAN)
    return {"feed": quantise_graph(feed, plan), "recurrent": quantise_graph(recurrent, plan)}


def apytypes_counts(weights: Weights, raster: Bytes) -> NDArray[np.int64]:
    """Return the spikes of the output by apytypes, int64[images, neurons]."""
    told = apytypes_layer(apytypes_layer(raster, weights["first"]), weights["second"])
    return np.asarray(told.sum(axis=1, dtype=np.int64))


def measure(python: Path | None, turns: int) -> dict[str, Any]:
    """Return the best processor time of every contender, in seconds for the whole batch, by network and batch."""
    weights, (raster, _) = weights_of(), workload(max(BATCHES), 100, 784, 400)
    ours, best, told = networks(weights), dict[str, dict[str, float]](), dict[str, Any]()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        held: dict[str, Any] = {name: (words / 128).astype(np.float32) for name, words in weights.items()}
        np.savez(folder / "work.npz", raster=raster, **held)
        peer = stack.enter_context(Peer("sinabs and snnTorch", python, WORKER, folder)) if python else None
        for name, network in ours.items():
            for batch in BATCHES:
                given, calls = raster[:batch], dict[str, Callable[[], float]]()
                calls["fxsnn"] = partial(seconds_of, partial(run, network, given))
                if peer:
                    jobs = {peers: {"network": name, "name": peers, "batch": batch} for peers in THEIRS}
                    calls |= {peers: partial(peer.turn, job) for peers, job in jobs.items()}
                if name == "feed" and importlib.util.find_spec("apytypes"):
                    if apytypes_counts(weights, raster[:1]).tolist() != run(network, raster[:1]).said.tolist():
                        raise SystemExit("apytypes gives other spikes than fxsnn: nothing is measured")
                    calls["apytypes"] = partial(seconds_of, partial(apytypes_counts, weights, given))
                times = {who: [call() for _ in range(3)] for who, call in calls.items()}  # the first compile and warm
                for _ in range(turns):
                    for who, call in calls.items():
                        times[who] += [call() for _ in range(20 if who == "fxsnn" else 1)]
                best[f"{name}, batch {batch}"] = {who: min(found) for who, found in times.items()}
        told = peer.close() if peer else {}
    said = {f"{name}, fxsnn": float(run(network, raster).said.sum() / len(raster)) for name, network in ours.items()}
    return {"seconds": best, "versions": told.get("versions", {}), "spikes": said | told.get("spikes", {})}


def judge(seconds: Mapping[str, Mapping[str, float]]) -> list[tuple[str, float, bool]]:
    """Return by how many times a peer's fastest way is slower than fxsnn, and whether that meets its bar."""
    found = []
    for batch, peer, least in BARS:
        times = seconds[f"feed, batch {batch}"]
        theirs = [taken for who, taken in times.items() if who.split(",")[0] == peer]
        if theirs:
            ratio = min(theirs) / times["fxsnn"]
            found.append((f"batch {batch}, {peer} takes at least {least:g} times as long", ratio, ratio >= least))
    return found


def report(found: Mapping[str, Any]) -> int:
    """Print a table for each network and batch, and the bars; return 1 if one is missed."""
    for what, times in found["seconds"].items():
        print(f"{what}, 100 steps, one thread")
        for who, seconds in times.items():
            spikes = found["spikes"].get(f"{what.split(',')[0]}, {who}")
            told = "" if spikes is None else f"{spikes:>12.1f} spikes an input"
            print(f"  {who:<26}{1000 * seconds:>12.3f} ms{seconds / times['fxsnn']:>12,.1f} x{told}")
    print(", ".join(f"{name} {version}" for name, version in found["versions"].items()))
    bars = judge(found["seconds"])
    for what, ratio, met in bars:
        print(f"{'met' if met else 'MISSED':<8}{what}: {ratio:.1f}")
    return 0 if all(met for _, _, met in bars) else 1


def main(words: list[str] | None = None) -> int:
    """Make the environment, measure, print, and judge the bars."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cache = user_cache_path("fxsnn") / "snn"
    parser.add_argument("--env", type=Path, default=cache, help="folder of the environment (default: %(default)s)")
    parser.add_argument("--torch", default="torch", help="what pip installs as torch, its options too")
    parser.add_argument("--alone", action="store_true", help="without sinabs and snnTorch")
    parser.add_argument("--turns", type=int, default=15, help="of which the best counts (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--dry-run", action="store_true", help="print what would be installed, and do nothing")
    given = parser.parse_args(words)
    if given.dry_run:
        for command in install(given.torch, given.env / "bin" / "python"):
            print("+", " ".join(command))
        return 0
    python = None
    if not given.alone:
        python = environment(given.env, "sinabs's and snnTorch's", given.torch, partial(install, given.torch))
    found = measure(python, given.turns)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    return report(found)


if __name__ == "__main__":
    sys.exit(main())
