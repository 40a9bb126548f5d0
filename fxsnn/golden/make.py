"""Write a bundle: memory images, stimuli, every internal node, the RTL with its bench, and what explains them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.encode import Spikes
from fxsnn.files import new_folder
from fxsnn.golden.contents import SCHEMA, Vector, described, layout, lfsr_entry, lines_of, words_of
from fxsnn.golden.corners import Reached, coverage
from fxsnn.golden.directed import directed
from fxsnn.golden.export import check_kinds, export
from fxsnn.golden.held import MANIFEST
from fxsnn.golden.memfile import Sums, digest, hex_lines, render, sums_of
from fxsnn.golden.reach import impossible
from fxsnn.golden.readme import readme
from fxsnn.golden.rtl import bench_files
from fxsnn.golden.stated import identity_of
from fxsnn.golden.stimuli import Timed, play, stimuli_of
from fxsnn.plan import plan_to_data
from fxsnn.quantised import QuantisedNetwork


def make_bundle(
    folder: Path, network: QuantisedNetwork, spikes: Spikes, *, aimed: bool = True, kinds: Sequence[str] = ()
) -> dict[str, Any]:
    """Write golden vectors of the network's response to every image of `spikes`; return the manifest.

    Presentations directed at the corners of the arithmetic follow the images unless `aimed` is false.
    `kinds` are further formats of memory images (export.KINDS). The same network and spikes give the same
    bytes. The folder appears whole or not at all.

    Raises
    ------
    ConfigError, WidthError, OverflowDetectedError
        The network cannot run, there is no image, or the folder holds something fxsnn did not make.
    FileError
        The folder cannot be written.
    """
    check_kinds(kinds)
    stimuli = stimuli_of(spikes, network.neurons)
    extra = directed(network) if aimed else None
    if extra:
        stimuli = stimuli.then(extra)
    played = play(network, stimuli)
    words, vectors = words_of(network, stimuli, played), layout(network, stimuli.steps)
    configuration = configuration_of(network, stimuli.steps)
    identity = identity_of(configuration)
    with new_folder(folder, MANIFEST) as place:
        files = write_vectors(place, vectors, words, identity)
        manifest: dict[str, Any] = {
            "tool": f"fxsnn {version('fxsnn')}",
            "schema": SCHEMA,
            "configuration": configuration,
            "configuration_sha256_16": identity,
            "images": spikes.images,
            "lfsr": lfsr_entry(network),
            "files": files,
            "counts": played.counted(),
            "corners": corner_entries(coverage(network, stimuli, played), impossible(network), stimuli),
        }
        manifest["others"] = write_texts(place, bench_files(manifest, network))
        notes = [f"configuration {identity}"]
        manifest["others"] += [
            {"file": entry["file"], "sha256": entry["sha256"]} for entry in export(place, vectors, words, kinds, notes)
        ]
        (place / "README.md").write_bytes(readme(manifest).encode())
        (place / MANIFEST).write_bytes((json.dumps(manifest, indent=1, ensure_ascii=True) + "\n").encode("ascii"))
    return manifest


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


def write_texts(place: Path, texts: dict[str, str]) -> list[dict[str, str]]:
    """Write texts as `write_files` does."""
    return write_files(place, {name: text.encode() for name, text in texts.items()})


def write_files(place: Path, files: Mapping[str, bytes]) -> list[dict[str, str]]:
    """Write files beside the words into the folder, by name; return what the manifest says of them."""
    for name, data in files.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(data)
    return [{"file": name, "sha256": digest(data)} for name, data in files.items()]


def unreached(manifest: dict[str, Any]) -> list[str]:
    """Return the corners that no presentation of a bundle reached, though none is known to be out of reach."""
    return [name for name, about in manifest["corners"].items() if not about["reached"] and "because" not in about]


def configuration_of(network: QuantisedNetwork, steps: Sequence[int]) -> dict[str, Any]:
    """Return what the manifest says of a network and of presentations of so many steps."""
    return {
        "inputs": network.inputs,
        "neurons": network.neurons,
        "steps": list(steps),
        "reset": network.reset,
        "compare": network.compare,
        "winner": network.winner,
        "refractory_steps": network.refractory_steps,
        "refractory_input": network.refractory_input,
        "plan": plan_to_data(network.plan),
    }


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
        f"{vector.name}: {vector.about}",
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
