"""What the files of a golden set hold, and whether they are those that its manifest describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError
from fxsnn.frozen import freeze
from fxsnn.golden.contents import Vector
from fxsnn.golden.memfile import MemFile, Sums, altered_digit, digest, read_mem
from fxsnn.golden.scanned import FileWords, scan_mem
from fxsnn.golden.stated import differing, misstated
from fxsnn.golden.timed import Timed
from fxsnn.io.files import inside, read_bytes

MANIFEST = "manifest.json"
MOST_WORDS = 1 << 28  # of one file; more was not written by fxsnn
Hex64 = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-f]{1,16}\\Z")]


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A bundle as its files have it; nothing is computed again."""

    vectors: list[Vector]
    words: Mapping[str, NDArray[np.int64]]  # raw; inputs and nodes int64[rows, ...]
    altered: list[str]  # what is not of the digest that the manifest states
    misstated: list[str]  # what the manifest states of sizes and the files contradict
    counts: dict[str, Any]  # that the manifest states, of casts and spikes
    stimuli: Timed

    def __post_init__(self) -> None:
        freeze(self)


class File(msgspec.Struct):
    """What a manifest states of a file of words."""

    name: str
    file: str
    sha256: str
    format: str
    shape: list[int]
    sums: tuple[Hex64, Hex64, Hex64] | None = None  # since schema 2


class Other(msgspec.Struct):
    """What a manifest states of a file beside them."""

    file: str
    sha256: str


class Manifest(msgspec.Struct):
    """A manifest of a set of any kind."""

    schema: int | str
    configuration: dict[str, Any]
    files: list[File]
    counts: dict[str, Any]
    others: list[Other] = []


def check_begins(begin: NDArray[np.int64], timed: Timed) -> None:
    """Raise FileError where the words of begin.mem, int64[rows], are not those of the presentations."""
    must = timed.begin()
    wrong = np.flatnonzero(begin != must)
    if len(wrong):
        raise FileError(f"begin.mem word {wrong[0]} must be {must[wrong[0]]}, as the manifest's steps say")


def check_described(vectors: Sequence[Vector], manifest: Manifest) -> None:
    """Raise FileError where a manifest does not describe exactly these files."""
    stated = {entry.name: (entry.file, entry.format, entry.shape) for entry in manifest.files}
    for vector in vectors:
        expected = (vector.file, str(vector.format), list(vector.shape))
        if stated.get(vector.stem) != expected:
            raise FileError(f"manifest.json must state {vector.stem} as {expected}, not {stated.get(vector.stem)}")
    if len(manifest.files) != len(vectors):
        raise FileError(f"manifest.json must state {len(vectors)} files, not {len(manifest.files)}")


def scan_words(folder: Path, vectors: Sequence[Vector], manifest: Manifest) -> tuple[list[str], list[str]]:
    """Look through the file of each vector, a part of it at a time; return what was altered, and is misstated.

    Raises FileError where a file is missing or malformed.
    """
    entries = {entry.name: entry for entry in manifest.files}
    altered, wrong = list[str](), list[str]()
    for vector in vectors:
        found, stated = scan_mem(folder, vector), entries[vector.stem]
        if found.sha256 != stated.sha256:
            mem = read_mem(inside(folder, vector.file), vector.file, vector.bits, vector.depth)
            altered.append(_altered_mem(stated, vector, mem))
        else:
            wrong += _wrong_sums(vector, stated, found.sums)
    return altered, wrong


class Former(NamedTuple):
    """The files of a set of a former schema by the names that it has for them, and what is wrong with them."""

    words: FileWords
    altered: list[str]
    wrong: list[str]  # what the manifest misstates of sizes and registers
    misread: list[str]  # and of sums


def open_former(
    folder: Path,
    vectors: Sequence[Vector],
    manifest: Manifest,
    content: Mapping[str, Any],
    presentations: int,
    registers: Mapping[str, Any],
) -> Former:
    """Look through the files of a set of a former schema; raises FileError where one is not described, or malformed.

    registers    what the manifest must say of them
    """
    check_described(vectors, manifest)
    found, misread = scan_words(folder, vectors, manifest)
    wrong = misstated(content, vectors, presentations, registers)
    words = FileWords(folder, {vector.name: vector for vector in vectors})
    return Former(words, [*found, *altered_texts(folder, manifest)], wrong, misread)


def altered_texts(folder: Path, manifest: Manifest) -> list[str]:
    """Return, a line each, which files beside the words are not those that the manifest describes."""
    return [
        _altered(entry.file, found)
        for entry in manifest.others
        if (found := digest(read_bytes(inside(folder, entry.file), f"the golden file {entry.file}"))) != entry.sha256
    ]


def _wrong_sums(vector: Vector, stated: File, found: Sums) -> list[str]:
    """Return where a manifest states other sums than a file's."""
    if not stated.sums:
        return []
    sums = [f"{value:#x}" for value in astuple(found)]
    return differing(f"{vector.file}: ", {"sums": list(stated.sums)}, {"sums": sums})


def _altered(file: str, found: str) -> str:
    return f"{file} is not the file that the manifest describes: its sha256 is {found}"


def _altered_mem(entry: File, vector: Vector, mem: MemFile) -> str:
    """Say which word was altered, if the sums over the digits show it."""
    digits = -(-vector.bits // 4)
    place = altered_digit(Sums(*(int(text, 16) for text in entry.sums)), mem.sums) if entry.sums else None
    if place is None or place >= digits * vector.depth:
        return _altered(vector.file, mem.sha256)
    word, digit = divmod(place, digits)
    line, is_ = mem.comments + word + 1, f"{mem.patterns[word]:0{digits}x}"
    return f"{vector.file} line {line} (word {word}) was altered: digit {digit + 1} of {is_} is not the one written"
