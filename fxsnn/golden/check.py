"""Check a bundle: compute every node again, name the first word that differs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError, FxsnnError
from fxsnn.format import Format
from fxsnn.golden.bundle import AnyBundle, read_bundle
from fxsnn.golden.contents import Vector, words_of
from fxsnn.golden.populations import graph_counts, graph_words, respond
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.golden.populations_stream import Progress, added, large, presentations
from fxsnn.golden.stated import differing
from fxsnn.golden.stimuli import Timed, play

Found: TypeAlias = tuple[tuple[int, int], str]  # presentation and step of a difference, and what is said of it
ENDS = ("answers", "classes")
"""States that follow from all steps of a presentation; the others are those that it begins with."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The result: how much was compared, and the findings, the earliest difference first."""

    files: int
    words: int
    findings: tuple[str, ...]


def check_bundle(folder: Path, progress: Progress | None = None) -> Checked:
    """Compare a bundle with the emulator, word by word.

    progress    called with the presentations that are done and their number, where there are many words

    Raises
    ------
    FileError
        The bundle cannot be read (see `read_bundle`), or all its words and the manifest agree and yet a file is
        not the one that the manifest describes.
    """
    bundle = read_bundle(folder)
    if isinstance(bundle, GraphBundle):
        differences, counts = _compared(bundle, progress if large(bundle.vectors) else None)
    else:
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


def _compared(bundle: GraphBundle, progress: Progress | None) -> tuple[list[Found | None], dict[str, Any]]:
    """Return the first word of each file that differs, and what the emulator counts; of a presentation at a time."""
    inputs, counts = len(bundle.stimuli.words), dict[str, Any]()
    first, many = dict[str, tuple[int, int, int]](), dict[str, int]()
    try:
        for n, (words, counted) in enumerate(presentations(bundle.network, bundle.stimuli)):
            counts = added(counts, counted) if n else counted
            for vector in bundle.vectors if n == 0 else [one for one in bundle.vectors if one.role != "constant"]:
                have = words[vector.name].reshape(-1)
                begin = n * (vector.depth // inputs)
                want = bundle.words.lines(vector.name, begin, begin + len(have))
                different = np.flatnonzero(want != have)
                many[vector.name] = many.get(vector.name, 0) + len(different)
                if len(different):
                    at = int(different[0])
                    first.setdefault(vector.name, (begin + at, int(want[at]), int(have[at])))
            if progress:
                progress(n + 1, inputs)
    except FxsnnError as error:
        raise FileError(f"the bundle's configuration must run: {error}") from None
    told = (
        _difference(vector, bundle.stimuli, first[vector.name], many[vector.name]) if vector.name in first else None
        for vector in bundle.vectors
    )
    return list(told), counts


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
) -> Found | None:
    """Return presentation and step of the first word that the set expects and the emulator does not compute."""
    different = np.flatnonzero(expected.reshape(-1) != computed.reshape(-1))
    if not len(different):
        return None
    at = int(different[0])
    words = int(expected.reshape(-1)[at]), int(computed.reshape(-1)[at])
    return _difference(vector, stimuli, (at, *words), len(different))


def _difference(vector: Vector, stimuli: Timed, first: tuple[int, int, int], many: int) -> Found:
    """Return presentation and step of the first word that differs, its place in the file given, and say it."""
    at, expected, computed = first
    shape = vector.shape
    if vector.role in ("input", "node") and len(shape) == 3:  # schema 1: images and steps are rows
        shape = shape[0] * shape[1], shape[2]
    place = tuple(int(k) for k in np.unravel_index(at, shape))
    line = at // (vector.shape[-1] if vector.packed else 1)
    time, where = (0, 0), ""
    if vector.role in ("input", "node"):
        time = stimuli.place(place[0])
        where = f"presentation {time[0]}, step {time[1]}"
    elif vector.role == "state":
        time = place[0], stimuli.steps[place[0]] if vector.name in ENDS else 0
        where = f"presentation {place[0]}"
    axes = _axes(vector, len(place))
    where = ", ".join(([where] if where else []) + [f"{axis} {k}" for axis, k in zip(axes, place, strict=True) if axis])
    want, have = (shown(vector.format, word) for word in (expected, computed))
    return time, (
        f"{vector.file} word {line}{', ' if where else ''}{where}: expected {want}, computed {have}, "
        f"{vector.format.describe()}; {many} of {math.prod(vector.shape)} differ"
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
