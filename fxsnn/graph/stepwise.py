"""What arrives at a population of several inputs, step by step, of what was emitted."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.connect import Projection
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.rows import bring_alone, bring_rows
from fxsnn.graph.ways import Words


class Arrivals:
    """What arrives at a population: what sources outside its stage bring is added up for all steps at once.

    emitted    int[inputs, steps, words] of every source; those of the stage are read when a step asks for them
    stage      sources that are not known by now: the populations that advance together with it
    """

    def __init__(
        self, network: QuantisedGraph, name: str, emitted: Mapping[str, NDArray[np.integer]], stage: Collection[str]
    ) -> None:
        graph, neuron = network.graph, network.graph[name].neuron
        self._network, self._emitted, self._size = network, emitted, graph[name].size
        self._each, self._names = neuron.one_by_one, [*neuron.inputs]
        self._into = {given: graph.into(name, given) for given in self._names}
        self._late = {
            given: [one for one in into if one.source in stage]
            for given, into in self._into.items()
            if given not in self._each
        }
        self._whole: dict[str, Words] = {}
        for given in self._late:
            early = [one for one in self._into[given] if one.source not in stage]
            for one in early:
                brought = self._brought(one, _delayed(emitted[one.source].astype(np.int64), one.delay))
                self._whole[given] = self._whole[given] + brought if given in self._whole else brought

    def at(self, t: int) -> tuple[dict[str, Words], dict[str, Words]]:
        """Return what arrives in a step, int64[inputs, neurons], by input of the text; and see `Player.step`.

        Where the text takes active inputs one by one, int64[active, inputs, neurons]: the projections come in the order
        of the network, their inputs ascending; with int64[active, inputs], 0 where an input has fewer than others. What
        does not reach a neuron brings it 0; a maximum comes whole.
        """
        come, active = dict[str, Words](), dict[str, Words]()
        for given in self._names:
            if given in self._each:
                come[given], active[given] = self._one_by_one(self._into[given], t)
                continue
            rows = [self._whole[given][:, t]] if given in self._whole else []
            rows += [self._brought(one, self._words(one, t)) for one in self._late[given]]
            come[given] = np.add.reduce(rows)
        return come, active

    def _one_by_one(self, into: tuple[Projection, ...], t: int) -> tuple[Words, Words]:
        found: list[list[Words]] = [[] for _ in next(iter(self._emitted.values()))]
        for one in into:
            left, weights = self._left(one), self._network.weights.get(one.name)
            shape = self._network.graph.shape_at(one.source)
            for rows, words in zip(found, self._words(one, t), strict=True):
                rows += [*(bring_alone(one, weights, words, shape) << left)]
        most = max(map(len, found))
        come, active = np.zeros((most, len(found), self._size), np.int64), np.zeros((most, len(found)), np.int64)
        for n, rows in enumerate(found):
            if rows:
                come[: len(rows), n], active[: len(rows), n] = rows, 1
        return come, active

    def _words(self, one: Projection, t: int) -> Words:
        """Return what the source of a projection emitted that arrives now, int64[inputs, words]."""
        emitted = self._emitted[one.source]
        return emitted[:, t - one.delay].astype(np.int64) if t >= one.delay else np.zeros(emitted[:, 0].shape, np.int64)

    def _left(self, one: Projection) -> int:
        """Return by how many bits what a projection brings is shifted to the point of its input."""
        return self._network.programs[one.target].arrivals[one.input].total.frac - self._network.frac(one)

    def _brought(self, one: Projection, words: Words) -> Words:
        """Return what words, int64[..., source], bring at the point of the input, int64[..., neurons]."""
        network, graph = self._network, self._network.graph
        rows = words.reshape(-1, words.shape[-1])
        if not len(rows):
            return np.zeros((*words.shape[:-1], self._size), np.int64)
        brought = bring_rows(one, network.weights.get(one.name), rows, graph.shape_at(one.source))
        return brought.reshape(*words.shape[:-1], self._size) << self._left(one)


def _delayed(words: Words, delay: int) -> Words:
    """Return words, int64[inputs, steps, words], so many steps later: 0 before."""
    if not delay:
        return words
    found = np.zeros_like(words)
    found[:, delay:] = words[:, : max(words.shape[1] - delay, 0)]
    return found
