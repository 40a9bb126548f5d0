"""Count the memory of a network as an edge accelerator would hold it, in pure bits and as allocated."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from fxsnn.measure.macro import Array, Macro

BASELINE_WORD = 32


@dataclass(frozen=True, slots=True)
class Memory:
    """The stored arrays of one configuration."""

    arrays: tuple[Array, ...]

    @property
    def bits(self) -> int:
        """Pure bits of all arrays."""
        return sum(array.bits for array in self.arrays)

    def allocated(self, macro: Macro) -> int:
        """Bits of all arrays as a memory macro forces them."""
        return sum(macro.allocated(array) for array in self.arrays)

    def blocks(self, macro: Macro) -> int:
        """Blocks of a memory macro that hold all arrays which flip-flops do not."""
        return sum(macro.blocks(array) for array in self.arrays)


def stored(arrays: Iterable[Array]) -> Memory:
    """Return the memory of these arrays, without those that have no bits."""
    return Memory(tuple(array for array in arrays if array.bits))


def baseline(found: Memory) -> Memory:
    """Return the same network with every word at 32 bits: spikes and signs still are bits, and there is no register."""
    return Memory(
        tuple(
            replace(array, word=1 if array.meaning in ("spikes", "signs") else BASELINE_WORD)
            for array in found.arrays
            if array.meaning != "register"
        )
    )


def memory_to_data(found: Memory, macro: Macro | None = None) -> dict[str, Any]:
    """Return the count as plain data: bits by array and in total, with the baseline and the saving."""
    wide = baseline(found)
    data: dict[str, Any] = {
        "arrays": [
            {"name": a.name, "meaning": a.meaning, "words": a.words, "word": a.word, "bits": a.bits}
            for a in found.arrays
        ],
        "bits": found.bits,
        "baseline_bits": wide.bits,
        "saving": round(wide.bits / found.bits, 4),
    }
    if macro:
        for entry, array in zip(data["arrays"], found.arrays, strict=True):
            entry |= {"blocks": macro.blocks(array), "allocated_bits": macro.allocated(array)}
        data |= {"macro": macro.name, "block_bits": macro.block_bits}
        data |= {"blocks": found.blocks(macro), "allocated_bits": found.allocated(macro)}
        data["allocated_saving"] = round(wide.allocated(macro) / found.allocated(macro), 4)
    return data


def bits_text(bits: int) -> str:
    """Return a number of bits as people read it.

    >>> bits_text(1_234_567)
    '1,234,567 bits (150.7 KiB)'
    """
    size = bits / 8
    unit = min(2, max(0, int(math.log(max(size, 1), 1024))))
    return f"{bits:,} bits ({size / 1024**unit:.{1 if unit else 0}f} {('B', 'KiB', 'MiB')[unit]})"
