"""Measure integer inference against PyTorch: the same layered networks on the same recordings, both on one thread.

PyTorch gets an environment of its own, made once in the folder --env. It runs a network densely in float32 by its
equations (docs/events.md), in batches and layouts of which its fastest counts; fxsnn runs it in integers, in both
forms. Recordings are binned to frames before, on either side. A time is the processor time of the one thread, so that
what else the machine does counts for neither; all contenders take turns, and their medians are compared. Answers are
compared, too. The bar is on the faster form. Exit status 1: a bar is missed; 2: PyTorch cannot be used.

Example: python tools/compare_pytorch.py --data DIR --json figures.json    # DIR holds N-MNIST, see docs/events.md
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from peer_environment import Peer, environment, seconds_of
from platformdirs import user_cache_path

from fxsnn.decolle.description import Description, parse_description
from fxsnn.decolle.emulate import respond_layers
from fxsnn.decolle.learn import LocalLearning, frames_of, train_layers
from fxsnn.decolle.network import DecolleNetwork, random_layers
from fxsnn.decolle.plan import Filters
from fxsnn.decolle.populations import as_inputs, of_layers
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.decolle.ready import ready
from fxsnn.errors import FxsnnError
from fxsnn.graph.batch import emitted_of
from fxsnn.recordings.splits import open_split

WORKER = Path(__file__).with_name("compare_pytorch_worker.py")
NEEDS = ("numpy",)
LEAST = 5.0  # how many times as long PyTorch has to take
FORMS: tuple[Filters, ...] = ("inputs", "currents")
WEIGHT = 8  # bits of a weight

Frames = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Work:
    """What both do: recordings and turns, those that the small network learns from, and PyTorch's batches."""

    recordings: int = 256
    turns: int = 7
    learned: int = 2000
    batches: tuple[int, ...] = (1, 16, 64)
    begun: int = 40  # recordings that the large network learns from, four at a time
    large: int = 4  # recordings that it is shown
    state: int = 4  # fractional bits of a state, see fxsnn.decolle.ptq.Words

    def __post_init__(self) -> None:
        for name in ("recordings", "turns", "learned", "begun", "large"):
            if getattr(self, name) < 1:
                raise SystemExit(f"{name} must be 1 or more, not {getattr(self, name)}")

    def jobs(self, shown: int) -> list[dict[str, Any]]:
        """Return what PyTorch is timed at: every batch that is not larger than needed, in both layouts."""
        batches = sorted({min(batch, shown) for batch in self.batches})
        return [{"batch": batch, "channels_last": last} for batch in batches for last in (False, True)]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A network, what it is shown and what the recordings are of."""

    name: str
    network: DecolleNetwork
    frames: Frames
    labels: NDArray[np.uint8] | None  # where the network knows them


def install(torch: str, python: Path) -> list[list[str]]:
    """Return the commands that make PyTorch's environment; `torch` is a requirement and pip's options for it."""
    pip = [str(python), "-m", "pip", "install", "-q"]
    return [[sys.executable, "-m", "venv", str(python.parent.parent)], [*pip, *torch.split()], [*pip, *NEEDS]]


def trained(description: Description, data: Path, work: Work) -> Case:
    """Train the small network for one pass, so that it spikes as one that works does."""
    train, test = (open_split(data, split, description) for split in ("train", "test"))
    network = random_layers(description, 0)
    chosen = np.arange(min(work.learned, len(train)))
    network = train_layers(network, train.part(chosen), LocalLearning(passes=1, rate=2e-3))
    shown = np.arange(min(work.recordings, len(test)))
    return Case("nmnist", network, frames_of(network, test, shown), test.labels[shown])


def begun(data: Path, work: Work) -> Case:
    """Train the network of DECOLLE for a few updates, after which few neurons spike: it knows no digits yet.

    Its recordings are those of N-MNIST, cell by cell, in steps of 10 ms and with decays to match.
    """
    ours = ready("decolle", 10)
    slow = tuple(replace(layer, alpha=0.75, beta=0.5) for layer in ours.layer)
    described = replace(ours, layer=slow, height=34, width=34, shrink=1, clip=7, step=10_000, steps=30, burn_in=3)
    train, test = (open_split(data, split, described) for split in ("train", "test"))
    network = random_layers(described, 0, gain=10.0)
    chosen = np.arange(min(work.begun, len(train)))
    network = train_layers(network, train.part(chosen), LocalLearning(passes=1, batch=4, rate=2e-3))
    shown = np.arange(min(work.large, len(test)))
    return Case("decolle", network, frames_of(network, test, shown), None)


def hand_over(folder: Path, case: Case) -> None:
    """Write what PyTorch's worker reads."""
    network = case.network
    last = len(network.weights) - 1
    pooled = network.description.geometry(last).pooled if network.readouts[last].size else (0, 0, 0)
    held: dict[str, Any] = {"readout": network.readouts[last].reshape(*pooled, network.description.classes)}
    for number in range(last + 1):
        held |= {f"weights_{number}": network.weights[number], f"biases_{number}": network.biases[number]}
    np.savez(folder / "network.npz", **held)
    np.save(folder / "frames.npy", case.frames)
    (folder / "work.json").write_text(json.dumps({"description": msgspec.to_builtins(network.description)}))


