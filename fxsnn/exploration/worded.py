"""Grids of plans of named signals: what every signal's words may be, besides the bits and roundings of several."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

import msgspec
from msgspec import UNSET, UnsetType

from fxsnn.errors import ConfigError
from fxsnn.exploration.point import MOST_POINTS, Value
from fxsnn.graph.named_signals import NamedSignals, read_word
from fxsnn.graph.plan import by_name
from fxsnn.number.modes import SHORT
from fxsnn.number.signal import Leak, LeakText, Signal


class Choices(dict[str, dict[str, tuple[Signal | Leak, str]]]):
    """By a signal's name and a line, the word that it stands for, and what distinguishes it from the other lines'."""

    def at(self, place: Mapping[str, Value]) -> dict[str, Signal | Leak]:
        """Return the words of a point by their signals' names."""
        return {name: lines[str(place[name])][0] for name, lines in self.items()}

    def named(self, place: Mapping[str, Value]) -> list[str]:
        """Return what distinguishes a point in the names of points: nothing where a signal has one word in all."""
        return [f"{name}-{lines[str(place[name])][1]}" for name, lines in self.items() if len(lines) > 1]


class WordedGrid(msgspec.Struct, frozen=True, kw_only=True):
    """A grid whose table `signal` lists the words of signals and leaks, by their names in the plan."""

    PLAN: ClassVar[type[NamedSignals]]
    BESIDE: ClassVar[frozenset[str]] = frozenset()  # names that are properties of the grid themselves
    OWNED: ClassVar[bool] = False  # whether a name may begin with its owner: `layer_1.bias`
    signal: dict[str, Any] | UnsetType = UNSET  # unset it is not part of what a study is of, as before it

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """The lines that each signal or leak of the table may be; raises ConfigError, which names it."""
        return listed(by_name({} if self.signal is UNSET else self.signal, LeakText), self.read)

    def read(self, given: Any, name: str) -> Signal | Leak:
        """Return what a line or a table stands for under a name; raises ConfigError, which names it."""
        own = name.rpartition(".")[2] if self.OWNED and not name.startswith(".") else name
        if own in self.BESIDE:
            raise ConfigError(f"signal {own!r} must be listed as {own}, beside the table signal, not in it")
        return read_word(self.PLAN, given, own)

    @property
    def axes(self) -> dict[str, tuple[Value, ...]]:
        """The properties that the grid sets, in the order in which the points count them, the last fastest."""
        raise NotImplementedError

    @property
    def points(self) -> int:
        """The number of combinations."""
        return math.prod(len(values) for values in self.axes.values())

    def check_points(self) -> None:
        """Raise ConfigError where there are too many points."""
        if self.points > MOST_POINTS:
            raise ConfigError(f"a grid must have at most {MOST_POINTS:,} points, not {self.points:,}")

    def check_apart(self, groups: Iterable[str]) -> None:
        """Raise ConfigError where one of the groups, which may have bits of its own, has words of its own as well."""
        for group in groups:
            if group in self.words and f"{group}_bits" in self.axes:
                raise ConfigError(f"{group} must be listed as {group}_bits or in the table signal, not in both")

    def first(self) -> Self:
        """Return the grid of its first point alone."""
        words = {name: lines[0] for name, lines in self.words.items()}
        own = {axis: values[:1] for axis, values in self.axes.items() if axis not in words}
        return msgspec.structs.replace(self, **own, **({"signal": words} if words else {}))

    def choices(self) -> Choices:
        """Return the words of the table by their lines, read once for all points."""
        found = Choices()
        for name, lines in self.words.items():
            read = [self.read(line, name) for line in lines]
            found[name] = dict(zip(lines, zip(read, labelled(read), strict=True), strict=True))
        return found


def listed(given: Mapping[str, Any], read: Callable[[Any, str], Any]) -> dict[str, tuple[str, ...]]:
    """Return the lines that each name lists, or the one that it is; `read` reads one, and raises ConfigError."""
    axes = dict[str, tuple[str, ...]]()
    for name, texts in given.items():
        lines = texts if isinstance(texts, list) else [texts]
        axes[name] = tuple(str(read(one, name)) for one in lines)
        if not lines or len(set(axes[name])) != len(lines):
            raise ConfigError(f"signal {name!r} must list one or more different words, not {texts}")
    return axes


def labelled(words: Sequence[Signal | Leak]) -> list[str]:
    """Return what distinguishes the words of a signal: the format, and modes where they differ; of leaks all."""
    signals = [one for one in words if isinstance(one, Signal)]
    roundings, overflows = _differ(one.rounding for one in signals), _differ(one.overflow for one in signals)
    return [
        "-".join(
            [
                str(one.format),
                *([SHORT.get(one.rounding, one.rounding.value)] if roundings else []),
                *([one.overflow.value] if overflows else []),
            ]
        )
        if isinstance(one, Signal)
        else str(one).replace(" ", "-")
        for one in words
    ]


def _differ(values: Iterable[Any]) -> bool:
    return len({*values}) > 1
