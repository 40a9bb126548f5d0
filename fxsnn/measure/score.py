"""How well responses separate classes: labels from some images, accuracy always on others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.frozen import freeze
from fxsnn.measure.classify import assign_labels, vote, wilson_interval

CLASSES = 10


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Which of a number of images, or recordings, a network classifies correctly."""

    confusion: NDArray[np.int64]  # int64[classes, classes]: true class, predicted class
    right: NDArray[np.bool_]  # bool[images]: which predictions are correct
    spikes_per_image: float | None = None  # output spikes, where they are counted

    def __post_init__(self) -> None:
        freeze(self)

    @classmethod
    def of(cls, scores: NDArray[np.integer] | NDArray[np.floating], labels: NDArray[np.integer]) -> Measured:
        """Compare the class of the largest of a network's values with the labels.

        scores    int or float[images, classes]
        labels    int[images]
        """
        return cls.by(scores.argmax(axis=1), labels, scores.shape[1])

    @classmethod
    def by(cls, predictions: NDArray[np.integer], labels: NDArray[np.integer], classes: int) -> Measured:
        """Compare the predicted class of each image, int[images], with its label."""
        return cls(_confusion(predictions, labels, classes), predictions == labels)

    @property
    def correct(self) -> int:
        """How many predictions are correct."""
        return int(self.right.sum())

    @property
    def images(self) -> int:
        """How many there are."""
        return len(self.right)

    @property
    def accuracy(self) -> float:
        """Share of correct predictions, 0 to 1."""
        return self.correct / self.images

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.correct, self.images)


@dataclass(frozen=True, slots=True, eq=False)
class Score(Measured):
    """The result of a network whose neurons vote for the classes they were given."""

    spikes_per_image: float
    labels: NDArray[np.int64]  # int64[neurons]: the classes the neurons were given, -1 for none


def measured_to_data(measured: Measured) -> dict[str, Any]:
    """Return a measurement as plain data: shares and counts, the confusion [true class][predicted]."""
    return {
        "accuracy": measured.accuracy,
        "interval": list(measured.interval),
        "correct": measured.correct,
        "images": measured.images,
        "spikes_per_image": measured.spikes_per_image,
        "confusion": measured.confusion.tolist(),
    }


def score(
    training: NDArray[np.integer],
    training_labels: NDArray[np.integer],
    held_out: NDArray[np.integer],
    held_out_labels: NDArray[np.integer],
) -> Score:
    """Label the neurons by their responses to training images, then let them vote on others.

    training, held_out    int[images, neurons]    spike counts
    """
    labels = assign_labels(training, training_labels, CLASSES)
    predictions = vote(held_out, labels, CLASSES)
    confusion = _confusion(predictions, held_out_labels, CLASSES)
    return Score(confusion, predictions == held_out_labels, float(held_out.sum() / len(held_out)), labels)


def cross_validate(responses: NDArray[np.integer], labels: NDArray[np.integer], folds: int) -> Score:
    """Cut the images into `folds` parts; measure on each part with labels from all the others.

    responses    int[images, neurons], spike counts; labels int[images], classes

    Every image counts once, and never for a neuron whose label it helped to choose. The neurons' labels
    in the result are those that all images together give.

    Raises
    ------
    ConfigError
        There are fewer than two folds, or fewer images than folds.
    """
    predictions = cross_predict(responses, labels, folds)
    confusion, given = _confusion(predictions, labels, CLASSES), assign_labels(responses, labels, CLASSES)
    return Score(confusion, predictions == labels, float(responses.sum() / len(responses)), given)


def cross_predict(responses: NDArray[np.integer], labels: NDArray[np.integer], folds: int) -> NDArray[np.int64]:
    """Return the class that `cross_validate` predicts for each image, int64[images]; raises as it does."""
    images = len(responses)
    if not 2 <= folds <= images:
        raise ConfigError(f"folds must be 2 to the {images} images, not {folds}")
    predictions = np.empty(images, dtype=np.int64)
    for fold in range(folds):
        held_out = np.zeros(images, dtype=bool)
        held_out[images * fold // folds : images * (fold + 1) // folds] = True
        others = ~held_out
        given = assign_labels(responses[others], labels[others], CLASSES)
        predictions[held_out] = vote(responses[held_out], given, CLASSES)
    return predictions


def _confusion(predictions: NDArray[np.integer], labels: NDArray[np.integer], classes: int) -> NDArray[np.int64]:
    confusion = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(confusion, (labels, predictions), 1)
    return confusion
