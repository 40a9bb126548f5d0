"""The strategy narrow: from a plan that loses nothing, one bit less of one signal after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, Protocol

from fxsnn.errors import ConfigError
from fxsnn.exploration.candidate import Candidate, Values, evaluated
from fxsnn.exploration.point import PlanT, Point, Value
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal


class Narrowable(Protocol[PlanT]):
    """Which signals of a plan may be narrowed."""

    def signals(self, plan: PlanT) -> Iterator[tuple[str, Signal]]:
        """Yield them by their names."""

    def replaced(self, plan: PlanT, name: str, signal: Signal) -> PlanT | None:
        """Return the plan with another signal of a name; none where that cannot run."""


class Step(NamedTuple, Generic[PlanT]):
    """A plan with one bit less."""

    move: str  # the signal, and which end the bit is taken from
    name: str  # the signal and what it becomes
    plan: PlanT


def steps(plan: PlanT, narrowable: Narrowable[PlanT]) -> Iterator[Step[PlanT]]:
    """Yield what a plan can be narrowed to: each signal by its lowest and by its highest bit.

    Without its lowest bit a signal is coarser, without its highest it saturates earlier. No word loses its last bit,
    and what cannot run is no step.
    """
    for name, signal in narrowable.signals(plan):
        fmt = signal.format
        if fmt.word == 1:
            continue
        for end, frac in (("lowest", fmt.frac - 1), ("highest", fmt.frac)):
            less = Format(fmt.word - 1, frac, fmt.signed)
            narrowed = narrowable.replaced(plan, name, replace(signal, format=less))
            if narrowed is not None:
                yield Step(f"{name} {end}", f"{name.replace(' ', '', 1).replace(' ', '-')}-{less}", narrowed)


def formats(plan: PlanT, narrowable: Narrowable[PlanT]) -> Mapping[str, str]:
    """Return the format of every signal that is narrowed."""
    return {name: str(signal.format) for name, signal in narrowable.signals(plan)}


def reachable(plan: PlanT, narrowable: Narrowable[PlanT]) -> Mapping[str, tuple[str, ...]]:
    """Return every format that each of them can be narrowed to, its own first."""
    found = {}
    for name, signal in narrowable.signals(plan):
        fmt = signal.format
        found[name] = tuple(
            str(Format(fmt.word - low - high, fmt.frac - low, fmt.signed))
            for low in range(fmt.word)
            for high in range(fmt.word - low)
        )
    return found


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


class Narrowing(Generic[PlanT]):
    """A descent: every plan that has one bit less is measured, and the best of those becomes the next to begin from.

    The best saves the most bits for each answer that it loses, one more counted. A step that falls below the floor is
    not tried again. What is tried depends on results alone, whatever their order: all that compute it agree.

    start      the plan that is narrowed, and after training: nothing learns
    images     of which accuracies are shares
    max_loss   of the float network's accuracy, see `against`, a share

    Raises
    ------
    ConfigError
        The point to begin with learns on: nothing does while bits are taken. Or, of `pending`, its plan does not hold
        the floor.
    """

    def __init__(self, start: Point[PlanT], narrowable: Narrowable[PlanT], images: int, max_loss: float) -> None:
        if start.scheme != "PTQ":
            raise ConfigError(f"a grid for the strategy narrow must begin with the scheme PTQ, not {start.scheme}")
        self._narrowable, self._images, self._max_loss = narrowable, images, max_loss
        self._floor = Floor(0, images)
        self.axes: Mapping[str, Sequence[Value]] = reachable(start.plan, narrowable)
        first = Point("n0", start.scheme, formats(start.plan, narrowable), start.plan)
        self._asked: list[tuple[str, Point[PlanT]]] = [("", first)]  # moves, and the points that they lead to
        self._refused: set[str] = set()
        self._generation = 0
        self._here: tuple[int, float] | None = None  # answers that are right, bits
        self.points: list[Point[PlanT]] = [first]

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
        best: tuple[float, Point[PlanT], tuple[int, float]] | None = None
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
        for step in steps(here.plan, self._narrowable):
            if step.move not in self._refused:
                values = formats(step.plan, self._narrowable)
                point = Point(f"n{self._generation}-{step.name}", here.scheme, values, step.plan)
                self._asked.append((step.move, point))
        self.points += [point for _, point in self._asked]


def narrowed(
    descent: Narrowing[PlanT],
    evaluate: Callable[[Point[PlanT]], Candidate[PlanT]],
    workers: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[Candidate[PlanT]]:
    """Follow a descent to its end without a study, and return every candidate, that of its beginning first."""
    found, results = list[Candidate[PlanT]](), dict[str, Values]()

    def keep(candidate: Candidate[PlanT]) -> None:
        results[candidate.name] = candidate.accuracy, float(candidate.bits)
        if progress:
            progress(len(results), descent.total)

    while wanted := descent.pending(results):
        found += evaluated(wanted, evaluate, workers, keep)
    return found
