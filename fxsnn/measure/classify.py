"""From spike counts to classes: which class a neuron stands for, and how neurons vote."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError


def mean_responses(
    responses: NDArray[np.integer], labels: NDArray[np.integer], classes: int = 10
) -> NDArray[np.float64]:
    """Return float64[neurons, classes]: the mean spike count of each neuron over the images of each class.

    responses    int[images, neurons]
    labels       int[images]    in 0..classes-1; the mean over a class without images is 0
    """
    _check(responses, labels, classes)
    order = np.argsort(labels, kind="stable")
    ends = np.searchsorted(labels[order], np.arange(classes + 1))
    totals = np.cumsum(np.pad(responses[order], ((1, 0), (0, 0))), axis=0, dtype=np.int64)[ends]
    sums = totals[1:] - totals[:-1]
    images = np.bincount(labels, minlength=classes)
    return (sums / np.maximum(images, 1)[:, None]).T


def assign_labels(responses: NDArray[np.integer], labels: NDArray[np.integer], classes: int = 10) -> NDArray[np.int64]:
    """Return int64[neurons]: the class with the highest mean response of each neuron.

    A tie goes to the lowest class; a neuron that never spiked gets -1. Arguments as of `mean_responses`.
    """
    means = mean_responses(responses, labels, classes)
    return np.where(means.max(axis=1) > 0, means.argmax(axis=1), -1).astype(np.int64)


def vote(responses: NDArray[np.integer], labels: NDArray[np.int64], classes: int = 10) -> NDArray[np.int64]:
    """Return int64[images]: the class whose neurons spiked most, on average over its neurons.

    A tie goes to the lowest class, so an image without a spike to class 0.

    responses    int[images, neurons]
    labels       int64[neurons]    -1 for a neuron without a vote
    """
    if responses.ndim != 2 or labels.shape != (responses.shape[1],):
        raise ConfigError(
            f"labels must be one for each neuron of {list(responses.shape)} responses, not {list(labels.shape)}"
        )
    scores = np.zeros((len(responses), classes))
    for c in range(classes):
        members = np.flatnonzero(labels == c)
        if len(members):  # whole numbers: the sum is exact and ties are ties
            scores[:, c] = responses[:, members].sum(axis=1) / len(members)
    winners: NDArray[np.int64] = scores.argmax(axis=1)
    return winners


def wilson_interval(right: int, images: int) -> tuple[float, float]:
    """Return the Wilson score interval of an accuracy, of 95 % confidence.

    >>> low, high = wilson_interval(9240, 10000)
    >>> round(low, 4), round(high, 4)
    (0.9186, 0.929)
    """
    if not 0 <= right <= images or images < 1:
        raise ConfigError(f"right must be 0 to the number of images, which is above 0, not {right} of {images}")
    p, z = right / images, 1.96
    centre = (p + z * z / (2 * images)) / (1 + z * z / images)
    half = z * math.sqrt(p * (1 - p) / images + z * z / (4 * images * images)) / (1 + z * z / images)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def _check(responses: NDArray[np.integer], labels: NDArray[np.integer], classes: int) -> None:
    if responses.ndim != 2 or labels.shape != (len(responses),):
        raise ConfigError(
            f"labels must be one for each image of {list(responses.shape)} responses, not {list(labels.shape)}"
        )
    if labels.size and not (labels.min() >= 0 and labels.max() < classes):
        raise ConfigError(f"labels must be 0 to {classes - 1}, not {labels.min()} to {labels.max()}")
