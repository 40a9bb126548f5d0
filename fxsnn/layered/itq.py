"""In-training quantisation of a layered network: its layers learn by local errors in integers, as hardware would.

The rule is that of `learn.py` on words, every result cast to the format that stores it; see docs/learning.md and
`kernels/local_learning.py`. The mode with float master weights is `learn.train_layers` with grids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fxsnn.cast import cast, from_float, to_float
from fxsnn.data.recordings import Recordings
from fxsnn.errors import ConfigError
from fxsnn.kernels import local_learning as rule
from fxsnn.layered.description import Description, Geometry
from fxsnn.layered.emulate import at_work, input_format
from fxsnn.layered.learn import LocalLearning, check_sensor, frames_of, lessons
from fxsnn.layered.network import LayeredNetwork
from fxsnn.layered.plan import LayeredPlan
from fxsnn.layered.quantise import STREAMS, QuantisedLayers, quantise_layers
from fxsnn.layered.width import wires
from fxsnn.layered.wiring import LearningWires, learning_wires
from fxsnn.plan import Signal

ROWS = 6  # of a layer's registers of learning: see local_learning.ERROR
HELD = 50  # recordings whose frames are held at once


@dataclass(frozen=True, slots=True)
class IntegerLearning:
    """How long and how fast a layered network learns in integers: at rates that are powers of two."""

    passes: int = 4
    rate: int = 7  # a word moves by at most 2 to the power of minus this
    halvings: int = 5  # the rate halves whenever half of what was left is done, so often at most
    seed: int = 0  # of the order in which recordings are shown

    def __post_init__(self) -> None:
        if self.passes < 1 or self.seed < 0:
            raise ConfigError(f"passes and seed must be 1 and 0 or more, not {self.passes} and {self.seed}")
        if not (0 <= self.rate <= 30 and 0 <= self.halvings <= 16):
            raise ConfigError(f"rate and halvings must be 0 to 30 and 0 to 16, not {self.rate} and {self.halvings}")

    def left(self, shown: int, total: int) -> int:
        """Return how often the rate will halve after recording number `shown` of `total`, from 0, is learned."""
        return max(self.halvings + 1 - (total // (total - shown)).bit_length(), 0)


class Working(Protocol):
    """A layer that runs one recording: what learning needs to know of `emulate`."""

    @property
    def pooled(self) -> NDArray[np.uint8]:
        """The spikes that it gives."""

    @property
    def trace(self) -> NDArray[np.int64]:
        """P of its inputs."""

    def begin(self) -> None:
        """Return to rest."""

    def advance(self, given: NDArray[np.unsignedinteger]) -> None:
        """Do a time step."""

    def membranes(self) -> NDArray[np.int64]:
        """Return what is compared with 0."""

    def read(self, weights: NDArray[np.int64], bias: NDArray[np.int64]) -> None:
        """Take other words for weights and biases."""


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """Weights or biases that learn, outputs outermost: int64 arrays of one shape, changed in place."""

    learned: NDArray[np.int64]
    read: NDArray[np.int64]  # as the layer reads them
    gradient: NDArray[np.int64]
    scales: NDArray[np.int64]  # bits of the largest gradient

    @classmethod
    def of(cls, learned: NDArray[np.int64], words: tuple[Signal, Signal]) -> Learned:
        """Return them before the first recording; `words` are those learned and those read."""
        given, read = words
        seen = cast(learned, given.format, read.format, read.rounding, read.overflow)
        return cls(learned, seen, np.zeros_like(learned), np.zeros_like(learned))


@dataclass(frozen=True, slots=True, eq=False)
class LearningLayer:
    """A layer that learns, its constants and all that learning stores."""

    number: int
    working: Working
    wires: LearningWires
    geometry: Geometry
    readout: NDArray[np.int8]
    weights: Learned  # int64[outputs, kernel height, kernel width, inputs]
    biases: Learned  # int64[outputs]
    sums: NDArray[np.signedinteger]  # of a step: [outputs, kernel height, kernel width * inputs]
    bias_sums: NDArray[np.int64]
    said: NDArray[np.int64]  # int64[classes]
    error: NDArray[np.int64]  # int64[classes]
    delta: NDArray[np.signedinteger]  # of each output
    winners: NDArray[np.int64]  # the neuron of each output
    registers: NDArray[np.int64]  # never reset
    taps: NDArray[np.int64]

    def reads(self) -> None:
        """Let the layer read what has been learned."""
        self.working.read(self.weights.read.transpose(1, 2, 3, 0), self.biases.read)

    def find(self, label: int) -> None:
        """Find what was wrong in this step, and add it to the gradients."""
        state, geometry, wires = self.working, self.geometry, self.wires
        membranes = state.membranes()
        if len(self.readout):
            rule.read_out(self.said, state.pooled, self.readout)
        else:
            self.said[:] = membranes
        rule.find_errors(self.error, self.said, label, wires.fault, self.registers, self.taps)
        (height, width, inputs), (_, out_width, outputs) = geometry.inputs, geometry.outputs
        size = geometry.pool, out_width, outputs, geometry.pooled[1]
        rule.send_back(
            self.delta,
            self.winners,
            membranes,
            self.readout,
            self.error,
            wires.fault,
            *size,
            self.registers,
            self.taps,
        )
        trace = state.trace.astype(wires.sums)
        place = height, width, inputs, geometry.padding, out_width
        rule.gather(self.sums, self.bias_sums, self.delta, self.winners, trace, *place)
        for own, sums, change, row in (
            (self.weights, self.sums, wires.weights, rule.GRADIENT),
            (self.biases, self.bias_sums, wires.biases, rule.BIAS_GRADIENT),
        ):
            rule.hold(own.gradient.reshape(-1), sums.reshape(-1), change.gradient, self.registers, row, self.taps)

    def change(self, updates: int, left: int) -> None:
        """Move what is learned, for the `updates`-th time; `left` is by how much the rate is above the lowest."""
        forget = int(updates % self.wires.table.forget == 0)
        for own, change, row in (
            (self.weights, self.wires.weights, rule.UPDATE),
            (self.biases, self.wires.biases, rule.BIAS_UPDATE),
        ):
            flat = (part.reshape(-1) for part in (own.learned, own.read, own.gradient, own.scales))
            rule.change(*flat, change, forget, left, self.registers, row, self.taps)
        self.reads()


def train_in_integers(
    network: LayeredNetwork,
    recordings: Recordings,
    plan: LayeredPlan,
    learning: IntegerLearning,
    progress: Callable[[int, int], None] | None = None,
) -> LayeredNetwork:
    """Learn from recordings, one after the other, in integer arithmetic; return what the network has become.

    Every parameter of the result lies on its format in the plan, so that quantising it loses nothing.

    Raises
    ------
    ConfigError
        A layer has no learning table or its plan cannot learn, or the recordings do not fit the network.
    WidthError
        An exact intermediate could leave int64.
    """
    check_sensor(network, recordings)
    layers = begin(network, plan, learning)
    total, shown = learning.passes * len(recordings), 0
    order = LocalLearning(passes=learning.passes, batch=HELD, seed=learning.seed)
    for chosen, _ in lessons(network, recordings, order):
        frames = frames_of(network, recordings, chosen)
        for counts, label in zip(frames, recordings.labels[chosen], strict=True):
            present(layers, network.description, counts, int(label), shown, learning.left(shown, total))
            shown += 1
        if progress:
            progress(shown, total)
    return finished(network, plan, layers)


def begin(network: LayeredNetwork, plan: LayeredPlan, learning: IntegerLearning) -> list[LearningLayer]:
    """Return the layers as they stand before the first recording; raises as `train_in_integers`."""
    quantised = quantise_layers(network, plan)
    return [
        _learning_layer(network, quantised, number, working, learning)
        for number, working in enumerate(at_work(quantised))
    ]


def present(
    layers: list[LearningLayer], described: Description, counts: NDArray[np.uint16], label: int, shown: int, left: int
) -> None:
    """Learn from a recording, number `shown` from 0: uint16[steps, height, width, polarity]."""
    for layer in layers:
        layer.working.begin()
    for step in range(described.steps):
        given: NDArray[np.unsignedinteger] = counts[step].reshape(-1)
        for layer in layers:
            layer.working.advance(given)
            given = layer.working.pooled
            if step < described.burn_in:
                continue
            layer.find(label)
            if layer.wires.table.update == "step":
                layer.change(shown * (described.steps - described.burn_in) + step - described.burn_in + 1, left)
    for layer in layers:
        if layer.wires.table.update == "recording":
            layer.change(shown + 1, left)


def finished(network: LayeredNetwork, plan: LayeredPlan, layers: list[LearningLayer]) -> LayeredNetwork:
    """Return the network that the plan quantises to what the layers read."""
    weights = tuple(
        to_float(layer.weights.read.transpose(1, 2, 3, 0), words.weight.format).astype(np.float32)
        for layer, words in zip(layers, plan.layers, strict=True)
    )
    biases = tuple(
        _bias(layer.biases.read, words.bias, _unit(network.description, layer.number))
        for layer, words in zip(layers, plan.layers, strict=True)
    )
    return replace(network, weights=weights, biases=biases)


def _learning_layer(
    network: LayeredNetwork, quantised: QuantisedLayers, number: int, working: Working, learning: IntegerLearning
) -> LearningLayer:
    layer, described = quantised.layers[number], network.description
    wired = learning_wires(
        quantised, number, wires(layer, input_format(quantised, number)), learning.rate, learning.halvings
    )
    table, geometry, plan = wired.table, layer.geometry, layer.plan
    # outputs outermost, so that what lies under a row of the kernel is contiguous
    first = np.ascontiguousarray(network.weights[number].transpose(3, 0, 1, 2), np.float64)
    bias = network.biases[number].astype(np.float64) * _unit(described, number)
    weights = Learned.of(from_float(first, table.learned.format), (table.learned, plan.weight))
    biases = Learned.of(from_float(bias, table.learned_bias.format), (table.learned_bias, plan.bias))
    outputs = int(np.prod(geometry.pooled))
    streams = STREAMS * len(quantised.layers) + ROWS * number
    registers = [quantised.plan.lfsr.derive(streams + row).seed for row in range(ROWS)]
    rows, columns, inputs, channels = geometry.weights
    found = LearningLayer(
        number,
        working,
        wired,
        geometry,
        network.readouts[number],
        weights,
        biases,
        np.zeros((channels, rows, columns * inputs), wired.sums),
        np.zeros(channels, np.int64),
        np.zeros(described.classes, np.int64),
        np.zeros(described.classes, np.int64),
        np.zeros(outputs, wired.sums),
        np.zeros(outputs, np.int64),
        np.array(registers, np.int64),
        quantised.plan.lfsr.tap_array(),
    )
    found.reads()
    return found


def _unit(described: Description, number: int) -> float:
    """Return what a bias is multiplied by where states are kept without the factors 1 - alpha and 1 - beta."""
    layer = described.layer[number]
    return 1 / ((1 - layer.alpha) * (1 - layer.beta))


def _bias(words: NDArray[np.int64], signal: Signal, unit: float) -> NDArray[np.float32]:
    """Return float32 biases that quantising makes these words of: of the nearest ones, whichever does."""
    near = (to_float(words, signal.format) / unit).astype(np.float32)
    above, below = (np.nextafter(near, np.float32(end)) for end in (np.inf, -np.inf))
    for other in (above, below):
        wrong = from_float(near.astype(np.float64) * unit, signal.format, signal.rounding, signal.overflow) != words
        near = np.where(wrong, other, near)
    return near
