"""What `fxsnn demo` does with a network of layers and event recordings: the whole job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.inventory import decolle_memory
from fxsnn.decolle.learn import LEARNING_ON, LocalLearning, frames_of
from fxsnn.decolle.network import DecolleNetwork, save_layers
from fxsnn.decolle.plan import DecollePlan
from fxsnn.decolle.populations import as_inputs
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.engine.progress import Progress
from fxsnn.exploration.candidate import Candidate, evaluate, evaluated
from fxsnn.exploration.candidates import Exploration, gather
from fxsnn.exploration.descent import Floor, Narrowing, narrowed
from fxsnn.exploration.pareto import Choice, Reward
from fxsnn.exploration.point import Point
from fxsnn.exploration.selection import Criteria
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.io.files import new_folder
from fxsnn.jobs.demo import write_choice, write_swept
from fxsnn.jobs.recordings import compared_on, read_grid
from fxsnn.jobs.recordings_training import read_description, train_in_float
from fxsnn.jobs.report import measure_front, write_page
from fxsnn.measure.memory import Memory
from fxsnn.measure.score import Measured
from fxsnn.recordings.bench import Bench, Lessons, about, learned_and_held_out
from fxsnn.recordings.grid import RecordedGrid, recorded_points
from fxsnn.recordings.groups import wide_network
from fxsnn.recordings.splits import learned_recordings, open_split
from fxsnn.recordings.subject import LayerSignals
from fxsnn.report.drawing import check_drawing
from fxsnn.significance import Significance

# what is quantised after training, and what learns on through its quantisation: the latter takes most of the time
DEMO_GRIDS = (
    RecordedGrid(weight=(8, 6, 5, 4), state=(5, 4, 2)),
    RecordedGrid(weight=(6, 5, 4), state=(2,), scheme=("straight-through",)),
)


@dataclass(frozen=True, slots=True, eq=False)
class EventsDemo:
    """What a demo found; both scores are of test recordings, by which nothing was chosen."""

    exploration: Exploration
    choice: Choice
    float: Measured
    fixed: Measured
    memory: Memory
    words: int  # of golden vectors


def demo_events(
    out: Path,
    description: Path,
    data: Path,
    learning: LocalLearning,
    reward: Reward,
    max_loss: float,
    grid: Path | None,
    swept: int,
    command: str,
    workers: int,
    progress: Progress,
) -> EventsDemo:
    """Train, explore, narrow, select and write golden vectors, into the folder `out`, which appears when all is done.

    Written: network.npz, candidates.json, chosen.npz, chosen.toml, golden/, report.html, and significance.json where
    `swept`, a number of recordings that were not learned from, is not 0. chosen.npz is the network that the chosen plan
    quantises: another one than network.npz where it learned on through its quantisation. `command` is named in the
    report. Without a grid the demo's are explored.

    Raises
    ------
    FxsnnError
        The folder cannot be used, or no candidate holds the accuracy floor.
    """
    check_drawing()
    described, grids = read_description(description), DEMO_GRIDS if grid is None else (read_grid(grid),)
    train, held_out = learned_and_held_out(open_split(data, "train", described))
    test = open_split(data, "test", described)
    learned = learned_recordings(train, [test, held_out])
    with new_folder(out, "candidates.json") as place:
        network = train_in_float(described, train, learning, workers, progress)
        save_layers(network, place / "network.npz", learned)
        quiet = min(learning.regularisation, LEARNING_ON.regularisation)
        fine = replace(LEARNING_ON, regularisation=quiet, window=learning.window, seed=learning.seed)
        bench = Bench(network, held_out, Lessons(train, fine))
        reached = bench.float_classified()
        candidates = _candidates(bench, grids, reached, max_loss, workers, partial(progress, "explore"))
        exploration, criteria = gather(about(held_out), reached, candidates), Criteria(reward, max_loss, None)
        choice = write_choice(place, exploration, candidates, criteria)
        best = candidates[choice.index]
        chosen = bench.network_of(Point(best.name, best.scheme, {}, best.plan))
        save_layers(chosen, place / "chosen.npz", learned)
        quantised = quantise_layers(chosen, best.plan)
        manifest = make_graph_bundle(
            place / "golden", quantised.graph, as_inputs(frames_of(network, test, np.arange(1)))
        )
        significance = _swept(place, network, held_out, swept, max_loss, workers, progress) if swept else None
        found = compared_on(bench, about(held_out), reached, test)
        tests = measure_front(found, quantised, exploration, choice, workers, progress)
        page = place / "report.html"
        write_page(page, found, tests, quantised, exploration, choice, criteria, significance, command)
    words = sum(entry["lines"] for entry in manifest["files"])
    return EventsDemo(exploration, choice, tests["float"], tests[best.name], decolle_memory(quantised), words)


def _candidates(
    bench: Bench,
    grids: Sequence[RecordedGrid],
    reached: Measured,
    max_loss: float,
    workers: int,
    progress: Callable[[int, int], None],
) -> list[Candidate[DecollePlan]]:
    """Measure the points of the grids, and narrow the first of the points that hold the floor after training.

    reached    what the float network does
    """
    points, found = [point for grid in grids for point in recorded_points(grid, bench.network)], []

    def keep(candidate: Candidate[DecollePlan]) -> None:
        found.append(candidate)
        progress(len(found), len(points))

    measure = partial(evaluate, bench.with_spikes())
    evaluated(points, measure, workers, keep)
    floor = Floor.below(reached.accuracy, max_loss, reached.images)
    places = zip(points, found, strict=True)
    start = next((p for p, c in places if p.scheme == "PTQ" and floor.holds(c.accuracy)), None)
    if start is None:
        return found
    descent = Narrowing(start, LayerSignals(bench.network.description), reached.images, max_loss)
    descent.against(reached.accuracy)
    before = len(found)
    return found + narrowed(descent, measure, workers, lambda done, total: progress(before + done, before + total))[1:]


def _swept(
    place: Path,
    network: DecolleNetwork,
    held_out: Recordings,
    recordings: int,
    max_loss: float,
    workers: int,
    progress: Progress,
) -> Significance:
    """Sweep all groups on the first recordings that were not learned from, and write significance.json."""
    measured = held_out.part(np.arange(min(recordings, len(held_out))))
    wide = wide_network(network, measured, workers=workers)
    return write_swept(place, wide, about(measured), max_loss, workers, progress)
