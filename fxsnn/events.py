"""What `fxsnn events` does with files: train a layered network, plan its words, run, explore and record it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fxsnn.candidates import Exploration, gather, to_json
from fxsnn.data.events import kind_of, open_recordings
from fxsnn.data.gesture import SIDE
from fxsnn.data.nmnist import Split
from fxsnn.data.recordings import Recordings
from fxsnn.demo import Progress
from fxsnn.errors import ConfigError
from fxsnn.explore import Candidate, evaluated
from fxsnn.files import check_output, new_folder, read_bytes, write_bytes, write_text
from fxsnn.golden.layers_make import make_layers_bundle
from fxsnn.layered.description import Description, parse_description
from fxsnn.layered.emulate import emulate_layers
from fxsnn.layered.inventory import layered_memory
from fxsnn.layered.learn import LocalLearning, check_sensor, frames_of, train_layers
from fxsnn.layered.network import LayeredNetwork, load_layers, random_layers, save_layers
from fxsnn.layered.plan import LayeredPlan, layered_plan_text, parse_layered_plan
from fxsnn.layered.ptq import Words, plan_layers
from fxsnn.layered.quantise import QuantisedLayers, quantise_layers
from fxsnn.lfsr import Lfsr
from fxsnn.memory import Memory
from fxsnn.pareto import Choice, Reward
from fxsnn.recorded.grid import RecordedGrid, parse_recorded_grid
from fxsnn.recorded.task import Bench, Lessons, about, learned_and_held_out, measured, measured_float
from fxsnn.score import Told
from fxsnn.selection import choose, named, read_text
from fxsnn.significance.layers import layers_significance
from fxsnn.significance.result import Significance
from fxsnn.study.recordings import RecordingsSubject
from fxsnn.study.session import Finished, Settings, run_study
from fxsnn.study.storage import exists

DEMO_GRID = RecordedGrid(weight=(8, 6, 5, 4), state=(6, 4, 2), scheme=("PTQ", "straight-through"))
FINE = LocalLearning(passes=2, rate=1e-3)  # of networks that learn on through their quantisation


@dataclass(frozen=True, slots=True, eq=False)
class EventsEmulated:
    """A layered network in float and in integers on the same recordings, its memory, and one recording's casts."""

    float: Told
    fixed: Told
    memory: Memory
    counts: tuple[dict[str, dict[str, int]], ...]  # by layer and cast, while the first recording is shown


@dataclass(frozen=True, slots=True, eq=False)
class EventsDemo:
    """What a demo found; both scores are of test recordings, by which nothing was chosen."""

    exploration: Exploration
    choice: Choice
    float: Told
    fixed: Told
    memory: Memory
    words: int  # of golden vectors


def read_description(path: Path) -> Description:
    """Read a network's description; raises FileError or ConfigError, one line."""
    return named(path, parse_description, read_text(path, "a network's description"))


def train_events(
    out: Path, description: Path, data: Path, learning: LocalLearning, words: Words | None, progress: Progress
) -> Told:
    """Train a network on training recordings of a folder, save it, and measure it in float on the test recordings.

    Of every eight training recordings the last one is left out, for exploration. With `words` the network learns on as
    it will be quantised by them (straight-through, float master weights), and the plan is written beside it.
    """
    check_output(out)
    described = read_description(description)
    train, test = open_split(data, "train", described), open_split(data, "test", described)
    train, _ = learned_and_held_out(train)
    network = _trained(described, train, learning, progress)
    if words:
        plan = plan_layers(network, words)
        network = Lessons(train, learning).learned(network, plan)
        write_text(out.with_suffix(".toml"), layered_plan_text(plan))
    save_layers(network, out)
    return measured_float(network, test)


