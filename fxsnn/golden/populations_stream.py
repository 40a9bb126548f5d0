"""Write the words of a golden set of a network of populations, one presentation after the other, in bounded memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.golden.contents import Vector
from fxsnn.golden.memfile import DIGIT_OF, Sums, mem_lines, render, sums_of_digits
from fxsnn.golden.populations import Presented, Words, graph_counts, graph_words, respond
from fxsnn.golden.writing import comments_of, entry_of
from fxsnn.graph.quantise import QuantisedGraph

Progress = Callable[[int, int], None]  # presentations done, and their number
_AT_ONCE = 1 << 18  # words of a file that are text at a time


@dataclass(slots=True)
class _Growing:
    """A memory file while its words come."""

    path: Path
    vector: Vector
    hashed: Any = field(default_factory=hashlib.sha256)
    sums: Sums = field(default_factory=lambda: Sums(0, 0, 0))
    digits: int = 0

    def begin(self, identity: str) -> None:
        """Write the comments."""
        self._write(render(comments_of(self.vector, identity), []), "wb")

    def add(self, words: NDArray[np.int64]) -> None:
        """Write the words that follow."""
        flat = words.reshape(-1)
        for first in range(0, len(flat), _AT_ONCE):
            data = mem_lines(flat[first : first + _AT_ONCE], self.vector.bits)
            lines = np.frombuffer(data, np.uint8)
            values = DIGIT_OF[lines[lines != ord("\n")]]
            self.sums, self.digits = self.sums + sums_of_digits(values, self.digits), self.digits + len(values)
            self._write(data, "ab")

    def entry(self) -> dict[str, Any]:
        """Return what the manifest says of the file."""
        return entry_of(self.vector, self.hashed.hexdigest(), self.sums)

    def _write(self, data: bytes, mode: str) -> None:
        self.hashed.update(data)
        with self.path.open(mode) as file:
            file.write(data)


def presentations(network: QuantisedGraph, presented: Presented) -> Iterator[tuple[dict[str, Words], dict[str, Any]]]:
    """Yield the words of every presentation by file, int64 of the file's shape for one input, and what it counts.

    Raises as `respond` does.
    """
    for n, steps in enumerate(presented.steps):
        one = Presented.of(presented.words[n : n + 1, :steps], presented.start.part(slice(n, n + 1)))
        response = respond(network, one)
        yield graph_words(network, one, response), graph_counts(network, response)


def write_presentations(
    place: Path,
    network: QuantisedGraph,
    presented: Presented,
    vectors: Sequence[Vector],
    identity: str,
    progress: Progress | None = None,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Write the file of each vector into the folder; return what the manifest says of them, and what it counts.

    The bytes are those of a set that is written at once; words of one presentation are in memory at a time.

    vectors     the files, as `graph_layout` returns them for these presentations
    progress    called with the presentations that are done and their number

    Raises
    ------
    ConfigError, WidthError, OverflowDetectedError
        The network cannot run.
    """
    many, counts = len(presented.words), dict[str, Any]()
    files = [_Growing(place / one.file, one) for one in vectors]
    for n, (words, counted) in enumerate(presentations(network, presented)):
        for file in files:
            if n == 0:
                file.begin(identity)
            if n == 0 or file.vector.role != "constant":
                file.add(words[file.vector.name])
        counts = added(counts, counted) if n else counted
        if progress:
            progress(n + 1, many)
    return [file.entry() for file in files], counts


def added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two sets of presentations count together; lists follow each other."""
    return {
        name: added(count, other[name]) if isinstance(count, Mapping) else count + other[name]
        for name, count in one.items()
    }


def large(vectors: Sequence[Vector]) -> bool:
    """Say whether a set takes so long that one wants to see it grow."""
    return sum(vector.depth for vector in vectors) >= 1 << 20
