"""Unsupervised learning in float32 and the response in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.encode import Spikes, encode
from fxsnn.errors import ConfigError
from fxsnn.kernels import float_lif, stdp
from fxsnn.network import Network

_CHUNK = 250  # presentations between two calls of `progress`

_RESETS = {"zero": float_lif.ZERO, "value": float_lif.VALUE, "subtract": float_lif.SUBTRACT}
_WINNERS = {"none": float_lif.NONE, "lowest": float_lif.LOWEST, "largest": float_lif.LARGEST}


@dataclass(frozen=True, slots=True)
class Learning:
    """How weights and adaptive thresholds change; the rules stand in `kernels/stdp.py`.

    A weight grows where the input was active before its neuron fired and shrinks where it was not: with
    traces between 0 and 1, by nu_post * (trace - offset). Every neuron's weights keep the sum `norm`.

    A neuron's theta grows by theta_plus a spike and falls by theta_plus * target / neurons an image, so
    that it settles where all neurons together spike `target` times an image, whatever the scale of the
    weights. Both rates are divided by 1 + slowing * (part of the presentations done): steps as of a
    stochastic approximation, and divisions only, whose bits are the same on every machine.
    """

    passes: int = 1  # over all images, each in an order of its own
    nu_post: float = 0.02
    nu_pre: float = 0.0  # depression of a weight when its input spikes after its neuron
    offset: float = 0.2
    pre_fade: float = 1.0  # what a step leaves of an input's trace; 1: it says "active so far"
    post_fade: float = 0.95  # the same of a neuron's, for nu_pre
    w_max: float = 1.0
    norm: float = 78.4
    theta_plus: float = 0.03
    target: float = 20.0
    slowing: float = 9.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.passes < 1:
            raise ConfigError(f"passes must be 1 or more, not {self.passes}")
        for name in ("nu_post", "nu_pre", "offset", "theta_plus", "target", "slowing"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be 0 or more and finite, not {getattr(self, name)}")
        for name in ("w_max", "norm"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be above 0 and finite, not {getattr(self, name)}")
        for name in ("pre_fade", "post_fade"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} must be 0 to 1, not {getattr(self, name)}")
        if not 0 <= self.seed < 1 << 63:
            raise ConfigError(f"seed must be 0 to 2**63 - 1, not {self.seed}")


def random_network(inputs: int = 784, neurons: int = 400, seed: int = 0) -> Network:
    """Return a network that has learned nothing: weights uniform in 0..1, theta 0, no labels.

    Its constants are the defaults; `dataclasses.replace` gives it others.
    """
    if inputs < 1 or neurons < 1:
        raise ConfigError(f"a network must have inputs and neurons, not {inputs} and {neurons}")
    drawn = np.random.PCG64(_checked(seed)).random_raw(inputs * neurons) >> 40  # 24 bits: exact in float32 too
    weights = drawn.reshape(inputs, neurons).astype(np.float64) * 2.0**-24
    return Network(weights, np.zeros(neurons), np.full(neurons, -1, np.int64))


def train(
    network: Network,
    images: NDArray[np.uint8],
    learning: Learning,
    progress: Callable[[int, int], None] | None = None,
) -> Network:
    """Present uint8[images, inputs] to the network and return what it has become, without labels.

    The sequence of operations is fixed: the same arguments give the same bits. `progress` is called with
    the presentations done and their total.

    Raises
    ------
    ConfigError
        There are no images, they have another number of pixels than the network inputs, or a weight is
        negative.
    """
    _check_inputs(network, images.shape[-1])
    if len(images) < 1:
        raise ConfigError("there must be an image to learn from, not none")
    if network.weights.min() < 0:
        raise ConfigError(f"weights must be 0 or more to learn, not {network.weights.min()}")
    rules, rates = _rules(network, np.float32), _rates(learning, len(network.theta))
    weights, theta = network.weights.astype(np.float32), network.theta.astype(np.float32)
    stdp.normalise_all(weights, rates.norm)
    steps = network.coding.steps
    fades = _faded(learning.pre_fade, steps), _faded(learning.post_fade, steps)
    done, total = 0, learning.passes * len(images)
    orders = np.random.PCG64(learning.seed)
    for presentation in range(learning.passes):
        # NumPy promises the raw stream of PCG64, but not what Generator.permutation makes of it
        order = np.argsort(orders.random_raw(len(images)), kind="stable")
        for first in range(0, len(images), _CHUNK):
            spikes = encode(images[order[first : first + _CHUNK]], network.coding, presentation)
            pace = (1 / (1 + learning.slowing * (np.arange(done, done + spikes.images) / total))).astype(np.float32)
            stdp.learn_from(weights, theta, spikes.starts, spikes.indices, pace, *fades, rules, rates)
            done += spikes.images
            if progress is not None:
                progress(done, total)
    labels = np.full(len(theta), -1, np.int64)
    return replace(network, weights=weights.astype(np.float64), theta=theta.astype(np.float64), labels=labels)


def respond(network: Network, spikes: Spikes, threads: int = 1) -> NDArray[np.int32]:
    """Return int32[images, neurons]: how often each neuron spiked; any number of threads gives the same.

    Raises
    ------
    ConfigError
        The spikes have another number of inputs than the network.
    """
    _check_inputs(network, spikes.inputs)
    if threads < 1:
        raise ConfigError(f"threads must be 1 or more, not {threads}")
    counts = np.empty((spikes.images, len(network.theta)), np.int32)
    limits, rules, steps = network.threshold + network.theta, _rules(network, np.float64), spikes.steps

    def respond_to(first: int, last: int) -> None:
        starts = spikes.starts[first * steps : last * steps + 1]
        float_lif.respond_to(counts[first:last], network.weights, limits, starts, spikes.indices, steps, rules)

    cuts = [spikes.images * part // threads for part in range(threads + 1)]
    if threads == 1:
        respond_to(*cuts)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(respond_to, cuts[:-1], cuts[1:]))
    return counts


def respond_to_images(
    network: Network, images: NDArray[np.uint8], presentation: int = 0, threads: int = 1
) -> NDArray[np.int32]:
    """Encode uint8[images, inputs] and return int32[images, neurons], without holding all spikes at once."""
    chunk = _CHUNK * threads
    parts = [np.empty((0, len(network.theta)), np.int32)]
    for first in range(0, len(images), chunk):
        spikes = encode(images[first : first + chunk], network.coding, presentation)
        parts.append(respond(network, spikes, threads))
    return np.concatenate(parts)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Every step of the response to one image."""

    currents: NDArray[np.float64]  # float64[steps, neurons]: the sums of weights
    before: NDArray[np.float64]  # float64[steps, neurons]: membranes as they are compared
    after: NDArray[np.float64]  # float64[steps, neurons]: membranes after reset and inhibition
    spikes: NDArray[np.uint8]  # uint8[steps, neurons]


