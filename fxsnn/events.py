"""What `fxsnn events` does with files: plan the words of a layered network, run, explore and record it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fxsnn.candidates import Exploration, gather, to_json
from fxsnn.data.recordings import Recordings
from fxsnn.demo import LONGEST, Progress
from fxsnn.descent import Floor, Narrowing, narrowed
from fxsnn.documents import named
from fxsnn.engine.pool import THREADS, Engine
from fxsnn.errors import ConfigError
from fxsnn.events_learning import read_description, train_in_float
from fxsnn.explore import Candidate, evaluated
from fxsnn.files import check_folder, check_output, new_folder, read_bytes, read_text, write_bytes, write_text
from fxsnn.golden.layers_make import make_layers_bundle
from fxsnn.grid import Point
from fxsnn.layered.inventory import layered_memory
from fxsnn.layered.learn import LEARNING_ON, LocalLearning, check_sensor, frames_of
from fxsnn.layered.network import LayeredNetwork, load_layers, save_layers
from fxsnn.layered.plan import LayeredPlan, layered_plan_text, parse_layered_plan
from fxsnn.layered.ptq import Words, plan_layers
from fxsnn.layered.quantise import QuantisedLayers, quantise_layers
from fxsnn.layers_reporting import write_layers_report
from fxsnn.memory import Memory
from fxsnn.overflows import Overflows, count_casts, overflowing_in
from fxsnn.pareto import Choice, Reward
from fxsnn.recorded.grid import RecordedGrid, parse_recorded_grid, recorded_points
from fxsnn.recorded.narrowing import LayerSignals
from fxsnn.recorded.splits import check_unlearned, learned_recordings, open_split, split_of
from fxsnn.recorded.task import Bench, Lessons, about, learned_and_held_out, measured, measured_float
from fxsnn.report.drawing import check_drawing
from fxsnn.score import Measured, Told
from fxsnn.selection import Criteria, choose
from fxsnn.significance import Significance
from fxsnn.significance import to_json as significance_json
from fxsnn.significance.layers import layers_significance
from fxsnn.study.session import Finished, Settings, run_study
from fxsnn.study.storage import exists
from fxsnn.subjects.recordings import RecordingsSubject

# what is quantised after training, and what learns on through its quantisation: the latter takes most of the time
DEMO_GRIDS = (
    RecordedGrid(weight=(8, 6, 5, 4), state=(5, 4, 2)),
    RecordedGrid(weight=(6, 5, 4), state=(2,), scheme=("straight-through",)),
)


@dataclass(frozen=True, slots=True, eq=False)
class EventsEmulated:
    """A layered network in float and in integers on the same recordings, its memory, and one recording's casts."""

    float: Told
    fixed: Told
    memory: Memory
    counts: tuple[dict[str, dict[str, int]], ...]  # by layer and cast, while the first recording is shown
    overflows: Overflows


@dataclass(frozen=True, slots=True, eq=False)
class EventsDemo:
    """What a demo found; both scores are of test recordings, by which nothing was chosen."""

    exploration: Exploration
    choice: Choice
    float: Measured
    fixed: Measured
    memory: Memory
    words: int  # of golden vectors


def plan_events(network: Path, words: Words, out: Path) -> Memory:
    """Write a plan for a trained network and return the memory that it then takes."""
    check_output(out, network)
    held = load_layers(network)
    plan = plan_layers(held, words)
    memory = layered_memory(quantise_layers(held, plan))
    write_text(out, layered_plan_text(plan))
    return memory


