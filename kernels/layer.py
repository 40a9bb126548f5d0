"""A layer over whole presentations: batches of images without a record, or one image with every node kept."""

import numpy as np

from . import cast, lif  # noqa: F401  (importing cast registers rescale and lfsr for kernels)
from ._jit import jit


@jit
def respond(  # type: ignore[no-untyped-def]
    responses,
    raster,
    weights,
    starts,
    indices,
    steps,
    limits,
    path,
    chunk,
    lanes,
    sums,
    v,
    refractory,
    spikes,
    seeds,
    states,
    taps,
    draws,
):
    """Run the layer on every image from a cleared state and count its spikes.

    responses     int32[images, neurons]              spikes of each neuron, added to what is there
    raster        uint8[images, steps, neurons] | None
    weights       int[inputs, neurons]
    starts        int64[images * steps + 1]           where the events of each step begin
    indices       int[events]                         active inputs, ascending within a step
    limits        int64[neurons]                      see lif.after_integration
    chunk         rows whose sum the lanes are proved to hold
    lanes         int[neurons]                        and all below: room to work in
    sums, v       int64[neurons]
    refractory    int64[neurons] | None               None where there is no refractory period
    spikes        uint8[neurons]
    seeds         int64[sites]                        registers at the start of every image
    states        int64[sites]
    draws         int64[sites, neurons] | None        None where no cast is stochastic
    """
    for image in range(responses.shape[0]):
        v[:] = 0
        if refractory is not None:
            refractory[:] = 0
        states[:] = seeds
        for step in range(steps):
            start, stop = starts[image * steps + step], starts[image * steps + step + 1]
            if path.cast_each:
                lif.accumulate_each(sums, weights, indices, start, stop, path.each, states, taps, draws, None)
            elif stop - start > chunk:
                sums[:] = 0
                for part in range(start, stop, chunk):
                    lif.add_rows(lanes, weights, indices, part, min(part + chunk, stop))
                    for n in range(sums.shape[0]):
                        sums[n] += lanes[n]
            if draws is not None:
                lif.fill_draws(draws[lif.ACCUMULATE], states, lif.ACCUMULATE, taps, path.accumulate)
                lif.fill_draws(draws[lif.LEAK], states, lif.LEAK, taps, path.leak)
                lif.fill_draws(draws[lif.INTEGRATE], states, lif.INTEGRATE, taps, path.integrate)
            if path.cast_each or stop - start > chunk:
                lif.integrate(v, sums, refractory, path, draws, None, None)
            else:  # the usual case: narrow lanes, read where they were summed
                lif.add_rows(lanes, weights, indices, start, stop)
                lif.integrate(v, lanes, refractory, path, draws, None, None)
            fired = lif.after_integration(spikes, v, limits, refractory, path, states, taps, draws, None, None)
            if fired > 0:
                for n in range(spikes.shape[0]):
                    responses[image, n] += spikes[n]
            if raster is not None:
                for n in range(spikes.shape[0]):
                    raster[image, step, n] = spikes[n]


@jit
def record(nodes, drawn, registers, counts, weights, starts, indices, limits, path, seeds, taps):  # type: ignore[no-untyped-def]
    """Run the layer on one image and keep every node of every step.

    nodes        int64[steps, nodes, neurons]    see lif.SUM and following
    drawn        int64[steps, sites, neurons]    what each stochastic cast added, 0 where none was made
    registers    int64[steps, sites]             after the step
    counts       int64[sites + 1, 4]             see lif.INEXACT; the last row: equalities, spikes
    starts       int64[steps + 1]
    """
    steps, _, neurons = nodes.shape
    states, spikes = seeds.copy(), np.zeros(neurons, np.uint8)
    v, refractory, sums = np.zeros(neurons, np.int64), np.zeros(neurons, np.int64), np.zeros(neurons, np.int64)
    for step in range(steps):
        draws = drawn[step]
        if path.cast_each:
            lif.accumulate_each(
                sums, weights, indices, starts[step], starts[step + 1], path.each, states, taps, draws, counts
            )
        else:
            lif.add_rows(sums, weights, indices, starts[step], starts[step + 1])
        lif.fill_draws(draws[lif.ACCUMULATE], states, lif.ACCUMULATE, taps, path.accumulate)
        lif.fill_draws(draws[lif.LEAK], states, lif.LEAK, taps, path.leak)
        lif.fill_draws(draws[lif.INTEGRATE], states, lif.INTEGRATE, taps, path.integrate)
        lif.integrate(v, sums, refractory, path, draws, counts, nodes[step])
        for n in range(neurons):
            ready = refractory[n] == 0
            counts[-1, 0] += ready and (v[n] << path.compare_left) == limits[n]
        fired = lif.after_integration(spikes, v, limits, refractory, path, states, taps, draws, counts, nodes[step])
        counts[-1, 1] += fired
        registers[step] = states


@jit
def gather(starts, indices, raster):  # type: ignore[no-untyped-def]
    """List the active inputs of a raw raster, step by step; return how many.

    starts     int64[rows + 1]
    indices    uint16 | int32 [at least the events + 1]
    raster     uint8[rows, inputs]    0 or 1
    """
    event = np.int64(0)
    for row in range(raster.shape[0]):
        starts[row] = event
        for i in range(raster.shape[1]):
            indices[event] = i  # overwritten unless this input is active: cheaper than a branch
            event += raster[row, i]
    starts[raster.shape[0]] = event
    return event
