"""Find two words that somebody exchanged: of weights too many to play each, so a neuron is played for all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fxsnn.golden.populations_mutant import changed
from fxsnn.golden.populations_mutate import NetworkMutation, line_of, with_constant
from fxsnn.golden.populations_play import Theatre
from fxsnn.golden.populations_target import Target
from fxsnn.graph.connect import Projection
from fxsnn.graph.engine import drawing
from fxsnn.graph.population import INPUT
from fxsnn.program import operations as op
from fxsnn.program.variant import Ints, Make
from fxsnn.program.vector import Player

Place = int | tuple[int, int]
MOST = 1 << 20  # exchanges that are played at once
LEFT = 64  # of which so many are played with the whole network, where dumped words do not tell them apart


@dataclass(frozen=True, slots=True, eq=False)
class _Exchange:
    """The word of (source, neuron) and that of (other source, other neuron), of many exchanges; int64[exchanges]."""

    a: Ints
    n: Ints
    b: Ints
    m: Ints

    def of(self, which: Ints) -> _Exchange:
        return _Exchange(self.a[which], self.n[which], self.b[which], self.m[which])


def exchanges(theatre: Theatre, targets: Sequence[Target], names: Sequence[str]) -> Iterator[NetworkMutation]:
    """Yield exchanges of two weights of one projection that explain the words of the neurons whose weights they are."""
    for name in names:
        yield from _constants(theatre, [target for target in targets if target.population == name], name)
    for one in theatre.network.graph.projections:
        own = [target for target in targets if target.population == one.target and not target.node.register]
        if one.kind != "dense" or one.target not in names or not own or not _able(theatre, one):
            continue
        yield from _of_projection(theatre, own, one)


def _constants(theatre: Theatre, targets: Sequence[Target], name: str) -> Iterator[NetworkMutation]:
    """Yield exchanges of two neurons' constants, at least one of which computes something else."""
    suspects = _suspected(theatre, targets, name)[0].tolist()
    neuron = theatre.network.graph[name].neuron
    for constant, words in theatre.base.constants[name].items():
        others = range(len(words)) if len(suspects) == 1 else suspects[1:]
        for n, m in [(suspects[0], m) for m in others] if len(words) > 1 else []:
            if words[n] != words[m]:
                own = f"line {line_of(neuron, constant)}, {constant}"
                title = f"{theatre.called(name)}{own}: those of neurons {min(n, m)} and {max(n, m)} exchanged"
                yield NetworkMutation(title, "", name, with_constant(name, constant, _swap(n, m)))


def _swap(first: Place, second: Place) -> Make:
    def swapped(words: Ints) -> Ints:
        found = np.array(words)
        found[first], found[second] = words[second], words[first]
        return found

    return swapped


def _able(theatre: Theatre, one: Projection) -> bool:
    """Return whether a neuron can be played alone until the first difference: it neither draws nor takes one by one."""
    program = theatre.network.programs[one.target]
    reduced = any(isinstance(each, (op.Each, *op.REDUCTIONS)) for each in program.neuron.operations)
    return not reduced and not drawing(program)


def _of_projection(theatre: Theatre, targets: Sequence[Target], one: Projection) -> Iterator[NetworkMutation]:
    weights = theatre.network.weights[one.name]
    sources, neurons = weights.shape
    suspects, upto = _suspected(theatre, targets, one.target)
    if not len(suspects):
        return
    for several in _kinds(suspects, sources, neurons):
        differ = weights[several.a, several.n] != weights[several.b, several.m]
        left = several.of(np.flatnonzero(differ))
        for n in suspects.tolist():
            left = left.of(_fitting(theatre, targets, one, left, n, upto))
        for a, n, b, m in zip(*(each[:LEFT].tolist() for each in (left.a, left.n, left.b, left.m)), strict=True):
            title = f"the weight of input {a} to neuron {n} and that of input {b} to neuron {m} exchanged"
            if n == m:
                title = f"the weights of inputs {a} and {b} to neuron {n} exchanged"
            elif a == b:
                title = f"the weights of input {a} to neurons {min(n, m)} and {max(n, m)} exchanged"
            apply = changed("weights", one.name, _swap((a, n), (b, m)))
            yield NetworkMutation(f"{one.name}: {title}", "", one.target, apply)
        if len(left.a):
            return


