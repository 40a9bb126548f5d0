"""Where the files of MNIST and its likes lie: as published, as torchvision and as Kaggle lay them out."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError
from fxsnn.io.files import decoded

MNIST, FASHION, KUZUSHIJI = "MNIST", "Fashion-MNIST", "KMNIST"
KAGGLE = "Kaggle's digit-recognizer"
TORCHVISION = {MNIST: "MNIST/raw", FASHION: "FashionMNIST/raw", KUZUSHIJI: "KMNIST/raw"}
"""The folder of each data set beneath the root that torchvision is given."""
_PLACES = (".", "mnist", "raw")  # where the files of any of them may lie
_CSV_PLACES = (".", "digit-recognizer")
_HEADER = "label," + ",".join(f"pixel{n}" for n in range(784))


def find_file(folder: Path, name: str, data_set: str | None = None) -> Path | None:
    """Return where a file lies that was published as `name` (with .gz), as it is or unpacked; None if nowhere.

    data_set    the one whose folder of torchvision's is looked into; without it none is
    """
    places = _PLACES if data_set is None else (TORCHVISION[data_set],)
    for place in places:
        for form in _forms(name.removesuffix(".gz")):
            with contextlib.suppress(OSError):  # a folder that may not be entered holds nothing for us
                if (path := folder / place / form).is_file():
                    return path
    return None


def find_csv(folder: Path, split: str) -> Path | None:
    """Return where the table of Kaggle's digit-recognizer lies that begins as it must; None if nowhere."""
    for place in _CSV_PLACES:
        with contextlib.suppress(OSError):
            path = folder / place / f"{split}.csv"
            with path.open("rb") as file:
                if file.read(80).decode("utf-8-sig", "replace").startswith(("label,pixel0,", "pixel0,")):
                    return path
    return None


def parse_csv(data: bytes, name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images uint8[images, 784] and labels uint8[images] of Kaggle's table of labelled images.

    Raises
    ------
    FileError
        It has no labels, or is not such a table.
    """
    try:
        header, _, rows = decoded(data).partition("\n")
    except UnicodeDecodeError as error:
        raise FileError(f"{name!r} must be UTF-8 text: {error.reason}") from None
    header = header.strip().replace('"', "")
    if header == _HEADER.removeprefix("label,"):
        raise FileError(f"{name!r} must have labels, Kaggle publishes it without them")
    if header != _HEADER:
        raise FileError(f"{name!r} must begin with the line label,pixel0,...,pixel783")
    try:
        if not rows.strip():
            raise ValueError("there is none")
        table = np.loadtxt(io.StringIO(rows), np.uint8, comments=None, delimiter=",", ndmin=2)
    except ValueError as error:
        raise FileError(f"{name!r} must hold rows of 785 numbers of 0 to 255: {error}") from None
    if table.shape[1] != 785 or table[:, 0].max() > 9:
        raise FileError(
            f"{name!r} must hold rows of a label of 0 to 9 and 784 pixels, not of {table.shape[1]} numbers and labels "
            f"up to {table[:, 0].max()}"
        )
    return np.ascontiguousarray(table[:, 1:]), np.ascontiguousarray(table[:, 0])


def _forms(name: str) -> tuple[str, ...]:
    """Return the names under which a published file is found: Kaggle writes a dot, and nests folders."""
    dotted = name.replace("-idx", ".idx")
    return (f"{name}.gz", name, f"{dotted}.gz", dotted, f"{name}/{name}", f"{dotted}/{dotted}")
