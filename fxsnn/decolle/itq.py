"""In-training quantisation of a layered network: its layers learn by local errors in integers, as hardware would.

The rule is that of `learn.py` on words, every result cast to the format that stores it; see docs/learning.md and
`kernels/local_learning.py`. The mode with float master weights is `learn.train_layers` with grids.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.description import Description
from fxsnn.decolle.learn import LocalLearning, check_sensor, frames_of, lessons
from fxsnn.decolle.learning_layer import LearningLayer, learning_layer, unit_of
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import DecollePlan
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.decolle.working import Working
from fxsnn.errors import ConfigError
from fxsnn.number.cast import from_float, to_float
from fxsnn.number.signal import Signal

TOGETHER = 50  # recordings whose frames are made at once


@dataclass(frozen=True, slots=True)
class IntegerLearning:
    """How long and how fast a layered network learns in integers: at rates that are powers of two."""

    passes: int = 4
    rate: int = 6  # a word moves by at most 2 to the power of minus this
    halvings: int = 5  # the rate halves whenever half of what was left is done, so often at most
    seed: int = 0  # of the order in which recordings are shown

    def __post_init__(self) -> None:
        if self.passes < 1 or self.seed < 0:
            raise ConfigError(f"passes and seed must be 1 and 0 or more, not {self.passes} and {self.seed}")
        if not (0 <= self.rate <= 30 and 0 <= self.halvings <= 16):
            raise ConfigError(f"rate and halvings must be 0 to 30 and 0 to 16, not {self.rate} and {self.halvings}")

    @classmethod
    def like(cls, learning: LocalLearning) -> IntegerLearning:
        """Return the same passes and order, and the power of two that is nearest to the rate.

        Raises
        ------
        ConfigError
            Windows are asked for: in integers recordings are learned from their begin, as they are shown.
        """
        if learning.window:
            raise ConfigError(f"learning in integers must be of whole recordings, not of windows of {learning.window}")
        return cls(learning.passes, max(round(-math.log2(learning.rate)), 0), seed=learning.seed)

    def left(self, number: int, total: int) -> int:
        """Return how often the rate will halve after recording number `number` of `total`, from 0, is learned."""
        return max(self.halvings + 1 - (total // (total - number)).bit_length(), 0)


def train_in_integers(
    network: DecolleNetwork,
    recordings: Recordings,
    plan: DecollePlan,
    learning: IntegerLearning,
    progress: Callable[[int, int], None] | None = None,
) -> DecolleNetwork:
    """Learn from recordings, one after the other, in integer arithmetic; return what the network has become.

    Every parameter of the result lies on its format in the plan, so that quantising it loses nothing.

    Raises
    ------
    ConfigError
        A layer has no learning table or its plan cannot learn, or the recordings do not fit the network.
    WidthError
        An exact intermediate could leave int64.
    """
    check_sensor(network, recordings)
    layers = begin(network, plan, learning)
    total, done = learning.passes * len(recordings), 0
    order = LocalLearning(passes=learning.passes, batch=TOGETHER, seed=learning.seed)
    for chosen, _ in lessons(network, recordings, order):
        frames = frames_of(network, recordings, chosen)
        for counts, label in zip(frames, recordings.labels[chosen], strict=True):
            present(layers, network.description, counts, int(label), done, learning.left(done, total))
            done += 1
        if progress:
            progress(done, total)
    return finished(network, plan, layers)


def begin(network: DecolleNetwork, plan: DecollePlan, learning: IntegerLearning) -> list[LearningLayer]:
    """Return the layers as they stand before the first recording; raises as `train_in_integers`."""
    quantised = quantise_layers(network, plan)
    working = Working(quantised)
    return [
        learning_layer(network, quantised, working, number, learning.rate, learning.halvings)
        for number in range(len(plan.layers))
    ]


def present(
    layers: list[LearningLayer], described: Description, counts: NDArray[np.uint16], label: int, number: int, left: int
) -> None:
    """Learn from a recording, number `number` from 0: uint16[steps, height, width, polarity]."""
    working = layers[0].working
    working.begin()
    for step in range(described.steps):
        working.advance(counts[step].reshape(-1))
        for layer in layers if step >= described.burn_in else ():
            layer.find(label)
            if layer.wires.table.update == "step":
                layer.change(number * (described.steps - described.burn_in) + step - described.burn_in + 1, left)
    for layer in layers:
        if layer.wires.table.update == "recording":
            layer.change(number + 1, left)


def finished(network: DecolleNetwork, plan: DecollePlan, layers: list[LearningLayer]) -> DecolleNetwork:
    """Return the network that the plan quantises to what the layers read."""
    weights = tuple(
        to_float(layer.weights.read.transpose(1, 2, 3, 0), words["weight"].format).astype(np.float32)
        for layer, words in zip(layers, plan.layers, strict=True)
    )
    biases = tuple(
        _bias(layer.biases.read, words["bias"], unit_of(network.description, layer.number))
        for layer, words in zip(layers, plan.layers, strict=True)
    )
    return replace(network, weights=weights, biases=biases)


def _bias(words: NDArray[np.int64], signal: Signal, unit: float) -> NDArray[np.float32]:
    """Return float32 biases that quantising makes these words of: of the nearest ones, whichever does."""
    near = (to_float(words, signal.format) / unit).astype(np.float32)
    above, below = (np.nextafter(near, np.float32(end)) for end in (np.inf, -np.inf))
    for other in (above, below):
        wrong = from_float(near.astype(np.float64) * unit, signal.format, signal.rounding, signal.overflow) != words
        near = np.where(wrong, other, near)
    return near
