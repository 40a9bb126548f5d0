"""A quantised network one step at a time, for a bench that follows it: states, emitted words and registers by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.errors import ConfigError, UnknownNameError
from fxsnn.graph.counted import Counted, counts_of
from fxsnn.graph.engine import Engine, drawing, stored_in
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.reading import as_words, delayed
from fxsnn.graph.refusing import may_refuse, refuse_overflows
from fxsnn.graph.starting import Given, Start, start_of
from fxsnn.graph.stepwise import Arrivals
from fxsnn.graph.ways import Integers, Words, ways
from fxsnn.kernels.projections import take_row
from fxsnn.number.cast import check_words
from fxsnn.program.compiled import Compiled, compiled

_TAKEN = (np.dtype(np.uint8), np.dtype(np.int64))  # of rows that are looked at and copied at once
_KEPT = 256  # steps between two moves of what was emitted before


class State(Mapping[str, Words]):
    """A quantised network at work, as it stands after a step. `Fixed.start` makes one.

    Names are those of golden sets: `hidden.membrane` of a state, `hidden.spike` of what is emitted, `hidden.lfsr.2` of
    the register of a cast that draws, `input` of what was given.
    """

    def __init__(self, network: QuantisedGraph, start: Given | None = None, *, counted: bool = False) -> None:
        """Compile every population's step, once for each structure.

        start      what states hold before the first step, see `start_of`, which raises ConfigError; 0 if not given
        counted    whether casts are counted: nothing is compiled then, and a step takes longer
        """
        graph, states = network.graph, start_of(network, start, 1)
        steps = {
            one.name: compiled(network.programs[one.name], network.each(one.name), states.moved(one))
            for one in graph.populations[: 0 if counted else None]
        }
        counting = {name for name, step in steps.items() if may_refuse(network) or _left_out(network, name, step)}
        self._shape, self._format = graph.shape, graph.format
        self._shapes = graph.shape, (math.prod(graph.shape),)
        self._past = 1 + max((wire.delay for wire in graph.projections), default=0)
        self._emitted = dict[str, Integers]()
        self._words = dict[str, Callable[[], ArrayLike]]()
        self._work: dict[str, _Counting | _Compiled] = {}
        for name in (INPUT, *(name for stage in graph.stages for name in stage.populations)):
            size = math.prod(graph.shape_at(name))
            self._emitted[name] = np.zeros((self._past + _KEPT, size), stored_in(network.formats[name]))
            if name == INPUT:
                self._words[name] = partial(self._last, name)
                continue
            neuron = graph[name].neuron
            one = (
                _Counting(network, name, states)
                if counted or name in counting
                else _Compiled(network, name, steps[name], states.rows(graph[name], np.int64))
            )
            self._work[name] = one
            self._words[f"{name}.{neuron.output[0]}"] = partial(self._last, name)
            self._words |= {f"{name}.{state}": partial(one.state, state) for state in neuron.states}
            drawn = drawing(network.programs[name])
            self._words |= {f"{name}.lfsr.{stream}": partial(one.register, stream) for stream in drawn}
        self._read = graph.read.name
        self.reset()

    def reset(self) -> None:
        """Return to the begin: states are 0 or what was given, nothing was emitted, registers hold their seeds."""
        self.steps = 0
        self._at = self._past - 1
        for emitted in self._emitted.values():
            emitted[: self._past] = 0
        for one in self._work.values():
            one.begin()

    def step(self, row: ArrayLike) -> Words:
        """Do a time step; return what the population that is read emits, int64[neurons].

        row    int or bool[words], or of the input's shape: words of its format; whole floats as `as_words` takes them

        Raises
        ------
        ConfigError
            The row is of another shape, or holds what is no word of the format. Nothing has happened then.
        OverflowDetectedError
            A signal's overflow mode is `error` and a value left it.
        """
        words = as_words(row, self._format, "row")
        if words.shape not in self._shapes:
            raise ConfigError(f"a row must be of {list(self._shape)}, not {list(words.shape)}")
        if self._at + 1 == self._past + _KEPT:
            for emitted in self._emitted.values():
                emitted[: self._past] = emitted[_KEPT:]
            self._at = self._past - 1
        taken, ends = self._emitted[INPUT][self._at + 1], (self._format.lowest, self._format.highest)
        if not (words.dtype in _TAKEN and take_row(taken, words.reshape(-1), *ends)):
            check_words("row", words, self._format)  # names the word that is none
            taken[:] = words.reshape(-1)
        self._at += 1
        for one in self._work.values():
            one.step(self._emitted, self._at)
        self.steps += 1
        return self._last(self._read)

    def counts(self, name: str) -> dict[str, dict[str, int]]:
        """Return how the casts of a population went since the begin, by cast; of one that counts none nothing."""
        one = self._work[name]
        return one.counts() if isinstance(one, _Counting) else {}

    def __getitem__(self, name: str) -> Words:
        """Return the words of a name after the last step, int64[neurons]; of a register int64[].

        Raises UnknownNameError, a KeyError, which has all names. `Fixed.trace` has the nodes between, too.
        """
        if name not in self._words:
            raise UnknownNameError(f"a name must be one of {', '.join(self)}, not {name!r}")
        return np.asarray(self._words[name](), np.int64)

    def _last(self, name: str) -> Words:
        words: Words = self._emitted[name][self._at].astype(np.int64)
        return words

    def __iter__(self) -> Iterator[str]:
        """Yield every name."""
        return iter(self._words)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._words)


def casts_of(
    network: QuantisedGraph, words: NDArray[np.integer], start: Given | None = None
) -> dict[str, dict[str, dict[str, int]]]:
    """Run one input, int[steps, ...]; return how casts went, by population and cast, see `run.Kept`. No node is kept.

    start    what states hold before the first step, see `start_of`

    Raises ConfigError and OverflowDetectedError as `State.step` does.
    """
    state = State(network, start, counted=True)
    for row in words:
        state.step(row)
    return {one.name: state.counts(one.name) for one in network.graph.populations}


def _left_out(network: QuantisedGraph, name: str, step: Compiled) -> bool:
    """Say whether the compiled step leaves out a cast that draws, since no word needs it: its register shifts."""
    return any(cast.round not in step.emitted.operations for cast in drawing(network.programs[name]).values())


class _Compiled:
    """A population whose step is compiled."""

    def __init__(self, network: QuantisedGraph, name: str, step: Compiled, states: Integers) -> None:
        self._engine, self._name = Engine(network, name, step, one_row=True), name
        self._begun = states[0] if len(states) else None
        self._rows = {state: row for row, state in enumerate(network.graph[name].neuron.states)}
        self.register = self._engine.register

    def begin(self) -> None:
        self._engine.begin(self._begun)

    def step(self, emitted: Mapping[str, Integers], t: int) -> None:
        self._engine.step(emitted, emitted[self._name], t)

    def state(self, name: str) -> ArrayLike:
        return self._engine.state(self._rows[name])


class _Counting:
    """A population of which every cast is counted, to see whether a value leaves."""

    def __init__(self, network: QuantisedGraph, name: str, states: Start) -> None:
        self._network, self._name, self._states = network, name, states
        one_by_one = network.graph[name].neuron.one_by_one
        self._ways = () if one_by_one else ways(network, name, np.int64)

    def begin(self) -> None:
        self._run = Counted(self._network, self._network.graph[self._name], self._states, range(1))

    def step(self, emitted: Mapping[str, Integers], t: int) -> None:
        if self._ways:
            come, active = self._summed(emitted, t), dict[str, Words]()
        else:
            rows = {name: words[None] for name, words in emitted.items()}
            come, active = Arrivals(self._network, self._name, rows, rows).at(t)
        emitted[self._name][t] = self._run.step(come, active).emitted[0]
        refuse_overflows(self._name, self._run)

    def _summed(self, emitted: Mapping[str, Integers], t: int) -> dict[str, Words]:
        one = self._network.graph[self._name]
        come = {given: np.zeros((1, one.size), np.int64) for given in one.neuron.inputs}
        for way in self._ways:
            way.add(come[way.given], delayed(emitted[way.source], t, way.delay)[None])
        return come

    def counts(self) -> dict[str, dict[str, int]]:
        return counts_of(self._run)

    def state(self, name: str) -> ArrayLike:
        words: Words = self._run.states[name][0]
        return words

    def register(self, stream: int) -> int:
        return int(self._run.register_words[stream][0])
