"""What is done in another order or a step late, and resets that do something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from fxsnn.number.cast import rails
from fxsnn.number.signal import Signal
from fxsnn.program import operations as op
from fxsnn.program.mutate_values import literal
from fxsnn.program.mutation import Labels, Mutation, continued, grid_of, leaks, own, redirected
from fxsnn.program.neuron import Neuron
from fxsnn.program.operations import Ref, operands
from fxsnn.program.program import Program
from fxsnn.program.variant import Change, Limits, Made, Rounds, Variant, parts_of


def order(program: Program) -> Iterator[Mutation]:
    """Yield statements in another order, values a step late, and resets that do something else."""
    yield from _swapped(program.neuron)
    yield from _last(program.neuron)
    yield from _within(program.neuron)
    yield from _late(program.neuron)
    yield from _resets(program)


def _swapped(neuron: Neuron) -> Iterator[Mutation]:
    """Yield two statements, the second of which continues from the first, in reverse order."""
    labels = Labels(neuron)
    found = list(continued(neuron))
    for first, before, middle in found:
        for second, read, made in found:
            if second <= first or read != middle:
                continue
            one, two = (frozenset(own(neuron, number)) for number in (first, second))
            name = f"{labels.where(middle)}: done after line {neuron.statements[second].line} instead of before it"

            def apply(
                variant: Variant, before: Ref = before, middle: Ref = middle, made: Ref = made, named: bool = True,
                one: frozenset[Ref] = one, two: frozenset[Ref] = two,
            ) -> Variant:  # fmt: skip
                called = [name for name, ref in variant.names.items() if ref == middle]
                moved = _reading(variant, two, middle, before)
                moved = _reading(moved, one, before, made)
                moved = redirected(moved, made, middle, one | two)
                if named:  # the name of what came first stays with what comes first
                    moved = replace(moved, names={**moved.names, **dict.fromkeys(called, made)})
                return moved

            yield Mutation(name, "", apply)
            yield Mutation(name, "", lambda variant, apply=apply: apply(variant, named=False))  # type: ignore[misc]


def _within(neuron: Neuron) -> Iterator[Mutation]:
    """Yield a leak that is taken of the sum of which it is a part, and one that is taken at the end of the step."""
    labels = Labels(neuron)
    for refs, before, middle in leaks(neuron):
        where, leak = labels.where(middle), labels.of(middle)
        above, made = frozenset[Ref](), middle
        while summed := [
            ref
            for ref, one in enumerate(neuron.operations)
            if isinstance(one, op.Add | op.Subtract) and made in (part for _, part in operands(one))
            if neuron.owners[ref] == neuron.owners[middle]
        ]:
            above, made = above | {summed[0]}, summed[0]

            def whole(
                variant: Variant, refs: frozenset[Ref] = refs, above: frozenset[Ref] = above, before: Ref = before,
                middle: Ref = middle, made: Ref = made,
            ) -> Variant:  # fmt: skip
                found = _reading(_reading(variant, above, middle, before), refs, before, made)
                return redirected(found, made, middle, refs | above)

            yield Mutation(f"{where}: {leak} done after {labels.of(made)} is added up, of the sum", "", whole)
        for name, (signal, _) in neuron.states.items():
            if signal == grid_of(neuron, before):
                title = f"{where}: {leak} done at the end of the step, after the reset and all else"
                yield Mutation(title, "", _ended(refs, before, middle, name, signal))


def _ended(refs: frozenset[Ref], before: Ref, middle: Ref, name: str, signal: str) -> Change:
    """Return the change after which a state is what a leak leaves of its word at the end of the step."""

    def apply(variant: Variant) -> Variant:
        into, (frac, last) = variant.program.signals[signal], variant.states[name]
        found = _reading(redirected(variant, middle, before, refs), refs, before, last)
        found, near = found.add(Rounds(middle, frac, into.rounding, None, None), last)
        found, word = found.add(Limits(near, *rails(into.format, into.overflow), into.overflow.code), last)
        names = {one: word if ref == last and one == name else ref for one, ref in found.names.items()}
        return replace(found.at_end(middle, near, word), states={**found.states, name: (frac, word)}, names=names)

    return apply


def _reading(variant: Variant, refs: frozenset[Ref], old: Ref, new: Ref) -> Variant:
    for ref in refs:
        for field, part in parts_of(variant.operations[ref]):
            if part == old and field:
                variant = variant.reading(ref, field, new)
    return variant


def _last(neuron: Neuron) -> Iterator[Mutation]:
    """Yield a statement that is done at the end of the step, on what the step leaves."""
    labels = Labels(neuron)
    for number, before, made in continued(neuron):
        refs = frozenset(own(neuron, number))
        for name, (signal, final) in neuron.states.items():
            if signal != grid_of(neuron, made) or final == made:
                continue

            def apply(
                variant: Variant, before: Ref = before, made: Ref = made, name: str = name, refs: frozenset[Ref] = refs
            ) -> Variant:
                frac, last = variant.states[name]
                named = [one for one, ref in variant.names.items() if ref == last]
                found = redirected(variant, made, before, refs)
                last = before if last == made else last
                found = _reading(found, refs, before, last)
                states = {**found.states, name: (frac, made)}
                return replace(found, states=states, names={**found.names, **dict.fromkeys(named, made)})

            title = f"{labels.where(made)}: done at the end of the step, after the reset and all else"
            yield Mutation(title, "", apply)


def _late(neuron: Neuron) -> Iterator[Mutation]:
    """Yield values that come a step late: for all that reads them, for what follows, or only where they leave."""
    labels = Labels(neuron)
    output = neuron.output[1]
    where = labels.where(output)

    def emitted(variant: Variant, named: bool = True) -> Variant:
        found, late = variant.late(variant.output, variant.output)
        names = {name: late if named and ref == found.output else ref for name, ref in found.names.items()}
        return replace(found, output=late, names=names)

    yield Mutation(f"{where}: emitted a step late", "", emitted)
    yield Mutation(f"{where}: emitted a step late", "", lambda variant: emitted(variant, named=False))
    made = dict.fromkeys(one.value for one in neuron.statements if one.value >= 0)
    for ref in (*made, *(ref for ref, one in enumerate(neuron.operations) if isinstance(one, op.Input))):
        inside = any(one.carry <= ref < one.done for one in neuron.regions)
        guarded = any(cast.limit == ref and neuron.rounding(cast).guard is not None for cast in neuron.casts)
        if isinstance(neuron.operations[ref], op.State | op.Constant | op.Literal | op.Number) or inside or guarded:
            continue

        def taken(variant: Variant, ref: Ref = ref) -> Variant:
            found, late = variant.late(ref, ref)
            names, out, states = variant.names, variant.output, {**variant.states, **found.states}
            return replace(redirected(found, ref, late), names=names, output=out, states=states)

        def wholly(variant: Variant, ref: Ref = ref) -> Variant:
            found, below = variant.add(variant.operations[ref], ref)
            name = f" late {ref}"
            states = {**found.states, name: (variant.fracs()[ref], below)}
            return replace(found, states=states).put(ref, op.State(name, ""))

        arrives = isinstance(neuron.operations[ref], op.Input)
        title = f"{labels.of(ref)} arrives a step late" if arrives else f"{labels.where(ref)}: a step late"
        yield Mutation(title, "", wholly)
        if not arrives:
            yield Mutation(f"{labels.where(ref)}: what follows takes it a step late", "", taken)


def _resets(program: Program) -> Iterator[Mutation]:
    """Yield selections that give 0, another constant, or what is above the threshold, in the place of what they do."""
    neuron, labels = program.neuron, Labels(program.neuron)
    for ref, one in enumerate(neuron.operations):
        if not isinstance(one, op.Select):
            continue
        where, grid = labels.where(ref), grid_of(neuron, ref)
        when = labels.of(one.condition)
        if neuron.operations[one.a] != op.Literal(0):
            yield Mutation(f"{where}: set to 0 where {when}, instead of {labels.of(one.a)}", "", literal(ref, "a", 0))
        cast = next((cast for cast in neuron.casts if cast.limit == one.b), None)
        if cast is not None:
            low, high = program.signals[cast.signal].format.lowest, program.signals[cast.signal].format.highest

            def lost(
                variant: Variant, ref: Ref = ref, round_: Ref = cast.round, low: int = low, high: int = high
            ) -> Variant:
                now = variant.operations[ref]
                assert isinstance(now, op.Select)  # noqa: S101  (so was it found)
                make = lambda a, x: np.where((x < low) | (x > high), 0, a)  # noqa: E731
                return variant.planting(ref, "a", Made((now.a, round_), None, make))

            yield Mutation(f"{where}: where {cast.name} met a rail, the remainder is lost", "", lost)
        for level in _levels(neuron, one.condition):
            if grid in program.signals and grid_of(neuron, one.b) == grid:
                signal = program.signals[grid]

                def taken(
                    variant: Variant, ref: Ref = ref, b: Ref = one.b, level: Ref = level, signal: Signal = signal
                ) -> Variant:  # fmt: skip
                    found, exact = variant.add(op.Subtract(b, level), ref)
                    found, near = found.add(Rounds(exact, signal.format.frac, signal.rounding, None, None), ref)
                    ends = rails(signal.format, signal.overflow)
                    return found.planting(ref, "a", Limits(near, *ends, signal.overflow.code))

                name = f"{where}: {labels.of(level)} subtracted where {when}, instead of {labels.of(one.a)}"
                yield Mutation(name, "", taken)


def _levels(neuron: Neuron, condition: Ref) -> list[Ref]:
    """Return what values are compared with on which a condition depends at once."""
    found, left, levels = set[Ref](), [condition], list[Ref]()
    while left:
        ref = left.pop()
        one = neuron.operations[ref]
        if ref in found:
            continue
        found.add(ref)
        if isinstance(one, op.Compare):
            levels += [part for part in (one.b, one.a) if not isinstance(neuron.operations[part], op.Literal)][:1]
        elif isinstance(one, op.BITS):
            left += [part for _, part in operands(one)]
    return levels
