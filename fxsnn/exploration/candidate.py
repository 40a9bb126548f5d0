"""A candidate: one configuration with what it is worth, and the evaluation of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from fxsnn.engine.pool import open_pool
from fxsnn.engine.work import Each
from fxsnn.exploration.point import PlanT, Point
from fxsnn.measure.firing import Firing
from fxsnn.measure.memory import Memory
from fxsnn.measure.overflows import Overflows
from fxsnn.measure.score import Measured

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
    overflows: Overflows | None = None  # shares of casts; see `overflows.above`

    @property
    def accuracy(self) -> float:
        """Share of correct predictions, 0 to 1."""
        return self.score.accuracy

    @property
    def bits(self) -> int:
        """Pure bits of all stored arrays."""
        return self.memory.bits


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
