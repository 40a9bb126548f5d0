"""Which event recordings a folder holds, recognised by its content."""

from __future__ import annotations

from pathlib import Path

from fxsnn.data.gesture import TONIC, TRIALS, load_gestures, verify
from fxsnn.data.nmnist import Split, load_archive, load_nmnist
from fxsnn.data.recordings import Recordings
from fxsnn.errors import FileError

WHERE = (
    "N-MNIST as Train/<label>/*.bin and Test/<label>/*.bin, recordings in train.npz and test.npz, the official DVS128 "
    "Gesture (user*.aedat, user*_labels.csv, trials_to_train.txt, trials_to_test.txt) or tonic's ibmGestureTrain/ and "
    "ibmGestureTest/"
)


def kind_of(folder: Path) -> str:
    """Return what a folder holds: nmnist, archive, gesture or tonic; raises FileError that says what could be there."""
    known = {
        "nmnist": folder / "Train",
        "archive": folder / "train.npz",
        "gesture": folder / TRIALS["train"][0],
        "tonic": folder / TONIC["train"][0],
    }
    for kind, path in known.items():
        if path.exists():
            return kind
    raise FileError(f"a folder of recordings must hold {WHERE}; {str(folder)!r} does not")


def open_recordings(folder: Path, split: Split, shrink: int = 1, only: int | None = None) -> Recordings:
    """Read the recordings of a folder, whichever they are.

    shrink    cells that are counted as one where the recordings would not fit into memory else (gestures)
    only      the first files of a split of gestures alone
    """
    kind = kind_of(folder)
    if kind == "nmnist":
        return load_nmnist(folder, split)
    if kind == "archive":
        return load_archive(folder / f"{split}.npz")
    return load_gestures(folder, split, shrink, only)


def describe(folder: Path) -> list[tuple[str, str, int]]:
    """Say for both splits what a folder holds: the split, what it is, how many recordings; damage raises FileError.

    Of the official gestures the list of trials, the presence of all files and their labels are checked; what is in the
    recordings is checked when they are read.
    """
    kind = kind_of(folder)
    splits: tuple[Split, Split] = ("train", "test")
    if kind == "gesture":
        return [(split, "DVS128 Gesture, official files", verify(folder, split)) for split in splits]
    found = [(split, open_recordings(folder, split, shrink=4)) for split in splits]
    return [(split, recordings.name, len(recordings)) for split, recordings in found]
