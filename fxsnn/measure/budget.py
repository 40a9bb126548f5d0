"""A memory budget as people write it: bits or bytes, with decimal or binary prefixes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from fxsnn.errors import ConfigError, as_given
from fxsnn.measure.memory import bits_text

By = Literal["bits", "allocated"]
MOST = 1 << 50  # bits; more than any network that fxsnn counts

_PREFIXES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
_UNITS = {"B": 8, "byte": 8, "bytes": 8, "bit": 1, "bits": 1}
_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,20}"


@dataclass(frozen=True, slots=True)
class Budget:
    """The most memory that a network may hold, counted as pure bits or as a macro allocates them."""

    bits: int
    by: By = "bits"

    def __post_init__(self) -> None:
        if self.by not in ("bits", "allocated"):
            raise ConfigError(f"a budget must count bits or allocated, not {self.by!r}")
        if not 1 <= self.bits <= MOST:
            raise ConfigError(f"a budget must be 1 to {MOST:,} bits, not {self.bits:,}")

    def __str__(self) -> str:
        return bits_text(self.bits) + (" as allocated" if self.by == "allocated" else "")


def parse_budget(text: str, by: str = "bits") -> Budget:
    """Read a budget; `k` is 1,000, `Ki` is 1,024, and what may mean either, such as KB, is refused.

    >>> parse_budget("64 KiB").bits, parse_budget("60kB").bits, parse_budget("120 kbit").bits
    (524288, 480000, 120000)
    """
    found = re.fullmatch(rf"({_NUMBER})(\.[0-9]{{1,9}})? ?((?:[kMG]|[KMG]i)?)(B|bytes?|bits?)", text.strip())
    if not found:
        raise ConfigError(f"a budget must read like '64 KiB', '60 kB', '120 kbit' or '500000 bits', not {text!r}")
    whole, part, prefix, unit = found.groups()
    exact = Fraction(whole.replace(",", "") + (part or "")) * _PREFIXES[prefix] * _UNITS[unit]
    if exact < 1:
        raise ConfigError(f"a budget must be 1 to {MOST:,} bits, not {as_given(float(exact))}")
    return Budget(int(exact), by)  # type: ignore[arg-type]
