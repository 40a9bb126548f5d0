"""A layer at work in narrow words, or in words of 64 bits where `decays_of` finds no proof."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fxsnn.kernels import narrow
from fxsnn.layered.decays import Decays, holds
from fxsnn.layered.description import Geometry
from fxsnn.layered.laid import Kinds, Laid, laid
from fxsnn.layered.quantise import QuantisedLayer
from fxsnn.layered.width import Wires
from fxsnn.prepare import cleared

Ran = tuple[NDArray[np.uint8], NDArray[np.int64] | None]


@dataclass(slots=True, eq=False)
class NarrowState:
    """A layer at work; traces and synapses of inputs or of neurons, all states of 16 bits if those hold them."""

    trace: NDArray[np.signedinteger]
    synapse: NDArray[np.signedinteger]
    refractory: NDArray[np.signedinteger]  # none where a spike takes nothing: it stays 0
    spikes: NDArray[np.uint8]
    packed: NDArray[np.unsignedinteger]  # the same, eight in a word where channels are a multiple of eight
    joined: tuple[NDArray[np.unsignedinteger], ...]  # of two rows
    lies: Laid
    output: bool  # whether it says its membranes
    outputs: int  # after pooling
    membrane: tuple[int, NDArray[np.int64]]  # of an output layer: what brings its drive to the bias, and that
    fixed: tuple[Any, ...]  # what never changes

    def begin(self) -> None:
        """Return to rest."""
        for array in (self.trace, self.synapse, self.refractory, self.spikes):
            array[:] = 0

    def run(self, given: NDArray[np.unsignedinteger], burn_in: int) -> Ran:
        """Do the time steps of some recordings, int[recordings, steps, inputs]; all but the first begin at rest.

        Return the pooled spikes, uint8[recordings, steps, outputs], and what an output layer says: its membranes of
        steps from `burn_in` on, added up, int64[recordings, neurons].
        """
        recordings, steps = given.shape[:2]
        pooled = np.empty((recordings, steps, self.outputs), np.uint8)
        state = self.trace, self.synapse, self.spikes, self.packed, self.joined
        words = pooled.view(self.packed.dtype)
        driven = np.zeros((recordings, len(self.spikes) if self.output else 0), np.int64)
        lies = self.lies
        given = given.view(np.int16) if given.dtype == np.uint16 else given  # which holds them
        narrow.respond(
            *(words, driven, burn_in, given, self.refractory, state),
            *(lies.sums, lies.weights, lies.under, lies.pairs, lies.places, lies.room, lies.shape),
            *self.fixed,
        )
        if not self.output:
            return pooled, None
        left, bias = self.membrane
        return pooled, (driven << left) + max(steps - max(burn_in, 0), 0) * bias


class Steps(Protocol):
    """A layer that is run step by step, in words of 64 bits: the state of `fxsnn.layered.emulate`."""

    pooled: NDArray[np.uint8]

    def begin(self) -> None:
        """Return to rest."""

    def advance(self, given: NDArray[np.unsignedinteger]) -> None:
        """Do a time step."""

    def membranes(self) -> NDArray[np.int64]:
        """Return what is compared with 0."""


@dataclass(slots=True, eq=False)
class Stepwise:
    """A layer that no proof admits to narrow words, run as `NarrowState` is."""

    state: Steps
    output: bool

    def begin(self) -> None:
        """Return to rest."""
        self.state.begin()

    def run(self, given: NDArray[np.unsignedinteger], burn_in: int) -> Ran:
        """Do the time steps of some recordings; see `NarrowState`."""
        pooled = np.empty((*given.shape[:2], len(self.state.pooled)), np.uint8)
        said = np.zeros((len(given), len(self.state.membranes())), np.int64)
        for recording, frames in enumerate(given):
            if recording > 0:
                self.begin()
            for step, frame in enumerate(frames):
                self.state.advance(frame)
                pooled[recording, step] = self.state.pooled
                if self.output and step >= burn_in:
                    said[recording] += self.state.membranes()
        return pooled, said if self.output else None


def narrow_state(
    layer: QuantisedLayer, wired: Wires, decays: Decays, output: bool, kinds: Kinds, sparse: bool
) -> NarrowState:
    """Return a layer at rest; one that is an output layer says its membranes.

    decays    of `decays_of`, which is the proof that narrow words hold all
    kinds     words of sums and of what is under the kernel, one of `laid.kinds_of`
    sparse    whether most inputs are 0
    """
    plan, geometry = layer.plan, _as_dense(layer.geometry)
    lies = laid(geometry, layer.weights.reshape(geometry.weights), plan.weight.format, kinds, sparse)
    inputs, neurons, row = (math.prod(size) for size in (geometry.inputs, geometry.outputs, geometry.outputs[1:]))
    decaying = inputs if plan.filters == "inputs" else neurons
    frac = wired.sum_frac if plan.filters == "inputs" else plan.trace.format.frac
    bias = np.tile(decays.bias, geometry.outputs[1])
    fixed = (bias, decays.constants, geometry.pool, int(plan.filters == "inputs"))
    # 32 bits would do: fewer keep the states of a map in the nearest cache
    states = plan.trace.format, plan.synapse.format, plan.refractory.format
    held = np.int16 if all(holds(16, (fmt.lowest, fmt.highest)) for fmt in states) else np.int32
    spikes = cleared(neurons, np.uint8)
    packed: NDArray[Any] = spikes.view(np.uint8 if geometry.outputs[2] % 8 else np.uint64)
    return NarrowState(
        cleared(decaying, held),
        cleared(decaying, held),
        cleared(neurons if layer.refractory else 0, held),
        spikes,
        packed,
        (cleared(row, np.uint8).view(packed.dtype), cleared(row, np.uint8).view(packed.dtype)),
        lies,
        output,
        math.prod(geometry.pooled),
        (wired.compared - frac, layer.bias << wired.compared - plan.bias.format.frac),
        fixed,
    )


def _as_dense(geometry: Geometry) -> Geometry:
    """Return the same layer with all inputs of a dense one as channels of a single cell."""
    if geometry.padding or geometry.kernel == (1, 1):
        return geometry
    return Geometry((1, 1, math.prod(geometry.inputs)), (1, 1), 0, geometry.outputs, 1)
