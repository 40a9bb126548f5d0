"""Layers of a layered network in narrow words: 16-bit weights and inputs, sums and states of 32 bits.

What convolution.py does in words of 64 bits where every cast saturates and rounds by a bias alone, nothing is drawn
or counted, and every intermediate was proved to fit (see `fxsnn.layered.narrow`). Whole recordings are run layer by
layer, many steps a call. A convolution looks only at inputs that are not 0, two channels at a time. Numba widens the
results of Python's operators to 64 bits but leaves those of NumPy's functions as they are: hence their names.

A sum is held for every neuron and for what a kernel reaches left and right of the map, so that no such edge is looked
for: that of neuron (y, x, channel) is at y * row + (x + padding) * channels + channel.
"""

from numpy import add, bitwise_and, int32, int64, left_shift, multiply, right_shift, subtract

from . import _vector
from ._jit import jit, jit_within
from .simple import clamp_of, settle

LANES = _vector.LANES  # sums to whose multiples rows of weights are filled up


def lay(sums, first, weights, rows, beyond, words, pairs):  # type: ignore[no-untyped-def]
    """Add rows of weights, each of two inputs side by side, times pairs of words to the sums.

    sums       int32[...], from `first` on
    weights    int16[rows, 2 * sums]
    rows       int64[pairs]    which, each `beyond` further on
    words      int16[2 * pairs]
    """
    for pair in range(pairs):
        row = weights[rows[pair] + beyond]
        for n in range(row.shape[0] // 2):
            products = int32(row[2 * n]) * words[2 * pair] + int32(row[2 * n + 1]) * words[2 * pair + 1]
            sums[first + n] += products


_vector.vectorise(lay)


@jit
def convolve(sums, weights, given, words, rows, shape, padding):  # type: ignore[no-untyped-def]
    """Lay the kernel over pairs of channels of which one is not 0.

    sums       int32[height * row + rest]    overwritten
    weights    int16[pairs * kernel rows, 2 * sums of a kernel row]  see `layered.narrow.paired`
    given      int[height * width * channels]    counts, spikes or traces
    words      int16[2 * pairs + 2], rows int64[pairs + 1]    room for what is not 0 in a cell
    shape      height, width, channels, outputs, kernel rows, sums of a row
    """
    height, width, channels, outputs, kernel_rows, row = shape
    sums[:] = 0
    for y in range(height):
        for x in range(width):
            start, found = (y * width + x) * channels, 0
            for c in range(0, channels - 1, 2):
                # written over unless one of both is not 0: cheaper than a branch
                here, beside = given[start + c], given[start + c + 1]
                words[2 * found], words[2 * found + 1] = here, beside
                rows[found] = (c >> 1) * kernel_rows
                found += (here | beside) != 0
            if channels & 1:
                here = given[start + channels - 1]
                words[2 * found], words[2 * found + 1] = here, 0
                rows[found] = (channels >> 1) * kernel_rows
                found += here != 0
            if found > 0:
                for ky in range(max(0, padding - y), min(kernel_rows, height + padding - y)):
                    start = (y + ky - padding) * row + x * outputs
                    lay(sums, start, weights, rows, ky, words, found)  # type: ignore[no-untyped-call]


@jit_within
def decayed(state, come, clamp, leak):  # type: ignore[no-untyped-def]
    """Return a state after its leak and what comes, cast once: as `convolution.decay`."""
    factor, shift, mask = leak
    leaked = subtract(multiply(state, factor), bitwise_and(right_shift(state, shift), mask))
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
def filter_currents(trace, synapse, sums, sites, leaks, shape, padding):  # type: ignore[no-untyped-def]
    """Let M and I of every neuron decay: int32[neurons] in place; the sums with their rim."""
    first, alpha = constants_of(sites[0], leaks[0])
    second, beta = constants_of(sites[1], leaks[1])
    height, width, _, outputs, _, row = shape
    count = width * outputs
    for y in range(height):
        place, start = y * count, y * row + padding * outputs
        m, i, come = trace[place : place + count], synapse[place : place + count], sums[start : start + count]
        for n in range(count):  # of slices: an index that is a sum would be looked at for a sign
            before = i[n]
            m[n] = decayed(m[n], before, first, alpha)
            i[n] = decayed(before, come[n], second, beta)


@jit
def fire(spikes, said, counted, drive, refractory, bias, kick, site, leak, lefts, shape, padding):  # type: ignore[no-untyped-def]
    """Let R decay and compare every membrane with 0: uint8[neurons] in place.

    said         int64[neurons] | int64[0]    the drive is added where `counted` is 1
    drive        int32[...]                   sums with what they reach beyond the map, or M
    refractory   int32[neurons] | int32[0]    in place; none where a spike takes nothing
    bias         int32[neurons of a row], at the binary point at which all are compared
    kick         what a spike takes from R
    lefts        what brings drive and refractory state there
    shape        see `convolve`; the sums of a row are the neurons of one where there is no padding
    """
    clamp, rho = constants_of(site, leak)
    less, left, other = int32(-kick), int32(lefts[0]), int32(lefts[1])
    height, width, _, outputs, _, row = shape
    count = width * outputs
    for y in range(height):
        place, start = y * count, y * row + padding * outputs
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
    into = 0
    for start in range(0, pooled.shape[0] // out_row * size * row, size * row):
        for column in range(start, start + out_row * size, outputs * size):
            for n in range(outputs):
                found = spikes[column + n]
                for y in range(0, size * row, row):
                    for x in range(0, size * outputs, outputs):
                        found |= spikes[column + n + y + x]
                pooled[into + n] = found
            into += outputs


@jit
def respond(  # type: ignore[no-untyped-def]
    pooled,
    said,
    burn_in,
    given,
    refractory,
    state,
    room,
    weights,
    bias,
    kick,
    sites,
    leaks,
    lefts,
    shape,
    padding,
    size,
    inputs,
):
    """Run a layer over some steps of a recording.

    pooled       uint8[steps, outputs after pooling] or uint64 of eight a word    overwritten
    said         int64[neurons] | int64[0]  the drive of steps from `burn_in` on is added
    given        int[steps, inputs]
    refractory   int32[neurons] | int32[0]  in place; none where a spike takes nothing
    state        trace, synapse, spikes, spikes as words of `pooled`: int32[...] and uint8[neurons], in place
    room         sums, words, rows: see `convolve`
    weights      int16[...]                 see `convolve`
    bias         int32[neurons of a row]
    sites        casts of trace, synapse and refractory state, with their `leaks`
    lefts        see `fire`
    shape        see `convolve`
    inputs       1: P and Q of the inputs decay, 0: M and I of the neurons
    """
    trace, synapse, spikes, packed = state
    sums, words, rows = room
    height, width, channels, outputs, kernel_rows, _ = shape
    flat = height, width, channels, outputs, kernel_rows, width * outputs
    word = spikes.shape[0] // packed.shape[0]  # neurons of one
    for step in range(given.shape[0]):
        counted = int64(step >= burn_in)
        if inputs:
            filter_inputs(trace, synapse, given[step], sites, leaks)
            convolve(sums, weights, trace, words, rows, shape, padding)
            fire(spikes, said, counted, sums, refractory, bias, kick, sites[2], leaks[2], lefts, shape, padding)
        else:
            convolve(sums, weights, given[step], words, rows, shape, padding)
            filter_currents(trace, synapse, sums, sites, leaks, shape, padding)
            fire(spikes, said, counted, trace, refractory, bias, kick, sites[2], leaks[2], lefts, flat, 0)
        if size > 1:
            pool(pooled[step], packed, size, width * outputs // word, outputs // word, width // size * outputs // word)
        else:
            pooled[step] = packed
