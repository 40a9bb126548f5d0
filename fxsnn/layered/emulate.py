"""Run a quantised layered network: many recordings for what it says of them, or one with every node kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError, OverflowDetectedError
from fxsnn.frozen import KERNELS_TAKE, freeze
from fxsnn.graph.run import run
from fxsnn.graph.ways import by_channel
from fxsnn.kernels import convolution, lif, projections
from fxsnn.layered.description import Geometry
from fxsnn.layered.populations import populations_of
from fxsnn.layered.quantise import CASTS, QuantisedLayer, QuantisedLayers
from fxsnn.layered.width import Wires, input_format, wires
from fxsnn.modes import Overflow

_ONE = np.ones(1, np.uint8)  # what a pooled spike is multiplied by
NODES = ("sum", "trace", "synapse", "refractory", "spike")  # flat maps: traces and synapses of inputs or of neurons


@dataclass(slots=True, eq=False)
class _State:
    """A layer at work on one recording, and what it needs to be run."""

    layer: QuantisedLayer
    wired: Wires
    weights: NDArray[np.signedinteger]
    windows: tuple[projections.Windows, projections.Windows]  # of the kernel, and of pooling
    bias: NDArray[np.int64]
    trace: NDArray[np.int64]
    synapse: NDArray[np.int64]
    refractory: NDArray[np.int64]
    sums: NDArray[np.signedinteger]
    spikes: NDArray[np.uint8]
    pooled: NDArray[np.uint8]
    kicks: NDArray[np.int64]
    registers: NDArray[np.int64]
    draws: tuple[NDArray[np.int64] | None, ...]

    def begin(self) -> None:
        """Return to rest."""
        for array in (self.trace, self.synapse, self.refractory, self.spikes):
            array[:] = 0
        self.registers[:] = [register.seed for register in self.layer.registers]

    def advance(self, given: NDArray[np.unsignedinteger], counts: NDArray[np.int64] | None = None) -> None:
        """Do a time step."""
        wired, taps = self.wired, self.layer.registers[0].tap_array()
        sites = (wired.trace, wired.synapse, wired.refractory)
        inputs = self.layer.plan.filters == "inputs"

        def decay(cast: int, states: NDArray[np.int64], added: NDArray[np.signedinteger]) -> None:
            convolution.decay(
                states, added, sites[cast], wired.leaks[cast], self.draws[cast], self.registers, cast, taps, counts
            )

        decay(0, self.trace, self.synapse)
        if inputs:
            decay(1, self.synapse, given.astype(np.int64))
        under = (self.trace if inputs else given).astype(self.wired.sums)
        self.sums[:] = 0
        projections.add_correlation(self.sums[None], under[None], self.weights, self.windows[0])
        if not inputs:
            decay(1, self.synapse, self.sums)
        np.multiply(self.spikes, -self.layer.refractory, out=self.kicks, dtype=np.int64)
        decay(2, self.refractory, self.kicks)
        drive, frac = (self.sums, wired.sum_frac) if inputs else (self.trace, self.layer.plan.trace.format.frac)
        left = wired.compared - frac, wired.compared - self.layer.plan.refractory.format.frac
        convolution.fire(self.spikes, drive, self.refractory, self.bias, *left)
        self.pooled[:] = 0
        projections.add_maxima(self.pooled[None], self.spikes[None], _ONE, self.windows[1])

    def read(self, weights: NDArray[np.int64], bias: NDArray[np.int64]) -> None:
        """Take other words for weights and biases, as a layer does that learns."""
        self.weights[:] = by_channel(weights)
        self.bias[:] = bias << (self.wired.compared - self.layer.plan.bias.format.frac)

    def membranes(self) -> NDArray[np.int64]:
        """Return sum + refractory state + bias at the binary point at which they are compared."""
        inputs = self.layer.plan.filters == "inputs"
        drive, frac = (self.sums, self.wired.sum_frac) if inputs else (self.trace, self.layer.plan.trace.format.frac)
        left = self.wired.compared - self.layer.plan.refractory.format.frac
        bias = np.tile(self.bias, len(self.spikes) // len(self.bias))
        total: NDArray[np.int64] = (drive.astype(np.int64) << self.wired.compared - frac) + bias
        return total + (self.refractory << left)


@dataclass(frozen=True, slots=True)
class LayeredTrace:
    """Every node of every step of one recording, by layer: int64[steps, words] each, and the casts counted."""

    nodes: tuple[dict[str, NDArray[np.int64]], ...]
    registers: tuple[NDArray[np.int64], ...]  # int64[steps, casts], after each step
    counts: tuple[dict[str, dict[str, int]], ...]
    scores: NDArray[np.int64]  # int64[classes]

    def __post_init__(self) -> None:
        freeze(self)


def respond_layers(network: QuantisedLayers, frames: NDArray[np.uint16], threads: int = 1) -> NDArray[np.int64]:
    """Return what the last layer says of each class, summed over the steps after burn-in: int64[recordings, classes].

    An output layer says its membranes, another its spikes through its random readout. The answer is the class of the
    largest sum, the lowest of equal ones. Nothing depends on `threads` or on what else is in the batch.

    frames    uint16[recordings, steps, height, width, polarity]    counts, see `learn.frames_of`

    Raises
    ------
    WidthError
        An exact intermediate could leave int64.
    ConfigError
        The frames are of another size, or a count is larger than the description's clip.
    OverflowDetectedError
        A signal's overflow mode is `error` and a value left it.
    """
    _check_frames(network, frames)
    if _errors(network):
        said = np.zeros((len(frames), network.description.classes), np.int64)
        for n in range(len(frames)):
            said[n] = emulate_layers(network, frames, n).scores
        return said
    return run(populations_of(network), frames, threads).said


def emulate_layers(network: QuantisedLayers, frames: NDArray[np.uint16], recording: int = 0) -> LayeredTrace:
    """Run one recording and keep every node; raises as `respond_layers` does.

    frames    uint16[1, steps, height, width, polarity]
    """
    _check_frames(network, frames)
    frames, states = np.require(frames[recording], requirements=KERNELS_TAKE), at_work(network)
    for state in states:
        state.begin()
    kept: list[dict[str, list[NDArray[np.int64]]]] = [{name: [] for name in NODES} for _ in states]
    registers: list[list[NDArray[np.int64]]] = [[] for _ in states]
    counts = [np.zeros((len(CASTS), 4), np.int64) for _ in states]
    scores = np.zeros(network.description.classes, np.int64)
    for step in range(network.description.steps):
        _advance(states, frames[step], counts)
        for number, state in enumerate(states):
            held: tuple[NDArray[Any], ...] = (state.sums, state.trace, state.synapse, state.refractory, state.spikes)
            for name, words in zip(NODES, held, strict=True):
                kept[number][name].append(words.astype(np.int64))
            registers[number].append(state.registers.copy())
        if step >= network.description.burn_in:
            scores += _answer(network, states[-1])
    _refuse_overflows(network, counts)
    return LayeredTrace(
        tuple({name: np.stack(rows) for name, rows in nodes.items()} for nodes in kept),
        tuple(np.stack(rows) for rows in registers),
        tuple(counted(one) for one in counts),
        scores,
    )


def at_work(network: QuantisedLayers) -> list[_State]:
    """Return the layers as they run one recording after the other; raises WidthError."""
    return [_state(layer, wires(layer, input_format(network, n))) for n, layer in enumerate(network.layers)]


def _windows(geometry: Geometry) -> tuple[projections.Windows, projections.Windows]:
    """Return the windows of a layer's kernel over its inputs, and of what is pooled of its outputs."""
    padding = (geometry.padding, geometry.padding)
    pool = (geometry.pool, geometry.pool)
    return (
        projections.Windows(*geometry.inputs[1:], *geometry.outputs, *geometry.kernel, 1, 1, *padding, 1),
        projections.Windows(*geometry.outputs[1:], *geometry.pooled, *pool, *pool, 0, 0, 1),
    )


