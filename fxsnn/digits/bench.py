"""What networks of one layer are worth on images: one task for all that are compared, another for what is reported."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive import inventory, itq, learn
from fxsnn.competitive.emulate import casts, respond
from fxsnn.competitive.learn import Learning, random_network
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import QuantisedNetwork, quantise
from fxsnn.competitive.ranges import Ranges, profile
from fxsnn.competitive.watching import overflowing, reference, watch
from fxsnn.data.digits import Images
from fxsnn.data.encode import RateCoding, Spikes, encode
from fxsnn.digits.grid import Learner
from fxsnn.digits.splits import Splits
from fxsnn.errors import ConfigError
from fxsnn.exploration import candidate
from fxsnn.exploration.candidate import Candidate, evaluated
from fxsnn.exploration.point import Point
from fxsnn.frozen import freeze
from fxsnn.graph.starting import REST, Start
from fxsnn.measure.firing import Firing, Reference
from fxsnn.measure.memory import Memory
from fxsnn.measure.overflows import Overflows
from fxsnn.measure.score import Score, cross_validate, score

PROFILED = 64  # images whose signals' ranges are looked at


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Training images, encoded once for all candidates; see `score.cross_validate`."""

    spikes: Spikes
    labels: NDArray[np.uint8]
    folds: int = 4
    float_net: Reference | None = None  # its spikes for these images

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, slots=True, eq=False)
class DigitsBench:
    """See `candidate.Bench`: a float network, the images of a task, and who trains for points of the scheme ITQ."""

    network: Network
    task: Task
    learner: Learner | None = None

    def quantised(self, point: Point[Plan]) -> QuantisedNetwork:
        """Quantise the float network; in the scheme ITQ, one that is trained under the plan."""
        if point.scheme != "ITQ":
            return quantise(self.network, point.plan)
        if self.learner is None:
            raise ConfigError("scheme must be PTQ where no learning is given, not ITQ")
        return quantise(self.learner.train(point.plan), point.plan)

    def measured(self, network: QuantisedNetwork, threads: int = 1) -> Score:
        """Respond in integers and cross-validate."""
        return self._score(respond(network, self.task.spikes, threads))

    def compared(self, network: QuantisedNetwork, threads: int = 1) -> tuple[Score, Firing | None]:
        """Measure a network in integers, and compare its spikes."""
        responses, float_net = respond(network, self.task.spikes, threads), self.task.float_net
        return self._score(responses), watch(float_net, network, responses) if float_net else None

    def _score(self, responses: NDArray[np.integer]) -> Score:
        return cross_validate(responses, self.task.labels, self.task.folds)

    def overflows(self, network: QuantisedNetwork) -> Overflows:
        """Return the shares of casts that overflow."""
        return overflowing(network, self.task.spikes)

    memory = staticmethod(inventory.memory)


def evaluate(
    network: Network, point: Point[Plan], task: Task, learner: Learner | None = None, threads: int = 1
) -> Candidate[Plan]:
    """Quantise, respond in integers and cross-validate; in the scheme ITQ, train first.

    network   the float network that points of the scheme PTQ quantise
    """
    return candidate.evaluate(DigitsBench(network, task, learner), point, threads)


def explore(
    network: Network,
    points: Sequence[Point[Plan]],
    task: Task,
    workers: int = 1,
    progress: Callable[[Candidate[Plan]], None] | None = None,
    learner: Learner | None = None,
) -> list[Candidate[Plan]]:
    """Evaluate every point in this process; the result is in the points' order whatever the number of workers.

    progress is called with each candidate as it is done, in the points' order.

    Raises
    ------
    WidthError, ConfigError, OverflowDetectedError
        A plan cannot run; the message begins with its name.
    """
    return evaluated(points, lambda point: evaluate(network, point, task, learner), workers, progress)


def labelling_task(splits: Splits, coding: RateCoding) -> Task:
    """Return the images that give neurons their classes, encoded: the first training images, the same everywhere."""
    return Task(encode(splits.labelling.images, coding), splits.labelling.labels)


