"""A point of a grid: its value on every axis, what it is called, and its plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from fxsnn.errors import ConfigError

Value = str | int | bool
PlanT = TypeVar("PlanT")
MOST_POINTS = 100_000


@dataclass(frozen=True, slots=True)
class Point(Generic[PlanT]):
    """One combination: its value on every axis, what it is called, and its plan."""

    name: str
    scheme: str  # how a network comes to it
    values: Mapping[str, Value]
    plan: PlanT


def distinct(points: Iterable[Point[PlanT]], plans: bool = False) -> list[Point[PlanT]]:
    """Return the points of a grid; raises ConfigError where two are one configuration, and so have one name.

    plans    whether points of different names may have one plan, which is refused too
    """
    found = dict[str, Point[PlanT]]()
    names = dict[tuple[str, str], str]()
    for point in points:
        if point.name in found:
            raise ConfigError(f"each point of a grid must be another configuration, but {point.name} comes twice")
        if plans and (first := names.setdefault((point.scheme, str(point.plan)), point.name)) != point.name:
            raise ConfigError(
                f"each point of a grid must be another configuration, but {first} and {point.name} are one"
            )
        found[point.name] = point
    return list(found.values())
