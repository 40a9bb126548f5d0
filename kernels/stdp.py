"""Learning as it happens: pair STDP with an adaptive threshold, and normalisation after every image.

In each step, after the layer's own step:
  depress    w[i, n] -= nu_pre * y[n]                 for every active input i and every neuron n
  trace      x[i] = 1                                 for every active input i
  potentiate w[i, n] += nu_post * (x[i] - offset)     for every input i and every neuron n that fires
             y[n] = 1, theta[n] += theta_plus         for every neuron n that fires
Weights are kept in 0..w_max; the traces x and y fade by a factor a step. After each image the incoming
weights of every neuron that they changed for are scaled to the sum `norm`, and every theta falls by
theta_fall, to 0 at most.

Traces are lazy: only the step of the last spike is kept, and how far a trace has faded since is looked up.
"""

from typing import NamedTuple

import numpy as np
from numpy import float32, int64, uint8, uint16
from numpy.typing import NDArray

from ._jit import jit
from .float_lif import Rules, step


class Rates(NamedTuple):
    """The constants of learning, as float32 scalars."""

    nu_pre: float32
    nu_post: float32
    offset: float32
    w_max: float32
    norm: float32
    theta_plus: float32
    theta_fall: float32


@jit
def normalise(weights, n, norm):  # type: ignore[no-untyped-def]
    """Scale the incoming weights of neuron n, float32[inputs, neurons], to the sum `norm`."""
    total = weights.dtype.type(0)
    for i in range(weights.shape[0]):
        total += weights[i, n]
    if total > 0:
        scale = norm / total
        for i in range(weights.shape[0]):
            weights[i, n] *= scale


@jit
def normalise_all(weights: NDArray[float32], norm: float32) -> None:
    """Scale the incoming weights of every neuron, float32[inputs, neurons], to the sum `norm`."""
    for n in range(weights.shape[1]):
        normalise(weights, n, norm)


@jit
def depress(weights, active, last_post, now, faded, nu):  # type: ignore[no-untyped-def]
    """Depress the active inputs' weights to all neurons that have fired for this image."""
    nothing = weights.dtype.type(0)
    for n in range(weights.shape[1]):
        if last_post[n] >= 0:
            fall = nu * faded[now - last_post[n]]
            for i in active:
                weights[i, n] = max(weights[i, n] - fall, nothing)


@jit
def potentiate(weights, n, last_pre, now, faded, nu, rates):  # type: ignore[no-untyped-def]
    """Potentiate what was active before neuron n fired, depress what was not."""
    nothing = weights.dtype.type(0)
    for i in range(weights.shape[0]):
        change = nu * (faded[now - last_pre[i]] - rates.offset)
        weights[i, n] = min(max(weights[i, n] + change, nothing), rates.w_max)


@jit
def learn_from(
    weights: NDArray[float32],
    theta: NDArray[float32],
    starts: NDArray[int64],
    indices: NDArray[uint16],
    pace: NDArray[float32],
    pre_faded: NDArray[float32],
    post_faded: NDArray[float32],
    rules: Rules,
    rates: Rates,
) -> None:
    """Present images one after the other, each from rest; weights and theta change in place.

    weights       float32[inputs, neurons]
    theta         float32[neurons]
    starts        int64[images*steps+1]      positions in indices
    indices       uint16[events]
    pace          float32[images]            scales both learning rates
    pre_faded     float32[2*steps+1]         what is left of a trace 0, 1, 2... steps after its spike:
    post_faded    float32[2*steps+1]           nothing from steps+1 on
    """
    inputs, neurons = weights.shape
    steps = (pre_faded.shape[0] - 1) // 2
    v, current, limits = np.empty_like(theta), np.empty_like(theta), np.empty_like(theta)
    spikes, refractory = np.empty(neurons, uint8), np.empty(neurons, int64)
    last_pre, last_post = np.empty(inputs, int64), np.empty(neurons, int64)
    for image in range(pace.shape[0]):
        nu_pre, nu_post = rates.nu_pre * pace[image], rates.nu_post * pace[image]
        v[:] = 0
        refractory[:] = 0
        last_pre[:] = -steps - 1  # so long ago that nothing is left
        last_post[:] = -1
        total = 0
        for n in range(neurons):
            limits[n] = rules.threshold + theta[n]
        for now in range(steps):
            start, stop = starts[image * steps + now], starts[image * steps + now + 1]
            fired = step(spikes, v, refractory, current, limits, weights, indices, start, stop, rules)
            if total > 0 and nu_pre > 0:
                depress(weights, indices[start:stop], last_post, now, post_faded, nu_pre)
            for i in indices[start:stop]:
                last_pre[i] = now
            if fired == 0:
                continue
            total += fired
            for n in range(neurons):
                if spikes[n]:
                    potentiate(weights, n, last_pre, now, pre_faded, nu_post, rates)
                    last_post[n] = now
                    theta[n] += rates.theta_plus
                    limits[n] = rules.threshold + theta[n]
        for n in range(neurons):
            theta[n] = max(theta[n] - rates.theta_fall, theta.dtype.type(0))
            if last_post[n] >= 0:
                normalise(weights, n, rates.norm)
