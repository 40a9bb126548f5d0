"""Training by local errors: every layer learns from fixed random readouts of its own spikes, in every time step.

DECOLLE (Kaiser, Mostafa, Neftci 2020): no error passes from layer to layer or back in time. The readout of a layer is
compared with the target; what differs, clipped (smooth L1), goes back through the readout, through the surrogate
gradient 1 / (10 |U| + 1)^2 of the spikes, and through the traces P into the layer's own weights.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.description import MOST_STEPS, Described
from fxsnn.decolle.forward import Floats, Grids, LayerAtWork, corners, pooled, product, turned
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.errors import ConfigError, as_given
from fxsnn.graph.starting import REST, Start
from fxsnn.kernels import float_product

STEEPNESS = 10.0  # of the surrogate
MARGIN = 0.01  # below 0, from which on a membrane costs, of DECOLLE
BATCH = 100  # recordings that are shown at once, or as few as have MOST_COUNTS counts
MOST_COUNTS = 1 << 26


@dataclass(frozen=True, slots=True)
class LocalLearning:
    """How long and how fast a layered network learns."""

    passes: int = 4
    batch: int = 50
    rate: float = 1e-3  # of Adamax, falling in a line to 0
    momentum: float = 0.0  # betas of Adamax, those of DECOLLE
    forgetting: float = 0.95
    readout_gain: float = 1.0
    regularisation: float = 1.0  # what membranes above 0 cost, so that fewer neurons spike: reg_l of DECOLLE
    window: int = 0  # steps of a training window that begins anywhere; 0: all steps, from the recording's begin
    seed: int = 0

    def __post_init__(self) -> None:
        if self.passes < 1 or self.batch < 1 or self.seed < 0:
            raise ConfigError(
                f"passes, batch and seed must be 1, 1 and 0 or more, not {self.passes}, {self.batch} and {self.seed}"
            )
        if not 0 <= self.window <= MOST_STEPS:
            raise ConfigError(f"a window must be 0 to {MOST_STEPS:,} steps, not {self.window}")
        if not 0 <= self.regularisation < math.inf:
            raise ConfigError(f"regularisation must be 0 or more, not {as_given(self.regularisation)}")
        if not (0 < self.rate <= 1 and 0 <= self.momentum < 1 and 0 < self.forgetting < 1):
            raise ConfigError(
                "rate must be above 0 and at most 1, momentum and forgetting 0 or more and less than 1, "
                f"not {as_given(self.rate)}, {as_given(self.momentum)} and {as_given(self.forgetting)}"
            )


# of networks that learn on through their quantisation: they are sparse already
LEARNING_ON = LocalLearning(passes=2, rate=2e-3, regularisation=0.3)


class Adamax:
    """Adam by the largest gradient (Kingma and Ba 2015, algorithm 2), for one array."""

    def __init__(self, values: Floats, momentum: float, forgetting: float) -> None:
        self.values, self.momentum, self.forgetting = values, np.float32(momentum), np.float32(forgetting)
        self.mean, self.most, self.unseen = np.zeros_like(values), np.zeros_like(values), 1.0

    def step(self, gradient: Floats, rate: float) -> None:
        """Move the values against a gradient."""
        self.mean += (1 - self.momentum) * (gradient - self.mean)
        np.maximum(self.forgetting * self.most, np.abs(gradient), out=self.most)
        self.unseen *= float(self.momentum)
        self.values -= np.float32(rate / (1 - self.unseen)) * self.mean / (self.most + np.float32(1e-8))


def train_layers(
    network: DecolleNetwork,
    recordings: Recordings,
    learning: LocalLearning,
    progress: Callable[[int, int], None] | None = None,
    grids: Sequence[Grids] | None = None,
    threads: int = 1,
) -> DecolleNetwork:
    """Train on recordings; return the trained network, the same on every machine and with any number of threads.

    With `grids` (of `ptq.grids_of`) every step is computed with weights and states as they will be quantised, and
    gradients pass through that as if it were not there (a straight-through estimator) to weights in float: in-training
    quantisation with float master weights, which no integer hardware does.
    """
    check_sensor(network, recordings)
    weights, biases = ([array.copy() for array in arrays] for arrays in (network.weights, network.biases))
    optimisers = [
        [Adamax(array, learning.momentum, learning.forgetting) for array in pair]
        for pair in zip(weights, biases, strict=True)
    ]
    if learning.window and learning.window <= network.description.burn_in:
        raise ConfigError(
            f"a training window must be of more steps than the burn-in of {network.description.burn_in}, "
            f"not {learning.window}"
        )
    total, done = learning.passes * len(recordings), 0
    for chosen, begins in lessons(network, recordings, learning):
        frames = frames_of(network, recordings, chosen, begins, learning.window or network.description.steps)
        target = np.eye(network.description.classes, dtype=np.float32)[recordings.labels[chosen]]
        layers = at_rest(network, weights, biases, len(chosen), grids, threads)
        rate = learning.rate * (1 - done / total)
        for step in range(frames.shape[1]):
            given = frames[:, step].astype(np.float32)
            for number, layer in enumerate(layers):
                given = layer.advance(given)
                if step >= network.description.burn_in:
                    gradients = local_gradients(layer, network.readouts[number], given, learning, target)
                    for optimiser, gradient in zip(optimisers[number], gradients, strict=True):
                        optimiser.step(gradient, rate)
        done += len(chosen)
        if progress:
            progress(done, total)
    return DecolleNetwork(network.description, tuple(weights), tuple(biases), network.readouts)


def at_rest(
    network: DecolleNetwork,
    weights: Sequence[Floats],
    biases: Sequence[Floats],
    batch: int,
    grids: Sequence[Grids] | None = None,
    threads: int = 1,
) -> list[LayerAtWork]:
    """Return the layers before the first step, with these weights and biases."""
    about = network.description
    return [
        LayerAtWork.at_rest(
            layer, about.geometry(n), weights[n], biases[n], batch, grids[n] if grids else None, threads
        )
        for n, layer in enumerate(about.layer)
    ]


def check_sensor(network: Described, recordings: Recordings) -> None:
    """Refuse recordings of another sensor, or of more classes."""
    described = network.description
    if (recordings.height, recordings.width) != (described.height, described.width):
        raise ConfigError(
            f"recordings must be of {described.height} x {described.width} cells, "
            f"not {recordings.height} x {recordings.width}"
        )
    if len(recordings) and recordings.labels.max() >= described.classes:
        raise ConfigError(f"labels must be 0 to {described.classes - 1}, not {recordings.labels.max()}")


def frames_of(
    network: Described,
    recordings: Recordings,
    chosen: NDArray[np.int64],
    begins: NDArray[np.int64] | None = None,
    steps: int | None = None,
) -> NDArray[np.uint16]:
    """Return counts as the network takes them: uint16[recordings, steps, height, width, polarity].

    begins    int64[recordings] microseconds at which the windows begin; 0 if none is given
    steps     of a window; those of the description if none are given
    """
    described = network.description
    frames = recordings.frames(chosen, described.step, steps or described.steps, described.shrink, begins)
    return np.ascontiguousarray(np.minimum(frames, np.uint16(described.clip)).transpose(0, 1, 3, 4, 2))


def frames_in_parts(
    network: Described, recordings: Recordings, chosen: NDArray[np.int64]
) -> Iterator[NDArray[np.uint16]]:
    """Yield the frames of the chosen recordings, no more of them at once than memory has room for.

    chosen    int64[recordings], their places; each result is uint16[recordings, steps, height, width, polarity]
    """
    described = network.description
    size = min(BATCH, max(1, MOST_COUNTS // (described.steps * math.prod(described.inputs(0)))))
    for first in range(0, len(chosen), size):
        yield frames_of(network, recordings, chosen[first : first + size])


def lessons(
    network: DecolleNetwork, recordings: Recordings, learning: LocalLearning
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64] | None]]:
    """Yield the recordings of each batch and where their windows begin; each recording once a pass, in drawn order."""
    duration = network.description.step * learning.window
    for turn in range(learning.passes):
        drawn = np.random.PCG64([learning.seed, turn, 2]).random_raw(len(recordings))
        order = np.argsort(drawn, kind="stable").astype(np.int64)
        for first in range(0, len(order), learning.batch):
            chosen = order[first : first + learning.batch]
            if not learning.window:
                yield chosen, None
                continue
            draws = np.random.PCG64([learning.seed, turn, 3, first]).random_raw(len(chosen))
            yield chosen, recordings.random_begins(chosen, duration, draws)


def local_gradients(
    layer: LayerAtWork, readout: NDArray[np.int8], spikes: Floats, learning: LocalLearning, target: Floats
) -> tuple[Floats, Floats]:
    """Return the gradients of a layer's weights and bias, of its own error in this step.

    Of a spiking layer: the smooth L1 distance of its readout, scaled by gain / sqrt(outputs), from the target, and
    `regularisation` * mean(relu(U + MARGIN)); of an output layer: the cross entropy of its membranes.

    spikes    float32[batch, ...]           the pooled spikes
    target    float32[batch, classes]       1 for the class, else 0
    """
    batch = np.float32(len(target))
    if layer.layer.kind == "output":
        likely = layer.membranes.reshape(len(target), -1).copy()
        float_product.softmax(likely)
        rows: Floats = (likely - target) / batch
    else:
        signs = readout.astype(np.float32)
        scale = np.float32(learning.readout_gain / math.sqrt(len(readout)))
        read = scale * (spikes.reshape(len(target), -1) @ signs)  # sums of 0, 1 and -1 are exact in any order
        error = np.clip(read - target, -1, 1) / batch
        back = scale * product(turned(error), turned(signs), layer.threads)
        at_neurons = _unpooled(back.reshape(-1, *layer.geometry.pooled), layer)
        at_neurons /= np.square(np.float32(STEEPNESS) * np.abs(layer.membranes) + 1)
        if learning.regularisation:
            at_neurons += np.float32(learning.regularisation / at_neurons.size) * (layer.membranes > -MARGIN)
        rows = at_neurons.reshape(-1, layer.geometry.outputs[2])
    of_bias = np.empty_like(layer.bias)
    float_product.add_up(of_bias, rows)
    gradient = turned(product(rows, turned(layer.under), layer.threads))
    return gradient.reshape(layer.weights.shape), of_bias


def _unpooled(back: Floats, layer: LayerAtWork) -> Floats:
    """Give each pooled gradient to the neuron whose membrane is the maximum, the first of equal ones."""
    geometry = layer.geometry
    if geometry.pool == 1:
        return back
    membranes = corners(layer.membranes, geometry)
    highest, free = functools.reduce(np.maximum, membranes), np.ones(back.shape, bool)
    whole = np.zeros((len(back), *geometry.outputs), np.float32)
    for place, values in zip(corners(whole, geometry), membranes, strict=True):
        wins = free & (values == highest)
        place[:] = np.where(wins, back, np.float32(0))
        free &= ~wins
    return whole


def scores(
    network: DecolleNetwork, recordings: Recordings, chosen: NDArray[np.int64], start: Start = REST
) -> NDArray[np.float64]:
    """Return what the last layer says of each class, summed over the steps after burn-in: float64[recordings, classes].

    An output layer says its membranes, another its random readout. The answer is the class of the largest sum.

    start    what each of the chosen begins with: what these words of the network's populations stand for
    """
    check_sensor(network, recordings)
    found = []
    for frames, begun in start.along(frames_in_parts(network, recordings, chosen)):
        total = np.zeros((len(frames), network.description.classes))
        for step, layers in enumerate(steps_of(network, frames, begun)):
            if step >= network.description.burn_in:
                last = layers[-1]
                total += answer(last, network.readouts[-1], pooled(last.spikes, last.geometry))
        found.append(total)
    return np.concatenate([np.zeros((0, network.description.classes)), *found])


def steps_of(network: DecolleNetwork, frames: NDArray[np.uint16], start: Start = REST) -> Iterator[list[LayerAtWork]]:
    """Run a batch of frames, as `frames_of` returns them, and yield the layers as they are after each step.

    frames    uint16[recordings, steps, height, width, polarity]
    """
    weights, biases = ([array.copy() for array in arrays] for arrays in (network.weights, network.biases))
    layers = at_rest(network, weights, biases, len(frames))  # copies, as in learning: what kernels are compiled for
    values = start.values()
    for number, layer in enumerate(layers):
        layer.begin(number, values)
    for step in range(frames.shape[1]):
        given = frames[:, step].astype(np.float32)
        for layer in layers:
            given = layer.advance(given)
        yield layers


def answer(layer: LayerAtWork, readout: NDArray[np.int8], spikes: Floats) -> Floats:
    """Return what a last layer says of each class in this step, float32[batch, classes]."""
    if layer.layer.kind == "output":
        return layer.membranes.reshape(len(spikes), -1)
    scores: Floats = spikes.reshape(len(spikes), -1) @ readout.astype(np.float32)
    return scores
