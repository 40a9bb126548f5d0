"""A step without what is known to be 0: a constant that is 0, a state that never leaves 0, a spike that nobody has.

What is left after folding computes the same words. Kernels are emitted from it, so that a network without inhibition or
refractory period pays for neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from fxsnn.program import operations as op
from fxsnn.program.neuron import Neuron
from fxsnn.program.operations import Operation, Ref, operands


@dataclass(frozen=True, slots=True)
class Folded:
    """The operations that are left; each names its operands by what stands for them."""

    operations: dict[Ref, Operation]  # ascending; a value that is known is a Literal
    stands: dict[Ref, Ref]  # what stands for each operation of the neuron
    zeros: frozenset[Ref]  # operations that were known to give 0

    def literal(self, ref: Ref) -> int | None:
        """Return the number that an operation on which something depends always gives, or nothing."""
        found = self.operations.get(self.stands[ref])
        return found.value if isinstance(found, op.Literal) else None


def fold(neuron: Neuron, zeros: Iterable[Ref] = (), kept: Iterable[Ref] = ()) -> Folded:
    """Return the step where these operations are known to give 0 for every neuron.

    kept    operations that are left though nothing depends on them
    """
    known = frozenset(zeros)
    folded = Folded({}, {}, known)
    for ref, operation in enumerate(neuron.operations):
        parts: dict[str, Any] = {name: folded.stands[part] for name, part in operands(operation)}
        found: Operation = op.Literal(0) if ref in known else replace(operation, **parts)
        same = found if isinstance(found, op.Literal) else _simpler(folded, found)
        if isinstance(same, int):
            folded.stands[ref] = same
        else:
            folded.operations[ref] = same
            folded.stands[ref] = ref
    return Folded(_living(neuron, folded, kept), folded.stands, known)


def _living(neuron: Neuron, folded: Folded, kept: Iterable[Ref]) -> dict[Ref, Operation]:
    """Return the operations that a state, what is emitted or an operation of `kept` depends on."""
    living: set[Ref] = set()
    ways = [folded.stands[ref] for ref in (neuron.output[1], *kept, *(ref for _, ref in neuron.states.values()))]
    while ways:
        ref = ways.pop()
        if ref not in living:
            living.add(ref)
            ways += [part for _, part in operands(folded.operations[ref])]
    return {ref: operation for ref, operation in folded.operations.items() if ref in living}


def at_rest(neuron: Neuron, zeros: Iterable[Ref], nonzero: frozenset[str] = frozenset()) -> frozenset[Ref]:
    """Return `zeros` and every state that never leaves 0, given that it begins there, as all but `nonzero` do."""
    known, states = frozenset(zeros), enumerate(neuron.operations)
    resting = {ref: one.name for ref, one in states if isinstance(one, op.State) and one.name not in nonzero}
    while True:
        folded = fold(neuron, known | resting.keys())
        left = {ref: name for ref, name in resting.items() if folded.literal(neuron.states[name][1]) == 0}
        if left == resting:
            return known | resting.keys()
        resting = left


def _simpler(folded: Folded, operation: Operation) -> Operation | Ref:
    """Return an operation, or the number of one that gives the same words."""
    value = folded.literal
    match operation:
        case op.Add(a=a, b=b) | op.Either(a=a, b=b) if value(a) == 0:
            return b
        case op.Add(a=a, b=b) | op.Subtract(a=a, b=b) | op.Either(a=a, b=b) if value(b) == 0:
            return a
        case op.Multiply(a=a, b=b) | op.Both(a=a, b=b) if 0 in (value(a), value(b)):
            return op.Literal(0)
        case op.Both(a=a, b=b) if value(a) == 1:
            return b
        case op.Both(a=a, b=b) if value(b) == 1:
            return a
        case op.Select(condition=condition, a=a, b=b) if value(condition) is not None:
            return a if value(condition) else b
        case op.Select(a=a, b=b) if a == b or (value(a) is not None and value(a) == value(b)):
            return a
        case op.ShiftLeft(a=a) | op.ShiftRight(a=a) | op.Round(a=a) | op.Limit(a=a) if value(a) == 0:
            return op.Literal(0)
        case op.Round(guard=guard) if guard is not None and value(guard) == 0:
            return op.Literal(0)  # never made
        case op.Count(a=a) | op.Any(a=a) | op.First(a=a) | op.Largest(a=a) if value(a) == 0:
            return op.Literal(0)
        case op.Subtract(a=a, b=b) if (x := value(a)) is not None and (y := value(b)) is not None:
            return op.Literal(x - y)
        case op.Minimum(a=a, b=b) if (x := value(a)) is not None and (y := value(b)) is not None:
            return op.Literal(min(x, y))
        case op.Maximum(a=a, b=b) if (x := value(a)) is not None and (y := value(b)) is not None:
            return op.Literal(max(x, y))
        case op.Compare(relation=relation, a=a, b=b) if (x := value(a)) is not None and (y := value(b)) is not None:
            return op.Literal(int(op.RELATIONS[relation](x, y)))
        case op.Not(a=a) if (x := value(a)) is not None:
            return op.Literal(1 - x)
        case op.Absolute(a=a) if (x := value(a)) is not None:
            return op.Literal(abs(x))
    return operation
