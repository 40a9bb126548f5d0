"""What `fxsnn train` does with files: in float, or in integers by a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive import itq, learn
from fxsnn.competitive.description import Competitive
from fxsnn.competitive.learn import Learning, random_network
from fxsnn.competitive.network import Network, save_network
from fxsnn.competitive.plan import Plan, plan_text
from fxsnn.competitive.quantised import quantise
from fxsnn.competitive.watching import overflowing
from fxsnn.data.digits import Images
from fxsnn.data.encode import encode
from fxsnn.digits.bench import labelling_task, measure
from fxsnn.digits.profiled import ANY, plan_in, profiled_plan
from fxsnn.digits.splits import learned_digits, open_splits, part
from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError
from fxsnn.exploration.selection import read_plan
from fxsnn.golden.learning import make_learning_bundle
from fxsnn.io.files import check_folder, write_text
from fxsnn.measure.overflows import Overflows
from fxsnn.measure.score import Score
from fxsnn.networks.described import read_described

StageProgress = Callable[[int, int], None]  # done, total


@dataclass(frozen=True, slots=True)
class Training:
    """What `fxsnn train` may be asked for; with a plan or a weight's format the network learns in integers."""

    neurons: int = 400
    passes: int = 1
    seed: int = 0
    plan: Path | None = None
    weight: str | None = None
    rounding: str | None = None  # SR
    learned_bits: int | None = None
    description: Path | None = None  # of the network, in place of `neurons`

    def __post_init__(self) -> None:
        if self.plan is not None and self.weight is not None:
            raise ConfigError("a network must learn by a plan or by a weight's format, not both")
        if self.plan is not None and (self.rounding is not None or self.learned_bits is not None):
            raise ConfigError("--rounding and --learned-bits must not be given with a plan, which says both")
        if self.weight is not None:
            plan_in(ANY, *self._words)  # refused before anything is read

    def profiled_plan(self, blank: Network, images: NDArray[np.uint8], progress: StageProgress | None = None) -> Plan:
        """Return the plan to learn by from these images where none is given; see `profiled.profiled_plan`.

        images    uint8[images, pixels]
        """
        return profiled_plan(blank, images, self.learning, *self._words, progress)

    @property
    def _words(self) -> tuple[str, str, int | None]:
        """The weights' format as they are read, how what is learned is rounded, and its bits."""
        weight = "UQ0.4" if self.weight is None else self.weight
        return weight, "SR" if self.rounding is None else self.rounding, self.learned_bits

    @property
    def learning(self) -> Learning:
        """How the network learns."""
        return Learning(passes=self.passes, seed=self.seed)


def record_training(out: Path, data: Path | None, mnist: bool, asked: Training, images: int) -> dict[str, Any]:
    """Write golden vectors of how a network learns from the first training images; return the manifest.

    Without a plan and a weight's format the weights are of UQ0.4.
    """
    check_folder(out, asked.description, asked.plan)
    plan = None if asked.plan is None else read_plan(asked.plan)
    splits = open_splits(data, mnist)
    digits, blank = part(splits.training, 0, images), _blank(splits.training, asked)
    plan = plan or asked.profiled_plan(blank, digits.images)
    return make_learning_bundle(out, blank, digits.images, asked.learning, plan)


def _blank(digits: Images, asked: Training) -> Network:
    pixels = digits.images.shape[1]
    if asked.description is not None:
        described = _read(asked.description)
        if described.inputs != pixels:
            raise ConfigError(f"a network must have {pixels} inputs, one a pixel, not {described.inputs}")
        return described.network(random_network(pixels, described.neurons, asked.seed))
    network = random_network(pixels, asked.neurons, asked.seed)
    return replace(network, coding=replace(network.coding, seed=asked.seed))


def _read(path: Path) -> Competitive:
    described = read_described(path)
    if not isinstance(described, Competitive):
        raise ConfigError(f"a network that learns from images must be of one layer, {str(path)!r} is of layers")
    return described


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """How a network that was trained does on the test images, and where it did not fit its formats."""

    score: Score
    written: Path | None  # the plan that it learned by, where none was given
    overflows: Overflows  # of one that learned in integers; see `overflows.above`


def train_network(
    out: Path, data: Path | None, mnist: bool, asked: Training, workers: int, progress: Progress
) -> Trained:
    """Train, label and save a network, and measure it on the test images.

    Neurons get their labels from the labelling images, as everywhere: see `bench.labelling_task`. A network that
    learned in integers is measured in integers, and the plan that it learned by, where it was not given, is written
    beside it. Where a weight's format is given alone, a network that learns in float first says what integer bits
    states need.
    """
    plan = None if asked.plan is None else read_plan(asked.plan)
    written = out.with_suffix(".toml") if asked.weight is not None else None
    splits = open_splits(data, mnist)
    learned = learned_digits(splits)
    blank, images = _blank(splits.training, asked), splits.training.images

    if written:
        plan = asked.profiled_plan(blank, images, partial(progress, "profile"))
    if plan is None:
        network: Network = learn.train(blank, images, asked.learning, partial(progress, "train"))
    else:
        network = itq.train(blank, images, asked.learning, plan, partial(progress, "train"))
    progress("label", 0, 1)
    test = encode(splits.test.images, network.coding)
    quantised = None if plan is None else quantise(network, plan)
    found = measure(quantised or network, labelling_task(splits, network.coding), test, splits.test, workers)
    progress("label", 1, 1)
    save_network(replace(network, labels=found.labels), out, learned)
    if plan and written:
        write_text(written, plan_text(plan))
    return Trained(found, written, {} if quantised is None else overflowing(quantised, test))