def emulate_events(network: Path, plan: Path, data: Path, workers: int, most: int | None) -> EventsEmulated:
    """Measure a network in float and in integers on the test recordings, `most` of them evenly spread."""
    held, quantised = _read(network, plan)
    test = open_split(data, "test", held.description)
    check_sensor(held, test)
    if not len(test):
        raise ConfigError("test recordings must be one or more, not none")
    check_unlearned(network, test)
    count = min(len(test), most or len(test))
    test = test.part(np.arange(count) * len(test) // count)
    counts = count_casts(held, quantised, test)
    return EventsEmulated(
        measured_float(held, test),
        measured(quantised, test, workers),
        layered_memory(quantised),
        counts,
        overflowing_in(counts),
    )


def explore_events(
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
    points = RecordedGrid() if grid is None else named(grid, parse_recorded_grid, read_text(grid, "a grid"))
    check_output(out, network, grid)
    exists(study.place)
    train, held_out = learned_and_held_out(open_split(data, "train", held.description))
    check_unlearned(network, held_out)
    subject = RecordingsSubject(Bench(held, held_out, Lessons(train, learning)), points)
    finished = run_study(subject, study, workers, progress, engine)
    write_bytes(out, to_json(finished.exploration))
    return finished


def golden_of_layers(
    network: Path,
    plan: Path,
    out: Path,
    data: Path | None,
    recordings: int,
    kinds: Sequence[str] = (),
    aimed: bool = True,
) -> dict[str, Any]:
    """Write golden vectors of the first test recordings, and of directed ones if `aimed`; return the manifest."""
    held, quantised = _read(network, plan)
    test = split_of(data, "test", held)
    check_sensor(held, test)
    count = min(recordings, len(test))
    return make_layers_bundle(out, quantised, frames_of(held, test, np.arange(count)), aimed=aimed, kinds=kinds)


def not_learned_from(network: Path, data: Path | None, recordings: int | None) -> Recordings:
    """Return the recordings that a network did not learn from, the first ones or all."""
    _, shown = learned_and_held_out(split_of(data, "train", load_layers(network)))
    check_unlearned(network, shown)
    return shown if recordings is None else shown.part(np.arange(min(recordings, len(shown))))


def significance_of_layers(
    network: Path,
    shown: Recordings,
    max_loss: float,
    seed: int,
    workers: int,
    progress: Progress,
    engine: Engine = THREADS,
) -> Significance:
    """Sweep every group of every layer on recordings that were not learned from."""
    digest = hashlib.sha256(read_bytes(network, "a network")).hexdigest()
    return layers_significance(
        load_layers(network),
        shown,
        about(shown),
        digest,
        max_loss,
        seed,
        workers,
        lambda done, total: progress("sweep", done, total),
        engine=engine,
    )


def demo_events(
    out: Path,
    description: Path,
    data: Path,
    learning: LocalLearning,
    max_loss: float,
    swept: int,
    command: str,
    workers: int,
    progress: Progress,
) -> EventsDemo:
    """Train, explore, narrow, select and write golden vectors, into the folder `out`, which appears when all is done.

    Written: network.npz, candidates.json, chosen.npz, chosen.toml, golden/, report.html, and significance.json where
    `swept`, a number of recordings that were not learned from, is not 0. chosen.npz is the network that the chosen plan
    quantises: another one than network.npz where it learned on through its quantisation. `command` is told in the
    report.

    Raises
    ------
    FxsnnError
        The folder cannot be used, or no candidate holds the accuracy floor.
    """
    check_drawing()
    check_folder(out, description, data)
    described = read_description(description)
    train, held_out = learned_and_held_out(open_split(data, "train", described))
    test = open_split(data, "test", described)
    learned = learned_recordings(train, [test, held_out])
    with new_folder(out, "candidates.json") as place:
        network = train_in_float(described, train, learning, progress)
        save_layers(network, place / "network.npz", learned)
        quiet = min(learning.regularisation, LEARNING_ON.regularisation)
        fine = replace(LEARNING_ON, regularisation=quiet, window=learning.window, seed=learning.seed)
        bench = Bench(network, held_out, Lessons(train, fine))
        reached = bench.float_told()
        candidates = _candidates(bench, reached, max_loss, workers, lambda *counts: progress("explore", *counts))
        found = gather(about(held_out), reached, candidates)
        reward = Reward("additive", 0.5)
        choice = choose(found, reward, max_loss)
        (place / "candidates.json").write_bytes(to_json(found, choice, reward))
        best = candidates[choice.index]
        chosen = bench.network_of(Point(best.name, best.scheme, {}, best.plan))
        save_layers(chosen, place / "chosen.npz", learned)
        (place / "chosen.toml").write_bytes(layered_plan_text(best.plan).encode())
        quantised = quantise_layers(chosen, best.plan)
        manifest = make_layers_bundle(place / "golden", quantised, frames_of(network, test, np.arange(1)))
        found_by = _swept(place, network, held_out, swept, max_loss, workers, progress) if swept else None
        asked = Criteria(reward, max_loss, None)
        outcome = write_layers_report(
            place / "report.html", bench, chosen, found, choice, asked, test, found_by, command, workers, progress
        )
    words = sum(entry["lines"] for entry in manifest["files"])
    float_told, told = (outcome.tests[name] for name in ("float", outcome.chosen.name))
    return EventsDemo(found, choice, float_told, told, layered_memory(quantised), words)


def _candidates(
    bench: Bench, reached: Told, max_loss: float, workers: int, progress: Callable[[int, int], None]
) -> list[Candidate[LayeredPlan]]:
    """Measure the demo's grids, and narrow the first of the points that hold the floor after training.

    reached    what the float network does
    """
    points, found = [point for grid in DEMO_GRIDS for point in recorded_points(grid, bench.network)], []

    def tell(candidate: Candidate[LayeredPlan]) -> None:
        found.append(candidate)
        progress(len(found), len(points))

    evaluated(points, bench.evaluate, workers, tell)
    floor = Floor.below(reached.accuracy, max_loss, reached.images)
    places = zip(points, found, strict=True)
    start = next((p for p, c in places if p.scheme == "PTQ" and floor.holds(c.accuracy)), None)
    if start is None:
        return found
    descent = Narrowing(start, LayerSignals(bench.network.description), reached.images, max_loss)
    descent.against(reached.accuracy)
    before = len(found)
    return (
        found
        + narrowed(descent, bench.evaluate, workers, lambda done, total: progress(before + done, before + total))[1:]
    )


def _swept(
    place: Path,
    network: LayeredNetwork,
    held_out: Recordings,
    recordings: int,
    max_loss: float,
    workers: int,
    progress: Progress,
) -> Significance:
    """Sweep all groups on the first recordings that were not learned from, with words of up to 8 bits."""
    shown = held_out.part(np.arange(min(recordings, len(held_out))))
    digest = hashlib.sha256((place / "network.npz").read_bytes()).hexdigest()
    found = layers_significance(
        network,
        shown,
        about(shown),
        digest,
        max_loss,
        workers=workers,
        progress=lambda done, total: progress("sweep", done, total),
        longest=LONGEST,
    )
    (place / "significance.json").write_bytes(significance_json(found))
    return found


def _read(network: Path, plan: Path) -> tuple[LayeredNetwork, QuantisedLayers]:
    held = load_layers(network)
    return held, quantise_layers(held, named(plan, parse_layered_plan, read_text(plan, "a plan of layers")))
