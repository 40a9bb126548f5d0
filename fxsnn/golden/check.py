"""Check a bundle: compute every node again, name the first word that differs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError, FxsnnError
from fxsnn.format import Format
from fxsnn.golden.bundle import AnyBundle, read_bundle
from fxsnn.golden.contents import Vector, words_of
from fxsnn.golden.populations import graph_counts, graph_words, respond
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.golden.stated import differing
from fxsnn.golden.stimuli import Timed, play

ENDS = ("answers", "classes")
"""States that follow from all steps of a presentation; the others are those that it begins with."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The result: how much was compared, and the findings, the earliest difference first."""

    files: int
    words: int
    findings: tuple[str, ...]


def check_bundle(folder: Path) -> Checked:
    """Compare a bundle with the emulator, word by word.

    Raises
    ------
    FileError
        The bundle cannot be read (see `read_bundle`), or all its words and the manifest agree and yet a file is
        not the one that the manifest describes.
    """
    bundle = read_bundle(folder)
    found, counts = _played(bundle)
    differences = [
        first_difference(vector, bundle.stimuli, bundle.words[vector.name], found[vector.name])
        for vector in bundle.vectors
    ]
    earliest = sorted((one for one in differences if one), key=lambda one: one[0])
    misstated = [*bundle.misstated, *([] if earliest else differing("counts: ", bundle.counts, counts))]
    if not earliest and not misstated and bundle.altered:
        raise FileError(bundle.altered[0])
    findings = (*(text for _, text in earliest), *misstated, *bundle.altered)
    return Checked(len(bundle.vectors), sum(vector.depth for vector in bundle.vectors), findings)


def computed(bundle: AnyBundle) -> dict[str, NDArray[np.int64]]:
    """Return the words that the emulator computes from a bundle's constants and inputs."""
    return _played(bundle)[0]


def _played(bundle: AnyBundle) -> tuple[dict[str, NDArray[np.int64]], dict[str, Any]]:
    """Return the words that the emulator computes, and what it counts of casts and spikes."""
    try:
        if isinstance(bundle, GraphBundle):
            response = respond(bundle.network, bundle.stimuli)
            return graph_words(bundle.network, bundle.stimuli, response), graph_counts(bundle.network, response)
        played = play(bundle.network, bundle.stimuli)
        return words_of(bundle.network, bundle.stimuli, played), played.counted()
    except FxsnnError as error:
        raise FileError(f"the bundle's configuration must run: {error}") from None


def first_difference(
    vector: Vector, stimuli: Timed, expected: NDArray[np.int64], computed: NDArray[np.int64]
) -> tuple[tuple[int, int], str] | None:
    """Return presentation and step of the first word that the set expects and the emulator does not compute."""
    different = np.flatnonzero(expected.reshape(-1) != computed.reshape(-1))
    if not len(different):
        return None
    place = tuple(int(k) for k in np.unravel_index(different[0], expected.shape))
    line = int(different[0]) // (vector.shape[-1] if vector.packed else 1)
    time, where = (0, 0), ""
    if vector.role in ("input", "node"):
        time = stimuli.place(place[0])
        where = f"presentation {time[0]}, step {time[1]}"
    elif vector.role == "state":
        time = place[0], stimuli.steps[place[0]] if vector.name in ENDS else 0
        where = f"presentation {place[0]}"
    axes = _axes(vector, len(place))
    where = ", ".join(([where] if where else []) + [f"{axis} {k}" for axis, k in zip(axes, place, strict=True) if axis])
    want, have = (shown(vector.format, int(words[place])) for words in (expected, computed))
    return time, (
        f"{vector.file} word {line}{', ' if where else ''}{where}: expected {want}, computed {have}, "
        f"{vector.format.describe()}; {len(different)} of {expected.size} differ"
    )


def _axes(vector: Vector, dimensions: int) -> tuple[str, ...]:
    """Return what the dimensions of a file are called; those that are told otherwise have no name."""
    if vector.role != "constant":
        last = ("input" if vector.name == "input" else "class" if vector.stored == "answer" else "neuron",)
        return ("", *(last if dimensions == 2 else ("row", "column", "channel")))[:dimensions]
    return {2: ("input", "neuron"), 4: ("kernel row", "column", "input", "output")}.get(dimensions, ("",))


def shown(fmt: Format, word: int) -> str:
    """Return a word as a person compares it: hexadecimal, raw and value."""
    return f"{fmt.to_hex(word)} (raw {word}, value {float(fmt.value(word)):g})"
