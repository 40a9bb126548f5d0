"""What commands do with files of a network of one layer that learns from images: read, call, write."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fxsnn.competitive.emulate import casts
from fxsnn.competitive.graph import graph_of
from fxsnn.competitive.inventory import memory
from fxsnn.competitive.learn import Learning
from fxsnn.competitive.network import load_network
from fxsnn.competitive.quantised import quantise
from fxsnn.competitive.ranges import profile, spreads
from fxsnn.competitive.watching import overflowing
from fxsnn.data.digits import Images
from fxsnn.data.encode import encode
from fxsnn.digits.grid import Grid, parse_grid
from fxsnn.digits.groups import significance
from fxsnn.digits.learner import learner_like
from fxsnn.digits.learning_groups import Lessons, add_learning
from fxsnn.digits.splits import check_fits, check_unlearned, evenly, labelling_task, open_splits, part
from fxsnn.digits.subject import DigitsSubject
from fxsnn.digits.task import PROFILED, about, measure
from fxsnn.engine.pool import THREADS, Engine
from fxsnn.engine.progress import Progress
from fxsnn.errors import as_given
from fxsnn.exploration.candidates import to_json
from fxsnn.exploration.pareto import Reward
from fxsnn.exploration.selection import read_plan
from fxsnn.golden.export import check_kinds
from fxsnn.golden.make import make_bundle
from fxsnn.golden.populations_stream import Progress as Written
from fxsnn.graph.starting import read_start
from fxsnn.io.documents import named
from fxsnn.io.files import check_folder, check_output, read_bytes, read_text, write_bytes
from fxsnn.jobs import digits_demo as demo
from fxsnn.jobs.emulated import Emulated
from fxsnn.measure.ranges import Spread
from fxsnn.significance import Significance
from fxsnn.study.session import Finished, Settings, run_study
from fxsnn.study.storage import exists


def emulate(
    network: Path, plan: Path, data: Path | None, mnist: bool, workers: int, most: int | None = None
) -> Emulated:
    """Measure a network in float and in integers on the test images, `most` of them evenly spread."""
    held = load_network(network)
    quantised = quantise(held, read_plan(plan))
    splits = open_splits(data, mnist)
    check_fits(held, network, splits)
    check_unlearned(network, splits)
    task, chosen = labelling_task(splits, held.coding), evenly(len(splits.test), most)
    digits = Images(splits.test.images[chosen], splits.test.labels[chosen], splits.test.name)
    test = encode(digits.images, held.coding)
    return Emulated(
        f"{len(digits):,} images",
        "test image",
        measure(held, task, test, digits, workers),
        measure(quantised, task, test, digits, workers),
        casts(quantised, test, range(1)),
        overflowing(quantised, test),
        memory(quantised),
    )


def explore(
    network: Path,
    out: Path,
    grid: Path | None,
    study: Settings,
    data: Path | None,
    mnist: bool,
    workers: int,
    progress: Progress,
    passes: int = 1,
    engine: Engine = THREADS,
) -> Finished:
    """Measure the candidates of a study and write candidates.json.

    passes   over the training images by networks that are quantised in training
    """
    held, points = load_network(network), _grid(grid, Grid())
    check_output(out, network, grid)
    exists(study.place)
    splits = open_splits(data, mnist)
    check_fits(held, network, splits)
    learner = learner_like(held, splits.training.images, passes)
    finished = run_study(DigitsSubject(held, splits, points, learner), study, workers, progress, engine)
    write_bytes(out, to_json(finished.exploration))
    return finished


def ranges(network: Path, data: Path | None, mnist: bool, images: int) -> dict[str, Spread]:
    """Return the distribution of the values of every signal on the first training images."""
    held = load_network(network)
    splits = open_splits(data, mnist)
    check_fits(held, network, splits)
    return spreads(held, encode(part(splits.training, 0, images).images, held.coding))


def sweep(
    network: Path,
    data: Path | None,
    mnist: bool,
    images: int | None,
    max_loss: float,
    seed: int,
    workers: int,
    progress: Progress,
    learn_from: int | None = None,
    learn_seed: int = 0,
    engine: Engine = THREADS,
) -> Callable[[], Significance]:
    """Read what is swept and return what sweeps every parameter group.

    images        how many of the labelling images to measure on; all of them where it is None
    learn_from    how many of the training images to learn from at every point of the groups of learning, which are
                  swept unless it is None; first weights and their order are drawn from `learn_seed`
    """
    held = load_network(network)
    digest = hashlib.sha256(read_bytes(network, "a network")).hexdigest()
    splits = open_splits(data, mnist)
    check_fits(held, network, splits)
    if images is not None:
        splits = replace(splits, labelling=part(splits.labelling, 0, images))
    lessons = Lessons(part(splits.training, 0, learn_from).images, learn_seed) if learn_from is not None else None

    def swept() -> Significance:
        task = labelling_task(splits, held.coding)
        profiled = encode(splits.training.images[:PROFILED], held.coding)
        found = significance(
            held,
            profile(held, profiled),
            spreads(held, profiled),
            task,
            about(splits),
            digest,
            max_loss,
            seed,
            workers,
            lambda done, total: progress("sweep", done, total),
            engine=engine,
        )
        if lessons is None:
            return found

        def learned(done: int, total: int) -> None:
            progress("learning", done, total)

        return add_learning(found, held, lessons, task, workers, learned, engine=engine)

    return swept


def golden(
    network: Path,
    plan: Path,
    out: Path,
    data: Path | None,
    mnist: bool,
    images: int,
    kinds: Sequence[str] = (),
    aimed: bool = True,
    start: Path | None = None,
    progress: Written | None = None,
) -> dict[str, Any]:
    """Write golden vectors of the first test images, and of directed ones if `aimed`; return the manifest.

    start    an .npz with what `layer.membrane` and `layer.refractory` begin with, see `read_start`
    """
    check_kinds(kinds)
    check_folder(out, network, plan, *([start] if start else []))
    held = load_network(network)
    quantised = quantise(held, read_plan(plan))
    splits = open_splits(data, mnist)
    check_fits(held, network, splits)
    digits = part(splits.test, 0, images)
    shown = encode(digits.images, held.coding)
    begun = None if start is None else read_start(start, graph_of(quantised), images).words
    return make_bundle(out, quantised, shown, aimed=aimed, kinds=kinds, start=begun, progress=progress)


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
    swept: int,
    workers: int,
    progress: Progress,
) -> demo.Result:
    """Run the demo with what the command line said."""
    settings = demo.Settings(
        neurons=neurons,
        learning=Learning(passes=passes, seed=seed),
        grid=_grid(grid, demo.Settings().grid),
        reward=Reward("additive", mu),
        max_loss=max_loss,
        workers=workers,
        significance_images=swept,
    )
    command = f"fxsnn demo --neurons {neurons} --passes {passes} --seed {seed}"
    command += f" --mu {as_given(mu)} --max-loss {as_given(max_loss)}"
    command += f" --grid {grid.name}" if grid else ""
    if swept != demo.Settings().significance_images:
        command += f" --sweep {swept}"
    command += " --mnist" if mnist or data is not None else ""
    return demo.run_demo(out, open_splits(data, mnist), settings, command, progress)


def _grid(path: Path | None, otherwise: Grid) -> Grid:
    return otherwise if path is None else named(path, parse_grid, read_text(path, "a grid"))
