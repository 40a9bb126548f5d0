"""What a bundle presents: input spikes cut into presentations, each from a state of its own, and the response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.emulate import State, Trace, emulate, spikes_of
from fxsnn.encode import Spikes
from fxsnn.errors import ConfigError
from fxsnn.frozen import freeze
from fxsnn.quantised import SITES, QuantisedNetwork


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
        """Return rows, [rows, ...], by presentation: [presentations, most steps, ...], shorter ones end with 0."""
        found = np.zeros((len(self.steps), max(self.steps), *rows.shape[1:]), rows.dtype)
        for n, (first, last) in enumerate(pairwise(self.edges)):
            found[n, : last - first] = rows[first:last]
        return found

    def begin(self) -> NDArray[np.int64]:
        """Return 1 for each row at which a presentation begins, int64[rows]."""
        marks = np.zeros(self.rows, dtype=np.int64)
        marks[self.edges[:-1]] = 1
        return marks


@dataclass(frozen=True, slots=True, eq=False)
class Stimuli(Timed):
    """Rows of input spikes, one a time step, cut into presentations of `steps` rows each.

    Before each presentation the LFSRs are set to their seeds and the neurons to its state.
    """

    raster: NDArray[np.uint8]  # uint8[rows, inputs], 0 or 1
    steps: tuple[int, ...]  # of each presentation, 1 or more
    membrane: NDArray[np.int64]  # int64[presentations, neurons], raw words to begin with
    refractory: NDArray[np.int64]  # int64[presentations, neurons]

    def __post_init__(self) -> None:
        freeze(self)

    def only(self, presentation: int) -> Stimuli:
        """Return one presentation alone."""
        first, last = self.edges[presentation : presentation + 2]
        one = slice(presentation, presentation + 1)
        return Stimuli(self.raster[first:last], self.steps[one], self.membrane[one], self.refractory[one])

    def then(self, others: Stimuli) -> Stimuli:
        """Return these presentations followed by others."""
        return Stimuli(
            np.concatenate([self.raster, others.raster]),
            self.steps + others.steps,
            np.concatenate([self.membrane, others.membrane]),
            np.concatenate([self.refractory, others.refractory]),
        )


def stimuli_of(spikes: Spikes, neurons: int) -> Stimuli:
    """Return encoded images as presentations from a cleared layer.

    Raises
    ------
    ConfigError
        There is no image, or an image has no step.
    """
    if spikes.images < 1 or spikes.steps < 1:
        raise ConfigError("golden vectors must be of one or more images of one or more steps, not none")
    cleared = np.zeros((spikes.images, neurons), dtype=np.int64)
    raster = spikes.raster().reshape(-1, spikes.inputs)
    return Stimuli(raster, (spikes.steps,) * spikes.images, cleared, cleared.copy())


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """The response to all presentations: every node, raw int64[rows, neurons]."""

    nodes: dict[str, NDArray[np.int64]]
    draws: dict[str, NDArray[np.int64]]  # what each cast added, 0 where none was drawn; only of sites that draw
    registers: NDArray[np.int64]  # int64[rows, sites], after each step
    counts: dict[str, dict[str, int]]  # by site: casts, inexact, ties, overflows
    equalities: int
    spikes: int

    def __post_init__(self) -> None:
        freeze(self)

    def counted(self) -> dict[str, Any]:
        """Return what the manifest counts of all presentations."""
        return {"casts": self.counts, "threshold_equalities": self.equalities, "spikes": self.spikes}

    def only(self, first: int, last: int) -> Played:
        """Return the nodes of rows first to last alone; the counts stay those of all rows."""
        return replace(
            self,
            nodes={name: words[first:last] for name, words in self.nodes.items()},
            draws={name: words[first:last] for name, words in self.draws.items()},
            registers=self.registers[first:last],
        )

    def before(self, stimuli: Stimuli, node: str) -> NDArray[np.int64]:
        """Return the membrane or the refractory counters before each step, int64[rows, neurons]."""
        shifted = np.roll(self.nodes[node], 1, axis=0)
        shifted[stimuli.edges[:-1]] = getattr(stimuli, node)
        return shifted


def play(network: QuantisedNetwork, stimuli: Stimuli) -> Played:
    """Run every presentation; raises as `emulate` does."""
    traces = []
    for presentation, (first, last) in enumerate(pairwise(stimuli.edges)):
        state = State(stimuli.membrane[presentation], stimuli.refractory[presentation])
        traces.append(emulate(network, spikes_of(stimuli.raster[None, first:last]), start=state))
    return joined(traces)


def joined(parts: Sequence[Trace | Played]) -> Played:
    """Return what several presentations gave, one after the other."""
    kinds = ("casts", "inexact", "ties", "overflows")
    return Played(
        nodes={name: np.concatenate([part.nodes[name] for part in parts]) for name in parts[0].nodes},
        draws={name: np.concatenate([part.draws[name] for part in parts]) for name in parts[0].draws},
        registers=np.concatenate([part.registers for part in parts]),
        counts={s: {kind: sum(part.counts[s][kind] for part in parts) for kind in kinds} for s in SITES},
        equalities=sum(part.equalities for part in parts),
        spikes=sum(part.spikes for part in parts),
    )
