"""Check a bundle: compute every node again, name the first word that differs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError, FxsnnError
from fxsnn.golden.bundle import read_bundle
from fxsnn.golden.contents import Vector
from fxsnn.golden.populations import graph_layout
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.golden.populations_stream import Progress, added, large, presentations
from fxsnn.golden.stated import differing
from fxsnn.golden.timed import Timed
from fxsnn.number.format import Format

Found: TypeAlias = tuple[tuple[int, int], str]  # presentation and step of a difference, and its description
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
    differences, counts = _compared(bundle, progress if large(bundle.vectors) else None)
    earliest = sorted((one for one in differences if one), key=lambda one: one[0])
    misstated = [*bundle.misstated, *([] if earliest else differing("counts: ", bundle.counts, counts))]
    if not earliest and not misstated and bundle.altered:
        raise FileError(bundle.altered[0])
    findings = (*(text for _, text in earliest), *misstated, *bundle.altered)
    return Checked(len(bundle.vectors), sum(vector.depth for vector in bundle.vectors), findings)


def _compared(bundle: GraphBundle, progress: Progress | None) -> tuple[list[Found | None], dict[str, Any]]:
    """Return the first word of each file that differs, and what the emulator counts; of a presentation at a time."""
    inputs, counts = len(bundle.stimuli.steps), dict[str, Any]()
    first, many = dict[str, tuple[int, int, int]](), dict[str, int]()
    for n, (words, counted) in enumerate(_played(bundle)):
        counts = added(counts, counted) if n else counted
        for vector in bundle.vectors:
            begin, end = _lines(vector, bundle.stimuli, n)
            if begin == end or vector.name not in words:
                continue
            have = words[vector.name].reshape(-1)
            want = bundle.words.lines(vector.name, begin, end)
            different = np.flatnonzero(want != have)
            many[vector.name] = many.get(vector.name, 0) + len(different)
            if len(different):
                at = int(different[0])
                place = begin * (len(have) // (end - begin)) + at
                first.setdefault(vector.name, (place, int(want[at]), int(have[at])))
        if progress:
            progress(n + 1, inputs)
    found = (
        _difference(vector, bundle.stimuli, first[vector.name], many[vector.name]) if vector.name in first else None
        for vector in bundle.vectors
    )
    return list(found), counts


def _lines(vector: Vector, timed: Timed, n: int) -> tuple[int, int]:
    """Return the first line that a presentation has in a file, and the one after its last; constants come once."""
    if vector.role == "constant":
        return 0, 0 if n else vector.depth
    edges = timed.edges if vector.role in ("input", "node") else range(len(timed.steps) + 1)
    each = vector.depth // edges[-1]
    return edges[n] * each, edges[n + 1] * each


def computed(bundle: GraphBundle) -> dict[str, NDArray[np.int64]]:
    """Return the words that the emulator computes from a bundle's constants and inputs.

    int64 of each file's shape; of nodes without a file too, which a set of a former schema has.
    """
    parts, shapes = [words for words, _ in _played(bundle)], {one.name: one.shape for one in bundle.vectors}
    found = dict[str, NDArray[np.int64]]()
    for one in graph_layout(bundle.network, 1, bundle.stimuli.steps[0], bundle.stimuli.start.words):
        words = np.concatenate([part[one.name] for part in (parts[:1] if one.role == "constant" else parts)])
        found[one.name] = words.reshape(shapes.get(one.name, words.shape))
    return found


def _played(bundle: GraphBundle) -> Iterator[tuple[dict[str, NDArray[np.int64]], dict[str, Any]]]:
    """Yield the words of each presentation, and what is counted of casts and spikes.

    A set of a former schema may hold constants that its network does not need: they have no words here.
    """
    try:
        yield from presentations(bundle.network, bundle.stimuli)
    except FxsnnError as error:
        raise FileError(f"the bundle's configuration must run: {error}") from None


def _difference(vector: Vector, stimuli: Timed, first: tuple[int, int, int], many: int) -> Found:
    """Return presentation and step of the first word that differs, its place in the file given, and say it."""
    at, expected, computed = first
    shape = vector.shape
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
    want, have = (word_text(vector.format, word) for word in (expected, computed))
    return time, (
        f"{vector.file} word {line}{', ' if where else ''}{where}: expected {want}, computed {have}, "
        f"{vector.format.describe()}; {many} of {math.prod(vector.shape)} differ"
    )


def _axes(vector: Vector, dimensions: int) -> tuple[str, ...]:
    """Return what the dimensions of a file are called; those that are reported otherwise have no name."""
    if vector.role != "constant":
        last = ("input" if vector.name == "input" else "class" if vector.stored == "answer" else "neuron",)
        return ("", *(last if dimensions == 2 else ("row", "column", "channel")))[:dimensions]
    return {2: ("input", "neuron"), 4: ("kernel row", "column", "input", "output")}.get(dimensions, ("",))


def word_text(fmt: Format, word: int) -> str:
    """Return a word as a person compares it: hexadecimal, raw and value."""
    return f"{fmt.to_hex(word)} (raw {word}, value {float(fmt.value(word)):g})"
