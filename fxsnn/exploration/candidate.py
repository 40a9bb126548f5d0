"""A candidate: one configuration with what it is worth, and the evaluation of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from fxsnn.engine.pool import open_pool
from fxsnn.engine.work import Each
from fxsnn.errors import naming
from fxsnn.exploration.point import PlanT, Point
from fxsnn.measure.firing import Firing
from fxsnn.measure.memory import Memory
from fxsnn.measure.overflows import Overflows
from fxsnn.measure.score import Measured

Values = tuple[float, float]  # accuracy, bits
QuantisedT = TypeVar("QuantisedT")


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


class Bench(Protocol[PlanT, QuantisedT]):
    """A network of some kind, and the samples that its candidates are compared on."""

    def quantised(self, point: Point[PlanT]) -> QuantisedT:
        """Return the network of a point in integers, once it has learned (on) where the point's scheme says so."""

    def measured(self, network: QuantisedT, threads: int = 1) -> Measured:
        """Measure a network in integers."""

    def compared(self, network: QuantisedT, threads: int = 1) -> tuple[Measured, Firing | None]:
        """Measure it, and compare its spikes with the float network's where these are known."""

    def overflows(self, network: QuantisedT) -> Overflows:
        """Return the shares of casts that overflow; see `overflows.above`."""

    def memory(self, network: QuantisedT) -> Memory:
        """Return all that is stored."""


def evaluate(bench: Bench[PlanT, QuantisedT], point: Point[PlanT], threads: int = 1) -> Candidate[PlanT]:
    """Quantise, run in integers, count the memory; the error of a point that cannot run begins with its name."""
    with naming(point.name):
        network = bench.quantised(point)
        score, firing = bench.compared(network, threads)
        overflows = bench.overflows(network)
    return Candidate(point.name, point.scheme, point.plan, score, bench.memory(network), firing, overflows)


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
