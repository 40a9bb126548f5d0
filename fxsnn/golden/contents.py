"""The files of words that a golden set holds: each with its format, its shape and what it says in the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.number.format import WORD_MAX, Format

LEARNING_SCHEMA = "learning 1"  # of sets of learning, whose files are others
BIT = Format(1, 0, signed=False)
Role = Literal["constant", "input", "state", "node"]


@dataclass(frozen=True, slots=True)
class Vector:
    """One file of a bundle.

    `name` is unique among the words of a set, `stored` what its file and the manifest call it, where that is not its
    name. `shape` is outermost first. A file of bits packs its last dimension into one word a line: bit i of the
    word is element i. Of a register there is one word a step, not one a neuron.
    """

    name: str
    role: Role
    format: Format
    shape: tuple[int, ...]
    about: str
    packed: bool = False
    register: bool = False
    stored: str = ""

    @property
    def stem(self) -> str:
        """What people call it: its file's name without the ending."""
        return self.stored or self.name

    @property
    def file(self) -> str:
        """The file's name in the bundle."""
        return f"{self.stem}.mem"

    @property
    def bits(self) -> int:
        """Bits of one line."""
        return self.shape[-1] if self.packed else self.format.word

    @property
    def depth(self) -> int:
        """Lines of the file."""
        return int(np.prod(self.shape[:-1] if self.packed else self.shape, dtype=object))


def stems_of(vectors: Iterable[Vector]) -> dict[str, str]:
    """Return what files are called, their ending left out, by the name of their words."""
    return {vector.name: vector.stem for vector in vectors}


def described(vector: Vector) -> dict[str, Any]:
    """Return what the manifest says of a file, its digests left out."""
    fmt = vector.format
    return {
        "name": vector.stem,
        "file": vector.file,
        "role": vector.role,
        "about": vector.about,
        "format": str(fmt),
        "word": fmt.word,
        "frac": fmt.frac,
        "signed": fmt.signed,
        "shape": list(vector.shape),
        "packed": vector.packed,
        "line_bits": vector.bits,
        "lines": vector.depth,
    }


def file_rows(files: Iterable[Mapping[str, Any]]) -> str:
    """Return the rows of a README's table of files, as the manifest describes them."""
    return "\n".join(
        f"| `{f['file']}` | {f['role']} | {f['about']} | {f['format']} ({'s' if f['signed'] else 'u'}{f['word']}) "
        f"| {' x '.join(map(str, f['shape']))} | {f['lines']} |"
        for f in files
    )


def lines_of(vector: Vector, words: NDArray[np.int64]) -> Sequence[int]:
    """Return one integer a line of the file, of words int64[rows, ...]: a raw word, or the bits of a packed row."""
    if not vector.packed:
        return [int(word) for word in words.reshape(-1).tolist()]
    rows = words.reshape(-1, vector.shape[-1]).astype(np.uint8)
    return [int.from_bytes(row.tobytes(), "little") for row in np.packbits(rows, axis=1, bitorder="little")]


def wide(node: str, word: int, frac: int, *, signed: bool = True) -> Format:
    """Return the format of an exact node; raises ConfigError where it is wider than 63 bits."""
    if word > WORD_MAX:
        raise ConfigError(f"a node of golden vectors must be at most {WORD_MAX} bits, but {node} can need {word}")
    return Format(word, frac, signed=signed)
