"""A point of a grid: its value on every axis, what it is called, and its plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

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
