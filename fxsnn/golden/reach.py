"""Which corners of a cast no value reaches: proved by bounds, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fxsnn.kernels.site import Site


@dataclass(frozen=True, slots=True)
class Span:
    """Bounds of a value, and how many of its low bits are always 0."""

    low: int
    high: int
    zeros: int = 0


def zeros_of(words: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> int:
    """Return how many low bits are 0 in every word; 62 if all words are 0."""
    together = int(np.bitwise_or.reduce(words.reshape(-1)))
    return (together & -together).bit_length() - 1 if together else 62


def of_cast(site: Site, span: Span) -> dict[str, str]:
    """Return the reason for each corner of a cast that values of this span cannot reach."""
    found: dict[str, str] = {}
    if site.right:
        every = [f"{s}, {what}" for s in ("positive", "negative") for what in DROPS]
        if span.zeros >= site.right:
            found |= dict.fromkeys(every, "the bits that it drops are always 0")
        elif span.zeros == site.right - 1:
            found |= {name: "of the bits that it drops only the top one varies" for name in every if "half" in name}
        for sign, never in (("positive", span.high <= 0), ("negative", span.low >= 0)):
            if never:
                found |= {name: f"the value is never {sign}" for name in every if name.startswith(sign)}
        if span.high <= site.highest << site.right or not _rounds_up(site):
            found["rounds over the top"] = "no value does"
    top, bottom = -(-span.high >> site.right), span.low >> site.right
    high = f"its value is at most {top} after rounding"
    low = f"its value is at least {bottom} after rounding"
    found |= {name: high for name, least in _tops(site).items() if top < least}
    return found | {name: low for name, most in _bottoms(site).items() if bottom > most}


DROPS = (
    "tie above an even word",
    "tie above an odd word",
    "less than half a unit dropped",
    "more than half a unit dropped",
    "the draw carries",
    "the draw does not carry",
)


OVERFLOWS = (
    *("over the top", "far over the top", "rounds over the top"),
    *("one below the bottom", "under the bottom", "far under the bottom"),
)


def _rounds_up(site: Site) -> bool:
    """Return whether the rounding ever raises a positive value."""
    return bool(site.bias or site.if_odd or site.draw_bits)


def _tops(site: Site) -> dict[str, int]:
    """Return for each corner above the least rounded value that reaches it."""
    high = site.highest
    return {"at the top": high, "over the top": high + 1, "far over the top": 2 * high + 2}


def _bottoms(site: Site) -> dict[str, int]:
    low = site.lowest
    far = min(2 * low, -site.highest - 1) - 1
    one = "one below the bottom"
    return {"at the bottom": low, one: low - 1, "under the bottom": low - 1, "far under the bottom": far}
