"""What commands ask of a network of layers that learned from recordings: files are read, each in its turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.inventory import decolle_memory
from fxsnn.decolle.learn import LEARNING_ON, LocalLearning, check_sensor, frames_of
from fxsnn.decolle.network import load_layers
from fxsnn.decolle.plan import DecollePlan
from fxsnn.decolle.populations import as_inputs
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.digits.splits import evenly
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidates import Exploration
from fxsnn.exploration.planned import Asked
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.starting import read_start
from fxsnn.io.documents import named
from fxsnn.io.files import read_text
from fxsnn.jobs.opened import Compared, Given, Opened, Swept
from fxsnn.jobs.samples import Samples
from fxsnn.jobs.sources import Sources
from fxsnn.measure.memory import Memory
from fxsnn.measure.ranges import Spread
from fxsnn.measure.score import Measured
from fxsnn.networks.words import plan_of_layers
from fxsnn.recordings.bench import Bench, Lessons, about, learned_and_held_out
from fxsnn.recordings.grid import RecordedGrid, parse_recorded_grid
from fxsnn.recordings.groups import decolle_spreads, wide_network
from fxsnn.recordings.splits import check_unlearned, open_split
from fxsnn.recordings.story import compose
from fxsnn.recordings.subject import RecordingsSubject


class Layers(Opened):
    """See `opened.Opened`; its samples are recordings: one of eight to train with is not learned from."""

    one, many, learned = "recording", "recordings", "learned on"

    def __init__(self, asked: Samples) -> None:
        self.asked, self.network = asked, load_layers(asked.network)

    def plan(self, path: Path) -> DecollePlan:
        """Read a plan."""
        return plan_of_layers(path)

    def planned(self, words: Asked, count: int | None) -> tuple[DecollePlan, Memory]:
        """Make a plan with the integer bits that words can reach, whatever the recordings; see `plan_layers`."""
        if count is not None or self.asked.place is not None:
            raise ConfigError(
                "a plan of layers must be made without --data and --images: it holds all words that there can be"
            )
        plan = plan_layers(self.network, Words(*words))
        return plan, decolle_memory(quantise_layers(self.network, plan))

    def grid(self, path: Path | None) -> RecordedGrid:
        """Read a grid."""
        return RecordedGrid() if path is None else read_grid(path)

    def subject(self, grid: RecordedGrid, learning: LocalLearning, passes: int) -> RecordingsSubject:
        """Read the recordings that were not learned from, and those from which networks learn on."""
        del passes
        train, held_out = self._training(self.asked.network)
        return RecordingsSubject(Bench(self.network, held_out, Lessons(train, learning)), grid)

    def ranges(self, count: int) -> dict[str, Spread]:
        """Return the distribution of the values of every signal on recordings that were not learned from, in float."""
        _, held_out = self._training(self.asked.network)
        check_sensor(self.network, held_out)
        return decolle_spreads(self.network, _first(held_out, count))

    def swept(self, count: int | None, learn_from: int | None, learn_seed: int) -> Swept:
        """Read the first recordings that were not learned from, or all."""
        del learn_from, learn_seed
        _, held_out = self._training(self.asked.network)
        measured = _first(held_out, count)
        return Swept(about(measured), partial(wide_network, self.network, measured))

    def emulated(self, plan: Path, most: int | None, start: Path | None) -> tuple[Bench, QuantisedLayers, str]:
        """Read a plan and test recordings, `most` of them evenly spread; the rows of the states are of these."""
        quantised, test = quantise_layers(self.network, self.plan(plan)), self._test()
        if not len(test):
            raise ConfigError("test recordings must be one or more, not none")
        check_unlearned(self.asked.network, test)
        test = test.part(evenly(len(test), most))
        begun = read_start(start, quantised.graph, len(test))
        return Bench(self.network, test, start=begun), quantised, f"{len(test):,} recordings"

    def vectors(self, plan: Path, count: int) -> tuple[QuantisedGraph, NDArray[np.int64]]:
        """Return the network as populations, and the first test recordings."""
        quantised, test = quantise_layers(self.network, self.plan(plan)), self._test()
        frames = frames_of(self.network, test, np.arange(min(count, len(test))))
        return quantised.graph, as_inputs(frames)

    def compared(
        self, sources: Sources, read: Callable[[], Given], workers: int, passes: int | None
    ) -> tuple[Given, Compared]:
        """Read networks, test recordings, candidates, and the recordings that these were compared on.

        One plan alone is measured on test recordings. A choice that learned through its quantisation does so again, in
        as many `passes` as fxsnn explore took (2), unless its network is given.
        """
        del workers
        network, chosen = self.network, sources.chosen_network
        learned = None if chosen is None else load_layers(chosen)
        test, paths = self._test(), [sources.network, *([chosen] if chosen else [])]
        for path in paths:
            check_unlearned(path, test)
        given = read()
        if isinstance(given, tuple):
            train, held_out = self._training(*paths)
            learning = LEARNING_ON if passes is None else replace(LEARNING_ON, passes=passes)
            bench, words = Bench(network, held_out, Lessons(train, learning)), about(held_out)
            given[0].plan_as(given[1].index, DecollePlan)
        else:
            bench, words = Bench(network, test).with_spikes(), f"{len(test):,} recordings (of {test.name})"
        found = compared_on(bench, words, bench.float_classified(), test)
        return given, replace(found, learned=None if learned is None else replace(bench, network=learned))

    def _test(self) -> Recordings:
        test = open_split(self.asked.found, "test", self.network.description)
        check_sensor(self.network, test)
        return test

    def _training(self, *networks: Path) -> tuple[Recordings, Recordings]:
        """Return the recordings to learn from, and those that none of the networks learned from."""
        train, held_out = learned_and_held_out(open_split(self.asked.found, "train", self.network.description))
        for network in networks:
            check_unlearned(network, held_out)
        return train, held_out


def read_grid(path: Path) -> RecordedGrid:
    """Read a grid for a network of layers; raises FileError or ConfigError."""
    return named(path, parse_recorded_grid, read_text(path, "a grid"))


def compared_on(bench: Bench, on: str, score: Measured, test: Recordings) -> Compared:
    """Return what a report measures again of a bench, which the float network has a score on."""
    return Compared(
        bench,
        on,
        score,
        bench if bench.recordings is test else Bench(bench.network, test),
        bench.network,
        partial(Exploration.plan_as, kind=DecollePlan),
        lambda outcome, command: compose(outcome, bench, test, command),
    )


def _first(recordings: Recordings, count: int | None) -> Recordings:
    return recordings if count is None else recordings.part(np.arange(min(count, len(recordings))))
