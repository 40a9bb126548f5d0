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
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from hypothesis import strategies as st

_SHARE = 50  # configurations that are drawn from one seed
_SAID = 10.0  # seconds after which it is said how far it is, though nothing is done
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # what is drawn and which faults are planted is described in the tests

from decolle_networks import frames_for, quantised_layers  # noqa: E402
from faults import FAULTS, NETWORKS, fault_inputs  # noqa: E402
from fxsnn.competitive.graph import graph_of  # noqa: E402
from fxsnn.competitive.learn import Learning  # noqa: E402
from fxsnn.competitive.network import Network  # noqa: E402
from fxsnn.competitive.plan import Plan  # noqa: E402
from fxsnn.competitive.quantised import QuantisedNetwork  # noqa: E402
from fxsnn.decolle.populations import as_inputs  # noqa: E402
from fxsnn.decolle.quantise import QuantisedLayers  # noqa: E402
from fxsnn.errors import ConfigError, FxsnnError, WidthError  # noqa: E402
from fxsnn.golden.learning import make_learning_bundle  # noqa: E402
from fxsnn.golden.populations_make import make_graph_bundle  # noqa: E402
from fxsnn.graph.quantise import QuantisedGraph  # noqa: E402
from learning_faults import CONFIGURATIONS  # noqa: E402
from learning_faults import FAULTS as LEARNING_FAULTS  # noqa: E402
from population_faults import FAULTS as POPULATION_FAULTS  # noqa: E402
from population_sets import POPULATION_SETS  # noqa: E402
from populations_drawn import any_networks, begins, inputs_for, start_for  # noqa: E402
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

    quiet, at_once = list(HealthCheck), [Phase.generate]  # what fails is said before it is made smaller
    alike = settings(max_examples=examples, database=None, deadline=None, suppress_health_check=quiet, phases=at_once)
    seed(first)(alike(given(**drawn)(one)))()


def share(kind: str, first: int, examples: int) -> list[int]:
    """Do a share in a process of its own; return the words of each configuration."""
    words = list[int]()
    try:
        counted(kind, first, examples, words.append)
    except BaseException as error:  # also SystemExit, which would end the process
        again = f"--kind {kind!r} --first {first} --configurations {examples}"
        raise RuntimeError(
            f"{kind}: {str(error).strip() or type(error).__name__} (after {len(words)} of {again})"
        ) from None
    return words


def simulated(kind: str, first: int, examples: int, processes: int) -> tuple[int, int]:
    """Simulate so many bundles of a kind; print how far it is, return how many there were, and the words compared.

    Shares of a fixed number are drawn each from a seed of its own and in a process of its own (Hypothesis also draws
    constants of modules that are imported): what is drawn depends neither on processes nor on where a run begins.
    """
    words, begin, end = list[int](), time.monotonic(), first + examples
    with ProcessPoolExecutor(processes, get_context("spawn"), max_tasks_per_child=1) as pool:
        shares = {pool.submit(share, kind, at, min(_SHARE, end - at)) for at in range(first, end, _SHARE)}
        while shares:
            done, shares = wait(shares, timeout=_SAID, return_when=FIRST_COMPLETED)
            try:
                words += [one for some in done for one in some.result()]
            except (RuntimeError, BrokenExecutor) as error:
                pool.shutdown(cancel_futures=True)
                raise SystemExit(f"after {len(words):,} configurations and {sum(words):,} words: {error}") from None
            took = time.monotonic() - begin
            far = f"{kind}: {len(words):,} of {examples:,} configurations, {sum(words):,} words equal"
            print(f"{far}, {took:,.0f} s, {len(words) / took * 60:.0f} a minute", file=sys.stderr, flush=True)
    return len(words), sum(words)


def layer(folder: Path, network: QuantisedNetwork, seed: int, begin: int | None) -> None:
    """Make a bundle of a layer in any configuration."""
    rng, graph = np.random.default_rng(seed), graph_of(network)
    shown = rng.random((2, int(rng.integers(1, 12)), network.inputs)) < rng.choice([0.1, 0.5, 0.9])
    make_graph_bundle(folder, graph, shown.astype(np.int64), start=start_for(graph, 2, begin))


def learner(folder: Path, network: Network, learning: Learning, plan: Plan, count: int) -> None:
    """Make a bundle of learning in any configuration."""
    try:
        make_learning_bundle(folder, network, some_images(count, len(network.weights)), learning, plan)
    except (ConfigError, WidthError):  # a constant that does not fit its format, a cast too wide
        reject()


def layered(folder: Path, network: QuantisedLayers, seed: int, begin: int | None) -> None:
    """Make a bundle of a network of layers in any configuration."""
    start = start_for(network.graph, 2, begin)
    try:
        make_graph_bundle(folder, network.graph, as_inputs(frames_for(network, 2, seed)), start=start)
    except ConfigError:  # a node wider than 63 bits
        reject()


def populations(folder: Path, network: QuantisedGraph, seed: int, begin: int | None) -> None:
    """Make a bundle of a network of populations, of texts that are drawn too."""
    try:
        make_graph_bundle(folder, network, inputs_for(network, seed), start=start_for(network, 2, begin))
    except FxsnnError:  # an overflow where the mode is error
        reject()


_SEEDS = {"seed": st.integers(0, 1000), "begin": begins}  # of what is shown, and of what states begin with
DRAWN: dict[str, tuple[Callable[..., None], dict[str, Any]]] = {
    "layers": (layer, {"network": quantised_networks(), **_SEEDS}),
    "learning": (
        learner,
        {"network": blanks(), "learning": rules(), "plan": learning_plans(), "count": st.integers(2, 4)},
    ),
    "networks of layers": (layered, {"network": quantised_layers(), **_SEEDS}),
    "networks of populations": (populations, {"network": any_networks, **_SEEDS}),
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
    told = f"number of the first, a multiple of {_SHARE}, where a run goes on that another began (default: %(default)s)"
    parser.add_argument("--first", type=int, default=0, help=told)
    parser.add_argument("--kind", choices=DRAWN, help="draw configurations of this kind alone, and plant no faults")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="at a time (default: %(default)s)")
    asked = parser.parse_args()
    if asked.first < 0 or asked.first % _SHARE:
        parser.error(f"--first must be a multiple of {_SHARE}, not {asked.first}")
    for what in DRAWN:
        if asked.kind not in (None, what):
            continue
        bundles, words = simulated(what, asked.first, asked.configurations, asked.processes)
        print(f"{what}: {bundles:,} configurations, {words:,} words equal", flush=True)
    if asked.kind:
        return
    with tempfile.TemporaryDirectory() as place:
        found, planted = faults(Path(place))
    print(f"faults: {found} of {planted} found")
    raise SystemExit(found != planted)


if __name__ == "__main__":
    main()
