"""A population at work: what projections bring is added up for many steps at once, then its compiled step follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.alone import Alone
from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.ways import Integers, Words, by_channel, ways
from fxsnn.kernels import layer
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.program.compiled import Compiled
from fxsnn.program.neuron import Cast
from fxsnn.program.operations import Constant, Input
from fxsnn.program.program import Program

NO_NODE = np.zeros((0, 0), np.int64)
AT_ONCE = 1 << 18  # bytes of sums that are added up before the steps follow: they stay in a near cache


class Engine:
    """A population that begins at rest; see `interpret.Run`, which keeps every node.

    one_row     whether it does a step at a time
    changing    whether weights and a constant will change, see `change`
    """

    def __init__(
        self, network: QuantisedGraph, name: str, step: Compiled, *, one_row: bool = False, changing: bool = False
    ) -> None:
        one = network.graph[name]
        self._inputs = [*one.neuron.inputs]
        self._ways = ways(network, name, step.word, one_row=one_row, changing=changing)
        self._alone = Alone(network, name, self._ways)
        read = {made.name for made in one.neuron.operations if isinstance(made, Input)}
        self._summed = [way for way in self._ways if way.given in read]  # a sum that no text reads may not fit
        many = max(len(self._inputs), 1)
        self._at_once = (
            1 if one.neuron.one_by_one else max(1, AT_ONCE // (many * one.size * np.dtype(step.word).itemsize))
        )
        self._sums = np.zeros((many, self._at_once, one.size), step.word)
        self._kept, self._draws = step.room(), step.draw_room()
        self._taps, self._seeds = network.plan.lfsr.tap_array(), seeds_of(network, one, step.emitted.streams)
        self._registers = self._seeds.copy()
        self._step = step
        fixed = step.fixed.copy() if changing else step.fixed
        self._data = self._kept, fixed, step.words, self._registers, self._taps, self._draws
        self._each_of, rows = one.each, [one.neuron.operations[ref] for ref in step.emitted.rows]
        self._constants = {made.name: row for row, made in enumerate(rows) if isinstance(made, Constant)}
        self._now = self._sums[:, :1]  # of a step alone
        self._given = self._now[0] if len(self._now) == 1 else self._now
        into = [self._now[self._inputs.index(way.given)] for way in self._summed]
        self._one = [
            (way.source, way.delay, way.kernel, sums, way.fixed) for way, sums in zip(self._summed, into, strict=True)
        ]

    def begin(self, states: NDArray[np.signedinteger] | None = None) -> None:
        """Return to rest, or to words of all states, int[states, neurons]."""
        self._kept[:] = 0
        if states is not None:
            self._kept[: len(states)] = states
        self._registers[:] = self._seeds

    def run(
        self, emitted: Mapping[str, Integers], out: Integers, nodes: Integers, row: int, first: int, stop: int
    ) -> None:
        """Do the time steps from one up to another.

        emitted    int[steps, words], what has been emitted, of every source
        out        int[steps, neurons]: what the neurons emit is written
        nodes      int[steps, neurons]: so is the state of this row after each step; or without elements
        """
        for begin in range(first, stop, self._at_once):
            steps = slice(begin, min(begin + self._at_once, stop))
            sums = self._sums[:, : steps.stop - begin]
            sums[:] = 0
            for way in self._summed:
                source = emitted[way.source][max(begin - way.delay, 0) : max(steps.stop - way.delay, 0)]
                way.add(sums[self._inputs.index(way.given), sums.shape[1] - len(source) :], source)
            alone, order = self._alone.brought(emitted, begin)
            layer.follow(
                out[steps],
                nodes[steps],
                row,
                sums[0] if len(sums) == 1 else sums,
                *self._data,
                alone,
                order,
                self._step.called(out, alone, order, len(sums)),
            )

    def step(self, emitted: Mapping[str, Integers], out: Integers, step: int) -> None:
        """Do one time step, as `run` does; no delay leads before the first."""
        if self._one:
            self._now.fill(0)
        for source, delay, kernel, sums, fixed in self._one:
            at = step - delay
            kernel(sums, emitted[source][at : at + 1], *fixed)
        alone, order = self._alone.brought(emitted, step)
        does = self._step.called(out, alone, order, len(self._now))
        layer.follow(out[step : step + 1], NO_NODE, 0, self._given, *self._data, alone, order, does)

    def change(self, weights: Words, constant: str, words: Words) -> None:
        """Take other words for the weights of the only projection, a kernel, and for a constant of each channel.

        weights, words    int64[rows, columns, inputs, channels] and int64[channels]
        """
        (way,) = self._ways
        way.fixed[0][:] = by_channel(weights)
        self._data[1][self._constants[constant]] = self._each_of(words)

    def state(self, row: int) -> Words:
        """Return the words of the state of a row, int64[neurons]."""
        return np.array(self._kept[row], np.int64)

    def register(self, stream: int) -> int:
        """Return what the register of a cast holds, by its number in the text."""
        return int(self._registers[stream])


def is_bits(form: Format) -> bool:
    """Return whether words of a format are 0 and 1."""
    return (form.lowest, form.highest) == (0, 1)


def stored_in(form: Format) -> type[np.integer[Any]]:
    """Return the type in which words of a format that are emitted are stored."""
    return np.uint8 if is_bits(form) else np.int64


def drawing(program: Program) -> dict[int, Cast]:
    """Return the casts of a population that may draw, by the number of their register."""
    return {
        cast.stream: cast for cast in program.neuron.casts if cast.stream is not None and program.site(cast).draw_bits
    }


def registers_of(network: QuantisedGraph, one: Population) -> dict[int, Lfsr]:
    """Return the registers of a population's casts before the first step, by their number in the text."""
    streams = [cast.stream for cast in one.neuron.casts if cast.stream is not None]
    return {stream: network.graph.register(network.plan.lfsr, one.name, stream) for stream in streams}


def seeds_of(network: QuantisedGraph, one: Population, streams: int) -> Words:
    """Return what the registers of a population's compiled step hold before the first step, int64[streams]."""
    seeds = np.zeros(streams, np.int64)
    for stream, register in registers_of(network, one).items():
        seeds[stream] = register.seed
    return seeds
