"""Learning in integer arithmetic: what stdp.py does in floating point, every result cast to the format that stores it.

Weights are learned in words of their own format, as wide as or wider than the words that are read by the layer;
a neuron's effective theta is cast anew whenever its sum of weights or its learned theta has changed. Every cast is a
`site.Site`; the registers of learning are never reset, so that their draws go on from image to image.
"""

from typing import NamedTuple

import numpy as np
from numpy import int64, uint8
from numpy.typing import NDArray

from ._jit import jit
from .called import call
from .copying import copy
from .draws import fill_draws
from .layer import room, sum_rows
from .site import Site, settle

UPDATE, FADE, FOLD = range(3)  # rows of the registers


class Learner(NamedTuple):
    """The constants of learning, all raw words or shifts."""

    update: Site  # learned weight + rate * spikes * drive -> learned weight
    read: Site  # learned weight -> weight
    fade: Site  # faded trace -> trace
    fold: Site  # (threshold + learned theta) * sum of weights - threshold -> theta
    trace_left: int  # bring trace, offset and softness * weight to the binary point of the drive
    offset: int
    softness: int
    softness_left: int
    fades: int  # 0: the trace says "active so far" and no cast is made
    fade_factor: int  # x * factor - ((x >> shift) & mask)
    fade_shift: int
    fade_mask: int
    trace_one: int
    theta_plus: int
    theta_fall: int
    theta_highest: int
    threshold: int
    threshold_left: int  # bring threshold and learned theta to one binary point
    theta_left: int
    limit_threshold: int  # threshold at the binary point of threshold + theta
    limit_left: int  # brings the effective theta there
    each_spike: int


class Kept(NamedTuple):
    """Room for what learning has made of every image, images outermost; see `learn_from`."""

    spikes: NDArray[uint8]  # uint8[images, steps, neurons]
    registers: NDArray[int64]  # int64[images, steps + 1, 3]: after each step, and after the image
    learned: NDArray[int64]  # int64[images, neurons, inputs], this and what follows: after the image
    weights: NDArray[int64]  # int64[images, inputs, neurons]
    sums: NDArray[int64]  # int64[images, neurons]
    theta: NDArray[int64]  # int64[images, neurons]
    folded: NDArray[int64]  # int64[images, neurons]
    counts: NDArray[int64]  # int64[images, neurons]
    trace: NDArray[int64]  # int64[images, inputs]


@jit
def change(n, learned, rows, trace, amount, learner, draws, states, taps):  # type: ignore[no-untyped-def]
    """Change all weights of neuron n by amount * drive; return the sum of the weights as they are read.

    learned    int64[neurons, inputs]
    rows       int[inputs + 1, padded neurons]    the weights as they are read
    trace      int64[inputs]
    amount     learning rate times the number of spikes
    draws      int64[inputs]                      room to work in
    """
    site = learner.update
    draws[:] = site.bias
    fill_draws(draws, states, UPDATE, taps, site)
    total = 0
    for i in range(learned.shape[1]):
        w = learned[n, i]
        drive = (trace[i] << learner.trace_left) - learner.offset - ((learner.softness * w) << learner.softness_left)
        moved = (w << site.left) + ((amount * drive) << site.left_other)
        w = settle(moved, site, draws[i])
        learned[n, i] = w
        word = settle(w << learner.read.left, learner.read, learner.read.bias)
        rows[i, n] = word
        total += word
    return total


@jit
def fold(n, theta, total, learner, states, taps, draw):  # type: ignore[no-untyped-def]
    """Return the theta of neuron n, as the layer compares it, after learned theta or sum have changed.

    draw    int64[1]    room to work in
    """
    site = learner.fold
    draw[0] = site.bias
    fill_draws(draw, states, FOLD, taps, site)
    product = ((learner.threshold << learner.threshold_left) + (theta[n] << learner.theta_left)) * total
    return settle((product << site.left) - (learner.threshold << site.left_other), site, draw[0])


