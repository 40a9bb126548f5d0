"""Which event recordings a folder holds, recognised by its content, and where to put those that can be had."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from fxsnn.data.binned import load_binned
from fxsnn.data.gesture import TONIC, TRIALS, load_gestures, verify
from fxsnn.data.mnist import Source
from fxsnn.data.nmnist import OFFICIAL, Split, load_archive, load_nmnist
from fxsnn.data.recordings import Recordings, listed
from fxsnn.errors import FileError, FxsnnError

Kind = Literal["nmnist", "archive", "gesture", "tonic", "binned"]

WHERE = (
    "N-MNIST as Train/<label>/*.bin and Test/<label>/*.bin, recordings in train.npz and test.npz, the official DVS128 "
    "Gesture (user*.aedat, user*_labels.csv, trials_to_train.txt, trials_to_test.txt) or tonic's ibmGestureTrain/ and "
    "ibmGestureTest/"
)
SPLITS: tuple[Split, ...] = get_args(Split)
_COUNTED_AS = 4  # cells: gestures that are only counted are stored in a sixteenth of the addresses


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive, as published, of a data set that must be fetched by hand."""

    data_set: str
    unpacked: str  # what a folder holds then
    name: str
    md5: str


ARCHIVES = (
    Archive("N-MNIST", "Train/0..9/*.bin, 60,000", "train.zip", "20959b8e626244a1b502305a9e6e2031"),
    Archive("N-MNIST", "Test/0..9/*.bin, 10,000", "test.zip", "69ca8762b2fe404d9b9bad1103e97832"),
    Archive(
        "DVS128 Gesture",
        "user*.aedat, user*_labels.csv, trials_to_train.txt (98), trials_to_test.txt (24)",
        "DvsGesture.tar.gz",
        "8a5c71fb11e24e5ca5b11866ca6c00a1",
    ),
    Archive(
        "DVS128 Gesture, tonic's",
        "ibmGestureTrain/user*/0..10.npy, 1,077",
        "ibmGestureTrain.tar.gz",
        "3a8f0d4120a166bac7591f77409cb105",
    ),
    Archive(
        "DVS128 Gesture, tonic's",
        "ibmGestureTest/user*/0..10.npy, 264",
        "ibmGestureTest.tar.gz",
        "56070e45dadaa85fff82e0fbfbc06de5",
    ),
)


def kind_of(place: Path) -> Kind:
    """Return what a folder, or a binned recording's file, holds; raises FileError that says what could be there."""
    if place.is_file():
        return "binned"
    known: dict[Kind, Path] = {
        "nmnist": place / "Train",
        "archive": place / "train.npz",
        "gesture": place / TRIALS["train"][0],
        "tonic": place / TONIC["train"][0],
    }
    for kind, path in known.items():
        if path.exists():
            return kind
    raise FileError(
        f"a folder of recordings must hold {WHERE}, or a binned recording's .npz be named; {str(place)!r} does not"
    )


def open_recordings(place: Path, split: Split, shrink: int = 1, step: int = 1) -> Recordings:
    """Read the recordings of a folder, whichever they are.

    shrink    cells that are counted as one where the recordings would not fit into memory else (gestures)
    step      microseconds that a bin of a recording that was binned before is taken to be; it belongs to both splits
    """
    kind = kind_of(place)
    if kind == "binned":
        return load_binned(place, step)
    if kind == "nmnist":
        return load_nmnist(place, split)
    if kind == "archive":
        return load_archive(place / f"{split}.npz")
    return load_gestures(place, split, shrink)


def describe(place: Path) -> list[tuple[str, str, int]]:
    """Say for both splits what a folder holds: the split, what it is, how many recordings; damage raises FileError.

    Every file is read.
    """
    kind = kind_of(place)
    if kind == "gesture":
        return [(split, "DVS128 Gesture, official files", verify(place, split)) for split in SPLITS]
    found = [(split, open_recordings(place, split, _COUNTED_AS)) for split in SPLITS]
    return [(split, recordings.name, len(recordings)) for split, recordings in found]


def describe_recordings(folder: Path) -> list[Source]:
    """Say which event recordings a folder and those in it hold, and whether archives there are those published.

    Every recording is read, and every archive's MD5 taken.
    """
    found = []
    try:
        places = [folder, *(place for place in listed(folder) if place.is_dir())]
    except FileError:
        return []
    for place in places:
        found += [_archived(archive, place / archive.name) for archive in ARCHIVES if (place / archive.name).is_file()]
        try:
            kind = kind_of(place)
        except FileError:
            continue
        found += [_described(kind, place, split) for split in SPLITS]
    return found


def _described(kind: Kind, place: Path, split: Split) -> Source:
    whole = {"nmnist": ("N-MNIST", OFFICIAL[split]), "gesture": ("DVS128 Gesture", TRIALS[split][2])}
    whole |= {"tonic": ("DVS128 Gesture", TONIC[split][1]), "archive": ("event recordings", 0)}
    name, official = whole[kind]
    try:
        count = verify(place, split) if kind == "gesture" else len(open_recordings(place, split, _COUNTED_AS))
    except FxsnnError as error:
        return Source(f"{name} {split}", str(place), 0, str(error))
    part = f"a part of {official:,}" if count < official else "ready"
    return Source(f"{name} {split}", str(place), count, part)


def _archived(archive: Archive, path: Path) -> Source:
    name = f"{archive.data_set}, {archive.name}"
    try:
        with path.open("rb") as file:
            md5 = hashlib.file_digest(file, "md5").hexdigest()
    except OSError as error:
        return Source(name, str(path), 0, f"must be a file that can be read ({error.strerror})")
    state = "as published, to be unpacked" if md5 == archive.md5 else f"must have the MD5 {archive.md5}, not {md5}"
    return Source(name, str(path), 0, state)
