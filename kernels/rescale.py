"""The one home of rounding and overflow: drop low bits, then fit what is left into a word.

Plain functions over integers. Python's unbounded integers may be given as they are; compiled kernels
call the same source with int64 (or, where widths are proved, int32) words, for which every step below
stays inside the word. `_jit.py` makes them callable from kernels; this file imports nothing.

Rounding adds a bias to the dropped bits and carries into what remains. For k dropped bits:

====================  ==========================  ============  =============
mode                  bias                        if negative   if floor odd
====================  ==========================  ============  =============
floor                 0
zero                  0                           + 2**k - 1
ceil                  2**k - 1
nearest-up            2**(k-1)
nearest-down          2**(k-1) - 1
nearest-zero          2**(k-1) - 1                + 1
nearest-away          2**(k-1)                    - 1
nearest-even          2**(k-1) - 1                              + 1
nearest-odd           2**(k-1)                                  - 1
stochastic            the draw
====================  ==========================  ============  =============
"""

(
    FLOOR,
    ZERO,
    CEIL,
    NEAREST_UP,
    NEAREST_DOWN,
    NEAREST_ZERO,
    NEAREST_AWAY,
    NEAREST_EVEN,
    NEAREST_ODD,
    STOCHASTIC,
) = range(10)
SATURATE, SATURATE_ZERO, WRAP = range(3)

SHIFT_MAX = 62  # dropped bits whose remainder plus any bias still fits int64


def biases(rounding: int, shift: int) -> tuple[int, int, int]:
    """Return what the mode adds to `shift` dropped bits: always, if the word is negative, if its floor is odd.

    shift    0..SHIFT_MAX    the number of dropped bits; 0 drops nothing and adds nothing
    """
    if shift <= 0 or rounding in (FLOOR, STOCHASTIC):
        return 0, 0, 0
    half = 1 << (shift - 1)
    below = half - 1
    if rounding == ZERO:
        return 0, below + half, 0
    if rounding == CEIL:
        return below + half, 0, 0
    if rounding == NEAREST_UP:
        return half, 0, 0
    if rounding == NEAREST_DOWN:
        return below, 0, 0
    if rounding == NEAREST_ZERO:
        return below, 1, 0
    if rounding == NEAREST_AWAY:
        return half, -1, 0
    if rounding == NEAREST_EVEN:
        return below, 0, 1
    return half, 0, -1


def drop(raw: int, shift: int, bias: int, if_negative: int, if_odd: int) -> int:
    """Return `raw` without its `shift` low bits, rounded by the biases of a mode.

    Only the remainder meets the bias, so that nothing can leave the word: remainder + bias < 2**(shift + 1).
    """
    floor = raw >> shift
    rest = raw - (floor << shift)
    return floor + ((rest + bias + (if_negative if raw < 0 else 0) + (if_odd & -(floor & 1))) >> shift)


def fold(raw: int, shift: int) -> tuple[int, int]:
    """Return a word and a shift of at most SHIFT_MAX that round as `raw` and `shift` do in every mode.

    What lies below the kept bits is gathered in the lowest of them, which is enough to tell
    zero, below half, half and above half apart, and leaves the bits a draw is compared with.
    """
    if shift <= SHIFT_MAX:
        return raw, shift
    excess = min(shift - SHIFT_MAX, 63)
    kept = raw >> excess
    if raw != kept << excess:
        kept |= 1
    return kept, SHIFT_MAX


def limit(value: int, lowest: int, highest: int, overflow: int) -> int:
    """Return `value` fitted into lowest..highest.

    lowest, highest    the rails; for symmetric saturation lowest is -highest
    overflow           SATURATE, SATURATE_ZERO, or WRAP, for which highest - lowest is 2**word - 1
    """
    if overflow == SATURATE:
        return min(max(value, lowest), highest)
    if overflow == SATURATE_ZERO:
        return value if lowest <= value <= highest else 0
    span = highest - lowest
    low = value & span
    return low - span - 1 if low > highest else low


def place(raw: int, shift: int, lowest: int, highest: int, overflow: int) -> tuple[int, bool]:
    """Return `raw` << `shift` fitted into lowest..highest, and whether it overflowed.

    The shifted word itself may be wider than the machine's and is never formed.
    """
    if raw == 0:
        return 0, False
    if shift < 63 and -(-lowest >> shift) <= raw <= highest >> shift:
        return raw << shift, False
    if overflow == SATURATE:
        return (highest if raw > 0 else lowest), True
    if overflow == SATURATE_ZERO or shift >= 63:
        return 0, True
    span = highest - lowest
    low = (raw & (span >> shift)) << shift
    return (low - span - 1 if low > highest else low), True


def draw_bias(draw: int, bits: int, shift: int) -> int:
    """Return what a draw of `bits` fresh bits adds to `shift` dropped bits: it is aligned at their top."""
    return draw << (shift - bits) if shift >= bits else draw >> (bits - shift)


def recast(
    raw: int, shift: int, rounding: int, draw: int, bits: int, lowest: int, highest: int, overflow: int
) -> tuple[int, bool, bool, bool]:
    """Cast one word exactly, whatever the shift: return it, and whether it was inexact, a tie, an overflow.

    shift    source minus destination fractional bits; negative shifts left
    draw     `bits` fresh bits of an LFSR, looked at only by stochastic rounding
    """
    if shift <= 0:
        word, overflowed = place(raw, -shift, lowest, highest, overflow)
        return word, False, False, overflowed
    raw, shift = fold(raw, shift)
    bias, if_negative, if_odd = biases(rounding, shift)
    if rounding == STOCHASTIC:
        bias = draw_bias(draw, bits, shift)
    rounded = drop(raw, shift, bias, if_negative, if_odd)
    rest = raw & ((1 << shift) - 1)
    inexact, tie = rest != 0, rest == 1 << (shift - 1)
    return limit(rounded, lowest, highest, overflow), inexact, tie, not lowest <= rounded <= highest
