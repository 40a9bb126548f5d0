"""Read what somebody's RTL wrote: words of nodes in the order in which they came, some of them undefined."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError
from fxsnn.files import read_bytes
from fxsnn.frozen import freeze
from fxsnn.golden.amdmif import parse_amd_mif
from fxsnn.golden.bundle import Bundle
from fxsnn.golden.coe import parse_coe
from fxsnn.golden.contents import Vector
from fxsnn.golden.imagetext import ascii_text
from fxsnn.golden.intelmif import parse_intel_mif

MOST_DIGITS = 1 << 16  # of one word; wider rows of bits were not written by fxsnn
_DECIMAL = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it was read; `reread` says how it had to be taken to be of the format at all."""

    raw: int
    defined: bool = True
    reread: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Dumped:
    """The words of one node, in the order of the stream: rows outermost, neurons ascending."""

    node: Vector
    words: NDArray[np.int64]  # int64[words], raw; 0 where undefined
    defined: NDArray[np.bool_]  # False where a digit was x or z
    notes: tuple[str, ...] = ()
    places: NDArray[np.int64] | None = None  # int64[words], of each in the stream, where the dump states them
    unit: int = 1  # words that came together: a whole row where its bits were one word

    def __post_init__(self) -> None:
        freeze(self)


UNDEFINED = Word(0, defined=False)


def nodes_of(bundle: Bundle) -> dict[str, Vector]:
    """Return the nodes that can be compared, by name."""
    return {vector.name: vector for vector in bundle.vectors if vector.role == "node"}


def neurons_of(node: Vector) -> int:
    """Return the words of one time step: a register has one, a map one a cell, every other node one a neuron."""
    if "lfsr_" in node.name:
        return 1
    return math.prod(node.shape[1:]) if len(node.shape) == 4 else node.shape[-1]


def node_named(bundle: Bundle, name: str, where: str) -> Vector:
    """Return a node; raises FileError naming those there are."""
    known = nodes_of(bundle)
    if name not in known:
        raise FileError(f"{where} must be one of the bundle's nodes ({', '.join(known)}), not {name[:40]!r}")
    return known[name]


def dumped(
    node: Vector, words: Sequence[Word], name: str, places: Sequence[int] | None = None, packed: bool = False
) -> Dumped:
    """Return the words of a node, once there are enough of them to compare.

    packed    each word is a row of bits

    Raises
    ------
    FileError
        There is not a row of them.
    """
    neurons = neurons_of(node)
    need = 1 if packed else neurons
    if len(words) < need:
        raise FileError(f"{name} must hold {need} or more words of {node.name} to compare, not {len(words)}")
    defined = np.array([word.defined for word in words])
    if packed:
        rows = [[word.raw >> bit & 1 for bit in range(neurons)] for word in words]
        return Dumped(node, np.array(rows, dtype=np.int64).reshape(-1), np.repeat(defined, neurons), unit=neurons)
    raw = np.array([word.raw for word in words], dtype=np.int64)
    reread = [word.reread for word in words if word.reread]
    notes = tuple(f"{reread.count(kind):,} words of {node.name} {kind}" for kind in dict.fromkeys(reread))
    return Dumped(node, raw, defined, notes, None if places is None else np.array(places, dtype=np.int64))


def pattern_word(pattern: int, width: int, node: Vector, where: str) -> Word:
    """Return the word that a bit pattern of `width` bits stands for: of the node's width, or with its sign repeated."""
    bits = node.bits
    if node.packed:
        if pattern >> bits:
            raise FileError(f"{where} must fit {bits} bits, not {pattern:#x}"[:200])
        return Word(pattern)
    fmt = node.format
    if not pattern >> bits:
        return Word(fmt.from_bits(pattern))
    upper = (1 << max(width, pattern.bit_length()) - bits + 1) - 1
    if fmt.signed and pattern >> (bits - 1) == upper:
        return Word(fmt.from_bits(pattern & ((1 << bits) - 1)), reread="have their sign repeated above the word")
    raise FileError(f"{where} must fit {bits} bits, {fmt.describe()}, not {pattern:#x}"[:200])


def hex_word(text: str, node: Vector, where: str) -> Word:
    """Return the word of hexadecimal digits, underscores left out; undefined where one is x or z."""
    digits = text.replace("_", "").lower()
    if not digits or len(digits) > MOST_DIGITS or digits.strip("0123456789abcdefxz"):
        raise FileError(f"{where} must be a hexadecimal word, x and z allowed, not {text[:40]!r}")
    if "x" in digits or "z" in digits:
        return UNDEFINED
    return pattern_word(int(digits, 16), 4 * len(digits), node, where)


def number_word(text: str, node: Vector, where: str) -> Word:
    """Return the word of a decimal raw number or of 0x and hexadecimal digits."""
    if text[:2].lower() == "0x":
        return hex_word(text[2:], node, where)
    if text and not text.lower().strip("xz"):
        return UNDEFINED
    if not _DECIMAL.fullmatch(text):
        raise FileError(f"{where} must be a decimal or 0x hexadecimal number, x or z, not {text[:40]!r}")
    raw, fmt = int(text), node.format
    if fmt.lowest <= raw <= fmt.highest:
        return Word(raw)
    if -(1 << (fmt.word - 1)) <= raw < 1 << fmt.word:
        kind = "unsigned" if fmt.signed else "signed"
        return Word(fmt.from_bits(raw & ((1 << fmt.word) - 1)), reread=f"were written as {kind} numbers")
    raise FileError(f"{where} must be of {fmt.describe()}, {fmt.lowest} to {fmt.highest}, not {text[:40]}")


def read_memory(bundle: Bundle, path: Path, node: str = "") -> Dumped:
    """Read a dump of one node: `.mem` lines, COE, or either kind of `.mif`.

    node    its name; empty: the file's name without its ending

    Raises
    ------
    FileError
        The node is unknown, or the file malformed; the message names file and line.
    """
    where = "--node" if node else f"the name of {path.name}, without --node,"
    vector = node_named(bundle, node or path.stem, where)
    data = read_bytes(path, "a dump")
    kind = path.suffix.lower()
    if kind in (".coe", ".mif"):
        patterns = _image(kind, data, path.name, vector)
        words = [pattern_word(pattern, vector.bits, vector, path.name) for pattern in patterns]
        return dumped(vector, words, path.name, packed=vector.packed)
    words = []
    for number, line in enumerate(ascii_text(data, path.name).split("\n"), 1):
        for text in line.split("//")[0].split():
            words.append(hex_word(text, vector, f"{path.name} line {number}"))
    return dumped(vector, words, path.name, packed=vector.packed)


def _image(kind: str, data: bytes, name: str, vector: Vector) -> list[int]:
    if kind == ".coe":
        return parse_coe(data, name, vector.bits, vector.depth)
    binary = not data.strip(b"01 \t\r\n")
    parse = parse_amd_mif if binary else parse_intel_mif
    return parse(data, name, vector.bits, vector.depth)
