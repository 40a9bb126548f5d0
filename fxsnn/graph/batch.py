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
from fxsnn.graph.stepwise import Words, through
from fxsnn.program.compiled import Compiled, compiled

_MOST = 1 << 26  # bytes of what is emitted by a group of inputs that run together


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """How the populations of a network run: all steps at once, or step by step."""

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


def emitted_of(network: QuantisedGraph, inputs: NDArray[np.integer[Any]]) -> dict[str, Held]:
    """Return what the input and each population emit, [inputs, steps, neurons], of as few inputs as memory holds.

    inputs     int[inputs, steps, words], words of the input's format
    """
    return _AtWork(network, _schedule(network), max(1, len(inputs)), inputs.shape[1]).played(inputs)[0]


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
        self._network, self._steps = network, steps
        self._dense = {name: DenseAtWork(one, together, steps) for name, one in schedule.dense.items()}
        self._engines = {
            name: Engine(network, name, step) for name, step in schedule.steps.items() if name not in schedule.dense
        }

    def read(self, inputs: NDArray[np.integer[Any]]) -> Held:
        """Return what is read of every input, [inputs, steps, neurons]."""
        graph = self._network.graph
        emitted, nodes = self.played(inputs)
        return (nodes if graph.readout.node else emitted)[graph.read.name]

    def played(self, inputs: NDArray[np.integer[Any]]) -> tuple[dict[str, Held], dict[str, Held]]:
        """Return what is emitted, and the states that are read, by name."""
        graph = self._network.graph
        words = np.require(inputs, _held(self._network, INPUT), KERNELS_TAKE)
        emitted, nodes = dict[str, Held]({INPUT: words}), dict[str, Held]()
        for stage in graph.stages:
            for name in stage.populations:
                if name in self._dense:
                    emitted[name], nodes[name] = self._dense[name].run(emitted, len(inputs))
            if not any(name in self._dense for name in stage.populations):
                self._stepwise(stage, emitted, nodes, len(inputs))
        return emitted, nodes

    def _stepwise(self, stage: Stage, emitted: dict[str, Held], nodes: dict[str, Held], images: int) -> None:
        """Run a stage, one input after the other; add what its populations emit, and the state that is read."""
        network, names = self._network, stage.populations
        graph, read = network.graph, network.graph.read.name
        sources = {wire.source for wire in graph.projections if wire.target in names and wire.source not in names}
        for name in names:
            emitted[name] = np.empty((images, self._steps, graph[name].size), _held(network, name))
        held = list[Words]()

        def advance(name: str, come: Mapping[str, Words]) -> Words:
            found = self._engines[name].step(come)
            if name == read and graph.readout.node:
                held.append(self._engines[name].state(graph.readout.node))
            return found

        for image in range(images):
            for name in names:
                self._engines[name].begin()
            given = {source: emitted[source][image].astype(np.int64) for source in sources}
            for name, words in through(network, names, given, self._steps, advance).items():
                emitted[name][image] = words
        if held:
            nodes[read] = np.reshape(held, (images, self._steps, -1))
