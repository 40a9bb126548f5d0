"""What projections bring, added to the sums of their target: many rows of words at once, of inputs that are not 0.

A row is a time step of an input. Maps are flat, channels innermost: the word of (y, x, channel) is at
(y * columns + x) * channels + channel. Weights come at the binary point of the sums, which are proved to hold every
partial sum. Only the inputs that are not 0 are worked on, but for `add_words` and `add_maxima`, which look at all.
"""

from typing import NamedTuple

import numpy as np

from ._jit import jit
from .copying import copy


class Windows(NamedTuple):
    """A kernel over a map."""

    columns: int  # of the source's map
    channels: int  # of the source
    rows_out: int  # windows down
    columns_out: int  # and across
    outputs: int  # channels of the target
    kernel_rows: int
    kernel_columns: int
    step_down: int
    step_across: int
    above: int  # rows of zeros around the map
    beside: int  # and columns
    groups: int  # of channels


@jit
def take_row(taken, words, lowest, highest):  # type: ignore[no-untyped-def]
    """Copy a row of words; return whether each is from the lowest to the highest. What `taken` has no room for is cut.

    taken    uint8 | int64[words]    overwritten
    words    uint8 | int64[words]
    """
    inside = True
    for n in range(words.shape[0]):
        inside &= lowest <= words[n] and words[n] <= highest
        taken[n] = words[n]
    return inside


@jit
def add_dense(sums, words, weights):  # type: ignore[no-untyped-def]
    """Add every word times its row of weights.

    sums       int32 | int64[rows, target]    in place
    words      uint8 | int64[rows, source]
    weights    int[source, target]            as sums, or narrower
    """
    for row in range(words.shape[0]):
        total = sums[row]
        for source in range(words.shape[1]):
            word = words[row, source]
            if word != 0:
                weight = weights[source]
                for n in range(total.shape[0]):
                    total[n] += word * weight[n]


@jit
def bring_dense(parts, words, weights):  # type: ignore[no-untyped-def]
    """Write what every word brings alone: itself times its row of weights.

    parts      int16 | int32 | int64[active, target]    overwritten
    words      uint8 | int64[source]                    of which so many are not 0
    weights    int[source, target]                      as parts, or narrower
    """
    row = 0
    for source in range(words.shape[0]):
        word = words[source]
        if word != 0:
            weight, part = weights[source], parts[row]
            for n in range(part.shape[0]):
                part[n] = word * weight[n]
            row += 1


@jit
def add_correlation(sums, words, weights, shape):  # type: ignore[no-untyped-def]
    """Lay a kernel over maps; each word adds itself times a weight to the sums that it reaches.

    sums       int32 | int64[rows, target]    in place
    words      uint8 | int64[rows, source]
    weights    int32 | int64[kernel rows, channels, kernel columns * outputs of a group]    columns from right to left,
               so that what a word adds to a row of sums lies together where windows are a cell apart
    """
    inside, outside = shape.channels // shape.groups, shape.outputs // shape.groups
    whole = shape.step_across == 1 and shape.groups == 1
    for row in range(words.shape[0]):
        total, given = sums[row], words[row]
        for place in range(given.shape[0]):
            word = given[place]
            if word == 0:
                continue
            channel, cell = place % shape.channels, place // shape.channels
            top = cell // shape.columns + shape.above
            left = cell % shape.columns + shape.beside - shape.kernel_columns + 1  # of the leftmost window, times step
            first, last = max(0, -left), min(shape.kernel_columns, shape.columns_out - left)
            # the lines of the kernel that lie on it in some window
            lines = range(max(0, top - (shape.rows_out - 1) * shape.step_down), min(shape.kernel_rows, top + 1))
            if whole and first < last:
                for line in lines:
                    y = top - line
                    if shape.step_down > 1:
                        if y % shape.step_down != 0:
                            continue
                        y //= shape.step_down
                    start = (y * shape.columns_out + left) * outside
                    reached = total[start + first * outside : start + last * outside]
                    laid = weights[line, channel, first * outside : last * outside]
                    for n in range(reached.shape[0]):
                        reached[n] += word * laid[n]
            elif not whole:
                for line in lines:
                    if (top - line) % shape.step_down != 0:
                        continue
                    y, weight = (top - line) // shape.step_down, weights[line, channel]
                    for column in range(shape.kernel_columns):
                        x = (left + column) // shape.step_across
                        if left + column < 0 or (left + column) % shape.step_across != 0 or x >= shape.columns_out:
                            continue
                        start = (y * shape.columns_out + x) * shape.outputs + channel // inside * outside
                        reached = total[start : start + outside]
                        laid = weight[column * outside : (column + 1) * outside]
                        for n in range(reached.shape[0]):
                            reached[n] += word * laid[n]


@jit
def add_windows(sums, words, weight, shape):  # type: ignore[no-untyped-def]
    """Add every word times one weight to the sums of the windows that it lies in, channel by channel.

    sums      int32 | int64[rows, target]    in place
    words     uint8 | int64[rows, source]
    weight    int32 | int64[1]
    """
    for row in range(words.shape[0]):
        total = sums[row]
        for place in range(words.shape[1]):
            word = words[row, place]
            if word == 0:
                continue
            channel, cell = place % shape.channels, place // shape.channels
            top, left = cell // shape.columns, cell % shape.columns
            brought = word * weight[0]
            for y in range(
                max(0, (top - shape.kernel_rows) // shape.step_down + 1),
                min(shape.rows_out, top // shape.step_down + 1),
            ):
                for x in range(
                    max(0, (left - shape.kernel_columns) // shape.step_across + 1),
                    min(shape.columns_out, left // shape.step_across + 1),
                ):
                    total[(y * shape.columns_out + x) * shape.channels + channel] += brought


@jit
def add_maxima(sums, words, weight, shape):  # type: ignore[no-untyped-def]
    """Add the largest word of every window times one weight, channel by channel; arguments as of `add_windows`."""
    most = np.empty(shape.channels, words.dtype)
    for row in range(words.shape[0]):
        for y in range(shape.rows_out):
            for x in range(shape.columns_out):
                corner = (y * shape.step_down * shape.columns + x * shape.step_across) * shape.channels
                copy(most, words[row, corner : corner + shape.channels])
                for line in range(shape.kernel_rows):
                    for column in range(shape.kernel_columns):
                        first = corner + (line * shape.columns + column) * shape.channels
                        under = words[row, first : first + shape.channels]
                        for n in range(most.shape[0]):
                            most[n] = max(most[n], under[n])
                start = (y * shape.columns_out + x) * shape.channels
                reached = sums[row, start : start + shape.channels]
                for n in range(reached.shape[0]):
                    reached[n] += most[n] * weight[0]


@jit
def add_words(sums, words, weights):  # type: ignore[no-untyped-def]
    """Add every word times its weight, one to one.

    sums       int32 | int64[rows, target]    in place
    words      uint8 | int64[rows, target]
    weights    int32 | int64[target]
    """
    for row in range(words.shape[0]):
        total, given = sums[row], words[row]
        for n in range(total.shape[0]):
            total[n] += given[n] * weights[n]
