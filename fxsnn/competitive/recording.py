"""Learning in integers with every word kept: what golden vectors of learning hold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.itq import Started, State, begin, present
from fxsnn.competitive.learn import Learning, presentations
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.frozen import freeze
from fxsnn.kernels.fixed_stdp import FADE, FOLD, UPDATE, Kept
from fxsnn.number.cast import from_float

LEARNING_SITES = {"update": UPDATE, "fade": FADE, "fold": FOLD}  # the casts that may draw, and their registers


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Every word of learning from a number of presentations, which are the images of `kept`."""

    started: Started  # the network, its constants, and what it became
    first: State  # what it was before the first image; its registers after the first folds
    inputs: NDArray[np.uint8]  # uint8[images, steps, inputs]
    rates: NDArray[np.int64]  # int64[images]
    kept: Kept

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def offset(self) -> int:
        """The offset as a word of its format."""
        return int(from_float(self.started.learning.offset, self.started.table.constants.format))

    @property
    def norm_log2(self) -> int:
        """The logarithm of the norm, which `begin` has seen to be a power of two."""
        return math.frexp(self.started.learning.norm)[1] - 1

    @property
    def drawing(self) -> list[str]:
        """The casts of learning that draw."""
        constants = self.started.constants
        return [site for site in LEARNING_SITES if getattr(constants, site).draw_bits]


def record(network: Network, images: NDArray[np.uint8], learning: Learning, plan: Plan) -> Recording:
    """Learn as `itq.train` does, and keep every word after every image; raises as it does.

    images    uint8[images, pixels]
    """
    started = begin(network, images, learning, plan)
    state, total = started.state, learning.passes * len(images)
    first = State(*(getattr(state, name).copy() for name in State.__slots__))
    kept = _room(total, network.coding.steps, *network.weights.shape)
    inputs = []
    for done, _, spikes in presentations(network, images, learning):
        part = slice(done, done + spikes.images)
        present(started, spikes, done, total, _part(kept, part))
        inputs.append(spikes.raster())
    rates = from_float(learning.paces(0, total, total), started.table.rate.format)
    return Recording(started, first, np.concatenate(inputs), rates, kept)


def _part(kept: Kept, part: slice) -> Kept:
    """Return a view of some of the images."""
    return Kept._make(words[part] for words in kept)


def _room(images: int, steps: int, inputs: int, neurons: int) -> Kept:
    def words(*shape: int) -> NDArray[np.int64]:
        return np.zeros((images, *shape), np.int64)

    return Kept(
        spikes=np.zeros((images, steps, neurons), np.uint8),
        registers=words(steps + 1, len(LEARNING_SITES)),
        learned=words(neurons, inputs),
        weights=words(inputs, neurons),
        sums=words(neurons),
        theta=words(neurons),
        folded=words(neurons),
        counts=words(neurons),
        trace=words(inputs),
    )
