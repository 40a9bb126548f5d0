"""Words by node and step: of a trace, and of a golden set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError, UnknownNameError
from fxsnn.golden.bundle import read_bundle
from fxsnn.number.cast import to_float
from fxsnn.number.format import Format

Words = NDArray[np.int64]


class Nodes(Mapping[str, Words]):
    """Raw words by name: `nodes["hidden.membrane"][step]`, int64[steps, ...], of a register int64[steps].

    formats    by the same names
    """

    def __init__(self, words: Mapping[str, Words], formats: Mapping[str, Format]) -> None:
        """Hold words and their formats."""
        self._words, self.formats = dict(words), {name: formats[name] for name in words}

    def real(self, name: str) -> NDArray[np.float64]:
        """Return the values of a node's words; raises UnknownNameError."""
        return to_float(self[name], self.formats[name])

    def __getitem__(self, name: str) -> Words:
        """Return the words of a node; raises UnknownNameError, a KeyError, which has all names."""
        if name not in self._words:
            raise UnknownNameError(f"a name must be one of {', '.join(self)}, not {name!r}")
        return self._words[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._words)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._words)


def load_golden(folder: str | PathLike[str]) -> Nodes:
    """Return the words of a golden set: of inputs and nodes a row a step, all steps of the first input first.

    Raises
    ------
    FileError
        The set cannot be read, or a file of words is not the one that its manifest describes.
    """
    bundle = read_bundle(Path(folder))
    if bundle.altered:
        raise FileError(bundle.altered[0])
    words = {one.name: bundle.words[one.name].astype(np.int64).reshape(one.shape) for one in bundle.vectors}
    return Nodes(words, {one.name: one.format for one in bundle.vectors})
