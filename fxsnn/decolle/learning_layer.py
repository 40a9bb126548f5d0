"""A layer that learns by local errors in integers: all that it stores, and its part of a time step and of an update."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fxsnn.decolle.description import Description
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import STREAMS
from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.decolle.wiring import LearningWires, learning_wires
from fxsnn.decolle.working import Working
from fxsnn.kernels import local_learning as rule
from fxsnn.kernels.local_learning import Room, Shape
from fxsnn.number.cast import cast, from_float
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Signal

ROWS = 6  # of a layer's registers of learning: see local_learning.ERROR


@dataclass(slots=True, eq=False)
class Learned:
    """Weights or biases that learn, outputs outermost: int64 arrays of one shape, changed in place."""

    learned: NDArray[np.int64]
    read: NDArray[np.int64]  # as the layer reads them
    gradient: NDArray[np.int64]
    scales: NDArray[np.int64]  # bits of the largest gradient

    @property
    def arrays(self) -> tuple[NDArray[np.int64], ...]:
        """All of them, as the kernels take them."""
        return self.learned, self.read, self.gradient, self.scales

    @classmethod
    def of(cls, values: NDArray[np.float64], words: tuple[Signal, Signal]) -> Learned:
        """Return them before the first recording; `words` are those learned and those read.

        values    float64 of the shape of the weights, or of the biases: float64[channels]

        Where reading drops bits, half a unit is added first: what is read then is what is nearest.
        """
        given, read = words
        floors = read.rounding is Rounding.FLOOR and given.format.frac > read.format.frac
        learned = from_float(values + floors * 2.0 ** (-read.format.frac - 1), given.format)
        seen = cast(learned, given.format, read.format, read.rounding, read.overflow)
        return cls(learned, seen, np.zeros_like(learned), np.zeros_like(learned))


@dataclass(slots=True, eq=False)
class LearningLayer:
    """A layer that learns, its constants and all that learning stores."""

    number: int
    working: Working
    wires: LearningWires
    shape: Shape
    readout: NDArray[np.int8]
    weights: Learned  # int64[outputs, kernel height, kernel width, inputs]
    biases: Learned  # int64[outputs]
    room: Room
    registers: NDArray[np.int64]  # never reset
    taps: NDArray[np.int64]

    def reads(self) -> None:
        """Let the layer read what has been learned."""
        self.working.read(self.number, self.weights.read.transpose(1, 2, 3, 0), self.biases.read)

    def find(self, label: int) -> None:
        """Find what was wrong in this step, and add it to the gradients."""
        wires, changes = self.wires, (self.wires.weights, self.wires.biases)
        rule.learn_step(
            self.room,
            self.working.pooled(self.number),
            self.working.membranes(self.number),
            self.working.trace(self.number).astype(wires.sums),
            self.readout,
            label,
            self.weights.gradient.reshape(-1),
            self.biases.gradient,
            wires.fault,
            (changes[0].gradient, changes[1].gradient),
            self.shape,
            self.registers,
            self.taps,
        )

    def change(self, updates: int, left: int) -> None:
        """Move what is learned, for the `updates`-th time; `left` is by how much the rate is above the lowest."""
        forget = int(updates % self.wires.table.forget == 0)
        for own, change, row in (
            (self.weights, self.wires.weights, rule.UPDATE),
            (self.biases, self.wires.biases, rule.BIAS_UPDATE),
        ):
            learned, read, gradient, scales = (part.reshape(-1) for part in own.arrays)
            rule.change(learned, read, gradient, scales, change, forget, left, self.registers, row, self.taps)
        self.reads()


def learning_layer(
    network: DecolleNetwork, quantised: QuantisedLayers, working: Working, number: int, rate: int, halvings: int
) -> LearningLayer:
    """Return a layer as it stands before the first recording; raises as `wiring.learning_wires` does."""
    described, plan = network.description, quantised.plan.layers[number]
    wired = learning_wires(quantised, number, rate, halvings)
    table, geometry = wired.table, described.geometry(number)
    # outputs outermost, so that what lies under a row of the kernel is contiguous
    first = np.ascontiguousarray(network.weights[number].transpose(3, 0, 1, 2), np.float64)
    bias = network.biases[number].astype(np.float64) * unit_of(described, number)
    weights = Learned.of(first, (table.learned, plan["weight"]))
    biases = Learned.of(bias, (table.learned_bias, plan["bias"]))
    outputs = math.prod(geometry.pooled)
    streams = STREAMS * len(described.layer) + ROWS * number
    registers = [quantised.plan.lfsr.derive(streams + row).seed for row in range(ROWS)]
    height, width, inputs = geometry.inputs
    out_width, channels = geometry.outputs[1:]
    sums = np.zeros((channels, geometry.kernel[0], geometry.kernel[1] * inputs), wired.sums)
    scores, error = (np.zeros(described.classes, np.int64) for _ in range(2))
    found = LearningLayer(
        number,
        working,
        wired,
        Shape(height, width, inputs, geometry.padding, out_width, channels, geometry.pool, geometry.pooled[1]),
        network.readouts[number].copy(),  # one that the kernel is compiled for
        weights,
        biases,
        Room(
            scores,
            error,
            np.zeros(outputs, wired.sums),
            np.zeros(outputs, np.int64),
            sums,
            np.zeros(channels, np.int64),
        ),
        np.array(registers, np.int64),
        quantised.plan.lfsr.tap_array(),
    )
    found.reads()
    return found


def unit_of(described: Description, number: int) -> float:
    """Return what a bias is multiplied by where states are kept without the factors 1 - alpha and 1 - beta."""
    layer = described.layer[number]
    return 1 / ((1 - layer.alpha) * (1 - layer.beta))
