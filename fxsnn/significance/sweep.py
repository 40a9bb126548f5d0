"""The sweep: every group over its bits, one kind at a time, each different case computed once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fxsnn.engine.pool import THREADS, Engine, open_pool
from fxsnn.errors import ConfigError, FormatError, WidthError, naming
from fxsnn.frozen import freeze
from fxsnn.measure.classify import wilson_interval
from fxsnn.measure.ranges import Spread
from fxsnn.measure.ties import paired_difference
from fxsnn.number.format import Format
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Signal
from fxsnn.significance.result import COMMON_WORD, KINDS, Fact, Float, Kind, Point, Significance, gather

ROUNDINGS = (Rounding.FLOOR, Rounding.NEAREST_UP, Rounding.STOCHASTIC)
LONGEST_WORD = 12  # bits; of the fractional sweep, which begins with words of one bit
_BELOW, _ABOVE = 6, 1  # integer bits swept below and above those that hold the profiled values

PlanT = TypeVar("PlanT")
RoomT = TypeVar("RoomT")
Right = NDArray[np.bool_]  # bool[images]: which predictions are right


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One configuration. Cases of equal keys compute the same, so that only one of them is run."""

    key: bytes
    run: Callable[[], Right]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Signals that are narrowed together while everything else stays in float.

    The sweep knows nothing of networks: `case` says what to run for the group's signals as they are
    narrowed, whatever that trains or infers.
    """

    name: str
    wide: Mapping[str, Signal]  # its signals so wide that they stand for float
    profiled: int  # integer bits that hold the values of the widest of them, the sign counted
    words: int  # of it that are stored
    case: Callable[[Mapping[str, Signal]], Case]
    roundings: tuple[Rounding, ...] = ROUNDINGS  # that it can be narrowed with


@dataclass(frozen=True, slots=True, eq=False)
class Wide:
    """A network in words so wide that they stand for float, and what is narrowed of it.

    right, wide_right    bool[samples]: what the float network, and what this one, answers correctly
    differing            samples which the two answer otherwise
    key                  of the network in wide words, see `Case`
    seed                 of the register that stochastic rounding draws from
    """

    groups: tuple[Group, ...]
    spreads: Mapping[str, Spread]
    right: NDArray[np.bool_]
    wide_right: NDArray[np.bool_]
    differing: int
    key: bytes
    seed: int

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """The work of a sweep: a task is a group's place and its signals as they are narrowed."""

    groups: tuple[Group, ...]

    def ready(self) -> Callable[[tuple[int, Mapping[str, Signal]]], Right]:
        """Return what runs a case; its errors begin with the group and its formats."""

        def do(task: tuple[int, Mapping[str, Signal]]) -> Right:
            group, signals = self.groups[task[0]], task[1]
            return _named(group, signals, lambda: group.case(signals).run())

        return do


def significance(
    wide: Wide,
    data: str,
    digest: str,
    max_loss: float,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    longest: int = LONGEST_WORD,
    engine: Engine = THREADS,
) -> Significance:
    """Sweep every group of a trained network, of whatever kind; raises as `sweep` does.

    data, digest    what is measured, in words, and the network's SHA-256
    progress        called with the cases run and their number
    """
    baseline = Float(**score_of(wide.right), wide_images_differing=wide.differing)
    points = sweep(wide.groups, wide.right, {wide.key: wide.wide_right}, workers, progress, longest, engine)
    return gather(data, digest, wide.seed, baseline, max_loss, wide.spreads, points, facts_of(wide.groups))


def facts_of(groups: Sequence[Group]) -> list[Fact]:
    """Return what a result states of groups beside their points."""
    return [(group.name, tuple(group.wide), group.words, group.profiled) for group in groups]


def widest(rooms: Iterable[RoomT], plan_of: Callable[[RoomT], PlanT]) -> PlanT:
    """Return the plan of the first of rooms for bits, the widest first, that can run.

    Raises WidthError or FormatError, as `plan_of` does of the last, where none can.
    """
    refused: Exception = WidthError("a plan must be tried")
    for room in rooms:
        try:
            return plan_of(room)
        except (WidthError, FormatError) as error:
            refused = error
    raise refused


def bits_of(group: Group, kind: Kind, longest: int = LONGEST_WORD) -> range:
    """Return the bits that a sweep takes.

    Fractional: words of 1 to `longest` bits, the profiled integer bits counted; the first may be negative.
    Integer: from few enough to saturate most values to more than hold all.
    """
    if kind == "fractional":
        return range(1 - group.profiled, longest + 1 - group.profiled)
    return range(group.profiled - _BELOW, group.profiled + _ABOVE + 1)


