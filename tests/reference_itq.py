"""Learning in integers again in fractions, from docs/learning.md and not from the kernels."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from reference import Draws, Form, Layer, cast_value, iterate_layer


class Rule(NamedTuple):
    """Raw words of learning's constants, and the formats and modes of what it stores."""

    forms: dict[str, Form]  # weight, trace, theta, rate, constants, fade
    rounding: dict[str, str]
    overflow: dict[str, str]
    offset: int
    softness: int
    theta_plus: int
    theta_fall: int
    norm: Fraction
    fade: str  # multiply, shift, none
    fade_factor: int
    fade_shift: int
    update: str
    theta_rounding: str  # of the layer's theta, into which thresholds are folded
    theta_overflow: str
    weight_rounding: str  # of the layer's weight, to which learned weights are cast
    weight_overflow: str
    taps: tuple[int, ...]
    seeds: tuple[int, int, int]  # update, fade, fold


class Learning:
    """A layer that learns; `layer.weights` and `layer.theta` are what it reads and compares."""

    def __init__(self, layer: Layer, rule: Rule, learned: list[list[int]], theta: list[int]) -> None:
        self.layer, self.rule, self.learned, self.theta = layer, rule, learned, theta
        self.updates, self.fades, self.folds = (Draws(rule.taps, seed) for seed in rule.seeds)
        self.trace = [0] * len(learned)
        for n in range(len(theta)):
            self.read(n)
            self.fold(n)

    def value(self, name: str, raw: int) -> Fraction:
        return Fraction(raw) / Fraction(2) ** self.rule.forms[name][1]

    def cast(self, x: Fraction, source_frac: int, form: Form, rounding: str, overflow: str, draws: Draws | None) -> int:
        dropped = max(0, source_frac - form[1])
        draw = Fraction(0)
        if rounding == "stochastic" and dropped and draws:
            draw = Fraction(draws.take(dropped), 1 << dropped)
        return cast_value(x, *form, rounding, overflow, draw).raw

    def read(self, n: int) -> None:
        rule, form = self.rule, self.rule.forms["weight"]
        for i, row in enumerate(self.learned):
            x = self.value("weight", row[n])
            self.layer.weights[i][n] = self.cast(
                x, form[1], self.layer.forms["weight"], rule.weight_rounding, rule.weight_overflow, None
            )

    def fold(self, n: int) -> None:
        """Scale the threshold as normalising the weights would scale the membrane."""
        rule, forms = self.rule, self.layer.forms
        threshold = Fraction(self.layer.threshold) / Fraction(2) ** forms["threshold"][1]
        unit = Fraction(1) / Fraction(2) ** forms["weight"][1]
        total = sum(row[n] for row in self.layer.weights) * unit
        x = (threshold + self.value("theta", self.theta[n])) * total / rule.norm - threshold
        log = rule.norm.numerator.bit_length() - rule.norm.denominator.bit_length()
        finest = max(forms["threshold"][1], rule.forms["theta"][1]) + forms["weight"][1] + log
        finest = max(finest, forms["threshold"][1])
        self.layer.theta[n] = self.cast(x, finest, forms["theta"], rule.theta_rounding, rule.theta_overflow, self.folds)

    def change(self, n: int, amount: Fraction) -> None:
        rule, forms = self.rule, self.rule.forms
        finest = max(forms["trace"][1], forms["constants"][1] + max(0, forms["weight"][1])) + forms["rate"][1]
        for i, row in enumerate(self.learned):
            w = self.value("weight", row[n])
            drive = self.value("trace", self.trace[i]) - self.value("constants", rule.offset)
            drive -= self.value("constants", rule.softness) * w
            row[n] = self.cast(
                w + amount * drive,
                finest,
                forms["weight"],
                rule.rounding["weight"],
                rule.overflow["weight"],
                self.updates,
            )
        self.read(n)

    def fade(self) -> None:
        rule, form = self.rule, self.rule.forms["trace"]
        if rule.fade == "none":
            return
        for i, x in enumerate(self.trace):
            if rule.fade == "multiply":
                left = self.value("trace", x) * self.value("fade", rule.fade_factor)
                source = form[1] + rule.forms["fade"][1]
            else:
                left, source = self.value("trace", x - (x >> rule.fade_shift)), form[1]
            self.trace[i] = self.cast(left, source, form, rule.rounding["trace"], rule.overflow["trace"], self.fades)

    def present(self, raster: Sequence[Sequence[int]], rate: int) -> list[list[int]]:
        """Learn from one image; return the spikes of each step."""
        rule, word = self.rule, self.rule.forms["theta"][0]
        one = cast_value(Fraction(1), *rule.forms["trace"], "nearest-even", "saturate").raw
        self.trace = [0] * len(self.learned)
        spiked, spikes = [0] * len(self.theta), []
        counts = {site: [0, 0, 0, 0] for site in self.layer.seeds}
        for x, step in zip(raster, iterate_layer(self.layer, [list(x) for x in raster], counts, [0]), strict=True):
            self.fade()
            self.trace = [one if x[i] else self.trace[i] for i in range(len(x))]
            spikes.append(step.spike)
            for n, fires in enumerate(step.spike):
                if fires:
                    spiked[n] += 1
                    self.theta[n] = min(self.theta[n] + rule.theta_plus, 2**word - 1)
                    if rule.update == "spike":
                        self.change(n, self.value("rate", rate))
                    self.fold(n)
        for n, count in enumerate(spiked):
            if rule.update == "image" and count:
                self.change(n, self.value("rate", rate) * count)
            self.theta[n] = max(self.theta[n] - rule.theta_fall, 0)
            self.fold(n)
        return spikes
