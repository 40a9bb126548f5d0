"""How wide values are: their ends and their binary point, and what projections bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from fxsnn.errors import WidthError, many
from fxsnn.number.format import Format, bits_of
from fxsnn.number.signal import Signal

Range: TypeAlias = tuple[int, int]
LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1  # of int64
ANYWHERE = -(1 << 20)  # the binary point of a 0 that stands in a text: coarser than every other
BITS = Signal(Format(1, 0, signed=False))


class Wire(NamedTuple):
    """Ends of a value in raw units, and its fractional bits."""

    low: int
    high: int
    frac: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a projection brings to a neuron in a step."""

    total: Wire
    one: Wire  # of one active input
    about: str  # how messages call it


def arriving(weight: Format, given: Format, inputs: int) -> Arrival:
    """Return what so many weights bring, of inputs that hold words of a format (spikes: UQ1.0)."""
    ends = [a * b for a in (weight.lowest, weight.highest) for b in (given.lowest, given.highest)]
    frac = weight.frac + given.frac
    total = Wire(min(*ends, 0) * inputs, max(*ends, 0) * inputs, frac)
    times = "" if given == BITS.format else f" * {given.describe()}"
    return Arrival(total, Wire(min(ends), max(ends), frac), f"{inputs} x {weight.describe()}{times}")


def carried(given: Format) -> Arrival:
    """Return what arrives as it is, one word a neuron."""
    wire = Wire(given.lowest, given.highest, given.frac)
    return Arrival(wire, wire, given.describe())


def added(given: Format, words: int, halvings: int = 0) -> Arrival:
    """Return what so many words bring that are added up, their binary point raised by some bits."""
    frac = given.frac + halvings
    total = Wire(min(given.lowest, 0) * words, given.highest * words, frac)
    return Arrival(total, Wire(given.lowest, given.highest, frac), f"{words} x {given.describe()}")


def together(arrivals: Sequence[Arrival]) -> Arrival:
    """Return what several projections bring to one input, added up at a common binary point."""
    if len(arrivals) == 1:
        return arrivals[0]
    frac = max(one.total.frac for one in arrivals)
    totals, ones = (
        [(wire.low << frac - wire.frac, wire.high << frac - wire.frac) for wire in wires]
        for wires in ([one.total for one in arrivals], [one.one for one in arrivals])
    )
    total = Wire(sum(low for low, _ in totals), sum(high for _, high in totals), frac)
    one = Wire(min(low for low, _ in ones), max(high for _, high in ones), frac)
    return Arrival(total, one, " + ".join(one.about for one in arrivals))


def too_wide(what: str, low: int, high: int) -> WidthError:
    """Return the refusal of a value that could leave int64."""
    bits = max(high.bit_length(), (-low - 1).bit_length()) + 1
    return WidthError(f"every exact intermediate must fit int64, but {what} can need {bits} bits (raw {low} to {high})")


def width_of(wire: Wire) -> str:
    """Return how wide a value is: bits of a word that holds it, a sign counted, and how many are fractional."""
    return (
        f"{many(max(bits_of(wire.low, wire.high), 1), 'bit')}, {0 if wire.frac == ANYWHERE else wire.frac} fractional"
    )
