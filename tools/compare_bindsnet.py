"""Measure fxsnn against BindsNET on the same work: the network of Diehl and Cook on the same MNIST digits.

BindsNET gets an environment of its own, made once in the folder --env. Both train 784 to 400 neurons one digit at a
time and present digits without learning, 100 steps each, with rate coding of the same intensity, encoding included.
BindsNET's best batch and number of threads count for inference, its best number of threads for training; fxsnn runs
on one thread. Each figure is the median of several turns. Exit status 1: a bar is missed; 2: BindsNET cannot be used.

Example: python tools/compare_bindsnet.py --digits 200 --json figures.json
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from peer_environment import environment, outside
from platformdirs import user_cache_path

BINDSNET = "bindsnet==0.3.4"  # installed without dependencies: it names torchvision, gymnasium, OpenCV and more
NEEDS = ("numpy", "scipy", "tqdm")  # what its network, models, learning and encodings import besides torch
WORKER = Path(__file__).with_name("compare_bindsnet_worker.py")

# (name, what takes long, in which batches (none: any), what takes short, least ratio); BindsNET's fastest counts
BARS = (
    ("training: BindsNET takes at least 50 times as long", "train", (), "fxsnn, training", 50.0),
    ("inference, one by one: at least 100 times", "infer", (1,), "fxsnn, integers, one by one", 100.0),
    ("inference, BindsNET's best batch: at least 100 times", "infer", (), "fxsnn, integers", 100.0),
)


@dataclass(frozen=True, slots=True)
class Work:
    """What both do; `max_prob` is the chance of a spike of a white pixel in a step."""

    neurons: int = 400
    steps: int = 100
    digits: int = 200
    turns: int = 5
    batches: tuple[int, ...] = (1, 64)
    threads: tuple[int, ...] = (1, 2)
    seed: int = 0
    max_prob: float = 0.3

    def __post_init__(self) -> None:
        for name in ("neurons", "steps", "digits", "turns"):
            if getattr(self, name) < 1:
                raise SystemExit(f"{name} must be 1 or more, not {getattr(self, name)}")

    def jobs(self) -> list[dict[str, Any]]:
        """Return what BindsNET is timed at: training one by one, inference in every batch, at all threads."""
        kinds = [("train", 1), *(("infer", batch) for batch in self.batches)]
        return [{"kind": kind, "batch": batch, "threads": n} for n in self.threads for kind, batch in kinds]


def install(torch: str, python: Path) -> list[list[str]]:
    """Return the commands that make BindsNET's environment; `torch` is a requirement and pip's options for it."""
    pip = [str(python), "-m", "pip", "install", "-q"]
    return [
        [sys.executable, "-m", "venv", str(python.parent.parent)],
        [*pip, *torch.split()],
        [*pip, *NEEDS],
        [*pip, "--no-deps", BINDSNET],
    ]


def digits(count: int) -> NDArray[np.uint8]:
    """Return the first training digits of the full MNIST, or of the 5,000 where that is not there."""
    from fxsnn.digits.splits import open_splits
    from fxsnn.errors import FxsnnError

    try:
        images = open_splits(None, mnist="FXSNN_DATA" in os.environ).training.images
    except FxsnnError as error:
        raise SystemExit(str(error)) from None
    if len(images) < count:
        raise SystemExit(f"digits must be at most {len(images):,}, not {count:,}")
    return np.ascontiguousarray(images[:count])


def bindsnet(python: Path, images: NDArray[np.uint8], work: Work) -> dict[str, Any]:
    """Time BindsNET in its own environment; return what its worker found."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "digits.npy", images)
        plan = Path(folder) / "work.json"
        plan.write_text(json.dumps(asdict(work) | {"jobs": work.jobs()}))
        command = [str(python), str(WORKER), str(plan)]
        said = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, env=outside())
    if said.returncode:
        raise SystemExit("BindsNET's worker failed: see above")
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def fxsnn(images: NDArray[np.uint8], work: Work) -> dict[str, Any]:
    """Time fxsnn on one thread: training, the float response, the integer response, with encoding."""
    from dataclasses import replace

    from fxsnn.competitive import emulate, learn
    from fxsnn.competitive.quantised import quantise
    from fxsnn.competitive.ranges import profile
    from fxsnn.data.encode import RateCoding, encode
    from fxsnn.digits.grid import Grid, make_plans

    blank = learn.random_network(images.shape[1], work.neurons, work.seed)
    blank = replace(blank, coding=RateCoding(steps=work.steps, peak=work.max_prob, seed=work.seed))
    network = learn.train(blank, images, learn.Learning(passes=3, seed=work.seed))
    spikes = encode(images, network.coding)
    grid = Grid(weight=("UQ0.8",), state_bits=(4,), weight_rounding=("RN",), state_rounding=("RN",), leak=("shift 5",))
    quantised = quantise(network, next(iter(make_plans(grid, profile(network, spikes)).values())))

    def one_by_one() -> None:
        for n in range(len(images)):
            emulate.respond(quantised, encode(images[n : n + 1], network.coding))

    calls: dict[str, Callable[[], Any]] = {
        "fxsnn, encoding alone": lambda: encode(images, network.coding),
        "fxsnn, training": lambda: learn.train(blank, images, learn.Learning(seed=work.seed)),
        "fxsnn, float": lambda: learn.respond(network, encode(images, network.coding)),
        "fxsnn, integers": lambda: emulate.respond(quantised, encode(images, network.coding)),
        "fxsnn, integers, one by one": one_by_one,
    }
    counts = emulate.respond(quantised, spikes)
    return {
        "ms": {name: timed(call, len(images), work.turns) for name, call in calls.items()},
        "input_spikes": len(spikes.indices) / len(images),
        "output_spikes": float(counts.sum() / len(images)),
    }


