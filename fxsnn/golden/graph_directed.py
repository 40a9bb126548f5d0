"""Inputs that reach the corners of a network of populations: made ones, those that drive one neuron, drawn ones.

Every input begins at rest, so that corners are reached by inputs alone. Each is played, and kept only if it reaches a
corner that none before it did. The same inputs on every machine.

A drawn input is often one that came nearest to a corner, with some words changed: the value under a cast that lies
highest or lowest, or is the least away from the limit of a comparison.

TRIALS inputs are tried, or as many as MOST_WORK allows: words of operations, and what they cost beside it. Where that
is fewer than FEWEST, none is: the set of such a network is large, and each further input would take as long again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from fxsnn.frozen import freeze
from fxsnn.golden.corners import Reached, Where
from fxsnn.golden.graph_ranges import work_of
from fxsnn.golden.graph_reach import unreachable
from fxsnn.golden.graph_tally import (
    FAR,
    Tallies,
    Tally,
    aim_of,
    chosen,
    reached,
    refused,
    searched,
    tallied,
    together,
)
from fxsnn.golden.graph_trials import Draws, drawn, made
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.starting import REST, Start
from fxsnn.program.variant import Ints

TRIALS, FEWEST = 480, 8
AT_ONCE = 16  # inputs that are played together
PATIENCE = 160  # trials in a row without a new corner, after which the search ends
MOST_WORK = 1 << 28
MOST_WORDS = 1 << 22  # that inputs which are played together emit
_STEP, _ALONE, _ROW = 3_000, 50_000, 300  # what a step, one of an input alone, and an active input cost, in words


@dataclass(frozen=True, slots=True, eq=False)
class Covered:
    """The corners of a network: which inputs reach, and which cannot be reached, by name with the reason.

    directed    inputs that follow the given ones: int64[inputs, steps, words]
    """

    directed: Ints
    reached: Mapping[str, Reached]
    cannot: Mapping[str, str]

    def __post_init__(self) -> None:
        freeze(self)


def cover(network: QuantisedGraph, inputs: Ints, start: Start = REST, *, aimed: bool) -> Covered:
    """Return the corners that inputs reach, with others directed at them behind if `aimed`.

    inputs    int64[inputs, steps, words], which no overflow mode refuses
    start     what they begin with; those directed begin at rest
    """
    words, steps, parts = inputs.reshape(*inputs.shape[:2], -1), inputs.shape[1], list[Tallies]()
    given = together(list(_tallied(network, words, start)))
    cannot = {} if start.words else unreachable(network, steps)  # that is proved from rest
    extra = words[:0]
    if aimed:
        extra, parts = directed_inputs(network, given, steps, cannot)
    return Covered(extra, reached(together([given, *parts]), steps), cannot)


def _tallied(network: QuantisedGraph, words: Ints, start: Start) -> Iterator[Tallies]:
    """Yield the tallies of some inputs at a time: what is emitted meanwhile is in memory."""
    wide = sum(one.size for one in network.graph.populations) + words.shape[2]
    some = max(1, min(AT_ONCE, MOST_WORDS // (wide * words.shape[1])))
    for n in range(0, len(words), some):
        chosen = slice(n, n + some)
        yield tallied(network, words[chosen].astype(np.int64), start.part(chosen).words)


def directed_inputs(
    network: QuantisedGraph, given: Tallies, steps: int, cannot: Mapping[str, str], seed: int = 0
) -> tuple[Ints, list[Tallies]]:
    """Return inputs of so many steps for corners that the given ones do not reach, and what those reach.

    The first one, every word at its highest, and the last, the same in every other step, are there in any case: an
    input must not see what the one before it left. int64[inputs, steps, words]

    given     what the inputs before these reach
    cannot    corners that no input reaches
    """
    shape = steps, math.prod(network.graph.shape)
    most = trials_for(network, steps)
    if not most:
        return np.zeros((0, *shape), np.int64), []
    full = np.full(shape, network.graph.format.highest, np.int64)
    ends = np.stack([full, np.where(np.arange(steps)[:, None] % 2 == 0, full, 0)])
    search = _Search(network, {name for name, tally in given.items() if not tally.many.any()} - cannot.keys())
    tallies = search.play(ends)
    able = [n for n in range(len(ends)) if search.new(tallies, n) is not None]
    parts: list[Tallies] = [chosen(tallies, [n]) for n in able]
    found: list[Ints] = [ends[n] for n in able]
    ready, draws, tried, since = made(network, shape), Draws(seed), 0, 0
    while search.missed and tried < most and since < PATIENCE:
        before = [*search.nearest.values()] or found
        batch = [next(ready, None) for _ in range(min(AT_ONCE, most - tried))]
        inputs = np.stack([drawn(network, draws, shape, before) if one is None else one for one in batch])
        tallies = search.play(inputs)
        tried += len(inputs)
        for n, one in enumerate(inputs):
            new = search.new(tallies, n)
            since = 0 if new else since + 1
            if new:
                last = len(found) - (len(able) > 1)
                found.insert(last, one)
                parts.insert(last, chosen(tallies, [n]))
    return np.stack(found) if found else np.zeros((0, *shape), np.int64), parts


def trials_for(network: QuantisedGraph, steps: int) -> int:
    """Return how many inputs are tried for a network: none where each takes long."""
    graph, work = network.graph, work_of(network)
    for one in graph.populations:
        work += _STEP
        if one.neuron.one_by_one:
            sources = [wire.source for given in one.neuron.one_by_one for wire in graph.into(one.name, given)]
            rows = sum(math.prod(graph.shape_at(source)) for source in sources)
            work += _ALONE + rows * len(one.neuron.operations) * (_ROW + one.size)
    most = min(TRIALS, MOST_WORK // (steps * work))
    return most if most >= FEWEST else 0


@dataclass(slots=True)
class _Search:
    """The corners that are still missed, and the inputs that came nearest to them."""

    network: QuantisedGraph
    missed: set[str]
    nearest: dict[str, Ints] = field(default_factory=dict)  # by aim
    _away: dict[str, int] = field(default_factory=dict)
    _refused: Where = field(init=False)

    def play(self, inputs: Ints) -> dict[str, Tally]:
        """Play inputs and note which come nearer to missed corners than any before; return what they reach."""
        wanted = {aim for aim in map(aim_of, self.missed) if aim}
        tallies, away = searched(self.network, inputs, wanted)
        self._refused = refused(self.network, tallies)
        self.nearest = {aim: one for aim, one in self.nearest.items() if aim in wanted}
        for aim, distances in away.items():
            distances[self._refused] = FAR
            n = int(distances.argmin())
            if distances[n] < self._away.get(aim, FAR):
                self._away[aim], self.nearest[aim] = int(distances[n]), inputs[n]
        return tallies

    def new(self, tallies: Mapping[str, Tally], n: int) -> set[str] | None:
        """Return the corners that an input reaches first, which are missed no more; None where it is refused."""
        if self._refused[n]:
            return None
        found = {name for name in self.missed if tallies[name].many[n]}
        self.missed -= found
        return found
