"""A layer over whole presentations, in batches of images; its step is called by address."""

import numpy as np
from numpy import int64, uint64

from . import _vector_rows
from ._jit import jit, jit_within
from .called import call
from .copying import copy


@jit_within
def room(like, size):  # type: ignore[no-untyped-def]
    """Return an array of this type that begins with a cache line; what it holds is anything."""
    wide = np.empty(size + 64, like.dtype)
    start = (-wide.ctypes.data & 63) // wide.itemsize
    return wide[start : start + size]


def list_sixteen(indices, event, line, first):  # type: ignore[no-untyped-def]
    """List the active ones of sixteen inputs; return where the next is listed.

    indices    uint16 | int64[...]    overwritten from `event` on, and as many as eight beyond the last that is active
    line       uint8[inputs]          0 or 1
    """
    for i in range(first, first + uint64(16)):
        indices[event] = i
        event += uint64(line[i])
    return event


_vector_rows.vectorise_list_sixteen(list_sixteen)


@jit
def gather(starts, indices, raster):  # type: ignore[no-untyped-def]
    """List the active inputs of a raw raster, step by step; return how many.

    starts     int64[rows + 1]
    indices    uint16 | int64[at least the events + 8]
    raster     uint8[rows, inputs]    0 or 1
    """
    event = uint64(0)  # unsigned: Numba tests signed indices for wrap-around
    inputs = uint64(raster.shape[1])
    sixteens = inputs & ~uint64(15)
    for row in range(raster.shape[0]):
        starts[row] = event
        line = raster[row]
        for i in range(uint64(0), sixteens, uint64(16)):
            event = list_sixteen(indices, event, line, i)  # type: ignore[no-untyped-call]
        for i in range(sixteens, inputs):
            indices[event] = i  # overwritten unless its input is active: cheaper than a branch
            event += uint64(line[i])
    starts[raster.shape[0]] = event
    return event


@jit_within
def row(weights, indices, event, stop):  # type: ignore[no-untyped-def]
    """Return the weights of an active input; past the last one the row of zeros that ends the weights."""
    return weights[indices[event] if event < stop else weights.shape[0] - 1]


@jit
def add_rows(lanes, weights, indices, start, stop):  # type: ignore[no-untyped-def]
    """Sum the weight rows of the active inputs into lanes, as wide as was proved to hold the sum.

    lanes      int16 | int32 | int64 [neurons]
    weights    int8 | int16 | int32 | int64 [inputs + 1, neurons]    the last row is zeros
    indices    int[events]    active inputs; start..stop is this step's part
    """
    lanes[:] = 0
    eights = start + ((stop - start) & ~7)
    for event in range(start, eights, 8):  # eight rows at a time: one pass over the lanes for eight additions
        a, b = weights[indices[event]], weights[indices[event + 1]]
        c, d = weights[indices[event + 2]], weights[indices[event + 3]]
        e, f = weights[indices[event + 4]], weights[indices[event + 5]]
        g, h = weights[indices[event + 6]], weights[indices[event + 7]]
        for n in range(lanes.shape[0]):
            lanes[n] += int64(a[n]) + b[n] + c[n] + d[n] + e[n] + f[n] + g[n] + h[n]
    for event in range(eights, stop, 4):  # what is left, filled up with rows of zeros
        a, b = row(weights, indices, event, stop), row(weights, indices, event + 1, stop)
        c, d = row(weights, indices, event + 2, stop), row(weights, indices, event + 3, stop)
        for n in range(lanes.shape[0]):
            lanes[n] += int64(a[n]) + b[n] + c[n] + d[n]


