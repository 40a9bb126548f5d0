"""Layers of a layered network in narrow words: 16-bit weights and inputs, sums and states of 32 bits.

What convolution.py does in words of 64 bits where every cast saturates and rounds by a bias alone, nothing is drawn
or counted, and every intermediate was proved to fit (see `fxsnn.layered.lanes`). Whole recordings are run layer by
layer, many steps a call. Only inputs that are not 0 are looked at by a convolution, two channels at a time. Numba
widens the results of Python's operators to 64 bits but leaves those of NumPy's functions as they are: hence their names.

A sum is held for every neuron and for the rim that a kernel reaches beyond the map, so that no edge is looked for:
that of neuron (y, x, channel) is at ((y + padding) * row + (x + padding)) * channels + channel.
"""

from numpy import add, bitwise_and, int32, int64, left_shift, multiply, right_shift, subtract

from . import _vector
from ._jit import jit, jit_within
from .simple import clamp_of, settle

LANES = _vector.LANES  # sums to whose multiples rows of weights are filled up


def lay(sums, first, weights, one, other, words, at):  # type: ignore[no-untyped-def]
    """Add two rows of weights, each of a pair of inputs side by side, times two pairs of words to the sums.

    sums       int32[...], from `first` on
    weights    int16[rows, 2 * sums]
    words      int16[...], two pairs from `at` on
    """
    for n in range(weights.shape[1] // 2):
        total = int32(weights[one, 2 * n]) * words[at] + int32(weights[one, 2 * n + 1]) * words[at + 1]
        total += int32(weights[other, 2 * n]) * words[at + 2] + int32(weights[other, 2 * n + 1]) * words[at + 3]
        sums[first + n] += total


_vector.vectorise(lay)


@jit_within
def convolve(sums, weights, given, words, rows, shape):  # type: ignore[no-untyped-def]
    """Lay the kernel over pairs of channels of which one is not 0.

    sums       int32[(height + 2 padding) * row * outputs + rest]    overwritten
    weights    int16[pairs * kernel rows, 2 * sums of a kernel row]  see `lanes.paired`
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
            if found & 1:  # a pair of zeros: pairs are laid by twos
                words[2 * found], words[2 * found + 1], rows[found] = 0, 0, 0
            for ky in range(kernel_rows):
                first = (y + ky) * row + x * outputs
                for n in range(0, found, 2):
                    lay(sums, first, weights, rows[n] + ky, rows[n + 1] + ky, words, 2 * n)


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


@jit_within
def filter_inputs(trace, synapse, given, sites, leaks):  # type: ignore[no-untyped-def]
    """Let P and Q of every input decay: int32[inputs] in place; given int[inputs]."""
    first, alpha = constants_of(sites[0], leaks[0])
    second, beta = constants_of(sites[1], leaks[1])
    for n in range(trace.shape[0]):
        before = synapse[n]
        trace[n] = decayed(trace[n], before, first, alpha)
        synapse[n] = decayed(before, int32(given[n]), second, beta)


@jit_within
def filter_currents(trace, synapse, sums, sites, leaks):  # type: ignore[no-untyped-def]
    """Let M and I of the neurons of a row decay: int32[neurons] in place."""
    first, alpha = constants_of(sites[0], leaks[0])
    second, beta = constants_of(sites[1], leaks[1])
    for n in range(trace.shape[0]):
        before = synapse[n]
        trace[n] = decayed(trace[n], before, first, alpha)
        synapse[n] = decayed(before, sums[n], second, beta)


@jit_within
def recover(refractory, spikes, kick, site, leak):  # type: ignore[no-untyped-def]
    """Let R of the neurons of a row decay, and take a step from those that spiked: int32[neurons] in place."""
    clamp, rho = constants_of(site, leak)
    less = int32(-kick)
    for n in range(refractory.shape[0]):
        refractory[n] = decayed(refractory[n], multiply(int32(spikes[n]), less), clamp, rho)


@jit_within
def fire(spikes, said, counted, drive, refractory, bias, lefts):  # type: ignore[no-untyped-def]
    """Compare the membranes of a row with 0: uint8[neurons]; add them to `said` where they count.

    said     int64[neurons] | None
    counted  1 or 0
    bias     int32[neurons], at the binary point at which all are compared
    lefts    what brings drive and refractory state there
    """
    left, other = int32(lefts[0]), int32(lefts[1])
    for n in range(spikes.shape[0]):
        total = add(left_shift(drive[n], left), bias[n])
        if refractory is not None:
            total = add(total, left_shift(refractory[n], other))
        spikes[n] = total > 0
        if said is not None:
            said[n] += int64(total) * counted


@jit_within
def pool(pooled, spikes, size, row, outputs, out_row):  # type: ignore[no-untyped-def]
    """Do as `convolution.pool`; `row` and `out_row` are neurons of a row before and after."""
    pooled[:] = 0
    for y in range(pooled.shape[0] // out_row * size):
        into, start = y // size * out_row, y * row
        for x in range(out_row // outputs * size):
            here, beside = into + x // size * outputs, start + x * outputs
            for n in range(outputs):
                pooled[here + n] |= spikes[beside + n]


@jit
def respond(  # type: ignore[no-untyped-def]
    pooled, said, given, burn_in, refractory, state, room, weights, bias, kick, sites, leaks, lefts, shape, padding, size, inputs
):
    """Run a layer over some steps of a recording.

    pooled     uint8[steps, outputs after pooling]    overwritten
    said       int64[neurons] | None                  the membranes of steps from `burn_in` on are added; of dense layers
    given      int[steps, inputs]
    refractory int32[neurons] | None                  in place; None where a spike takes nothing
    state      trace, synapse, spikes: int32[...] and uint8[neurons], in place
    room       sums, words, rows: see `convolve`
    weights    int16[...]                             see `convolve`
    bias       int32[neurons of a row]
    kick       what a spike takes from R
    sites      casts of trace, synapse and refractory state, with their `leaks`
    lefts      see `fire`
    shape      see `convolve`
    inputs     1: P and Q of the inputs decay, 0: M and I of the neurons
    """
    trace, synapse, spikes = state
    sums, words, rows = room
    height, width, _, outputs, _, row = shape
    count = width * outputs
    for step in range(given.shape[0]):
        if inputs:
            filter_inputs(trace, synapse, given[step], sites, leaks)
            convolve(sums, weights, trace, words, rows, shape)
        else:
            convolve(sums, weights, given[step], words, rows, shape)
        for y in range(height):
            here = slice(y * count, (y + 1) * count)
            start = (y + padding) * row + padding * outputs
            drive = sums[start : start + count]
            if not inputs:
                filter_currents(trace[here], synapse[here], drive, sites, leaks)
                drive = trace[here]
            if refractory is None:
                fire(spikes[here], said, int64(step >= burn_in), drive, None, bias, lefts)
            else:
                recover(refractory[here], spikes[here], kick, sites[2], leaks[2])
                fire(spikes[here], said, int64(step >= burn_in), drive, refractory[here], bias, lefts)
        if size > 1:
            pool(pooled[step], spikes, size, count, outputs, width // size * outputs)
        else:
            pooled[step] = spikes
