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
        self.width = taps[0]
        self.bits = lfsr_bits(taps, seed)

    def take(self, dropped: int) -> int:
        """The number added to `dropped` dropped bits."""
        if dropped <= 0:
            return 0
        fresh = min(dropped, self.width)
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