def _suspected(theatre: Theatre, targets: Sequence[Target], name: str) -> tuple[Ints, Ints]:
    """Return the one or two neurons that differ before others can hear of it, and until when: steps of presentations.

    None where more differ: of two words that were exchanged each is of one neuron.
    """
    graph, neuron = theatre.network.graph, theatre.network.programs[name].neuron
    wrong = [target.wrong(target.expected) for target in targets if not target.node.register]
    if not wrong:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    together = np.logical_or.reduce(wrong)  # [presentations, steps, neurons]
    upto = np.full(together.shape[0], together.shape[1])
    driven = name in theatre.sources({one.source for one in graph.projections if one.target == name} - {INPUT})
    if driven or any(isinstance(one, op.REDUCTIONS) for one in neuron.operations):
        for p, rows in enumerate(together.any(axis=2)):
            upto[p] = int(np.argmax(rows)) + 1 if rows.any() else len(rows)
        together = together & (np.arange(together.shape[1])[None, :, None] < upto[:, None, None])
    suspects = np.flatnonzero(together.any(axis=(0, 1)))
    return suspects if len(suspects) <= 2 else suspects[:0], upto


def _kinds(suspects: Ints, sources: int, neurons: int) -> Iterator[_Exchange]:
    """Yield exchanges of one neuron's weights, of one input's, and of any two."""
    every = np.arange(sources)
    n = int(suspects[0])
    if len(suspects) == 1:
        a, b = np.triu_indices(sources, 1)
        if len(a) <= MOST:
            yield _Exchange(a, np.full(len(a), n), b, np.full(len(a), n))
    others = suspects[1:] if len(suspects) == 2 else np.delete(np.arange(neurons), n)
    if sources * len(others) <= MOST:
        a, m = np.repeat(every, len(others)), np.tile(others, sources)
        yield _Exchange(a, np.full(len(a), n), a, m)
    if len(suspects) == 2 and sources * sources <= MOST:
        a, b = np.repeat(every, sources), np.tile(every, sources)
        yield _Exchange(a, np.full(len(a), n), b, np.full(len(a), int(suspects[1])))


def _fitting(
    theatre: Theatre, targets: Sequence[Target], one: Projection, given: _Exchange, n: int, upto: Ints
) -> Ints:
    """Return which exchanges explain all that was dumped of a neuron."""
    weights, left = theatre.network.weights[one.name], theatre.left(one)
    change = (weights[given.b, given.m] - weights[given.a, given.n]) << left
    # what arrives more at the neuron: of the first word where it is the first's, of the second where it is the second's
    first, second = np.where(given.n == n, change, 0), np.where(given.m == n, -change, 0)
    emitted, delay = theatre.emitted[one.source], one.delay
    base = theatre.brought(one.target, n)
    alive = np.arange(len(given.a))
    for p, steps in enumerate(upto.tolist()):
        player = _alone(theatre, one.target, n, len(alive), p)
        for t in range(steps):
            if not len(alive):
                return alive
            come = {name: np.broadcast_to(arrived[p, t], (1, len(alive))) for name, arrived in base.items()}
            if t >= delay:
                row = emitted[p, t - delay]
                more = first[alive] * row[given.a[alive]] + second[alive] * row[given.b[alive]]
                come[one.input] = come[one.input] + more
            player.step(come)
            fits = np.ones(len(alive), np.bool_)
            for target in targets:
                if target.compared[p, t, n]:
                    words = target.fitted(theatre.node(one.target, player, target.name))[0]
                    fits &= target.defined[p, t, n] & (words == target.words[p, t, n])
            if not fits.all():
                alive, states = alive[fits], player.states
                player = _alone(theatre, one.target, n, len(alive), p)
                player.states = {name: words[:, fits] for name, words in states.items()}
    return alive


def _alone(theatre: Theatre, name: str, n: int, many: int, presentation: int) -> Player:
    """Return a neuron as it is before the first step of a presentation, so many times."""
    step = theatre.base.variants[name]
    constants = {
        called: words[n : n + 1] if len(words) > 1 else words for called, words in theatre.base.constants[name].items()
    }
    player = Player(replace(step, program=replace(step.program, neurons=many)), constants, 1)
    for state in player.states:
        if f"{name}.{state}" in theatre.start:
            player.states[state] = np.full((1, many), theatre.start[f"{name}.{state}"][presentation, n])
    return player
