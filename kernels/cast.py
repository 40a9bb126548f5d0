"""Arrays of words from one format to another, and the registration of `rescale` and `lfsr` for kernels."""

from numpy import int64
from numpy.typing import NDArray

from . import lfsr, rescale
from ._jit import jit, jitable

for _function in (
    rescale.biases,
    rescale.drop,
    rescale.fold,
    rescale.limit,
    rescale.place,
    rescale.draw_bias,
    rescale.recast,
    lfsr.shift_in,
    lfsr.draw,
    lfsr.fill,
):
    jitable(_function)


@jit
def cast_words(
    out: NDArray[int64],
    counts: NDArray[int64],
    raw: NDArray[int64],
    shifts: NDArray[int64],
    rounding: int,
    overflow: int,
    rails: NDArray[int64],
    lfsr_taps: NDArray[int64],
    lfsr_state: int,
    draw_bits: int,
) -> None:
    """Cast every word of `raw` into `out` and add to the counts.

    out          int64[words]
    counts       int64[3]          inexact, ties, overflows
    raw          int64[words]
    shifts       int64[words]      source minus destination fractional bits, one a word
    rails        int64[2]          lowest, highest
    lfsr_taps    int64[taps]       exponents, descending
    lfsr_state   the register before the first draw
    draw_bits    fresh bits a word takes, ascending index; 0 where nothing is drawn
    """
    state = lfsr_state
    for n in range(raw.shape[0]):
        fresh = 0
        if draw_bits > 0:
            state, fresh = lfsr.draw(state, lfsr_taps[0], lfsr_taps, draw_bits)
        word, inexact, tie, overflowed = rescale.recast(
            raw[n], shifts[n], rounding, fresh, draw_bits, rails[0], rails[1], overflow
        )
        out[n] = word
        counts[0] += inexact
        counts[1] += tie
        counts[2] += overflowed
