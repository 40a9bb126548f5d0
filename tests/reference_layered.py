"""The slow reference of a layered network: docs/events.md again in unbounded Python integers, cell by cell."""

from __future__ import annotations

from typing import NamedTuple

from fxsnn.format import Format
from fxsnn.layered.quantise import QuantisedLayer, QuantisedLayers
from fxsnn.plan import Leak, Signal
from reference import Draws, cast_word

Map = dict[tuple[int, int, int], int]


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
        self.trace = State(plan.trace, plan.trace_leak, alpha, decaying, draws[0])
        self.synapse = State(plan.synapse, plan.synapse_leak, beta, decaying, draws[1])
        self.refractory = State(plan.refractory, plan.refractory_leak, rho, geometry.outputs, draws[2])
        self.spikes: Map = dict.fromkeys(self.refractory.words, 0)
        self.sums: Map = dict.fromkeys(self.refractory.words, 0)
        self.membranes: Map = {}

    def step(self, given: Map) -> Map:
        """Do a time step; return the pooled spikes."""
        plan = self.layer.plan
        frac = plan.weight.format.frac
        self.trace.take(dict(self.synapse.words), plan.synapse.format.frac)
        if plan.filters == "inputs":
            self.synapse.take(given, self.given.frac)
            self.sums, frac = self.convolved(self.trace.words), frac + plan.trace.format.frac
            drive = self.sums
        else:
            self.sums = self.convolved(given)
            self.synapse.take(self.sums, frac + self.given.frac)
            drive, frac = self.trace.words, plan.trace.format.frac
        kicks = {cell: -self.layer.refractory * fired for cell, fired in self.spikes.items()}
        self.refractory.take(kicks, plan.refractory.format.frac)
        places = frac, plan.refractory.format.frac, plan.bias.format.frac
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


def run_layers(network: QuantisedLayers, frames: list[Map]) -> Ran:
    """Run one recording; the first layer takes words as wide as the largest count."""
    counts = Format(network.description.clip.bit_length(), 0, signed=False)
    layers = [
        LayerReference(layer, counts if n == 0 else Format(1, 0, signed=False))
        for n, layer in enumerate(network.layers)
    ]
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
                    scores[k] += sum(int(network.readout[n, k]) * fired for n, fired in enumerate(given.values()))
    return Ran(nodes, scores)
