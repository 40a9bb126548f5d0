"""What a study asks of its subject, whatever network that is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.exploration.candidate import Candidate
from fxsnn.exploration.descent import Narrowing
from fxsnn.exploration.point import Point, Value
from fxsnn.measure.score import Measured
from fxsnn.significance.fewest import Fewest


@dataclass(frozen=True, slots=True)
class Facts:
    """What a subject says of itself."""

    network: str  # SHA-256 of its arrays and constants
    data: str  # SHA-256 of what ranges, and of what accuracies, are measured on
    about: str  # in words what accuracies are measured on
    grid: msgspec.Struct
    learner: str = ""


class Subject(Protocol):
    """A network, the points of a grid, and what they are measured on; all else of a study is the same for all.

    It is pickled on its way to workers.
    """

    def axes(self, found: Fewest | None) -> Mapping[str, Sequence[Value]]:
        """Return the values of each property of the points, as `Grid.axes` has them."""

    def facts(self) -> Facts:
        """Return what the study is of."""

    def points(self, found: Fewest | None) -> Sequence[Point[Any]]:
        """Return every point of the grid, or those that single-signal analysis leaves."""

    def narrowing(self, max_loss: float) -> Narrowing[Any]:
        """Return the descent from the first point of the grid; raises ConfigError where nothing can be narrowed."""

    def ready(self, workers: int) -> tuple[Measured, Callable[[Point[Any]], Candidate[Any]]]:
        """Measure the float network in so many threads; return its score and what evaluates a point."""


def digest_of(arrays: Iterable[NDArray[Any]]) -> str:
    """Return the SHA-256 of arrays, their dtypes and shapes."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
