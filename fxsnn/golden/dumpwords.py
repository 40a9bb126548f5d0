"""What dumped words say of themselves: how many there are, how many are undefined, and how wide they seem to be."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from fxsnn.golden.align import Alignment
from fxsnn.golden.dump import Dumped, neurons_of


def size(dump: Dumped) -> str:
    """Say that a dump has as many words in every step, but not as many as the node; nothing where it has not."""
    if not dump.columns or dump.whole or dump.unit > 1:
        return ""
    node, wanted, neurons = dump.node, math.prod(dump.node.shape), neurons_of(dump.node)
    of = "" if Path(dump.file).stem == node.stem else f" of {node.stem}"
    each = "" if node.register else f" x {neurons:,} neurons"
    steps = f"{wanted // neurons:,} steps"
    return f"{dump.file} has {len(dump.words):,} words{of}, the set wants {wanted:,} ({steps}{each})"


def undefined(dump: Dumped, laid: Alignment) -> int:
    """Return how many of the words compared have a digit x or z."""
    return int(np.count_nonzero(~dump.defined[laid.got]))


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