@jit
def fade_all(trace, learner, draws, states, taps):  # type: ignore[no-untyped-def]
    """Let all traces, int64[inputs], fade by one step."""
    site = learner.fade
    draws[:] = site.bias
    fill_draws(draws, states, FADE, taps, site)
    for i in range(trace.shape[0]):
        left = trace[i] * learner.fade_factor - ((trace[i] >> learner.fade_shift) & learner.fade_mask)
        trace[i] = settle(left << site.left, site, draws[i])


@jit
def learn_from(  # type: ignore[no-untyped-def]
    learned,
    rows,
    sums,
    theta,
    folded,
    starts,
    indices,
    rates,
    learner,
    registers,
    state,
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
    kept,
):
    """Present images one after the other, each from rest; all that is learned changes in place.

    learned       int64[neurons, inputs]              learned weights
    rows          int[inputs + 1, padded neurons]     the weights as they are read, in narrow words
    sums          int64[neurons]                      of the weights as they are read
    theta         int64[neurons]                      learned adaptive thresholds
    folded        int64[neurons]                      adaptive thresholds as they are compared
    starts        int64[images*steps+1]               positions in indices
    indices       uint16[events]
    rates         int64[images]                       the learning rate of each image
    registers     int64[3]                            of learning: see UPDATE
    state         int[rows, neurons]                  `kept` of the step
    fixed         int[1, neurons]                     threshold + adaptive threshold, in place
    words, chunk, together, lane, seeds, taps, draws, does, adds_each    as of layer.respond
    kept          Kept | None                         where every word is to be kept
    """
    neurons, inputs = learned.shape
    steps = (starts.shape[0] - 1) // rates.shape[0]
    states, limits = np.empty_like(seeds), fixed[0]
    lanes, total = room(lane, rows.shape[1]), room(state, rows.shape[1])
    spikes, counts = np.empty(neurons, uint8), np.empty(neurons, int64)
    trace, drawn, draw = np.empty(inputs, int64), np.empty(inputs, int64), np.empty(1, int64)
    for n in range(neurons):
        limits[n] = learner.limit_threshold + (folded[n] << learner.limit_left)
    for image in range(rates.shape[0]):
        state[:] = 0
        trace[:] = 0
        counts[:] = 0
        copy(states, seeds)
        for now in range(image * steps, (image + 1) * steps):
            start, stop = starts[now], starts[now + 1]
            if not adds_each:
                sum_rows(total, lanes, rows, indices, start, stop, chunk, together)  # type: ignore[no-untyped-call]
            call(does, total, state, fixed, spikes, words, states, taps, draws, rows, indices, start, stop)
            fired = spikes.sum()
            if learner.fades:
                fade_all(trace, learner, drawn, registers, taps)
            for i in indices[start:stop]:
                trace[i] = learner.trace_one
            for n in range(neurons if fired > 0 else 0):
                if spikes[n]:
                    counts[n] += 1
                    theta[n] = min(theta[n] + learner.theta_plus, learner.theta_highest)
                    if learner.each_spike:
                        sums[n] = change(n, learned, rows, trace, rates[image], learner, drawn, registers, taps)
                    folded[n] = fold(n, theta, sums[n], learner, registers, taps, draw)
                    limits[n] = learner.limit_threshold + (folded[n] << learner.limit_left)
            if kept is not None:
                copy(kept.spikes[image, now - image * steps], spikes)
                copy(kept.registers[image, now - image * steps], registers)
        for n in range(neurons):
            if counts[n] > 0 and not learner.each_spike:
                amount = rates[image] * counts[n]
                sums[n] = change(n, learned, rows, trace, amount, learner, drawn, registers, taps)
            theta[n] = max(theta[n] - learner.theta_fall, 0)
            folded[n] = fold(n, theta, sums[n], learner, registers, taps, draw)
            limits[n] = learner.limit_threshold + (folded[n] << learner.limit_left)
        if kept is not None:
            copy(kept.registers[image, steps], registers)
            copy(kept.learned[image], learned)
            copy(kept.weights[image], rows[:inputs, :neurons])
            copy(kept.sums[image], sums)
            copy(kept.theta[image], theta)
            copy(kept.folded[image], folded)
            copy(kept.counts[image], counts)
            copy(kept.trace[image], trace)
