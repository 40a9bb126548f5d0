"""How often inputs reach each corner of a network of populations, and where first."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from fxsnn.golden.corners import Reached, Where
from fxsnn.golden.graph_cells import cell_corners, input_corners
from fxsnn.golden.graph_corners import AIMS, Sites, View, aims_of, corners_of
from fxsnn.golden.populations_play import Theatre
from fxsnn.graph.engine import drawing
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.number.modes import Overflow
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.variant import Ints
from fxsnn.program.vector import Looped, Player

UNSEEN = "the next input must not see it"
FAR = np.iinfo(np.int64).max
AT_ONCE = 1 << 22  # words of operations that are looked at together


class Tally(NamedTuple):
    """How often each presentation reached a corner, and the step and neuron of its first time."""

    many: Ints  # int64[presentations]
    step: Ints
    neuron: Ints


Tallies = Mapping[str, Tally]


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


@dataclass(slots=True)
class _Counter:
    """Counts corners while a network is played."""

    network: QuantisedGraph
    presentations: int
    steps: int
    wanted: Set[str]
    counts: dict[str, dict[str, Tally]] = field(init=False)  # by population, and others beside
    away: dict[str, Ints] = field(init=False)  # by aim that is wanted, int64[presentations]
    sites: dict[str, Sites] = field(init=False)
    kept: dict[str, Steps] = field(init=False)

    def __post_init__(self) -> None:
        programs = self.network.programs
        self.sites = {name: Sites(program) for name, program in programs.items()}
        self.kept = {name: Steps(program) for name, program in programs.items()}
        self.away = {aim: np.full(self.presentations, FAR) for aim in sorted(self.wanted)}
        self.counts = {group: {} for name in (INPUT, *programs) for group in (name, f"{name} {UNSEEN}")}

    def take(self, group: str, name: str, where: Where, rows: Rows) -> None:
        """Count where rows reached a corner: bool[rows, ...]."""
        if name not in self.counts[group]:
            self.counts[group][name] = Tally(*np.zeros((3, self.presentations), np.int64))
        if not where.any():
            return
        count, step, neuron = self.counts[group][name]
        flat = where.reshape(len(where), -1)
        many = np.count_nonzero(flat, axis=1)
        there = np.flatnonzero(many)
        found, first = np.unique(rows.presentations[there], return_index=True)
        new = count[found] == 0
        found, first = found[new], there[first[new]]
        step[found] = rows.steps[first]
        neuron[found] = flat[first].argmax(axis=1)
        np.add.at(count, rows.presentations, many)

    def note(self, name: str, part: slice, step: int, player: Player, before: Mapping[str, Ints]) -> None:
        """Keep a population's step, and count the corners of those that were kept when they are many."""
        del before
        self.kept[name].keep(part, step, player)
        if self.kept[name].words > AT_ONCE:
            self.count(name)
        if step < self.steps - 1:
            return
        rows, group = Rows(np.arange(part.start, part.stop), np.full(part.stop - part.start, step)), f"{name} {UNSEEN}"
        for state, words in player.states.items():
            self.take(group, f"{name}: {state}: {UNSEEN}", words != 0, rows)
        for stream in drawing(self.sites[name].program):
            advanced = player.register(stream)[:, None] != player.registers[stream].seed
            self.take(group, f"{name}: register {stream}: {UNSEEN}", advanced, rows)

    def count(self, name: str) -> None:
        """Count the corners of the steps of a population that were kept."""
        sites, kept = self.sites[name], self.kept[name]
        if not kept.steps:
            return
        self.kept[name] = Steps(sites.program)
        views = {ref: view for first, inside in sites.loops.items() for view in (kept.within(first),) for ref in inside}
        whole = kept.view()
        for ref, label in sites.named.items():
            view, rows = views.get(ref, whole)
            for corner, where in corners_of(sites, ref, view):
                self.take(name, f"{name}: {label}: {corner}", where, rows)
            for aim, distance in aims_of(sites, ref, view):
                if (named := f"{name}: {label}: {aim}") in self.away:
                    np.minimum.at(self.away[named], rows.presentations, distance().min(axis=1, initial=FAR))


def aim_of(name: str) -> str:
    """Return what comes nearer to a corner of a cast, a state or a comparison by becoming less; "" for others."""
    site, _, corner = name.rpartition(": ")
    return f"{site}: {AIMS[corner]}" if corner in AIMS else ""


def tallied(network: QuantisedGraph, inputs: Ints, start: Mapping[str, Ints] | None = None) -> dict[str, Tally]:
    """Play inputs and return every corner that the network has, in a fixed order.

    inputs    int64[presentations, steps, words]
    start     what states begin with, by `population.state`, int64[presentations, neurons]; 0 if not given
    """
    return searched(network, inputs, frozenset(), start)[0]


def searched(
    network: QuantisedGraph, inputs: Ints, wanted: Set[str], start: Mapping[str, Ints] | None = None
) -> tuple[dict[str, Tally], dict[str, Ints]]:
    """Return the same, and of each aim that is wanted how near presentations come: int64[presentations]."""
    presentations, steps = inputs.shape[:2]
    counter = _Counter(network, presentations, steps, wanted)
    emitted = {INPUT: inputs}
    for one in network.graph.populations:
        emitted[one.name] = np.zeros((presentations, steps, one.size), np.int64)
    theatre = Theatre(network, emitted, {}, (steps,) * presentations, start or {}).observe(counter.note)
    rows = Rows(np.repeat(np.arange(presentations), steps), np.tile(np.arange(steps), presentations))
    for name, where in input_corners(network, inputs):
        counter.take(INPUT, name, where.reshape(-1, 1), rows)
    for name in network.programs:
        counter.count(name)
    for name, where in cell_corners(network, theatre):
        counter.take(f"{INPUT} {UNSEEN}", name, where.reshape(presentations * steps, -1), rows)
    return {name: tally for group in counter.counts.values() for name, tally in group.items()}, counter.away


def refused(network: QuantisedGraph, tallies: Tallies) -> Where:
    """Return which presentations leave a format whose overflow mode is `error`: bool[presentations]."""
    found = np.zeros(len(next(iter(tallies.values())).many), np.bool_)
    for name, program in network.programs.items():
        sites = Sites(program)
        for limit, cast in sites.casts.items():
            if program.signals[cast.signal].overflow is Overflow.ERROR:
                for corner in ("over the top", "under the bottom"):
                    found |= tallies[f"{name}: {sites.named[limit]}: {corner}"].many > 0
    return found


def together(parts: Sequence[Tallies]) -> dict[str, Tally]:
    """Return the tallies of several groups of presentations, one behind the other."""
    return {name: Tally(*map(np.concatenate, zip(*(part[name] for part in parts), strict=True))) for name in parts[0]}


def chosen(tallies: Tallies, presentations: Sequence[int]) -> dict[str, Tally]:
    """Return the tallies of some presentations."""
    return {name: Tally(*(own[presentations] for own in tally)) for name, tally in tallies.items()}


def reached(tallies: Tallies, steps: int) -> dict[str, Reached]:
    """Return how often each corner was reached, and first where; what the last input leaves is followed by none."""
    found = dict[str, Reached]()
    for name, tally in tallies.items():
        count = tally.many[:-1] if name.endswith(UNSEEN) else tally.many
        first = int((count > 0).argmax()) if count.any() else -1
        place = () if first < 0 else (first * steps + int(tally.step[first]), int(tally.neuron[first]))
        found[name] = Reached(int(count.sum()), *place)
    return found
