"""The strategy narrow: from a plan that loses nothing, one bit less of one signal after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fxsnn.errors import ConfigError
from fxsnn.explore import Candidate, Values, evaluated
from fxsnn.grid import Point, Value
from fxsnn.layered.description import Description
from fxsnn.layered.plan import LayeredPlan
from fxsnn.recorded.narrowing import formats, reachable, steps


@dataclass(frozen=True, slots=True)
class Floor:
    """How many of some answers must be right; accuracies are shares of them."""

    answers: int
    images: int

    @classmethod
    def below(cls, accuracy: float, max_loss: float, images: int) -> Floor:
        """Return the floor that lies `max_loss`, a share, below an accuracy."""
        return cls(math.ceil((accuracy - max_loss) * images - 1e-6), images)  # shares are not exact

    def right(self, accuracy: float) -> int:
        """Return how many answers are right."""
        return round(accuracy * self.images)

    def holds(self, accuracy: float) -> bool:
        """Say whether enough are."""
        return self.right(accuracy) >= self.answers


class Narrowing:
    """A descent: every plan that has one bit less is measured, and the best of those becomes the next to begin from.

    The best saves the most bits for each answer that it loses, one more counted. A step that falls below the floor is
    not tried again. What is tried depends on results alone, whatever their order: whoever computes it finds the same.

    start      the plan that is narrowed, and after training: nothing learns
    images     of which accuracies are shares
    max_loss   of the float network's accuracy, see `against`, a share

    Raises
    ------
    ConfigError
        Of `pending`: the plan to begin with does not hold the floor.
    """

    def __init__(self, start: Point[LayeredPlan], described: Description, images: int, max_loss: float) -> None:
        self._described, self._images, self._max_loss = described, images, max_loss
        self._floor = Floor(0, images)
        self.axes: Mapping[str, Sequence[Value]] = reachable(start.plan, described)
        first = Point("n0", start.scheme, formats(start.plan, described), start.plan)
        self._asked: list[tuple[str, Point[LayeredPlan]]] = [("", first)]  # moves, and the points that they lead to
        self._refused: set[str] = set()
        self._generation = 0
        self._here: tuple[int, float] | None = None  # answers that are right, bits
        self.points: list[Point[LayeredPlan]] = [first]

    def against(self, accuracy: float) -> None:
        """Set the floor below the accuracy of the float network."""
        self._floor = Floor.below(accuracy, self._max_loss, self._images)

    @property
    def total(self) -> int:
        """How many points there are so far: more may follow from their results."""
        return len(self.points)

    def pending(self, results: Mapping[str, Values]) -> list[Point[Any]]:
        """Return the points of the present generation without a result; none at the end of the descent."""
        while self._asked and all(point.name in results for _, point in self._asked):
            self._descend(results)
        return [point for _, point in self._asked if point.name not in results]

    def done(self, results: Mapping[str, Values]) -> int:
        """Return how many points have a result."""
        return sum(point.name in results for point in self.points)

    def _descend(self, results: Mapping[str, Values]) -> None:
        best: tuple[float, Point[LayeredPlan], tuple[int, float]] | None = None
        for move, point in self._asked:
            accuracy, bits = results[point.name]
            right = self._floor.right(accuracy)
            if not self._floor.holds(accuracy):
                self._refused.add(move)
                continue
            worth = (self._here[1] - bits) / (1 + max(0, self._here[0] - right)) if self._here else 0.0
            if best is None or worth > best[0]:
                best = worth, point, (right, bits)
        self._asked = []
        if best is None and self._here is None:
            raise ConfigError(
                f"a plan to be narrowed must answer {self._floor.answers} of {self._floor.images} right, "
                f"but this one does {right}"
            )
        if best is None:
            return
        _, here, self._here = best
        self._generation += 1
        for step in steps(here.plan, self._described):
            if step.move not in self._refused:
                values = formats(step.plan, self._described)
                point = Point(f"n{self._generation}-{step.name}", here.scheme, values, step.plan)
                self._asked.append((step.move, point))
        self.points += [point for _, point in self._asked]


def narrowed(
    descent: Narrowing,
    evaluate: Callable[[Point[LayeredPlan]], Candidate[LayeredPlan]],
    workers: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[Candidate[LayeredPlan]]:
    """Follow a descent to its end without a study, and return every candidate, that of its beginning first."""
    found, results = list[Candidate[LayeredPlan]](), dict[str, Values]()

    def tell(candidate: Candidate[LayeredPlan]) -> None:
        results[candidate.name] = candidate.accuracy, float(candidate.bits)
        if progress:
            progress(len(results), descent.total)

    while wanted := descent.pending(results):
        found += evaluated(wanted, evaluate, workers, tell)
    return found
