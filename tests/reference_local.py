"""Local errors in integers again in fractions, cell by cell, from docs/learning.md and not from the kernels."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.decolle.table import LayerLearning
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal
from reference import Draws, cast_value
from reference_decolle import LayerReference, Map, QuantisedLayer

Place = tuple[int, int, int, int]  # output channel, kernel row, kernel column, input channel


def cast(x: Fraction, frac: int, signal: Signal, draws: Draws | None = None) -> int:
    """Cast an exact number of `frac` fractional bits, or as many as the signal has if that is more."""
    form = signal.format
    dropped = max(0, frac - form.frac)
    draw = Fraction(0)
    if signal.rounding.value == "stochastic" and dropped and draws:
        draw = Fraction(draws.take(dropped), 1 << dropped)
    return cast_value(x, form.word, form.frac, form.signed, signal.rounding.value, signal.overflow.value, draw).raw


def value(raw: int, frac: int) -> Fraction:
    return Fraction(raw) / Fraction(2) ** frac


class Learner:
    """A layer that learns."""

    def __init__(
        self,
        layer: QuantisedLayer,
        given: Format,
        output: bool,
        readout: list[list[int]],
        learned: dict[Place, int],
        learned_bias: list[int],
        rate: int,
        halvings: int,
        seeds: list[int],
    ) -> None:
        self.running = LayerReference(layer, given)
        self.layer, self.output, self.readout = layer, output, readout
        assert layer.plan.learning
        self.table: LayerLearning = layer.plan.learning
        self.learned, self.learned_bias = learned, learned_bias
        self.gradient = dict.fromkeys(learned, 0)
        self.bias_gradient = [0] * len(learned_bias)
        self.scales, self.bias_scales = dict.fromkeys(learned, 0), [0] * len(learned_bias)
        self.rate, self.halvings = rate, halvings
        self.draws = [Draws(layer.registers[0].taps, seed) for seed in seeds]
        self.updates = 0
        self.error: list[int] = []
        self.read()

    def read(self) -> None:
        plan, table = self.layer.plan, self.table
        weights, bias = self.layer.weights.copy(), self.layer.bias.copy()
        for (n, ky, kx, c), word in self.learned.items():
            frac = table.learned.format.frac
            weights[ky, kx, c, n] = cast(value(word, frac), frac, plan["weight"])
        for n, word in enumerate(self.learned_bias):
            frac = table.learned_bias.format.frac
            bias[n] = cast(value(word, frac), frac, plan["bias"])
        self.layer = self.running.layer = replace(self.layer, weights=weights, bias=bias)

    def rest(self) -> None:
        self.running = LayerReference(self.layer, self.running.given)

    def find(self, pooled: Map, label: int, classes: int) -> None:
        """Find errors and deltas of a step, and add them to the gradients."""
        plan, table, running = self.layer.plan, self.table, self.running
        points = (
            plan["weight"].format.frac + plan["trace"].format.frac,
            plan["refractory"].format.frac,
            plan["bias"].format.frac,
        )
        point = max(points)
        self.error = []
        for k in range(classes):
            if self.output:
                said, own = running.membranes[0, 0, k], point
                target = Fraction(1 if k == label else -1, 2)
            else:
                said, own = sum(self.readout[place][k] * spike for place, spike in enumerate(pooled.values())), 0
                target = Fraction(1 if k == label else 0)
            frac = own + table.readout_shift
            word = cast(value(said, frac) - target, max(frac, 1), table.error, self.draws[0])
            if self.output:
                word = min(word, 0) if k == label else max(word, 0)
            self.error.append(word)

        size = self.layer.geometry.pool
        sums, bias_sums = dict.fromkeys(self.learned, 0), [0] * len(self.learned_bias)
        for place, (y, x, n) in enumerate(pooled):
            window = [(y * size + dy, x * size + dx, n) for dy in range(size) for dx in range(size)]
            most = max(running.membranes[cell] for cell in window)
            winner = next(cell for cell in window if running.membranes[cell] == most)
            if self.output:
                back, frac = Fraction(self.error[place]), table.error.format.frac
            else:
                above = abs(value(most, point)) / Fraction(2) ** table.first
                doublings = 0  # how often `first` must double to be above the membrane's magnitude
                while above >= 1:
                    above, doublings = above / 2, doublings + 1
                halvings = doublings * table.slope
                if halvings > table.reach:
                    continue
                total = sum(self.readout[place][k] * self.error[k] for k in range(classes))
                back, frac = Fraction(total, 2**halvings), table.error.format.frac + table.reach
            if back == 0:
                continue
            delta = cast(back / Fraction(2) ** table.error.format.frac, frac, table.delta, self.draws[1])
            bias_sums[n] += delta
            padding = self.layer.geometry.padding
            for m, ky, kx, c in self.learned:
                if m == n:
                    cell = winner[0] + ky - padding, winner[1] + kx - padding, c
                    sums[m, ky, kx, c] += delta * running.trace.words.get(cell, 0)

        own, frac = table.gradient.format.frac, table.delta.format.frac
        for key, total in sums.items():
            if total:
                both = frac + plan["trace"].format.frac
                held = value(self.gradient[key], own) + value(total, both)
                self.gradient[key] = cast(held, both, table.gradient, self.draws[2])
        for n, total in enumerate(bias_sums):
            if total:
                held = value(self.bias_gradient[n], own) + value(total, frac)
                self.bias_gradient[n] = cast(held, frac, table.gradient, self.draws[3])

    def change(self, halved: int) -> None:
        """Move what is learned against the gradients."""
        table = self.table
        self.updates += 1
        fall = int(self.updates % table.forget == 0)
        finest = table.gradient.format.word + self.rate + self.halvings
        for key, word in self.gradient.items():
            self.scales[key] = max(self.scales[key] - fall, abs(word).bit_length())
            if word:
                step = Fraction(word, 2 ** self.scales[key]) / Fraction(2) ** (self.rate + halved)
                x = value(self.learned[key], table.learned.format.frac) - step
                self.learned[key] = cast(x, finest, table.learned, self.draws[4])
                self.gradient[key] = 0
        for n, word in enumerate(self.bias_gradient):
            self.bias_scales[n] = max(self.bias_scales[n] - fall, abs(word).bit_length())
            if word:
                step = Fraction(word, 2 ** self.bias_scales[n]) / Fraction(2) ** (self.rate + halved - table.bias_shift)
                x = value(self.learned_bias[n], table.learned_bias.format.frac) - step
                self.learned_bias[n] = cast(x, finest - table.bias_shift, table.learned_bias, self.draws[5])
                self.bias_gradient[n] = 0
        self.read()


def present(network: QuantisedLayers, layers: list[Learner], frames: list[Map], label: int, halved: int) -> None:
    """Learn from one recording."""
    described = network.description
    for layer in layers:
        layer.rest()
    for step, frame in enumerate(frames):
        given = frame
        for layer in layers:
            given = layer.running.step(given)
            if step >= described.burn_in:
                layer.find(given, label, described.classes)
                if layer.table.update == "step":
                    layer.change(halved)
    for layer in layers:
        if layer.table.update == "recording":
            layer.change(halved)
