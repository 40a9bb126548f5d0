"""A layer over whole presentations: batches of images without a record, or one image with every node kept."""

import numpy as np
from numpy import uint64

from . import cast, datapath, lif, simple  # noqa: F401  (importing cast registers rescale and lfsr for kernels)
from ._jit import jit, jit_within
from .draws import fill_draws


@jit_within
def room(like, size):  # type: ignore[no-untyped-def]
    """Return an array of this type that begins with a cache line; what it holds is anything."""
    wide = np.empty(size + 64, like.dtype)
    start = (-wide.ctypes.data & 63) // wide.itemsize
    return wide[start : start + size]


@jit
def gather(starts, indices, raster):  # type: ignore[no-untyped-def]
    """List the active inputs of a raw raster, step by step; return how many.

    starts     int64[rows + 1]
    indices    uint16[at least the events + 1]
    raster     uint8[rows, inputs]    0 or 1
    """
    event = uint64(0)  # unsigned, or every index would be looked at for a sign
    fours = raster.shape[1] & ~3
    for row in range(raster.shape[0]):
        starts[row] = event
        # an index is overwritten unless its input is active: cheaper than a branch
        for i in range(0, fours, 4):  # four at a time, so that the next four wait for one addition only
            one = uint64(raster[row, i])
            two = one + uint64(raster[row, i + 1])
            three = two + uint64(raster[row, i + 2])
            indices[event] = i
            indices[event + one] = i + 1
            indices[event + two] = i + 2
            indices[event + three] = i + 3
            event += three + uint64(raster[row, i + 3])
        for i in range(fours, raster.shape[1]):
            indices[event] = i
            event += uint64(raster[row, i])
    starts[raster.shape[0]] = event
    return event


@jit
def respond(  # type: ignore[no-untyped-def]
    responses,
    raster,
    images,
    steps,
    weights,
    starts,
    indices,
    active,
    limits,
    words,
    chunk,
    lane,
    refractory,
    seeds,
    taps,
    draws,
):
    """Run the layer on every image from a cleared state; count its spikes, or write them out.

    responses     int32[images, neurons] | None       spikes of each neuron, added to what is there
    raster        uint8[images, steps, neurons] | None
    weights       int[inputs + 1, padded neurons]     see lif.add_rows
    starts        int64[images * steps + 1]           where the events of each step begin
    indices       uint16[events]                      active inputs, ascending within a step
    active        uint8[images, steps, inputs] | None the inputs themselves, 0 or 1; starts and indices are then
                                                      room for the events of one image
    limits        int32 | int64 [neurons]             see lif.after_integration; int32 where the path is simple
    words         int64[75]                           see datapath.words_of
    chunk         rows whose sum the lanes are proved to hold
    lane          int[0]                              of the lanes' type
    refractory    int64[neurons] | None               room to work in; None where there is no refractory period
    seeds         int64[sites]                        registers at the start of every image
    draws         int64[sites, neurons] | None        room to work in; None where no cast is stochastic
    """
    path, states = datapath.path_of(words), np.empty_like(seeds)
    lanes, v = room(lane, weights.shape[1]), room(limits, limits.shape[0])
    sums, spikes = np.empty(limits.shape, np.int64), np.empty(limits.shape, np.uint8)
    alone = path.winner == datapath.NONE and path.inhibition == 0
    for image in range(images):
        v[:] = 0
        if refractory is not None:
            refractory[:] = 0
        states[:] = seeds
        first = image * steps
        if active is not None:
            first = 0
            gather(starts, indices, active[image])
        for step in range(steps):
            start, stop = starts[first + step], starts[first + step + 1]
            if path.cast_each:
                lif.accumulate_each(sums, weights, indices, start, stop, path.each, states, taps, draws, None)
            elif stop - start > chunk:
                sums[:] = 0
                for part in range(start, stop, chunk):
                    lif.add_rows(lanes, weights, indices, part, min(part + chunk, stop))
                    for n in range(sums.shape[0]):
                        sums[n] += lanes[n]
            if draws is not None:
                fill_draws(draws[lif.ACCUMULATE], states, lif.ACCUMULATE, taps, path.accumulate)
                fill_draws(draws[lif.LEAK], states, lif.LEAK, taps, path.leak)
                fill_draws(draws[lif.INTEGRATE], states, lif.INTEGRATE, taps, path.integrate)
            if path.cast_each or stop - start > chunk:
                lif.integrate(v, sums, refractory, path, draws, None, None)
            else:  # the usual case: narrow lanes, read where they were summed
                lif.add_rows(lanes, weights, indices, start, stop)
                if path.simple and alone:
                    simple.step(spikes, v, lanes, limits, path)
                elif path.simple:
                    simple.integrate(v, lanes, path)
                else:
                    lif.integrate(v, lanes, refractory, path, draws, None, None)
            if not (path.simple and alone) or stop - start > chunk:
                lif.after_integration(spikes, v, limits, refractory, path, states, taps, draws, None, None)
            if responses is not None:
                for n in range(spikes.shape[0]):
                    responses[image, n] += spikes[n]
            if raster is not None:
                for n in range(spikes.shape[0]):
                    raster[image, step, n] = spikes[n]


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
    for step in range(steps):
        draws = drawn[step]
        if path.cast_each:
            lif.accumulate_each(
                sums, weights, indices, starts[step], starts[step + 1], path.each, states, taps, draws, counts
            )
        else:
            lif.add_rows(sums, weights, indices, starts[step], starts[step + 1])
        fill_draws(draws[lif.ACCUMULATE], states, lif.ACCUMULATE, taps, path.accumulate)
        fill_draws(draws[lif.LEAK], states, lif.LEAK, taps, path.leak)
        fill_draws(draws[lif.INTEGRATE], states, lif.INTEGRATE, taps, path.integrate)
        lif.integrate(v, sums, refractory, path, draws, counts, nodes[step])
        for n in range(neurons):
            ready = refractory[n] == 0
            counts[-1, 0] += ready and (v[n] << path.compare_left) == limits[n]
        fired = lif.after_integration(spikes, v, limits, refractory, path, states, taps, draws, counts, nodes[step])
        counts[-1, 1] += fired
        registers[step] = states
