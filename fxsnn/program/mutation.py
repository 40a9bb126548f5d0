"""A change of a step, and how a person would say it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fxsnn.program import operations as op
from fxsnn.program.neuron import BIT, Neuron
from fxsnn.program.operations import Ref, operands
from fxsnn.program.variant import Change, Variant, parts_of

_SIGNS: dict[type, str] = {
    op.Add: "+",
    op.Subtract: "-",
    op.Multiply: "*",
    op.ShiftLeft: "<<",
    op.ShiftRight: ">>",
    op.Both: "and",
    op.Either: "or",
}
_BINDS = {"or": 1, "and": 2, "<<": 5, ">>": 5, "+": 6, "-": 6, "*": 7}  # how tightly, as in Python
_COMPARES, _ATOM = 4, 8
_FUNCTIONS: dict[type, str] = {op.Minimum: "min", op.Maximum: "max", op.Absolute: "abs"}


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change of a step.

    name      in words, with the line of the text; `{}` in it stands for the detail
    detail    in which changes of one name differ, a number of bits for example
    apply     may raise NoOrderError, of a step that reads what is not made yet
    whole     the name of a change of which this one is a part: reported only where that one explains less
    """

    name: str
    detail: str
    apply: Change
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Labels:
    """How the parts of a neuron's text are called."""

    neuron: Neuron

    def where(self, ref: Ref) -> str:
        """Return line and name of the statement that an operation belongs to, of a choice by if the first of them."""
        statement = self.neuron.makers(ref)[0]
        return f"line {statement.line}, {statement.name}"

    def of(self, ref: Ref, depth: int = 3) -> str:
        """Return how the text writes a value."""
        return self._written(ref, depth)[0]

    def _written(self, ref: Ref, depth: int) -> tuple[str, int]:
        """Return how the text writes a value, and how tightly its last operation binds."""
        neuron, one = self.neuron, self.neuron.operations[ref]
        if isinstance(one, op.Limit | op.Round):
            statement = neuron.statements[neuron.owners[ref]]
            return f"{statement.name} of line {statement.line}", _ATOM
        if isinstance(one, op.State):
            return f"{one.name} of the step before", _ATOM
        if name := neuron.called(ref):
            return name, _ATOM
        parts = [part for _, part in operands(one)]
        if not depth or not parts:
            return f"a value of line {neuron.makers(ref)[0].line}", _ATOM
        texts = [(name, _ATOM) if (name := neuron.called(part)) else self._written(part, depth - 1) for part in parts]
        if isinstance(one, op.Subtract) and neuron.operations[one.a] == op.Literal(0):
            return f"-{_inside(*texts[1], _ATOM)}", _ATOM
        sign = one.relation if isinstance(one, op.Compare) else _SIGNS.get(type(one), "")
        if sign:
            binds = _BINDS.get(sign, _COMPARES)
            left, right = _inside(*texts[0], binds), _inside(*texts[1], binds + 1)
            return f"{left} {sign} {right}", binds
        if isinstance(one, op.Select):
            a, condition, b = (_inside(*texts[place], 1) for place in (1, 0, 2))
            return f"{a} if {condition} else {b}", 0
        return f"{_FUNCTIONS.get(type(one), type(one).__name__.lower())}({', '.join(text for text, _ in texts)})", _ATOM


def _inside(text: str, binds: int, least: int) -> str:
    """Return an operand, in parentheses where it binds less tightly than it must."""
    return text if binds >= least else f"({text})"


def grid_of(neuron: Neuron, ref: Ref) -> str:
    """Return the signal on whose grid a value lies; nothing where that is not known from the text alone."""
    match neuron.operations[ref]:
        case op.State(signal=signal) | op.Constant(signal=signal) | op.Limit(signal=signal) | op.Carry(signal=signal):
            return signal
        case operation if isinstance(operation, op.BITS):
            return BIT
        case op.Select(a=a, b=b) | op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b) | op.Subtract(a=a, b=b):
            return grid_of(neuron, a) or grid_of(neuron, b)
        case op.Done(result=result):
            return grid_of(neuron, result)
    return ""


def own(neuron: Neuron, number: int) -> list[Ref]:
    """Return the operations of a statement that are not given once for the whole step."""
    return [
        ref
        for ref, owner in enumerate(neuron.owners)
        if owner == number and not isinstance(neuron.operations[ref], op.LEAVES)
    ]


def continued(neuron: Neuron) -> Iterator[tuple[int, Ref, Ref]]:
    """Yield statements that go on from a value of their own kind: number, that value, and what they make of it."""
    for number, statement in enumerate(neuron.statements):
        made, refs = statement.value, own(neuron, number)
        if statement.name == "if" or made not in refs or any(isinstance(neuron.operations[r], op.Carry) for r in refs):
            continue
        grid = grid_of(neuron, made)
        read = {part for ref in refs for _, part in operands(neuron.operations[ref])} - set(refs)
        for value in sorted(read):
            kept = isinstance(neuron.operations[value], op.State | op.Limit | op.Select)
            if grid and kept and grid_of(neuron, value) == grid:
                yield number, value, made


def leaks(neuron: Neuron) -> Iterator[tuple[frozenset[Ref], Ref, Ref]]:
    """Yield parts of expressions that make less of a word: their operations, that word, and what they make of it."""

    def is_word(ref: Ref) -> bool:
        return isinstance(neuron.operations[ref], op.State | op.Limit)

    for ref, one in enumerate(neuron.operations):
        match one:
            case op.Subtract(a=a, b=b) if is_word(a):
                taken = neuron.operations[b]
                if isinstance(taken, op.ShiftRight | op.Multiply) and a in (part for _, part in operands(taken)):
                    yield frozenset((ref, b)), a, ref
            case op.Multiply(a=a, b=b):
                for word, factor in ((a, b), (b, a)):
                    if is_word(word) and isinstance(neuron.operations[factor], op.Constant):
                        yield frozenset((ref,)), word, ref


def redirected(variant: Variant, old: Ref, new: Ref, but: frozenset[Ref] = frozenset()) -> Variant:
    """Return the same where all that reads a value reads another one, states and names too, but some operations."""
    operations = dict(variant.operations)
    for ref, one in variant.operations.items():
        fields: dict[str, Any] = {name: new for name, part in parts_of(one) if part == old and name}
        if fields and ref not in but:
            operations[ref] = replace(one, **fields)
    states = {name: (frac, new if ref == old else ref) for name, (frac, ref) in variant.states.items()}
    names = {name: new if ref == old else ref for name, ref in variant.names.items()}
    output = new if variant.output == old else variant.output
    return replace(variant, operations=operations, states=states, names=names, output=output)
