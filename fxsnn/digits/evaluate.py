"""What each point of a grid is worth: quantise, run in integers, cross-validate, count the memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.emulate import respond
from fxsnn.competitive.inventory import memory
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import quantise
from fxsnn.competitive.watching import overflowing, watch
from fxsnn.data.encode import Spikes
from fxsnn.digits.grid import Learner
from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.exploration.candidate import Candidate, evaluated
from fxsnn.exploration.point import Point
from fxsnn.frozen import freeze
from fxsnn.measure.classify import Rule
from fxsnn.measure.firing import Reference
from fxsnn.measure.score import cross_validate


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
