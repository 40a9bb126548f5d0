"""Who trains the candidates of in-training quantisation: the float network's size, coding and images, in integers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive import itq
from fxsnn.competitive.learn import Learning, random_network
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.frozen import freeze


@dataclass(frozen=True, slots=True, eq=False)
class IntegerLearner:
    """Trains networks like `network` on uint8[images, inputs], from first weights of the learning's seed."""

    network: Network
    images: NDArray[np.uint8]
    learning: Learning = Learning()  # noqa: RUF009  (frozen)

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def settings(self) -> str:
        """All that its networks depend on besides the plan, and the constants of `network`, as text."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images).tobytes()).hexdigest()
        return f"{self.learning} {self.network.weights.shape} {digest}"

    def learning_plan(self, plan: Plan) -> Plan:
        """Return the plan that a network which is to run under `plan` is trained under and runs under."""
        return itq.learning_plan(plan)

    def train(self, plan: Plan) -> Network:
        """Train under a learning plan; the network's parameters lie on the plan's formats."""
        inputs, neurons = self.network.weights.shape
        blank = random_network(inputs, neurons, self.learning.seed)
        fresh = replace(self.network, weights=blank.weights, theta=blank.theta, labels=blank.labels)
        return itq.train(fresh, self.images, self.learning, plan)


def learner_like(network: Network, images: NDArray[np.uint8], passes: int) -> IntegerLearner:
    """Return the learner of an exploration of `network`: as many passes, and first weights of its coding's seed.

    images    uint8[images, pixels]
    """
    return IntegerLearner(network, images, Learning(passes=passes, seed=network.coding.seed))
