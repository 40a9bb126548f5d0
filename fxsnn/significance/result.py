"""What a sweep found, and its file, significance.json; no kernel is needed to read it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import structs

from fxsnn.io.documents import fitted, parse_json
from fxsnn.io.files import read_bytes
from fxsnn.measure.ranges import PERCENTILES, Spread

Kind = Literal["fractional", "integer"]
Fact = tuple[str, tuple[str, ...], int, int]  # a group: name, signals, stored words, profiled integer bits
KINDS: tuple[Kind, ...] = ("fractional", "integer")
COMMON_WORD = 4  # bits; the word length at which the ranking compares what groups lose
_MOST_BITS = 10_000


class Float(msgspec.Struct, frozen=True):
    """The float network, and whether the plan that stands for it in the integer kernels does."""

    accuracy: float
    interval: tuple[float, float]
    correct: int
    images: int
    wide_images_differing: int  # images for which some neuron's spike count is another

    def __post_init__(self) -> None:
        _check_score(self)
        if not 0 <= self.wide_images_differing <= self.images:
            raise ValueError(f"wide_images_differing must be 0 to {self.images}, not {self.wide_images_differing}")


class Learned(msgspec.Struct, frozen=True):
    """Float learning, which groups of learning are measured against, and whether the wide plan learns as it does."""

    digits: int  # that every network learned from
    seed: int  # of first weights and of the images' order
    fade: float  # what a step leaves of an input's trace
    accuracy: float
    interval: tuple[float, float]
    correct: int
    images: int
    wide_correct: int  # by the network that learned under the wide plan
    wide_images_differing: int  # images to which it gives another class

    def __post_init__(self) -> None:
        _check_score(self)
        for name in ("wide_correct", "wide_images_differing"):
            if not 0 <= getattr(self, name) <= self.images:
                raise ValueError(f"{name} must be 0 to {self.images}, not {getattr(self, name)}")


class Range(msgspec.Struct, frozen=True):
    """A `Spread` as the file holds it; the integer bits count the sign."""

    minimum: float
    maximum: float
    percentiles: dict[str, float]
    values: int
    signed: bool
    integer_bits: int
    integer_bits_saturating: int

    @classmethod
    def of(cls, spread: Spread) -> Range:
        """Return the spread in the file's form."""
        percentiles = {f"{p:g}": value for p, value in zip(PERCENTILES, spread.percentiles, strict=True)}
        bits = spread.integer, spread.saturating
        return cls(spread.minimum, spread.maximum, percentiles, spread.values, spread.signed, *bits)


class Point(msgspec.Struct, frozen=True):
    """One narrowed format. `difference` is its accuracy less the float network's, paired image by image."""

    group: str
    rounding: str
    kind: Kind
    bits: int
    format: str
    accuracy: float
    correct: int
    images: int
    interval: tuple[float, float]
    difference: float
    difference_interval: tuple[float, float]

    def __post_init__(self) -> None:
        _check_score(self)
        if not -1 <= self.difference <= 1 or abs(self.bits) > _MOST_BITS:
            raise ValueError(f"a difference must be -1 to 1 and bits sensible, not {self.difference} and {self.bits}")


class Fewest(msgspec.Struct, frozen=True):
    """The fewest bits from which on all wider points stay within the loss; None if there are none."""

    fractional: int | None
    integer: int | None


class Rank(msgspec.Struct, frozen=True):
    """How much a group matters.

    `bits` is the word it needs: the fewest integer bits and, with `rounding`, the best one, the fewest
    fractional bits, each found while the other was ample. `lost` is the accuracy that a word of
    `COMMON_WORD` bits loses with its best rounding. `words` are stored, `memory_bits` is words * bits.
    `learning`: the network learned under the narrowed format, and is measured against float learning.
    """

    group: str
    signals: tuple[str, ...]
    words: int
    profiled: int  # integer bits that hold its values, the sign counted
    rounding: str
    integer: int | None
    fractional: int | None
    bits: int | None
    memory_bits: int | None
    lost: float
    learning: bool = False


class Significance(msgspec.Struct, frozen=True):
    """What significance.json holds. `ranking` begins with what matters most; see `rank`."""

    tool: str
    schema: Literal[1]
    data: str
    network: str  # SHA-256 of its file
    seed: int
    baseline: Float
    max_loss: float
    ranges: dict[str, Range]
    sweeps: tuple[Point, ...]
    fewest: dict[str, dict[str, Fewest]]
    ranking: tuple[Rank, ...]
    learned: Learned | None = None  # where groups of learning were swept

    def __post_init__(self) -> None:
        groups = {point.group for point in self.sweeps}
        if not groups or groups != set(self.fewest) or sorted(groups) != sorted(rank.group for rank in self.ranking):
            raise ValueError("sweeps, fewest and ranking must be of the same groups")
        if any(rank.learning for rank in self.ranking) != (self.learned is not None):
            raise ValueError("what float learning gave must be there if, and only if, groups of learning are")
        if not all(name.isprintable() for name in (*groups, *self.ranges, self.data)):
            raise ValueError("names must be printable")
        if not 0 <= self.max_loss <= 1:
            raise ValueError(f"max_loss must be 0 to 1, not {self.max_loss}")

    def float_accuracy(self, rank: Rank) -> float:
        """Return what a group is measured against."""
        return self.learned.accuracy if rank.learning and self.learned else self.baseline.accuracy

    def points(self, group: str, kind: Kind, rounding: str) -> tuple[Point, ...]:
        """Return one sweep, the fewest bits first."""
        found = (p for p in self.sweeps if (p.group, p.kind, p.rounding) == (group, kind, rounding))
        return tuple(sorted(found, key=lambda point: point.bits))


