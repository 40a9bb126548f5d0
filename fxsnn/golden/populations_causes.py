"""Find what explains the words that an RTL of a network of populations computed: one change, two, or one for a part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fxsnn.golden.align import Alignment
from fxsnn.golden.contents import Vector
from fxsnn.golden.dump import Dumped
from fxsnn.golden.populations_mutate import NetworkMutation, merged, network_mutations
from fxsnn.golden.populations_play import Mutant, Theatre, Words
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.program.variant import Impossible, Ints

PAIRED = 12  # changes that are tried together with every other one
MOST_PAIRS = 6000


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What was dumped of a node, as the set has it; int64 and bool [presentations, steps, words]."""

    node: Vector
    words: Ints
    held: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]  # where there is a word that is compared
    defined: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    def wrong(self, words: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Return where words, of any width, are not what was dumped."""
        return self.held & (~self.defined | (self.fitted(words) != self.words))

    def fitted(self, words: Ints) -> Ints:
        """Return words as the node's width holds them."""
        form = self.node.format
        low = words & ((1 << form.word) - 1)
        return np.where(low > form.highest, low - (1 << form.word), low)

    def departs(self, words: Ints, part: slice, t: int) -> bool:
        """Return whether the words of a step of some presentations are not those dumped."""
        differs = ~self.defined[part, t] | (self.fitted(words) != self.words[part, t])
        return bool((differs & self.held[part, t]).any())


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
    """A change that was played: where it first fails, and what it leaves."""

    change: NetworkMutation
    first: tuple[int, int]  # row and order in the step of the first word that differs
    left: int
    right: frozenset[str]  # nodes that differ without it, and match with it
    broken: bool  # a node that matches without it does not with it


def explain(
    bundle: GraphBundle, expected: Mapping[str, Ints], dumps: Sequence[Dumped], laid: Mapping[str, Alignment]
) -> Found:
    """Return what explains a difference.

    expected    the words of every node as they should be
    laid        how each dump lies beside them
    """
    return _Search(bundle, expected, dumps, laid).found()


@dataclass(slots=True)
class _Search:
    bundle: GraphBundle
    expected: Mapping[str, Ints]
    dumps: Sequence[Dumped]
    laid: Mapping[str, Alignment]
    theatre: Theatre = field(init=False)
    targets: dict[str, Target] = field(init=False)
    order: dict[str, int] = field(init=False)
    without: dict[str, int] = field(init=False)  # words that differ, by node, with no change

    def __post_init__(self) -> None:
        network, inputs = self.bundle.network, self.bundle.stimuli.words
        shape = inputs.shape[:2]
        emitted = {"input": inputs.reshape(*shape, -1).astype(np.int64)}
        for one in network.graph.populations:
            emitted[one.name] = self.expected[f"{one.name}.{one.neuron.output[0]}"].reshape(*shape, one.size)
        nodes: dict[str, list[str]] = {}
        for dump in self.dumps:
            name, _, node = dump.node.name.partition(".")
            nodes.setdefault(name, []).append(node)
        self.theatre = Theatre(network, emitted, nodes)
        names = [vector.name for vector in self.bundle.vectors]
        self.order = {dump.node.name: names.index(dump.node.name) for dump in self.dumps}
        self.targets = {dump.node.name: _target(dump, self.laid[dump.node.name], shape) for dump in self.dumps}
        self.without = {name: int(self.wrong(name, {}).sum()) for name in self.targets}

    def wrong(self, name: str, words: Words) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        target = self.targets[name]
        return target.wrong(words.get(name, self.expected[name].reshape(target.words.shape)))

    def found(self) -> Found:
        differing = {name for name, count in self.without.items() if count}
        touched = [self.theatre.sources({name.partition(".")[0]}) for name in differing]
        within = set.union(*touched) if touched else set[str]()
        self.theatre.look()
        names = [one.name for one in self.bundle.network.graph.populations if one.name in within]
        changes = list(network_mutations(self.theatre, names))
        under: dict[str, list[str]] = {}
        tried: list[_Tried] = []
        for change in changes:
            one = self._tried(change)
            if one is not None and not one.left:
                under.setdefault(change.name, []).append(change.detail)
            elif one is not None:
                tried.append(one)
        if under:
            return Found(tuple(merged(under)))
        if pairs := self._pairs(tried):
            return Found(tuple(pairs))
        return Found((), self._partly(tried), self._nearest(tried))

    def _played(self, mutant: Mutant, *, whole: bool) -> Words | None:
        targets, expected = self.targets, self.expected

        def goes_on(node: str, t: int, part: slice, words: Ints) -> bool:
            return not targets[node].departs(words, part, t)

        try:
            words = self.theatre.play(mutant, None if whole else goes_on)
        except (Impossible, ValueError):
            return None
        del expected
        return words

    def _tried(self, change: NetworkMutation) -> _Tried | None:
        """Return what a change does; nothing where it changes no dumped word."""
        try:
            mutant = change.apply(self.theatre.base)
        except (Impossible, TypeError, AssertionError):
            return None
        words = self._played(mutant, whole=True)
        if words is None:
            return None
        wrong = {name: self.wrong(name, words) for name in self.targets}
        left = {name: int(one.sum()) for name, one in wrong.items()}
        if left == self.without and all(
            np.array_equal(words[name], self.expected[name].reshape(words[name].shape)) for name in words
        ):
            return None
        right = frozenset(name for name, count in left.items() if not count and self.without[name])
        broken = any(count and not self.without[name] for name, count in left.items())
        return _Tried(change, self._first(wrong), sum(left.values()), right, broken)

    def _first(self, wrong: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]) -> tuple[int, int]:
        """Return step-wise the first row and node that differ."""
        found = [(1 << 60, 0)]
        for name, one in wrong.items():
            rows = np.flatnonzero(one.reshape(-1, one.shape[2]).any(axis=1))
            if len(rows):
                found.append((int(rows[0]), self.order[name]))
        return min(found)

    def _pairs(self, tried: list[_Tried]) -> list[str]:
        """Return pairs under which every word matches, one of which explains more from the begin than no change does."""
        begun = self._first({name: self.wrong(name, {}) for name in self.targets})
        far = sorted((one for one in tried if one.first > begun), key=lambda one: one.first, reverse=True)
        helps = sorted((one for one in tried if one.right and one not in far[:PAIRED]), key=lambda one: -len(one.right))
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
                    told = sorted((first.change, second.change), key=lambda one: one.name)
                    name = " and ".join(one.name.replace("{}", one.detail) for one in told)
                    found.setdefault(name, []).append("")
        return merged(found)

    def _explains(self, *changes: NetworkMutation) -> bool:
        mutant = self.theatre.base
        try:
            for change in changes:
                mutant = change.apply(mutant)
        except (Impossible, TypeError, AssertionError):
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
                nodes = tuple(name for name in self.targets if name in one.right)
                under.setdefault(nodes, {}).setdefault(one.change.name, []).append(one.change.detail)
        return tuple((name, nodes) for nodes, names in under.items() for name in merged(names))

    def _nearest(self, tried: list[_Tried]) -> tuple[str, int] | None:
        best = min(tried, key=lambda one: one.left, default=None)
        if best is None:
            return None
        return best.change.name.replace("{}", best.change.detail), best.left


def _target(dump: Dumped, laid: Alignment, shape: tuple[int, ...]) -> Target:
    size = int(np.prod(dump.node.shape))
    words, held, defined = np.zeros(size, np.int64), np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    words[laid.expected] = dump.words[laid.got]
    held[laid.expected] = True
    defined[laid.expected] = dump.defined[laid.got]
    return Target(dump.node, *(one.reshape(*shape, -1) for one in (words, held, defined)))
