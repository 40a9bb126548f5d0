"""Products of matrices in floating point whose every sum has one declared order, so that all machines agree.

A BLAS sums in an order of its own, which differs between machines and numbers of threads; a network that learns would
part from itself in the last bits, and then in its spikes. There is no fast-math and no fused multiplication here.
"""

import numpy as np
from numpy import float32, float64, int64

from ._jit import jit

CHUNK = 512  # columns that are summed at once: they stay in the nearest cache


@jit
def gather(out, factors, table, first, last):  # type: ignore[no-untyped-def]
    """Add up rows of a table: out[n] = sum of factors[k, n] * table[k], k ascending, for n in first..last - 1.

    Rows whose factor is 0 are left out, which saves the work of sparse gradients and changes no sum.

    out        float32[outputs, columns]    overwritten
    factors    float32[rows, outputs]
    table      float32[rows, columns]       finite
    """
    rows, columns = table.shape
    places = np.empty(rows, int64)
    for start in range(0, columns, CHUNK):
        stop = min(start + CHUNK, columns)
        for n in range(first, last):
            count = 0
            for k in range(rows):
                places[count] = k
                count += factors[k, n] != 0
            total = out[n, start:stop]
            total[:] = 0
            at = 0
            while at + 4 <= count:  # one pass over the sums for four additions
                p, q, r, s = places[at], places[at + 1], places[at + 2], places[at + 3]
                a, b, c, d = table[p, start:stop], table[q, start:stop], table[r, start:stop], table[s, start:stop]
                of_a, of_b, of_c, of_d = factors[p, n], factors[q, n], factors[r, n], factors[s, n]
                for i in range(stop - start):
                    total[i] = (((total[i] + of_a * a[i]) + of_b * b[i]) + of_c * c[i]) + of_d * d[i]
                at += 4
            while at < count:
                a, of_a = table[places[at], start:stop], factors[places[at], n]
                for i in range(stop - start):
                    total[i] += of_a * a[i]
                at += 1


@jit
def lay_under(under, given, width, padding, out_height, out_width):  # type: ignore[no-untyped-def]
    """Write what lies under a kernel at every position; outside of the map is 0.

    under    float32[kernel cells * channels, batch * positions]    overwritten; width is the kernel's
    given    float32[batch, height, width, channels]
    """
    batch, rows, columns, channels = given.shape
    for k in range(under.shape[0]):
        dy, dx = k // channels // width - padding, k // channels % width - padding
        channel, at = k % channels, 0
        for b in range(batch):
            for y in range(dy, dy + out_height):
                for x in range(dx, dx + out_width):
                    inside = 0 <= y < rows and 0 <= x < columns
                    under[k, at] = given[b, y, x, channel] if inside else 0
                    at += 1


@jit
def turn(out, given):  # type: ignore[no-untyped-def]
    """Write float32[rows, columns] transposed, a block at a time: a whole row would not stay in a cache."""
    rows, columns = given.shape
    for first in range(0, rows, 16):
        for start in range(0, columns, 16):
            for row in range(first, min(first + 16, rows)):
                for column in range(start, min(start + 16, columns)):
                    out[column, row] = given[row, column]


@jit
def add_up(out, given):  # type: ignore[no-untyped-def]
    """Add up the rows of float32[rows, columns], ascending, into float32[columns]."""
    out[:] = 0
    for row in range(given.shape[0]):
        for i in range(out.shape[0]):
            out[i] += given[row, i]


@jit
def softmax(given):  # type: ignore[no-untyped-def]
    """Replace each row of float32[rows, classes] by exp(x) / sum of exp, from its largest x; in place.

    exp is a Taylor series of degree 13 at |x| <= 1/2, squared as often as x was halved: additions and products only,
    since the exponential of a mathematical library differs between machines.
    """
    powers = np.empty(given.shape[1], float64)
    for row in range(given.shape[0]):
        most = given[row, 0]
        for i in range(1, given.shape[1]):
            most = max(most, given[row, i])
        total = 0.0
        for i in range(given.shape[1]):
            x = float64(given[row, i]) - float64(most)
            if x < -100.0:  # below the smallest float32
                powers[i] = 0.0
                continue
            halved = 0
            while x < -0.5:
                x *= 0.5
                halved += 1
            power = 1.0
            for degree in range(13, 0, -1):
                power = 1.0 + power * x / degree
            for _ in range(halved):
                power *= power
            powers[i] = power
            total += power
        for i in range(given.shape[1]):
            given[row, i] = float32(powers[i] / total)
