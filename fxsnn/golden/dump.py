"""Read what somebody's RTL wrote: words of nodes in the order in which they came, some of them undefined."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError
from fxsnn.frozen import freeze
from fxsnn.golden.contents import BIT, Vector
from fxsnn.golden.manifest import Bundle
from fxsnn.io.imagetext import quoted

MOST_DIGITS = 1 << 16  # of one word; wider rows of bits were not written by fxsnn
_DECIMAL = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
_NAMES = {2: "binary", 8: "octal", 16: "hexadecimal"}
_DIGITS = {2: "01lh", 8: "01234567", 16: "0123456789abcdef"}  # L and H are a weak 0 and 1 (IEEE 1164, to_01)
_UNKNOWN = {2: "xzuw-", 8: "xz", 16: "xz"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it was read; `reread` says how it had to be taken to be of the format at all."""

    raw: int
    unknown: int = 0  # of a row, the bits that are x or z; of any other word, not 0 where one is
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
    narrow: str = ""  # says that the dump's words are narrower than the node's
    file: str = ""  # where they were read
    otherwise: Dumped | None = None  # as they may be read too, where the file leaves it open

    @property
    def columns(self) -> int:
        """How many words the dump has of each step, where that is a whole number; otherwise 0."""
        rows, count = math.prod(self.node.shape) // neurons_of(self.node), len(self.words)
        gaps = self.places is not None and int(self.places.max(initial=0)) != count - 1
        return 0 if gaps or count % rows else count // rows

    @property
    def whole(self) -> bool:
        """Whether there is a word for each of the stream."""
        return self.columns == neurons_of(self.node)

    def __post_init__(self) -> None:
        freeze(self)


UNDEFINED = Word(0, unknown=-1)


def nodes_of(bundle: Bundle) -> dict[str, Vector]:
    """Return the nodes that can be compared, by name."""
    return {vector.stem: vector for vector in bundle.vectors if vector.role == "node"}


def neurons_of(node: Vector) -> int:
    """Return the words of one time step: a register has one, a map one a cell, every other node one a neuron."""
    if node.register:
        return 1
    return math.prod(node.shape[1:]) if len(node.shape) == 4 else node.shape[-1]


