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
class State:
    """A word that was kept from the step before."""

    name: str
    signal: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A word that never changes: one for all neurons, or one each."""

    name: str
    signal: str


@dataclass(frozen=True, slots=True)
class Input:
    """The exact sum that a projection brings in this step."""

    name: str


@dataclass(frozen=True, slots=True)
class Each:
    """What one active input brings; only between a Carry and its Done."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """An integer that the plan gives, a shift for example."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """An integer that stands in the text. 0 lies on every grid."""

    value: int


@dataclass(frozen=True, slots=True)
class Add:
    """a + b, at the finer binary point of the two."""

    a: Ref
    b: Ref


@dataclass(frozen=True, slots=True)
class Subtract:
    """a - b, at the finer binary point of the two."""

    a: Ref
    b: Ref


@dataclass(frozen=True, slots=True)
class Multiply:
    """a * b; fractional bits add up."""

    a: Ref
    b: Ref


@dataclass(frozen=True, slots=True)
class ShiftLeft:
    """The word times 2**by, on its own grid."""

    a: Ref
    by: Ref  # a Literal or a Number


@dataclass(frozen=True, slots=True)
class ShiftRight:
    """The word as an arithmetic shifter leaves it, on its own grid: the floor of a / 2**by."""

    a: Ref
    by: Ref  # a Literal or a Number


@dataclass(frozen=True, slots=True)
class Compare:
    """1 where the relation holds, else 0; compared exactly."""

    relation: str  # one of RELATIONS
    a: Ref
    b: Ref


@dataclass(frozen=True, slots=True)
class Both:
    """1 where both bits are 1."""

    a: Ref
    b: Ref


@dataclass(frozen=True, slots=True)
class Either:
    """1 where one of the bits is 1."""

    a: Ref
    b: Ref


@dataclass(frozen=True, slots=True)
class Not:
    """1 where the bit is 0."""

    a: Ref


@dataclass(frozen=True, slots=True)
class Select:
    """a where the condition holds, else b."""

    condition: Ref
    a: Ref
    b: Ref


@dataclass(frozen=True, slots=True)
class Minimum:
    """The lesser of two."""

    a: Ref
    b: Ref


@dataclass(frozen=True, slots=True)
class Maximum:
    """The greater of two."""

    a: Ref
    b: Ref


@dataclass(frozen=True, slots=True)
class Absolute:
    """The magnitude."""

    a: Ref


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


@dataclass(frozen=True, slots=True)
class Count:
    """How many neurons of the population have the bit: one number for all."""

    a: Ref


@dataclass(frozen=True, slots=True)
class Any:
    """1 for all neurons where one has the bit."""

    a: Ref


@dataclass(frozen=True, slots=True)
class First:
    """1 for the neuron of lowest index that has the bit."""

    a: Ref


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
RELATIONS: dict[str, Callable[[_Any, _Any], _Any]] = {  # of integers, or of arrays
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def operands(operation: Operation) -> list[tuple[str, Ref]]:
    """Return the operations whose values an operation takes, by field; the bit on which a cast happens is one."""
    kind: type = type(operation)
    return [(name, ref) for name in named_refs(kind) if (ref := getattr(operation, name)) is not None]


@functools.cache
def named_refs(kind: type) -> tuple[str, ...]:
    """Return the fields by which a kind of operation names values."""
    return tuple(one.name for one in fields(kind) if one.type in ("Ref", "Ref | None"))
