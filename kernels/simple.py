"""The neuron that is most often built: each cast an adder, a shifter and a clamp, in words of 32 bits.

What lif.py does in words of 64 bits where every cast saturates and rounds by a bias alone, nothing is drawn,
neurons have no refractory period and every intermediate was proved to fit int32 (see `fxsnn.width`). Numba widens
the results of Python's operators to 64 bits but leaves those of NumPy's functions as they are: hence their names.
"""

from typing import NamedTuple

from numpy import add, bitwise_and, int32, left_shift, multiply, right_shift, subtract

from ._jit import jit_within
from .datapath import SUBTRACT


class Clamp(NamedTuple):
    """A cast, as a `datapath.Site`."""

    left: int32
    left_other: int32
    right: int32
    bias: int32
    lowest: int32
    highest: int32


@jit_within
def clamp_of(site):  # type: ignore[no-untyped-def]
    """Return the cast of a site; rails beyond int32 are never met."""
    lowest, highest = max(site.lowest, -(1 << 31)), min(site.highest, (1 << 31) - 1)
    return Clamp(
        int32(site.left), int32(site.left_other), int32(site.right), int32(site.bias), int32(lowest), int32(highest)
    )


@jit_within
def settle(value, clamp):  # type: ignore[no-untyped-def]
    """Do as `lif.settle`: drop the low bits (`rescale.drop` with nothing but a bias), saturate."""
    return min(max(right_shift(add(value, clamp.bias), clamp.right), clamp.lowest), clamp.highest)


@jit_within
def integrated(v, total, clamps, leak):  # type: ignore[no-untyped-def]
    """Return one membrane after accumulation, leak and integration."""
    first, second, third = clamps
    factor, shift, mask = leak
    current = settle(left_shift(total, first.left), first)
    leaked = settle(subtract(multiply(v, factor), bitwise_and(right_shift(v, shift), mask)), second)
    return settle(add(left_shift(leaked, third.left), left_shift(current, third.left_other)), third)


@jit_within
def integrate(v, sums, path):  # type: ignore[no-untyped-def]
    """Do as `lif.integrate`: membranes int32[neurons] in place, sums int[neurons]."""
    clamps = clamp_of(path.accumulate), clamp_of(path.leak), clamp_of(path.integrate)
    leak = int32(path.factor), int32(path.leak_shift), int32(path.leak_mask)
    for n in range(v.shape[0]):
        v[n] = integrated(v[n], int32(sums[n]), clamps, leak)


@jit_within
def step(spikes, v, sums, limits, path):  # type: ignore[no-untyped-def]
    """Integrate, compare and reset neurons that do not compete: spikes uint8[neurons], limits int32[neurons]."""
    clamps = clamp_of(path.accumulate), clamp_of(path.leak), clamp_of(path.integrate)
    leak = int32(path.factor), int32(path.leak_shift), int32(path.leak_mask)
    last, compare_left, fires_at = clamp_of(path.reset), int32(path.compare_left), int32(path.fires_at)
    subtracts, word = path.reset_kind == SUBTRACT, int32(path.reset_word)
    for n in range(v.shape[0]):
        here = integrated(v[n], int32(sums[n]), clamps, leak)
        fires = subtract(left_shift(here, compare_left), limits[n]) >= fires_at
        after = word
        if subtracts:
            after = settle(subtract(left_shift(here, last.left), left_shift(word, last.left_other)), last)
        v[n] = after if fires else here
        spikes[n] = fires
