"""The slow reference: the arithmetic contract again in unbounded Python integers and fractions.

Written from the contract's text, not from the kernels, and sharing no code with them: rounding here
picks between the two neighbours of an exact fraction.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple


class Cast(NamedTuple):
    raw: int
    inexact: bool
    tie: bool
    overflow: bool


def lfsr_bits(taps: Sequence[int], seed: int) -> Iterator[int]:
    """The sequence b of the declared register, bit by bit, from reset on."""
    history = [(seed >> (taps[0] - 1 - n)) & 1 for n in range(taps[0])]  # oldest first: bit width-1 of the register
    while True:
        bit = 0
        for tap in taps:
            bit ^= history[-tap]
        history.append(bit)
        del history[0]
        yield bit


class Draws:
    """Draws of a cast site: as many fresh bits as are dropped, at most the register's width, first bit on top."""

    def __init__(self, taps: Sequence[int], seed: int) -> None:
        self.width, self.taps, self.seed = taps[0], taps, seed
        self.bits, self.taken = lfsr_bits(taps, seed), 0

    def take(self, dropped: int) -> int:
        """The number added to `dropped` dropped bits."""
        if dropped <= 0:
            return 0
        fresh = min(dropped, self.width)
        self.taken += fresh
        word = 0
        for _ in range(fresh):
            word = 2 * word + next(self.bits)
        return word << (dropped - fresh)


def round_fraction(x: Fraction, rounding: str) -> int:
    """The integer that a deterministic mode rounds the exact number x to."""
    low = math.floor(x)
    if x == low:
        return low
    if rounding == "floor":
        return low
    if rounding == "ceil":
        return low + 1
    if rounding == "zero":
        return low if x > 0 else low + 1
    distance = x - low
    if distance != Fraction(1, 2):
        return low if distance < Fraction(1, 2) else low + 1
    choice = {
        "nearest-up": low + 1,
        "nearest-down": low,
        "nearest-zero": low if x > 0 else low + 1,
        "nearest-away": low + 1 if x > 0 else low,
        "nearest-even": low if low % 2 == 0 else low + 1,
        "nearest-odd": low + 1 if low % 2 == 0 else low,
    }
    return choice[rounding]


def fit(q: int, word: int, signed: bool, overflow: str) -> tuple[int, bool]:
    """The word that an overflow mode makes of the integer q, and whether q was outside."""
    low, high = (-(2 ** (word - 1)), 2 ** (word - 1) - 1) if signed else (0, 2**word - 1)
    if overflow == "saturate-symmetric" and signed:
        low = -high
    if low <= q <= high:
        return q, False
    if overflow == "saturate-zero":
        return 0, True
    if overflow == "wrap":
        q %= 2**word
        return (q - 2**word if q > high else q), True
    if overflow == "error":
        raise OverflowError(q)
    return (high if q > high else low), True


def cast_value(
    x: Fraction,
    word: int,
    frac: int,
    signed: bool,
    rounding: str,
    overflow: str,
    draw: Fraction = Fraction(0),
) -> Cast:
    """Cast the exact number x; `draw` is what a stochastic draw adds, in units of the last kept bit."""
    scaled = x * Fraction(2) ** frac
    q = math.floor(scaled + draw) if rounding == "stochastic" else round_fraction(scaled, rounding)
    rest = scaled - math.floor(scaled)
    raw, outside = fit(q, word, signed, overflow)
    return Cast(raw, rest != 0, rest == Fraction(1, 2), outside)


def cast_word(
    raw: int,
    src: tuple[int, int, bool],
    dst: tuple[int, int, bool],
    rounding: str,
    overflow: str,
    draws: Draws | None = None,
) -> Cast:
    """Cast a raw word between formats given as (word, frac, signed)."""
    dropped = src[1] - dst[1]
    draw = Fraction(0)
    if rounding == "stochastic" and dropped > 0:
        assert draws is not None
        draw = Fraction(draws.take(dropped), 1 << dropped)
    return cast_value(Fraction(raw) / Fraction(2) ** src[1], *dst, rounding, overflow, draw)


Form = tuple[int, int, bool]  # word, frac, signed


class Layer(NamedTuple):
    """A layer as the contract sees it: raw words, formats and modes by name."""

    weights: list[list[int]]  # [inputs][neurons]
    theta: list[int]
    threshold: int
    factor: int
    inhibition: int
    floor: int
    reset_value: int
    forms: dict[str, Form]
    rounding: dict[str, str]  # of accumulator and membrane
    overflow: dict[str, str]
    accumulate: str
    integrate: str
    leak: str
    shift: int
    compare: str
    reset: str
    winner: str
    refractory_steps: int
    refractory_input: str
    taps: tuple[int, ...]
    seeds: dict[str, int]  # of each cast site


class Step(NamedTuple):
    sum: list[int]
    current: list[int]
    leaked: list[int]
    integrated: list[int]
    after_reset: list[int]
    membrane: list[int]
    refractory: list[int]
    spike: list[int]


class Run(NamedTuple):
    steps: list[Step]
    counts: dict[str, list[int]]  # by site: casts, inexact, ties, overflows
    equalities: list[int]  # one number


