"""Write golden vectors of a layered network: its parameters, recordings, every node at every step, and a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.files import new_folder
from fxsnn.golden.export import check_kinds, export
from fxsnn.golden.held import MANIFEST
from fxsnn.golden.layers import (
    LAYERS_SCHEMA,
    Shown,
    layers_counts,
    layers_layout,
    layers_lfsr_entry,
    layers_words,
)
from fxsnn.golden.layers_corners import layers_coverage
from fxsnn.golden.layers_directed import directed_frames
from fxsnn.golden.layers_reach import layers_impossible
from fxsnn.golden.layers_read import configuration_of_layers
from fxsnn.golden.layers_readme import layers_readme
from fxsnn.golden.layers_rtl import layers_files
from fxsnn.golden.make import corner_entries, write_texts, write_vectors
from fxsnn.golden.stated import identity_of
from fxsnn.layered.quantise import QuantisedLayers


def make_layers_bundle(
    folder: Path,
    network: QuantisedLayers,
    frames: NDArray[np.uint16],
    *,
    aimed: bool = True,
    kinds: Sequence[str] = (),
) -> dict[str, Any]:
    """Write golden vectors of the network's response to recordings; return the manifest.

    Recordings directed at the corners of the arithmetic follow unless `aimed` is false. The same network and frames
    give the same bytes. The folder appears whole or not at all.

    frames   uint16[recordings, steps, height, width, polarity]
    kinds    further formats of memory images (export.KINDS)

    Raises
    ------
    ConfigError, WidthError, OverflowDetectedError
        The network cannot run, there is no recording, or the folder holds something fxsnn did not make.
    FileError
        The folder cannot be written.
    """
    check_kinds(kinds)
    if not len(frames):
        raise ConfigError("golden vectors must be of one or more recordings, not none")
    given = len(frames)
    vectors = layers_layout(network, given)
    if aimed:
        frames = np.concatenate([frames, directed_frames(network, frames)])
        vectors = layers_layout(network, len(frames))
    shown = Shown.of(frames)
    words, traces = layers_words(network, shown)
    corners = corner_entries(layers_coverage(network, shown, words), layers_impossible(network), shown)
    configuration = configuration_of_layers(network, len(frames))
    identity = identity_of(configuration)
    with new_folder(folder, MANIFEST) as place:
        manifest: dict[str, Any] = {
            "tool": f"fxsnn {version('fxsnn')}",
            "schema": LAYERS_SCHEMA,
            "configuration": configuration,
            "configuration_sha256_16": identity,
            "recordings": given,
            "lfsr": layers_lfsr_entry(network, vectors),
            "files": write_vectors(place, vectors, words, identity),
            "counts": layers_counts(words, traces),
            "corners": corners,
        }
        notes = [f"configuration {identity}"]
        manifest["others"] = write_texts(place, layers_files(manifest, network))
        entries = export(place, vectors, words, kinds, notes)
        manifest["others"] += [{"file": entry["file"], "sha256": entry["sha256"]} for entry in entries]
        (place / "README.md").write_bytes(layers_readme(manifest).encode())
        (place / MANIFEST).write_bytes((json.dumps(manifest, indent=1, ensure_ascii=True) + "\n").encode("ascii"))
    return manifest
