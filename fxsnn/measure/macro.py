"""Arrays of words, and the blocks of memory that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fxsnn.errors import ConfigError

Meaning = Literal["weights", "state", "spikes", "signs", "constant", "register", "buffer"]


@dataclass(frozen=True, slots=True)
class Array:
    """One stored array: how many words of how many bits, and what they mean.

    A state lasts from step to step, a buffer within a step or while learning, a constant for ever. Spikes and signs are
    bits by nature. A register is one of stochastic rounding, which floating point has not.
    """

    name: str
    words: int
    word: int  # bits
    meaning: Meaning = "state"

    @property
    def bits(self) -> int:
        """Pure bits: words times word length."""
        return self.words * self.word


@dataclass(frozen=True, slots=True)
class Macro:
    """A memory as it can be bought: the shapes one block can take, (bits a row, rows).

    A block is as large as its largest shape, and is taken whole in every shape. Arrays of fewer than `registers_below`
    bits are stored in flip-flops, bit by bit. Larger ones are cut into `banks` equal parts that can be read in the same
    cycle; every part takes whole blocks. A row holds as many whole words as fit; a word wider than a row is spread over
    blocks side by side.
    """

    name: str
    shapes: tuple[tuple[int, int], ...]
    banks: int = 1
    registers_below: int = 1024

    def __post_init__(self) -> None:
        if not self.shapes or any(width < 1 or rows < 1 for width, rows in self.shapes):
            raise ConfigError(f"a memory's shapes must be one or more (bits, rows) above 0, not {self.shapes}")
        if self.banks < 1:
            raise ConfigError(f"banks must be 1 or more, not {self.banks}")

    @property
    def block_bits(self) -> int:
        """Bits of one block."""
        return max(width * rows for width, rows in self.shapes)

    def blocks(self, array: Array) -> int:
        """Return how many blocks hold the array; 0 where flip-flops do."""
        if array.bits < self.registers_below:
            return 0
        part = -(-array.words // self.banks)
        return self.banks * min(_blocks(part, array.word, width, rows) for width, rows in self.shapes)

    def allocated(self, array: Array) -> int:
        """Return the bits that holding the array takes: those of whole blocks, or of flip-flops."""
        return self.blocks(array) * self.block_bits or array.bits


def _blocks(words: int, word: int, width: int, rows: int) -> int:
    side_by_side = -(-word // width)
    words_a_row = max(1, width // word)
    return side_by_side * -(-words // (words_a_row * rows))


MACROS = {
    # a compiled single-port SRAM
    "sram-32x1024": Macro("sram-32x1024", ((32, 1024),)),
    # AMD RAMB18 (UG473, UG573): 18 Kib, of which the parity bits serve widths of 9 bits and more only
    "ramb18": Macro("ramb18", ((1, 16384), (2, 8192), (4, 4096), (9, 2048), (18, 1024), (36, 512))),
}


def macro_of(name: str) -> Macro:
    """Return the memory macro of a name; raises ConfigError where none is called so."""
    if name not in MACROS:
        raise ConfigError(f"macro must be one of {', '.join(MACROS)}, not {name!r}")
    return MACROS[name]
