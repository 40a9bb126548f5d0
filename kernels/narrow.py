"""Layers of a layered network in narrow words: weights and inputs of 8 or 16 bits, states and sums of 16 or 32.

What convolution.py does in words of 64 bits where every cast saturates and rounds by a bias alone, nothing is drawn
or counted, and every intermediate was proved to fit (see `fxsnn.layered.narrow`). Recordings are run layer by layer,
several recordings and many steps a call. A convolution looks only at inputs that are not 0, two or four at a time.

There are two ways to convolve. `gather`: the sums of some neurons of a row, a tile, stay in registers while all inputs
under the kernel are laid on them. `scatter`: each input is laid on all sums that it reaches, which is less work where
few inputs are not 0. The sum of neuron (y, x, channel) is at first + y * row + x * outputs + channel.
"""

from typing import NamedTuple

from numpy import int32, int64, uint64

from . import _vector
from ._jit import jit, jit_within
from .narrow_states import fade, fire

QUADS = _vector.QUADS  # whether fours are better than pairs where 8 bits hold all
BYTES = _vector.BYTES  # of a vector of sums
SPARE = _vector.BYTES // 4  # words that `compact` may read or write beyond those that count
TOGETHER = _vector.TOGETHER  # vectors that a tile has where a row has as many


def gather(sums, first, lanes, weights, beyond, offsets, words, start, stop):  # type: ignore[no-untyped-def]
    """Sum what inputs bring to neurons that lie side by side, two or four inputs at a time.

    sums       int16 | int32[...], `lanes` of them from `first` on    overwritten
    weights    int8 | int16[...]    those of a pair or four for one sum after the other
    beyond     where in the weights those of the first sum are, for an offset of 0
    offsets    int32[active]    of each pair or four that is not 0
    words      int16 | uint8[active * as many as are laid at a time]
    start      the first of them that counts, before `stop`
    """
    many = sums.itemsize // words.itemsize
    into = sums[first : first + lanes]
    into[:] = 0
    for n in range(start, stop):
        column = offsets[n] + beyond
        # of arrays, as this is only run where nothing is compiled
        laid = weights[column : column + many * lanes].reshape(lanes, many).astype(int32)
        into += (laid @ words[many * n : many * (n + 1)].astype(int32)).astype(sums.dtype)


def scatter(sums, first, lanes, row, weights, kernel, words, active):  # type: ignore[no-untyped-def]
    """Lay a pair or four of inputs on all sums that they reach.

    sums       int16 | int32[...], `lanes` of them from `first` on and in `kernel` rows, each `row` on    in place
    weights    int8 | int16[...]    those of one sum after the other
    words      int16 | uint8[active * as many as are laid at a time]
    """
    many = sums.itemsize // words.itemsize
    word = words[many * active : many * (active + 1)].astype(int32)
    for line in range(kernel):
        into = sums[first + line * row : first + line * row + lanes]
        column = line * lanes * many
        laid = weights[column : column + many * lanes].reshape(lanes, many).astype(int32)
        into += (laid @ word).astype(sums.dtype)


def compact(active, offsets, found, pairs, places, first, count):  # type: ignore[no-untyped-def]
    """Put pairs or fours that are not 0 side by side, and where their weights are; return how many there are.

    active     int16 | int32[...]    from `found` on overwritten, further than they reach
    offsets    int32[...]            the same
    pairs      int16 | int32[...]    `count` of them from `first` on are looked at
    places     int32[...]            the same
    """
    here, there = pairs[first : first + count], places[first : first + count]
    at = uint64(found)  # unsigned, or every index would be looked at for a sign
    for n in range(count):  # written over unless it is not 0: cheaper than a branch
        active[at] = here[n]
        offsets[at] = there[n]
        at += uint64(here[n] != 0)
    return int64(at)


_vector.vectorise_gather(gather)
_vector.vectorise_compact(compact, compact)
_vector.vectorise_scatter(scatter)


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
    first: int  # where the sums of the map begin
    row: int  # sums of a row and what is around it
    many: int  # inputs that lie side by side, 2 or 4
    turn: int  # weights of a pair or four in a row of the kernel
    scattered: int  # 1: by `scatter`, 0: by `gather`


@jit
def spread(under, given, shape):  # type: ignore[no-untyped-def]
    """Put words where `convolve` looks for them: int16 | uint8[cells * filled] from int[inputs]."""
    if shape.filled == shape.channels:
        for n in range(given.shape[0]):
            under[n] = given[n]
    else:
        for cell in range(shape.height * shape.width):
            for n in range(shape.channels):
                under[cell * shape.filled + n] = given[cell * shape.channels + n]


@jit
def convolve(sums, weights, pairs, places, room, shape):  # type: ignore[no-untyped-def]
    """Lay the kernel over pairs, or fours, of inputs of which one is not 0.

    sums       int16 | int32[...]                overwritten; sums beyond the map are of no use
    weights    int8 | int16[...]                 see `layered.laid.laid`
    pairs      int16 | int32[cells * pairs of one]    two or four words of `spread` in one
    places     int32[cells * pairs of one]          see `layered.laid.laid`
    room       for what is not 0: as pairs, the same as words, as places, int64[height + 1]
    """
    if shape.scattered:
        _scattered(sums, weights, pairs, places, room, shape)
    else:
        _gathered(sums, weights, pairs, places, room, shape)


