"""Draws of casts that are made for every neuron: all at once, before the loop that adds them."""

from typing import NamedTuple

from . import cast, lfsr, rescale  # noqa: F401  (importing cast registers rescale and lfsr for kernels)
from ._jit import jit


class Drawn(NamedTuple):
    """What a cast draws."""

    draw_bits: int  # fresh bits of a register; 0 where nothing is drawn
    right: int  # bits dropped


@jit
def fill_draws(draws, states, row, taps, site):  # type: ignore[no-untyped-def]
    """Draw once for every neuron, ascending: int64[neurons], aligned at the top of the dropped bits.

    site    a Drawn, or what has the same fields
    """
    if site.draw_bits > 0:
        states[row] = lfsr.fill(draws, states[row], taps[0], taps, site.draw_bits)
        if site.right > site.draw_bits:
            for n in range(draws.shape[0]):
                draws[n] = rescale.draw_bias(draws[n], site.draw_bits, site.right)
