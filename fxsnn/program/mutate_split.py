"""What is emitted computed apart from what the step decides by it: one of the two is done otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fxsnn.program import operations as op
from fxsnn.program.mutate_values import compared, numbers, reads
from fxsnn.program.mutation import Mutation
from fxsnn.program.neuron import Neuron
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.variant import Change, Variant, parts_of


def split(program: Program) -> Iterator[Mutation]:
    """Yield comparisons that are done otherwise only for what is emitted, and only for all else that reads them."""
    neuron = program.neuron
    bits = _emitted(neuron)
    others = [ref for ref in range(len(neuron.operations)) if ref not in bits]
    if not any(part in bits for ref in others for _, part in parts_of(neuron.operations[ref])):
        return
    for ref in bits:
        if isinstance(neuron.operations[ref], op.Compare):
            for make in (compared, numbers, reads):
                for one in make(program, ref):
                    for emitted, scope in ((True, "for what is emitted only"), (False, "for all but what is emitted")):
                        name = f"{one.name}, {scope}"
                        yield Mutation(name, one.detail, _split(bits, one.apply, emitted=emitted), one.name)


def _emitted(neuron: Neuron) -> list[Ref]:
    """Return the operations on bits from which what is emitted is made, ascending."""
    found, left = set[Ref](), [neuron.output[1]]
    while left:
        ref = left.pop()
        one = neuron.operations[ref]
        if ref not in found and isinstance(one, op.BITS):
            found.add(ref)
            left += [part for _, part in parts_of(one)]
    return sorted(found)


def _split(bits: list[Ref], change: Change, *, emitted: bool) -> Change:
    """Return a change after which operations on bits are there twice, of which one is changed.

    emitted    that is the one which names and what is emitted read; otherwise that which all else reads
    """

    def apply(variant: Variant) -> Variant:
        found, copies = change(variant), dict[Ref, Ref]()
        for ref in bits:
            copy = variant.operations[ref]
            parts: dict[str, Any] = {name: copies[part] for name, part in parts_of(copy) if name and part in copies}
            found, copies[ref] = found.add(replace(copy, **parts), ref)
        if not emitted:
            names = {name: copies.get(ref, ref) for name, ref in found.names.items()}
            return replace(found, names=names, output=copies[found.output])
        states = {name: (frac, copies.get(ref, ref)) for name, (frac, ref) in found.states.items()}
        found = replace(found, states=states)
        for ref, one in variant.operations.items():
            parts = {name: copies[part] for name, part in parts_of(one) if name and part in copies}
            if parts and ref not in copies:
                found = found.put(ref, replace(found.operations[ref], **parts))
        return found

    return apply
