"""The least and greatest value of every operation of a step, under formats: the proof that nothing leaves int64.

A step is an induction: what a state holds at its begin lies inside its format, and what it is given at its end either
was cast into that format or is proved to lie inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never

from fxsnn.errors import NeuronError, WidthError
from fxsnn.kernels import rescale
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Signal
from fxsnn.program import operations as op
from fxsnn.program.neuron import BIT, Neuron
from fxsnn.program.operations import Ref
from fxsnn.program.wires import ANYWHERE, BITS, HIGHEST, LOWEST, Arrival, Range, Wire, too_wide, width_of

_BIT = Wire(0, 1, 0)
_GIVEN = (
    op.State,
    op.Constant,
    op.Limit,
    op.Literal,
    op.Count,
)  # with nothing computed on the way
_ENDS: dict[type, tuple[Callable[[Range], int], Callable[[Range], int]]] = {
    op.Add: (sum, sum),
    op.Select: (min, max),
    op.Minimum: (min, min),
    op.Maximum: (max, max),
}


class Bounds:
    """Bounds an operation after the other."""

    def __init__(
        self,
        neuron: Neuron,
        signals: Mapping[str, Signal],
        arrivals: Mapping[str, Arrival],
        numbers: Mapping[str, int],
        neurons: int,
        values: Mapping[str, Range],
    ) -> None:
        self.neuron, self.signals, self.arrivals = neuron, {**signals, BIT: BITS}, arrivals
        self.numbers, self.neurons, self.values = numbers, neurons, values
        self.operations = neuron.operations
        self.wires: list[Wire] = []
        self.reach: list[Range] = []
        self.words = {
            name: Wire(form.lowest, form.highest, form.frac)
            for name in (*neuron.signals, BIT)
            for form in (self.signals[name].format,)
        }
        self.once: set[Ref] = set()  # bits that at most one neuron of the population has

    def bound(self, ref: Ref) -> None:
        """Append the bounds of the next operation."""
        wires, operation = self.wires, self.operations[ref]
        passed: list[Range] = []  # ends of what is computed on the way
        match operation:
            case op.Compare(a=a, b=b):
                self.aligned(a, b, passed)
                wire = _BIT
            case op.Both() | op.Either() | op.Not() | op.Any() | op.First() | op.Largest():
                both = isinstance(operation, op.Both) and not self.once.isdisjoint((operation.a, operation.b))
                if both or isinstance(operation, op.First | op.Largest):
                    self.once.add(ref)
                wire = _BIT
            case op.Constant(name=name, signal=signal) if name in self.values:
                wire = Wire(*self.values[name], self.words[signal].frac)
            case op.State(signal=signal) | op.Constant(signal=signal) | op.Limit(signal=signal):
                wire = self.words[signal]
            case op.Subtract(a=a, b=b):
                wire = self.difference(a, b, passed)
            case op.Round():
                wire = self.rounded(ref, operation, passed)
            case op.Add(a=a, b=b) | op.Select(a=a, b=b) | op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b):
                (low, high), (low_b, high_b), frac = self.aligned(a, b, passed)
                lower, upper = _ENDS[type(operation)]
                wire = Wire(lower((low, low_b)), upper((high, high_b)), frac)
            case op.Literal(value=value):
                wire = Wire(value, value, 0 if value else ANYWHERE)
            case op.Multiply(a=a, b=b):
                x, y = wires[a], wires[b]
                products = (x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high)
                least = max(min(products), 0) if a == b else min(products)
                frac = ANYWHERE if ANYWHERE in (x.frac, y.frac) else x.frac + y.frac
                wire = Wire(least, max(products), frac)
            case op.Absolute(a=a):
                x = wires[a]
                wire = Wire(max(0, x.low, -x.high), max(-x.low, x.high), x.frac)
            case op.ShiftLeft(a=a, by=by):
                x, shift = wires[a], self.shift(ref, by)
                wire = Wire(x.low << shift, x.high << shift, x.frac)
            case op.ShiftRight(a=a, by=by):
                x, shift = wires[a], self.shift(ref, by)
                wire = Wire(x.low >> shift, x.high >> shift, x.frac)
            case op.Count(a=a):
                wire = Wire(0, 1 if a in self.once else self.neurons, 0)
            case op.Input(name=name):
                wire = self.arrivals[name].total
            case op.Each(name=name):
                wire = self.arrivals[name].one
            case op.Number(name=name):
                wire = Wire(self.numbers[name], self.numbers[name], 0)
            case op.Carry(initial=initial, signal=signal):
                self.fits(initial, self.neuron.makers(ref)[0].name, signal, self.neuron.place(ref))
                wire = self.words[signal]
            case op.Done(result=result):
                wire = wires[result]
            case _:
                assert_never(operation)
        wires.append(wire)
        if isinstance(operation, _GIVEN):
            self.reach.append((0, 0))
            return
        low, high = wire.low, wire.high
        for ends in passed:
            low, high = min(low, ends[0]), max(high, ends[1])
        if low < LOWEST or high > HIGHEST:
            raise too_wide(self.written(ref), low, high)
        if isinstance(operation, op.Round):  # only the bits that are dropped meet the bias: it is counted, not refused
            biases = rescale.biases(self.signals[operation.signal].rounding.code, self.dropped(operation))
            high = max(high, passed[0][1] + biases[0])
        self.reach.append((low, high))

    def aligned(self, a: Ref, b: Ref, passed: list[Range]) -> tuple[Range, Range, int]:
        """Return the ends of both operands at the finer of their binary points, and that."""
        x, y = self.wires[a], self.wires[b]
        if x.frac == y.frac:
            return (x.low, x.high), (y.low, y.high), x.frac
        frac = max(x.frac, y.frac)
        left, right = (
            (x.low << frac - x.frac, x.high << frac - x.frac),
            (y.low << frac - y.frac, y.high << frac - y.frac),
        )
        passed.append(left if x.frac < frac else right)
        return left, right, frac

    def difference(self, a: Ref, b: Ref, passed: list[Range]) -> Wire:
        """Return the ends of a - b; tighter than those of any two values where b is made of a."""
        other, minuend, x = self.operations[b], self.operations[a], self.wires[a]
        if isinstance(other, op.ShiftRight) and other.a == a and self.wires[other.by].low > 0:
            # x - (x >> k) lies between 0 and x: as the format of x is what is stored, no tighter ends are kept
            return Wire(min(x.low, 0), max(x.high, 0), x.frac)
        if isinstance(minuend, op.Count) and minuend.a == b:  # the others that have the bit
            return Wire(0, 1 if b in self.once else max(self.neurons - 1, 0), 0)
        (low, high), (low_b, high_b), frac = self.aligned(a, b, passed)
        return Wire(low - high_b, high - low_b, frac)

    def rounded(self, ref: Ref, operation: op.Round, passed: list[Range]) -> Wire:
        """Return the ends of what a cast's rounding leaves."""
        signal, x = self.signals[operation.signal], self.wires[operation.a]
        form, right = signal.format, self.dropped(operation)
        if right > rescale.SHIFT_MAX:
            raise WidthError(
                f"a cast must drop at most {rescale.SHIFT_MAX} bits, but {self.written(ref)} drops {right}"
            )
        left = form.frac - x.frac + right
        low, high = x.low << left, x.high << left
        passed.append((low, high))
        if right == 0:
            return Wire(low, high, form.frac)
        if signal.rounding is Rounding.STOCHASTIC:
            if operation.stream is None:
                raise NeuronError(
                    f"{self.neuron.place(ref)}: a cast that rounds stochastically must say which register it draws "
                    f"from, as in `{operation.signal}[0]`, but {self.written(ref)} does not"
                )
            return Wire(low >> right, high + (1 << right) - 1 >> right, form.frac)
        biases = rescale.biases(signal.rounding.code, right)
        return Wire(rescale.drop(low, right, *biases), rescale.drop(high, right, *biases), form.frac)

    def dropped(self, operation: op.Round) -> int:
        """Return how many bits a cast drops."""
        return max(self.wires[operation.a].frac - self.signals[operation.signal].format.frac, 0)

    def shift(self, ref: Ref, by: Ref) -> int:
        """Return by how many bits a word is shifted."""
        shift = self.wires[by].low
        if not 0 <= shift <= rescale.SHIFT_MAX:
            raise WidthError(f"a shift must be by 0 to {rescale.SHIFT_MAX} bits, but {self.written(ref)} is by {shift}")
        return shift

    def fits(self, ref: Ref, name: str, signal: str, place: str) -> None:
        """Refuse a value of a name that does not provably lie in the format of its signal."""
        x, form = self.wires[ref], self.signals[signal].format
        left = form.frac - x.frac
        if left < 0 or not form.lowest <= x.low << left <= x.high << left <= form.highest:
            raise WidthError(
                f"{place}: what is stored without a cast must provably fit {form.describe()}, "
                f"but its value can need {width_of(x)}; to cast it write `{name}: {signal} = ...`"
            )

    def check_kept(self, name: str, signal: str, ref: Ref) -> None:
        """Refuse a state that is neither cast into its word nor proved to fit it."""
        if not self.neuron.is_kept(signal, ref):
            stored = [one.place for one in self.neuron.statements if one.name == name] or ["0"]  # 0: added to it
            self.fits(ref, name, signal, f"{self.neuron.file}:{stored[-1]}")

    def written(self, ref: Ref) -> str:
        """Return an operation as messages name it: its statement, the formats of its operands, its place."""
        operation, statement = self.operations[ref], self.neuron.statements[self.neuron.owners[ref]]
        parts = [getattr(operation, field) for field in ("value", "a", "b", "initial") if hasattr(operation, field)]
        operands = ", ".join(dict.fromkeys(self.described(part) for part in parts or [ref]))
        if isinstance(operation, op.Round):
            operands += f" -> {self.signals[operation.signal].format.describe()}"
        return f"{statement.name} = {statement.source} ({operands}; {self.neuron.place(ref)})"

    def described(self, ref: Ref) -> str:
        """Return what an operand is: its name, and its format or how wide it is."""
        operation, name = self.operations[ref], self.neuron.called(ref)
        match operation:
            case op.State(signal=signal) | op.Constant(signal=signal) | op.Limit(signal=signal):
                return f"{name} {self.signals[signal].format.describe()}"
            case op.Carry(signal=signal):
                name = self.neuron.statements[self.neuron.owners[ref]].name
                return f"{name} {self.signals[signal].format.describe()}"
            case op.Input() | op.Each():
                return f"{name} {self.arrivals[name].about}"
            case op.Literal():
                return name
        return f"{name} of {width_of(self.wires[ref])}".removeprefix(" of ")
