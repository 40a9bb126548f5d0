"""The recordings that a layered network is of."""

from __future__ import annotations

import math
from pathlib import Path

from fxsnn.data.events import kind_of, open_recordings
from fxsnn.data.gesture import SIDE
from fxsnn.data.nmnist import Split
from fxsnn.data.recordings import Recordings
from fxsnn.errors import ConfigError
from fxsnn.layered.description import Description
from fxsnn.layered.network import LayeredNetwork


def split_of(data: Path | None, split: Split, network: LayeredNetwork) -> Recordings:
    """Read the recordings that a network is of; ConfigError where no folder is named."""
    if data is None:
        raise ConfigError("a network of layers must be shown recordings: name their folder by --data")
    return open_split(data, split, network.description)


def open_split(data: Path, split: Split, described: Description) -> Recordings:
    """Read the recordings that a description is of; those of a larger sensor are shrunk to it where they are read."""
    shrink = math.ceil(SIDE / described.height) if kind_of(data) in ("gesture", "tonic") else 1
    return open_recordings(data, split, shrink, step=described.step)
