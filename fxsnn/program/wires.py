"""How wide values are: their ends and their binary point, and what projections bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from fxsnn.format import Format, bits_of
from fxsnn.plan import Signal

Range: TypeAlias = tuple[int, int]
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
    said: str  # how messages call it


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


def width_of(wire: Wire) -> str:
    """Return how wide a value is: bits of a word that holds it, a sign counted, and how many are fractional."""
    bits = max(bits_of(wire.low, wire.high), 1)
    return f"{bits} bit{'s' * (bits != 1)}, {0 if wire.frac == ANYWHERE else wire.frac} fractional"
