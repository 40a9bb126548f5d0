"""What comes from another neuron or another step: lines, memories and registers that neurons share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from fxsnn.program import operations as op
from fxsnn.program.mutate_guards import chosen, stored
from fxsnn.program.mutation import Labels, Mutation
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.variant import Change, Make, Rounds, Variant


def shared(program: Program) -> Iterator[Mutation]:
    """Yield what any neuron does to all, what only the first does, states stored otherwise, and sums that stay."""
    if program.neurons > 1:
        yield from _any(program)
        yield from _first(program)
    yield from _memory(program)
    yield from _uncleared(program)


def _any(program: Program) -> Iterator[Mutation]:
    """Yield conditions that hold for all neurons where they hold for one: a line that resets a whole population."""
    labels = Labels(program.neuron)
    for condition, refs in chosen(program.neuron):

        def apply(variant: Variant, condition: Ref = condition, refs: list[Ref] = refs) -> Variant:
            found, any_ = variant.add(op.Any(condition), refs[0])
            for ref in refs:
                found = found.reading(ref, "condition", any_)
            for ref, one in variant.operations.items():
                if isinstance(one, Rounds) and one.guard == condition:
                    found = found.reading(ref, "guard", any_)
            return found

        where = " and ".join(dict.fromkeys(map(labels.where, refs)))
        yield Mutation(f"{where}: {labels.of(condition)} of any neuron taken for all", "", apply)


def _first(program: Program) -> Iterator[Mutation]:
    """Yield bits that only the first of several neurons emits, or has: an encoder that has one place a step."""
    neuron = program.neuron
    output = neuron.output[1]
    if not isinstance(neuron.operations[output], op.BITS):
        return

    def emitted(variant: Variant) -> Variant:
        found, first = variant.add(op.First(variant.output), variant.output)
        names = {name: first if ref == found.output else ref for name, ref in found.names.items()}
        return replace(found.at_end(first), output=first, names=names)

    def had(variant: Variant) -> Variant:
        found, below = variant.add(variant.operations[output], output)
        return found.put(output, op.First(below))

    where = Labels(neuron).where(output)
    yield Mutation(f"{where}: of several neurons only the first emits it", "", emitted)
    yield Mutation(f"{where}: of several neurons only the first has it", "", had)


def _memory(program: Program) -> Iterator[Mutation]:
    """Yield states that are stored at the address of a neighbour, or in fewer bits, one of them or all."""
    neuron, states = program.neuron, [*program.neuron.states]
    kinds: dict[str, Make] = {"stored without the lowest bit": lambda x: x & ~1}
    if program.neurons > 1:
        kinds["stored for the next neuron"] = lambda x: np.roll(x, 1, axis=1)
        kinds["stored for the neuron before"] = lambda x: np.roll(x, -1, axis=1)
    for names in [*([name] for name in states), *([states] if len(states) > 1 else [])]:
        line = max(one.line for one in neuron.statements if one.name in names)
        for fault, make in kinds.items():

            def apply(variant: Variant, names: list[str] = names, make: Make = make) -> Variant:
                for name in names:
                    variant = stored(variant, name, make)
                return variant

            yield Mutation(f"line {line}, {' and '.join(names)}: {fault}", "", apply)


def _uncleared(program: Program) -> Iterator[Mutation]:
    """Yield sums of what arrives to which what arrived before is added."""
    neuron, labels = program.neuron, Labels(program.neuron)

    def again(given: Ref, left: Callable[[Variant, Ref, Ref], tuple[Variant, Ref]]) -> Change:
        def apply(variant: Variant) -> Variant:
            frac = variant.fracs()[given]
            found, below = variant.add(variant.operations[given], given)
            found, before = found.add(op.State(name := f" left of {given}", ""), given)
            found, last = left(found.put(given, op.Add(below, before)), given, below)
            return replace(found, states={**found.states, name: (frac, last)})

        return apply

    def dropped(condition: Ref, value: bool) -> Callable[[Variant, Ref, Ref], tuple[Variant, Ref]]:
        def left(variant: Variant, given: Ref, _: Ref) -> tuple[Variant, Ref]:
            found, zero = variant.add(op.Literal(0), condition)
            found, last = found.add(op.Select(condition, *((given, zero) if value else (zero, given))), condition)
            return found.at_end(last), last

        return left

    for given, one in enumerate(neuron.operations):
        if not isinstance(one, op.Input):
            continue
        label = labels.of(given)
        yield Mutation(f"{label}: comes again in the next step", "", again(given, lambda v, _, below: (v, below)))
        yield Mutation(f"{label}: its sum is never cleared", "", again(given, lambda v, sum_, _: (v, sum_)))
        for choice in neuron.operations:
            if isinstance(choice, op.Select) and given in (choice.a, choice.b):
                other = choice.b if choice.a == given else choice.a
                if neuron.operations[other] == op.Literal(0):
                    title = f"{label}: where it is not taken, it is kept until it is"
                    yield Mutation(title, "", again(given, dropped(choice.condition, choice.b == given)))
