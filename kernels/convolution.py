"""Convolution and decaying states of a layered network in integer arithmetic.

Maps are flat, channels innermost: the word of (y, x, channel) is at (y * width + x) * channels + channel. A dense
layer is a convolution whose kernel is its whole input.
"""

import numpy as np
from numpy import int64
from numpy.typing import NDArray

from ._jit import jit
from .draws import fill_draws
from .lif import settle, tally


@jit
def convolve(sums, weights, given, width, channels, padding, out_height, out_width, columns):  # type: ignore[no-untyped-def]
    """Lay the kernel over the inputs that are not 0: each adds its word times a weight to the sums it reaches.

    sums       int32 | int64 [out_height * out_width * outputs]    overwritten; as wide as was proved to hold them
    weights    int[kernel height, channels, columns * outputs]     columns from right to left, so that what a word
                                                                   adds to a row of sums is contiguous: see `rows_of`
    given      int[height * width * channels]    counts, spikes or traces
    """
    sums[:] = 0
    rows, outputs = weights.shape[0], weights.shape[2] // columns
    for place in range(given.shape[0]):
        word = given[place]
        if word == 0:
            continue
        channel = place % channels
        y, left = place // channels // width + padding, place // channels % width + padding - columns + 1
        first, last = max(0, -left) * outputs, min(columns, out_width - left) * outputs
        for ky in range(max(0, y - out_height + 1), min(rows, y + 1)):
            start = ((y - ky) * out_width + left) * outputs
            reached, weight = sums[start + first : start + last], weights[ky, channel, first:last]
            for n in range(reached.shape[0]):
                reached[n] += word * weight[n]


def rows_of(weights: NDArray[np.signedinteger]) -> NDArray[np.signedinteger]:
    """Return weights, [kernel height, kernel width, channels, outputs], as `convolve` takes them."""
    rows, columns, channels, outputs = weights.shape
    return np.ascontiguousarray(weights[:, ::-1].transpose(0, 2, 1, 3)).reshape(rows, channels, columns * outputs)


@jit
def decay(states, added, site, leak, draws, registers, row, taps, counts):  # type: ignore[no-untyped-def]
    """Leak every state, add what comes, and cast once: int64[n] in place.

    added      int[n], or int[1] that every state gets
    leak       factor, shift, mask: v * factor - ((v >> shift) & mask)
    draws      int64[n] | None    room for what a stochastic cast adds
    """
    factor, shift, mask = leak
    if draws is not None:
        fill_draws(draws, registers, row, taps, site)
    for n in range(states.shape[0]):
        bias = site.bias if draws is None or site.draw_bits == 0 else draws[n]
        leaked = states[n] * factor - ((states[n] >> shift) & mask)
        total = (leaked << site.left) + (int64(added[n]) << site.left_other)
        if counts is not None:
            tally(counts, row, total, site, bias)
        states[n] = settle(total, site, bias)


@jit
def fire(spikes, sums, refractory, bias, sums_left, refractory_left):  # type: ignore[no-untyped-def]
    """Compare the membrane with 0: uint8[neurons], 1 where sum + refractory state + bias is above it.

    bias     int64[outputs], at the binary point at which all are compared
    """
    outputs = bias.shape[0]
    for first in range(0, spikes.shape[0], outputs):
        for n in range(outputs):
            total = (int64(sums[first + n]) << sums_left) + (refractory[first + n] << refractory_left) + bias[n]
            spikes[first + n] = total > 0


@jit
def pool(pooled, spikes, size, width, channels, out_width):  # type: ignore[no-untyped-def]
    """Give 1 where any of size x size neurons spikes: uint8[outputs]; what is left at an edge is cut off."""
    for place in range(pooled.shape[0]):
        channel = place % channels
        y, x = place // channels // out_width * size, place // channels % out_width * size
        found = 0
        for row in range(y, y + size):
            for column in range(x, x + size):
                found |= spikes[(row * width + column) * channels + channel]
        pooled[place] = found