def timed(call: Callable[[], Any], images: int, turns: int) -> float:
    """Return the median milliseconds an image of several calls, after one that is not counted."""
    call()
    times = []
    for _ in range(turns):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times) / images


def judge(theirs: Sequence[Mapping[str, Any]], ours: Mapping[str, float]) -> list[tuple[str, float, bool]]:
    """Return each bar with the ratio reached and whether that is enough; BindsNET's fastest counts."""
    found = []
    for text, kind, batches, name, least in BARS:
        able = [job for job in theirs if job["kind"] == kind and (not batches or job["batch"] in batches)]
        ratio = min(job["ms"] for job in able) / ours[name]
        found.append((text, ratio, ratio >= least))
    return found


def report(theirs: Mapping[str, Any], ours: Mapping[str, Any], work: Work) -> int:
    """Print the table and the bars; return 1 if one is missed."""
    print(f"{work.digits} digits, 784-{work.neurons}, {work.steps} steps, ms a digit, median of {work.turns} turns")
    print(f"BindsNET {theirs['bindsnet']}, torch {theirs['torch']}; spikes a digit, in and out:")
    for name, told in (("BindsNET", theirs), ("fxsnn", ours)):
        print(f"  {name:<9} {told['input_spikes']:8,.0f} {told['output_spikes']:8,.1f}")
    names = {"train": "fxsnn, training", "infer": "fxsnn, integers"}
    print(f"\n{'':<44}{'ms':>9}{'of fxsnn':>12}")
    for name, ms in ours["ms"].items():
        print(f"{name + ', 1 thread':<44}{ms:>9.3f}")
    for job in theirs["jobs"]:
        what = "training" if job["kind"] == "train" else "inference"
        name = f"BindsNET, {what}, batch {job['batch']}, {job['threads']} thread{'s'[: job['threads'] > 1]}"
        print(f"{name:<44}{job['ms']:>9.3f}{job['ms'] / ours['ms'][names[job['kind']]]:>10,.1f} x")
    print()
    bars = judge(theirs["jobs"], ours["ms"])
    for text, ratio, met in bars:
        print(f"{'met' if met else 'MISSED':<8}{text}: {ratio:,.1f}")
    return 0 if all(met for _, _, met in bars) else 1


def options(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cache = user_cache_path("fxsnn") / "bindsnet"
    parser.add_argument(
        "--env", type=Path, default=cache, help="folder of BindsNET's environment (default: %(default)s)"
    )
    parser.add_argument(
        "--torch",
        default="torch==2.13.0",
        help="what pip installs as torch, its options too: where the registry's torch is not the CPU's, add "
        "--index-url and the address of PyTorch's CPU index (default: %(default)s)",
    )
    parser.add_argument("--digits", type=int, default=200, help="digits of a turn (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=5, help="turns to take the median of (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, and do nothing")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Make the environment, measure, print, and judge the bars."""
    given = options(words)
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    work = Work(digits=given.digits, turns=given.turns, threads=tuple(sorted({1, processors})))
    if given.dry_run:
        for command in install(given.torch, given.env / "bin" / "python"):
            print("+", " ".join(command))
        print(json.dumps(asdict(work) | {"jobs": work.jobs()}))
        return 0
    images = digits(work.digits)
    made = f"{given.torch} {BINDSNET}"
    python = environment(given.env, "BindsNET", made, lambda python: install(given.torch, python))
    theirs = bindsnet(python, images, work)
    ours = fxsnn(images, work)
    if given.json:
        given.json.write_text(json.dumps({"work": asdict(work), "bindsnet": theirs, "fxsnn": ours}, indent=1) + "\n")
    return report(theirs, ours, work)


if __name__ == "__main__":
    sys.exit(main())
