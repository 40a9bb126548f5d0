"""Layers of a layered network in narrow words: 16-bit weights and inputs, states of 16 or 32 bits, sums of 32.

What convolution.py does in words of 64 bits where every cast saturates and rounds by a bias alone, nothing is drawn
or counted, and every intermediate was proved to fit (see `fxsnn.layered.narrow`). Recordings are run layer by layer,
several recordings and many steps a call. A convolution looks only at inputs that are not 0, two or four at a time.
Numba widens the results of Python's operators to 64 bits but leaves those of NumPy's functions as they are: hence
their names.

The sums of some neurons of a row, a tile, stay in registers while all inputs under the kernel are laid on them. Sums
are held for whole tiles: that of neuron (y, x, channel) is at y * row + x * outputs + channel.
"""

from typing import NamedTuple

from numpy import add, int32, left_shift, multiply, right_shift, subtract, uint64

from . import _vector
from ._jit import jit, jit_within
from .simple import clamp_of, settle

QUADS = _vector.QUADS  # whether fours are better than pairs where 8 bits hold all
LANES = _vector.LANES * _vector.TOGETHER  # sums to whose multiples a tile is filled up


def lay(sums, first, lanes, weights, beyond, turn, offsets, words, starts, cell, wide, back, rows):  # type: ignore[no-untyped-def]
    """Sum what inputs of some rows of cells bring to neurons that lie side by side, two or four inputs at a time.

    sums       int32[...], `lanes` of them from `first` on    overwritten
    weights    int8 | int16[...]    those of a pair or four for one sum after the other
    beyond     where in the weights those of the first sum are, for an offset of 0 and the first row; `turn` further on
               for every row
    offsets    int64[active]    of each pair or four that is not 0
    words      int16[2 * active], or uint8[4 * active]
    starts     int64[cells + 1]    where those of a cell begin
    cell       the first of `wide` cells of the first row; `back` further ahead in every row
    """
    many = 4 // words.itemsize
    into = sums[first : first + lanes]
    into[:] = 0
    for row in range(rows):
        for n in range(starts[cell - row * back], starts[cell - row * back + wide]):
            column = offsets[n] + beyond + row * turn
            # of arrays, as this is only run where nothing is compiled
            laid = weights[column : column + many * lanes].reshape(lanes, many).astype(int32)
            into += laid @ words[many * n : many * (n + 1)].astype(int32)


_vector.vectorise(lay)


class Shape(NamedTuple):
    """Where a layer's words lie."""

    height: int  # cells, as width
    width: int
    channels: int
    filled: int  # channels, filled up to whole pairs or fours
    outputs: int
    kernel: int  # cells in either direction
    padding: int
    tile: int  # cells whose sums are made at once
    row: int  # sums of a row: of whole tiles
    many: int  # inputs that lie side by side, 2 or 4
    turn: int  # weights of a pair or four in a row of the kernel


@jit
def spread(under, given, shape):  # type: ignore[no-untyped-def]
    """Put words where `convolve` looks for them: int16 | uint8[cells * filled] from int[inputs]."""
    if shape.filled == shape.channels:
        for n in range(under.shape[0]):
            under[n] = given[n]
    else:
        for cell in range(shape.height * shape.width):
            for n in range(shape.channels):
                under[cell * shape.filled + n] = given[cell * shape.channels + n]