def _state(layer: QuantisedLayer, wired: Wires) -> _State:
    inputs, neurons = math.prod(layer.geometry.inputs), math.prod(layer.geometry.outputs)
    decaying = inputs if layer.plan.filters == "inputs" else neurons
    bias = layer.bias << (wired.compared - layer.plan.bias.format.frac)
    sizes = decaying, decaying, neurons
    sites = (wired.trace, wired.synapse, wired.refractory)
    return _State(
        layer,
        wired,
        np.array(by_channel(layer.weights), wired.sums, order="C"),
        _windows(layer.geometry),
        bias,
        np.zeros(decaying, np.int64),
        np.zeros(decaying, np.int64),
        np.zeros(neurons, np.int64),
        np.zeros(neurons, wired.sums),
        np.zeros(neurons, np.uint8),
        np.zeros(math.prod(layer.geometry.pooled), np.uint8),
        np.zeros(neurons, np.int64),
        np.zeros(len(CASTS), np.int64),
        tuple(np.zeros(size, np.int64) if site.draw_bits else None for site, size in zip(sites, sizes, strict=True)),
    )


def _advance(
    states: list[_State], frame: NDArray[np.uint16], counts: Sequence[NDArray[np.int64] | None] | None = None
) -> None:
    given: NDArray[np.unsignedinteger] = frame.reshape(-1)
    for number, state in enumerate(states):
        state.advance(given, counts[number] if counts else None)
        given = state.pooled


def _answer(network: QuantisedLayers, last: _State) -> NDArray[np.int64]:
    if network.description.layer[-1].kind == "output":
        return last.membranes()
    said: NDArray[np.int64] = last.pooled.astype(np.int64) @ network.readout.astype(np.int64)
    return said


def _check_frames(network: QuantisedLayers, frames: NDArray[np.uint16]) -> None:
    described = network.description
    shape = (described.steps, *described.inputs(0))
    if frames.dtype != np.uint16 or frames.shape[1:] != shape:
        wanted = f"uint16[recordings, {', '.join(map(str, shape))}]"
        raise ConfigError(f"frames must be {wanted}, not {frames.dtype}{[*frames.shape]}")
    if frames.size and frames.max() > described.clip:
        raise ConfigError(f"counts must be at most the clip of {described.clip}, not {frames.max()}")


def _errors(network: QuantisedLayers) -> bool:
    return any(getattr(layer.plan, name).overflow is Overflow.ERROR for layer in network.layers for name in CASTS)


def _refuse_overflows(network: QuantisedLayers, counts: list[NDArray[np.int64]]) -> None:
    for number, (layer, counted) in enumerate(zip(network.layers, counts, strict=True)):
        for row, name in enumerate(CASTS):
            signal = getattr(layer.plan, name)
            if signal.overflow is Overflow.ERROR and counted[row, lif.OVERFLOWS]:
                raise OverflowDetectedError(
                    f"{name} of layer {number} must stay within {signal.format.describe()}, "
                    f"but left it {counted[row, lif.OVERFLOWS]} times"
                )


def counted(counts: NDArray[np.int64]) -> dict[str, dict[str, int]]:
    """Return a layer's counters, int64[casts, 4] as `_State.advance` has them, by name."""
    return {
        name: {"casts": int(row[lif.CASTS]), "inexact": int(row[0]), "ties": int(row[1]), "overflows": int(row[2])}
        for name, row in zip(CASTS, counts, strict=True)
    }
