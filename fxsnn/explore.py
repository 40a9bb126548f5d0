"""What each point of a grid is worth: quantise, run in integers, cross-validate, count the memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from fxsnn.classify import Rule
from fxsnn.emulate import respond
from fxsnn.encode import Spikes
from fxsnn.engine.pool import open_pool
from fxsnn.engine.work import Each
from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.firing import Firing, Reference, watch
from fxsnn.frozen import freeze
from fxsnn.grid import Learner, PlanT, Point
from fxsnn.memory import Memory, memory
from fxsnn.network import Network
from fxsnn.overflows import Overflows, overflowing
from fxsnn.plan import Plan
from fxsnn.quantised import quantise
from fxsnn.score import Measured, cross_validate

Values = tuple[float, float]  # accuracy, bits


@dataclass(frozen=True, slots=True, eq=False)
class Candidate(Generic[PlanT]):
    """One configuration with its accuracy and its memory."""

    name: str
    scheme: str
    plan: PlanT
    score: Measured
    memory: Memory
    firing: Firing | None = None  # against the float network, where the task holds it
    overflows: Overflows | None = None  # shares of casts; see `overflows.overflowing`

    @property
    def accuracy(self) -> float:
        """Share of correct predictions, 0 to 1."""
        return self.score.accuracy

    @property
    def bits(self) -> int:
        """Pure bits of all stored arrays."""
        return self.memory.bits


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Training images, encoded once for all candidates; see `score.cross_validate`."""

    spikes: Spikes
    labels: NDArray[np.uint8]
    folds: int = 4
    rule: Rule = "all-activity"
    float_net: Reference | None = None  # its spikes for these images

    def __post_init__(self) -> None:
        freeze(self)


def evaluate(
    network: Network, point: Point[Plan], task: Task, learner: Learner | None = None, threads: int = 1
) -> Candidate[Plan]:
    """Quantise, respond in integers and cross-validate; in the scheme ITQ, train first.

    network   the float network that points of the scheme PTQ quantise
    """
    try:
        if point.scheme == "ITQ":
            if learner is None:
                raise ConfigError("scheme must be PTQ where no learning is given, not ITQ")
            network = learner.train(point.plan)
        quantised = quantise(network, point.plan)
        responses = respond(quantised, task.spikes, threads)
    except FxsnnError as error:
        raise type(error)(f"{point.name}: {error}") from None
    found = cross_validate(responses, task.labels, task.folds, task.rule)
    firing = watch(task.float_net, quantised, responses) if task.float_net else None
    overflows = overflowing(quantised, task.spikes)
    return Candidate(point.name, point.scheme, point.plan, found, memory(quantised), firing, overflows)


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


def evaluated(
    points: Sequence[Point[PlanT]],
    evaluate: Callable[[Point[PlanT]], Candidate[PlanT]],
    workers: int = 1,
    progress: Callable[[Candidate[PlanT]], None] | None = None,
) -> list[Candidate[PlanT]]:
    """Evaluate every point, whatever the network, as `explore` does."""
    found = list[Candidate[PlanT]]()
    with open_pool(Each(evaluate), workers) as pool:
        for candidate in pool.in_order(points):
            found.append(candidate)
            if progress:
                progress(candidate)
    return found
