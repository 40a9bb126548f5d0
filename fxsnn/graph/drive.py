"""A layer's compiled step over whole batches: by lists of active inputs, or by rasters that are listed on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.lanes import Rows
from fxsnn.kernels import layer
from fxsnn.program.compiled import Compiled

TOGETHER = 16  # images whose active inputs are listed before they are run: their lists stay in a near cache
Begun: TypeAlias = NDArray[np.signedinteger] | None
NO_RASTER, NO_COUNTS = np.empty((0, 0, 0), np.uint8), np.empty((0, 0), np.int64)


class Written(NamedTuple):
    """What a run writes; an array without elements is not written."""

    counts: NDArray[np.signedinteger] = NO_COUNTS  # int[images, neurons]: what is emitted is added
    emitted: NDArray[np.integer[Any]] = NO_RASTER  # uint8 | int64 [images, steps, neurons]
    nodes: NDArray[np.integer[Any]] = NO_RASTER  # int[images, steps, neurons]: a state after every step
    row: int = 0  # of that state


class Own(NamedTuple):
    """Projections by which neurons drive themselves: delays, and the first input of each, int64[projections]."""

    delays: NDArray[np.int64]
    places: NDArray[np.int64]


class Lists:
    """Room for the active inputs of rasters, used again and again."""

    def __init__(self, rows: int, inputs: int) -> None:
        self.starts = np.zeros(rows + 1, np.int64)
        self.indices = np.empty(rows * inputs + 8, index_type(inputs))

    def of(self, raster: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.unsignedinteger]]:
        """Return where the events of each row begin, and the active inputs, of a raster uint8[rows, inputs]."""
        layer.gather(self.starts[: len(raster) + 1], self.indices, raster)
        listed = self.starts.view(), self.indices.view()
        for array in listed:  # as those of `Spikes`, for which the kernel is compiled
            array.flags.writeable = False
        return listed


def index_type(inputs: int) -> type[np.integer[Any]]:
    """Return the words that hold the number of an input."""
    return np.uint16 if inputs <= 1 << 16 else np.int64


@dataclass(slots=True, eq=False)
class Driver:
    """A layer: its step, its weights, and its registers before the first step; arrays as the kernels take them."""

    step: Compiled
    rows: Rows
    seeds: NDArray[np.int64]  # int64[streams]
    taps: NDArray[np.int64]

    def run(
        self,
        written: Written,
        images: int,
        steps: int,
        starts: NDArray[np.int64],
        indices: NDArray[np.unsignedinteger],
        begun: Begun = None,
        own: tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]] | None = None,
    ) -> None:
        """Run images, each from a cleared layer or what it begins with.

        starts     int64[images * steps + 1], where the events of each step begin
        indices    the active inputs, ascending within a step
        begun      int[images, states, neurons] of the step's words, what states begin with; 0 if not given
        own        of a layer that drives itself, see `layer.respond`
        """
        step, rows = self.step, self.rows
        layer.respond(
            *written,
            images,
            steps,
            rows.words,
            starts,
            indices,
            own,
            np.zeros((0, 0, 0), step.word) if begun is None else begun,
            step.room(),
            step.fixed,
            step.words,
            rows.chunk,
            rows.together,
            rows.lane,
            self.seeds,
            self.taps,
            step.draw_room(),
            step.called(written.emitted, rows.words, indices),
            step.emitted.adds_each,
        )

    def run_own(self, written: Written, images: int, raster: NDArray[np.uint8], own: Own, begun: Begun = None) -> None:
        """Run images through a layer that drives itself.

        raster     uint8[images * steps, inputs], into which own spikes are written
        begun      as of `run`
        """
        room = Lists(1, raster.shape[1])
        self.run(written, images, len(raster) // images, room.starts, room.indices, begun, (raster, *own))
