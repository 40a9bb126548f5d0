"""What is done always, never, or only sometimes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from fxsnn.program import operations as op
from fxsnn.program.mutation import Labels, Mutation, continued, grid_of, leaks
from fxsnn.program.neuron import Neuron
from fxsnn.program.operations import Ref, operands
from fxsnn.program.program import Program
from fxsnn.program.variant import Change, Ints, Made, Rounds, Variant
from fxsnn.program.wires import ANYWHERE


def guards(program: Program) -> Iterator[Mutation]:
    """Yield what is done always, never, or only where a bit holds, something arrives, or a word has a sign."""
    neuron, labels = program.neuron, Labels(program.neuron)
    yield from _chosen(neuron)
    bits = [
        ref for ref, one in enumerate(neuron.operations) if isinstance(one, op.BITS) and not isinstance(one, op.Not)
    ]
    inputs = [ref for ref, one in enumerate(neuron.operations) if isinstance(one, op.Input)]
    when: list[tuple[str, Ref, Callable[[Ints], Any]]] = []
    for ref in inputs:
        name = labels.of(ref)
        when.append((f"only where {name} brings it something", ref, lambda x: x != 0))
        when.append((f"only in steps in which {name} brings something", ref, lambda x: x.any(axis=1, keepdims=True)))
    for ref in bits:
        when.append((f"only where {labels.of(ref)}", ref, lambda x: x != 0))
        when.append((f"only where not {labels.of(ref)}", ref, lambda x: x == 0))
    for name in neuron.states:
        for only, ref, holds in when:
            line = max(one.line for one in neuron.statements if one.name == name)
            yield Mutation(f"line {line}, {name}: changes {only}", "", _kept(name, ref, holds))
    for _, before, made in continued(neuron):
        signs: list[tuple[str, Ref, Callable[[Ints], Any]]] = [
            (f"only where {labels.of(before)} is above 0", before, lambda x: x > 0),
            (f"only where {labels.of(before)} is below 0", before, lambda x: x < 0),
        ]
        for only, ref, holds in (*when, *signs):
            if ref != made:
                yield Mutation(f"{labels.where(made)}: done {only}", "", _done(made, before, ref, holds))
    parts = [*_branches(neuron), *((before, made) for _, before, made in leaks(neuron))]
    for before, made in parts:
        for only, ref, holds in when:
            yield Mutation(f"{labels.where(made)}: {labels.of(made)} {only}", "", _done(made, before, ref, holds))


def _branches(neuron: Neuron) -> Iterator[tuple[Ref, Ref]]:
    """Yield what one way of a choice makes of a state, and that state: a counter that counts, for example."""
    for one in neuron.operations:
        if isinstance(one, op.Select):
            for branch in (one.a, one.b):
                grid, left = grid_of(neuron, branch), [branch]
                while left:
                    ref = left.pop()
                    inner = neuron.operations[ref]
                    if isinstance(inner, op.State) and inner.signal == grid and ref != branch:
                        yield ref, branch
                    if not isinstance(inner, op.Limit | op.Select) or ref == branch:
                        left += [part for _, part in operands(inner)]


def _kept(name: str, bit: Ref, holds: Callable[[Ints], Any]) -> Change:
    """Return the change after which a state takes its new word only where something holds."""

    def apply(variant: Variant) -> Variant:
        before = next(
            (ref for ref, one in variant.operations.items() if isinstance(one, op.State) and one.name == name), None
        )
        if before is None:
            variant, before = variant.add(op.State(name, ""), variant.states[name][1])
        return stored(variant, name, _where(holds), before, bit)

    return apply


def stored(variant: Variant, name: str, make: Callable[..., Ints], *parts: Ref) -> Variant:
    """Return the same where a state takes what a function makes of its new word, and of further values."""
    frac, last = variant.states[name]
    fracs = variant.fracs()
    up = max(frac - fracs[last], 0) if fracs[last] != ANYWHERE else 0
    found, kept = variant.add(Made((last, *parts), frac, lambda x, *others: make(x << up, *others)), last)
    names = {one: kept if one == name and ref == last else ref for one, ref in found.names.items()}
    return replace(found.at_end(kept), states={**found.states, name: (frac, kept)}, names=names)


def _done(made: Ref, before: Ref, bit: Ref, holds: Callable[[Ints], Any]) -> Change:
    return lambda variant: variant.over(made, _where(holds), before, bit)


def _where(holds: Callable[[Ints], Any]) -> Callable[[Ints, Ints, Ints], Ints]:
    return lambda words, old, bits: np.where(holds(bits), words, old)


def chosen(neuron: Neuron) -> Iterator[tuple[Ref, list[Ref]]]:
    """Yield conditions, and what is chosen by each: all of it, and where that is several values each alone."""
    choosing: dict[Ref, list[Ref]] = {}
    for ref, one in enumerate(neuron.operations):
        if isinstance(one, op.Select):
            choosing.setdefault(one.condition, []).append(ref)
    for condition, refs in choosing.items():
        for some in [refs, *([one] for one in refs)] if len(refs) > 1 else [refs]:
            yield condition, some


def _chosen(neuron: Neuron) -> Iterator[Mutation]:
    """Yield conditions that are taken to hold always, or never, where something is chosen by them."""
    labels = Labels(neuron)
    for condition, some in chosen(neuron):
        for value, assumed in ((1, "always taken to hold"), (0, "never taken to hold")):
            name = f"{labels.where(some[0])}: {labels.of(condition)} {assumed}"
            yield Mutation(name, "", _fixed(condition, some, value))


def _fixed(condition: Ref, refs: list[Ref], value: int) -> Change:
    def apply(variant: Variant) -> Variant:
        found, bit = variant.add(op.Literal(value), refs[0])
        for ref in refs:
            found = found.reading(ref, "condition", bit)
        for ref, one in variant.operations.items():
            if isinstance(one, Rounds) and one.guard == condition and value:
                found = found.put(ref, replace(one, guard=None))
        return found

    return apply
