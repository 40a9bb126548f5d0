"""Rows of a golden set, one a time step, cut into presentations."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """Rows, one a time step, cut into presentations of `steps` rows each."""

    steps: tuple[int, ...]  # of each presentation, 1 or more

    @property
    def rows(self) -> int:
        """Time steps of all presentations together."""
        return sum(self.steps)

    @property
    def edges(self) -> list[int]:
        """The row at which each presentation begins, and the number of rows."""
        return [0, *np.cumsum(self.steps).tolist()]

    def place(self, row: int) -> tuple[int, int]:
        """Return presentation and step of a row."""
        presentation = int(np.searchsorted(self.edges, row, side="right")) - 1
        return presentation, row - self.edges[presentation]

    def unrolled(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return rows, int64[rows, ...], by presentation: [presentations, most steps, ...], shorter ones end with 0."""
        found = np.zeros((len(self.steps), max(self.steps), *rows.shape[1:]), rows.dtype)
        for n, (first, last) in enumerate(pairwise(self.edges)):
            found[n, : last - first] = rows[first:last]
        return found

    def begin(self) -> NDArray[np.int64]:
        """Return 1 for each row at which a presentation begins, int64[rows]."""
        marks = np.zeros(self.rows, dtype=np.int64)
        marks[self.edges[:-1]] = 1
        return marks
