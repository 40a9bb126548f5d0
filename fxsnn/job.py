"""What each command does with files: read, call, write. The command line only parses and prints."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fxsnn import demo, emulate
from fxsnn.candidates import to_json
from fxsnn.demo import PROFILED, Progress, about, measure
from fxsnn.documents import named
from fxsnn.encode import encode
from fxsnn.engine.pool import THREADS, Engine
from fxsnn.errors import ConfigError, FileError, as_given
from fxsnn.events import golden_of_layers, not_learned_from, significance_of_layers
from fxsnn.files import check_folder, check_output, read_bytes, read_text, write_bytes
from fxsnn.golden.export import check_kinds
from fxsnn.golden.make import make_bundle
from fxsnn.graphs import significance_of_graph
from fxsnn.graphs_reporting import report_graph
from fxsnn.grid import Grid, parse_grid
from fxsnn.layered.network import is_layered
from fxsnn.layers_reporting import report_layers
from fxsnn.learn import Learning
from fxsnn.learner import learner_like
from fxsnn.lfsr import Lfsr
from fxsnn.network import load_network
from fxsnn.overflows import Overflows, overflowing
from fxsnn.pareto import Reward
from fxsnn.quantised import quantise
from fxsnn.ranges import Spread, profile, spreads
from fxsnn.report.compose import Outcome
from fxsnn.report.drawing import check_drawing
from fxsnn.reporting import Sources, report_job
from fxsnn.score import Score
from fxsnn.selection import Criteria, read_plan
from fxsnn.significance import Significance
from fxsnn.significance import to_json as significance_json
from fxsnn.significance.groups import significance
from fxsnn.significance.learning import Lessons, add_learning
from fxsnn.splits import check_fits, check_unlearned, labelling_task, open_splits, part
from fxsnn.study.session import Finished, Settings, run_study
from fxsnn.study.storage import exists
from fxsnn.subjects.digits import DigitsSubject


@dataclass(frozen=True, slots=True, eq=False)
class Emulated:
    """A network in float and in integers on the same test digits, and one digit's trace."""

    float: Score
    fixed: Score
    trace: emulate.Trace
    overflows: Overflows


def emulate_network(network: Path, plan: Path, data: Path | None, mnist: bool, workers: int) -> Emulated:
    """Measure a network in float and in integers on the test digits."""
    held = load_network(network)
    quantised = quantise(held, read_plan(plan))
    splits = open_splits(data, mnist)
    check_fits(held, network, splits)
    check_unlearned(network, splits)
    task = labelling_task(splits, held.coding)
    test = encode(splits.test.images, held.coding)
    return Emulated(
        measure(held, task, test, splits.test, workers),
        measure(quantised, task, test, splits.test, workers),
        emulate.emulate(quantised, test),
        overflowing(quantised, test),
    )