def narrowed(group: Group, kind: Kind, bits: int, rounding: Rounding) -> dict[str, Signal]:
    """Return the group's signals with so many fractional or integer bits, the other kind ample.

    A signal never gets more bits than it has where it stands for float, and never less than one. Where
    integer bits are swept nothing more is dropped than in float, and no rounding changes.
    """
    signals = {}
    for name, signal in group.wide.items():
        wide = signal.format
        integer, frac = wide.word - wide.frac, wide.frac
        if kind == "fractional":
            frac = min(frac, max(bits, 1 - integer))
            signals[name] = Signal(Format(integer + frac, frac, wide.signed), rounding, signal.overflow)
        else:
            integer = max(min(integer, bits), 1 - frac)
            signals[name] = Signal(Format(integer + frac, frac, wide.signed), signal.rounding, signal.overflow)
    return signals


def sweep(
    groups: Sequence[Group],
    baseline: Right,
    known: Mapping[bytes, Right],
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    longest: int = LONGEST_WORD,
    engine: Engine = THREADS,
) -> list[Point]:
    """Measure every group at every number of bits with every rounding that it can have.

    The result is in the order of the groups, kinds, roundings and bits, whatever the number of workers.
    No sweep ends early: that a narrow word answers as float does proves nothing of the next wider one.
    What does is that its configuration is the same number for number, and cases show that by their keys.

    baseline    bool[images]    what the float network gets right
    known       what cases of these keys get right; they are not run
    progress    called with the cases run and their number

    Raises
    ------
    FxsnnError
        A case cannot run; the message begins with the group and its formats. Or `longest` is less than
        the word at which groups are compared.
    """
    if longest < COMMON_WORD:
        raise ConfigError(f"longest must be {COMMON_WORD} bits or more, not {longest}")
    wanted: list[tuple[Group, Kind, Rounding, int, dict[str, Signal], bytes]] = []
    cases: dict[bytes, tuple[int, Mapping[str, Signal]]] = {}
    for place, group in enumerate(groups):
        for kind in KINDS:
            for rounding in group.roundings:
                for bits in bits_of(group, kind, longest):
                    signals = narrowed(group, kind, bits, rounding)
                    case = _named(group, signals, partial(group.case, signals))
                    wanted.append((group, kind, rounding, bits, signals, case.key))
                    if case.key not in known and case.key not in cases:
                        cases[case.key] = place, signals
    found = dict(known)
    with open_pool(Cases(tuple(groups)), workers, engine) as pool:
        for n, (key, right) in enumerate(zip(cases, pool.in_order(cases.values()), strict=True)):
            found[key] = right
            if progress:
                progress(n + 1, len(cases))
    return [
        _point(group, kind, rounding, bits, signals, found[key], baseline)
        for group, kind, rounding, bits, signals, key in wanted
    ]


def _point(
    group: Group,
    kind: Kind,
    rounding: Rounding,
    bits: int,
    signals: Mapping[str, Signal],
    right: Right,
    baseline: Right,
) -> Point:
    difference, interval = paired_difference(right, baseline)
    return Point(
        group=group.name,
        rounding=rounding.value,
        kind=kind,
        bits=bits,
        format=_formats(signals),
        **score_of(right),
        difference=round(difference, 9),
        difference_interval=_rounded(interval),
    )


def score_of(right: Right) -> dict[str, Any]:
    """Return the fields of a score: accuracy, its interval, correct answers, images.

    right    bool[images]: which predictions are correct
    """
    correct, images = int(right.sum()), len(right)
    interval = _rounded(wilson_interval(correct, images))
    return {"accuracy": correct / images, "interval": interval, "correct": correct, "images": images}


Done = TypeVar("Done")


def _named(group: Group, signals: Mapping[str, Signal], work: Callable[[], Done]) -> Done:
    with naming(f"{group.name} as {_formats(signals)}"):
        return work()


def _formats(signals: Mapping[str, Signal]) -> str:
    """Return what people must see of the formats, each named where there are several."""
    texts = {name: signal.format.describe() for name, signal in signals.items()}
    return ", ".join(f"{name} {text}" if len(texts) > 1 else text for name, text in texts.items())


def _rounded(interval: tuple[float, float]) -> tuple[float, float]:
    return round(interval[0], 6), round(interval[1], 6)
