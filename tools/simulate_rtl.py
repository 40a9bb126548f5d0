"""Count what is simulated: random configurations, words compared, faults found. python tools/simulate_rtl.py.

The tests do the same with other configurations at every run; here they are drawn alike every time.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, reject, seed, settings
from hypothesis import strategies as st

_SHARE = 50  # configurations that one process draws
_SAID = 10.0  # seconds after which it is said how far it is, though nothing is done
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # what is drawn and which faults are planted is described in the tests

from faults import FAULTS, NETWORKS, fault_inputs  # noqa: E402
from fxsnn.errors import ConfigError, FxsnnError, WidthError  # noqa: E402
from fxsnn.golden.learning import make_learning_bundle  # noqa: E402
from fxsnn.golden.populations_make import make_graph_bundle  # noqa: E402
from fxsnn.graph.one_layer import graph_of  # noqa: E402
from fxsnn.graph.quantise import QuantisedGraph  # noqa: E402
from fxsnn.layered.populations import as_inputs  # noqa: E402
from fxsnn.layered.quantise import QuantisedLayers  # noqa: E402
from fxsnn.learn import Learning  # noqa: E402
from fxsnn.network import Network  # noqa: E402
from fxsnn.plan import Plan  # noqa: E402
from fxsnn.quantised import QuantisedNetwork  # noqa: E402
from layered_networks import frames_for, quantised_layers  # noqa: E402
from learning_faults import CONFIGURATIONS  # noqa: E402
from learning_faults import FAULTS as LEARNING_FAULTS  # noqa: E402
from population_faults import FAULTS as POPULATION_FAULTS  # noqa: E402
from population_sets import POPULATION_SETS  # noqa: E402
from populations_drawn import any_networks, inputs_for  # noqa: E402
from sets import SETS  # noqa: E402
from simulate import simulate  # noqa: E402
from strategies import quantised_networks  # noqa: E402
from test_itq import blanks, learning_plans, rules  # noqa: E402
from test_learn import some_images  # noqa: E402


def compared(folder: Path) -> int:
    """Simulate a bundle and return how many words were compared; it must pass."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    held = (entry for entry in manifest["files"] if entry["role"] == "node")
    words: int = sum(math.prod(entry["shape"]) for entry in held)
    said = simulate(folder)
    if said.stdout != f"PASS {words} words\n":
        raise SystemExit(f"a configuration does not agree: {said.stdout + said.stderr}")
    return words


def counted(kind: str, first: int, examples: int, tell: Callable[[int], None]) -> None:
    """Make and simulate so many bundles of a kind, drawn from a seed; tell the words that were compared of each."""
    make, drawn = DRAWN[kind]

    def one(**arguments: Any) -> None:
        with tempfile.TemporaryDirectory() as place:
            make(Path(place) / "set", **arguments)
            tell(compared(Path(place) / "set"))

    quiet = list(HealthCheck)
    alike = settings(max_examples=examples, database=None, deadline=None, suppress_health_check=quiet)
    seed(first)(alike(given(**drawn)(one)))()


def share(kind: str, first: int, examples: int, told: Queue[int | str]) -> None:
    """Do a share in a process of its own; a text is what went wrong, 0 that it is done."""
    try:
        counted(kind, first, examples, told.put)
        told.put(0)
    except BaseException as error:  # also SystemExit: the process that waits says it
        told.put(str(error) or type(error).__name__)


def simulated(kind: str, examples: int, processes: int) -> tuple[int, int]:
    """Simulate so many bundles of a kind; print how far it is, return how many there were, and the words compared.

    Shares of a fixed number are drawn each from a seed of its own, so that what is drawn does not depend on processes.
    """
    shares = [(first, min(_SHARE, examples - first)) for first in range(0, examples, _SHARE)]
    spawn = get_context("spawn")
    told: Queue[int | str] = spawn.Queue()
    running, bundles, words, begin = list[BaseProcess](), 0, 0, time.monotonic()
    done = 0
    while shares or done < len(running):
        while shares and len(running) - done < processes:
            running.append(spawn.Process(target=share, args=(kind, *shares.pop(0), told), daemon=True))
            running[-1].start()
        found: int | str | None
        try:
            found = told.get(timeout=_SAID)
        except Empty:  # what is being made or simulated takes long
            found = None if sum(one.is_alive() for one in running) >= len(running) - done else "a process has died"
        if isinstance(found, str):
            raise SystemExit(f"{kind}: after {bundles:,} configurations and {words:,} words: {found}")
        done += found == 0
        if found:
            bundles, words = bundles + 1, words + found
        if found != 0:
            far = f"{kind}: {bundles:,} of {examples:,} configurations, {words:,} words equal"
            print(f"{far}, {time.monotonic() - begin:,.0f} s", file=sys.stderr, flush=True)
    return bundles, words


