"""Unsupervised learning in float32 and the response in float64."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.graph import LAYER
from fxsnn.competitive.network import Network
from fxsnn.data.encode import Spikes, encode
from fxsnn.errors import ConfigError
from fxsnn.frozen import KERNELS_TAKE, freeze
from fxsnn.graph.starting import REST, Start
from fxsnn.kernels import float_lif, stdp

_CHUNK = 250  # presentations between two calls of `progress`

_RESETS = {"zero": float_lif.ZERO, "value": float_lif.VALUE, "subtract": float_lif.SUBTRACT}
_WINNERS = {"none": float_lif.NONE, "lowest": float_lif.LOWEST, "largest": float_lif.LARGEST}


Update = Literal["image", "spike"]
INITIAL = 0.6  # weights begin uniform in 0 to this: enough for one bit that reads 0.5 and more


@dataclass(frozen=True, slots=True)
class Learning:
    """How weights and adaptive thresholds change; the rules stand in `kernels/stdp.py`.

    A neuron that fired k times for an image changes each of its weights by
    rate * k * (trace - offset - softness * weight): a weight grows where the input was active, the less the
    larger it is, and shrinks where it was not, so that it settles at (how often active - offset) / softness.
    With a trace that does not fade, "was active" is one bit an input.

    No weight is scaled to keep a sum: a neuron's firing threshold is multiplied by its sum of weights / norm
    instead, which leaves the spikes as they would be and every weight where it is.

    Every neuron's theta grows by theta_plus a spike and falls by theta_plus * target / neurons an image, so
    that it settles where all neurons together spike `target` times an image, whatever the scale of the
    weights. The rate is divided by 1 + slowing * (part of the presentations done): steps as of a
    stochastic approximation, and divisions only, whose bits are the same on every machine.
    """

    passes: int = 1  # over all images, each in an order of its own
    rate: float = 0.05
    offset: float = 0.25
    softness: float = 0.6
    fade: float = 1.0  # what a step leaves of an input's trace; 1: it says "active so far"
    update: Update = "image"  # weights change once when the image ends, or at each spike
    w_max: float = 1.0
    norm: float = 64.0
    theta_plus: float = 0.03125
    target: float = 20.0
    slowing: float = 15.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.passes < 1:
            raise ConfigError(f"passes must be 1 or more, not {self.passes}")
        for name in ("rate", "offset", "softness", "theta_plus", "target", "slowing"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be 0 or more and finite, not {getattr(self, name)}")
        for name in ("w_max", "norm"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be above 0 and finite, not {getattr(self, name)}")
        if not 0 <= self.fade <= 1:
            raise ConfigError(f"fade must be 0 to 1, not {self.fade}")
        if self.update not in get_args(Update):
            raise ConfigError(f"update must be image or spike, not {self.update!r}")
        if not 0 <= self.seed < 1 << 63:
            raise ConfigError(f"seed must be 0 to 2**63 - 1, not {self.seed}")

    def paces(self, first: int, count: int, total: int) -> NDArray[np.float64]:
        """Return the learning rate of presentations first..first+count-1 of `total`, float64[count]."""
        return self.rate / (1 + self.slowing * (np.arange(first, first + count) / total))

    def orders(self, images: int) -> Iterator[NDArray[np.int64]]:
        """Yield the order in which each pass presents the images, int64[images]."""
        stream = np.random.PCG64(self.seed)
        for _ in range(self.passes):
            # NumPy promises the raw stream of PCG64, but not what Generator.permutation makes of it
            yield np.argsort(stream.random_raw(images), kind="stable")

    def fall(self, neurons: int) -> float:
        """Return what every theta loses an image."""
        return self.theta_plus * self.target / neurons


def random_network(inputs: int = 784, neurons: int = 400, seed: int = 0) -> Network:
    """Return a network that has learned nothing: weights uniform in 0..INITIAL, theta 0, no labels.

    Its constants are the defaults; `dataclasses.replace` gives it others.
    """
    if inputs < 1 or neurons < 1:
        raise ConfigError(f"a network must have inputs and neurons, not {inputs} and {neurons}")
    drawn = np.random.PCG64(_checked(seed)).random_raw(inputs * neurons) >> 40  # 24 bits
    weights = drawn.reshape(inputs, neurons).astype(np.float64) * 2.0**-24
    scaled = (weights * INITIAL).astype(np.float32).astype(np.float64)  # learning is in float32
    return Network(scaled, np.zeros(neurons), np.full(neurons, -1, np.int64))


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
    check_images(network, images)
    rules, rates = _rules(network, np.float32), _rates(learning, len(network.theta))
    weights, theta = network.weights.astype(np.float32), network.theta.astype(np.float32)
    sums = np.array([stdp.sum_of(weights, n) for n in range(len(theta))], np.float64)  # compiled or not
    faded = _faded(learning.fade, network.coding.steps)
    for done, total, spikes in presentations(network, images, learning, progress):
        pace = learning.paces(done, spikes.images, total).astype(np.float32)
        stdp.learn_from(weights, theta, sums, spikes.starts, spikes.indices, pace, faded, rules, rates)
    # where each neuron fires is kept as a theta, since weights are not scaled
    limits = (network.threshold + theta.astype(np.float64)) * (sums.astype(np.float64) / learning.norm)
    labels = np.full(len(theta), -1, np.int64)
    return replace(network, weights=weights.astype(np.float64), theta=limits - network.threshold, labels=labels)


def check_images(network: Network, images: NDArray[np.uint8]) -> None:
    """Refuse images, uint8[images, inputs], or weights that the network cannot learn from or with."""
    _check_inputs(network, images.shape[-1])
    if len(images) < 1:
        raise ConfigError("there must be an image to learn from, not none")
    if network.weights.min() < 0:
        raise ConfigError(f"weights must be 0 or more to learn, not {network.weights.min()}")


def presentations(
    network: Network,
    images: NDArray[np.uint8],
    learning: Learning,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[int, int, Spikes]]:
    """Yield all presentations in their order, some at a time: those done before, their total, their spikes.

    images    uint8[images, pixels]
    """
    done, total = 0, learning.passes * len(images)
    for presentation, order in enumerate(learning.orders(len(images))):
        for first in range(0, len(images), _CHUNK):
            spikes = encode(images[order[first : first + _CHUNK]], network.coding, presentation)
            yield done, total, spikes
            done += spikes.images
            if progress is not None:
                progress(done, total)


def respond(network: Network, spikes: Spikes, threads: int = 1, start: Start = REST) -> NDArray[np.int32]:
    """Return int32[images, neurons]: how often each neuron spiked; any number of threads gives the same.

    start    what each image begins with: what words of `layer.membrane` and `layer.refractory` stand for

    Raises
    ------
    ConfigError
        The spikes have another number of inputs than the network.
    """
    _check_inputs(network, spikes.inputs)
    if threads < 1:
        raise ConfigError(f"threads must be 1 or more, not {threads}")
    counts = np.empty((spikes.images, len(network.theta)), np.int32)
    limits, steps, values = network.threshold + network.theta, spikes.steps, start.values()
    membranes, rests = (
        np.require(values.get(f"{LAYER}.{state}", np.zeros((0, 0))), kind, KERNELS_TAKE)
        for state, kind in (("membrane", np.float64), ("refractory", np.int64))
    )
    rules = _rules(network, np.float64)._replace(rests=int(network.refractory_steps > 0 or rests.any()))

    def respond_to(first: int, last: int) -> None:
        starts, begun = spikes.starts[first * steps : last * steps + 1], (membranes[first:last], rests[first:last])
        float_lif.respond_to(counts[first:last], network.weights, limits, starts, spikes.indices, steps, rules, *begun)

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

    def __post_init__(self) -> None:
        freeze(self)


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
    currents, before, after = (np.zeros(shape) for _ in range(3))
    fired = np.zeros(shape, np.uint8)
    starts = spikes.starts[image * spikes.steps : (image + 1) * spikes.steps + 1]
    limits, rules = network.threshold + network.theta, _rules(network, np.float64)
    float_lif.record(before, after, fired, currents, network.weights, limits, starts, spikes.indices, rules)
    return Recording(currents, before, after, fired)


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
        rests=int(network.refractory_steps > 0),
        refractory_ignores=int(network.refractory_input == "ignore"),
    )


def _rates(learning: Learning, neurons: int) -> stdp.Rates:
    return stdp.Rates(
        offset=np.float32(learning.offset),
        softness=np.float32(learning.softness),
        w_max=np.float32(learning.w_max),
        per_norm=np.float32(1 / learning.norm),
        theta_plus=np.float32(learning.theta_plus),
        theta_fall=np.float32(learning.fall(neurons)),
        each_spike=int(learning.update == "spike"),
    )
