"""The order in which populations run: one after the other over many steps, those of a cycle together step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from fxsnn.errors import ConfigError, of_table

Edge = tuple[str, str, int]  # source, target, delay
PROJECTION = "projection"  # the table of a description in which an edge stands


@dataclass(frozen=True, slots=True)
class Stage:
    """Populations that run together, in the order in which they do a step.

    One that no cycle leads through stands alone and can do all its steps at once; those of a cycle go step by step.
    """

    populations: tuple[str, ...]
    stepwise: bool


def schedule(names: Sequence[str], edges: Sequence[Edge]) -> tuple[Stage, ...]:
    """Return the stages of a network.

    edges    of every projection in order; those from the network's input order nothing

    Raises
    ------
    ConfigError
        A cycle is without a delay; the message names its populations.
    """
    now: dict[str, list[str]] = {name: [] for name in names}  # what must have done the same step before
    inner = [edge for edge in edges if edge[0] in now]
    for source, target, delay in inner:
        if delay == 0:
            now[target].append(source)
    try:
        order = list(TopologicalSorter(now).static_order())
    except CycleError as error:
        source, target, *_ = cycle = error.args[1]
        with of_table(PROJECTION, edges.index((source, target, 0))):
            raise ConfigError(f"a cycle must have a delay of 1 step or more, {' -> '.join(cycle)} has none") from None
    reach = {name: _reached(name, inner) for name in names}
    together = {
        name: tuple(one for one in order if one == name or (one in reach[name] and name in reach[one]))
        for name in order
    }
    before: dict[tuple[str, ...], list[tuple[str, ...]]] = {together[name]: [] for name in order}
    for source, target, _ in inner:
        if together[source] != together[target]:
            before[together[target]].append(together[source])
    return tuple(Stage(part, part[0] in reach[part[0]]) for part in TopologicalSorter(before).static_order())


def _reached(name: str, edges: Sequence[Edge]) -> set[str]:
    found: set[str] = set()
    while more := {target for source, target, _ in edges if source == name or source in found} - found:
        found |= more
    return found
