"""What a neuron's step is made of: operations on exact integers, each a value that names its operands by number.

All are exact but two: `Round` drops bits and `Limit` fits a word into its format. A cast is a Limit after a Round.
A visitor is a `match` over `Operation` that ends in `assert_never`, so that one that forgets an operation is found.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any as _Any
from typing import TypeAlias

Ref: TypeAlias = int  # the number of an operation: its place in the step


@dataclass(frozen=True, slots=True)
class _Named:
    name: str


@dataclass(frozen=True, slots=True)
class _Stored(_Named):
    signal: str


@dataclass(frozen=True, slots=True)
class _One:
    a: Ref


@dataclass(frozen=True, slots=True)
class _Two(_One):
    b: Ref


@dataclass(frozen=True, slots=True)
class _Shift(_One):
    by: Ref  # a Literal or a Number


class State(_Stored):
    """A word that was kept from the step before."""


class Constant(_Stored):
    """A word that never changes: one for all neurons, or one each."""


class Input(_Named):
    """The exact sum that a projection brings in this step."""


class Each(_Named):
    """What one active input brings; only between a Carry and its Done."""


class Number(_Named):
    """An integer that the plan gives, a shift for example."""


@dataclass(frozen=True, slots=True)
class Literal:
    """An integer that stands in the text. 0 lies on every grid."""

    value: int


class Add(_Two):
    """a + b, at the finer binary point of the two."""


class Subtract(_Two):
    """a - b, at the finer binary point of the two."""


class Multiply(_Two):
    """a * b; fractional bits add up."""


class ShiftLeft(_Shift):
    """The word times 2**by, on its own grid."""


class ShiftRight(_Shift):
    """The word as an arithmetic shifter leaves it, on its own grid: the floor of a / 2**by."""


@dataclass(frozen=True, slots=True)
class Compare:
    """1 where the relation holds, else 0; compared exactly."""

    relation: str  # one of RELATIONS
    a: Ref
    b: Ref


class Both(_Two):
    """1 where both bits are 1."""


class Either(_Two):
    """1 where one of the bits is 1."""


class Not(_One):
    """1 where the bit is 0."""


@dataclass(frozen=True, slots=True)
class Select:
    """a where the condition holds, else b."""

    condition: Ref
    a: Ref
    b: Ref


class Minimum(_Two):
    """The lesser of two."""


class Maximum(_Two):
    """The greater of two."""


class Absolute(_One):
    """The magnitude."""


@dataclass(frozen=True, slots=True)
class Round:
    """The value on the grid of a signal, by the signal's rounding; unbounded.

    Where the signal rounds stochastically it draws from the register `stream`. It happens, draws and is counted only
    where `guard` holds.
    """

    a: Ref
    signal: str
    stream: int | None
    guard: Ref | None


@dataclass(frozen=True, slots=True)
class Limit:
    """The rounded value as a word of the signal's format, by its overflow mode."""

    a: Ref  # a Round
    signal: str


class Count(_One):
    """How many neurons of the population have the bit: one number for all."""


class Any(_One):
    """1 for all neurons where one has the bit."""


class First(_One):
    """1 for the neuron of lowest index that has the bit."""


@dataclass(frozen=True, slots=True)
class Largest:
    """1 for the neuron whose value is the largest of all that have the bit; of equal ones the lowest index."""

    value: Ref
    a: Ref


@dataclass(frozen=True, slots=True)
class Carry:
    """What is done for every active input begins here, with `initial` and then with what the last one left."""

    initial: Ref
    signal: str


@dataclass(frozen=True, slots=True)
class Done:
    """What is done for every active input ends here: `result` is carried on; without any the value is `initial`."""

    carry: Ref
    result: Ref


Operation: TypeAlias = (
    State
    | Constant
    | Input
    | Each
    | Number
    | Literal
    | Add
    | Subtract
    | Multiply
    | ShiftLeft
    | ShiftRight
    | Compare
    | Both
    | Either
    | Not
    | Select
    | Minimum
    | Maximum
    | Absolute
    | Round
    | Limit
    | Count
    | Any
    | First
    | Largest
    | Carry
    | Done
)

LEAVES = (State, Constant, Input, Each, Number, Literal)
REDUCTIONS = (Count, Any, First, Largest)
BITS = (Compare, Both, Either, Not, Any, First, Largest)  # give 0 or 1
SIGNS: dict[type, str] = {Add: "+", Subtract: "-", Both: "&", Either: "|"}  # in every language that is emitted
BINARY: dict[type, Callable[[_Any, _Any], _Any]] = {  # of integers, or of arrays
    Add: operator.add,
    Subtract: operator.sub,
    Multiply: operator.mul,
    ShiftLeft: operator.lshift,
    ShiftRight: operator.rshift,
    Both: operator.and_,
    Either: operator.or_,
}
RELATIONS: dict[str, Callable[[_Any, _Any], _Any]] = {  # of integers, or of arrays
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}  # what holds where a relation does not


def operands(operation: Operation) -> list[tuple[str, Ref]]:
    """Return the operations whose values an operation takes, by field; the bit on which a cast happens is one."""
    kind: type = type(operation)
    return [(name, ref) for name in named_refs(kind) if (ref := getattr(operation, name)) is not None]


@functools.cache
def named_refs(kind: type) -> tuple[str, ...]:
    """Return the fields by which a kind of operation names values."""
    return tuple(one.name for one in fields(kind) if one.type in ("Ref", "Ref | None"))