def prepare(network: Network, splits: Splits, workers: int) -> tuple[Task, Score]:
    """Encode the images that candidates are compared on, and cross-validate the float network on them."""
    task = labelling_task(splits, network.coding)
    responses = learn.respond(network, task.spikes, workers)
    task = replace(task, float_net=reference(network, task.spikes, responses))
    return task, cross_validate(responses, task.labels, task.folds)


def measured_ranges(network: Network, splits: Splits) -> Ranges:
    """Return how large each signal grows on the first training images."""
    return profile(network, encode(splits.training.images[:PROFILED], network.coding))


def measure(
    network: Network | QuantisedNetwork, task: Task, test: Spikes, images: Images, workers: int, start: Start = REST
) -> Score:
    """Label the neurons by all of the task's images, from rest, and measure on the test images, which begin so."""
    run: Callable[..., NDArray[np.int32]] = respond if isinstance(network, QuantisedNetwork) else learn.respond
    labelling, held_out = run(network, task.spikes, workers), run(network, test, workers, start)
    return score(labelling, task.labels, held_out, images.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Reported:
    """A float network, and the images that it and its quantised forms are measured on once a task gave labels.

    start    what each of the images begins with; those that give labels begin at rest
    """

    network: Network
    task: Task
    spikes: Spikes
    images: Images
    start: Start = REST

    @classmethod
    def of(cls, network: Network, task: Task, images: Images, start: Start = REST) -> Reported:
        """Encode the images."""
        return cls(network, task, encode(images.images, network.coding), images, start)

    def float_classified(self, threads: int = 1) -> Score:
        """Measure the float network."""
        return measure(self.network, self.task, self.spikes, self.images, threads, self.start)

    def measured(self, network: QuantisedNetwork, threads: int = 1) -> Score:
        """Measure a network in integers."""
        return measure(network, self.task, self.spikes, self.images, threads, self.start)

    def counted(self, network: QuantisedNetwork) -> tuple[dict[str, dict[str, int]], Overflows]:
        """Return how the casts of the first image went, by cast, and the shares that overflow on the first of them."""
        return casts(network, self.spikes, range(1), self.start), overflowing(network, self.spikes, self.start)

    def memory(self, network: QuantisedNetwork) -> Memory:
        """Return all that is stored."""
        return inventory.memory(network, self.start.words)


def about(splits: Splits) -> str:
    """Say in words on what and how accuracies are measured."""
    return f"{len(splits.labelling):,} training images (of {splits.name}), by 4-fold cross-validation"


@dataclass(frozen=True, slots=True, eq=False)
class IntegerLearner:
    """Trains networks like `network` on uint8[images, inputs], from first weights of the learning's seed."""

    network: Network
    images: NDArray[np.uint8]
    learning: Learning = Learning()  # noqa: RUF009  (frozen)

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def settings(self) -> str:
        """All that its networks depend on besides the plan, and the constants of `network`, as text."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images).tobytes()).hexdigest()
        return f"{self.learning} {self.network.weights.shape} {digest}"

    def learning_plan(self, plan: Plan) -> Plan:
        """Return the plan that a network which is to run under `plan` is trained under and runs under."""
        return itq.learning_plan(plan)

    def train(self, plan: Plan) -> Network:
        """Train under a learning plan; the network's parameters lie on the plan's formats."""
        inputs, neurons = self.network.weights.shape
        blank = random_network(inputs, neurons, self.learning.seed)
        fresh = replace(self.network, weights=blank.weights, theta=blank.theta, labels=blank.labels)
        return itq.train(fresh, self.images, self.learning, plan)


def learner_like(network: Network, images: NDArray[np.uint8], passes: int) -> IntegerLearner:
    """Return the learner of an exploration of `network`: as many passes, and first weights of its coding's seed.

    images    uint8[images, pixels]
    """
    return IntegerLearner(network, images, Learning(passes=passes, seed=network.coding.seed))
