"""Many inputs through a network: stage by stage, all steps at once or in pieces, in parts by threads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from fxsnn.engine.parts import in_parts
from fxsnn.frozen import KERNELS_TAKE
from fxsnn.graph.dense import Dense, DenseAtWork, dense, is_dense
from fxsnn.graph.drive import TOGETHER, Driver
from fxsnn.graph.engine import Engine, stored_in
from fxsnn.graph.order import Stage
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.reading import reduced
from fxsnn.graph.shared import Shared
from fxsnn.graph.starting import REST, Start
from fxsnn.graph.ways import Integers, Words
from fxsnn.program.compiled import Compiled, compiled

_MOST = 1 << 26  # bytes of what is emitted by a group of inputs that run together
_PIECE = 1 << 22  # bytes of what is emitted in some steps of an input, where all of them emit more than that


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """How the populations of a network run: by lists of active inputs, or by sums."""

    dense: Mapping[str, Dense]
    steps: Mapping[str, Compiled]  # of all
    words: Mapping[str, type[np.integer[Any]]]  # in which what each emits is stored, and the input
    rows: Mapping[str, int]  # of the state that is read, of the population whose node is read
    word_bytes: int  # of the input, of all that is emitted, and lists of what is active, in a step
    idle: dict[tuple[int, int, bool], list[_AtWork | _Pieces]] = field(default_factory=dict)  # what may work again

    @contextmanager
    def at_work(
        self, network: QuantisedGraph, together: int, steps: int, *, whole: bool
    ) -> Iterator[_AtWork | _Pieces]:
        """Lend a network to one thread, to run so many inputs together; whole: each of them all steps at once."""
        idle = self.idle.setdefault((together, steps, whole), [])
        try:
            found = idle.pop()
        except IndexError:
            found = (_AtWork if whole else _Pieces)(network, self, together, steps)
        yield found
        idle.append(found)


_Begun = tuple[frozenset[str], ...]  # by population, the states that begin with something else than 0
_SCHEDULES: WeakKeyDictionary[QuantisedGraph, dict[_Begun, Schedule]] = WeakKeyDictionary()


def said_of(
    network: QuantisedGraph,
    inputs: Integers,
    start: Start,
    threads: int,
    shared: Shared | None = None,
    number: int = 0,
) -> Words:
    """Return what the network says of every input, int64[inputs, neurons].

    inputs     int[inputs, steps, words], words of the input's format
    start      what they begin with
    threads    the result does not depend on them
    shared     of networks of the same graph on these inputs, `number` among others, and with this start
    """
    schedule, readout, steps = _schedule(network, start), network.graph.readout, inputs.shape[1]
    answers = np.zeros((len(inputs), network.graph.read.size), np.int64)
    at_once = _MOST // (schedule.word_bytes * steps)
    known, wanted = shared.stages(network, number) if shared and at_once else ({}, {})
    kept = {
        key: {name: np.empty((len(inputs), steps, network.graph[name].size), schedule.words[name]) for name in names}
        for key, stage in wanted.items()
        if (names := stage.populations)
    }

    def part(first: int, last: int) -> None:
        together = max(1, min(TOGETHER, last - first, at_once))
        with schedule.at_work(network, together, steps, whole=at_once > 0) as at_work:
            for n in range(first, last, together):
                some = slice(n, min(n + together, last))
                given = {name: words[some] for name, words in known.items()}
                read, emitted = at_work.read(inputs[some], start.part(some), given)
                answers[some] = reduced(readout, read, steps)
                for arrays in kept.values():
                    for name, words in arrays.items():
                        words[some] = emitted[name]

    in_parts(part, len(inputs), threads)
    if shared:
        shared.keep(kept)
    return answers


def emitted_of(network: QuantisedGraph, inputs: Integers) -> dict[str, Integers]:
    """Return what the input and each population emit, [inputs, steps, neurons], of as few inputs as memory holds.

    inputs     int[inputs, steps, words], words of the input's format
    """
    return _AtWork(network, _schedule(network, REST), max(1, len(inputs)), inputs.shape[1]).played(inputs, REST, {})[0]


def driver_of(network: QuantisedGraph, name: str) -> Driver:
    """Return a population as it runs from rest, of which `dense.is_dense` holds."""
    return _schedule(network, REST).dense[name].driver


def _schedule(network: QuantisedGraph, start: Start) -> Schedule:
    """Return how the populations run, once for each network: networks never change."""
    begun = tuple(start.moved(one) for one in network.graph.populations)
    found = _SCHEDULES.setdefault(network, {})
    if begun not in found:
        found[begun] = _scheduled(network, begun)
    return found[begun]


def _scheduled(network: QuantisedGraph, begun: _Begun) -> Schedule:
    graph, programs, node = network.graph, dict(network.programs), network.graph.readout.node
    rows = dict[str, int]()
    if node:
        name = graph.read.name
        programs[name], state = programs[name].keeping(node)
        rows[name] = [*programs[name].neuron.states].index(state)
    moved = {one.name: states for one, states in zip(graph.populations, begun, strict=True)}
    steps = {name: compiled(program, network.each(name), moved[name]) for name, program in programs.items()}
    at_once = {
        name: dense(network, name, steps[name], rows.get(name))
        for stage in graph.stages
        if is_dense(network, stage)
        for name in stage.populations
    }
    words = {name: stored_in(form) for name, form in network.formats.items()}
    sizes = {INPUT: math.prod(graph.shape)} | {one.name: one.size for one in graph.populations}
    emitted_bytes = sum(size * np.dtype(words[name]).itemsize for name, size in sizes.items())
    listed = sum(3 * one.inputs for one in at_once.values())  # a raster and the active inputs of it
    return Schedule(at_once, steps, words, rows, emitted_bytes + listed)


class _Engines:
    """Populations that run by sums, one input after the other."""

    def __init__(self, network: QuantisedGraph, schedule: Schedule, names: Iterable[str]) -> None:
        self._graph, self._schedule = network.graph, schedule
        self._engines = {name: Engine(network, name, schedule.steps[name]) for name in names}

    def room(self, name: str, *shape: int) -> tuple[Integers, Integers]:
        """Return room for what a population emits, and for the state that is read: without elements if none is."""
        size, schedule = self._graph[name].size, self._schedule
        nodes = (*shape, size) if name in schedule.rows else (*shape[:-1], 0, 0)
        return np.zeros((*shape, size), schedule.words[name]), np.zeros(nodes, schedule.steps[name].word)

    def begin(self, stage: Stage, start: Start, n: int) -> None:
        """Let the populations of a stage hold what input n begins with."""
        for name in stage.populations:
            rows = start.rows(self._graph[name], np.int64)
            self._engines[name].begin(rows[n] if len(rows) else None)

    def advance(
        self, stage: Stage, emitted: Mapping[str, Integers], nodes: Mapping[str, Integers], steps: range
    ) -> None:
        """Do time steps of a stage: write what it emits, and the state that is read, int[steps, neurons].

        Populations of a cycle do one step after the other, any other all of them.
        """
        together = 1 if len(stage.populations) > 1 or stage.stepwise else max(len(steps), 1)
        for first in steps[::together]:
            for name in stage.populations:
                row = self._schedule.rows.get(name, 0)
                self._engines[name].run(emitted, emitted[name], nodes[name], row, first, first + together)


class _AtWork:
    """A network that runs one group of inputs after the other, each stage all steps."""

    def __init__(self, network: QuantisedGraph, schedule: Schedule, together: int, steps: int) -> None:
        self._graph, self._steps, self._word = network.graph, steps, schedule.words[INPUT]
        self._schedule = schedule
        self._dense = {name: DenseAtWork(one, together, steps) for name, one in schedule.dense.items()}
        self._engines = _Engines(network, schedule, schedule.steps.keys() - schedule.dense.keys())

    def read(
        self, inputs: Integers, start: Start, known: Mapping[str, Integers]
    ) -> tuple[Integers, Mapping[str, Integers]]:
        """Return what is read of every input, [inputs, steps, neurons], and what is emitted."""
        emitted, nodes = self.played(inputs, start, known)
        return (nodes if self._graph.readout.node else emitted)[self._graph.read.name], emitted

    def played(
        self, inputs: Integers, start: Start, known: Mapping[str, Integers]
    ) -> tuple[dict[str, Integers], dict[str, Integers]]:
        """Return what is emitted, and the states that are read, by name; what is known to be emitted is not run."""
        engines, words = self._engines, np.require(inputs, self._word, KERNELS_TAKE)
        emitted, nodes = dict[str, Integers]({INPUT: words, **known}), dict[str, Integers]()
        for stage in self._graph.stages:
            if stage.populations[0] in known:
                continue
            if stage.populations[0] in self._dense:
                (name,) = stage.populations
                begun = start.rows(self._graph[name], self._schedule.steps[name].word)
                emitted[name], nodes[name] = self._dense[name].run(emitted, len(inputs), begun)
                continue
            for name in stage.populations:
                emitted[name], nodes[name] = engines.room(name, len(inputs), self._steps)
            for n in range(len(inputs)):
                engines.begin(stage, start, n)
                given = {name: words[n] for name, words in emitted.items()}
                read = {name: nodes[name][n] for name in stage.populations}
                engines.advance(stage, given, read, range(self._steps))
        return emitted, nodes


class _Pieces:
    """A network that runs an input some steps at a time, each stage those steps: what it emits lies in a near cache."""

    def __init__(self, network: QuantisedGraph, schedule: Schedule, together: int, steps: int) -> None:
        del together  # whatever it is, one runs after the other
        self._graph, self._steps = network.graph, min(steps, max(1, _PIECE // schedule.word_bytes))
        self._engines = _Engines(network, schedule, schedule.steps)
        self._past = max((wire.delay for wire in network.graph.projections), default=0)
        shape = self._past + self._steps
        self._emitted = dict[str, Integers](
            {INPUT: np.zeros((shape, math.prod(network.graph.shape)), schedule.words[INPUT])}
        )
        self._nodes = dict[str, Integers]()
        for one in network.graph.populations:
            self._emitted[one.name], self._nodes[one.name] = self._engines.room(one.name, shape)

    def read(
        self, inputs: Integers, start: Start, known: Mapping[str, Integers]
    ) -> tuple[Integers, Mapping[str, Integers]]:
        """Return what is read of every input, [inputs, steps, neurons]; what is emitted is not kept."""
        del known  # nothing: see `said_of`
        return np.stack([self._read(words, start, n) for n, words in enumerate(inputs)]), {}

    def _read(self, words: Integers, start: Start, n: int) -> Integers:
        past, graph, found = self._past, self._graph, list[Integers]()
        for emitted in self._emitted.values():
            emitted[:past] = 0
        for stage in graph.stages:
            self._engines.begin(stage, start, n)
        for first in range(0, len(words), self._steps):
            piece = words[first : first + self._steps]
            steps = range(past, past + len(piece))
            self._emitted[INPUT][past : steps.stop] = piece
            for stage in graph.stages:
                self._engines.advance(stage, self._emitted, self._nodes, steps)
            read = (self._nodes if graph.readout.node else self._emitted)[graph.read.name]
            found.append(read[past : steps.stop].copy())
            for emitted in self._emitted.values():
                emitted[:past] = emitted[len(piece) : steps.stop].copy()
        return np.concatenate(found)