def gather(
    data: str,
    network: str,
    seed: int,
    baseline: Float,
    max_loss: float,
    spreads: Mapping[str, Spread],
    sweeps: Sequence[Point],
    groups: Sequence[Fact],
) -> Significance:
    """Return the result of sweeps."""
    least, ranks = _summed_up(sweeps, groups, max_loss)
    return Significance(
        tool=f"fxsnn {version('fxsnn')}",
        schema=1,
        data=data,
        network=network,
        seed=seed,
        baseline=baseline,
        max_loss=max_loss,
        ranges={name: Range.of(spread) for name, spread in spreads.items()},
        sweeps=tuple(sweeps),
        fewest=least,
        ranking=rank(ranks),
    )


def with_learning(
    found: Significance, learned: Learned, sweeps: Sequence[Point], groups: Sequence[Fact]
) -> Significance:
    """Return the result with the sweeps of learning beside its own, all groups in one ranking."""
    least, ranks = _summed_up(sweeps, groups, found.max_loss)
    return structs.replace(
        found,
        sweeps=(*found.sweeps, *sweeps),
        fewest=found.fewest | least,
        ranking=rank([*found.ranking, *(structs.replace(one, learning=True) for one in ranks)]),
        learned=learned,
    )


def fewest(points: Sequence[Point], max_loss: float) -> int | None:
    """Return the fewest bits from which on every point loses at most `max_loss`."""
    found = None
    for point in sorted(points, key=lambda point: -point.bits):
        if point.difference < -max_loss - 1e-12:
            break
        found = point.bits
    return found


def rank(ranks: Sequence[Rank]) -> tuple[Rank, ...]:
    """Order groups by the word they need within the loss, the longest first.

    What needs more than was swept comes before all others; groups of equal words are ordered by what
    they lose at the common word length.
    """
    return tuple(sorted(ranks, key=lambda r: (r.bits is not None, -(r.bits or 0), -r.lost)))


def to_json(found: Significance) -> bytes:
    """Return the file's bytes: the same result, the same bytes."""
    return (json.dumps(msgspec.to_builtins(found), indent=1) + "\n").encode("ascii")


def load_significance(path: Path) -> Significance:
    """Read significance.json; raises FileError, one line, for anything else."""
    must = f"a significance file must be what fxsnn significance wrote, {str(path)!r} is not"
    return fitted(parse_json(read_bytes(path, "a significance file"), must), Significance, must)


def _summed_up(
    sweeps: Sequence[Point], groups: Sequence[Fact], max_loss: float
) -> tuple[dict[str, dict[str, Fewest]], list[Rank]]:
    least: dict[str, dict[str, Fewest]] = {}
    for name, *_ in groups:
        mine = [point for point in sweeps if point.group == name]
        least[name] = {
            rounding: Fewest(
                *(fewest([p for p in mine if (p.rounding, p.kind) == (rounding, kind)], max_loss) for kind in KINDS)
            )
            for rounding in dict.fromkeys(point.rounding for point in mine)
        }
    return least, [_rank(*group, least[group[0]], [p for p in sweeps if p.group == group[0]]) for group in groups]


def _rank(
    name: str,
    signals: tuple[str, ...],
    words: int,
    profiled: int,
    least: dict[str, Fewest],
    points: Sequence[Point],
) -> Rank:
    known = [(found.fractional, rounding) for rounding, found in least.items() if found.fractional is not None]
    fractional, rounding = min(known, key=lambda pair: pair[0]) if known else (None, next(iter(least)))
    integer = least[rounding].integer
    bits = None if integer is None or fractional is None else max(1, integer + fractional)
    common = [p.difference for p in points if p.kind == "fractional" and p.bits == COMMON_WORD - profiled]
    return Rank(
        group=name,
        signals=signals,
        words=words,
        profiled=profiled,
        rounding=rounding,
        integer=integer,
        fractional=fractional,
        bits=bits,
        memory_bits=None if bits is None else words * bits,
        lost=round(-max(common), 9),
    )


def _check_score(score: Any) -> None:
    low, high = score.interval
    if not (0 <= score.correct <= score.images and 0 <= low <= score.accuracy <= high <= 1):
        raise ValueError(
            f"a score must have 0 to {score.images} correct and its accuracy within its interval, "
            f"not {score.correct} and {score.accuracy}"
        )
