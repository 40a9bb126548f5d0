"""What commands ask of a network of one layer that learns from images: files are read, each in its turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.graph import graph_of
from fxsnn.competitive.inventory import memory
from fxsnn.competitive.network import Network, load_network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import QuantisedNetwork, quantise
from fxsnn.competitive.ranges import spreads
from fxsnn.data.digits import Images
from fxsnn.data.encode import encode
from fxsnn.decolle.learn import LocalLearning
from fxsnn.digits.bench import DigitsBench, Reported, Task, about, labelling_task, learner_like, prepare
from fxsnn.digits.grid import Grid, Learner, parse_grid
from fxsnn.digits.groups import wide_of_images
from fxsnn.digits.learning_groups import Lessons, add_learning
from fxsnn.digits.planning import plan_of_images
from fxsnn.digits.splits import Splits, check_fits, check_unlearned, evenly, open_splits, part
from fxsnn.digits.story import compose
from fxsnn.digits.subject import DigitsSubject
from fxsnn.engine.pool import Engine
from fxsnn.exploration.candidates import Exploration
from fxsnn.exploration.planned import Asked
from fxsnn.exploration.selection import read_plan
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.starting import read_start
from fxsnn.io.documents import named
from fxsnn.io.files import read_text
from fxsnn.jobs.opened import PROFILED, Compared, Given, Opened, Swept
from fxsnn.jobs.samples import Samples
from fxsnn.jobs.sources import Sources
from fxsnn.measure.memory import Memory
from fxsnn.measure.ranges import Spread
from fxsnn.measure.score import Score
from fxsnn.significance import Significance


class OneLayer(Opened):
    """See `opened.Opened`; its samples are images."""

    one, many, learned = "test image", "images", "learned in integers"

    def __init__(self, asked: Samples) -> None:
        self.asked, self.network = asked, load_network(asked.network)

    def plan(self, path: Path) -> Plan:
        """Read a plan."""
        return read_plan(path)

    def planned(self, words: Asked, count: int | None) -> tuple[Plan, Memory]:
        """Make a plan that holds the values of the first training images."""
        training = self._splits().training
        images = part(training, 0, count or min(PROFILED, len(training))).images
        plan = plan_of_images(self.network, encode(images, self.network.coding), words)
        return plan, memory(quantise(self.network, plan))

    def grid(self, path: Path | None) -> Grid:
        """Read a grid."""
        return Grid() if path is None else read_grid(path)

    def subject(self, grid: Grid, learning: LocalLearning, passes: int) -> DigitsSubject:
        """Read the images; networks that are quantised in training make so many passes over those to learn from."""
        del learning
        splits = self._splits()
        return DigitsSubject(self.network, splits, grid, learner_like(self.network, splits.training.images, passes))

    def ranges(self, count: int) -> dict[str, Spread]:
        """Return the distribution of the values of every signal on the first training images."""
        images = part(self._splits().training, 0, count).images
        return spreads(self.network, encode(images, self.network.coding))

    def swept(self, count: int | None, learn_from: int | None, learn_seed: int) -> Swept:
        """Read the labelling images, to measure on, and the first training images where groups of learning are swept.

        learn_from    how many images to learn from at every point; first weights and their order are drawn from
                      `learn_seed`
        """
        network, splits = self.network, self._splits()
        if count is not None:
            splits = replace(splits, labelling=part(splits.labelling, 0, count))
        wide = partial(wide_of_images, network, splits)
        if learn_from is None:
            return Swept(about(splits), wide)
        lessons = Lessons(part(splits.training, 0, learn_from).images, learn_seed)

        def learning(
            found: Significance, workers: int, progress: Callable[[int, int], None], engine: Engine
        ) -> Significance:
            task = labelling_task(splits, network.coding)
            return add_learning(found, network, lessons, task, workers, progress, engine=engine)

        return Swept(about(splits), wide, learning)

    def emulated(self, plan: Path, most: int | None, start: Path | None) -> tuple[Reported, QuantisedNetwork, str]:
        """Read a plan and test images, `most` of them evenly spread; the rows of the states are of these."""
        quantised, splits = quantise(self.network, read_plan(plan)), self._splits()
        check_unlearned(self.asked.network, splits)
        task, chosen = labelling_task(splits, self.network.coding), evenly(len(splits.test), most)
        images = Images(splits.test.images[chosen], splits.test.labels[chosen], splits.test.name)
        begun = read_start(start, graph_of(quantised), len(images))
        return Reported.of(self.network, task, images, begun), quantised, f"{len(images):,} images"

    def vectors(self, plan: Path, count: int) -> tuple[QuantisedGraph, NDArray[np.int64]]:
        """Return the network as a population, and the first test images."""
        quantised = quantise(self.network, read_plan(plan))
        images = part(self._splits().test, 0, count).images
        return graph_of(quantised), encode(images, self.network.coding).raster().astype(np.int64)

    def compared(
        self, sources: Sources, read: Callable[[], Given], workers: int, passes: int | None
    ) -> tuple[Given, Compared]:
        """Read candidates, networks and images, and cross-validate the float network."""
        given, network = read(), self.network
        chosen = None if sources.chosen_network is None else load_network(sources.chosen_network)
        splits = self._splits()
        check_unlearned(sources.network, splits)
        if chosen is not None and sources.chosen_network is not None:
            check_fits(chosen, sources.chosen_network, splits)
            check_unlearned(sources.chosen_network, splits)
        task, score = prepare(network, splits, workers)
        learner = learner_like(network, splits.training.images, passes or 1)
        found = compared_on(splits, network, task, score, {}, learner)
        return given, replace(found, learned=None if chosen is None else DigitsBench(chosen, task))

    def _splits(self) -> Splits:
        splits = open_splits(self.asked.place, self.asked.mnist)
        check_fits(self.network, self.asked.network, splits)
        return splits


def read_grid(path: Path) -> Grid:
    """Read a grid for a network of one layer; raises FileError or ConfigError."""
    return named(path, parse_grid, read_text(path, "a grid"))


def compared_on(
    splits: Splits, network: Network, task: Task, score: Score, more: Mapping[str, str], learner: Learner | None = None
) -> Compared:
    """Return what a report measures again of a float network, which has a score in the task; `more` facts by name."""
    return Compared(
        DigitsBench(network, task, learner),
        about(splits),
        score,
        Reported.of(network, task, splits.test),
        network,
        partial(Exploration.plan_as, kind=Plan),
        lambda outcome, command: compose(outcome, splits, command, more),
    )
