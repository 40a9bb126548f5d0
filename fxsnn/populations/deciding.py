"""Which values of a neuron's text decide whether it fires: what a page draws of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fxsnn.program import operations as op
from fxsnn.program.emit_values import is_bit
from fxsnn.program.neuron import Neuron
from fxsnn.program.operations import Ref


@dataclass(frozen=True, slots=True)
class Deciding:
    """A value that is compared, by the name of its node, and what with.

    threshold    the operation of what it is compared with, where constants alone make it
    other        else the name of its node: the difference of both is compared with 0
    """

    node: str
    threshold: Ref | None = None
    other: str = ""


def deciding(neuron: Neuron) -> Deciding | None:
    """Return what decides whether a neuron fires; of one that does not its first state, none where it has none."""
    by_ref = {ref: name for name, ref in reversed(neuron.nodes.items())}
    for a, b in _compared(neuron, neuron.output[1]):
        for value, limit in ((a, b), (b, a)):
            if value not in by_ref or _is_constant(neuron, value):
                continue
            if _is_constant(neuron, limit):
                return Deciding(by_ref[value], limit)
            if limit in by_ref:
                return Deciding(by_ref[value], other=by_ref[limit])
    return next((Deciding(name) for name in neuron.states if name in neuron.nodes), None)


def counts_spikes(neuron: Neuron) -> bool:
    """Return whether a neuron emits how often it fires in a step, from 0: a number that is made of bits alone."""
    return _counts(neuron, neuron.output[1])


def _counts(neuron: Neuron, ref: Ref) -> bool:
    match neuron.operations[ref]:
        case op.Add(a=a, b=b) | op.Multiply(a=a, b=b) | op.Select(a=a, b=b):
            return _counts(neuron, a) and _counts(neuron, b)
        case op.Minimum(a=a, b=b):
            return _counts(neuron, a) or _counts(neuron, b)
        case op.Round(a=a) | op.Limit(a=a):
            return _counts(neuron, a)
        case op.Literal(value=value):
            return value >= 0
    return is_bit(neuron, ref)


def _compared(neuron: Neuron, ref: Ref) -> Iterator[tuple[Ref, Ref]]:
    """Yield both sides of the comparisons that a bit depends on; of an excess over 0 those of its subtraction."""
    match neuron.operations[ref]:
        case op.Compare(a=a, b=b):
            excess = neuron.operations[a]
            if isinstance(excess, op.Subtract) and neuron.operations[b] == op.Literal(0):
                a, b = excess.a, excess.b
            yield a, b
        case op.Both() | op.Either() | op.Not() | op.Any() | op.First() | op.Largest() | op.Select():
            for _, operand in op.operands(neuron.operations[ref]):
                yield from _compared(neuron, operand)


def _is_constant(neuron: Neuron, ref: Ref) -> bool:
    operation = neuron.operations[ref]
    if isinstance(operation, op.LEAVES):
        return isinstance(operation, op.Constant | op.Literal | op.Number)
    return all(_is_constant(neuron, operand) for _, operand in op.operands(operation))