@jit_within
def _scattered(sums, weights, pairs, places, room, shape):  # type: ignore[no-untyped-def]
    active, words, offsets, _ = room
    sums[:] = 0
    lanes = shape.turn // shape.many
    for n in range(compact(active, offsets, 0, pairs, places, 0, shape.height * shape.width)):  # type: ignore[no-untyped-call]
        scatter(sums, offsets[n], lanes, shape.row, weights, shape.kernel, words, n)  # type: ignore[no-untyped-call]


@jit_within
def _gathered(sums, weights, pairs, places, room, shape):  # type: ignore[no-untyped-def]
    """Do one column of tiles after the other: what they look at lies together."""
    active, words, offsets, starts = room
    height, width = shape.height, shape.width
    count, lanes, step = shape.filled // shape.many, shape.tile * shape.outputs, shape.outputs * shape.many
    for x in range(0, width, shape.tile):
        left, right = max(0, x - shape.padding), min(width, x + shape.tile + shape.padding)
        found = 0
        for y in range(height):
            starts[y] = found
            begin = (y * width + left) * count
            found = compact(active, offsets, found, pairs, places, begin, (right - left) * count)  # type: ignore[no-untyped-call]
        starts[height] = found
        beyond = (x + shape.padding + shape.tile - 1) * step + shape.padding * shape.turn
        for y in range(height):
            start, stop = starts[max(0, y - shape.padding)], starts[min(height, y + shape.padding + 1)]
            first = shape.first + y * shape.row + x * shape.outputs
            gather(sums, first, lanes, weights, beyond + y * shape.turn, offsets, words, start, stop)  # type: ignore[no-untyped-call]


@jit
def pool(pooled, spikes, room, size, row, outputs, out_row):  # type: ignore[no-untyped-def]
    """Do as `convolution.pool`; `row` and `out_row` are words of a row before and after.

    pooled, spikes    uint8[...] or uint64[...] of eight neurons a word
    room              two rows of them
    """
    many, cells = uint64(outputs), out_row // outputs  # unsigned, or every index would be looked at for a sign
    joined, found = room
    for y in range(pooled.shape[0] // out_row):
        into, above = pooled[y * out_row : (y + 1) * out_row], spikes[y * size * row : (y * size + 1) * row]
        if size == 1:
            into[:] = above[:out_row]
            continue
        below = spikes[(y * size + 1) * row : (y * size + 2) * row]
        for n in range(row):
            joined[n] = above[n] | below[n]
        for line in range(2, size):
            below = spikes[(y * size + line) * row : (y * size + line + 1) * row]
            for n in range(row):
                joined[n] |= below[n]
        beside = joined[outputs:]
        for n in range(beside.shape[0]):
            found[n] = joined[n] | beside[n]
        for column in range(2, size):
            beside = joined[column * outputs :]
            for n in range(beside.shape[0]):
                found[n] |= beside[n]
        place, at, step = uint64(0), uint64(0), uint64(size * outputs)
        for _ in range(cells):
            for n in range(many):
                into[at + n] = found[place + n]
            place += step
            at += many


@jit
def respond(  # type: ignore[no-untyped-def]
    pooled,
    said,
    burn_in,
    given,
    refractory,
    state,
    sums,
    weights,
    under,
    pairs,
    places,
    room,
    shape,
    bias,
    constants,
    size,
    inputs,
):
    """Run a layer over recordings one after the other; all but the first begin at rest.

    pooled       uint8[recordings, steps, outputs after pooling] or uint64 of eight a word    overwritten
    said         int64[recordings, neurons] or [recordings, 0]  the drive of steps from `burn_in` on is added
    given        int[recordings, steps, inputs]
    refractory   int16 | int32[neurons], or [0]  in place; none where a spike takes nothing
    state        trace, synapse, spikes: int16 | int32[...] and uint8[neurons], in place; spikes as words of `pooled`,
                 and room for `pool`
    sums, weights, pairs, places, room      see `convolve`
    under                                   see `spread`; the same as `pairs`
    bias, constants                         see `narrow_states.fire`
    inputs       1: P and Q of the inputs decay, 0: M and I of the neurons
    """
    trace, synapse, spikes, packed, joined = state
    wide, word = shape.width * shape.outputs, spikes.shape[0] // packed.shape[0]  # neurons of a row, and of a word
    outputs, summed = shape.outputs // word, sums[shape.first :]
    for recording in range(given.shape[0]):
        if recording > 0:
            trace[:] = 0
            synapse[:] = 0
            refractory[:] = 0
            spikes[:] = 0
        for step in range(given.shape[1]):
            come = given[recording, step]
            if inputs:
                fade(trace, synapse, come, constants, come.shape[0], 0)
                spread(under, trace, shape)
            else:
                spread(under, come, shape)
            convolve(sums, weights, pairs, places, room, shape)
            counted = said[recording, said.shape[1] if step < burn_in else 0 :]
            if inputs:
                fire(spikes, counted, summed, refractory, bias, constants[2], shape.row)
            else:
                fade(trace, synapse, summed, constants, wide, shape.row)
                fire(spikes, counted, trace, refractory, bias, constants[2], wide)
            pool(pooled[recording, step], packed, joined, size, wide // word, outputs, shape.width // size * outputs)
