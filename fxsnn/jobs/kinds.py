"""Commands of every kind of network: the kind of its file says which class opens it, all else is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fxsnn.decolle.learn import LocalLearning
from fxsnn.engine.pool import THREADS, Engine
from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError, FileError
from fxsnn.exploration.candidates import to_json
from fxsnn.exploration.planned import Asked, planned_text
from fxsnn.golden.export import check_kinds
from fxsnn.golden.populations_make import golden_of_files, make_graph_bundle
from fxsnn.graph.misfits import misfits
from fxsnn.graph.starting import read_start
from fxsnn.io.files import check_folder, check_output, write_bytes, write_text
from fxsnn.jobs.digits import OneLayer
from fxsnn.jobs.opened import Opened
from fxsnn.jobs.populations import Populations
from fxsnn.jobs.recordings import Layers
from fxsnn.jobs.samples import Samples
from fxsnn.measure.memory import Memory
from fxsnn.measure.overflows import Overflows
from fxsnn.measure.ranges import Spread
from fxsnn.measure.score import Measured
from fxsnn.networks.described import Kind
from fxsnn.number.lfsr import Lfsr
from fxsnn.report.drawing import check_drawing
from fxsnn.significance import Significance
from fxsnn.significance import sweep as sweeps
from fxsnn.significance import to_json as significance_json
from fxsnn.study.session import Finished, Settings, run_study
from fxsnn.study.storage import exists

_KINDS: dict[Kind, type[OneLayer] | type[Layers] | type[Populations]] = {
    "one layer": OneLayer,
    "layers": Layers,
    "populations": Populations,
}


def opened(asked: Samples) -> Opened:
    """Read a network's file."""
    return _KINDS[asked.kind](asked)


@dataclass(frozen=True, slots=True, eq=False)
class Emulated:
    """A network in float and in integers on the same samples, and what it stores."""

    shown: str  # the samples, in words: `1,000 images`
    one: str  # the first of them, whose casts are counted: `test image`
    float: Measured
    fixed: Measured
    counts: Mapping[str, Mapping[str, int]]  # by cast
    overflows: Overflows
    memory: Memory
    tested: bool = True  # whether the samples were kept apart from training; of one's own inputs that is not known
    misfits: tuple[str, ...] = ()  # of weights and constants; see `graph.misfits`


def emulate(asked: Samples, plan: Path, workers: int, images: int | None, start: Path | None = None) -> Emulated:
    """Measure a network in float and in integers, on so many test images, recordings or inputs, evenly spread.

    start    an .npz with what states begin with, see `opened.Opened.emulated`
    """
    own, kind = asked.kind == "populations", opened(asked)
    bench, network, samples = kind.emulated(plan, images, start)
    fixed = bench.measured(network, workers)  # first: a value that leaves a format which refuses that is reported here
    counts, overflows = bench.counted(network)
    return Emulated(
        samples,
        kind.one,
        bench.float_classified(workers),
        fixed,
        counts,
        overflows,
        bench.memory(network),
        tested=not own,
        misfits=tuple(misfits(network)) if own else (),
    )


def explore(
    asked: Samples,
    out: Path,
    grid: Path | None,
    study: Settings,
    learning: LocalLearning,
    passes: int,
    workers: int,
    progress: Progress,
    engine: Engine = THREADS,
) -> Finished:
    """Measure the candidates of a study and write candidates.json.

    learning    of networks of layers that learn on
    passes      over the training images by networks that are quantised in training
    """
    kind = opened(asked)
    points = kind.grid(grid)
    check_output(out, *asked.read, grid)
    exists(study.place)
    finished = run_study(kind.subject(points, learning, passes), study, workers, progress, engine)
    write_bytes(out, to_json(finished.exploration))
    return finished


def ranges(asked: Samples, images: int) -> dict[str, Spread]:
    """Return the distribution of every signal's values on the first images, recordings or inputs, in float."""
    return opened(asked).ranges(images)


def write_plan(asked: Samples, out: Path, words: Asked, count: int | None) -> Memory:
    """Write a plan for a network and return the memory that it then takes.

    count    samples whose values the words must hold: see `opened.Opened.planned`
    """
    if asked.kind != "layers" and words.filters != "inputs":
        raise ConfigError(f"--filters must be of a network of layers, not of {asked.kind}")
    check_output(out, *asked.read)
    plan, memory = opened(asked).planned(words, count)
    write_text(out, planned_text(plan))
    return memory


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
    learn_from    see `digits.OneLayer.swept`
    """
    if asked.kind != "one layer" and learn_from is not None:
        raise ConfigError(f"groups of learning must be of a network that learns without labels, not of {asked.kind}")
    kind = opened(asked)
    digest, swept = kind.digest(), kind.swept(images, learn_from, learn_seed)
    Lfsr(seed=seed)  # refused before a folder is made
    files = _significance_files(out, asked.network, asked.place)
    wide, done = swept.wide(seed, workers), partial(progress, "sweep")
    found = sweeps.significance(wide, swept.about, digest, max_loss, workers, done, engine=engine)
    if swept.learning:
        found = swept.learning(found, workers, partial(progress, "learning"), engine)
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

    aimed    whether inputs directed at the corners of the arithmetic follow
    start    an .npz with what states begin with, see `read_start`: `layer.membrane`, `filter_0.trace` and so on
    """
    done = partial(progress, "golden")
    if asked.kind == "populations":
        return golden_of_files(asked.network, plan, asked.found, images, out, kinds, aimed, start, done)
    check_kinds(kinds)
    check_folder(out, asked.network, plan, start)
    kind = OneLayer(asked) if asked.kind == "one layer" else Layers(asked)
    network, inputs = kind.vectors(plan, images or 1)
    begun = read_start(start, network, len(inputs)).words
    return make_graph_bundle(out, network, inputs, aimed=aimed, kinds=kinds, start=begun, progress=done)


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