def sum_rows(sums, lanes, weights, indices, start, stop, chunk, together):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Overwrite sums with those of the weight rows of the active inputs.

    sums       int16 | int32 | int64 [padded neurons]
    lanes      room for a part of the sums; this and what follows as of `add_rows`
    chunk      rows whose sum the lanes are proved to hold
    together   4, 2 or 1 rows whose sum the words of the weights are proved to hold
    """
    add_rows(lanes, weights, indices, start, min(start + chunk, stop))
    for n in range(sums.shape[0]):
        sums[n] = lanes[n]
    for part in range(start + chunk, stop, chunk):
        add_rows(lanes, weights, indices, part, min(part + chunk, stop))
        for n in range(sums.shape[0]):
            sums[n] += lanes[n]


_vector_rows.vectorise_sum_rows(sum_rows)


@jit
def respond(  # type: ignore[no-untyped-def]
    counts,
    emitted,
    nodes,
    row,
    images,
    steps,
    weights,
    starts,
    indices,
    own,
    begun,
    kept,
    fixed,
    words,
    chunk,
    together,
    lane,
    seeds,
    taps,
    draws,
    does,
    adds_each,
):
    """Run the layer on every image from its begin; add up what it emits, or write it out, or a row of `kept`.

    An array without elements is not written.

    counts        int[images, neurons]                the sum of what each neuron emits is added
    emitted       uint8 | int64 [images, steps, neurons]
    nodes         int[images, steps, neurons]         words of the row of `kept` after every step
    weights       int[inputs + 1, padded neurons]     see add_rows
    starts        int64[images * steps + 1]           where the events of each step begin
    indices       uint16[events]                      active inputs, ascending within a step
    own           None, or where neurons drive themselves: a raster uint8[images * steps, inputs] of what is active,
                  which is listed step by step, `starts` and `indices` being room for a step; delays and first inputs,
                  int64[projections]: what is emitted is written into the raster so many steps later, one input after
                  the other from the first on
    begun         int[images, states, neurons]        the first rows of `kept` before each image; without elements 0
    kept, fixed, words, taps, draws                   as of `step`
    chunk, together                                   as of `sum_rows`
    lane          int[0]                              of the lanes' type
    seeds         int64[streams]                      registers at the start of every image
    does, adds_each                                   a step for `called.call`, and whether every active input makes an
                                                      addition, and a cast, of its own
    """
    states, neurons = seeds.copy(), fixed.shape[1]
    lanes, sums, out = room(lane, weights.shape[1]), room(kept, weights.shape[1]), np.empty(neurons, emitted.dtype)
    for image in range(images):
        kept[:] = 0
        if begun.size > 0:
            for line in range(begun.shape[1]):
                for n in range(neurons):
                    kept[line, n] = begun[image, line, n]
        copy(states, seeds)
        first = image * steps
        for now in range(first, first + steps):
            at = now
            if own is not None:
                gather(starts, indices, own[0][now : now + 1])
                at = 0
            start, stop = starts[at], starts[at + 1]
            if not adds_each:
                sum_rows(sums, lanes, weights, indices, start, stop, chunk, together)  # type: ignore[no-untyped-call]
            if emitted.size > 0:
                out = emitted[image, now - first]
            call(does, sums, kept, fixed, out, words, states, taps, draws, weights, indices, start, stop)
            if counts.size > 0:
                for n in range(neurons):
                    counts[image, n] += out[n]
            if nodes.size > 0:
                for n in range(neurons):
                    nodes[image, now - first, n] = kept[row, n]
            if own is not None:
                raster, delays, places = own
                for wire in range(delays.shape[0]):
                    later = now + delays[wire]
                    if later < first + steps:
                        arriving = raster[later][places[wire] :]
                        for n in range(neurons):
                            arriving[n] = out[n]


@jit
def follow(  # type: ignore[no-untyped-def]
    emitted, nodes, row, sums, kept, fixed, words, registers, taps, draws, parts, indices, does
):
    """Do the time steps whose sums are there, one after the other, from where the layer stands.

    An array without elements is not written.

    emitted      uint8 | int64[steps, neurons]         overwritten
    nodes        int[steps, neurons]                   words of the row of `kept` after every step
    sums         int[steps, neurons], or [inputs, steps, neurons]    exact, of every input
    parts        int[rows, neurons]                    what inputs bring, where each makes an addition of its own
    indices      int64[active]                         the rows of those that are active, in their order, see `step`
    kept, fixed, words, registers, taps, draws         as of `step`
    does         a step for `called.call`
    """
    neurons = fixed.shape[1]
    given = np.empty((sums.shape[0], neurons), sums.dtype)
    for now in range(emitted.shape[0]):
        out = emitted[now]
        if sums.ndim == 2:
            call(does, sums[now], kept, fixed, out, words, registers, taps, draws, parts, indices, 0, indices.shape[0])
        else:
            for n in range(given.shape[0]):
                given[n] = sums[n, now]
            call(does, given, kept, fixed, out, words, registers, taps, draws, parts, indices, 0, indices.shape[0])
        if nodes.size > 0:
            for n in range(neurons):
                nodes[now, n] = kept[row, n]
