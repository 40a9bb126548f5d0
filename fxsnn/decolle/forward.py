"""One time step of a layer in real numbers, for a batch."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fxsnn.decolle.description import Geometry, Layer
from fxsnn.engine.parts import in_parts
from fxsnn.kernels import float_product

Floats = NDArray[np.float32]
AnyScalar = TypeVar("AnyScalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Grid:
    """Real numbers as words of a format: multiples of `step`, `lowest` to `highest` of them."""

    step: float
    lowest: int
    highest: int
    nearest: bool  # or else down

    def __call__(self, values: Floats) -> Floats:
        """Return the words that values become, in real numbers."""
        scaled = values * np.float32(1 / self.step)
        words = np.floor(scaled + np.float32(0.5)) if self.nearest else np.floor(scaled)
        stored: Floats = np.clip(words, self.lowest, self.highest) * np.float32(self.step)
        return stored


@dataclass(frozen=True, slots=True)
class Grids:
    """The grids of a layer."""

    weight: Grid
    synapse: Grid
    trace: Grid
    refractory: Grid


@dataclass(slots=True, eq=False)
class LayerAtWork:
    """A layer at work on a batch: float32[batch, height, width, channels] each."""

    layer: Layer
    geometry: Geometry
    weights: Floats
    bias: Floats
    synapses: Floats  # Q, of the inputs
    traces: Floats  # P, of the inputs
    refractory: Floats  # R, of the neurons
    spikes: Floats  # S, of the neurons
    under: Floats  # P under every position of the kernel, see `laid_under`
    membranes: Floats  # U
    grids: Grids | None  # on which words lie, where the layer learns as it will be quantised
    threads: int
    left: tuple[Floats, Floats] | None = None  # of Q and P that neurons, not inputs, began with

    @classmethod
    def at_rest(
        cls,
        layer: Layer,
        geometry: Geometry,
        weights: Floats,
        bias: Floats,
        batch: int,
        grids: Grids | None = None,
        threads: int = 1,
    ) -> LayerAtWork:
        """Return the layer before the first step; nothing depends on `threads`."""
        inputs, outputs = (np.zeros((batch, *shape), np.float32) for shape in (geometry.inputs, geometry.outputs))
        nothing = np.zeros(0, np.float32)
        return cls(layer, geometry, weights, bias, inputs, inputs, outputs, outputs, nothing, outputs, grids, threads)

    def begin(self, number: int, values: Mapping[str, NDArray[np.float64]]) -> None:
        """Begin with other states than 0, as the populations of layer `number` do.

        values    by `population.state`, float64[batch, neurons], in the units of the layer's words
        """
        q, p = units(self.layer)

        def state(name: str, rest: Floats, unit: float = p) -> Floats:
            given = values.get(name.replace(".", f"_{number}."))
            return rest if given is None else (given / unit).astype(np.float32).reshape(rest.shape)

        self.traces, self.synapses = state("filter.trace", self.traces), state("filter.synapse", self.synapses, q)
        self.refractory, self.spikes = state("layer.refractory", self.refractory), state("layer.fired", self.spikes, 1)
        if {f"layer_{number}.synapse", f"layer_{number}.trace"} & values.keys():
            self.left = state("layer.synapse", self.membranes, q), state("layer.trace", self.membranes)

    def advance(self, given: Floats) -> Floats:
        """Do a time step; return the pooled spikes."""
        layer, geometry = self.layer, self.geometry
        alpha, beta, rho = (np.float32(decay) for decay in (layer.alpha, layer.beta, layer.rho))
        grids, weights = self.grids, self.weights
        self.traces = alpha * self.traces + (1 - alpha) * self.synapses
        self.synapses = beta * self.synapses + (1 - beta) * given
        if layer.refractory:
            self.refractory = rho * self.refractory - (1 - rho) * np.float32(layer.refractory) * self.spikes
        if grids:
            weights = grids.weight(weights)
            self.traces, self.synapses = grids.trace(self.traces), grids.synapse(self.synapses)
            self.refractory = grids.refractory(self.refractory)
        self.under = laid_under(self.traces, geometry)
        drive = product(weights.reshape(-1, geometry.outputs[2]), self.under, self.threads)
        self.membranes = turned(drive).reshape(-1, *geometry.outputs) + self.bias + self.refractory
        if self.left:
            synapses, traces = self.left
            self.left = beta * synapses, alpha * traces + (1 - alpha) * synapses
            self.membranes += self.left[1]
        self.spikes = (self.membranes > 0).astype(np.float32)
        return pooled(self.spikes, geometry)


def units(layer: Layer) -> tuple[float, float]:
    """Return by what Q is multiplied to be in the units of a layer's words, and by what P, R and membranes are."""
    q = 1 / (1 - layer.beta)
    return q, q / (1 - layer.alpha)


def product(factors: Floats, table: Floats, threads: int = 1) -> Floats:
    """Return factors.T @ table: float32[outputs, columns] of [rows, outputs] and [rows, columns], rows ascending.

    Sums are the same on every machine and with any number of threads, which those of a BLAS are not.
    """
    out = np.empty((factors.shape[1], table.shape[1]), table.dtype)
    in_parts(lambda first, last: float_product.gather(out, factors, table, first, last), len(out), threads)
    return out


def turned(given: Floats) -> Floats:
    """Return float32[rows, columns] transposed."""
    out = np.empty(given.shape[::-1], given.dtype)
    float_product.turn(out, given)
    return out


def laid_under(given: Floats, geometry: Geometry) -> Floats:
    """Return what lies under the kernel at every position: float32[kernel cells * channels, batch * positions]."""
    height, width, _ = geometry.outputs
    under = np.empty((math.prod(geometry.weights[:3]), len(given) * height * width), given.dtype)
    float_product.lay_under(under, given, geometry.kernel[1], geometry.padding, height, width)
    return under


def corners(given: NDArray[AnyScalar], geometry: Geometry) -> list[NDArray[AnyScalar]]:
    """Return views of neurons that are pooled together: pool * pool of int or float[batch, height, width, channels]."""
    height, width, _ = geometry.pooled
    pool = geometry.pool
    kept = given[:, : height * pool, : width * pool]
    return [kept[:, y::pool, x::pool] for y in range(pool) for x in range(pool)]


def pooled(spikes: Floats, geometry: Geometry) -> Floats:
    """Return 1 where any of the pooled neurons spikes: the membrane that is the maximum is above 0."""
    if geometry.pool == 1:
        return spikes
    highest: Floats = functools.reduce(np.maximum, corners(spikes, geometry))
    return highest
