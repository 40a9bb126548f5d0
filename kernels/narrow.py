"""Layers of a layered network in narrow words: 16-bit weights and inputs, sums and states of 32 bits.

What convolution.py does in words of 64 bits where every cast saturates and rounds by a bias alone, nothing is drawn
or counted, and every intermediate was proved to fit (see `fxsnn.layered.narrow`). Whole recordings are run layer by
layer, many steps a call. A convolution looks only at inputs that are not 0, two or four at a time. Numba widens the
results of Python's operators to 64 bits but leaves those of NumPy's functions as they are: hence their names.

Cells that lie side by side may be taken as one of more channels, a group, so that fewer sums are met more often. A sum
is held for every neuron and for what a kernel reaches left and right of the map, so that no such edge is looked for:
that of neuron (y, x, channel) is at y * row + inset + x * outputs + channel.
"""

from typing import NamedTuple

from numpy import add, int32, int64, left_shift, multiply, right_shift, subtract, uint64

from . import _vector
from ._jit import jit, jit_within
from .simple import clamp_of, settle

QUADS = _vector.QUADS  # whether fours are better than pairs where 8 bits hold all
LANES = _vector.LANES  # sums to whose multiples rows of weights are filled up


def lay(sums, first, weights, rows, beyond, words, count):  # type: ignore[no-untyped-def]
    """Add rows of weights, each of two or four inputs side by side, times as many words to the sums.

    sums       int32[...], from `first` on
    weights    int8 | int16[rows, 2 * sums], or int8[rows, 4 * sums]
    rows       int64[count]    which, each `beyond` further on
    words      int16[2 * count], or uint8[4 * count]
    """
    many = 4 // words.itemsize
    for n in range(count):
        row = weights[rows[n] + beyond]
        for place in range(row.shape[0]):
            sums[first + place // many] += int32(row[place]) * int32(words[many * n + place % many])


_vector.vectorise(lay)


class Shape(NamedTuple):
    """Where a layer's words lie."""

    height: int  # cells, as width
    width: int
    channels: int
    group: int  # inputs of a group of cells
    filled: int  # the same, filled up to whole pairs or fours
    groups: int  # in a row
    outputs: int  # channels
    kernel_rows: int
    padding: int
    row: int  # sums of a row
    inset: int  # of the first neuron in it
    step: int  # sums from group to group


@jit
def spread(under, given, shape):  # type: ignore[no-untyped-def]
    """Put words where `convolve` looks for them: int16 | uint8[height, groups * filled] from int[inputs]."""
    count = shape.width * shape.channels
    for y in range(shape.height):
        into, row = under[y], given[y * count : (y + 1) * count]
        if shape.filled == shape.group:
            for n in range(count):
                into[n] = row[n]
        else:
            for n in range(count):
                into[n // shape.group * shape.filled + n % shape.group] = row[n]


@jit
def convolve(sums, weights, pairs, room, shape):  # type: ignore[no-untyped-def]
    """Lay the kernel over pairs, or fours, of inputs of which one is not 0.

    sums       int32[height * row + rest]    overwritten
    weights    int8 | int16[pairs of a group * kernel rows, ...]    see `layered.narrow.laid`
    pairs      int32[height, pairs of a row]    two or four words of `spread` in one
    room       what is not 0 in a group: int32[pairs of one + 1], the same as words, int64[pairs of one + 1]
    """
    active, words, rows = room
    sums[:] = 0
    count = pairs.shape[1] // shape.groups
    for y in range(shape.height):
        for x in range(shape.groups):
            group = pairs[y, x * count : (x + 1) * count]
            found = uint64(0)  # unsigned, or every index would be looked at for a sign
            for pair in range(count):  # written over unless it is not 0: cheaper than a branch
                active[found] = group[pair]
                rows[found] = pair * shape.kernel_rows
                found += uint64(group[pair] != 0)
            if found > 0:
                for ky in range(max(0, shape.padding - y), min(shape.kernel_rows, shape.height + shape.padding - y)):
                    first = (y + ky - shape.padding) * shape.row + x * shape.step
                    lay(sums, first, weights, rows, ky, words, int64(found))  # type: ignore[no-untyped-call]


@jit_within
def decayed(state, come, clamp, leak):  # type: ignore[no-untyped-def]
    """Return a state after its leak and what comes, cast once: as `convolution.decay`."""
    factor, shift, mask = leak
    leaked = multiply(state, factor)
    if mask != 0:
        leaked = subtract(leaked, right_shift(state, shift))
    return settle(add(left_shift(leaked, clamp.left), left_shift(come, clamp.left_other)), clamp)


@jit_within
def constants_of(site, leak):  # type: ignore[no-untyped-def]
    """Return the constants of `decayed`."""
    return clamp_of(site), (int32(leak[0]), int32(leak[1]), int32(leak[2]))


@jit
def filter_inputs(trace, synapse, given, sites, leaks):  # type: ignore[no-untyped-def]
    """Let P and Q of every input decay: int32[inputs] in place; given int[inputs]."""
    first, alpha = constants_of(sites[0], leaks[0])
    second, beta = constants_of(sites[1], leaks[1])
    for n in range(trace.shape[0]):
        before = synapse[n]
        trace[n] = decayed(trace[n], before, first, alpha)
        synapse[n] = decayed(before, int32(given[n]), second, beta)


@jit
def filter_currents(trace, synapse, sums, sites, leaks, shape):  # type: ignore[no-untyped-def]
    """Let M and I of every neuron decay: int32[neurons] in place; the sums with their rim."""
    first, alpha = constants_of(sites[0], leaks[0])
    second, beta = constants_of(sites[1], leaks[1])
    count = shape.width * shape.outputs
    for y in range(shape.height):
        place, start = y * count, y * shape.row + shape.inset
        m, i, come = trace[place : place + count], synapse[place : place + count], sums[start : start + count]
        for n in range(count):  # of slices: an index that is a sum would be looked at for a sign
            before = i[n]
            m[n] = decayed(m[n], before, first, alpha)
            i[n] = decayed(before, come[n], second, beta)


@jit
def fire(spikes, said, counted, drive, refractory, bias, kick, site, leak, lefts, shape, row, inset):  # type: ignore[no-untyped-def]
    """Let R decay and compare every membrane with 0: uint8[neurons] in place.

    said         int64[neurons] | int64[0]    the drive is added where `counted` is 1
    drive        int32[...]                   sums with what they reach beyond the map, or M
    refractory   int32[neurons] | int32[0]    in place; none where a spike takes nothing
    bias         int32[neurons of a row], at the binary point at which all are compared
    kick         what a spike takes from R
    lefts        what brings drive and refractory state there
    row, inset   where a row of drive and its first word are
    """
    clamp, rho = constants_of(site, leak)
    less, left, other = int32(-kick), int32(lefts[0]), int32(lefts[1])
    count = shape.width * shape.outputs
    for y in range(shape.height):
        place, start = y * count, y * row + inset
        fired, driven = spikes[place : place + count], drive[start : start + count]
        if refractory.shape[0] > 0:
            r = refractory[place : place + count]
            for n in range(count):
                rest = decayed(r[n], multiply(int32(fired[n]), less), clamp, rho)
                r[n] = rest
                fired[n] = add(add(left_shift(driven[n], left), bias[n]), left_shift(rest, other)) > 0
        else:
            for n in range(count):
                fired[n] = add(left_shift(driven[n], left), bias[n]) > 0
        if said.shape[0] > 0:
            for n in range(count):
                said[place + n] += driven[n] * counted


@jit
def pool(pooled, spikes, size, row, outputs, out_row):  # type: ignore[no-untyped-def]
    """Do as `convolution.pool`; `row` and `out_row` are words of a row before and after.

    pooled, spikes    uint8[...] or uint64[...] of eight neurons a word
    """
    for y in range(pooled.shape[0] // out_row):
        into = pooled[y * out_row : (y + 1) * out_row]
        for below in range(size):
            one = spikes[(y * size + below) * row : (y * size + below + 1) * row]
            for x in range(out_row // outputs):
                for n in range(outputs):
                    found = one[x * size * outputs + n]
                    for beside in range(1, size):
                        found |= one[(x * size + beside) * outputs + n]
                    if below > 0:
                        found |= into[x * outputs + n]
                    into[x * outputs + n] = found


@jit
def respond(  # type: ignore[no-untyped-def]
    pooled,
    said,
    burn_in,
    given,
    refractory,
    state,
    sums,
    under,
    pairs,
    room,
    weights,
    bias,
    kick,
    sites,
    leaks,
    lefts,
    shape,
    size,
    inputs,
):
    """Run a layer over some steps of a recording.

    pooled       uint8[steps, outputs after pooling] or uint64 of eight a word    overwritten
    said         int64[neurons] | int64[0]  the drive of steps from `burn_in` on is added
    given        int[steps, inputs]
    refractory   int32[neurons] | int32[0]  in place; none where a spike takes nothing
    state        trace, synapse, spikes, spikes as words of `pooled`: int32[...] and uint8[neurons], in place
    sums, weights, pairs, room              see `convolve`
    under                                   see `spread`; the same as `pairs`
    bias         int32[neurons of a row]
    sites        casts of trace, synapse and refractory state, with their `leaks`
    lefts        see `fire`
    inputs       1: P and Q of the inputs decay, 0: M and I of the neurons
    """
    trace, synapse, spikes, packed = state
    width, outputs = shape.width, shape.outputs
    word = spikes.shape[0] // packed.shape[0]  # neurons of one
    for step in range(given.shape[0]):
        counted = int64(step >= burn_in)
        if inputs:
            filter_inputs(trace, synapse, given[step], sites, leaks)
            spread(under, trace, shape)
            convolve(sums, weights, pairs, room, shape)
            drive, row, inset = sums, shape.row, shape.inset
        else:
            spread(under, given[step], shape)
            convolve(sums, weights, pairs, room, shape)
            filter_currents(trace, synapse, sums, sites, leaks, shape)
            drive, row, inset = trace, width * outputs, 0
        fire(spikes, said, counted, drive, refractory, bias, kick, sites[2], leaks[2], lefts, shape, row, inset)
        if size > 1:
            pool(pooled[step], packed, size, width * outputs // word, outputs // word, width // size * outputs // word)
        else:
            pooled[step] = packed
