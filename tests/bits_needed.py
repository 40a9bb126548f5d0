"""How many bits a word must have, found by trying: beside every count that is made by formulas."""

from __future__ import annotations


def needed(lowest: int, highest: int) -> int:
    """Return the bits of the narrowest word that holds both and 0, found by trying."""
    lowest, highest = min(lowest, 0), max(highest, 0)
    if lowest == highest:
        return 0
    return next(
        word
        for word in range(1, 200)
        if (lowest == 0 and highest < 2**word) or (lowest >= -(2 ** (word - 1)) and highest < 2 ** (word - 1))
    )
