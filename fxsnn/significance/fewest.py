"""The fewest bits that single-signal analysis found for each group, as the strategy `paper` takes them from a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from fxsnn.errors import ConfigError
from fxsnn.io.documents import fitted, parse_json
from fxsnn.number.modes import SHORT, Rounding

ABOVE = 2  # bits above the fewest that the analysis found


class _Bits(msgspec.Struct, frozen=True):
    fractional: int | None


class Fewest(msgspec.Struct, frozen=True):
    """The fewest fractional bits that each group of signals alone needs, by rounding; see docs/files.md."""

    schema: Literal[1]
    max_loss: float
    fewest: dict[str, dict[str, _Bits]]

    def allows(self, groups: Sequence[str], rounding: Rounding, frac: int, offered: Iterable[int]) -> bool:
        """Say whether these fractional bits are worth trying in groups that have them together.

        The most demanding group decides. Where the bits on offer have none so few, the fewest will do.
        """
        least = [self._least(group, rounding) for group in groups]
        known = [bits for bits in least if bits is not None]
        if not groups or len(known) < len(least):
            return not groups
        fewest = max(known)
        nearest = min((bits for bits in offered if bits >= fewest), default=fewest)
        return fewest <= frac <= max(fewest + ABOVE, nearest)

    def least(self, group: str, rounding: Rounding) -> int | None:
        """Return the fewest bits of a group; none where it never kept within the loss.

        Raises ConfigError where the group was not swept.
        """
        if group not in self.fewest:
            raise ConfigError(f"a significance file must be of this network, but it has no group {group!r}")
        return self._least(group, rounding)

    def _least(self, group: str, rounding: Rounding) -> int | None:
        """Return the same; roundings to nearest, which differ in what they do to ties, are taken for one."""
        found = self.fewest.get(group, {})
        rounding = Rounding.NEAREST_UP if rounding.startswith("nearest") else rounding
        least = found.get(rounding.value) or found.get(SHORT.get(rounding, ""))  # our names, or those of the paper
        return least.fractional if least else None


def read_fewest(data: bytes, shown: str) -> Fewest:
    """Read what single-signal analysis wrote; raises FileError."""
    must = f"a significance file must be what fxsnn significance wrote, {shown!r} is not"
    return fitted(parse_json(data, must), Fewest, must)
