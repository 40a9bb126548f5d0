"""What `fxsnn demo` does with a network of layers and event recordings: the whole job."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.inventory import decolle_memory
from fxsnn.decolle.learn import LEARNING_ON, LocalLearning, frames_of
from fxsnn.decolle.network import DecolleNetwork, save_layers
from fxsnn.decolle.plan import DecollePlan, decolle_plan_text
from fxsnn.decolle.populations import as_inputs
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.engine.progress import Progress
from fxsnn.exploration.candidate import Candidate, evaluated
from fxsnn.exploration.candidates import Exploration, gather, to_json
from fxsnn.exploration.descent import Floor, Narrowing, narrowed
from fxsnn.exploration.pareto import Choice, Reward
from fxsnn.exploration.point import Point
from fxsnn.exploration.selection import Criteria, choice_text, choose
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.io.files import new_folder
from fxsnn.jobs.digits_demo import LONGEST
from fxsnn.jobs.recordings import read_grid
from fxsnn.jobs.recordings_report import write_measured
from fxsnn.jobs.recordings_training import read_description, train_in_float
from fxsnn.measure.memory import Memory
from fxsnn.measure.score import Classified, Measured
from fxsnn.recordings.firing import reference
from fxsnn.recordings.grid import RecordedGrid, recorded_points
from fxsnn.recordings.groups import decolle_significance
from fxsnn.recordings.narrowing import LayerSignals
from fxsnn.recordings.splits import learned_recordings, open_split
from fxsnn.recordings.task import Bench, Lessons, about, learned_and_held_out
from fxsnn.report.drawing import check_drawing
from fxsnn.significance import Significance
from fxsnn.significance import to_json as significance_json

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
        candidates = _candidates(bench, grids, reached, max_loss, workers, lambda *counts: progress("explore", *counts))
        found = gather(about(held_out), reached, candidates)
        asked = Criteria(reward, max_loss, None)
        choice = choose(found, reward, max_loss)
        (place / "candidates.json").write_bytes(to_json(found, choice, reward))
        best = candidates[choice.index]
        chosen = bench.network_of(Point(best.name, best.scheme, {}, best.plan))
        save_layers(chosen, place / "chosen.npz", learned)
        (place / "chosen.toml").write_bytes((decolle_plan_text(best.plan) + choice_text(asked)).encode())
        quantised = quantise_layers(chosen, best.plan)
        shown = as_inputs(frames_of(network, test, np.arange(1)))
        manifest = make_graph_bundle(place / "golden", quantised.graph, shown)
        found_by = _swept(place, network, held_out, swept, max_loss, workers, progress) if swept else None
        outcome = write_measured(
            place / "report.html", bench, chosen, found, choice, asked, test, found_by, command, workers, progress
        )
    words = sum(entry["lines"] for entry in manifest["files"])
    float_classified, told = (outcome.tests[name] for name in ("float", outcome.chosen.name))
    return EventsDemo(found, choice, float_classified, told, decolle_memory(quantised), words)


def _candidates(
    bench: Bench,
    grids: Sequence[RecordedGrid],
    reached: Classified,
    max_loss: float,
    workers: int,
    progress: Callable[[int, int], None],
) -> list[Candidate[DecollePlan]]:
    """Measure the points of the grids, and narrow the first of the points that hold the floor after training.

    reached    what the float network does
    """
    points, found = [point for grid in grids for point in recorded_points(grid, bench.network)], []

    def tell(candidate: Candidate[DecollePlan]) -> None:
        found.append(candidate)
        progress(len(found), len(points))

    evaluate = partial(bench.evaluate, float_net=reference(bench.network, bench.shown))
    evaluated(points, evaluate, workers, tell)
    floor = Floor.below(reached.accuracy, max_loss, reached.images)
    places = zip(points, found, strict=True)
    start = next((p for p, c in places if p.scheme == "PTQ" and floor.holds(c.accuracy)), None)
    if start is None:
        return found
    descent = Narrowing(start, LayerSignals(bench.network.description), reached.images, max_loss)
    descent.against(reached.accuracy)
    before = len(found)
    return found + narrowed(descent, evaluate, workers, lambda done, total: progress(before + done, before + total))[1:]


def _swept(
    place: Path,
    network: DecolleNetwork,
    held_out: Recordings,
    recordings: int,
    max_loss: float,
    workers: int,
    progress: Progress,
) -> Significance:
    """Sweep all groups on the first recordings that were not learned from, with words of up to 8 bits."""
    shown = held_out.part(np.arange(min(recordings, len(held_out))))
    digest = hashlib.sha256((place / "network.npz").read_bytes()).hexdigest()
    found = decolle_significance(
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
