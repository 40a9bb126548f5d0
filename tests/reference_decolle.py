"""The slow reference of a layered network: docs/events.md again in unbounded Python integers, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fxsnn.decolle.description import Description
from fxsnn.decolle.plan import LayerPlan
from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.signal import Leak, Signal
from reference import Draws, cast_word

Map = dict[tuple[int, int, int], int]
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Shapes:
    """The shapes of a layer: rows, columns, channels; of the weights the kernel, then channels in and out."""

    inputs: Shape
    weights: tuple[int, int, int, int]
    padding: int
    outputs: Shape  # one a neuron
    pool: int
    pooled: Shape
    kernel: tuple[int, int]


def every_shape(description: Description) -> list[Shapes]:
    """Return the shapes of every layer: a convolution keeps its map and pools it, others take all to one cell."""
    given = (-(-description.height // description.shrink), -(-description.width // description.shrink), 2)
    found = []
    for one in description.layer:
        rows, columns, channels = given
        if one.kind == "conv":
            kernel, padding, pool = (one.kernel, one.kernel), (one.kernel - 1) // 2, one.pool
        else:
            kernel, padding, pool = (rows, columns), 0, 1
        down, across = rows + 2 * padding - kernel[0] + 1, columns + 2 * padding - kernel[1] + 1
        pooled = (down // pool, across // pool, one.channels)
        found.append(
            Shapes(
                given, (*kernel, channels, one.channels), padding, (down, across, one.channels), pool, pooled, kernel
            )
        )
        given = pooled
    return found


@dataclass(frozen=True)
class QuantisedLayer:
    """The words of a layer."""

    plan: LayerPlan
    geometry: Shapes
    weights: NDArray[np.int64]
    bias: NDArray[np.int64]
    refractory: int
    factors: tuple[int, int, int]  # of the decays of trace, synapse and refractory state; 1 where they do not multiply
    registers: tuple[Lfsr, ...]


def every_layer(network: QuantisedLayers) -> list[QuantisedLayer]:
    """Return the words of every layer; register 9 * n + k is that of cast k of layer n."""
    found, shapes = [], every_shape(network.description)
    for n, plan in enumerate(network.plan.layers):
        held = {**network.graph.constants[f"layer_{n}"], **network.graph.constants.get(f"filter_{n}", {})}
        trace, synapse, refractory = (int(held.get(f"{name}_factor", 1)) for name in ("trace", "synapse", "refractory"))
        found.append(
            QuantisedLayer(
                plan,
                shapes[n],
                network.graph.weights[f"weights_{n}"],
                held["bias"],
                int(held["kick"]),
                (trace, synapse, refractory),
                tuple(network.plan.lfsr.derive(9 * n + k) for k in range(3)),
            )
        )
    return found


class Ran(NamedTuple):
    """The words of every step, by layer: flat maps."""

    nodes: list[dict[str, list[list[int]]]]
    scores: list[int]


class State:
    """One decaying state: a word for each cell of a shape."""

    def __init__(self, signal: Signal, leak: Leak, factor: int, shape: tuple[int, int, int], draws: Draws) -> None:
        self.signal, self.leak, self.factor, self.draws = signal, leak, factor, draws
        height, width, channels = shape
        self.words: Map = {(y, x, c): 0 for y in range(height) for x in range(width) for c in range(channels)}

    def take(self, added: Map, frac: int) -> None:
        """Leak, add words of `frac` fractional bits, cast once; cells ascending."""
        own = self.signal.format.frac
        for cell, word in self.words.items():
            leaked, place = word, own
            if self.leak.kind == "multiply":
                leaked, place = word * self.factor, own + self.leak.factor.format.frac
            elif self.leak.kind == "shift":
                leaked = word - (word >> self.leak.shift)
            common = max(place, frac, own)
            total = leaked * 2 ** (common - place) + added[cell] * 2 ** (common - frac)
            fmt = self.signal.format
            into = fmt.word, fmt.frac, fmt.signed
            modes = self.signal.rounding.value, self.signal.overflow.value
            self.words[cell] = cast_word(total, (0, common, True), into, *modes, self.draws).raw


class LayerReference:
    """A layer, step by step."""

    def __init__(self, layer: QuantisedLayer, given: Format) -> None:
        plan, geometry = layer.plan, layer.geometry
        self.layer, self.given = layer, given
        decaying = geometry.inputs if plan.filters == "inputs" else geometry.outputs
        draws = [Draws(register.taps, register.seed) for register in layer.registers]
        alpha, beta, rho = layer.factors
        self.trace = State(plan["trace"], plan.leaks["trace_leak"], alpha, decaying, draws[0])
        self.synapse = State(plan["synapse"], plan.leaks["synapse_leak"], beta, decaying, draws[1])
        self.refractory = State(plan["refractory"], plan.leaks["refractory_leak"], rho, geometry.outputs, draws[2])
        self.spikes: Map = dict.fromkeys(self.refractory.words, 0)
        self.sums: Map = dict.fromkeys(self.refractory.words, 0)
        self.membranes: Map = {}

    def step(self, given: Map) -> Map:
        """Do a time step; return the pooled spikes."""
        plan = self.layer.plan
        frac = plan["weight"].format.frac
        self.trace.take(dict(self.synapse.words), plan["synapse"].format.frac)
        if plan.filters == "inputs":
            self.synapse.take(given, self.given.frac)
            self.sums, frac = self.convolved(self.trace.words), frac + plan["trace"].format.frac
            drive = self.sums
        else:
            self.sums = self.convolved(given)
            self.synapse.take(self.sums, frac + self.given.frac)
            drive, frac = self.trace.words, plan["trace"].format.frac
        kicks = {cell: -self.layer.refractory * fired for cell, fired in self.spikes.items()}
        self.refractory.take(kicks, plan["refractory"].format.frac)
        places = frac, plan["refractory"].format.frac, plan["bias"].format.frac
        common = max(places)
        for cell in self.spikes:
            parts = drive[cell], self.refractory.words[cell], int(self.layer.bias[cell[2]])
            total = sum(part * 2 ** (common - place) for part, place in zip(parts, places, strict=True))
            self.membranes[cell] = total
            self.spikes[cell] = int(total > 0)
        return self.pooled()

    def convolved(self, under: Map) -> Map:
        """Return the sum of the words under the kernel, times its weights, for every neuron."""
        geometry = self.layer.geometry
        rows, columns, channels, outputs = geometry.weights
        sums = {}
        for y in range(geometry.outputs[0]):
            for x in range(geometry.outputs[1]):
                for n in range(outputs):
                    sums[y, x, n] = sum(
                        int(self.layer.weights[ky, kx, c, n])
                        * under.get((y + ky - geometry.padding, x + kx - geometry.padding, c), 0)
                        for ky in range(rows)
                        for kx in range(columns)
                        for c in range(channels)
                    )
        return sums

    def pooled(self) -> Map:
        """Return 1 where a window has a spike."""
        geometry = self.layer.geometry
        height, width, channels = geometry.pooled
        size = geometry.pool
        return {
            (y, x, c): max(self.spikes[y * size + dy, x * size + dx, c] for dy in range(size) for dx in range(size))
            for y in range(height)
            for x in range(width)
            for c in range(channels)
        }


def given_to(network: QuantisedLayers, number: int) -> Format:
    """Return the format of what a layer takes: the first one words as wide as the largest count, others spikes."""
    return Format(1 if number else network.description.clip.bit_length(), 0, signed=False)


def run_layers(network: QuantisedLayers, frames: list[Map]) -> Ran:
    """Run one recording."""
    layers = [LayerReference(layer, given_to(network, n)) for n, layer in enumerate(every_layer(network))]
    nodes: list[dict[str, list[list[int]]]] = [
        {name: [] for name in ("sum", "trace", "synapse", "refractory", "spike")} for _ in layers
    ]
    scores = [0] * network.description.classes
    for step, frame in enumerate(frames):
        given = frame
        for number, layer in enumerate(layers):
            given = layer.step(given)
            held = (layer.sums, layer.trace.words, layer.synapse.words, layer.refractory.words, layer.spikes)
            for name, words in zip(nodes[number], held, strict=True):
                nodes[number][name].append(list(words.values()))
        if step >= network.description.burn_in:
            last = layers[-1]
            for k in range(network.description.classes):
                if network.description.layer[-1].kind == "output":
                    scores[k] += last.membranes[0, 0, k]
                else:
                    signs = network.graph.weights["readout"][:, k].tolist()
                    scores[k] += sum(sign * fired for sign, fired in zip(signs, given.values(), strict=True))
    return Ran(nodes, scores)
