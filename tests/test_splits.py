"""The roles of a data set never overlap where they must not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from command_line import skip_with_jit
from fxsnn.data.digits import PIXELS, Images
from fxsnn.digits.splits import open_splits, part
from fxsnn.errors import ConfigError, FileError

skip_with_jit()


def numbered(count: int) -> Images:
    images = np.zeros((count, PIXELS), dtype=np.uint8)
    images[:, 0], images[:, 1] = np.arange(count) % 256, np.arange(count) // 256
    return Images(images, (np.arange(count) % 10).astype(np.uint8))


def test_the_embedded_digits_are_learned_and_labelled_by_4000_and_tested_on_1000_others() -> None:
    splits = open_splits()
    assert splits.name == "5,000 digits of MNIST"
    assert splits.labelling is splits.training
    learned = {image.tobytes() for image in splits.training.images}
    tested = {image.tobytes() for image in splits.test.images}
    assert (len(splits.training), len(splits.test)) == (4000, 1000)
    assert not learned & tested


@pytest.mark.parametrize(("folder", "mnist"), [(None, True), (Path("digits"), False), (Path("digits"), True)])
def test_the_full_mnist_is_labelled_by_the_first_10000_it_learned_from(
    monkeypatch: pytest.MonkeyPatch, folder: Path | None, mnist: bool
) -> None:
    asked: list[tuple[str, Path | None]] = []

    def load(split: str, place: Path | None) -> Images:
        asked.append((split, place))
        return numbered({"train": 60_000, "test": 10_000}[split])

    monkeypatch.setattr("fxsnn.digits.splits.load_mnist", load)
    splits = open_splits(folder, mnist)
    assert asked == [("train", folder), ("test", folder)]
    assert splits.name == "MNIST"
    assert (len(splits.training), len(splits.labelling), len(splits.test)) == (60_000, 10_000, 10_000)
    assert splits.labelling.images.tolist()[-1] == splits.training.images[9_999].tolist()


def test_digits_to_learn_from_and_to_test_on_are_of_one_data_set(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"train": "MNIST", "test": "Fashion-MNIST"}
    monkeypatch.setattr("fxsnn.digits.splits.load_mnist", lambda split, _: replace(numbered(10_000), name=names[split]))
    with pytest.raises(FileError) as refused:
        open_splits(Path("digits"))
    assert str(refused.value) == ("training and test images must be of one data set, not MNIST and Fashion-MNIST")


def test_a_part_is_the_digits_from_first_to_before_last() -> None:
    assert part(numbered(5), 1, 3).images[:, 0].tolist() == [1, 2]
    assert part(numbered(5), 0, 5).labels.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("first", "last"), [(0, 0), (2, 2), (3, 2), (-1, 2), (0, 6), (5, 6)])
def test_a_part_that_is_not_there_or_empty_is_refused(first: int, last: int) -> None:
    with pytest.raises(ConfigError) as error:
        part(numbered(5), first, last)
    assert str(error.value) == f"images must be a part of 0 to 5, not {first} to {last}"
