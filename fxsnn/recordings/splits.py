"""The recordings that a layered network is of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from fxsnn.data.events import kind_of, open_recordings
from fxsnn.data.gesture import SIDE
from fxsnn.data.learned import Learned, Samples, check_not_learned, learned_from, split_of_samples
from fxsnn.data.nmnist import Split
from fxsnn.data.recordings import Recordings
from fxsnn.decolle.description import Description


def open_split(data: Path, split: Split, described: Description) -> Recordings:
    """Read the recordings that a description is of; those of a larger sensor are shrunk to it where they are read."""
    shrink = math.ceil(SIDE / described.height) if kind_of(data) in ("gesture", "tonic") else 1
    return open_recordings(data, split, shrink, step=described.step)


def learned_recordings(train: Recordings, others: Sequence[Recordings]) -> Learned:
    """Return what a network learns from that learns from `train`; `others` are kept apart to measure it on.

    Raises
    ------
    ConfigError
        Some of the others are among those to learn from.
    """
    return learned_from(train.name, _split(train), [_split(other) for other in others], "recordings")


def check_unlearned(network: Path, recordings: Recordings) -> None:
    """Refuse a network, read from `network`, that learned from some of these recordings."""
    check_not_learned(network, _split(recordings), "recordings", "give a folder of other recordings by --data")


def _split(recordings: Recordings) -> Samples:
    edges = zip(recordings.offsets[:-1].tolist(), recordings.offsets[1:].tolist(), strict=True)
    arrays = recordings.times.astype("<i4", copy=False), recordings.addresses.astype("<i4", copy=False)
    return split_of_samples(b"".join(array[first:last].tobytes() for array in arrays) for first, last in edges)
