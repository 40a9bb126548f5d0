"""A neuron's step that may be changed: operations that keep their numbers, put in order by what they read.

What is planted into a step is an operation of any kind (`Made`), so that a mistake need not be a text that anybody
would write. Casts carry their modes themselves (`Rounds`, `Limits`): one may differ from the others of its signal.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fxsnn.number.cast import rails
from fxsnn.number.modes import Rounding
from fxsnn.program import operations as op
from fxsnn.program.operations import Operation, Ref
from fxsnn.program.program import Program
from fxsnn.program.wires import ANYWHERE

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Made:
    """What a function makes of some values, as they are: int64[presentations, neurons] each."""

    parts: tuple[Ref, ...]
    frac: int | None  # fractional bits; those of the first part where not given
    make: Callable[..., Ints]


@dataclass(frozen=True, slots=True)
class Rounds:
    """A cast's rounding to so many fractional bits, with a slice that may be taken `off` bits too high."""

    a: Ref
    frac: int
    rounding: Rounding
    stream: int | None
    guard: Ref | None
    off: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """A cast's limits: rails and the number of an overflow mode."""

    a: Ref
    lowest: int
    highest: int
    overflow: int


Step: TypeAlias = Operation | Made | Rounds | Limits


class NoOrderError(Exception):
    """A value would be read before it is made."""


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A step as operations by number.

    places    where in the step an operation stands, if what it reads allows it
    states    of each the fractional bits of its word, and what it holds after the step
    """

    program: Program
    operations: Mapping[Ref, Step]
    places: Mapping[Ref, float]
    states: Mapping[str, tuple[int, Ref]]
    names: Mapping[str, Ref]
    output: Ref

    def put(self, ref: Ref, operation: Step) -> Variant:
        """Return the same with another operation in the place of one."""
        return replace(self, operations={**self.operations, ref: operation})

    def add(self, operation: Step, near: Ref) -> tuple[Variant, Ref]:
        """Return the same with one operation more, made right before another one, and its number."""
        ref = max(self.operations) + 1
        places = {**self.places, ref: self.places[near] - 1 / (1 << 20) + ref / (1 << 40)}
        return replace(self, operations={**self.operations, ref: operation}, places=places), ref

    def over(self, ref: Ref, make: Callable[..., Ints], *parts: Ref) -> Variant:
        """Return the same where every reader of a value finds what a function makes of it (and of further values)."""
        moved, below = self.add(self.operations[ref], ref)
        return moved.put(ref, Made((below, *parts), None, make))

    def at_end(self, *refs: Ref) -> Variant:
        """Return the same where operations stand behind all others."""
        return replace(self, places={**self.places, **dict.fromkeys(refs, max(self.places.values()) + 1)})

    def reading(self, ref: Ref, field: str, other: Ref) -> Variant:
        """Return the same where an operation reads another value."""
        parts: dict[str, Any] = {field: other}
        return self.put(ref, replace(self.operations[ref], **parts))

    def planting(self, ref: Ref, field: str, operation: Step) -> Variant:
        """Return the same where an operation reads what another one makes, which is made right before it."""
        found, other = self.add(operation, ref)
        return found.reading(ref, field, other)

    def late(self, ref: Ref, near: Ref) -> tuple[Variant, Ref]:
        """Return the same with what a value was in the step before, 0 at first, as a value."""
        name = f" late {ref}"
        kept = replace(self, states={**self.states, name: (self.fracs()[ref], ref)})
        return kept.add(op.State(name, ""), near)

    def order(self) -> list[Ref]:
        """Return the operations, each behind what it reads and else as the text has them; raises NoOrderError."""
        needs = {ref: {part for _, part in parts_of(one)} for ref, one in self.operations.items()}
        readers: dict[Ref, list[Ref]] = {ref: [] for ref in needs}
        for ref, parts in needs.items():
            for part in parts:
                readers[part].append(ref)
        ready = [(self.places[ref], ref) for ref, parts in needs.items() if not parts]
        heapq.heapify(ready)
        found: list[Ref] = []
        while ready:
            _, ref = heapq.heappop(ready)
            found.append(ref)
            for reader in readers[ref]:
                needs[reader].discard(ref)
                if not needs[reader]:
                    heapq.heappush(ready, (self.places[reader], reader))
        if len(found) < len(needs):
            raise NoOrderError
        return found

    def fracs(self, order: Sequence[Ref] = ()) -> dict[Ref, int]:
        """Return the fractional bits of every value; `order` as `order()` has it, if it is known."""
        found: dict[Ref, int] = {}
        for ref in order or self.order():
            found[ref] = self._frac(self.operations[ref], found)
        return found

    def _frac(self, operation: Step, fracs: dict[Ref, int]) -> int:
        program = self.program
        match operation:
            case op.State(name=name):
                return self.states[name][0]
            case op.Constant(signal=signal) | op.Carry(signal=signal):
                return program.signals[signal].format.frac
            case op.Input(name=name):
                return program.arrivals[name].total.frac
            case op.Each(name=name):
                return program.arrivals[name].one.frac
            case op.Literal(value=value):
                return 0 if value else ANYWHERE
            case Rounds(frac=frac):
                return frac
            case Made(parts=parts, frac=None):
                return fracs[parts[0]]
            case Made(frac=int(frac)):
                return frac
            case op.Multiply(a=a, b=b):
                return ANYWHERE if ANYWHERE in (fracs[a], fracs[b]) else fracs[a] + fracs[b]
            case op.Add(a=a, b=b) | op.Subtract(a=a, b=b) | op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b):
                return max(fracs[a], fracs[b])
            case op.Select(a=a, b=b):
                return max(fracs[a], fracs[b])
            case op.ShiftLeft(a=a) | op.ShiftRight(a=a) | op.Absolute(a=a) | Limits(a=a):
                return fracs[a]
            case op.Done(result=result):
                return fracs[result]
        return 0  # bits and counts


Change: TypeAlias = Callable[[Variant], Variant]
Make: TypeAlias = Callable[[Ints], Ints]  # words in the place of others


def parts_of(operation: Step) -> list[tuple[str, Ref]]:
    """Return the values that an operation reads, by field; those of `Made` have no field of their own."""
    if isinstance(operation, Made):
        return [("", part) for part in operation.parts]
    kind: type = type(operation)
    return [(name, part) for name in op.named_refs(kind) if (part := getattr(operation, name)) is not None]


def variant(program: Program) -> Variant:
    """Return the step of a program, unchanged."""
    neuron, signals = program.neuron, program.signals
    found: dict[Ref, Step] = {}
    for ref, one in enumerate(neuron.operations):
        match one:
            case op.Round(a=a, signal=signal, stream=stream, guard=guard):
                found[ref] = Rounds(a, signals[signal].format.frac, signals[signal].rounding, stream, guard)
            case op.Limit(a=a, signal=signal):
                into = signals[signal]
                found[ref] = Limits(a, *rails(into.format, into.overflow), into.overflow.code)
            case _:
                found[ref] = one
    states = {name: (signals[signal].format.frac, ref) for name, (signal, ref) in neuron.states.items()}
    return Variant(program, found, {ref: float(ref) for ref in found}, states, dict(neuron.names), neuron.output[1])
