"""Many inputs through a network: stage by stage, populations all steps at once where they can, in parts by threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from fxsnn.drive import TOGETHER
from fxsnn.emulate import in_parts
from fxsnn.frozen import KERNELS_TAKE
from fxsnn.graph.dense import Dense, DenseAtWork, Held, dense, is_bits, is_dense
from fxsnn.graph.engine import Engine
from fxsnn.graph.order import Stage
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.reading import reduced
from fxsnn.graph.stepwise import Words
from fxsnn.program.compiled import Compiled, compiled

_MOST = 1 << 26  # bytes of what is emitted by a group of inputs that run together


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """How the populations of a network run: by lists of active inputs, or by sums."""

    dense: Mapping[str, Dense]
    steps: Mapping[str, Compiled]  # of all
    word_bytes: int  # that all populations emit, and lists of what is active, in a step


_SCHEDULES: WeakKeyDictionary[QuantisedGraph, Schedule] = WeakKeyDictionary()


def said_of(network: QuantisedGraph, inputs: NDArray[np.integer[Any]], threads: int) -> Words:
    """Return what the network says of every input, int64[inputs, neurons].

    inputs     int[inputs, steps, words], words of the input's format
    threads    the result does not depend on them
    """
    schedule, readout, steps = _schedule(network), network.graph.readout, inputs.shape[1]
    said = np.zeros((len(inputs), network.graph.read.size), np.int64)

    def part(first: int, last: int) -> None:
        together = max(1, min(TOGETHER, last - first, _MOST // (schedule.word_bytes * steps)))
        at_work = _AtWork(network, schedule, together, steps)
        for n in range(first, last, together):
            some = slice(n, min(n + together, last))
            said[some] = reduced(readout, at_work.read(inputs[some]), steps)

    in_parts(part, len(inputs), threads)
    return said


def _schedule(network: QuantisedGraph) -> Schedule:
    """Return how the populations run, once for each network: networks never change."""
    found = _SCHEDULES.get(network)
    if found is None:
        found = _SCHEDULES[network] = _scheduled(network)
    return found


def _scheduled(network: QuantisedGraph) -> Schedule:
    graph = network.graph
    steps = {one.name: compiled(network.programs[one.name], network.each(one.name)) for one in graph.populations}
    at_once = {
        name: dense(network, name, steps[name], graph.readout.node if name == graph.read.name else "")
        for stage in graph.stages
        if is_dense(network, stage)
        for name in stage.populations
    }
    held = sum(one.size * np.dtype(_held(network, one.name)).itemsize for one in graph.populations)
    listed = sum(3 * one.inputs for one in at_once.values())  # a raster and the active inputs of it
    return Schedule(at_once, steps, held + listed)


def _held(network: QuantisedGraph, name: str) -> type[np.integer[Any]]:
    """Return the type in which what a population or the input emits is held."""
    return np.uint8 if is_bits(network.formats[name]) else np.int64


class _AtWork:
    """A network that runs one group of inputs after the other."""

    def __init__(self, network: QuantisedGraph, schedule: Schedule, together: int, steps: int) -> None:
        self._network, self._schedule, self._steps = network, schedule, steps
        self._dense = {name: DenseAtWork(one, together, steps) for name, one in schedule.dense.items()}
        self._engines = {
            name: Engine(network, name, step) for name, step in schedule.steps.items() if name not in schedule.dense
        }

    def read(self, inputs: NDArray[np.integer[Any]]) -> Held:
        """Return what is read of every input, [inputs, steps, neurons]."""
        graph = self._network.graph
        words = np.require(inputs, _held(self._network, INPUT), KERNELS_TAKE)
        emitted, nodes = dict[str, Held]({INPUT: words}), dict[str, Held]()
        for stage in graph.stages:
            if stage.populations[0] in self._dense:
                (name,) = stage.populations
                emitted[name], nodes[name] = self._dense[name].run(emitted, len(inputs))
            else:
                self._by_sums(stage, emitted, nodes, len(inputs))
        return (nodes if graph.readout.node else emitted)[graph.read.name]

    def _by_sums(self, stage: Stage, emitted: dict[str, Held], nodes: dict[str, Held], images: int) -> None:
        """Run a stage, one input after the other; add what its populations emit, and the state that is read.

        Populations of a cycle do one step after the other, any other all of them.
        """
        graph, steps = self._network.graph, self._steps
        many = len(stage.populations) > 1 or stage.stepwise
        for name in stage.populations:
            shape, read = (images, steps, graph[name].size), name == graph.read.name and graph.readout.node
            emitted[name] = np.empty(shape, _held(self._network, name))
            nodes[name] = np.empty(shape if read else (images, 0, 0), self._schedule.steps[name].word)
        for image in range(images):
            given = {name: words[image] for name, words in emitted.items()}
            for name in stage.populations:
                self._engines[name].begin()
            for first in range(0, steps, 1 if many else steps):
                stop = first + 1 if many else steps
                for name in stage.populations:
                    node = graph.readout.node if nodes[name].size else ""
                    self._engines[name].run(given, given[name], nodes[name][image], node, first, stop)
