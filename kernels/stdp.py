"""Learning in floating point: STDP with soft bounds, an adaptive threshold, and a threshold that normalises.

In each step, after the layer's own step:
  trace      x[i] = 1 for every active input i; all other traces fade by a factor
  threshold  theta[n] += theta_plus for every neuron n that fires
A neuron that fired k times changes each of its weights once, when the image ends (or, with k = 1, at each spike):
  w[i, n] += rate * k * (x[i] - offset - softness * w[i, n]), kept in 0..w_max
After each image every theta falls by theta_fall, to 0 at most. A neuron fires at
  (threshold + theta[n]) * sum of its weights / norm:
what scaling its weights to the sum `norm` would do, without touching a weight.

Traces are lazy: only the step of the last spike is kept, and how far a trace has faded since is looked up.
"""

from typing import NamedTuple

import numpy as np
from numpy import float32, float64, int64, uint8, uint16
from numpy.typing import NDArray

from ._jit import jit
from .float_lif import Rules, step


class Rates(NamedTuple):
    """The constants of learning, as float32 scalars."""

    offset: float32
    softness: float32
    w_max: float32
    per_norm: float32  # 1 / norm
    theta_plus: float32
    theta_fall: float32
    each_spike: int  # 1: weights change at each spike, 0: when the image ends


@jit
def sum_of(weights, n):  # type: ignore[no-untyped-def]
    """Return the sum of the incoming weights of neuron n, float32[inputs, neurons], in ascending order."""
    total = weights.dtype.type(0)
    for i in range(weights.shape[0]):
        total += weights[i, n]
    return total


@jit
def change(weights, n, last_pre, now, faded, rate, rates):  # type: ignore[no-untyped-def]
    """Change the incoming weights of neuron n and return their sum."""
    nothing = weights.dtype.type(0)
    total = nothing
    for i in range(weights.shape[0]):
        w = weights[i, n]
        drive = (faded[now - last_pre[i]] - rates.offset) - rates.softness * w
        w = min(max(w + rate * drive, nothing), rates.w_max)
        weights[i, n] = w
        total += w
    return total


@jit
def limit(theta, total, rules, rates):  # type: ignore[no-untyped-def]
    """Return where a neuron fires whose weights have this sum, float64: the caller rounds it to float32, once."""
    return (rules.threshold + theta) * (total * rates.per_norm)


@jit
def learn_from(
    weights: NDArray[float32],
    theta: NDArray[float32],
    sums: NDArray[float64],
    starts: NDArray[int64],
    indices: NDArray[uint16],
    pace: NDArray[float32],
    faded: NDArray[float32],
    rules: Rules,
    rates: Rates,
) -> None:
    """Present images one after the other, each from rest; weights, theta and sums change in place.

    weights       float32[inputs, neurons]
    theta         float32[neurons]
    sums          float64[neurons]           of the weights, each added up in float32: limits are computed in double
    starts        int64[images*steps+1]      positions in indices
    indices       uint16[events]
    pace          float32[images]            the learning rate of each image
    faded         float32[2*steps+1]         what is left of a trace 0, 1, 2... steps after its spike:
                                             nothing from steps+1 on
    """
    inputs, neurons = weights.shape
    steps = (faded.shape[0] - 1) // 2
    v, current, limits = np.empty_like(theta), np.empty_like(theta), np.empty_like(theta)
    spikes, refractory = np.empty(neurons, uint8), np.empty(neurons, int64)
    last_pre, counts = np.empty(inputs, int64), np.empty(neurons, int64)
    for image in range(pace.shape[0]):
        v[:] = 0
        refractory[:] = 0
        last_pre[:] = -steps - 1  # so long ago that nothing is left
        counts[:] = 0
        for n in range(neurons):
            limits[n] = limit(theta[n], sums[n], rules, rates)
        for now in range(steps):
            start, stop = starts[image * steps + now], starts[image * steps + now + 1]
            fired = step(spikes, v, refractory, current, limits, weights, indices, start, stop, rules)
            for i in indices[start:stop]:
                last_pre[i] = now
            if fired == 0:
                continue
            for n in range(neurons):
                if spikes[n]:
                    counts[n] += 1
                    theta[n] += rates.theta_plus
                    if rates.each_spike:
                        sums[n] = change(weights, n, last_pre, now, faded, pace[image], rates)
                    limits[n] = limit(theta[n], sums[n], rules, rates)
        for n in range(neurons):
            theta[n] = max(theta[n] - rates.theta_fall, theta.dtype.type(0))
            if counts[n] > 0 and not rates.each_spike:
                rate = pace[image] * theta.dtype.type(counts[n])
                sums[n] = change(weights, n, last_pre, steps - 1, faded, rate, rates)
