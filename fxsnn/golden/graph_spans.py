"""The least and greatest value of every operation of a step, neuron by neuron, of words that a network really has.

Tighter than the proof of a program, which is of formats: weights and constants are known here, states begin at rest,
and what a condition says of a value is taken into account where the condition is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from fxsnn.golden.graph_ends import MOST_ZEROS, ORDERS, Ends, only, ranging, words
from fxsnn.number.modes import Overflow
from fxsnn.program import operations as op
from fxsnn.program.neuron import Region
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.variant import Ints
from fxsnn.program.wires import ANYWHERE

MOST_ROWS = 64  # active inputs that are followed one by one; of more what is carried on may be any word


class Assumed(NamedTuple):
    """What follows from a condition: ends of values, and how much one value exceeds another at least."""

    ends: dict[Ref, Ends]
    above: dict[tuple[Ref, Ref], int]


NOTHING = Assumed({}, {})


@dataclass(slots=True)
class Step:
    """Bounds a step of a population.

    constants    int64[1 or neurons], by name
    come         by input: the sum that arrives in a step
    each         by input that is taken input by input: what an active one brings
    rows         and how many of those there are at most
    """

    program: Program
    constants: Mapping[str, Ints]
    come: Mapping[str, Ends]
    each: Mapping[str, Ends]
    rows: Mapping[str, int]
    states: Mapping[str, Ends]
    found: list[Ends] = field(init=False)
    casts: dict[Ref, Ends] = field(default_factory=dict)  # the exact value under each Round, where it is made

    def __post_init__(self) -> None:
        operations = self.program.neuron.operations
        self.found = [only(0)] * len(operations)
        regions, last = {one.carry: one for one in self.program.neuron.regions}, -1
        for ref in range(len(operations)):
            if ref in regions:
                self._loop(regions[ref])
                last = regions[ref].done - 1
            elif ref > last:
                self._bound(ref)

    def _bound(self, ref: Ref) -> None:
        one = self.program.neuron.operations[ref]
        self.found[ref] = self._cast(ref, one) if isinstance(one, op.Round) else self._of(ref, one, NOTHING)

    def _loop(self, region: Region) -> None:
        """Bound what is done for every active input, input after input until nothing grows."""
        form, first, rows = self.program.signals[region.signal].format, region.carry, self.rows[region.given]
        left, _ = self._shifts(region.initial, first)
        self.found[first] = self.found[region.initial].shifted(left)
        for row in range(min(rows, MOST_ROWS) + 2):
            for ref in range(first + 1, region.done):
                self._bound(ref)
            further = self.found[first].hull(self.found[region.result])
            if further.same(self.found[first]) or row >= rows:
                break
            self.found[first] = further if row < MOST_ROWS else ranging(form.lowest, form.highest)

    def aligned(self, a: Ref, b: Ref, assumed: Assumed = NOTHING) -> tuple[Ends, Ends]:
        """Return two values at the finer of their binary points."""
        x, y = self._shifts(a, b)
        return self._under(a, assumed).shifted(x), self._under(b, assumed).shifted(y)

    def _shifts(self, a: Ref, b: Ref) -> tuple[int, int]:
        fracs = [self.program.wires[ref].frac for ref in (a, b)]
        x, y = (0 if frac == ANYWHERE else max(fracs) - frac for frac in fracs)
        return x, y

    def _under(self, ref: Ref, assumed: Assumed) -> Ends:
        return assumed.ends.get(ref, self.found[ref])

    def given(self, ref: Ref, assumed: Assumed) -> Ends:
        """Return a value where something is assumed: of what it is made of, too."""
        one, known = self.program.neuron.operations[ref], self._under(ref, assumed)
        return known.both(self._of(ref, one, assumed)) if isinstance(one, _EXACT) else known

    def _of(self, ref: Ref, one: op.Operation, assumed: Assumed) -> Ends:
        """Return the ends of an operation, of what it takes under an assumption."""
        program = self.program
        if isinstance(one, op.BITS):
            return self._bit(one)
        match one:
            case op.State(name=name):
                return self.states[name]
            case op.Constant(name=name):
                return words(self.constants[name])
            case op.Input(name=name):
                return self.come[name]
            case op.Each(name=name):
                return self.each[name]
            case op.Number(name=name):
                return only(program.numbers[name])
            case op.Literal(value=value):
                return only(value)
            case op.Add(a=a, b=b) | op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b):
                (x, y), of = self.aligned(a, b, assumed), _RISING[type(one)]
                return Ends(of(x.low, y.low), of(x.high, y.high), min(x.zeros, y.zeros))
            case op.Subtract(a=a, b=b):
                return self._difference(a, b, assumed)
            case op.Multiply(a=a, b=b):
                x, y = self._under(a, assumed), self._under(b, assumed)
                products = (x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high)
                low, high = np.minimum.reduce(products), np.maximum.reduce(products)
                return Ends(np.maximum(low, 0) if a == b else low, high, min(x.zeros + y.zeros, MOST_ZEROS))
            case op.ShiftLeft(a=a, by=by):
                return self._under(a, assumed).shifted(self._amount(by))
            case op.ShiftRight(a=a, by=by):
                x, shift = self._under(a, assumed), self._amount(by)
                return Ends(x.low >> shift, x.high >> shift, max(x.zeros - shift, 0))
            case op.Select(condition=condition, a=a, b=b):
                return self._selected(condition, a, b)
            case op.Absolute(a=a):
                x = self._under(a, assumed)
                least = np.maximum(np.maximum(x.low, -x.high), 0)
                return Ends(least, np.maximum(-x.low, x.high), x.zeros)
            case op.Limit(a=a, signal=signal):
                return self._limited(self.found[a], signal)
            case op.Count(a=a):
                ends = (np.broadcast_to(side, (program.neurons,)) for side in self.found[a][:2])
                low, high = (int(side.sum()) for side in ends)
                return ranging(low, min(high, program.wires[ref].high))
            case op.Done(carry=carry, result=result):
                return self.found[carry].hull(self.found[result])
        raise AssertionError(one)

    def _amount(self, by: Ref) -> int:
        return int(self.found[by].low[0])

    def _difference(self, a: Ref, b: Ref, assumed: Assumed) -> Ends:
        operations = self.program.neuron.operations
        other, minuend = operations[b], operations[a]
        x, y = self.aligned(a, b, assumed)
        zeros = min(x.zeros, y.zeros)
        if isinstance(other, op.ShiftRight) and other.a == a:  # x - (x >> k) never falls while x rises
            shift = self._amount(other.by)
            return Ends(x.low - (x.low >> shift), x.high - (x.high >> shift), max(x.zeros - shift, 0))
        low, high = x.low - y.high, x.high - y.low
        if isinstance(minuend, op.Count) and minuend.a == b:  # the others that have the bit
            low, high = np.maximum(low, 0), np.minimum(high, self.program.neurons - 1)
        if (a, b) in assumed.above:
            low = np.maximum(low, assumed.above[a, b])
        if (b, a) in assumed.above:
            high = np.minimum(high, -assumed.above[b, a])
        return Ends(low, high, zeros)

    def _bit(self, one: op.Operation) -> Ends:
        found = self.found
        match one:
            case op.Compare(relation=relation, a=a, b=b):
                x, y = self.aligned(a, b)
                able, sure = ORDERS[relation](x, y)
                return Ends(np.asarray(sure, np.int64), np.asarray(able, np.int64))
            case op.Both(a=a, b=b) | op.Either(a=a, b=b):
                joined = op.BINARY[type(one)]
                return Ends(joined(found[a].low, found[b].low), joined(found[a].high, found[b].high))
            case op.Not(a=a):
                return Ends(1 - found[a].high, 1 - found[a].low)
            case op.Any(a=a):
                return Ends(found[a].low.max(keepdims=True), found[a].high.max(keepdims=True))
            case op.First(a=a) | op.Largest(a=a):
                return Ends(np.zeros_like(found[a].high), found[a].high)
        raise AssertionError(one)

    def _selected(self, condition: Ref, a: Ref, b: Ref) -> Ends:
        bit, (left, left_b) = self.found[condition], self._shifts(a, b)
        x = self.given(a, self.assume(condition, holds=True)).shifted(left)
        y = self.given(b, self.assume(condition, holds=False)).shifted(left_b)
        able, able_b = x.there & (bit.high > 0), y.there & (bit.low < 1)
        low, high = np.minimum(x.low, y.low), np.maximum(x.high, y.high)
        low = np.where(able & able_b, low, np.where(able, x.low, y.low))
        return Ends(low, np.where(able & able_b, high, np.where(able, x.high, y.high)), min(x.zeros, y.zeros))

    def _cast(self, ref: Ref, one: op.Round) -> Ends:
        """Return the ends of what a cast's rounding leaves: 0 where it is not made."""
        form, frac = self.program.signals[one.signal].format, self.program.wires[one.a].frac
        assumed = NOTHING if one.guard is None else self.assume(one.guard, holds=True)
        exact = self.given(one.a, assumed)
        able = exact.there if one.guard is None else exact.there & (self.found[one.guard].high > 0)
        left = 0 if frac == ANYWHERE else max(form.frac - frac, 0)
        right = 0 if frac == ANYWHERE else max(frac - form.frac, 0)
        made = exact.shifted(left)
        self.casts[ref] = Ends(np.where(able, made.low, 1), np.where(able, made.high, 0), made.zeros)
        low, high = np.where(able, made.low >> right, 0), np.where(able, -(-made.high >> right), 0)
        if one.guard is not None:
            never = self.found[one.guard].low < 1
            low, high = np.where(never, np.minimum(low, 0), low), np.where(never, np.maximum(high, 0), high)
        return Ends(low, high, 0 if right else made.zeros)

    def _limited(self, x: Ends, signal: str) -> Ends:
        into = self.program.signals[signal]
        lowest, highest = into.format.lowest, into.format.highest
        if into.overflow is Overflow.SATURATE_SYMMETRIC and into.format.signed:
            lowest = -highest
        outside = (x.low < lowest) | (x.high > highest)
        if not outside.any():
            return x
        if into.overflow in (Overflow.WRAP, Overflow.SATURATE_ZERO):
            return Ends(np.where(outside, lowest, x.low), np.where(outside, highest, x.high))
        return Ends(np.clip(x.low, lowest, highest), np.clip(x.high, lowest, highest))

    def assume(self, condition: Ref, *, holds: bool) -> Assumed:
        """Return what follows where a condition holds, or does not."""
        ends, above = dict[Ref, Ends](), dict[tuple[Ref, Ref], int]()
        one = self.program.neuron.operations[condition]
        parts: list[Assumed] = []
        match one:
            case op.Compare(relation=relation, a=a, b=b):
                named = relation if holds else op.OPPOSITE[relation]
                if named in ("<", "<="):
                    a, b, named = b, a, {"<": ">", "<=": ">="}[named]
                if named in (">", ">="):
                    parts.append(self._ordered(a, b, int(named == ">")))
                elif named == "==":
                    parts += [self._ordered(a, b, 0), self._ordered(b, a, 0)]
            case op.Both(a=a, b=b) if holds:
                parts += [self.assume(a, holds=True), self.assume(b, holds=True)]
            case op.Either(a=a, b=b) if not holds:
                parts += [self.assume(a, holds=False), self.assume(b, holds=False)]
            case op.Not(a=a):
                parts.append(self.assume(a, holds=not holds))
        for part in parts:
            above |= part.above
            for ref, assumed in part.ends.items():
                ends[ref] = ends.get(ref, assumed).both(assumed)
        return Assumed(ends, above)

    def _ordered(self, a: Ref, b: Ref, least: int) -> Assumed:
        """Return what follows where a - b is `least` or more, in units of the finer grid."""
        (x, y), (left, left_b) = self.aligned(a, b), self._shifts(a, b)
        ends = {
            a: self.found[a].within(-(-(y.low + least) >> left), self.found[a].high),
            b: self.found[b].within(self.found[b].low, x.high - least >> left_b),
        }
        return Assumed(ends, {(a, b): least})


_EXACT = (op.Add, op.Subtract, op.Multiply, op.ShiftLeft, op.ShiftRight, op.Minimum, op.Maximum, op.Absolute)
_RISING: dict[type, np.ufunc] = {op.Add: np.add, op.Minimum: np.minimum, op.Maximum: np.maximum}
