"""Find what explains the words that an RTL of a network of populations computed: one change, two, or one for a part."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fxsnn.golden.align import Alignment
from fxsnn.golden.contents import Vector
from fxsnn.golden.dump import Dumped
from fxsnn.golden.populations import Presented
from fxsnn.golden.populations_exchanged import exchanges
from fxsnn.golden.populations_mutant import Mutant
from fxsnn.golden.populations_mutate import NetworkMutation, merged, network_mutations
from fxsnn.golden.populations_play import Theatre, Words
from fxsnn.golden.populations_stuck import stuck
from fxsnn.golden.populations_target import Bools, Target, target
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.program.variant import Ints, NoOrderError

PAIRED = 6  # changes that are tried together with every other one
MOST_PAIRS = 6000


@dataclass(frozen=True, slots=True)
class Found:
    """What was found.

    causes     under each of these every word matches
    partly     else which nodes a change explains wholly, of those that differ, by its name
    nearest    and the change that leaves fewest words that differ, and how many
    """

    causes: tuple[str, ...] = ()
    partly: tuple[tuple[str, tuple[str, ...]], ...] = ()
    nearest: tuple[str, int] | None = None


@dataclass(slots=True)
class _Tried:
    """A change that was tried: where it first fails, and what it leaves, where it was played to the end."""

    change: NetworkMutation
    first: tuple[int, int]  # row and order in the step of the first word that differs
    left: int | None
    right: frozenset[str]  # nodes that differ without it, and match with it, or may: where it was not played
    broken: bool  # a node that matches without it does not with it


def _in_text(change: NetworkMutation) -> tuple[str, str]:
    """Return by what changes are sorted as the text has them: by line, not by its digits."""
    return change.population, re.sub(r"\d+", lambda digits: digits[0].zfill(6), change.name)


@dataclass(slots=True)
class Search:
    """A search for what explains a difference.

    vectors     of the set, in which nodes come as they come to be in a step
    expected    the words of every node as they should be
    laid        how each dump is aligned with them
    paired      whether two changes at once are tried, where none alone explains all
    """

    network: QuantisedGraph
    stimuli: Presented
    vectors: Sequence[Vector]
    expected: Mapping[str, Ints]
    dumps: Sequence[Dumped]
    laid: Mapping[str, Alignment]
    paired: bool = True
    theatre: Theatre = field(init=False)
    targets: dict[str, Target] = field(init=False)
    order: dict[str, int] = field(init=False)
    without: dict[str, int] = field(init=False)  # words that differ, by node, with no change
    glances: dict[str, dict[str, Ints]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        network, stimuli = self.network, self.stimuli
        emitted = {"input": stimuli.words.reshape(*stimuli.words.shape[:2], -1).astype(np.int64)}
        for one in network.graph.populations:
            rows = self.expected[f"{one.name}.{one.neuron.output[0]}"].reshape(stimuli.rows, one.size)
            emitted[one.name] = stimuli.unrolled(rows)
        nodes: dict[str, list[str]] = {}
        for dump in self.dumps:
            name, _, node = dump.node.name.partition(".")
            nodes.setdefault(name, []).append(node)
        self.theatre = Theatre(network, emitted, nodes, stimuli.steps, stimuli.start.words)
        names = [vector.name for vector in self.vectors]
        self.order = {dump.node.name: names.index(dump.node.name) for dump in self.dumps}
        self.targets = {
            dump.node.name: target(dump, self.laid[dump.node.name], self.expected, stimuli) for dump in self.dumps
        }
        self.without = {name: int(self.wrong(name, {}).sum()) for name in self.targets}

    def wrong(self, name: str, words: Words) -> Bools:
        """Return where the words of a node are not what was dumped; what no change reaches is as expected."""
        return self.targets[name].wrong(words.get(name, self.targets[name].expected))

    def found(self) -> Found:
        """Return what explains the difference."""
        differing = {name for name, count in self.without.items() if count}
        touched = [self.theatre.sources({name.partition(".")[0]}) for name in differing]
        within = set.union(*touched) if touched else set[str]()
        self.theatre.look()
        names = [one.name for one in self.network.graph.populations if one.name in within]
        tried: list[_Tried] = []
        looked_for = (kind(self.theatre, tuple(self.targets.values()), names) for kind in (stuck, exchanges))
        for changes in (network_mutations(self.theatre, names), *looked_for):
            under: dict[str, list[str]] = {}
            wholes: dict[str, str] = {}
            for change in changes:
                one = self._tried(change)
                if one is not None and one.left == 0:
                    under.setdefault(change.name, []).append(change.detail)
                    wholes[change.name] = change.whole
                elif one is not None:
                    tried.append(one)
            if under:
                details_of = {name: details for name, details in under.items() if wholes[name] not in under}
                return Found(tuple(merged(details_of)))
        unknown = any((one.compared & ~one.defined).any() for one in self.targets.values())  # which nothing explains
        if self.paired and not unknown and (pairs := self._pairs(tried)):
            return Found(tuple(pairs))
        able = [one for one in tried if one.left is not None or (one.right and not one.broken)]
        played = [one if one.left is not None else self._tried(one.change, whole=True) for one in able]
        known = [one for one in played if one is not None]
        return Found((), self._partly(known), self._nearest(known))

    def _played(self, mutant: Mutant, *, whole: bool) -> Words | None:
        targets = self.targets

        def goes_on(node: str, t: int, part: slice, words: Ints) -> bool:
            return not targets[node].departs(words, part, t)

        try:
            return self.theatre.play(mutant, None if whole else goes_on)
        except NoOrderError:
            return None

    def _tried(self, change: NetworkMutation, *, whole: bool = False) -> _Tried | None:
        """Return what a change does; nothing where it changes no dumped word."""
        try:
            mutant = change.apply(self.theatre.base)
            glanced = None if whole else self._glanced(change, mutant)
        except (NoOrderError, TypeError, AssertionError):
            return None
        if glanced is not None:
            return glanced if glanced.left is None else None
        if not whole and self.theatre.alone and (stopped := self._stopped(change, mutant)):
            return stopped
        words = self._played(mutant, whole=True)
        if words is None or all(np.array_equal(words[name], self.targets[name].expected) for name in words):
            return None
        wrong = {name: self.wrong(name, words) for name in self.targets}
        left = {name: int(one.sum()) for name, one in wrong.items()}
        right = frozenset(name for name, count in left.items() if not count and self.without[name])
        broken = any(count and not self.without[name] for name, count in left.items())
        return _Tried(change, self._first(wrong), sum(left.values()), right, broken)

    def _stopped(self, change: NetworkMutation, mutant: Mutant) -> _Tried | None:
        """Return where a change fails first, of presentations played one after the other; nothing if nowhere."""
        steps, place = self.stimuli.words.shape[1], list[tuple[int, str]]()

        def goes_on(node: str, t: int, part: slice, words: Ints) -> bool:
            if self.targets[node].departs(words, part, t):
                place.append((part.start * steps + t, node))
            return not place

        try:
            self.theatre.play(mutant, goes_on)
        except NoOrderError:
            return None
        if not place:
            return None
        row, failed = place[0]
        right = frozenset(name for name, count in self.without.items() if count and name != failed)
        return _Tried(change, (row, self.order[failed]), None, right, not self.without[failed])

    def _glanced(self, change: NetworkMutation, mutant: Mutant) -> _Tried | None:
        """Return where a change fails that fails in the first step which it changes; nothing where it may explain all.

        Up to that step all is as it is unchanged, so one look at every step alone decides. One that changes no step
        leaves all that differs, which is 0 words more: `left` is 0.
        """
        now = self.theatre.glance(mutant, change.population)
        if now is None:
            return None
        before = self._unchanged(change.population)
        differs = np.logical_or.reduce([(now[name] != before[name]).any(axis=2) for name in now])
        if not differs.any():
            return _Tried(change, (0, 0), 0, frozenset(), False)
        steps = differs.shape[1]
        first = np.where(differs.any(axis=1), differs.argmax(axis=1), steps)
        fails, failed = list[tuple[int, int]](), set[str]()
        for name, dumped in self.targets.items():
            own = dumped.population == change.population
            # beyond the first changed step nothing is known, and of other populations nothing of that step
            known = np.arange(steps)[None, :] < (first + own)[:, None]
            wrong = dumped.wrong(now[dumped.name] if own else dumped.expected).any(axis=2)
            rows = np.flatnonzero((wrong & known).reshape(-1))
            if len(rows):
                failed.add(name)
                fails.append((int(rows[0]), self.order[name]))
        if not fails:
            return None
        right = frozenset(name for name, count in self.without.items() if count and name not in failed)
        return _Tried(change, min(fails), None, right, any(not self.without[name] for name in failed))

    def _unchanged(self, name: str) -> dict[str, Ints]:
        if name not in self.glances:
            found = self.theatre.glance(self.theatre.base, name)
            assert found is not None  # noqa: S101  (so it is for a changed one)
            self.glances[name] = found
        return self.glances[name]

    def _first(self, wrong: Mapping[str, Bools]) -> tuple[int, int]:
        """Return step-wise the first row and node that differ."""
        found = [(1 << 60, 0)]
        for name, one in wrong.items():
            rows = np.flatnonzero(one.reshape(-1, one.shape[2]).any(axis=1))
            if len(rows):
                found.append((int(rows[0]), self.order[name]))
        return min(found)

    def _pairs(self, tried: list[_Tried]) -> list[str]:
        """Return pairs under which every word matches, of which one alone explains more of the begin than none does."""
        tried = [one for one in tried if not one.change.alone]
        unchanged = self._first({name: self.wrong(name, {}) for name in self.targets})
        far = sorted((one for one in tried if one.first > unchanged), key=lambda one: one.first, reverse=True)
        helps = sorted(
            (one for one in tried if one.right and not one.broken and one not in far[:PAIRED]),
            key=lambda one: -len(one.right),
        )
        found: dict[str, list[str]] = {}
        done, count = set[frozenset[int]](), 0
        for first in (*far[:PAIRED], *helps[:PAIRED]):
            for second in tried:
                key = frozenset((id(first), id(second)))
                if second is first or key in done or count >= MOST_PAIRS:
                    continue
                done.add(key)
                count += 1
                if self._explains(first.change, second.change):
                    pair = sorted((first.change, second.change), key=_in_text)
                    name = " and ".join(one.name.replace("{}", one.detail) for one in pair)
                    found.setdefault(name, []).append("")
        return merged(found)

    def _explains(self, *changes: NetworkMutation) -> bool:
        mutant = self.theatre.base
        try:
            for change in changes:
                mutant = change.apply(mutant)
            glanced = self._glanced(changes[0], mutant) if len({one.population for one in changes}) == 1 else None
        except (NoOrderError, TypeError, AssertionError):
            return False
        if glanced is not None:
            return False
        words = self._played(mutant, whole=False)
        return words is not None and not any(self.wrong(name, words).any() for name in self.targets)

    def _partly(self, tried: list[_Tried]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return changes that explain whole nodes and harm none, those of most nodes."""
        able = [one for one in tried if one.right and not one.broken]
        most = max((len(one.right) for one in able), default=0)
        under: dict[tuple[str, ...], dict[str, list[str]]] = {}
        for one in able:
            if len(one.right) == most:
                nodes = tuple(dumped.node.stem for name, dumped in self.targets.items() if name in one.right)
                under.setdefault(nodes, {}).setdefault(one.change.name, []).append(one.change.detail)
        return tuple((name, nodes) for nodes, names in under.items() for name in merged(names))

    def _nearest(self, tried: list[_Tried]) -> tuple[str, int] | None:
        found = [(one.left, one.change) for one in tried if one.left is not None]
        left, best = min(found, key=lambda one: one[0], default=(0, None))
        return None if best is None else (best.name.replace("{}", best.detail), left)
