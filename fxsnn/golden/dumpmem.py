"""Read a dump of one node as a memory image: `.mem` lines, COE, or either kind of `.mif`."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError
from fxsnn.golden.amdmif import amd_mif_words
from fxsnn.golden.coe import coe_words
from fxsnn.golden.contents import Vector
from fxsnn.golden.dump import Dumped, decimal_word, digits_word, dumped, neurons_of, node_named, row_of
from fxsnn.golden.intelmif import MOST_WIDTH, intel_mif_words
from fxsnn.golden.manifest import Bundle
from fxsnn.golden.scanned import plain_words
from fxsnn.io.files import read_bytes
from fxsnn.io.imagetext import bit_pattern, unmarked
from fxsnn.io.memtext import MemText, binary, mem_text, prefixed


def read_memory(bundle: Bundle, path: Path, node: str = "") -> Dumped:
    """Read a dump of one node: `.mem` lines, COE, or either kind of `.mif`.

    node    its name; empty: the file's name without its ending

    A node of one bit a neuron may be dumped as a bit a line or as a row of bits a line, whatever the bundle does.
    Where a text can be read in two ways, so or in binary and hexadecimal, it is read so that it has as many words as
    the bundle, or as many in every step, or else as it fits the bundle better.

    Raises
    ------
    FileError
        The node is unknown, or the file malformed; the message names file and line.
    """
    where = "--node" if node else f"the name of {path.name}, without --node,"
    vector = node_named(bundle, node or path.stem, where)
    if (words := _as_in_sets(path, vector)) is not None:
        return Dumped(vector, words, np.ones(len(words), np.bool_))
    data = unmarked(read_bytes(path, "a dump"), path.name)
    kind = path.suffix.lower()
    row = row_of(vector)
    width = (row or vector).bits
    narrow = ""
    if kind in (".coe", ".mif"):
        text, stated = _image_text(kind, data, path.name)
        if stated and stated < width and (row is None or stated > 1):
            narrow = f"{path.name} is {stated} bits wide, {vector.stem} {width}"
    else:
        text = mem_text(data, path.name)
        if text.radix in (0, 16) and prefixed(text.words, -(-width // 4), path.name):
            text = replace(text, words=[re.sub("^0[xX](?=.)", "", word) for word in text.words], radix=16)
    many = len(text.words) if text.places is None else max(text.places, default=0)
    views = [replace(vector, packed=False)]
    if row is not None and many <= 2 * row.depth:
        views.insert(0 if vector.packed else 1, row)
    radixes = [text.radix] if text.radix else [16, 2] if binary(text.words, width) else [16]
    found: list[tuple[int, float, Dumped]] = []
    refused: list[FileError] = []
    for view in views:
        for radix in radixes:
            try:
                one = _read(replace(text, radix=radix), view, vector, path.name)
            except FileError as error:
                refused.append(error)
                continue
            found.append((_count(one), _misfit(one, bundle.words[vector.name]), one))
    if not found:
        raise refused[0]
    found.sort(key=lambda one: one[:2])
    count, _, best = found[0]
    others = [one for same, _, one in found if same == count and one.unit != best.unit]
    return replace(best, narrow=narrow, otherwise=replace(others[0], narrow=narrow) if others else None)


def _image_text(kind: str, data: bytes, name: str) -> tuple[MemText, int]:
    """Return the words of a memory image, and the width that it states, 0 where it states none.

    kind    the ending of its name: .coe or .mif
    """
    if kind == ".coe":
        found = coe_words(data, name, _coe_word)
        return MemText([word for word, _, _ in found], [where for _, _, where in found], None, found[0][1]), 0
    if not data.strip(b"01 \t\r\n"):
        patterns, bits = amd_mif_words(data, name)
        where = [f"{name} line {line}" for line in range(1, len(patterns) + 1)]
        return MemText([f"{pattern:0{bits}b}" for pattern in patterns], where, None, 2), bits
    by_address, bits = intel_mif_words(data, name)
    places = None if list(by_address) == list(range(len(by_address))) else list(by_address)
    where = [f"{name} address {address} (decimal)" for address in by_address]
    return MemText([f"{pattern:0{bits}b}" for pattern in by_address.values()], where, places, 2), bits


def _coe_word(text: str, radix: int, where: str) -> tuple[str, int, str]:
    """Return a word once it is seen to be a number, its radix and its place."""
    bit_pattern(text, radix, MOST_WIDTH, where, signed=radix == 10)
    return text, radix, where


def _as_in_sets(path: Path, node: Vector) -> NDArray[np.int64] | None:
    """Return the words of a file that is written as sets are, and can be read in no other way; None of any other."""
    if path.suffix.lower() in (".coe", ".mif") or node.packed:
        return None
    words, row = plain_words(path, node), row_of(node)
    if words is None or len(words) < neurons_of(node) or (row is not None and len(words) <= 2 * row.depth):
        return None
    return words


def _read(text: MemText, view: Vector, node: Vector, name: str) -> Dumped:
    """Read all words in one way: as rows of bits where `view` is packed, and in one radix."""
    words = [
        (decimal_word(word, view, where) if text.radix == 10 else digits_word(word, text.radix, view, where))
        for word, where in zip(text.words, text.where, strict=True)
    ]
    notes = list(text.notes)
    if text.radix == 2 and node.bits > 1 and not name.endswith((".coe", ".mif")):
        notes.append(f"the words of {node.stem} are read as binary")
    if view.packed != node.packed and row_of(node):
        notes.append(f"{name} holds {'a row of bits' if view.packed else 'one bit'} of {node.stem} a line")
    return dumped(node, words, name, text.places, rows=view.packed, notes=notes)


def _count(dump: Dumped) -> int:
    """Return how badly the number of words fits: 0 where it is the stream's, 1 where every step has as many."""
    return 0 if dump.whole else 2 - (dump.unit == 1 and dump.columns > 1)


def _misfit(dump: Dumped, words: NDArray[np.int64]) -> float:
    """Return which share of a dump's words is not as the bundle has it, without any offset."""
    stream = words.reshape(-1)
    places = np.arange(len(dump.words)) if dump.places is None else dump.places
    inside = places < len(stream)
    wrong = (dump.words[inside] != stream[places[inside]]) | ~dump.defined[inside]
    return float(wrong.mean()) if len(wrong) else 1.0
