"""The floating-point network again in plain Python, neuron by neuron, written from the rules and not from the kernels.

`single` rounds to float32: a sum, difference, product or quotient of two float32 numbers that is computed
in float64 and then rounded is the one that float32 arithmetic gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from fxsnn.competitive.learn import Learning
from fxsnn.competitive.network import Network

Real = Callable[[float], float]


def double(x: float) -> float:
    return x


def single(x: float) -> float:
    return float(np.float32(x))


class State:
    """What a layer remembers from one step to the next."""

    def __init__(self, neurons: int) -> None:
        self.v = [0.0] * neurons
        self.refractory = [0] * neurons


class Step(NamedTuple):
    current: list[float]
    before: list[float]
    after: list[float]
    spikes: list[int]


def do_step(
    network: Network,
    weights: Sequence[Sequence[float]],
    theta: Sequence[float],
    state: State,
    x: Sequence[int],
    r: Real,
    absolute: bool = False,
) -> Step:
    """One time step; x says of every input whether it is active. `absolute`: theta is where neurons fire."""
    neurons = range(len(theta))
    v = state.v
    was_refractory = [counter > 0 for counter in state.refractory]
    current = [0.0 for _ in neurons]
    for i, active in enumerate(x):
        if active:
            for n in neurons:
                current[n] = r(current[n] + weights[i][n])
    for n in neurons:
        v[n] = r(v[n] * r(network.decay))
        if not (was_refractory[n] and network.refractory_input == "ignore"):
            v[n] = r(v[n] + current[n])
    before = list(v)
    excess = [r(v[n] - (theta[n] if absolute else r(r(network.threshold) + theta[n]))) for n in neurons]
    fires = [n for n in neurons if not was_refractory[n]]
    fires = [n for n in fires if excess[n] > 0 or (excess[n] == 0 and network.compare == "ge")]
    if network.winner == "lowest":
        fires = fires[:1]
    if network.winner == "largest":
        fires = sorted(fires, key=lambda n: (-excess[n], n))[:1]
    for n in neurons:
        if n in fires:
            v[n] = {
                "zero": 0.0,
                "value": r(network.reset_value),
                "subtract": r(v[n] - r(network.threshold)),
            }[network.reset]
            state.refractory[n] = network.refractory_steps
        elif was_refractory[n]:
            state.refractory[n] -= 1
    for n in neurons:
        others = len([m for m in fires if m != n])
        if others and network.inhibition:
            v[n] = max(r(v[n] - r(r(network.inhibition) * others)), r(network.floor))
    return Step(current, before, list(v), [int(n in fires) for n in neurons])


def run(network: Network, raster: Sequence[Sequence[int]], state: State | None = None) -> list[Step]:
    """Every step of the response to one image, raster [steps][inputs], in float64, from a cleared layer or a state."""
    state = state or State(len(network.theta))
    weights, theta = network.weights.tolist(), network.theta.tolist()
    return [do_step(network, weights, theta, state, x, double) for x in raster]


def train(
    network: Network, rasters: Sequence[Sequence[Sequence[int]]], learning: Learning
) -> tuple[list[list[float]], list[float]]:
    """Weights and theta after the presentations, rasters [presentations][steps][inputs], in float32."""
    s = single
    weights = [[s(w) for w in row] for row in network.weights.tolist()]
    theta = [s(t) for t in network.theta.tolist()]
    inputs, neurons = len(weights), len(theta)
    for done, raster in enumerate(rasters):
        rate = s(learning.rate / (1 + learning.slowing * (done / len(rasters))))
        state = State(neurons)
        since: list[int | None] = [None] * inputs  # steps since the last spike
        spiked = [0] * neurons
        for x in raster:
            effective = [firing_threshold(network, weights, theta, n, learning) for n in range(neurons)]
            spikes = do_step(network, weights, effective, state, x, s, absolute=True).spikes
            since = [0 if x[i] else None if k is None else k + 1 for i, k in enumerate(since)]
            for n in range(neurons):
                if spikes[n]:
                    spiked[n] += 1
                    theta[n] = s(theta[n] + s(learning.theta_plus))
                    if learning.update == "spike":
                        change(weights, n, since, rate, learning)
        for n in range(neurons):
            theta[n] = max(s(theta[n] - s(learning.theta_plus * learning.target / neurons)), 0.0)
            if learning.update == "image" and spiked[n]:
                change(weights, n, since, s(rate * spiked[n]), learning)
    limits = [
        (network.threshold + theta[n]) * (sum_of(weights, n) / learning.norm) - network.threshold
        for n in range(neurons)
    ]
    return weights, limits


def sum_of(weights: list[list[float]], n: int) -> float:
    total = 0.0
    for row in weights:
        total = single(total + row[n])
    return total


def firing_threshold(
    network: Network, weights: list[list[float]], theta: list[float], n: int, learning: Learning
) -> float:
    """Where neuron n fires: threshold and theta, scaled as normalising its weights would scale the membrane.

    The products are in double, rounded to float32 once.
    """
    s = single
    return s(s(s(network.threshold) + theta[n]) * (sum_of(weights, n) * s(1 / learning.norm)))


def change(weights: list[list[float]], n: int, since: list[int | None], rate: float, learning: Learning) -> None:
    s = single
    for i, row in enumerate(weights):
        drive = s(s(trace(since[i], learning.fade) - s(learning.offset)) - s(s(learning.softness) * row[n]))
        row[n] = min(max(s(row[n] + s(rate * drive)), 0.0), s(learning.w_max))


def trace(since: int | None, fade: float) -> float:
    """What is left of a trace: 1 at the spike, times `fade` in each step after."""
    if since is None:
        return 0.0
    left = 1.0
    for _ in range(since):
        left *= fade
    return single(left)
