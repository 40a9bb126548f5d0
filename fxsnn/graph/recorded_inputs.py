"""Recordings and images as a network's inputs: folders, HDF5, idx, or a description that says how they are taken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.data.encode import RateCoding
from fxsnn.data.events import kind_of, open_recordings
from fxsnn.data.idx import parse_idx
from fxsnn.data.labelled import Labelled, class_files, load_classes, of_recordings
from fxsnn.data.shd import load_shd
from fxsnn.errors import ConfigError, FileError
from fxsnn.graph.frames import STORED_WORDS, Events, Frames, Images, made
from fxsnn.graph.given import Shape
from fxsnn.io.documents import documented, parse_toml
from fxsnn.io.files import MOST_BYTES, read_bytes, read_text
from fxsnn.io.npz import UNREADABLE, unpack_npy, unpack_npz

HDF5 = (".h5", ".hdf5")
MOST_WORDS = 1 << 28  # of inputs that are read as they are: 2 GiB of int64
Words = tuple[NDArray[np.int64] | Frames, NDArray[np.int64] | None]


class Description(msgspec.Struct, forbid_unknown_fields=True):
    """How recordings or images are shown; docs/networks.md says what each key means."""

    recordings: str = ""
    images: str = ""
    labels: str = ""
    split: Literal["train", "test"] = "test"
    step: int = 1000
    steps: int | None = None
    sensor: tuple[int, int] | None = None
    several: Literal["count", "one"] = "count"
    first: int = 0
    every: int = 1
    count: int | None = None
    coding: Literal["rate", "words"] = "rate"
    peak: float = 0.3
    seed: int = 0
    schema: Literal[1] = 1


AS_IT_IS = Description()


def is_recorded(path: Path) -> bool:
    """Say whether a file or folder is one of recordings, of images, or a description of how they are shown."""
    return path.is_dir() or path.suffix in (".toml", *HDF5) or "idx3" in path.name


def recorded_of(path: Path, shape: Shape) -> Words:
    """Return the inputs of a network of this input shape, words [inputs, steps, words], and labels if they are known.

    Raises
    ------
    FxsnnError
        A file cannot be read or holds something else, or what it holds does not fit the network.
    """
    if path.is_dir() or path.suffix in HDF5 or (path.suffix == ".npz" and "images" not in _npz(path)):
        return _recordings(path, AS_IT_IS, shape)
    if path.suffix != ".toml":
        return _images(path, None, AS_IT_IS, shape)
    asked = documented(parse_toml(read_text(path, what := "a description of inputs"), what), Description, what)
    _check(asked)
    if asked.recordings:
        return _recordings(path.parent / asked.recordings, asked, shape)
    return _images(path.parent / asked.images, path.parent / asked.labels if asked.labels else None, asked, shape)


def spikes_of(arrays: Mapping[str, NDArray[Any]], shape: Shape, asked: Description = AS_IT_IS) -> Words:
    """Return recordings that an .npz holds as `units`, `times` in microseconds, `offsets`, and `labels` if known."""
    for name in ("units", "times", "offsets", "labels"):
        if name not in arrays and name != "labels":
            raise FileError(f"spikes must be the arrays units, times and offsets, {name} is not there")
        if name in arrays and (arrays[name].dtype.kind not in "iu" or arrays[name].ndim != 1):
            raise FileError(f"{name} must be whole numbers [n], not {arrays[name].dtype}{list(arrays[name].shape)}")
    parts = [arrays[name].astype(np.int64) for name in ("units", "times", "offsets")]
    labels = arrays["labels"].astype(np.int64) if "labels" in arrays else None
    return _binned(_chosen(Labelled(parts[0], parts[1], parts[2], labels, math.prod(shape)), asked), asked)


def _check(asked: Description) -> None:
    if bool(asked.recordings) == bool(asked.images) or (asked.labels and not asked.images):
        raise ConfigError("a description of inputs must name recordings, or images and their labels")
    given = asked.recordings or asked.images
    whole = asked.recordings and Path(given).suffix in (*HDF5, ".npz")  # of one sensor, without a split
    for names, where, unused in (
        (("coding", "peak", "seed"), "of images", bool(asked.recordings)),
        (("split", "step", "sensor", "several"), "of recordings", bool(asked.images)),
        (("split", "sensor"), "of folders of recordings", whole),
        (("peak", "seed"), "where coding is 'rate'", asked.coding == "words"),
    ):
        for name in names:
            if unused and getattr(asked, name) != getattr(AS_IT_IS, name):
                raise ConfigError(f"{name} must be given {where} alone, not of {given!r}")
    for name, least in (("step", 1), ("first", 0), ("every", 1), ("steps", 1), ("count", 1)):
        given = getattr(asked, name)
        if given is not None and given < least:
            raise ConfigError(f"{name} must be {least} or more, not {given}")


def _recordings(path: Path, asked: Description, shape: Shape) -> Words:
    """Read recordings; of classes in folders only the files that are chosen."""
    if path.suffix in HDF5:
        return _binned(_chosen(load_shd(path, math.prod(shape)), asked), asked)
    if path.suffix == ".npz" and "units" in (arrays := _npz(path)):
        return spikes_of(arrays, shape, asked)
    height, width, both = _sensor(asked, shape)
    if (kind := _kind(path)) is not None:
        found = open_recordings(path, asked.split, step=asked.step)
        if (found.height, found.width) != (height, width):
            raise ConfigError(
                f"{str(path)!r}: a sensor of {found.height} x {found.width} cells ({kind}) must be that of the "
                f"network's input, {height} x {width}"
            )
        return _binned(_chosen(of_recordings(found, both), asked), asked)
    files = class_files(path, asked.split)
    return _binned(load_classes([files[n] for n in _which(len(files), asked)], height, width, both), asked)


def _kind(path: Path) -> str | None:
    """Return which known data set of one sensor a folder or file is; none where it is folders of classes."""
    try:
        found = kind_of(path)
    except FileError:
        return None
    return None if found == "nmnist" else found  # any sensor's files may lie so


def _sensor(asked: Description, shape: Shape) -> tuple[int, int, bool]:
    """Return rows and columns of the sensor, and whether darker and brighter events are counted apart."""
    if len(shape) == 3 and shape[2] <= 2:
        if asked.sensor not in (None, shape[:2]):
            raise ConfigError(
                f"sensor must be that of the network's input, {list(shape[:2])}, not {list(asked.sensor)}"
            )
        return shape[0], shape[1], shape[2] == 2
    if asked.sensor is None or math.prod(shape) not in (n := math.prod(asked.sensor), 2 * n):
        given = "left out" if asked.sensor is None else list(asked.sensor)
        raise ConfigError(
            f"sensor must be [rows, columns] in the description of inputs, of {math.prod(shape)} cells, or of half as "
            f"many of two polarities, not {given}"
        )
    return (*asked.sensor, math.prod(shape) == 2 * n)


def _which(count: int, asked: Description) -> list[int]:
    found = list(range(asked.first, count, asked.every))[: asked.count]
    if not found:
        raise ConfigError(f"first must leave one or more of {count:,}, not begin at {asked.first:,}")
    return found


def _chosen(recordings: Labelled, asked: Description) -> Labelled:
    return recordings.part(_which(len(recordings), asked))


def _binned(recordings: Labelled, asked: Description) -> Words:
    steps = asked.steps or recordings.lasting(asked.step)
    _limit(len(recordings), steps, recordings.size)
    words = made(Events(recordings, asked.step, steps, asked.several == "one"), len(recordings), steps, recordings.size)
    return words, recordings.labels


def _limit(inputs: int, steps: int, size: int) -> None:
    """Refuse inputs that are many, of which one alone is more than memory should hold."""
    if inputs * steps * size > MOST_WORDS and steps * size > STORED_WORDS:
        raise ConfigError(
            f"inputs must be at most {MOST_WORDS:,} words together where one has more than {STORED_WORDS:,}, not "
            f"{inputs:,} of {steps:,} steps with {size:,} words: a description of inputs takes fewer "
            "(step, steps, first, every, count)"
        )


def _images(path: Path, labels: Path | None, asked: Description, shape: Shape) -> Words:
    """Show each image for some steps: as spikes whose rate its pixels are, or as its pixels in every step."""
    images, known = _pixels(path)
    if labels is not None:
        known = _classes(labels)
    elif known is None and (beside := _beside(path)) is not None:
        known = _classes(beside)
    size = math.prod(shape)
    if images.ndim < 2 or math.prod(images.shape[1:]) != size:
        raise ConfigError(
            f"{str(path)!r}: images must be of the network's input, {list(shape)}, not {list(images.shape[1:])}"
        )
    if known is not None and known.shape != (len(images),):
        raise ConfigError(f"{str(path)!r}: labels must be one each of {len(images):,} images, not {list(known.shape)}")
    which = _which(len(images), asked)
    flat, steps = np.ascontiguousarray(images[which].reshape(len(which), size)), asked.steps or 100
    _limit(len(which), steps, size)
    coding = None if asked.coding == "words" else RateCoding(steps, asked.peak, asked.seed)
    return made(Images(flat, steps, coding), len(which), steps, size), None if known is None else known[which]


def _pixels(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64] | None]:
    if path.suffix not in (".npy", ".npz"):
        return parse_idx(read_bytes(path, "images"), str(path), dimensions=3), None
    arrays = _npz(path) if path.suffix == ".npz" else {"images": _npy(path)}
    images, labels = arrays.get("images"), arrays.get("labels")
    if images is None or images.dtype != np.uint8:
        raise FileError(f"{str(path)!r} must hold images, uint8, not {images.dtype if images is not None else 'none'}")
    return images, None if labels is None else _whole(labels, path)


def _classes(path: Path) -> NDArray[np.int64]:
    if path.suffix != ".npy":
        return parse_idx(read_bytes(path, "labels"), str(path), dimensions=1).astype(np.int64)
    return _whole(_npy(path), path)


def _npz(path: Path) -> dict[str, NDArray[Any]]:
    try:
        return unpack_npz(read_bytes(path, "an .npz"), most=MOST_BYTES)
    except UNREADABLE as error:
        raise FileError(f"{str(path)!r} must be plain arrays of NumPy: {error}") from None


def _npy(path: Path) -> NDArray[Any]:
    try:
        return unpack_npy(read_bytes(path, "an .npy"), path.name, fortran=True)
    except UNREADABLE as error:
        raise FileError(f"{str(path)!r} must be a plain array of NumPy: {error}") from None


def _whole(labels: NDArray[Any], path: Path) -> NDArray[np.int64]:
    if labels.dtype.kind not in "iu":
        raise FileError(f"{str(path)!r}: labels must be whole numbers, not {labels.dtype}")
    return labels.astype(np.int64)


def _beside(path: Path) -> Path | None:
    """Return the labels of images in idx, as they are published beside them."""
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    return path.with_name(name) if name != path.name and path.with_name(name).is_file() else None
