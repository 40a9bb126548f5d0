"""States of a layer in narrow words: their decay and the comparison, in words of 16 bits where those hold all.

NumPy's functions leave the words of what they are given as they are, where Python's operators would widen them: words
of states and constants decide in how many bits is computed.
"""

from typing import NamedTuple

from numpy import add, left_shift, multiply, right_shift, subtract

from ._jit import jit, jit_within


class Decay(NamedTuple):
    """The leak of a state and the cast that follows."""

    factor: int  # at the binary point of the sum, as all but the shifted state
    shift: int
    less: int  # what the shifted state is multiplied by and taken away, or 0
    left: int  # by which what comes is shifted
    bias: int
    right: int
    lowest: int
    highest: int


@jit_within
def decay_of(row):  # type: ignore[no-untyped-def]
    """Return the constants of a row, int16 | int32[constants]."""
    return Decay(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7])


@jit_within
def decayed(state, come, decay):  # type: ignore[no-untyped-def]
    """Return a state after its leak and what comes, already shifted, cast once: as `convolution.decay`."""
    leaked = multiply(state, decay.factor)
    if decay.less != 0:
        leaked = subtract(leaked, multiply(right_shift(state, decay.shift), decay.less))
    dropped = right_shift(add(add(leaked, come), decay.bias), decay.right)
    return min(max(dropped, decay.lowest), decay.highest)


@jit
def fade(trace, synapse, given, constants, wide, row):  # type: ignore[no-untyped-def]
    """Let P and Q of every input decay, or M and I of neurons: int16 | int32[n] in place.

    given        int[...]    what comes: `wide` words of every `row`
    constants    int16 | int32[2 or more, constants]    of trace and synapse
    """
    alpha, beta = decay_of(constants[0]), decay_of(constants[1])
    for y in range(trace.shape[0] // wide):
        place, start = y * wide, y * row
        p, q, come = trace[place : place + wide], synapse[place : place + wide], given[start : start + wide]
        for n in range(wide):  # of slices: an index that is a sum would be looked at for a sign
            before = q[n]
            p[n] = decayed(p[n], left_shift(before, alpha.left), alpha)
            q[n] = decayed(before, left_shift(come[n], beta.left), beta)


@jit
def fire(spikes, said, drive, refractory, bias, constants, row):  # type: ignore[no-untyped-def]
    """Let R decay and compare every membrane with 0: uint8[neurons] in place.

    said         int64[neurons], or [0]    the drive is added
    drive        int16 | int32[...]        sums, or M
    refractory   int16 | int32[neurons], or [0]    in place; none where a spike takes nothing
    bias         int16 | int32[neurons of a row], at the binary point at which all are compared
    constants    the same[constants]       of the refractory state; the last three are what a spike adds to it and
                                           what brings drive and refractory state to that point
    row          of the drive: words from one to the next
    """
    rho, kick, left, other = decay_of(constants), constants[8], constants[9], constants[10]
    wide = bias.shape[0]
    for y in range(spikes.shape[0] // wide):
        place, start = y * wide, y * row
        fired, driven = spikes[place : place + wide], drive[start : start + wide]
        if refractory.shape[0] > 0:
            r = refractory[place : place + wide]
            for n in range(wide):
                rest = decayed(r[n], multiply(fired[n], kick), rho)
                r[n] = rest
                fired[n] = add(add(left_shift(driven[n], left), bias[n]), left_shift(rest, other)) > 0
        else:
            for n in range(wide):
                fired[n] = add(left_shift(driven[n], left), bias[n]) > 0
        if said.shape[0] > 0:
            for n in range(wide):
                said[place + n] += driven[n]
