"""What commands do with files of layered networks and event recordings: plan words, run, explore, sweep, record."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.inventory import decolle_memory
from fxsnn.decolle.learn import LocalLearning, check_sensor, frames_of
from fxsnn.decolle.network import DecolleNetwork, load_layers
from fxsnn.decolle.plan import decolle_plan_text, parse_decolle_plan
from fxsnn.decolle.populations import as_inputs
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.digits.splits import evenly
from fxsnn.engine.pool import THREADS, Engine
from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidates import to_json
from fxsnn.golden.export import check_kinds
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.graph.starting import read_start
from fxsnn.io.documents import named
from fxsnn.io.files import check_folder, check_output, read_bytes, read_text, write_bytes, write_text
from fxsnn.jobs.emulated import Emulated
from fxsnn.measure.memory import Memory
from fxsnn.measure.overflows import overflowing_in
from fxsnn.measure.ranges import Spread
from fxsnn.networks.described import decolle_in
from fxsnn.recordings.grid import RecordedGrid, parse_recorded_grid
from fxsnn.recordings.groups import decolle_significance, decolle_spreads
from fxsnn.recordings.splits import check_unlearned, open_split
from fxsnn.recordings.subject import RecordingsSubject
from fxsnn.recordings.task import Bench, Lessons, about, casts, learned_and_held_out, measured, measured_float
from fxsnn.significance import Significance
from fxsnn.study.session import Finished, Settings, run_study
from fxsnn.study.storage import exists


def write_plan(network: Path, words: Words, out: Path) -> Memory:
    """Write a plan for a trained network and return the memory that it then takes."""
    check_output(out, network)
    held = decolle_in(network)
    plan = plan_layers(held, words)
    memory = decolle_memory(quantise_layers(held, plan))
    write_text(out, decolle_plan_text(plan))
    return memory


def emulate(network: Path, plan: Path, data: Path, workers: int, most: int | None) -> Emulated:
    """Measure a network in float and in integers on the test recordings, `most` of them evenly spread."""
    held, quantised = _read(network, plan)
    test = open_split(data, "test", held.description)
    check_sensor(held, test)
    if not len(test):
        raise ConfigError("test recordings must be one or more, not none")
    check_unlearned(network, test)
    test = test.part(evenly(len(test), most))
    told = measured(quantised, test, workers)  # what leaves a format where that is an error is told here, all of it
    counts = casts(quantised, test)
    return Emulated(
        f"{len(test):,} recordings",
        "recording",
        measured_float(held, test),
        told,
        counts,
        overflowing_in(counts),
        decolle_memory(quantised),
    )


def explore(
    network: Path,
    out: Path,
    grid: Path | None,
    study: Settings,
    data: Path,
    learning: LocalLearning,
    workers: int,
    progress: Progress,
    engine: Engine = THREADS,
) -> Finished:
    """Measure the candidates of a study on recordings that were not learned from, and write candidates.json.

    learning   of the points that learn on through their quantisation
    """
    held = load_layers(network)
    points = RecordedGrid() if grid is None else read_grid(grid)
    check_output(out, network, grid)
    exists(study.place)
    train, held_out = learned_and_held_out(open_split(data, "train", held.description))
    check_unlearned(network, held_out)
    subject = RecordingsSubject(Bench(held, held_out, Lessons(train, learning)), points)
    finished = run_study(subject, study, workers, progress, engine)
    write_bytes(out, to_json(finished.exploration))
    return finished


def read_grid(path: Path) -> RecordedGrid:
    """Read a grid for a network of layers; raises FileError or ConfigError."""
    return named(path, parse_recorded_grid, read_text(path, "a grid"))


def golden(
    network: Path,
    plan: Path,
    out: Path,
    data: Path,
    recordings: int,
    kinds: Sequence[str] = (),
    aimed: bool = True,
    start: Path | None = None,
) -> dict[str, Any]:
    """Write golden vectors of the first test recordings, and of directed ones if `aimed`; return the manifest.

    start    an .npz with what states begin with, `filter_0.trace` and so on, see `read_start`
    """
    check_kinds(kinds)
    check_folder(out, network, plan, *([start] if start else []))
    held, quantised = _read(network, plan)
    test = open_split(data, "test", held.description)
    check_sensor(held, test)
    count = min(recordings, len(test))
    begun = None if start is None else read_start(start, quantised.graph, count).words
    return make_graph_bundle(
        out,
        quantised.graph,
        as_inputs(frames_of(held, test, np.arange(count))),
        aimed=aimed,
        kinds=kinds,
        start=begun,
    )


def sweep(
    network: Path,
    data: Path,
    recordings: int | None,
    max_loss: float,
    seed: int,
    workers: int,
    progress: Progress,
    engine: Engine = THREADS,
) -> Callable[[], Significance]:
    """Read what is swept, on the first recordings that were not learned from or all; return what sweeps every group."""
    held, digest = load_layers(network), hashlib.sha256(read_bytes(network, "a network")).hexdigest()
    shown = _not_learned_from(network, held, data)
    shown = shown if recordings is None else shown.part(np.arange(min(recordings, len(shown))))
    return lambda: decolle_significance(
        held,
        shown,
        about(shown),
        digest,
        max_loss,
        seed,
        workers,
        lambda done, total: progress("sweep", done, total),
        engine=engine,
    )


def ranges(network: Path, data: Path, recordings: int) -> dict[str, Spread]:
    """Return the distribution of every signal's values, in float, on recordings that were not learned from."""
    held = load_layers(network)
    shown = _not_learned_from(network, held, data)
    check_sensor(held, shown)
    return decolle_spreads(held, shown.part(np.arange(min(recordings, len(shown)))))


def _not_learned_from(network: Path, held: DecolleNetwork, data: Path) -> Recordings:
    _, shown = learned_and_held_out(open_split(data, "train", held.description))
    check_unlearned(network, shown)
    return shown


def _read(network: Path, plan: Path) -> tuple[DecolleNetwork, QuantisedLayers]:
    held = load_layers(network)
    return held, quantise_layers(held, named(plan, parse_decolle_plan, read_text(plan, "a plan of layers")))
