"""A study's subject: a network of one layer that learned images without labels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from fxsnn.competitive.graph import program_of
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import quantise
from fxsnn.digits.bench import PROFILED, about, evaluate, measured_ranges, prepare
from fxsnn.digits.grid import Grid, Learner, check_learner, make_points, restrict
from fxsnn.digits.splits import Splits
from fxsnn.errors import FxsnnError
from fxsnn.exploration.candidate import Candidate
from fxsnn.exploration.descent import Narrowing
from fxsnn.exploration.point import Point, Value
from fxsnn.exploration.subject import Facts, digest_of
from fxsnn.measure.score import Score
from fxsnn.number.signal import Signal
from fxsnn.significance.fewest import Fewest


@dataclass(frozen=True, slots=True, eq=False)
class DigitsSubject:
    """See `subject.Subject`. Raises ConfigError where points are to learn in integers and nobody is there to train."""

    network: Network
    splits: Splits
    grid: Grid
    learner: Learner | None = None

    def __post_init__(self) -> None:
        check_learner(self.grid, self.learner)

    def axes(self, found: Fewest | None = None) -> Mapping[str, Sequence[Value]]:
        """Return the values of each property, also of those that are left out."""
        del found
        return self.grid.axes

    def facts(self) -> Facts:
        """Return what the study is of."""
        images = self.splits.training.images[:PROFILED], self.splits.labelling.images, self.splits.labelling.labels
        learner = self.learner.settings if self.learner and "ITQ" in self.grid.scheme else ""
        return Facts(digest_of_network(self.network), digest_of(images), about(self.splits), self.grid, learner)

    def points(self, found: Fewest | None = None) -> list[Point[Plan]]:
        """Return the points of the grid, their integer bits from the ranges of the first images."""
        points = make_points(self.grid, measured_ranges(self.network, self.splits), self.learner)
        return restrict(points, found) if found else points

    def narrowing(self, max_loss: float) -> Narrowing[Plan]:
        """Return the descent from the first point of the grid, which must not learn in integers."""
        (start,) = make_points(self.grid.first(), measured_ranges(self.network, self.splits), self.learner)
        return Narrowing(start, PlanSignals(self.network), len(self.splits.labelling), max_loss)

    def ready(self, workers: int) -> tuple[Score, Callable[[Point[Plan]], Candidate[Plan]]]:
        """Encode the images, cross-validate the float network on them; return its score and what evaluates a point."""
        task, score = prepare(self.network, self.splits, workers)
        return score, lambda point: evaluate(self.network, point, task, self.learner)


def digest_of_network(network: Network) -> str:
    """Return the SHA-256 of the arrays and constants that inference needs; labels are found anew."""
    digest = hashlib.sha256()
    for field in fields(Network):
        value = getattr(network, field.name)
        if field.name == "labels":
            continue
        if isinstance(value, np.ndarray):
            digest.update(f"{field.name} {value.dtype.str} {value.shape}\n".encode())
            digest.update(np.ascontiguousarray(value).tobytes())
        else:
            digest.update(f"{field.name} {value!r}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class PlanSignals:
    """Weights, membrane and adaptive thresholds; also the synaptic current where it is stored, cast after every input.

    The others are a word each.
    """

    network: Network

    def signals(self, plan: Plan) -> Iterator[tuple[str, Signal]]:
        """Yield them by their names."""
        for name in ("weight", *(("accumulator",) if plan.accumulate == "each" else ()), "membrane", "theta"):
            yield name, plan[name]

    def replaced(self, plan: Plan, name: str, signal: Signal) -> Plan | None:
        """Return the plan with another signal of a name; none where it provably cannot run."""
        narrowed = plan.changed(**{name: signal})
        try:
            program_of(quantise(self.network, narrowed))
        except FxsnnError:
            return None
        return narrowed
