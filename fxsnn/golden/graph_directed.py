"""Inputs that reach the corners of a network of populations: made ones, those that drive one neuron, drawn ones.

Every input begins at rest, so that corners are reached by inputs alone. Each is played, and kept only if it reaches a
corner that none before it did. The same inputs on every machine.

TRIALS inputs are tried, or as many as MOST_WORK allows: words of operations, and what they cost beside it. Where that
is fewer than FEWEST, none is: the set of such a network is large, and each further input would take as long again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from fxsnn.frozen import freeze
from fxsnn.golden.corners import Reached
from fxsnn.golden.directed import Draws
from fxsnn.golden.graph_ranges import work_of
from fxsnn.golden.graph_reach import unreachable
from fxsnn.golden.graph_tally import Tallies, Tally, chosen, reached, refused, tallied, together
from fxsnn.graph.connect import Projection, windows
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.starting import Start
from fxsnn.program.variant import Ints

TRIALS, FEWEST = 240, 8
AT_ONCE = 16  # inputs that are played together
PATIENCE = 96  # trials in a row without a new corner, after which the search ends
MOST_WORK = 1 << 28
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


def cover(network: QuantisedGraph, inputs: Ints, start: Start, *, aimed: bool) -> Covered:
    """Return the corners that inputs reach, with others directed at them behind if `aimed`.

    inputs    int64[inputs, steps, words], which no overflow mode refuses
    start     what they begin with; those directed begin at rest
    """
    words = inputs.reshape(*inputs.shape[:2], -1).astype(np.int64)
    steps = words.shape[1]
    given, parts = tallied(network, words, start.words), list[Tallies]()
    cannot = {} if start.words else unreachable(network, steps)  # that is proved from rest
    extra = words[:0]
    if aimed:
        extra, parts = directed_inputs(network, given, steps, cannot)
    return Covered(extra, reached(together([given, *parts]), steps), cannot)


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
    draws, tried = Draws(seed), 0
    full = np.full(shape, network.graph.format.highest, np.int64)
    ends = np.stack([full, np.where(np.arange(steps)[:, None] % 2 == 0, full, 0)])
    known = tallied(network, ends)
    able = np.flatnonzero(~refused(network, known)).tolist()
    parts: list[Tallies] = [chosen(known, [n]) for n in able]
    found: list[Ints] = [ends[n] for n in able]
    missed = {name for name, tally in given.items() if not tally.count.any()} - cannot.keys()
    for n in able:
        missed -= _new(known, n, missed)
    made, kept, since = _made(network, shape), list[Ints](), 0
    while missed and tried < most and since < PATIENCE:
        batch = [next(made, None) for _ in range(min(AT_ONCE, most - tried))]
        shown = np.stack([_drawn(network, draws, shape, [*found, *kept]) if one is None else one for one in batch])
        told = tallied(network, shown)
        wrong = refused(network, told)
        tried += len(shown)
        for n, one in enumerate(shown):
            new = set() if wrong[n] else _new(told, n, missed)
            since = 0 if new else since + 1
            if new:
                missed -= new
                kept.append(one)
                parts.insert(len(parts) - (len(found) > 1), chosen(told, [n]))
    found[1:1] = kept
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


def _new(told: Mapping[str, Tally], n: int, missed: set[str]) -> set[str]:
    return {name for name in missed if told[name].count[n]}


def _made(network: QuantisedGraph, shape: tuple[int, int]) -> Iterator[Ints]:
    """Yield inputs that are the same for every network of a shape: fronts, halves, single cells, silence."""
    form, cells, (steps, words) = network.graph.format, network.graph.shape, shape
    step, word = np.indices(shape)
    places = np.unravel_index(np.arange(words), cells)
    whole = sum(places) % 2  # a chessboard of a map
    shows = [step < 1, step < steps // 2, step >= steps // 2, (step + word) % 2 == 0, word == step % words]
    shows += [np.broadcast_to(one, shape) for one in (whole == 0, word == 0, word == words - 1, word < words // 2)]
    if len(cells) == 3:
        shows += [np.broadcast_to(places[2] == channel, shape) for channel in range(min(cells[2], 2))]
        shows += [places[axis][None] == step % cells[axis] for axis in (0, 1)]
    for one in shows:
        yield np.where(one, form.highest, 0)
    yield np.zeros(shape, np.int64)
    if form.highest > 1:
        yield np.ones(shape, np.int64)
    if form.signed:
        yield np.full(shape, form.lowest, np.int64)
        yield np.where((step + word) % 2 == 0, form.highest, form.lowest)
        yield np.where(step % 2 == 0, form.highest, form.lowest)


def _drawn(network: QuantisedGraph, draws: Draws, shape: tuple[int, int], before: list[Ints]) -> Ints:
    """Return a drawn input: words here and there, in bursts, one that drives a neuron, or one of before, changed."""
    form, steps, size = network.graph.format, shape[0], math.prod(shape)
    kind = draws.one(5)
    dense = 1 << draws.one(7)  # of 64 words so many are shown
    shown = draws.below(64, size).reshape(shape) < dense
    fresh = draws.word(form.lowest, form.highest, size).reshape(shape)
    if draws.one(2):
        fresh = np.where(draws.below(2, size).reshape(shape) > 0, form.highest, form.lowest)
    if kind == 0 and before:
        few = draws.below(64, size).reshape(shape) < 1 + draws.one(16)
        return np.where(few, np.where(shown, fresh, 0), before[draws.one(len(before))])
    wires = [one for one in network.graph.projections if one.source == INPUT and one.kind in ("dense", "conv", "scale")]
    if kind < 3 and wires:
        one = wires[draws.one(len(wires))]
        pull = np.sign(weights_to(network, one, draws.one(network.graph[one.target].size)))
        turn, rows = draws.one(steps + 1), np.arange(steps)[:, None]
        signs = np.where(rows < turn, 1, -1) * (1 if draws.one(2) else -1)
        if draws.one(2):
            signs = draws.word(-1, 1, steps)[:, None]
        toward = signs * pull
        driven = np.where(toward > 0, form.highest, np.where(toward < 0, form.lowest, 0))
        return np.where(shown | (draws.one(2) == 0), driven, 0)
    if draws.one(2):  # in bursts
        shown &= draws.below(2, steps)[:, None] > 0
    return np.where(shown, fresh, 0)


def weights_to(network: QuantisedGraph, one: Projection, n: int) -> Ints:
    """Return the weights by which a dense, conv or scale projection drives a neuron: int64[words of the source]."""
    weights, shape = network.weights[one.name], network.graph.shape_at(one.source)
    if one.kind == "dense":
        return np.asarray(weights[:, n])
    found = np.zeros(shape, np.int64)
    if one.kind == "scale":
        flat = weights.reshape(-1)
        found.reshape(-1)[n] = flat[n % flat.size]
        return found.reshape(-1)
    outputs, (_, across) = weights.shape[3], windows(one, shape)
    inputs, first = weights.shape[2], n % outputs // (outputs // one.groups)
    row, column = divmod(n // outputs, across)
    for y in range(one.kernel[0]):
        for x in range(one.kernel[1]):
            down, right = row * one.steps[0] + y - one.padding[0], column * one.steps[1] + x - one.padding[1]
            if 0 <= down < shape[0] and 0 <= right < shape[1]:
                found[down, right, first * inputs : (first + 1) * inputs] = weights[y, x, :, n % outputs]
    return found.reshape(-1)
