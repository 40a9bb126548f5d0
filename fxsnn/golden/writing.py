"""Write the files of a golden set: words and what the manifest says of them, texts, corners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.golden.contents import Vector, described, lines_of
from fxsnn.golden.corners import Reached
from fxsnn.golden.memfile import Sums, digest, hex_lines, render, sums_of
from fxsnn.golden.timed import Timed


def write_vectors(
    place: Path, vectors: Sequence[Vector], words: dict[str, NDArray[np.int64]], identity: str
) -> list[dict[str, Any]]:
    """Write the file of each vector into the folder; return what the manifest says of them."""
    files = []
    for vector in vectors:
        lines = hex_lines(lines_of(vector, words[vector.name]), vector.bits)
        data = render(comments_of(vector, identity), lines)
        (place / vector.file).write_bytes(data)
        files.append(entry_of(vector, digest(data), sums_of(lines)))
    return files


def write_files(place: Path, files: Mapping[str, bytes]) -> list[dict[str, str]]:
    """Write files beside the words into the folder, by name; return what the manifest says of them."""
    for name, data in files.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(data)
    return [{"file": name, "sha256": digest(data)} for name, data in files.items()]


def unreached(manifest: dict[str, Any]) -> list[str]:
    """Return the corners that no presentation of a bundle reached, though none is known to be out of reach."""
    return [name for name, about in manifest["corners"].items() if not about["reached"] and "because" not in about]


def entry_of(vector: Vector, sha256: str, sums: Sums) -> dict[str, Any]:
    """Return what the manifest says of a file of words."""
    return {
        **described(vector),
        "sha256": sha256,
        "sums": [f"{value:#x}" for value in (sums.digits, sums.places, sums.squares)],
    }


def comments_of(vector: Vector, identity: str) -> list[str]:
    """Return the comments before the words of a file."""
    shape = " x ".join(map(str, vector.shape))
    line = (
        f"{vector.bits} bits a line, bit i is element i of the last dimension" if vector.packed else "one word a line"
    )
    return [
        f"{vector.stem}: {vector.about}",
        f"{vector.format.describe()}, {shape}, outermost first, {line}, {vector.depth} lines",
        f"configuration {identity}",
    ]


def corner_entries(found: Mapping[str, Reached], cannot: Mapping[str, str], stimuli: Timed) -> dict[str, Any]:
    """Return what the manifest says of each corner: where it was first reached, or why it cannot be."""

    def entry(name: str, reached: Reached) -> dict[str, Any]:
        if not reached.count:
            return {"reached": 0, "because": cannot[name]} if name in cannot else {"reached": 0}
        presentation, step = stimuli.place(reached.row)
        return {"reached": reached.count, "presentation": presentation, "step": step, "neuron": reached.neuron}

    return {name: entry(name, reached) for name, reached in found.items()}
