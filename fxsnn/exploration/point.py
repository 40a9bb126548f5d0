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


def distinct(points: Iterable[Point[PlanT]]) -> list[Point[PlanT]]:
    """Return the points of a grid; raises ConfigError where two are one configuration, and so have one name."""
    found = dict[str, Point[PlanT]]()
    for point in points:
        if point.name in found:
            raise ConfigError(f"each point of a grid must be another configuration, but {point.name} comes twice")
        found[point.name] = point
    return list(found.values())
