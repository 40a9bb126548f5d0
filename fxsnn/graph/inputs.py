"""Reading the inputs of a network: words of its input at every step, and the class of each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.errors import ConfigError, FileError, FxsnnError
from fxsnn.frozen import freeze
from fxsnn.graph.arrays import ENDINGS, read_given
from fxsnn.graph.frames import Frames, parts
from fxsnn.graph.network import MOST_CLASSES, Graph
from fxsnn.graph.reading import as_words, check_inputs
from fxsnn.graph.recorded_inputs import HDF5, MOST_WORDS, is_recorded, recorded_of, spikes_of
from fxsnn.io.files import MOST_BYTES, read_bytes
from fxsnn.io.npz import UNREADABLE, unpack_npy, unpack_npz
from fxsnn.number.cast import check_words
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.signal import Signal

NAMES = ("inputs", "units", "images", "frames_on")  # of an array of an .npz that says what it holds


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Inputs of a network.

    words     int64[inputs, steps, words] of the format of the network's input; a map flat. Of many words only those
              that are asked for are made: `parts` yields all of them
    labels    int64[inputs], the class of each, from 0 on; none where the file holds none
    file      where they come from, for messages
    """

    words: NDArray[np.int64] | Frames
    labels: NDArray[np.int64] | None = None
    file: str = ""

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.words)

    def first(self, count: int | None) -> Inputs:
        """Return so many of the first of them; all, if no count is given."""
        return self.chosen(slice(count))

    def chosen(self, places: slice | NDArray[np.int64]) -> Inputs:
        """Return the inputs at these places.

        places    int64[inputs], or a slice
        """
        words = self.words.chosen(places) if isinstance(self.words, Frames) else self.words[places]
        return Inputs(words, None if self.labels is None else self.labels[places], self.file)

    def parts(self) -> Iterator[NDArray[np.int64]]:
        """Yield all words, some inputs at a time."""
        return parts(self.words)

    def facts(self) -> list[NDArray[Any]]:
        """Return all that the words and labels follow from."""
        found = self.words.facts() if isinstance(self.words, Frames) else [self.words]
        return found if self.labels is None else [*found, self.labels]


def read_inputs(path: Path, graph: Graph) -> Inputs:
    """Read inputs of a network.

    .npy    an array [inputs, steps, ...], a map flat or as it is, of whole numbers or of false and true; of floats
            that are whole where words have no fractional bits, as spikes
    .npz    the same by the name `inputs`, and the classes `labels`, [inputs], if they are known; or spikes as `units`,
            `times` in microseconds, `offsets` and `labels`; `images` and `labels`; or a binned recording
    .csv, .mem    the raw words of one input, its first step first
    .toml   a description of how recordings or images are shown; these themselves too, see `recorded_of`

    Raises
    ------
    FileError
        The file is missing, damaged or of another kind.
    ConfigError
        The arrays are of another shape, hold what is no word of the input's format, or a label is no class.
    """
    recorded = is_recorded(path)
    if path.suffix not in ENDINGS and not recorded:
        raise FileError(
            f"inputs must be a file of {', '.join((*ENDINGS, '.toml', *HDF5))} or a folder, not {str(path)!r}"
        )
    try:
        if path.suffix in (".csv", ".mem"):
            return Inputs(checked_inputs(_one(path, graph), graph), file=str(path))
        arrays = {} if recorded else _arrays(path)
        if recorded or "inputs" not in arrays:
            found, labels = spikes_of(arrays, graph.shape) if "units" in arrays else recorded_of(path, graph.shape)
            words = _checked_frames(found, graph) if isinstance(found, Frames) else checked_inputs(found, graph)
            return Inputs(words, None if labels is None else _classes(labels, len(words)), str(path))
        words = checked_inputs(arrays["inputs"], graph)
        return Inputs(words, _classes(arrays["labels"], len(words)) if "labels" in arrays else None, str(path))
    except FxsnnError as error:
        named = f"{str(path)!r}: "
        raise type(error)(named + str(error).removeprefix(named)) from None


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    data = read_bytes(path, "inputs")
    try:
        if path.suffix == ".npy":
            return {"inputs": unpack_npy(data, path.name, fortran=True)}
        arrays = unpack_npz(data, most=MOST_BYTES)
    except UNREADABLE as error:
        raise FileError(f"inputs must be plain arrays of NumPy: {error}") from None
    if not arrays.keys() & set(NAMES):
        raise FileError(f"inputs must be an array of the name {', '.join(NAMES)}, not {', '.join(arrays) or 'none'}")
    return arrays


def _one(path: Path, graph: Graph) -> NDArray[np.int64]:
    """Return the words of one input: [1, steps, words]."""
    given = read_given(path.name, path.parent, words=True, whole=not graph.format.frac)
    size = math.prod(graph.shape)
    flat = given.words(Signal(graph.format), Lfsr(), "inputs")[0].reshape(-1)
    if len(flat) % size:
        raise ConfigError(f"inputs must be whole steps of {size} words, not {len(flat)} words")
    return flat.reshape(1, -1, size)


def checked_inputs(given: ArrayLike, graph: Graph) -> NDArray[np.int64]:
    """Return the inputs of a network, int64[inputs, steps, words]; ConfigError where they are none, or too many."""
    words = as_words(given, graph.format)
    if words.size > MOST_WORDS:
        raise ConfigError(f"inputs must be at most {MOST_WORDS:,} words together, not {words.size:,}")
    check_words("inputs", words, graph.format)
    shaped = check_inputs(graph.shape, graph.readout, words)
    if not len(shaped):
        raise ConfigError("inputs must be one or more, not none")
    return np.ascontiguousarray(shaped, np.int64)


def _checked_frames(frames: Frames, graph: Graph) -> Frames:
    """Return the inputs of a network a part at a time; raises as `checked_inputs` does."""
    before = 0
    for some in parts(frames):
        check_words("inputs", some, graph.format, before)
        check_inputs(graph.shape, graph.readout, some)
        before += len(some)
    return frames


def _classes(given: NDArray[Any], inputs: int) -> NDArray[np.int64]:
    if given.dtype.kind == "f" and (given == np.rint(given)).all() and (np.abs(given) < MOST_CLASSES).all():
        given = given.astype(np.int64)
    if given.dtype.kind not in "iu" or given.shape != (inputs,):
        raise ConfigError(
            f"labels must be a whole number for each of {inputs} inputs, not {given.dtype}{list(given.shape)}"
        )
    wrong = np.flatnonzero((given < 0) | (given >= MOST_CLASSES))
    if len(wrong):
        raise ConfigError(f"labels[{wrong[0]}] must be a class of 0 to {MOST_CLASSES - 1}, not {given[wrong[0]]}")
    return given.astype(np.int64)
