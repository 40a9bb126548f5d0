"""A layer that filters its inputs at work on one recording, step by step, with weights and biases that may change."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.ways import by_channel
from fxsnn.kernels import convolution, projections
from fxsnn.layered.description import Geometry
from fxsnn.layered.plan import CASTS
from fxsnn.layered.quantise import QuantisedLayers
from fxsnn.layered.width import wires

_ONE = np.ones(1, np.uint8)  # what a pooled spike is multiplied by


class Working:
    """A layer at rest, and what it needs to be run.

    pooled    uint8[outputs]    the spikes that it gives
    trace     int64[inputs]     P of its inputs
    """

    def __init__(self, network: QuantisedLayers, number: int) -> None:
        wired = self._wired = wires(network, number)
        geometry, plan, name = network.description.geometry(number), network.plan.layers[number], f"layer_{number}"
        inputs, neurons = math.prod(geometry.inputs), math.prod(geometry.outputs)
        self._under, self._pools = _windows(geometry)
        self._weights = np.zeros_like(by_channel(network.graph.weights[f"weights_{number}"]), wired.sums, order="C")
        self._bias, self._bias_left = np.zeros(geometry.outputs[2], np.int64), wired.compared - plan.bias.format.frac
        self._kick = int(network.graph.constants[name]["kick"])
        self.trace, self._synapse = np.zeros(inputs, np.int64), np.zeros(inputs, np.int64)
        self._refractory, self._kicks = np.zeros(neurons, np.int64), np.zeros(neurons, np.int64)
        self._sums, self._spikes = np.zeros(neurons, wired.sums), np.zeros(neurons, np.uint8)
        self.pooled = np.zeros(math.prod(geometry.pooled), np.uint8)
        registers = [network.graph.graph.register(network.plan.lfsr, name, row) for row in range(len(CASTS))]
        self._seeds = np.array([register.seed for register in registers], np.int64)
        self._registers, self._taps = self._seeds.copy(), network.plan.lfsr.tap_array()
        self._sites = wired.trace, wired.synapse, wired.refractory
        sizes = inputs, inputs, neurons
        self._draws = [
            np.zeros(size, np.int64) if site.draw_bits else None for site, size in zip(self._sites, sizes, strict=True)
        ]
        self._left = wired.compared - wired.sum_frac, wired.compared - plan.refractory.format.frac

    def begin(self) -> None:
        """Return to rest."""
        for array in (self.trace, self._synapse, self._refractory, self._spikes):
            array[:] = 0
        self._registers[:] = self._seeds

    def advance(self, given: NDArray[np.unsignedinteger]) -> None:
        """Do a time step.

        given    uint[words], the layer's input at this step
        """
        self._decay(0, self.trace, self._synapse)
        self._decay(1, self._synapse, given.astype(np.int64))
        self._sums[:] = 0
        under = self.trace.astype(self._sums.dtype)
        projections.add_correlation(self._sums[None], under[None], self._weights, self._under)
        np.multiply(self._spikes, -self._kick, out=self._kicks, dtype=np.int64)
        self._decay(2, self._refractory, self._kicks)
        convolution.fire(self._spikes, self._sums, self._refractory, self._bias, *self._left)
        self.pooled[:] = 0
        projections.add_maxima(self.pooled[None], self._spikes[None], _ONE, self._pools)

    def _decay(self, cast: int, states: NDArray[np.int64], added: NDArray[np.int64]) -> None:
        site, leak = self._sites[cast], self._wired.leaks[cast]
        convolution.decay(states, added, site, leak, self._draws[cast], self._registers, cast, self._taps)

    def membranes(self) -> NDArray[np.int64]:
        """Return what is compared with 0: sum + refractory state + bias, at the binary point at which they are."""
        sums, refractory = (
            words.astype(np.int64) << left
            for words, left in zip((self._sums, self._refractory), self._left, strict=True)
        )
        total: NDArray[np.int64] = sums + refractory + np.tile(self._bias, len(sums) // len(self._bias))
        return total

    def read(self, weights: NDArray[np.int64], bias: NDArray[np.int64]) -> None:
        """Take other words for weights and biases.

        weights, bias    int64[rows, columns, inputs, channels] and int64[channels]
        """
        self._weights[:] = by_channel(weights)
        self._bias[:] = bias << self._bias_left


def _windows(geometry: Geometry) -> tuple[projections.Windows, projections.Windows]:
    """Return the windows of a layer's kernel over its inputs, and of what is pooled of its outputs."""
    padding = (geometry.padding, geometry.padding)
    pool = (geometry.pool, geometry.pool)
    return (
        projections.Windows(*geometry.inputs[1:], *geometry.outputs, *geometry.kernel, 1, 1, *padding, 1),
        projections.Windows(*geometry.outputs[1:], *geometry.pooled, *pool, *pool, 0, 0, 1),
    )