def compare(python: Path, case: Case, work: Work) -> dict[str, Any]:
    """Time all contenders by turns; return milliseconds a recording and step, spikes and answers."""
    quantised = {
        form: quantise_layers(case.network, plan_layers(case.network, Words(WEIGHT, work.state, filters=form)))
        for form in FORMS
    }
    shown, steps = case.frames.shape[:2]
    jobs = work.jobs(shown)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        hand_over(folder, case)
        peer = stack.enter_context(Peer("PyTorch", python, WORKER, folder))
        calls = {f"PyTorch, {named(job)}": partial(peer.turn, job) for job in jobs}
        for form, network in quantised.items():
            calls[f"fxsnn, {form}"] = partial(seconds_of, partial(respond_layers, network, case.frames))
        times: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(work.turns + 1):
            for name, call in calls.items():
                times[name].append(call())
        told = peer.close()
    said = {form: respond_layers(network, case.frames).argmax(axis=1) for form, network in quantised.items()}
    theirs = np.array(told["said"]).argmax(axis=1)
    answers = {"PyTorch": theirs} | {f"fxsnn, {form}": found for form, found in said.items()}
    return {
        "name": case.name,
        "torch": told["torch"],
        "steps": steps,
        "recordings": shown,
        "ms": {name: 1000 * statistics.median(found[1:]) / shown for name, found in times.items()},
        "input": float((case.frames > 0).mean()),
        "spikes": {form: rates(network, case.frames) for form, network in quantised.items()},
        "agreeing": {name: float((found == theirs).mean()) for name, found in answers.items()},
        "correct": {
            name: float((found == case.labels).mean()) for name, found in answers.items() if case.labels is not None
        },
    }


def named(job: Mapping[str, Any]) -> str:
    """Return a job in words."""
    return f"batch {job['batch']}, channels {'last' if job['channels_last'] else 'first'}"


def rates(network: QuantisedLayers, frames: Frames) -> list[float]:
    """Return the share of neurons that spike in a step, by layer, in the first recording."""
    return [float(one.mean()) for (*_, one) in of_layers(emitted_of(network.graph, as_inputs(frames[:1])))]


def judge(found: Mapping[str, Any]) -> list[tuple[str, float, bool]]:
    """Return how many times as long PyTorch's fastest takes as each form, and whether the faster form meets the bar."""
    fastest = min(ms for name, ms in found["ms"].items() if name.startswith("PyTorch"))
    ratios = {form: fastest / found["ms"][f"fxsnn, {form}"] for form in FORMS}
    best = max(ratios, key=lambda form: ratios[form])
    return [(f"{found['name']}, {best}", ratios[best], ratios[best] >= LEAST)]


def report(cases: Sequence[Mapping[str, Any]]) -> int:
    """Print a table for each network, and the bars; return 1 if one is missed."""
    for found in cases:
        shown, steps = found["recordings"], found["steps"]
        print(f"{found['name']}: {shown} recordings of {steps} steps, one thread, torch {found['torch']}")
        print(f"inputs that are not 0 in a step: {100 * found['input']:.2f} %; neurons that spike, by layer:")
        for form, layers in found["spikes"].items():
            print(f"  {form:<10}{', '.join(f'{100 * rate:.2f} %' for rate in layers)}")
        fastest = min(ms for name, ms in found["ms"].items() if name.startswith("PyTorch"))
        print(f"{'':<38}{'ms a recording':>15}{'us a step':>11}{'PyTorch takes':>15}{'same answer':>13}{'correct':>9}")
        for name, ms in found["ms"].items():
            contender = name if name.startswith("fxsnn") else "PyTorch"
            correct = f"{100 * found['correct'][contender]:.1f} %" if contender in found["correct"] else ""
            ratio = f"{fastest / ms:.1f} x" if name.startswith("fxsnn") else ""
            agreeing = f"{100 * found['agreeing'][contender]:.1f} %"
            print(f"{name:<38}{ms:>15.3f}{1000 * ms / steps:>11.1f}{ratio:>15}{agreeing:>13}{correct:>9}")
        print()
    bars = [bar for found in cases for bar in judge(found)]
    for what, reached, met in bars:
        print(f"{'met' if met else 'MISSED':<8}{what}: PyTorch takes at least {LEAST:g} times as long: {reached:.1f}")
    return 0 if all(met for _, _, met in bars) else 1


def options(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cache = user_cache_path("fxsnn") / "pytorch"
    parser.add_argument("--data", type=Path, required=True, help="folder of N-MNIST")
    parser.add_argument(
        "--env", type=Path, default=cache, help="folder of PyTorch's environment (default: %(default)s)"
    )
    parser.add_argument(
        "--torch",
        default="torch",
        help="what pip installs as torch, its options too: where the registry's torch is not the CPU's, add "
        "--index-url and the address of PyTorch's CPU index (default: %(default)s)",
    )
    parser.add_argument("--network", type=Path, default=Path(__file__).with_name("nmnist.toml"), help="the small one")
    parser.add_argument("--recordings", type=int, default=Work().recordings, help="of a turn (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=Work().turns, help="the median of which (default: %(default)s)")
    parser.add_argument("--state", type=int, default=Work().state, help="fractional bits of one (default: %(default)s)")
    parser.add_argument("--only", choices=("nmnist", "decolle"), help="one network instead of both")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, and do nothing")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Make the environment, measure, print, and judge the bars."""
    given = options(words)
    work = Work(recordings=given.recordings, turns=given.turns, state=given.state)
    if given.dry_run:
        for command in install(given.torch, given.env / "bin" / "python"):
            print("+", " ".join(command))
        print(json.dumps(asdict(work) | {"jobs": work.jobs(work.recordings)}))
        return 0
    python = environment(given.env, "PyTorch", given.torch, partial(install, given.torch))
    found = []
    try:
        if given.only != "decolle":
            found.append(compare(python, trained(parse_description(given.network.read_text()), given.data, work), work))
        if given.only != "nmnist":
            found.append(compare(python, begun(given.data, work), work))
    except FxsnnError as error:
        raise SystemExit(str(error)) from None
    if given.json:
        given.json.write_text(json.dumps({"work": asdict(work), "networks": found}, indent=1) + "\n")
    return report(found)


if __name__ == "__main__":
    sys.exit(main())