def run_layer(layer: Layer, raster: list[list[int]], start: tuple[list[int], list[int]] | None = None) -> Run:
    """One presentation from the contract's section 3, from a cleared layer or from membranes and counters."""
    run = Run([], {site: [0, 0, 0, 0] for site in layer.seeds}, [0])
    run.steps.extend(iterate_layer(layer, raster, run.counts, run.equalities, start))
    return run


def iterate_layer(
    layer: Layer,
    raster: list[list[int]],
    counts: dict[str, list[int]],
    equalities: list[int],
    start: tuple[list[int], list[int]] | None = None,
) -> Iterator[Step]:
    """One presentation, step by step; weights and theta may change between steps."""
    neurons = range(len(layer.theta))
    unit = {name: Fraction(1) / Fraction(2) ** frac for name, (_, frac, _) in layer.forms.items()}
    draws = {site: Draws(layer.taps, seed) for site, seed in layer.seeds.items()}
    v, refractory = map(list, start) if start else ([0 for _ in neurons], [0 for _ in neurons])

    def cast(site: str, signal: str, x: Fraction, dropped: int) -> int:
        draw = Fraction(0)
        if layer.rounding[signal] == "stochastic" and dropped > 0:
            draw = Fraction(draws[site].take(dropped), 1 << dropped)
        result = cast_value(x, *layer.forms[signal], layer.rounding[signal], layer.overflow[signal], draw)
        for column, happened in enumerate((True, result.inexact, result.tie, result.overflow)):
            counts[site][column] += happened
        return result.raw

    def finer(signal: str, *fracs: int) -> int:
        """Bits that a cast into the signal drops from operands of these fractional bits."""
        own = layer.forms[signal][1]
        return max(own, *fracs) - own

    frac = {name: form[1] for name, form in layer.forms.items()}
    for spikes in raster:
        active = [i for i, spike in enumerate(spikes) if spike]
        sums = [sum(layer.weights[i][n] for i in active) for n in neurons]
        if layer.accumulate == "exact":
            dropped = finer("accumulator", frac["weight"])
            current = [cast("accumulate", "accumulator", s * unit["weight"], dropped) for s in sums]
        else:
            current = [0 for _ in neurons]
            for i in active:
                for n in neurons:
                    x = current[n] * unit["accumulator"] + layer.weights[i][n] * unit["weight"]
                    current[n] = cast("accumulate", "accumulator", x, finer("accumulator", frac["weight"]))
            sums = list(current)

        leak_frac = frac["membrane"]
        if layer.leak == "multiply":
            leak_frac += frac["leak"]
            exact = [v[n] * unit["membrane"] * layer.factor * unit["leak"] for n in neurons]
        elif layer.leak == "shift":
            exact = [(v[n] - (v[n] >> layer.shift)) * unit["membrane"] for n in neurons]
        else:
            exact = [v[n] * unit["membrane"] for n in neurons]
        if layer.integrate == "two-casts":
            leaked = [cast("leak", "membrane", x, finer("membrane", leak_frac)) for x in exact]
            leak_frac = frac["membrane"]
            exact = [x * unit["membrane"] for x in leaked]
        else:
            leaked = [int(x * Fraction(2) ** leak_frac) for x in exact]
        dropped = finer("membrane", leak_frac, frac["accumulator"])
        ignores = [refractory[n] > 0 and layer.refractory_input == "ignore" for n in neurons]
        heard = [0 if ignores[n] else current[n] for n in neurons]
        v = [cast("integrate", "membrane", exact[n] + heard[n] * unit["accumulator"], dropped) for n in neurons]
        integrated = list(v)

        ready = [refractory[n] == 0 for n in neurons]
        excess = [
            v[n] * unit["membrane"] - layer.threshold * unit["threshold"] - layer.theta[n] * unit["theta"]
            for n in neurons
        ]
        equalities[0] += sum(ready[n] and excess[n] == 0 for n in neurons)
        able = [n for n in neurons if ready[n] and (excess[n] > 0 or (excess[n] == 0 and layer.compare == "ge"))]
        if layer.winner == "lowest":
            able = able[:1]
        elif layer.winner == "largest" and able:
            able = [max(able, key=lambda n: (excess[n], -n))]

        for n in neurons:
            if not ready[n]:
                refractory[n] -= 1
        for n in able:
            if layer.reset == "zero":
                v[n] = 0
            elif layer.reset == "value":
                v[n] = layer.reset_value
            else:
                x = v[n] * unit["membrane"] - layer.threshold * unit["threshold"]
                v[n] = cast("reset", "membrane", x, finer("membrane", frac["threshold"]))
            refractory[n] = layer.refractory_steps

        after_reset = list(v)
        if layer.inhibition != 0:
            for n in neurons:
                others = len(able) - (n in able)
                if others:
                    x = v[n] * unit["membrane"] - others * layer.inhibition * unit["inhibition"]
                    v[n] = max(cast("inhibit", "membrane", x, finer("membrane", frac["inhibition"])), layer.floor)
        fired = [int(n in able) for n in neurons]
        yield Step(sums, current, leaked, integrated, after_reset, list(v), list(refractory), fired)
