"""A population at work by its compiled step: what it emits, and its states, step by step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.lfsr import Lfsr
from fxsnn.program.compiled import Compiled
from fxsnn.program.emit_values import is_bit
from fxsnn.program.operations import Each

Words = NDArray[np.int64]


class Engine:
    """A population that begins at rest; see `interpret.Run`, which keeps every node."""

    def __init__(self, network: QuantisedGraph, name: str, step: Compiled) -> None:
        one = network.graph[name]
        self.neuron, self._compiled, self._step = one.neuron, step, step.step
        self._kept, self._draws = step.room(), step.draw_room()
        self._taps, self._seeds = network.plan.lfsr.tap_array(), seeds_of(network, one, step.emitted.streams)
        self._registers = self._seeds.copy()
        emitted = np.uint8 if is_bit(one.neuron, one.neuron.output[1]) else np.int64
        self._out = np.zeros(one.size, emitted)
        self._each = {each.name for each in one.neuron.operations if isinstance(each, Each)}

    def begin(self) -> None:
        """Return to rest."""
        self._kept[:] = 0
        self._registers[:] = self._seeds

    def step(self, come: Mapping[str, Words]) -> Words:
        """Do a time step with what arrives at each input, rows of int64[neurons]; return what the neurons emit."""
        summed = np.stack([come[name].sum(axis=0) for name in self.neuron.inputs])
        rows = next((come[name] for name in self._each), summed)
        self._step(
            summed[0] if len(summed) == 1 else summed,
            self._kept,
            self._compiled.fixed,
            self._out,
            self._compiled.words,
            self._registers,
            self._taps,
            self._draws,
            rows,
            np.arange(len(rows)),
            0,
            len(rows),
        )
        return self._out.astype(np.int64)

    def state(self, name: str) -> Words:
        """Return the words of a state after the step, int64[neurons]."""
        found: Words = self._kept[[*self.neuron.states].index(name)].astype(np.int64)
        return found


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
