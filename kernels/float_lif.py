"""One time step of the layer in floating point: what the integer layer is compared with, and learns from.

The order is the contract's: accumulate, leak, integrate, compare, choose the winner, reset, count the
refractory period, inhibit. All numbers are of one type, float32 in training and float64 in inference;
there is no fast-math, so that every machine computes the same bits.
"""

from typing import NamedTuple

import numpy as np
from numpy import float64, int32, int64, uint8, uint16
from numpy.typing import NDArray

from ._jit import jit
from .copying import copy

ZERO, VALUE, SUBTRACT = range(3)  # reset
NONE, LOWEST, LARGEST = range(3)  # winner


class Rules(NamedTuple):
    """The constants of a layer; real ones are scalars of the weights' type."""

    threshold: np.floating
    decay: np.floating
    inhibition: np.floating
    floor: np.floating  # least membrane that inhibition leaves
    reset_value: np.floating
    reset: int
    winner: int
    strict: int  # 0: fires where the excess is >= 0, 1: > 0
    refractory_steps: int
    rests: int  # 1: a neuron may rest, for it has such a period or begins in one
    refractory_ignores: int  # 1: a refractory neuron takes no input, 0: it integrates


@jit
def accumulate(current, weights, indices, start, stop):  # type: ignore[no-untyped-def]
    """Add the weight rows of the active inputs, in the order listed, starting from zero.

    current    float[neurons]
    weights    float[inputs, neurons]
    indices    uint16[events]    start..stop is this step's part
    """
    current[:] = 0
    event = start
    while event + 4 <= stop:  # four rows at a time: one pass over the sums for four additions
        a, b = weights[indices[event]], weights[indices[event + 1]]
        c, d = weights[indices[event + 2]], weights[indices[event + 3]]
        for n in range(current.shape[0]):
            current[n] = (((current[n] + a[n]) + b[n]) + c[n]) + d[n]
        event += 4
    while event < stop:
        row = weights[indices[event]]
        for n in range(current.shape[0]):
            current[n] += row[n]
        event += 1


@jit
def integrate(v, current, limits, refractory, rules):  # type: ignore[no-untyped-def]
    """Leak and integrate, membranes in place; return how many neurons may fire.

    v             float[neurons]
    limits        float[neurons]    threshold + adaptive threshold
    refractory    int64[neurons]    steps left; read only if a neuron may rest at all
    """
    candidates = 0
    if rules.rests == 0:
        for n in range(v.shape[0]):
            v[n] = v[n] * rules.decay + current[n]
            candidates += v[n] >= limits[n]
        return candidates
    for n in range(v.shape[0]):
        if refractory[n] > 0 and rules.refractory_ignores:
            v[n] *= rules.decay
        else:
            v[n] = v[n] * rules.decay + current[n]
        candidates += refractory[n] == 0 and v[n] >= limits[n]
    return candidates


@jit
def choose(spikes, v, limits, refractory, rules):  # type: ignore[no-untyped-def]
    """Mark the neurons that fire, uint8[neurons], and return how many. Ties go to the lowest index."""
    fired = 0
    winner = -1
    for n in range(v.shape[0]):
        excess = v[n] - limits[n]
        able = refractory[n] == 0 and (excess > 0 if rules.strict else excess >= 0)
        spikes[n] = 0
        if able and (rules.winner == NONE or (rules.winner == LOWEST and fired == 0)):
            spikes[n] = 1
            fired += 1
        if able and (winner < 0 or excess > v[winner] - limits[winner]):
            winner = n
    if rules.winner == LARGEST and winner >= 0:
        spikes[winner] = 1
        fired = 1
    return fired


@jit
def settle(v, spikes, fired, refractory, rules):  # type: ignore[no-untyped-def]
    """Reset what fired, count the refractory period, inhibit the others."""
    for n in range(v.shape[0]):
        if spikes[n]:
            if rules.reset == ZERO:
                v[n] = 0
            elif rules.reset == VALUE:
                v[n] = rules.reset_value
            else:
                v[n] -= rules.threshold
            refractory[n] = rules.refractory_steps
        elif refractory[n] > 0:
            refractory[n] -= 1
        others = fired - spikes[n]
        if others > 0 and rules.inhibition > 0:
            v[n] = max(v[n] - rules.inhibition * v.dtype.type(others), rules.floor)


@jit
def step(spikes, v, refractory, current, limits, weights, indices, start, stop, rules):  # type: ignore[no-untyped-def]
    """Do one whole time step in place and return how many neurons fired; spikes count only if any did."""
    accumulate(current, weights, indices, start, stop)
    fired = 0
    if integrate(v, current, limits, refractory, rules) > 0:
        fired = choose(spikes, v, limits, refractory, rules)
    if fired > 0:
        settle(v, spikes, fired, refractory, rules)
    elif rules.rests:
        for n in range(v.shape[0]):
            refractory[n] = max(refractory[n] - 1, 0)
    return fired


@jit
def respond_to(
    counts: NDArray[int32],
    weights: NDArray[float64],
    limits: NDArray[float64],
    starts: NDArray[int64],
    indices: NDArray[uint16],
    steps: int,
    rules: Rules,
    membranes: NDArray[float64],
    rests: NDArray[int64],
) -> None:
    """Count the spikes of every neuron for every image.

    counts     int32[images, neurons]
    weights    float64[inputs, neurons]
    limits     float64[neurons]          threshold + adaptive threshold
    starts     int64[images*steps+1]     positions in indices
    indices    uint16[events]
    membranes  float64[images, neurons]  with which images begin; all with 0 where it has no rows
    rests      int64[images, neurons]    the same of the steps that neurons still rest
    """
    neurons = weights.shape[1]
    v, current = np.empty(neurons, weights.dtype), np.empty(neurons, weights.dtype)
    spikes, refractory = np.empty(neurons, uint8), np.empty(neurons, int64)
    for image in range(counts.shape[0]):
        counts[image] = 0
        v[:] = 0
        refractory[:] = 0
        if membranes.shape[0] > 0:
            copy(v, membranes[image])
        if rests.shape[0] > 0:
            copy(refractory, rests[image])
        for now in range(image * steps, (image + 1) * steps):
            start, stop = starts[now], starts[now + 1]
            if step(spikes, v, refractory, current, limits, weights, indices, start, stop, rules) > 0:
                for n in range(neurons):
                    counts[image, n] += spikes[n]


@jit
def record(
    before: NDArray[float64],
    after: NDArray[float64],
    spikes: NDArray[uint8],
    currents: NDArray[float64],
    weights: NDArray[float64],
    limits: NDArray[float64],
    starts: NDArray[int64],
    indices: NDArray[uint16],
    rules: Rules,
) -> None:
    """Keep every step of one image: sums, membranes before and after the reset and inhibition, spikes.

    before, after, currents    float64[steps, neurons]
    spikes                     uint8[steps, neurons]
    starts                     int64[steps+1]    positions in indices
    """
    v, refractory = np.zeros(weights.shape[1], weights.dtype), np.zeros(weights.shape[1], int64)
    for now in range(before.shape[0]):
        accumulate(currents[now], weights, indices, starts[now], starts[now + 1])
        integrate(v, currents[now], limits, refractory, rules)
        copy(before[now], v)
        settle(v, spikes[now], choose(spikes[now], v, limits, refractory, rules), refractory, rules)
        copy(after[now], v)
