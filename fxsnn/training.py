"""What `fxsnn train` does with files: in float, or in integers by a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn import emulate, itq, learn
from fxsnn.competitive import Competitive
from fxsnn.data.digits import Digits
from fxsnn.demo import Progress
from fxsnn.described import parse_described
from fxsnn.documents import named
from fxsnn.encode import encode_parts
from fxsnn.errors import ConfigError
from fxsnn.files import check_output, read_text, write_text
from fxsnn.format import Format
from fxsnn.golden.learning import make_learning_bundle
from fxsnn.learn import Learning, random_network
from fxsnn.network import Network, save_network
from fxsnn.plan import Plan, plan_text
from fxsnn.quantise import quantise
from fxsnn.score import Score, score
from fxsnn.selection import read_plan
from fxsnn.splits import open_splits, part


@dataclass(frozen=True, slots=True)
class Training:
    """What `fxsnn train` may be asked for; with a plan or a weight's format the network learns in integers."""

    neurons: int = 400
    passes: int = 1
    seed: int = 0
    plan: Path | None = None
    weight: str | None = None
    rounding: str = "SR"
    learned_bits: int | None = None
    description: Path | None = None  # of the network, in place of `neurons`

    def learning_plan(self) -> Plan | None:
        """Return the plan to learn by, or None to learn in float."""
        if self.plan is not None and self.weight is not None:
            raise ConfigError("a network must learn by a plan or by a weight's format, not both")
        if self.plan is not None:
            return read_plan(self.plan)
        return itq.default_plan(Format.parse(self.weight), self.rounding, self.learned_bits) if self.weight else None


def record_training(out: Path, data: Path | None, mnist: bool, asked: Training, images: int) -> dict[str, Any]:
    """Write golden vectors of how a network learns from the first training digits; return the manifest.

    Without a plan and a weight's format the weights are of UQ0.4.
    """
    plan = asked.learning_plan() or itq.default_plan(Format.parse("UQ0.4"), asked.rounding, asked.learned_bits)
    splits = open_splits(data, mnist)
    digits = part(splits.training, 0, images)
    return make_learning_bundle(out, _blank(splits.training, asked), digits.images, _learning(asked), plan)


def _blank(digits: Digits, asked: Training) -> Network:
    pixels = digits.images.shape[1]
    if asked.description is not None:
        described = _read(asked.description)
        if described.inputs != pixels:
            raise ConfigError(f"a network must have {pixels} inputs, one a pixel, not {described.inputs}")
        return described.network(random_network(pixels, described.neurons, asked.seed))
    network = random_network(pixels, asked.neurons, asked.seed)
    return replace(network, coding=replace(network.coding, seed=asked.seed))


def _read(path: Path) -> Competitive:
    described = named(path, parse_described, read_text(path, "a network's description"))
    if not isinstance(described, Competitive):
        raise ConfigError(
            f"a network of layers must learn with labels, by fxsnn events train, not without: {str(path)!r}"
        )
    return described


def _learning(asked: Training) -> Learning:
    return Learning(passes=asked.passes, seed=asked.seed)


def train_network(
    out: Path, data: Path | None, mnist: bool, asked: Training, workers: int, progress: Progress
) -> tuple[Score, Path | None]:
    """Train, label and save a network; return how it does on the test digits.

    A network that learned in integers is measured in integers, and the plan that it learned by, where it was not
    given, is written beside it and its place returned.
    """
    check_output(out)
    plan = asked.learning_plan()
    written = out.with_suffix(".toml") if plan and asked.plan is None else None
    if written:
        check_output(written)
    splits = open_splits(data, mnist)
    blank, learning, images = _blank(splits.training, asked), _learning(asked), splits.training.images

    def tell(done: int, total: int) -> None:
        progress("train", done, total)

    network = itq.train(blank, images, learning, plan, tell) if plan else learn.train(blank, images, learning, tell)
    progress("label", 0, 1)
    quantised = quantise(network, plan) if plan else None

    def respond(digits: Digits) -> NDArray[np.int32]:
        if quantised is None:
            return learn.respond_to_images(network, digits.images, threads=workers)
        parts = encode_parts(digits.images, network.coding)
        return np.concatenate([emulate.respond(quantised, spikes, workers) for spikes in parts])

    result = score(respond(splits.training), splits.training.labels, respond(splits.test), splits.test.labels)
    progress("label", 1, 1)
    save_network(replace(network, labels=result.labels), out)
    if plan and written:
        write_text(written, plan_text(plan))
    return result, written