def layer(folder: Path, network: QuantisedNetwork, seed: int) -> None:
    """Make a bundle of a layer in any configuration."""
    rng = np.random.default_rng(seed)
    shape = (2, int(rng.integers(1, 12)), network.inputs)
    make_graph_bundle(folder, graph_of(network), (rng.random(shape) < rng.choice([0.1, 0.5, 0.9])).astype(np.int64))


def learner(folder: Path, network: Network, learning: Learning, plan: Plan, count: int) -> None:
    """Make a bundle of learning in any configuration."""
    try:
        make_learning_bundle(folder, network, some_images(count, len(network.weights)), learning, plan)
    except (ConfigError, WidthError):  # a constant that does not fit its format, a cast too wide
        reject()


def layered(folder: Path, network: QuantisedLayers, seed: int) -> None:
    """Make a bundle of a network of layers in any configuration."""
    try:
        make_graph_bundle(folder, network.graph, as_inputs(frames_for(network, 2, seed)))
    except ConfigError:  # a node wider than 63 bits
        reject()


def populations(folder: Path, network: QuantisedGraph, seed: int) -> None:
    """Make a bundle of a network of populations, of texts that are drawn too."""
    try:
        make_graph_bundle(folder, network, inputs_for(network, seed))
    except FxsnnError:  # an overflow where the mode is error
        reject()


DRAWN: dict[str, tuple[Callable[..., None], dict[str, Any]]] = {
    "layers": (layer, {"network": quantised_networks(), "seed": st.integers(0, 1000)}),
    "learning": (
        learner,
        {"network": blanks(), "learning": rules(), "plan": learning_plans(), "count": st.integers(2, 4)},
    ),
    "networks of layers": (layered, {"network": quantised_layers(), "seed": st.integers(0, 1000)}),
    "networks of populations": (populations, {"network": any_networks, "seed": st.integers(0, 1000)}),
}


def fails(folder: Path, edits: Sequence[tuple[str, str, str]]) -> bool:
    """Say whether the bench of a bundle fails once its RTL is edited: file, right, wrong."""
    held = {file: (folder / "rtl" / file).read_text() for file, _, _ in edits}
    for file, right, wrong in edits:
        path = folder / "rtl" / file
        path.write_text(path.read_text().replace(right, wrong, 1))
    failed = simulate(folder).returncode == 1
    for file, text in held.items():
        (folder / "rtl" / file).write_text(text)
    return failed


def faults(place: Path) -> tuple[int, int]:
    """Plant every fault of the tests; return how many were found by every bundle that is to find it, of how many."""
    for name, build in NETWORKS.items():
        if name in SETS:
            shutil.copytree(ROOT / "golden" / name, place / name)
        else:
            make_graph_bundle(place / name, graph_of(build()), fault_inputs(build()))
    for name, arguments in CONFIGURATIONS.items():
        make_learning_bundle(place / name, *arguments())
    for name, drawn in POPULATION_SETS.items():
        make_graph_bundle(place / name, *drawn())
    found = [
        *(all(fails(place / n, [(f.file, f.right, f.wrong)]) for n in f.networks) for f in FAULTS.values()),
        *(fails(place / where, edits) for where, edits in LEARNING_FAULTS.values()),
        *(fails(place / f.where, [(f.file, f.right, f.wrong)]) for f in POPULATION_FAULTS.values()),
    ]
    return sum(found), len(found)


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configurations", type=int, default=1000, help="of each kind (default: %(default)s)")
    parser.add_argument("--kind", choices=DRAWN, help="draw configurations of this kind alone, and plant no faults")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="at a time (default: %(default)s)")
    asked = parser.parse_args()
    for what in DRAWN:
        if asked.kind not in (None, what):
            continue
        bundles, words = simulated(what, asked.configurations, asked.processes)
        print(f"{what}: {bundles:,} configurations, {words:,} words equal", flush=True)
    if asked.kind:
        return
    with tempfile.TemporaryDirectory() as place:
        found, planted = faults(Path(place))
    print(f"faults: {found} of {planted} found")
    raise SystemExit(found != planted)


if __name__ == "__main__":
    main()
