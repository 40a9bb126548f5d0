"""A Fibonacci linear-feedback shift register: the source of every stochastic draw.

The register holds the last `width` bits of the sequence b, the newest in bit 0; the next bit is
b[n] = b[n - taps[0]] ^ b[n - taps[1]] ^ ..., shifted in at the right. A draw of k bits is k shifts;
its value is those k fresh bits, the first of them the most significant.

Plain functions over integers, compiled where kernels call them (see `_jit.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

WIDTH_MAX = 61  # a draw then never reaches the bit in which `rescale.fold` gathers the rest


def shift_in(state: int, width: int, taps: NDArray[int64], count: int) -> int:
    """Return the register after `count` shifts.

    state    1..2**width - 1
    width    2..WIDTH_MAX
    taps     int64[taps]  the exponents of the polynomial, descending, taps[0] == width
    count    0..WIDTH_MAX
    """
    mask = (1 << width) - 1
    nearest = taps[-1]
    while count > 0:
        # up to `nearest` new bits depend on old ones only, so they are formed at once
        block = min(count, nearest)
        fresh = 0
        for tap in taps:
            fresh ^= state >> (tap - block)
        fresh &= (1 << block) - 1
        state = ((state & (mask >> block)) << block) | fresh
        count -= block
    return state


def draw(state: int, width: int, taps: NDArray[int64], bits: int) -> tuple[int, int]:
    """Return the register after a draw of `bits` <= `width` fresh bits, and the draw."""
    state = shift_in(state, width, taps, bits)
    return state, state & ((1 << bits) - 1)


def fill(out: NDArray[int64], state: int, width: int, taps: NDArray[int64], bits: int) -> int:
    """Write one draw of `bits` fresh bits, 1..width, after the other; return the register after the last.

    out    int64[draws]
    """
    several = taps[-1] // bits  # draws whose bits all depend on old ones only, so that they come at once
    mask = (1 << bits) - 1
    n, last = 0, out.shape[0]
    while several > 0 and n + several <= last:
        state = shift_in(state, width, taps, several * bits)
        for k in range(several):
            out[n + k] = (state >> ((several - 1 - k) * bits)) & mask
        n += several
    while n < last:
        state, out[n] = draw(state, width, taps, bits)
        n += 1
    return state
