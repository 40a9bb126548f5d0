"""Populations at work, step by step, with every value and every cast counted: what golden sets and traces are made of.

All neurons of several inputs are computed at once, operation by operation, by `program.vector`: slower than what is
compiled, but every value is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from fxsnn.program import operations as op
from fxsnn.program.neuron import Cast
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.variant import variant
from fxsnn.program.vector import Draws, Looped, Player

COUNTS = ("casts", "inexact", "ties", "overflows")
_POOLS: WeakKeyDictionary[QuantisedGraph, dict[tuple[Lfsr, int], Draws]] = WeakKeyDictionary()


class Stepped(NamedTuple):
    """What a time step was."""

    value: Callable[[Ref], Words]  # int64[inputs, neurons] of an operation
    emitted: Words  # int64[inputs, neurons]
    draws: Mapping[int, Words]  # by register, int64[inputs, neurons]: what the cast added last, 0 where it was not made
    registers: Mapping[int, Words]  # after the step, int64[inputs]


class _Counting(NamedTuple):
    """What counting a cast takes."""

    exact: Ref
    round: Ref
    guard: Ref | None
    right: int  # bits that are dropped
    lowest: int
    highest: int
    counts: Words
    loop: tuple[Ref, str] | None  # the Carry and the input of the text, where it is made for every active input


class Counted:
    """A population before the first step of several inputs, and the casts counted so far.

    start     what its states begin with
    inputs    places in `start`

    `counts` are int64[inputs, counts] by the cast's rounding, in the order of `COUNTS`.
    """

    def __init__(self, network: QuantisedGraph, one: Population, start: Start, inputs: range) -> None:
        self.program: Program = network.programs[one.name]
        neuron = self.program.neuron
        self.registers = registers_of(network, one)
        self.counts = {cast.round: np.zeros((len(inputs), len(COUNTS)), np.int64) for cast in neuron.casts}
        constants = {name: np.atleast_1d(np.asarray(words, np.int64)) for name, words in network.each(one.name).items()}
        pool: dict[tuple[Lfsr, int], Draws] = _POOLS.setdefault(network, {})
        rounds: Looped | None = {} if neuron.one_by_one else None
        self._player = Player(variant(self.program), constants, len(inputs), self.registers, pool, rounds)
        begun = start.part(np.arange(inputs.start, inputs.stop)).rows(one, np.int64)
        if len(begun):
            self._player.states = {name: begun[:, row].copy() for row, name in enumerate(neuron.states)}
        self._none = np.zeros((len(inputs), one.size), np.int64)
        self._casts = [self._counting(cast) for cast in neuron.casts]

    @property
    def states(self) -> dict[str, Words]:
        """The words of every state, int64[inputs, neurons]."""
        return dict(self._player.states)

    @property
    def held(self) -> dict[int, Words]:
        """What every register holds, int64[inputs]."""
        return {stream: self._player.register(stream) for stream in self.registers}

    def step(self, come: Mapping[str, Words], active: Mapping[str, Words]) -> Stepped:
        """Do a time step of what arrives; `come` and `active` as of `Player.step`."""
        player, neuron = self._player, self.program.neuron
        player.draws = {}
        values = player.step(come, active)
        for cast in self._casts:
            if cast.loop is None:
                self._count(cast, values, None)
                continue
            carry, given = cast.loop
            for n, (inside, _) in enumerate((player.rounds or {})[carry]):
                self._count(cast, inside, active[given][n] if given in active else None)
        draws = {stream: player.whole(drawn) for stream, drawn in player.draws.items()}
        return Stepped(
            lambda ref: player.whole(values[ref]),
            player.whole(values[neuron.output[1]]),
            {stream: draws.get(stream, self._none) for stream in self.registers},
            self.held,
        )

    def _counting(self, cast: Cast) -> _Counting:
        rounding, loop = self.program.neuron.operations[cast.round], None
        assert isinstance(rounding, op.Round)  # noqa: S101  (so says Cast)
        operations = self.program.neuron.operations
        for end, one in enumerate(operations):
            if isinstance(one, op.Done) and one.carry < cast.round < end:
                inside = operations[one.carry + 1 : end]
                loop = one.carry, next(each.name for each in inside if isinstance(each, op.Each))
        site, own = self.program.site(cast), self._player.fracs[rounding.a]
        right = max(own - self.program.signals[cast.signal].format.frac, 0)
        counts = self.counts[cast.round]
        return _Counting(rounding.a, cast.round, rounding.guard, right, site.lowest, site.highest, counts, loop)

    def _count(self, cast: _Counting, values: Mapping[Ref, Words], on: Words | None) -> None:
        """Count a cast of all neurons: where its guard holds, and what is left; `on` says of which inputs."""
        whole, counts = self._player.whole, cast.counts
        rounded = whole(values[cast.round])
        made = None if cast.guard is None else whole(values[cast.guard]) != 0
        if on is not None:
            made = np.broadcast_to(on[:, None] != 0, rounded.shape) if made is None else made & (on[:, None] != 0)
        counts[:, 0] += rounded.shape[1] if made is None else np.count_nonzero(made, axis=1)
        left = (rounded < cast.lowest) | (rounded > cast.highest)
        counts[:, 3] += np.count_nonzero(left if made is None else left & made, axis=1)
        if cast.right:
            rest = whole(values[cast.exact]) & ((1 << min(cast.right, rescale.SHIFT_MAX)) - 1)
            inexact, ties = rest != 0, rest == 1 << cast.right - 1
            counts[:, 1] += np.count_nonzero(inexact if made is None else inexact & made, axis=1)
            counts[:, 2] += np.count_nonzero(ties if made is None else ties & made, axis=1)


def counts_of(run: Counted, n: int = 0) -> dict[str, dict[str, int]]:
    """Return how the casts of a population went for one of its inputs, by cast, `name, line`."""
    neuron = run.program.neuron
    return {
        neuron.labelled(cast): dict(zip(COUNTS, run.counts[cast.round][n].tolist(), strict=True))
        for cast in neuron.casts
    }