def row_of(node: Vector) -> Vector | None:
    """Return a node of one bit a neuron as rows of these bits, one a step; None of any other node."""
    neurons = neurons_of(node)
    if node.format != BIT or neurons == 1:
        return None
    return replace(node, packed=True, shape=(math.prod(node.shape) // neurons, neurons))


def node_named(bundle: Bundle, name: str, where: str) -> Vector:
    """Return a node; raises FileError naming those there are."""
    known = nodes_of(bundle)
    if name not in known:
        raise FileError(f"{where} must be one of the bundle's nodes ({', '.join(known)}), not {quoted(name)}")
    return known[name]


def dumped(
    node: Vector,
    words: Sequence[Word],
    name: str,
    places: Sequence[int] | None = None,
    *,
    rows: bool = False,
    notes: Sequence[str] = (),
) -> Dumped:
    """Return the words of a node, once there are enough of them to compare.

    places    of each word, in the stream; of rows, their steps
    rows      each word is a row of bits
    notes     to be reported beside how words were reread

    Raises
    ------
    FileError
        There is not a row of them in the stream.
    """
    neurons, size = neurons_of(node), math.prod(node.shape)
    unit = neurons if rows else 1
    count = len(words) if places is None else sum(place * unit < size for place in places)
    if count * unit < neurons:
        raise FileError(f"{name} must hold {neurons // unit} or more words of {node.stem} to compare, not {count}")
    reread = [word.reread for word in words if word.reread]
    remarks = (*notes, *(f"{reread.count(kind):,} words of {node.stem} {kind}" for kind in dict.fromkeys(reread)))
    at = None if places is None else np.array(places, dtype=np.int64)
    if not rows:
        raw = np.array([word.raw for word in words], dtype=np.int64)
        return Dumped(node, raw, np.array([not word.unknown for word in words]), remarks, at, file=name)
    raw, defined = (_bits(patterns, neurons) for patterns in ([w.raw for w in words], [~w.unknown for w in words]))
    if at is not None:
        at = (at[:, None] * neurons + np.arange(neurons)).reshape(-1)
    return Dumped(node, raw & defined, defined.astype(np.bool_), remarks, at, neurons, file=name)


def _bits(rows: Sequence[int], count: int) -> NDArray[np.int64]:
    return np.array([[row >> bit & 1 for bit in range(count)] for row in rows], dtype=np.int64).reshape(-1)


def size(dump: Dumped) -> str:
    """Say that a dump has as many words in every step, but not as many as the node; nothing where it has not."""
    if not dump.columns or dump.whole or dump.unit > 1:
        return ""
    node, wanted, neurons = dump.node, math.prod(dump.node.shape), neurons_of(dump.node)
    of = "" if Path(dump.file).stem == node.stem else f" of {node.stem}"
    each = "" if node.register else f" x {neurons:,} neurons"
    steps = f"{wanted // neurons:,} steps"
    return f"{dump.file} has {len(dump.words):,} words{of}, the set wants {wanted:,} ({steps}{each})"


def extended(dump: Dumped) -> Dumped:
    """Return a dump of a signed node as words of the bits that any of it uses, the uppermost repeated above them.

    The dump itself where it uses all bits, or none but the lowest.
    """
    form = dump.node.format
    low = dump.words & ((1 << form.word) - 1)
    bits = int(np.bitwise_or.reduce(low)).bit_length()
    if not form.signed or not 2 <= bits < form.word or dump.unit > 1:
        return dump
    return replace(dump, words=np.where(low >> bits - 1, low - (1 << bits), low))


def extension(dump: Dumped) -> str:
    """Say which bits of a node no word of its dump uses."""
    word = dump.node.format.word
    bits = int(np.bitwise_or.reduce(dump.words & ((1 << word) - 1))).bit_length()
    which = f"bit {bits}" if bits == word - 1 else f"bits {bits} to {word - 1}"
    return f"no word of {dump.node.stem} uses {which}: as {bits}-bit words with the sign extended"


def pattern_word(pattern: int, width: int, node: Vector, where: str, given: str = "") -> Word:
    """Return the word that a bit pattern of `width` bits stands for: of the node's width, or with its sign repeated.

    given    the pattern as it was written, for the error; hexadecimal without it
    """
    bits = node.bits
    if node.packed and not pattern >> bits:
        return Word(pattern)
    fmt = node.format
    if not node.packed:
        if not pattern >> bits:
            return Word(fmt.from_bits(pattern))
        upper = (1 << max(width, pattern.bit_length()) - bits + 1) - 1
        if fmt.signed and pattern >> (bits - 1) == upper:
            return Word(fmt.from_bits(pattern & ((1 << bits) - 1)), reread="have their sign repeated above the word")
    text = given or quoted(f"{pattern:#x}").replace("'", "")
    raise FileError(f"{where} must fit {bits} bits, {'' if node.packed else f'{fmt.describe()}, '}not {text}")


def digits_word(text: str, radix: int, node: Vector, where: str) -> Word:
    """Return the word of binary, octal or hexadecimal digits, underscores left out; undefined where one is x or z.

    Of a row of bits only those are undefined of which the digit is not known.
    """
    digits, known, unknown = text.replace("_", "").lower(), _DIGITS[radix], _UNKNOWN[radix]
    # Verilog lets a number hold underscores, not begin with one
    if not digits or text[0] == "_" or len(digits) > MOST_DIGITS or digits.strip(known + unknown):
        raise FileError(f"{where} must be a {_NAMES[radix]} word, x and z allowed, not {quoted(text)}")
    width = (radix.bit_length() - 1) * len(digits)
    mask = 0
    if digits.strip(known):
        if not node.packed:
            return UNDEFINED
        mask = int("".join(f"{radix - 1:x}" if digit in unknown else "0" for digit in digits), radix)
        each = radix.bit_length() - 1
        if mask >> -(-node.bits // each) * each:  # a digit above the row
            raise FileError(f"{where} must fit {node.bits} bits, not {quoted(text)}")
        digits = "".join("0" if digit in unknown else digit for digit in digits)
    pattern = int(digits.replace("l", "0").replace("h", "1"), radix)
    return replace(pattern_word(pattern, width, node, where, "" if radix == 16 else quoted(text)), unknown=mask)


def number_word(text: str, node: Vector, where: str) -> Word:
    """Return the word of a decimal raw number or of 0x and hexadecimal digits."""
    if text[:2].lower() == "0x" and len(text) > 2:
        return digits_word(text[2:], 16, node, where)
    if text and not text.lower().strip("xz"):
        return UNDEFINED
    if not _DECIMAL.fullmatch(text):
        raise FileError(f"{where} must be a decimal or 0x hexadecimal number, x or z, not {quoted(text)}")
    raw, fmt = int(text), node.format
    lowest, highest = (0, (1 << node.bits) - 1) if node.packed else (fmt.lowest, fmt.highest)
    if lowest <= raw <= highest:
        return Word(raw)
    if not node.packed and -(1 << (fmt.word - 1)) <= raw < 1 << fmt.word:
        kind = "unsigned" if fmt.signed else "signed"
        return Word(fmt.from_bits(raw & ((1 << fmt.word) - 1)), reread=f"were written as {kind} numbers")
    raise FileError(f"{where} must be of {fmt.describe()}, {lowest} to {highest}, not {text}")


def decimal_word(text: str, node: Vector, where: str) -> Word:
    """Return the word of a decimal number of a memory, whose words may be wider than the node's."""
    try:
        return number_word(text, node, where)
    except FileError:
        if not text.isdigit() or len(text) > 40 or node.packed:
            raise
        return pattern_word(int(text), 0, node, where, text)