def explore_network(
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

    passes   over the training digits by networks that are quantised in training
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


def profile_network(network: Path, data: Path | None, mnist: bool, images: int) -> dict[str, Spread]:
    """Return how the values of every signal lie on the first training digits."""
    held = load_network(network)
    splits = open_splits(data, mnist)
    check_fits(held, network, splits)
    return spreads(held, encode(part(splits.training, 0, images).images, held.coding))


def significance_of_network(
    network: Path,
    out: Path,
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
    inputs: Path | None = None,
) -> tuple[Significance, tuple[Path, ...]]:
    """Sweep every parameter group; write what was found and its figure; return it and the files' names.

    out           a name that ends in .json, or a folder for significance.json; the figure stands beside it
    images        how many of the labelling digits to measure on; all of them where it is None
    learn_from    how many of the training digits to learn from at every point of the groups of learning, which are
                  swept unless it is None; first weights and their order are drawn from `learn_seed`
    inputs        that a network of populations is shown
    """
    if inputs is not None:
        if learn_from is not None:
            raise ConfigError("groups of learning must be of a network that learns without labels, not of populations")
        Lfsr(seed=seed)  # refused before a folder is made
        files = _significance_files(out, network, inputs)
        found = significance_of_graph(network, inputs, images, max_loss, seed, workers, progress, engine)
        _write_significance(files, found)
        return found, files
    if is_layered(network):
        if learn_from is not None:
            raise ConfigError("groups of learning must be of a network that learns without labels, not of layers")
        shown = not_learned_from(network, data, images)
        Lfsr(seed=seed)  # refused before a folder is made, as the recordings are
        files = _significance_files(out, network)
        found = significance_of_layers(network, shown, max_loss, seed, workers, progress, engine)
        _write_significance(files, found)
        return found, files
    held = load_network(network)
    digest = hashlib.sha256(read_bytes(network, "a network")).hexdigest()
    splits = open_splits(data, mnist)
    check_fits(held, network, splits)
    if images is not None:
        splits = replace(splits, labelling=part(splits.labelling, 0, images))
    Lfsr(seed=seed)  # refused before a folder is made
    lessons = Lessons(part(splits.training, 0, learn_from).images, learn_seed) if learn_from is not None else None
    files = _significance_files(out, network)
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
    if lessons is not None:

        def learned(done: int, total: int) -> None:
            progress("learning", done, total)

        found = add_learning(found, held, lessons, task, workers, learned, engine=engine)
    _write_significance(files, found)
    return found, files


def make_golden(
    network: Path,
    plan: Path,
    out: Path,
    data: Path | None,
    mnist: bool,
    images: int,
    aimed: bool = True,
    kinds: Sequence[str] = (),
) -> dict[str, Any]:
    """Write golden vectors of the first test digits, or recordings for a network of layers; return the manifest."""
    check_kinds(kinds)
    check_folder(out, network, plan)
    if is_layered(network):
        return golden_of_layers(network, plan, out, data, images, kinds, aimed)
    held = load_network(network)
    quantised = quantise(held, read_plan(plan))
    splits = open_splits(data, mnist)
    check_fits(held, network, splits)
    digits = part(splits.test, 0, images)
    return make_bundle(out, quantised, encode(digits.images, held.coding), aimed=aimed, kinds=kinds)


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
    significance_images: int,
    workers: int,
    progress: Progress,
) -> demo.Result:
    """Run the demo with what the command line said."""
    check_folder(out, grid)
    settings = demo.Settings(
        neurons=neurons,
        learning=Learning(passes=passes, seed=seed),
        grid=_grid(grid, demo.Settings().grid),
        reward=Reward("additive", mu),
        max_loss=max_loss,
        workers=workers,
        significance_images=significance_images,
    )
    command = f"fxsnn demo --neurons {neurons} --passes {passes} --seed {seed}"
    command += f" --mu {as_given(mu)} --max-loss {as_given(max_loss)}"
    command += f" --grid {grid.name}" if grid else ""
    if significance_images != demo.Settings().significance_images:
        command += f" --significance {significance_images}"
    command += " --mnist" if mnist or data is not None else ""
    return demo.run_demo(out, open_splits(data, mnist), settings, command, progress)


def report_network(
    out: Path,
    sources: Sources,
    asked: Criteria,
    data: Path | None,
    mnist: bool,
    command: str,
    workers: int,
    progress: Progress,
    passes: int | None,
    inputs: Path | None = None,
) -> Outcome[Any, Any]:
    """Write the report of any kind of network.

    passes   that fxsnn explore took to train the choice, where it was; None: as many as it takes unasked
    inputs   that the candidates of a network of populations were measured on
    """
    if inputs is not None:
        return report_graph(out, sources, asked, inputs, command, progress)
    if is_layered(sources.network):
        return report_layers(out, sources, asked, data, command, workers, progress, passes)
    return report_job(out, sources, asked, data, mnist, command, workers, progress, passes or 1)


def _write_significance(files: Sequence[Path], found: Significance) -> None:
    from fxsnn.report.significance import significance_png, significance_svg  # matplotlib: most commands draw nothing

    contents = significance_json(found), significance_svg(found).encode(), significance_png(found)
    for path, content in zip(files, contents, strict=True):
        write_bytes(path, content)


def _significance_files(out: Path, *read: Path) -> tuple[Path, ...]:
    """Return the names of the three files, once it is sure that they can be drawn and written over nothing read."""
    check_drawing()
    if out.suffix != ".json":
        try:
            out.mkdir(exist_ok=True)
        except OSError as error:
            reason = "it is a file" if isinstance(error, FileExistsError) else error.strerror
            raise FileError(
                f"--out must be a folder or a name that ends in .json, not {str(out)!r} ({reason})"
            ) from None
        out = out / "significance.json"
    files = tuple(out.with_suffix(suffix) for suffix in (".json", ".svg", ".png"))
    for path in files:
        check_output(path, *read)
    return files


def _grid(path: Path | None, otherwise: Grid) -> Grid:
    return otherwise if path is None else named(path, parse_grid, read_text(path, "a grid"))
