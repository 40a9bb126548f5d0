"""Parts of operations and choices that are halved or doubled: slices one bit off."""

from __future__ import annotations

from collections.abc import Iterator

from fxsnn.program import operations as op
from fxsnn.program.mutation import Labels, Mutation
from fxsnn.program.neuron import Neuron
from fxsnn.program.operations import Ref, operands
from fxsnn.program.program import Program
from fxsnn.program.variant import Change, Made, Variant
from fxsnn.program.vector_casts import moved


def scaled(program: Program, ref: Ref) -> Iterator[Mutation]:
    """Yield an operation, or a choice, of which one part is halved or doubled."""
    labels, operations = Labels(program.neuron), program.neuron.operations
    one = operations[ref]
    if isinstance(one, op.Add | op.Subtract | op.Multiply):
        parts = [] if any(isinstance(operations[part], op.Literal) for _, part in operands(one)) else operands(one)
    else:
        parts = [(name, part) for name, part in operands(one) if isinstance(one, op.Select) and name != "condition"]
    for field, part in parts:
        made = operations[part]
        if isinstance(made, op.Literal) or _or_nothing(program.neuron, part):
            continue
        for off, kind in ((-1, "halved, its slice one bit too high"), (1, "doubled, its slice one bit too low")):
            for exact in (False, True) if off < 0 else (False,):
                yield Mutation(
                    f"{labels.where(ref)}: {labels.of(part)} {kind}", "", _scaled(ref, field, part, off, exact)
                )


def _or_nothing(neuron: Neuron, ref: Ref) -> bool:
    """Return whether a value is a choice between another one, for which all is reported, and 0."""
    one = neuron.operations[ref]
    return isinstance(one, op.Select) and op.Literal(0) in (neuron.operations[one.a], neuron.operations[one.b])


def _scaled(ref: Ref, field: str, part: Ref, off: int, exact: bool) -> Change:
    """Return the change after which an operation reads a value shifted, its lowest bit lost or kept."""

    def apply(variant: Variant) -> Variant:
        frac = variant.fracs()[part]
        scaled = Made((part,), frac + 1, lambda x: x) if exact else Made((part,), None, lambda x: moved(x, off))
        found, other = variant.add(scaled, ref)
        return found.reading(ref, field, other)

    return apply
