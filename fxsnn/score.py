"""How well responses tell classes apart: labels from one set of images, accuracy on another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fxsnn.classify import Rule, assign_labels, assign_proportions, vote, wilson_interval

CLASSES = 10


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """The result of one network on one set of images."""

    correct: int
    images: int
    confusion: NDArray[np.int64]  # int64[classes, classes]: true class, predicted class
    labels: NDArray[np.int64]  # int64[neurons]: the classes the neurons were given, -1 for none
    spikes_per_image: float

    @property
    def accuracy(self) -> float:
        """Share of correct predictions, 0 to 1."""
        return self.correct / self.images

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.correct, self.images)


def score(
    training: NDArray[np.integer],
    training_labels: NDArray[np.integer],
    held_out: NDArray[np.integer],
    held_out_labels: NDArray[np.integer],
    rule: Rule = "all-activity",
) -> Score:
    """Label the neurons by their responses to training images, then let them vote on held-out ones.

    training, held_out    int[images, neurons]    spike counts
    """
    labels = assign_labels(training, training_labels, CLASSES)
    proportions = assign_proportions(training, training_labels, CLASSES)
    predictions = vote(held_out, labels, rule, proportions, CLASSES)
    confusion = np.zeros((CLASSES, CLASSES), dtype=np.int64)
    np.add.at(confusion, (held_out_labels, predictions), 1)
    return Score(
        int(np.trace(confusion)), len(predictions), confusion, labels, float(held_out.sum() / len(held_out))
    )
