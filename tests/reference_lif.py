"""LIF and CuBa LIF layers by hand, in fractions, written from docs/neurons.md; nothing here comes from fxsnn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

Word = tuple[int, int, bool]  # bits, fractional bits, signed


@dataclass(frozen=True)
class Into:
    """What a cast does."""

    word: Word
    rounding: str
    overflow: str

    def __call__(self, value: Fraction) -> Fraction:
        """Round to the grid, then fit into the word."""
        bits, frac, signed = self.word
        scaled = value * Fraction(2) ** frac
        low = floor(scaled)
        rest, half = scaled - low, Fraction(1, 2)
        up = {
            "floor": False,
            "ceil": rest > 0,
            "zero": scaled < 0 and rest > 0,
            "nearest-up": rest >= half,
            "nearest-down": rest > half,
            "nearest-zero": rest > half or (rest == half and scaled < 0),
            "nearest-away": rest > half or (rest == half and scaled > 0),
            "nearest-even": rest > half or (rest == half and low % 2 == 1),
            "nearest-odd": rest > half or (rest == half and low % 2 == 0),
        }[self.rounding]
        raw = low + up
        highest = 2 ** (bits - signed) - 1
        lowest = -(2 ** (bits - 1)) if signed else 0
        if self.overflow == "wrap":
            raw = (raw - lowest) % 2**bits + lowest
        elif not lowest <= raw <= highest and self.overflow == "saturate-zero":
            raw = 0
        elif self.overflow == "saturate-symmetric" and signed:
            raw = max(min(raw, highest), -highest)
        else:
            raw = max(min(raw, highest), lowest)
        return raw / Fraction(2) ** frac


@dataclass
class Lif:
    """A layer: one number for all neurons, in real units that lie on their grids."""

    neurons: int
    into: Into
    threshold: Fraction
    leak: str = "none"
    decay: Fraction = Fraction(1)
    shift: int = 0
    reset: str = "zero"
    reset_value: Fraction = Fraction(0)
    membranes: list[Fraction] = field(default_factory=list)

    def step(self, arriving: Sequence[Fraction]) -> tuple[list[Fraction], list[int]]:
        """Return the membranes before the comparison, and the spikes."""
        frac = self.into.word[1]
        self.membranes = self.membranes or [Fraction(0)] * self.neurons
        seen, spikes = [], []
        for n, come in enumerate(arriving):
            v = self.membranes[n]
            if self.leak == "multiply":
                v = self.into(v * self.decay)
            elif self.leak == "shift":
                word = v * Fraction(2) ** frac
                assert word.denominator == 1
                v = self.into(v - Fraction(word.numerator // 2**self.shift) / Fraction(2) ** frac)
            v = self.into(v + come)
            fires = v >= self.threshold
            seen.append(v)
            spikes.append(int(fires))
            if fires:
                v = {"zero": Fraction(0), "value": self.reset_value}.get(self.reset, v - self.threshold)
                v = self.into(v) if self.reset == "subtract" else v
            self.membranes[n] = v
        return seen, spikes


@dataclass
class Cuba:
    """A layer with a synaptic current a neuron."""

    neurons: int
    current_into: Into
    into: Into
    current_decay: Fraction
    membrane_decay: Fraction
    threshold: Fraction
    reset: str = "zero"
    currents: list[Fraction] = field(default_factory=list)
    membranes: list[Fraction] = field(default_factory=list)

    def step(self, arriving: Sequence[Fraction]) -> tuple[list[Fraction], list[int]]:
        """Return the membranes before the comparison, and the spikes."""
        self.membranes = self.membranes or [Fraction(0)] * self.neurons
        self.currents = self.currents or [Fraction(0)] * self.neurons
        seen, spikes = [], []
        for n, come in enumerate(arriving):
            self.currents[n] = self.current_into(self.currents[n] * self.current_decay + come)
            v = self.into(self.into(self.membranes[n] * self.membrane_decay) + self.currents[n])
            fires = v >= self.threshold
            seen.append(v)
            spikes.append(int(fires))
            if fires:
                v = self.into(v - self.threshold) if self.reset == "subtract" else Fraction(0)
            self.membranes[n] = v
        return seen, spikes


def weighed(spikes: Sequence[int], weights: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """Return the sum of the weights of the inputs that are 1, for every neuron: weights [inputs][neurons]."""
    return [
        sum((row[n] for row, spike in zip(weights, spikes, strict=True) if spike), Fraction(0))
        for n in range(len(weights[0]))
    ]
