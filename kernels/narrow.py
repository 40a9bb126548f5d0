"""A kernel over a map in narrow words: weights and inputs of 8 or 16 bits, sums of 16 or 32.

What `projections.add_correlation` does, where all of it was proved to fit (see `fxsnn.graph.laid`). A convolution looks
only at inputs that are not 0, two or four at a time.

There are two ways to convolve. `gather`: the sums of some neurons of a row, a tile, stay in registers while all inputs
under the kernel are laid on them. `scatter`: each input is laid on all sums that it reaches, which is less work where
few inputs are not 0. The sum of neuron (y, x, channel) is at first + y * row + x * outputs + channel.
"""

from typing import NamedTuple

from numpy import int32, int64, uint64

from . import _vector
from ._jit import jit, jit_within

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
    at = uint64(found)  # unsigned: Numba tests signed indices for wrap-around
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
    weights    int8 | int16[...]                 see `graph.laid.laid`
    pairs      int16 | int32[cells * pairs of one]    two or four words of `spread` in one
    places     int32[cells * pairs of one]          see `graph.laid.laid`
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
def add_map(sums, words, left, lying, weights, under, pairs, places, room, shape):  # type: ignore[no-untyped-def]
    """Lay a kernel over maps, a row after the other, and add what it brings, shifted left by so many bits.

    sums       int32 | int64[rows, target]    in place
    words      uint8 | int64[rows, source]
    lying      int16 | int32[...]             room for sums as `convolve` makes them, and the rest as it takes it
    """
    wide = shape.width * shape.outputs
    for row in range(words.shape[0]):
        spread(under, words[row], shape)
        convolve(lying, weights, pairs, places, room, shape)
        for y in range(shape.height):
            start = shape.first + y * shape.row
            into, brought = sums[row, y * wide : (y + 1) * wide], lying[start : start + wide]
            for n in range(wide):
                into[n] += int64(brought[n]) << left
