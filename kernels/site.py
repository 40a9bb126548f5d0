"""A cast as kernels take it: proved shifts and rails, and what makes a word of an aligned value."""

from typing import NamedTuple

from . import cast, rescale  # noqa: F401  (importing cast registers rescale for kernels)
from ._jit import jit_within


class Site(NamedTuple):
    """One cast: both operands brought to a common binary point, low bits dropped, the rest limited."""

    left: int  # aligns the first operand
    left_other: int  # aligns the second operand
    right: int  # bits dropped
    bias: int  # the rounding: see rescale.biases
    if_negative: int
    if_odd: int
    lowest: int  # the rails
    highest: int
    overflow: int
    draw_bits: int  # fresh LFSR bits a stochastic cast takes; 0 for every other rounding


@jit_within
def settle(value, site, draw):  # type: ignore[no-untyped-def]
    """Return an aligned value as a word of the site's format."""
    rounded = rescale.drop(value, site.right, draw, site.if_negative, site.if_odd)
    return rescale.limit(rounded, site.lowest, site.highest, site.overflow)
