"""What active inputs bring to a population whose text takes each by itself, as its compiled step takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.laid import holds
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.reading import delayed
from fxsnn.graph.ways import Integers, Way, Words
from fxsnn.kernels.projections import add_dense
from fxsnn.program.program import Program

_BIT = (0, 1)
_ROOM = (np.int16, np.int32, np.int64)


class Alone:
    """What inputs bring alone.

    Of each input of the text that takes them so, the projections come in the order of the network, their inputs
    ascending; a maximum comes whole. What a bit brings by dense weights is their row, and nothing is copied where all
    are such.
    """

    def __init__(self, network: QuantisedGraph, name: str, ways: Sequence[Way]) -> None:
        one, formats = network.graph[name], network.formats
        each = one.neuron.one_by_one
        self._ways = [way for given in each for way in ways if way.given == given]
        self._each = len(each)
        self._last = [sum(way.given in each[: n + 1] for way in self._ways) for n in range(len(each))]
        ends = [(formats[way.source].lowest, formats[way.source].highest) for way in self._ways]
        self._known = all(way.kernel is add_dense for way in self._ways) and {*ends} == {_BIT}
        rows = [way.fixed[0] for way in self._ways if self._known]
        self._rows: Integers = np.zeros(
            (0, one.size), _narrowest(network.programs[name])
        )  # room, or the weights of all
        if rows:
            self._rows = rows[0] if len(rows) == 1 else np.concatenate(rows)
        self._stops = [0, *np.cumsum([len(one) for one in rows]).tolist()]
        self._order = np.arange(0)  # of as many rows as there is room for

    def brought(self, emitted: Mapping[str, Integers], step: int) -> tuple[Integers, Words]:
        """Return what inputs bring, int[rows, neurons], and the rows of those that are active, as `step` takes them."""
        if not self._each:
            return self._rows, self._order
        words = [delayed(emitted[way.source], step, way.delay) for way in self._ways]
        if self._known:
            bits = words[0] if len(words) == 1 else np.concatenate(words)
            active, stops = bits.view(bool).nonzero()[0], self._stops
        else:
            active, stops = self._written(words)
        if self._each > 1:
            active = np.concatenate(
                [self._each + np.searchsorted(active, [stops[last] for last in self._last]), active]
            )
        return self._rows, active

    def _written(self, words: Sequence[NDArray[Any]]) -> tuple[Words, list[int]]:
        """Write what words bring; return all rows, and where those of each projection end, after a 0."""
        stops = [0]
        for way, given in zip(self._ways, words, strict=True):
            stops.append(stops[-1] + way.brings(given))
        if len(self._rows) < stops[-1]:  # seldom: memory that is new is slow
            self._rows = np.zeros((2 * stops[-1], self._rows.shape[1]), self._rows.dtype)
            self._order = np.arange(len(self._rows))
        for n, (way, given) in enumerate(zip(self._ways, words, strict=True)):
            way.alone(given, self._rows[stops[n] : stops[n + 1]])
        return self._order[: stops[-1]], stops


def _narrowest(program: Program) -> type[np.signedinteger[Any]]:
    """Return the type of what inputs bring alone: narrow words are written and read in less time."""
    ends = [
        end << arrival.total.frac - arrival.one.frac
        for arrival in (program.arrivals[given] for given in program.neuron.one_by_one)
        for end in (arrival.one.low, arrival.one.high)
    ]
    bounds = min(ends, default=0), max(ends, default=0)
    return next(kind for kind in _ROOM if holds(8 * np.dtype(kind).itemsize, bounds))
