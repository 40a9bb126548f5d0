"""Commands of every kind of network: the kind of its file says who does the work."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fxsnn.decolle.learn import LocalLearning
from fxsnn.engine.pool import THREADS, Engine
from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError, FileError
from fxsnn.exploration.selection import Criteria
from fxsnn.golden.populations_make import golden_of_files
from fxsnn.io.files import check_output, write_bytes
from fxsnn.jobs import digits, populations, recordings
from fxsnn.jobs.digits_report import report_job
from fxsnn.jobs.emulated import Emulated
from fxsnn.jobs.populations_report import report_graph
from fxsnn.jobs.recordings_report import report_layers
from fxsnn.jobs.samples import Samples
from fxsnn.jobs.sources import Sources
from fxsnn.measure.ranges import Spread
from fxsnn.number.lfsr import Lfsr
from fxsnn.report.compose import Outcome
from fxsnn.report.drawing import check_drawing
from fxsnn.significance import Significance
from fxsnn.significance import to_json as significance_json
from fxsnn.study.session import Finished, Settings


def emulate(asked: Samples, plan: Path, workers: int, images: int | None, start: Path | None = None) -> Emulated:
    """Measure a network in float and in integers, on so many test images, recordings or inputs, evenly spread.

    start    what states begin with: of a network of populations alone
    """
    if start is not None and asked.kind != "populations":
        raise ConfigError(f"--start must be of a network of populations, {str(asked.network)!r} is one of {asked.kind}")
    match asked.kind:
        case "populations":
            return populations.emulate(asked.network, plan, asked.found, images, start)
        case "layers":
            return recordings.emulate(asked.network, plan, asked.found, workers, images)
    return digits.emulate(asked.network, plan, asked.place, asked.mnist, workers, images)


def explore(
    asked: Samples,
    out: Path,
    grid: Path | None,
    study: Settings,
    learning: LocalLearning,
    passes: int,
    workers: int,
    progress: Progress,
    engine: Engine,
) -> Finished:
    """Measure the candidates of a study and write candidates.json.

    learning    of networks of layers that learn on
    passes      over the training images by networks that are quantised in training
    """
    match asked.kind:
        case "populations":
            return populations.explore(asked.network, out, grid, asked.found, study, workers, progress, engine)
        case "layers":
            return recordings.explore(asked.network, out, grid, study, asked.found, learning, workers, progress, engine)
    given = asked.place, asked.mnist
    return digits.explore(asked.network, out, grid, study, *given, workers, progress, passes, engine)


def ranges(asked: Samples, images: int) -> dict[str, Spread]:
    """Return the distribution of every signal's values on the first images, recordings or inputs, in float."""
    match asked.kind:
        case "populations":
            return populations.ranges(asked.network, asked.found, images)
        case "layers":
            return recordings.ranges(asked.network, asked.found, images)
    return digits.ranges(asked.network, asked.place, asked.mnist, images)


def significance(
    asked: Samples,
    out: Path,
    images: int | None,
    max_loss: float,
    seed: int,
    workers: int,
    progress: Progress,
    learn_from: int | None = None,
    learn_seed: int = 0,
    engine: Engine = THREADS,
) -> tuple[Significance, tuple[Path, ...]]:
    """Sweep every parameter group; write what was found and its figure; return it and the files' names.

    out           a name that ends in .json, or a folder for significance.json; the figure stands beside it
    images        how many images, recordings or inputs to measure on; all of them where it is None
    learn_from    see `digits.sweep`
    """
    if asked.kind != "one layer" and learn_from is not None:
        raise ConfigError(f"groups of learning must be of a network that learns without labels, not of {asked.kind}")
    usual = images, max_loss, seed, workers, progress
    match asked.kind:
        case "populations":
            sweep = populations.sweep(asked.network, asked.found, *usual, engine)
        case "layers":
            sweep = recordings.sweep(asked.network, asked.found, *usual, engine)
        case "one layer":
            sweep = digits.sweep(asked.network, asked.place, asked.mnist, *usual, learn_from, learn_seed, engine)
    Lfsr(seed=seed)  # refused before a folder is made
    files = _significance_files(out, asked.network, asked.place)
    found = sweep()
    _write_significance(files, found)
    return found, files


def golden(
    asked: Samples,
    plan: Path,
    out: Path,
    images: int | None,
    aimed: bool,
    kinds: Sequence[str],
    start: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Write golden vectors of the first test images or recordings, 1 if not said, or of inputs; return the manifest.

    start    what states begin with
    """
    done = partial(progress, "golden")
    match asked.kind:
        case "populations":
            return golden_of_files(asked.network, plan, asked.found, images, out, kinds, aimed, start, done)
        case "layers":
            return recordings.golden(asked.network, plan, out, asked.found, images or 1, kinds, aimed, start)
    given = asked.place, asked.mnist
    return digits.golden(asked.network, plan, out, *given, images or 1, kinds, aimed, start, done)


def report(
    asked: Samples,
    out: Path,
    sources: Sources,
    criteria: Criteria,
    command: str,
    workers: int,
    progress: Progress,
    passes: int | None,
) -> Outcome[Any, Any]:
    """Write the report of any kind of network.

    passes   that fxsnn explore took to train the choice, where it was; None: as many as it takes unasked
    """
    match asked.kind:
        case "populations":
            return report_graph(out, sources, criteria, asked.found, command, progress)
        case "layers":
            return report_layers(out, sources, criteria, asked.found, command, workers, progress, passes)
    given = asked.place, asked.mnist
    return report_job(out, sources, criteria, *given, command, workers, progress, passes or 1)


def _write_significance(files: Sequence[Path], found: Significance) -> None:
    from fxsnn.report.significance import significance_png, significance_svg  # matplotlib: most commands draw nothing

    contents = significance_json(found), significance_svg(found).encode(), significance_png(found)
    for path, content in zip(files, contents, strict=True):
        write_bytes(path, content)


def _significance_files(out: Path, *read: Path | None) -> tuple[Path, ...]:
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
