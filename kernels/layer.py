"""A layer over whole presentations: batches of images without a record, or one image with every node kept."""

import numpy as np
from numpy import uint64

from . import _vector, lif
from ._jit import jit, jit_within
from .called import call
from .copying import copy
from .draws import fill_draws
from .lif import add_rows


@jit_within
def room(like, size):  # type: ignore[no-untyped-def]
    """Return an array of this type that begins with a cache line; what it holds is anything."""
    wide = np.empty(size + 64, like.dtype)
    start = (-wide.ctypes.data & 63) // wide.itemsize
    return wide[start : start + size]


def list_eight(indices, event, line, first):  # type: ignore[no-untyped-def]
    """List the active ones of eight inputs; return where the next is listed.

    indices    uint16 | int64[...]    from `event` on eight are overwritten, also where fewer are active
    line       uint8[inputs]          0 or 1
    """
    for i in range(first, first + uint64(8)):
        indices[event] = i
        event += uint64(line[i])
    return event


_vector.vectorise_list_eight(list_eight)


@jit
def gather(starts, indices, raster):  # type: ignore[no-untyped-def]
    """List the active inputs of a raw raster, step by step; return how many.

    starts     int64[rows + 1]
    indices    uint16 | int64[at least the events + 8]
    raster     uint8[rows, inputs]    0 or 1
    """
    event = uint64(0)  # unsigned: Numba tests signed indices for wrap-around
    inputs = uint64(raster.shape[1])
    eights = inputs & ~uint64(7)
    for row in range(raster.shape[0]):
        starts[row] = event
        line = raster[row]
        for i in range(uint64(0), eights, uint64(8)):
            event = list_eight(indices, event, line, i)  # type: ignore[no-untyped-call]
        for i in range(eights, inputs):
            indices[event] = i  # overwritten unless its input is active: cheaper than a branch
            event += uint64(line[i])
    starts[raster.shape[0]] = event
    return event


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
    weights       int[inputs + 1, padded neurons]     see lif.add_rows
    starts        int64[images * steps + 1]           where the events of each step begin
    indices       uint16[events]                      active inputs, ascending within a step
    own           None, or where neurons drive themselves: a raster uint8[images * steps, inputs] of what is active,
                  which is listed step by step, `starts` and `indices` being room for a step; delays and first inputs,
                  int64[projections]: what is emitted is written into the raster so many steps later, one input after
                  the other from the first on
    begun         int[images, states, neurons]        the first rows of `kept` before each image; without elements 0
    kept, fixed, words, taps, draws                   as of `step`
    chunk         rows whose sum the lanes are proved to hold
    lane          int[0]                              of the lanes' type
    seeds         int64[streams]                      registers at the start of every image
    does, adds_each                                   a step for `called.call`, and whether every active input makes an
                                                      addition, and a cast, of its own
    """
    states, neurons = seeds.copy(), fixed.shape[1]
    lanes, sums, out = room(lane, weights.shape[1]), np.zeros(neurons, kept.dtype), np.empty(neurons, emitted.dtype)
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
                add_rows(lanes, weights, indices, start, min(start + chunk, stop))
                for n in range(neurons):
                    sums[n] = lanes[n]
                for part in range(start + chunk, stop, chunk):
                    add_rows(lanes, weights, indices, part, min(part + chunk, stop))
                    for n in range(neurons):
                        sums[n] += lanes[n]
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
                        for n in range(neurons):
                            raster[later, places[wire] + n] = out[n]


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


@jit
def record(nodes, drawn, registers, counts, v, refractory, weights, starts, indices, limits, path, seeds, taps):  # type: ignore[no-untyped-def]
    """Run the layer on one image and keep every node of every step.

    nodes        int64[steps, nodes, neurons]    see lif.SUM and following
    drawn        int64[steps, sites, neurons]    what each stochastic cast added, 0 where none was made
    registers    int64[steps, sites]             after the step
    counts       int64[sites + 1, 4]             see lif.INEXACT; the last row: equalities, spikes
    v            int64[neurons]                  membranes before the first step; overwritten
    refractory   int64[neurons]                  counters before the first step; overwritten
    starts       int64[steps + 1]
    """
    steps, _, neurons = nodes.shape
    states, spikes, sums = seeds.copy(), np.zeros(neurons, np.uint8), np.zeros(neurons, np.int64)
    for now in range(steps):
        draws = drawn[now]
        if path.cast_each:
            lif.accumulate_each(
                sums, weights, indices, starts[now], starts[now + 1], path.each, states, taps, draws, counts
            )
        else:
            lif.add_rows(sums, weights, indices, starts[now], starts[now + 1])
        fill_draws(draws[lif.ACCUMULATE], states, lif.ACCUMULATE, taps, path.accumulate)
        fill_draws(draws[lif.LEAK], states, lif.LEAK, taps, path.leak)
        fill_draws(draws[lif.INTEGRATE], states, lif.INTEGRATE, taps, path.integrate)
        lif.integrate(v, sums, refractory, path, draws, counts, nodes[now])
        for n in range(neurons):
            ready = refractory[n] == 0
            counts[-1, 0] += ready and (v[n] << path.compare_left) == limits[n]
        fired = lif.after_integration(spikes, v, limits, refractory, path, states, taps, draws, counts, nodes[now])
        counts[-1, 1] += fired
        copy(registers[now], states)
