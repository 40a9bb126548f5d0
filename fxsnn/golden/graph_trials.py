"""Inputs that are tried in search of corners: made ones, those that drive one neuron, drawn ones, changed ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from fxsnn.graph.connect import Projection, windows
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.program.variant import Ints


class Draws:
    """Integers drawn from PCG64's raw words: the same on every machine, with every version of NumPy."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def below(self, bound: int, size: int) -> Ints:
        """Return int64[size] from 0 to bound - 1, for bounds below 2**31 nearly uniform."""
        return ((self._bits.random_raw(size) >> 33).astype(np.int64) * bound) >> 31

    def one(self, bound: int) -> int:
        """Return one integer from 0 to bound - 1."""
        return int(self.below(bound, 1)[0])

    def word(self, low: int, high: int, size: int) -> Ints:
        """Return words from low to high."""
        raw = (self._bits.random_raw(size) >> 2).astype(np.int64)
        return low + raw % min(high - low + 1, 1 << 62)


def made(network: QuantisedGraph, shape: tuple[int, int]) -> Iterator[Ints]:
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


def drawn(network: QuantisedGraph, draws: Draws, shape: tuple[int, int], before: Sequence[Ints]) -> Ints:
    """Return a drawn input: one of before with some words changed, one that drives a neuron, words drawn, bursts."""
    form, steps, size = network.graph.format, shape[0], math.prod(shape)
    kind = draws.one(8)
    dense = 1 << draws.one(7)  # of 64 words so many are active
    active = draws.below(64, size).reshape(shape) < dense
    fresh = draws.word(form.lowest, form.highest, size).reshape(shape)
    if draws.one(2):
        fresh = np.where(draws.below(2, size).reshape(shape) > 0, form.highest, form.lowest)
    if kind < 4 and before:
        few = draws.below(64, size).reshape(shape) < 1 + draws.one(16)
        return np.where(few, np.where(active, fresh, 0), before[draws.one(len(before))])
    wires = [one for one in network.graph.projections if one.source == INPUT and one.kind in ("dense", "conv", "scale")]
    if kind < 6 and wires:
        one = wires[draws.one(len(wires))]
        pull = np.sign(weights_to(network, one, draws.one(network.graph[one.target].size)))
        turn, rows = draws.one(steps + 1), np.arange(steps)[:, None]
        signs = np.where(rows < turn, 1, -1) * (1 if draws.one(2) else -1)
        if draws.one(2):
            signs = draws.word(-1, 1, steps)[:, None]
        toward = signs * pull
        driven = np.where(toward > 0, form.highest, np.where(toward < 0, form.lowest, 0))
        return np.where(active | (draws.one(2) == 0), driven, 0)
    if draws.one(2):  # in bursts
        active &= draws.below(2, steps)[:, None] > 0
    return np.where(active, fresh, 0)


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
