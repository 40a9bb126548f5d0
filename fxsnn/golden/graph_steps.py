"""Steps of a population that are examined together: what was computed in them, a row each."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from fxsnn.golden.graph_corners import View
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.variant import Ints
from fxsnn.program.vector import Looped, Player


@dataclass(slots=True)
class Steps:
    """Steps of a population that are kept to be examined together: values of every operation, a step an item."""

    program: Program
    presentations: list[slice] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    values: list[dict[Ref, Ints]] = field(default_factory=list)
    draws: list[dict[int, Ints]] = field(default_factory=list)
    rounds: list[Looped] = field(default_factory=list)
    words: int = 0

    def keep(self, part: slice, step: int, player: Player) -> None:
        """Keep what a player did in a step."""
        self.presentations.append(part)
        self.steps.append(step)
        self.values.append(dict(player.values))
        self.draws.append(dict(player.draws))
        self.rounds.append(dict(player.rounds or {}))
        rows = part.stop - part.start + sum(map(len, self.rounds[-1].values()))
        self.words += rows * self.program.neurons * len(self.values[-1])

    def view(self) -> tuple[View, Rows]:
        """Return what was computed outside of loops."""
        sizes = [part.stop - part.start for part in self.presentations]
        rows = [np.arange(part.start, part.stop) for part in self.presentations], np.repeat(self.steps, sizes)
        return self._stacked(list(zip(self.values, self.draws, sizes, strict=True))), Rows(
            np.concatenate(rows[0]), rows[1]
        )

    def within(self, first: Ref) -> tuple[View, Rows]:
        """Return what every active input made of a loop, an input a row."""
        parts, presentations, steps = list[_Part](), list[int](), list[int]()
        for outer, part, step, rounds in zip(self.values, self.presentations, self.steps, self.rounds, strict=True):
            for inner, drawn in rounds.get(first, ()):
                parts.append((ChainMap(inner, outer), drawn, 1))
                presentations.append(part.start)
                steps.append(step)
        return self._stacked(parts), Rows(np.array(presentations, np.int64), np.array(steps, np.int64))

    def _stacked(self, parts: Sequence[_Part]) -> View:
        sizes, neurons = [size for *_, size in parts], self.program.neurons
        values = _Stacked([words for words, _, _ in parts], sizes, neurons)
        return View(self.program, values, _Stacked([drawn for _, drawn, _ in parts], sizes, neurons), sum(sizes))


class Rows(NamedTuple):
    """The presentation and the step of each row of a view, those of a presentation in the order of steps."""

    presentations: Ints
    steps: Ints


_Part = tuple[Mapping[int, Ints], Mapping[int, Ints], int]  # values, draws, and rows


class _Stacked(dict[int, Ints]):
    """Values of several steps one below the other, put together when they are asked for."""

    def __init__(self, parts: Sequence[Mapping[int, Ints]], sizes: Sequence[int], neurons: int) -> None:
        super().__init__()
        self._parts, self._sizes, self._neurons = parts, sizes, neurons

    def __missing__(self, ref: int) -> Ints:
        rows = [
            np.broadcast_to(part[ref], (size, self._neurons))
            for part, size in zip(self._parts, self._sizes, strict=True)
        ]
        self[ref] = np.concatenate(rows)
        return self[ref]
