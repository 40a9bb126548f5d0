"""A population at work by its compiled step: what it emits, and its states, step by step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fxsnn.lfsr import Lfsr
from fxsnn.program.compiled import Compiled
from fxsnn.program.emit_values import is_bit
from fxsnn.program.neuron import Neuron
from fxsnn.program.operations import Each

Words = NDArray[np.int64]


class Engine:
    """A population that begins at rest; see `interpret.Run`, which keeps every node."""

    def __init__(self, neuron: Neuron, step: Compiled, registers: Mapping[int, Lfsr]) -> None:
        self.neuron, self._compiled, self._step = neuron, step, step.step
        self._kept, self._draws = step.room(), step.draw_room()
        one = next(iter(registers.values()), Lfsr())
        self._taps, self._seeds = one.tap_array(), np.zeros(step.emitted.streams, np.int64)
        for stream, register in registers.items():
            self._seeds[stream] = register.seed
        self._registers = self._seeds.copy()
        emitted = np.uint8 if is_bit(neuron, neuron.output[1]) else np.int64
        self._out = np.zeros(self._kept.shape[1], emitted)
        self._each = {each.name for each in neuron.operations if isinstance(each, Each)}

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