def record(network: Network, spikes: Spikes, image: int = 0) -> Recording:
    """Keep every step of the network's response to one of the images.

    Raises
    ------
    ConfigError
        The spikes have another number of inputs than the network, or fewer images.
    """
    _check_inputs(network, spikes.inputs)
    if not 0 <= image < spikes.images:
        raise ConfigError(f"image must be 0 to {spikes.images - 1}, not {image}")
    shape = (spikes.steps, len(network.theta))
    kept = Recording(np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape, np.uint8))
    starts = spikes.starts[image * spikes.steps : (image + 1) * spikes.steps + 1]
    limits, rules = network.threshold + network.theta, _rules(network, np.float64)
    float_lif.record(
        kept.before, kept.after, kept.spikes, kept.currents, network.weights, limits, starts, spikes.indices, rules
    )
    return kept


def _check_inputs(network: Network, inputs: int) -> None:
    if inputs != len(network.weights):
        raise ConfigError(f"inputs must be {len(network.weights)} as the network has, not {inputs}")


def _checked(seed: int) -> int:
    if not 0 <= seed < 1 << 63:
        raise ConfigError(f"seed must be 0 to 2**63 - 1, not {seed}")
    return seed


def _faded(fade: float, steps: int) -> NDArray[np.float32]:
    # by multiplication, not by a power of the mathematical library, which differs between machines;
    # in double, so that the error of the product stays below that of the result
    left = np.cumprod([1.0, *[fade] * steps])
    return np.concatenate([left, np.zeros(steps)]).astype(np.float32)


def _rules(network: Network, kind: Any) -> float_lif.Rules:
    return float_lif.Rules(
        threshold=kind(network.threshold),
        decay=kind(network.decay),
        inhibition=kind(network.inhibition),
        floor=kind(network.floor),
        reset_value=kind(network.reset_value),
        reset=_RESETS[network.reset],
        winner=_WINNERS[network.winner],
        strict=int(network.compare == "gt"),
        refractory_steps=network.refractory_steps,
        refractory_ignores=int(network.refractory_input == "ignore"),
    )


def _rates(learning: Learning, neurons: int) -> stdp.Rates:
    return stdp.Rates(
        nu_pre=np.float32(learning.nu_pre),
        nu_post=np.float32(learning.nu_post),
        offset=np.float32(learning.offset),
        w_max=np.float32(learning.w_max),
        norm=np.float32(learning.norm),
        theta_plus=np.float32(learning.theta_plus),
        theta_fall=np.float32(learning.theta_plus * learning.target / neurons),
    )
