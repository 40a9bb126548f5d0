"""A population at work, step by step, with every value and every cast counted: what golden sets and traces are made of.

All neurons of a step are computed at once, operation by operation, by `program.vector`; a text that takes active inputs
one by one is computed in plain integers by `program.interpret`. Both are slower than what is compiled, and keep all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from fxsnn.graph.engine import registers_of
from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.starting import Start
from fxsnn.graph.stepwise import Words
from fxsnn.kernels import rescale
from fxsnn.lfsr import Lfsr
from fxsnn.program.interpret import Counts, Run
from fxsnn.program.neuron import Cast
from fxsnn.program.operations import Ref, Round
from fxsnn.program.program import Program
from fxsnn.program.variant import variant
from fxsnn.program.vector import Draws, Player

_POOLS: WeakKeyDictionary[QuantisedGraph, dict[tuple[Lfsr, int], Draws]] = WeakKeyDictionary()


class Stepped(NamedTuple):
    """What a time step was."""

    value: Callable[[Ref], Words]  # int64[neurons] of an operation
    emitted: Words
    draws: Mapping[int, Words]  # by register: what the cast added last, 0 where it was not made
    registers: Mapping[int, int]  # after the step


class Counted:
    """A population before its first step, and the casts counted so far, by their rounding.

    states    words with which states begin, [neurons] each; 0 if not given
    """

    def __init__(self, network: QuantisedGraph, one: Population, states: Mapping[str, Sequence[int]]) -> None:
        self.program: Program = network.programs[one.name]
        self.registers = registers_of(network, one)
        self.counts: dict[Ref, Counts] = {cast.round: Counts() for cast in self.program.neuron.casts}
        constants = {name: np.atleast_1d(np.asarray(words, np.int64)) for name, words in network.each(one.name).items()}
        pool = _POOLS.setdefault(network, {})
        self._player = Player(variant(self.program), constants, 1, self.registers, pool)
        self._player.states |= {name: np.array([words], np.int64) for name, words in states.items()}
        self._none = np.zeros(one.size, np.int64)

    @property
    def states(self) -> dict[str, Words]:
        """The words of every state, int64[neurons]."""
        return {name: words[0] for name, words in self._player.states.items()}

    @property
    def held(self) -> dict[int, int]:
        """What every register holds."""
        return {stream: int(self._player.register(stream)[0]) for stream in self.registers}

    def step(self, come: Mapping[str, Words]) -> Stepped:
        """Do a time step of what arrives, int64[1, neurons] by input."""
        player = self._player
        player.draws = {}
        values = player.step(come)
        for cast in self.program.neuron.casts:
            self._count(cast, values)

        def value(ref: Ref) -> Words:
            words: Words = player.whole(values[ref])[0]
            return words

        draws = {stream: player.whole(player.draws[stream])[0] for stream in player.draws}
        return Stepped(
            value,
            value(self.program.neuron.output[1]),
            {stream: draws.get(stream, self._none) for stream in self.registers},
            self.held,
        )

    def _count(self, cast: Cast, values: Mapping[Ref, Words]) -> None:
        """Count a cast of all neurons: where its guard holds, and what is left."""
        rounding = self.program.neuron.operations[cast.round]
        assert isinstance(rounding, Round)  # noqa: S101  (so says Cast)
        whole, fracs, counts = self._player.whole, self._player.fracs, self.counts[cast.round]
        site, signal = self.program.site(cast), self.program.signals[cast.signal]
        right = max(fracs[rounding.a] - signal.format.frac, 0)
        rounded = whole(values[cast.round])
        counts.overflows += int(((rounded < site.lowest) | (rounded > site.highest)).sum())
        happens = None if rounding.guard is None else whole(values[rounding.guard]) != 0
        counts.casts += rounded.size if happens is None else int(happens.sum())
        if right:
            rest = whole(values[rounding.a]) & ((1 << min(right, rescale.SHIFT_MAX)) - 1)
            made = rest if happens is None else rest[happens]
            counts.inexact += int((made != 0).sum())
            counts.ties += int((made == 1 << right - 1).sum())


class Plain:
    """The same in plain integers, for a text that takes active inputs one by one."""

    def __init__(self, network: QuantisedGraph, one: Population, states: Mapping[str, Sequence[int]]) -> None:
        registers = registers_of(network, one)
        begun = {name: list(words) for name, words in states.items()}
        self._run = Run(network.programs[one.name], network.each(one.name), one.size, registers, begun)
        self.program, self.registers, self.counts = self._run.program, self._run.registers, self._run.counts

    @property
    def states(self) -> dict[str, Words]:
        """The words of every state, int64[neurons]."""
        return {name: np.array(words, np.int64) for name, words in self._run.states.items()}

    @property
    def held(self) -> dict[int, int]:
        """What every register holds."""
        return self._run.held

    def step(self, come: Mapping[str, Words]) -> Stepped:
        """Do a time step of what arrives, int64[rows, neurons] by input."""
        done = self._run.step({given: rows.tolist() for given, rows in come.items()})

        def value(ref: Ref) -> Words:
            return np.array(done.values[ref], np.int64)

        draws = {stream: np.array(words, np.int64) for stream, words in done.draws.items()}
        return Stepped(value, np.array(done.emitted, np.int64), draws, done.registers)


def counts_of(run: Counted | Plain) -> dict[str, dict[str, int]]:
    """Return how the casts of a population went, by cast, `name, line`: casts, inexact, ties, overflows."""
    neuron = run.program.neuron
    return {neuron.labelled(cast): asdict(run.counts[cast.round]) for cast in neuron.casts}


def begun(network: QuantisedGraph, one: Population, start: Start, n: int = 0) -> Counted | Plain:
    """Return a population before the first step of input n."""
    kind = Plain if one.neuron.one_by_one else Counted
    return kind(network, one, start.of(one, n))
