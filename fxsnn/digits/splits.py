"""Which images are for what: nothing is chosen by what is reported on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.network import Network
from fxsnn.data.digits import Images, load_digits, split_digits
from fxsnn.data.learned import Learned, Samples, check_not_learned, learned_from, split_of_samples
from fxsnn.data.mnist import load_mnist
from fxsnn.errors import ConfigError, FileError


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """A data set in its four roles.

    The network learns, without labels, from `training`. Its first images, `labelling`, give neurons their
    classes, and configurations are compared by cross-validation on them; `test` is only reported on.
    """

    name: str
    training: Images
    labelling: Images
    test: Images


def open_splits(data: Path | None = None, mnist: bool = False) -> Splits:
    """Load the embedded 5,000 digits, or the full MNIST if `mnist` is set or a folder of it is given.

    Embedded: 4,000 to learn from, all of which label, and 1,000 to test. MNIST: 60,000, of which 10,000
    label, and 10,000.
    """
    if mnist or data is not None:
        training, test = load_mnist("train", data), load_mnist("test", data)
        if training.name != test.name:
            raise FileError(f"training and test images must be of one data set, not {training.name} and {test.name}")
        return Splits(training.name, training, part(training, 0, 10_000), test)
    training, test = split_digits(load_digits())
    return Splits("5,000 digits of MNIST", training, training, test)


def part(images: Images, first: int, last: int) -> Images:
    """Return the images first..last-1.

    Raises
    ------
    ConfigError
        There are not as many, or none are asked for.
    """
    if not 0 <= first < last <= len(images):
        raise ConfigError(f"images must be a part of 0 to {len(images)}, not {first} to {last}")
    return Images(images.images[first:last], images.labels[first:last])


def evenly(count: int, most: int | None) -> NDArray[np.int64]:
    """Return the places of `most` of `count` samples, evenly spread; of all where there are no more, or it is None."""
    taken = min(count, most or count)
    return np.arange(taken) * count // max(1, taken)


def check_fits(network: Network, path: Path, splits: Splits) -> None:
    """Refuse a network, read from `path`, that has another number of inputs than the images have pixels."""
    inputs, pixels = len(network.weights), splits.test.images.shape[1]
    if inputs != pixels:
        raise ConfigError(f"a network must have {pixels} inputs, one a pixel, {str(path)!r} has {inputs}")


def learned_digits(splits: Splits) -> Learned:
    """Return what a network learns from that learns from the training images.

    Raises
    ------
    ConfigError
        Test images are among the training images.
    """
    return learned_from(splits.name, _split(splits.training), [_split(splits.test)], "images")


def check_unlearned(network: Path, splits: Splits) -> None:
    """Refuse a network, read from `network`, that learned from the test images."""
    check_not_learned(network, _split(splits.test), "images", "give --mnist, or a folder of other images by --data")


def _split(images: Images) -> Samples:
    return split_of_samples(image.tobytes() for image in images.images)