@jit
def convolve(sums, weights, pairs, room, shape):  # type: ignore[no-untyped-def]
    """Lay the kernel over pairs, or fours, of inputs of which one is not 0.

    sums       int32[height * row]    overwritten; sums beyond the map are of no use
    weights    int8 | int16[...]      see `layered.narrow.laid`
    pairs      int32[cells * pairs of one]    two or four words of `spread` in one
    room       for what is not 0: int32[pairs + 1], the same as words, int64[pairs + 1], int64[cells + 1]
    """
    active, words, offsets, starts = room
    height, width, outputs, many = shape.height, shape.width, shape.outputs, shape.many
    count, cells = shape.filled // many, height * width
    found = uint64(0)  # unsigned, or every index would be looked at for a sign
    cell = 0
    for _ in range(height):
        for x in range(width):
            starts[cell] = found
            here = pairs[cell * count : (cell + 1) * count]
            for pair in range(count):  # written over unless it is not 0: cheaper than a branch
                active[found] = here[pair]
                offsets[found] = pair * shape.kernel * shape.turn - x * outputs * many
                found += uint64(here[pair] != 0)
            cell += 1
    starts[cells] = found
    for y in range(height):
        # a kernel that is turned round: its row ky meets the cells ky - padding rows above
        ky = max(0, y + shape.padding - height + 1)
        rows = min(shape.kernel, y + shape.padding + 1) - ky
        for x in range(0, width, shape.tile):
            left, right = max(0, x - shape.padding), min(width, x + shape.tile + shape.padding)
            beyond = ky * shape.turn + (x + shape.padding + shape.tile - 1) * outputs * many
            cell = (y + shape.padding - ky) * width + left
            first, lanes = y * shape.row + x * outputs, shape.tile * outputs
            lay(  # type: ignore[no-untyped-call]
                *(sums, first, lanes, weights, beyond, shape.turn, offsets, words, starts),
                *(cell, right - left, width, rows),
            )


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
def fade(trace, synapse, given, sites, leaks, wide, row):  # type: ignore[no-untyped-def]
    """Let P and Q of every input decay, or M and I of neurons: int16 | int32[n] in place.

    given    int[...]    what comes: `wide` words of every `row`
    """
    first, alpha = constants_of(sites[0], leaks[0])
    second, beta = constants_of(sites[1], leaks[1])
    for y in range(trace.shape[0] // wide):
        place, start = y * wide, y * row
        p, q, come = trace[place : place + wide], synapse[place : place + wide], given[start : start + wide]
        for n in range(wide):  # of slices: an index that is a sum would be looked at for a sign
            before = int32(q[n])
            p[n] = decayed(int32(p[n]), before, first, alpha)
            q[n] = decayed(before, int32(come[n]), second, beta)


@jit
def fire(spikes, said, drive, refractory, bias, kick, site, leak, lefts, row):  # type: ignore[no-untyped-def]
    """Let R decay and compare every membrane with 0: uint8[neurons] in place.

    said         int64[neurons], or [0]    the drive is added
    drive        int16 | int32[...]        sums, or M
    refractory   int16 | int32[neurons], or [0]    in place; none where a spike takes nothing
    bias         int32[neurons of a row], at the binary point at which all are compared
    kick         what a spike takes from R
    lefts        what brings drive and refractory state there
    row          of the drive: words from one to the next
    """
    clamp, rho = constants_of(site, leak)
    less, left, other = int32(-kick), int32(lefts[0]), int32(lefts[1])
    wide = bias.shape[0]
    for y in range(spikes.shape[0] // wide):
        place, start = y * wide, y * row
        fired, driven = spikes[place : place + wide], drive[start : start + wide]
        if refractory.shape[0] > 0:
            r = refractory[place : place + wide]
            for n in range(wide):
                rest = decayed(int32(r[n]), multiply(int32(fired[n]), less), clamp, rho)
                r[n] = rest
                fired[n] = add(add(left_shift(int32(driven[n]), left), bias[n]), left_shift(rest, other)) > 0
        else:
            for n in range(wide):
                fired[n] = add(left_shift(int32(driven[n]), left), bias[n]) > 0
        if said.shape[0] > 0:
            for n in range(wide):
                said[place + n] += driven[n]


@jit
def pool(pooled, spikes, size, row, outputs, out_row):  # type: ignore[no-untyped-def]
    """Do as `convolution.pool`; `row` and `out_row` are words of a row before and after.

    pooled, spikes    uint8[...] or uint64[...] of eight neurons a word
    """
    for y in range(pooled.shape[0] // out_row):
        into = pooled[y * out_row : (y + 1) * out_row]
        into[:] = 0
        for below in range(0, size, 2):  # two rows at a time, the last one twice where it is alone
            last = min(below + 1, size - 1)
            one = spikes[(y * size + below) * row : (y * size + below + 1) * row]
            other = spikes[(y * size + last) * row : (y * size + last + 1) * row]
            place, cells = uint64(0), uint64(outputs)  # unsigned, or every index would be looked at for a sign
            for x in range(out_row // outputs):
                for _ in range(size):
                    for n in range(outputs):
                        into[uint64(x * outputs + n)] |= one[place + uint64(n)] | other[place + uint64(n)]
                    place += cells


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
    """Run a layer over recordings one after the other; all but the first begin at rest.

    pooled       uint8[recordings, steps, outputs after pooling] or uint64 of eight a word    overwritten
    said         int64[recordings, neurons] or [recordings, 0]  the drive of steps from `burn_in` on is added
    given        int[recordings, steps, inputs]
    refractory   int16 | int32[neurons], or [0]  in place; none where a spike takes nothing
    state        trace, synapse, spikes, spikes as words of `pooled`: int16 | int32[...] and uint8[neurons], in place
    sums, weights, pairs, room              see `convolve`
    under                                   see `spread`; the same as `pairs`
    bias         int32[neurons of a row]
    sites        casts of trace, synapse and refractory state, with their `leaks`
    lefts        see `fire`
    inputs       1: P and Q of the inputs decay, 0: M and I of the neurons
    """
    trace, synapse, spikes, packed = state
    outputs = shape.outputs
    wide, word = shape.width * outputs, spikes.shape[0] // packed.shape[0]  # neurons of a row, and of a word
    for recording in range(given.shape[0]):
        if recording > 0:
            trace[:] = 0
            synapse[:] = 0
            refractory[:] = 0
            spikes[:] = 0
        for step in range(given.shape[1]):
            come = given[recording, step]
            if inputs:
                fade(trace, synapse, come, sites, leaks, come.shape[0], 0)
                spread(under, trace, shape)
            else:
                spread(under, come, shape)
            convolve(sums, weights, pairs, room, shape)
            counted = said[recording, said.shape[1] if step < burn_in else 0 :]
            if inputs:
                fire(spikes, counted, sums, refractory, bias, kick, sites[2], leaks[2], lefts, shape.row)
            else:
                fade(trace, synapse, sums, sites, leaks, wide, shape.row)
                fire(spikes, counted, trace, refractory, bias, kick, sites[2], leaks[2], lefts, wide)
            into = pooled[recording, step]
            if size > 1:
                pool(into, packed, size, wide // word, outputs // word, shape.width // size * outputs // word)
            else:
                into[:] = packed
