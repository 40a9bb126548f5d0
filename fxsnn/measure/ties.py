"""Whether two accuracies differ by more than noise: networks on the same images, compared image by image.

What two networks get both right or both wrong says nothing of which is better; of the images that only one
of them gets right, each is as likely to fall on either side if neither is better. McNemar's test in its
mid-p form asks how odd the split is. It is computed in whole numbers and divided once: the same on every
machine.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError

LEVEL = 0.05  # two networks tie where a split as odd comes about by chance at least this often
TEST = "paired McNemar test at 5 %"
SMALL = 0.025  # a sample is small whose 95 % interval reaches further than this to either side


class Marked(Protocol):
    """Anything whose predictions are known to be right or wrong, image by image."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def bits(self) -> int:
        """Memory in bits."""

    @property
    def right(self) -> str | None:
        """Which images it gets right, as `pack` writes it; None where nobody kept it."""


def pack(right: NDArray[np.bool_]) -> str:
    """Return bool[images] as base64 of its bits, the first image in the highest bit of the first byte.

    >>> pack(np.array([True, False, True]))
    'oA=='
    """
    return base64.b64encode(np.packbits(right).tobytes()).decode("ascii")


def unpack(text: str, images: int) -> NDArray[np.bool_]:
    """Return what `pack` was given; raises ConfigError for anything else."""
    try:
        packed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        packed = b""
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8))
    if len(packed) != -(-images // 8) or bits[images:].any():
        raise ConfigError(f"what is right must be {images:,} bits in base64, not {text[:20]!r} ({len(text):,} letters)")
    return bits[:images].astype(bool)


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided mid-p value of McNemar's test.

    only_first, only_second    images that only the one, only the other network gets right

    >>> mcnemar(9, 1), mcnemar(4, 4)
    (0.01171875, 1.0)
    """
    if only_first < 0 or only_second < 0:
        raise ConfigError(f"images must be 0 or more, not {only_first} and {only_second}")
    images, fewer = only_first + only_second, min(only_first, only_second)
    ways, below = 1, 0  # of choosing so many images, of choosing fewer
    for k in range(fewer):
        below += ways
        ways = ways * (images - k) // (k + 1)
    return (2 * below + ways) / (1 << images)


def tied(first: str | None, second: str | None) -> bool:
    """Say whether two networks on the same images are within noise of each other; no if that is not known."""
    if first is None or second is None or len(first) != len(second):
        return False
    a, b = (int.from_bytes(base64.b64decode(text), "big") for text in (first, second))
    return mcnemar((a & ~b).bit_count(), (b & ~a).bit_count()) >= LEVEL


def paired_difference(right: NDArray[np.bool_], baseline: NDArray[np.bool_]) -> tuple[float, tuple[float, float]]:
    """Return the difference of two accuracies on the same images and its 95 % interval.

    right, baseline    bool[images]: which predictions of either network are correct

    The interval is McNemar's: only the images on which the two disagree make it wide. Where they agree on
    every image it is a point.

    >>> half = np.array([True, False] * 50)
    >>> paired_difference(half, half)
    (0.0, (0.0, 0.0))
    """
    images = len(right)
    gained, lost = int((right & ~baseline).sum()), int((baseline & ~right).sum())
    difference = (gained - lost) / images
    half = 1.96 * math.sqrt(gained + lost - (gained - lost) ** 2 / images) / images
    return difference, (max(-1.0, difference - half), min(1.0, difference + half))


def small_sample(images: int, interval: Sequence[float]) -> str:
    """Return a warning of an accuracy that chance alone moves by more than 2.5 points to either side, or nothing.

    interval    the 95 % interval of an accuracy on so many images, as shares

    >>> small_sample(4000, (0.862, 0.883))
    ''
    """
    width = interval[1] - interval[0]
    if width <= 2 * SMALL:
        return ""
    return (
        f"a sample of {images:,} is small: the 95 % interval of an accuracy on it is {100 * width:.1f} points wide, so "
        "that smaller differences between candidates may be chance; measure the choice on other data"
    )


def tied_with_smaller(entries: Sequence[Marked], places: Sequence[int]) -> dict[int, int]:
    """Return, for places that tie with one of less memory, the place of the smallest that they tie with.

    A place that ties with a smaller one is nobody's smallest: so few are named, and each stands for itself.
    """
    found: dict[int, int] = {}
    smallest: list[int] = []
    for place in sorted(places, key=lambda n: (entries[n].bits, n)):
        for other in smallest:
            if tied(entries[place].right, entries[other].right):
                found[place] = other
                break
        else:
            smallest.append(place)
    return found


def tie_lines(entries: Sequence[Marked], places: Sequence[int]) -> list[str]:
    """Say which of the places tie with which smaller one, a sentence for each of these."""
    found = tied_with_smaller(entries, places)
    lines = []
    for other in dict.fromkeys(sorted(found.values(), key=lambda n: (entries[n].bits, n))):
        names = [entries[n].name for n in places if found.get(n) == other]
        verb = "is" if len(names) == 1 else "are"
        lines.append(f"{listed(names)} {verb} within noise of {entries[other].name}: tie")
    return lines


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
