"""What each command does with files: read, call, write. The command line only parses and prints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn import emulate, itq, learn
from fxsnn.candidates import Exploration, gather, to_json
from fxsnn.data.digits import Digits
from fxsnn.demo import PROFILED, Progress, Result, Settings, about, measure, prepare, run_demo
from fxsnn.encode import encode, encode_parts
from fxsnn.errors import ConfigError
from fxsnn.explore import Grid, Task, explore, make_plans, parse_grid
from fxsnn.files import check_output, write_bytes, write_text
from fxsnn.format import Format
from fxsnn.golden.make import make_bundle
from fxsnn.learn import Learning, random_network
from fxsnn.network import Network, load_network, save_network
from fxsnn.pareto import Reward
from fxsnn.plan import Plan, plan_text
from fxsnn.quantise import quantise
from fxsnn.ranges import profile
from fxsnn.score import Score, score
from fxsnn.selection import named, read_plan, read_text
from fxsnn.splits import Splits, open_splits, part


@dataclass(frozen=True, slots=True, eq=False)
class Emulated:
    """A network in float and in integers on the same test digits, and one digit's trace."""

    float: Score
    fixed: Score
    trace: emulate.Trace


@dataclass(frozen=True, slots=True)
class Training:
    """What `fxsnn train` may be asked for; with a plan or a weight's format the network learns in integers."""

    neurons: int = 400
    passes: int = 1
    seed: int = 0
    plan: Path | None = None
    weight: str | None = None
    rounding: str = "SR"
    learned_bits: int | None = None

    def learning_plan(self) -> Plan | None:
        """Return the plan to learn by, or None to learn in float."""
        if self.plan is not None and self.weight is not None:
            raise ConfigError("a network must learn by a plan or by a weight's format, not both")
        if self.plan is not None:
            return read_plan(self.plan)
        return itq.default_plan(Format.parse(self.weight), self.rounding, self.learned_bits) if self.weight else None


def train_network(
    out: Path, data: Path | None, mnist: bool, asked: Training, workers: int, progress: Progress
) -> tuple[Score, Path | None]:
    """Train, label and save a network; return how it does on the test digits.

    A network that learned in integers is measured in integers, and the plan that it learned by, where it was not
    given, is written beside it and its place returned.
    """
    check_output(out)
    plan = asked.learning_plan()
    written = out.with_suffix(".toml") if plan and asked.plan is None else None
    if written:
        check_output(written)
    splits = open_splits(data, mnist)
    blank = random_network(splits.training.images.shape[1], asked.neurons, asked.seed)
    blank = replace(blank, coding=replace(blank.coding, seed=asked.seed))
    learning, images = Learning(passes=asked.passes, seed=asked.seed), splits.training.images

    def tell(done: int, total: int) -> None:
        progress("train", done, total)

    network = itq.train(blank, images, learning, plan, tell) if plan else learn.train(blank, images, learning, tell)
    progress("label", 0, 1)
    quantised = quantise(network, plan) if plan else None

    def respond(digits: Digits) -> NDArray[np.int32]:
        if quantised is None:
            return learn.respond_to_images(network, digits.images, threads=workers)
        parts = encode_parts(digits.images, network.coding)
        return np.concatenate([emulate.respond(quantised, spikes, workers) for spikes in parts])

    result = score(respond(splits.training), splits.training.labels, respond(splits.test), splits.test.labels)
    progress("label", 1, 1)
    save_network(replace(network, labels=result.labels), out)
    if plan and written:
        write_text(written, plan_text(plan))
    return result, written


def emulate_network(network: Path, plan: Path, data: Path | None, mnist: bool, workers: int) -> Emulated:
    """Measure a network in float and in integers on the test digits."""
    held = load_network(network)
    quantised = quantise(held, read_plan(plan))
    splits = open_splits(data, mnist)
    _check_fits(held, network, splits)
    task = Task(encode(splits.labelling.images, held.coding), splits.labelling.labels)
    test = encode(splits.test.images, held.coding)
    return Emulated(
        measure(held, task, test, splits.test, workers),
        measure(quantised, task, test, splits.test, workers),
        emulate.emulate(quantised, test),
    )


def explore_network(
    network: Path, out: Path, grid: Path | None, data: Path | None, mnist: bool, workers: int, progress: Progress
) -> Exploration:
    """Measure every candidate of a grid and write candidates.json."""
    held, points = load_network(network), _grid(grid, Grid())
    check_output(out)
    splits = open_splits(data, mnist)
    _check_fits(held, network, splits)
    task, float_score = prepare(held, splits, workers)
    plans = make_plans(points, profile(held, encode(splits.training.images[:PROFILED], held.coding)))
    done = iter(range(1, len(plans) + 1))
    candidates = explore(held, plans, task, workers, lambda _: progress("explore", next(done), len(plans)))
    found = gather(about(splits), float_score, candidates)
    write_bytes(out, to_json(found))
    return found


def make_golden(network: Path, plan: Path, out: Path, data: Path | None, mnist: bool, images: int) -> dict[str, Any]:
    """Write golden vectors of the first test digits; return the manifest."""
    held = load_network(network)
    quantised = quantise(held, read_plan(plan))
    splits = open_splits(data, mnist)
    _check_fits(held, network, splits)
    digits = part(splits.test, 0, images)
    return make_bundle(out, quantised, encode(digits.images, held.coding))


def demo_job(
    out: Path,
    data: Path | None,
    mnist: bool,
    neurons: int,
    passes: int,
    seed: int,
    mu: float,
    max_loss: float,
    grid: Path | None,
    workers: int,
    progress: Progress,
) -> Result:
    """Run the demo with what the command line said."""
    settings = Settings(
        neurons=neurons,
        learning=Learning(passes=passes, seed=seed),
        grid=_grid(grid, Settings().grid),
        reward=Reward("additive", mu),
        max_loss=max_loss,
        workers=workers,
    )
    command = f"fxsnn demo --neurons {neurons} --passes {passes} --seed {seed} --mu {mu:g} --max-loss {max_loss:g}"
    command += f" --grid {grid.name}" if grid else ""
    command += " --mnist" if mnist or data is not None else ""
    return run_demo(out, open_splits(data, mnist), settings, command, progress)


def _grid(path: Path | None, otherwise: Grid) -> Grid:
    return otherwise if path is None else named(path, parse_grid, read_text(path, "a grid"))


def _check_fits(network: Network, path: Path, splits: Splits) -> None:
    inputs, pixels = len(network.weights), splits.test.images.shape[1]
    if inputs != pixels:
        raise ConfigError(f"a network must have {pixels} inputs, one a pixel, {str(path)!r} has {inputs}")
