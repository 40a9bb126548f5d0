"""Populations at work, step by step, with every value and every cast counted: what golden sets and traces are made of.

All neurons of several inputs are computed at once, operation by operation, by `program.vector`: slower than what is
compiled, but every value is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from fxsnn.graph.engine import registers_of
from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.starting import Start
from fxsnn.graph.ways import Words
from fxsnn.kernels import rescale
from fxsnn.number.lfsr import Lfsr
from fxsnn.program import operations as op
from fxsnn.program.neuron import Cast
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.variant import variant
from fxsnn.program.vector import Draws, Looped, Player

_MOST_WAITING = 1 << 14  # words of casts that wait to be counted
COUNTS = ("casts", "inexact", "ties", "overflows")
_POOLS: WeakKeyDictionary[QuantisedGraph, dict[tuple[Lfsr, int], Draws]] = WeakKeyDictionary()


class Stepped(NamedTuple):
    """What a time step was."""

    value: Callable[[Ref], Words]  # int64[inputs, neurons] of an operation
    emitted: Words  # int64[inputs, neurons]
    draws: Mapping[int, Words]  # by register, int64[inputs, neurons]: what the cast added last, 0 where it was not made
    registers: Mapping[int, Words]  # after the step, int64[inputs]


class _Made(NamedTuple):
    """A cast of all neurons in a step, or for an active input."""

    rounded: Words  # int64[inputs, neurons], as all words here
    exact: Words | None  # what was rounded, where bits are dropped
    guard: Words | None  # not 0 where it happens, if not everywhere
    active: Words | None  # int64[inputs]: 0 where an input has no active one any more


@dataclass(slots=True)
class _Counting:
    """What counting a cast takes, and what waits to be counted."""

    exact: Ref
    round: Ref
    guard: Ref | None
    right: int  # bits that are dropped
    lowest: int
    highest: int
    loop: tuple[Ref, str] | None  # the Carry and the input of the text, where it is made for every active input
    counts: Words  # int64[inputs, counts]
    waiting: list[_Made] = field(default_factory=list)

    def count(self) -> None:
        """Count what waits: where the guard holds, and what is left."""
        if not self.waiting:
            return
        rounded, made = np.array([one.rounded for one in self.waiting]), np.ones((1, 1, 1), bool)
        if self.guard is not None:
            made = np.array([one.guard for one in self.waiting]) != 0
        if any(one.active is not None for one in self.waiting):
            all_of = np.ones(len(self.counts), np.int64)
            active = np.array([all_of if one.active is None else one.active for one in self.waiting])
            made = made & (active != 0)[:, :, None]
        found = [np.broadcast_to(made, rounded.shape)]
        if self.right:
            rest = np.array([one.exact for one in self.waiting]) & ((1 << min(self.right, rescale.SHIFT_MAX)) - 1)
            found += [made & (rest != 0), made & (rest == 1 << self.right - 1)]
        else:
            found += [np.zeros((1, len(self.counts), 1), bool)] * 2
        found.append(made & ((rounded < self.lowest) | (rounded > self.highest)))
        for column, happens in enumerate(found):
            self.counts[:, column] += happens.sum(axis=(0, 2))
        self.waiting.clear()


class Counted:
    """A population before the first step of several inputs, and the casts counted so far.

    start     what its states begin with
    inputs    places in `start`

    """

    def __init__(self, network: QuantisedGraph, one: Population, start: Start, inputs: range) -> None:
        self.program: Program = network.programs[one.name]
        neuron = self.program.neuron
        self.registers = registers_of(network, one)
        constants = {name: np.atleast_1d(np.asarray(words, np.int64)) for name, words in network.each(one.name).items()}
        pool: dict[tuple[Lfsr, int], Draws] = _POOLS.setdefault(network, {})
        rounds: Looped | None = {} if neuron.one_by_one else None
        self._player = Player(variant(self.program), constants, len(inputs), self.registers, pool, rounds)
        begun = start.part(np.arange(inputs.start, inputs.stop)).rows(one, np.int64)
        if len(begun):
            self._player.states = {name: begun[:, row].copy() for row, name in enumerate(neuron.states)}
        self._none = np.zeros((len(inputs), one.size), np.int64)
        self._casts = {cast.round: self._counting(cast, len(inputs)) for cast in neuron.casts}
        self._waiting = 0

    @property
    def counts(self) -> dict[Ref, Words]:
        """The casts counted so far, int64[inputs, counts] by the cast's rounding, in the order of `COUNTS`."""
        self._waiting = 0
        for cast in self._casts.values():
            cast.count()
        return {ref: cast.counts for ref, cast in self._casts.items()}

    @property
    def states(self) -> dict[str, Words]:
        """The words of every state, int64[inputs, neurons]."""
        return dict(self._player.states)

    @property
    def register_words(self) -> dict[int, Words]:
        """What every register holds, int64[inputs]."""
        return {stream: self._player.register(stream) for stream in self.registers}

    def step(self, come: Mapping[str, Words], active: Mapping[str, Words]) -> Stepped:
        """Do a time step of what arrives; `come` and `active` as of `Player.step`."""
        player, neuron = self._player, self.program.neuron
        player.draws = {}
        values = player.step(come, active)
        for cast in self._casts.values():
            if cast.loop is None:
                self._made(cast, values, None)
                continue
            carry, given = cast.loop
            for n, (inside, _) in enumerate((player.rounds or {})[carry]):
                self._made(cast, inside, active[given][n] if given in active else None)
        draws = {stream: player.whole(drawn) for stream, drawn in player.draws.items()}
        return Stepped(
            lambda ref: player.whole(values[ref]),
            player.whole(values[neuron.output[1]]),
            {stream: draws.get(stream, self._none) for stream in self.registers},
            self.register_words,
        )

    def _counting(self, cast: Cast, inputs: int) -> _Counting:
        operations, loop = self.program.neuron.operations, None
        rounding = operations[cast.round]
        assert isinstance(rounding, op.Round)  # noqa: S101  (so says Cast)
        for end, one in enumerate(operations):
            if isinstance(one, op.Done) and one.carry < cast.round < end:
                inside = operations[one.carry + 1 : end]
                loop = one.carry, next(each.name for each in inside if isinstance(each, op.Each))
        site, own = self.program.site(cast), self._player.fracs[rounding.a]
        right = max(own - self.program.signals[cast.signal].format.frac, 0)
        counts = np.zeros((inputs, len(COUNTS)), np.int64)
        return _Counting(rounding.a, cast.round, rounding.guard, right, site.lowest, site.highest, loop, counts)

    def _made(self, cast: _Counting, values: Mapping[Ref, Words], active: Words | None) -> None:
        """Let a cast wait to be counted: many at once take less time."""
        whole = self._player.whole
        rounded, exact = whole(values[cast.round]), whole(values[cast.exact]) if cast.right else None
        guard = None if cast.guard is None else whole(values[cast.guard])
        cast.waiting.append(_Made(rounded, exact, guard, active))
        self._waiting += rounded.size
        if self._waiting > _MOST_WAITING:
            _ = self.counts


def counts_of(run: Counted, n: int = 0) -> dict[str, dict[str, int]]:
    """Return how the casts of a population went for one of its inputs, by cast, `name, line`."""
    neuron, counts = run.program.neuron, run.counts
    return {
        neuron.labelled(cast): dict(zip(COUNTS, counts[cast.round][n].tolist(), strict=True)) for cast in neuron.casts
    }