def plan_events(network: Path, words: Words, out: Path) -> Memory:
    """Write a plan for a trained network and return the memory that it then takes."""
    check_output(out)
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
    count = min(len(test), most or len(test))
    test = test.part(np.arange(count) * len(test) // count)
    return EventsEmulated(
        measured_float(held, test),
        measured(quantised, test, workers),
        layered_memory(quantised),
        emulate_layers(quantised, frames_of(held, test, np.arange(1))).counts,
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
) -> Finished:
    """Measure the candidates of a study on recordings that were not learned from, and write candidates.json.

    learning   of the points that learn on through their quantisation
    """
    held = load_layers(network)
    points = RecordedGrid() if grid is None else named(grid, parse_recorded_grid, read_text(grid, "a grid"))
    if study.strategy == "paper":
        raise ConfigError("the strategy must be grid or a sampler for a network of layers, not paper")
    check_output(out)
    exists(study.place)
    train, held_out = learned_and_held_out(open_split(data, "train", held.description))
    subject = RecordingsSubject(Bench(held, held_out, Lessons(train, learning)), points)
    finished = run_study(subject, study, workers, progress)
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
    test = _split_of(data, "test", held)
    check_sensor(held, test)
    count = min(recordings, len(test))
    return make_layers_bundle(out, quantised, frames_of(held, test, np.arange(count)), aimed=aimed, kinds=kinds)


def significance_of_layers(
    network: Path,
    data: Path | None,
    recordings: int | None,
    max_loss: float,
    seed: int,
    workers: int,
    progress: Progress,
) -> Significance:
    """Sweep every group of every layer on recordings that were not learned from, the first ones or all."""
    held = load_layers(network)
    digest = hashlib.sha256(read_bytes(network, "a network")).hexdigest()
    _, shown = learned_and_held_out(_split_of(data, "train", held))
    if recordings is not None:
        shown = shown.part(np.arange(min(recordings, len(shown))))
    Lfsr(seed=seed)
    return layers_significance(
        held, shown, about(shown), digest, max_loss, seed, workers, lambda done, total: progress("sweep", done, total)
    )


def demo_events(
    out: Path, description: Path, data: Path, learning: LocalLearning, max_loss: float, workers: int, progress: Progress
) -> EventsDemo:
    """Train, explore, select and write golden vectors, into the folder `out`, which appears when all is done.

    Written: network.npz, candidates.json, chosen.npz, chosen.toml, golden/. chosen.npz is the network that the chosen
    plan quantises: another one than network.npz where it learned on through its quantisation.

    Raises
    ------
    FxsnnError
        The folder cannot be used, or no candidate holds the accuracy floor.
    """
    described = read_description(description)
    train, held_out = learned_and_held_out(open_split(data, "train", described))
    test = open_split(data, "test", described)
    with new_folder(out, "candidates.json") as place:
        network = _trained(described, train, learning, progress)
        save_layers(network, place / "network.npz")
        bench = Bench(network, held_out, Lessons(train, replace(FINE, seed=learning.seed)))
        subject, done = RecordingsSubject(bench, DEMO_GRID), 0

        def tell(_: Candidate[LayeredPlan]) -> None:
            nonlocal done
            done += 1
            progress("explore", done, DEMO_GRID.points)

        candidates = evaluated(subject.points(), bench.evaluate, workers, tell)
        found = gather(subject.facts().about, bench.float_told(), candidates)
        reward = Reward("additive", 0.5)
        choice = choose(found, reward, max_loss)
        (place / "candidates.json").write_bytes(to_json(found, choice, reward))
        point = subject.points()[choice.index]
        chosen = bench.network_of(point)
        save_layers(chosen, place / "chosen.npz")
        (place / "chosen.toml").write_bytes(layered_plan_text(point.plan).encode())
        quantised = quantise_layers(chosen, point.plan)
        progress("write", 0, 1)
        manifest = make_layers_bundle(place / "golden", quantised, frames_of(network, test, np.arange(1)))
        scores = measured_float(network, test), measured(quantised, test, workers)
        progress("write", 1, 1)
    words = sum(entry["lines"] for entry in manifest["files"])
    return EventsDemo(found, choice, *scores, layered_memory(quantised), words)


def _split_of(data: Path | None, split: Split, network: LayeredNetwork) -> Recordings:
    if data is None:
        raise ConfigError("a network of layers must be shown recordings: name their folder by --data")
    return open_split(data, split, network.description)


def open_split(data: Path, split: Split, described: Description) -> Recordings:
    """Read the recordings that a description is of; those of a larger sensor are shrunk to it where they are read."""
    shrink = math.ceil(SIDE / described.height) if kind_of(data) in ("gesture", "tonic") else 1
    return open_recordings(data, split, shrink)


def _read(network: Path, plan: Path) -> tuple[LayeredNetwork, QuantisedLayers]:
    held = load_layers(network)
    return held, quantise_layers(held, named(plan, parse_layered_plan, read_text(plan, "a plan of layers")))


def _trained(described: Description, train: Recordings, learning: LocalLearning, progress: Progress) -> LayeredNetwork:
    network = random_layers(described, learning.seed)
    return train_layers(network, train, learning, lambda done, total: progress("train", done, total))
