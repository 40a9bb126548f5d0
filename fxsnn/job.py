"""What each command does with files: read, call, write. The command line only parses and prints."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fxsnn import emulate
from fxsnn.candidates import Exploration, gather, to_json
from fxsnn.demo import PROFILED, Progress, Result, Settings, about, measure, prepare, run_demo
from fxsnn.encode import encode
from fxsnn.errors import ConfigError, FileError
from fxsnn.explore import Grid, Task, explore, make_plans, parse_grid
from fxsnn.files import check_output, read_bytes, write_bytes
from fxsnn.golden.make import make_bundle
from fxsnn.learn import Learning
from fxsnn.lfsr import Lfsr
from fxsnn.network import Network, load_network
from fxsnn.pareto import Reward
from fxsnn.quantise import quantise
from fxsnn.ranges import Spread, profile, spreads
from fxsnn.report.significance import significance_png, significance_svg
from fxsnn.score import Score
from fxsnn.selection import named, read_plan, read_text
from fxsnn.significance import Significance
from fxsnn.significance import to_json as significance_json
from fxsnn.significance.groups import significance
from fxsnn.splits import Splits, open_splits, part


@dataclass(frozen=True, slots=True, eq=False)
class Emulated:
    """A network in float and in integers on the same test digits, and one digit's trace."""

    float: Score
    fixed: Score
    trace: emulate.Trace


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


def profile_network(network: Path, data: Path | None, mnist: bool, images: int) -> dict[str, Spread]:
    """Return how the values of every signal lie on the first training digits."""
    held = load_network(network)
    splits = open_splits(data, mnist)
    _check_fits(held, network, splits)
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
) -> tuple[Significance, tuple[Path, ...]]:
    """Sweep every parameter group; write what was found and its figure; return it and the files' names.

    out       a name that ends in .json, or a folder for significance.json; the figure stands beside it
    images    how many of the labelling digits to measure on; all of them where it is None
    """
    held = load_network(network)
    digest = hashlib.sha256(read_bytes(network, "a network")).hexdigest()
    splits = open_splits(data, mnist)
    _check_fits(held, network, splits)
    if images is not None:
        splits = replace(splits, labelling=part(splits.labelling, 0, images))
    Lfsr(seed=seed)  # refused before a folder is made
    files = _significance_files(out)
    task = Task(encode(splits.labelling.images, held.coding), splits.labelling.labels)
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
    )
    for path, content in zip(
        files, (significance_json(found), significance_svg(found).encode(), significance_png(found)), strict=True
    ):
        write_bytes(path, content)
    return found, files


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
    significance_images: int,
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
        significance_images=significance_images,
    )
    command = f"fxsnn demo --neurons {neurons} --passes {passes} --seed {seed} --mu {mu:g} --max-loss {max_loss:g}"
    command += f" --grid {grid.name}" if grid else ""
    command += f" --significance {significance_images}" if significance_images != Settings().significance_images else ""
    command += " --mnist" if mnist or data is not None else ""
    return run_demo(out, open_splits(data, mnist), settings, command, progress)


def _significance_files(out: Path) -> tuple[Path, ...]:
    """Return the names of the three files, once it is sure that they can be written."""
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
        check_output(path)
    return files


def _grid(path: Path | None, otherwise: Grid) -> Grid:
    return otherwise if path is None else named(path, parse_grid, read_text(path, "a grid"))


def _check_fits(network: Network, path: Path, splits: Splits) -> None:
    inputs, pixels = len(network.weights), splits.test.images.shape[1]
    if inputs != pixels:
        raise ConfigError(f"a network must have {pixels} inputs, one a pixel, {str(path)!r} has {inputs}")
