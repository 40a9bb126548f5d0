"""What commands do with the files of a network of populations: read, call, write."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from fxsnn.digits.splits import evenly
from fxsnn.engine.pool import THREADS, Engine
from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidates import to_json
from fxsnn.graph.files import load_graph
from fxsnn.graph.inputs import read_inputs
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.misfits import misfits
from fxsnn.graph.plan import load_graph_plan
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.starting import REST, read_start
from fxsnn.io.documents import named
from fxsnn.io.files import check_output, read_text, write_bytes
from fxsnn.jobs.emulated import Emulated
from fxsnn.measure.overflows import overflowing_in
from fxsnn.measure.ranges import Spread
from fxsnn.number.cast import to_float
from fxsnn.populations.bench import GraphBench, about
from fxsnn.populations.grid import graph_grid_for
from fxsnn.populations.groups import populations_significance
from fxsnn.populations.profile import graph_spreads
from fxsnn.populations.subject import GraphSubject, digest_of_graph
from fxsnn.significance import Significance
from fxsnn.study.session import Finished, Settings, run_study
from fxsnn.study.storage import exists


def emulate(network: Path, plan: Path, inputs: Path, most: int | None = None, start: Path | None = None) -> Emulated:
    """Measure a network in float and in integers on inputs of one's own, `most` of them evenly spread.

    start    an .npz with what states begin with, see `read_start`; in float with what these words stand for

    Raises
    ------
    FxsnnError
        A file cannot be read or does not fit the network, or a value of a step could leave int64.
    """
    graph = load_graph(network)
    held = load_graph_plan(plan, graph)
    given, quantised = read_inputs(inputs, graph), quantise_graph(graph, held)
    begun = REST if start is None else read_start(start, quantised, len(given))
    places = slice(None) if most is None else evenly(len(given), most)
    shown = given.chosen(places)
    bench = GraphBench(graph, shown, held, begun.part(places))
    told = bench.measured(quantised)  # what leaves a format where that is an error is told here, all of it
    counts = bench.counts(quantised)
    return Emulated(
        about(shown, inputs.name),
        "input",
        bench.float_classified(),
        told,
        counts,
        overflowing_in(counts),
        graph_memory(quantised, begun.words),
        tested=False,
        misfits=tuple(misfits(quantised)),
    )


def explore(
    network: Path,
    out: Path,
    grid: Path | None,
    inputs: Path,
    study: Settings,
    workers: int,
    progress: Progress,
    engine: Engine = THREADS,
) -> Finished:
    """Measure the candidates of a study and write candidates.json; raises as `emulate` and `run_study` do."""
    graph = load_graph(network)
    if grid is None:
        raise ConfigError(f"--grid must be given for a network of populations, as {str(network)!r}: a plan, or several")
    points = named(grid, partial(graph_grid_for, graph), read_text(grid, "a grid"))
    check_output(out, network, grid, inputs)
    exists(study.place)
    subject = GraphSubject(graph, read_inputs(inputs, graph), inputs.name, points)
    finished = run_study(subject, study, workers, progress, engine)
    write_bytes(out, to_json(finished.exploration))
    return finished


def sweep(
    network: Path,
    inputs: Path,
    count: int | None,
    max_loss: float,
    seed: int,
    workers: int,
    progress: Progress,
    engine: Engine = THREADS,
) -> Callable[[], Significance]:
    """Read what is swept, the first inputs of a file or all, and return what sweeps every signal.

    Raises as `emulate` does.
    """
    graph = load_graph(network)
    shown = read_inputs(inputs, graph).first(count)
    return lambda: populations_significance(
        graph,
        shown,
        inputs.name,
        digest_of_graph(graph),
        max_loss,
        seed,
        workers,
        lambda done, total: progress("sweep", done, total),
        engine=engine,
    )


def ranges(network: Path, inputs: Path, count: int) -> dict[str, Spread]:
    """Return the distribution of the values of every signal on the first inputs of a file, in real numbers."""
    graph = load_graph(network)
    shown = read_inputs(inputs, graph).first(count)
    return graph_spreads(graph, to_float(shown.words[:], graph.format))
