"""The least and greatest value of every operation of a step, under formats: the proof that nothing leaves int64.

A step is an induction: what a state holds at its begin lies inside its format, and what it is given at its end either
was cast into that format or is proved to lie inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, NoReturn, TypeAlias, assert_never

from fxsnn.cast import rails
from fxsnn.errors import NeuronError, WidthError
from fxsnn.format import Format
from fxsnn.kernels import rescale
from fxsnn.kernels.datapath import Site
from fxsnn.modes import Rounding
from fxsnn.plan import Signal
from fxsnn.program import operations as op
from fxsnn.program.neuron import BIT, Cast, Neuron
from fxsnn.program.operations import Ref

Range: TypeAlias = tuple[int, int]
ANYWHERE = -(1 << 20)  # the binary point of a 0 that stands in a text: coarser than every other
BITS = Signal(Format(1, 0, signed=False))

_LOWEST, _HIGHEST = -(1 << 63), (1 << 63) - 1


class Wire(NamedTuple):
    """Ends of a value in raw units, and its fractional bits."""

    low: int
    high: int
    frac: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a projection brings to a neuron in a step."""

    total: Wire
    one: Wire  # of one active input
    said: str  # how messages call it


def arriving(weight: Format, given: Format, inputs: int) -> Arrival:
    """Return what so many weights bring, of inputs that hold words of a format (spikes: UQ1.0)."""
    ends = [a * b for a in (weight.lowest, weight.highest) for b in (given.lowest, given.highest)]
    frac = weight.frac + given.frac
    total = Wire(min(*ends, 0) * inputs, max(*ends, 0) * inputs, frac)
    times = "" if given == BITS.format else f" * {given.describe()}"
    return Arrival(total, Wire(min(ends), max(ends), frac), f"{inputs} x {weight.describe()}{times}")


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A neuron under formats: every operation with its bounds."""

    neuron: Neuron
    signals: Mapping[str, Signal]
    arrivals: Mapping[str, Arrival]
    numbers: Mapping[str, int]
    lfsr_width: int
    wires: tuple[Wire, ...]  # of every operation
    reach: tuple[Range, ...]  # of every operation: ends of all that it computes on its way, a rounding's bias too

    def node(self, name: str) -> Wire:
        """Return the bounds of a node."""
        return self.wires[self.neuron.nodes[name]]

    def reached(self, *without: str) -> Range:
        """Return the ends of all that is computed, leaving out statements that assign one of some names."""
        owners, statements = self.neuron.owners, self.neuron.statements
        kept = [
            ends
            for ends, owner in zip(self.reach, owners, strict=True)
            if not without or statements[owner].name not in without
        ]
        return min(0, *(low for low, _ in kept)), max(0, *(high for _, high in kept))

    def site(self, cast: Cast) -> Site:
        """Return a cast as kernels take it."""
        rounding = self.neuron.operations[cast.round]
        assert isinstance(rounding, op.Round)  # noqa: S101  (so says Cast)
        into, source = self.signals[cast.signal], self.neuron.operations[rounding.a]
        refs = (source.a, source.b) if isinstance(source, op.Add | op.Subtract) else (rounding.a,)
        fracs = [self.wires[ref].frac for ref in refs]
        common = max(*fracs, into.format.frac)
        lefts = [common - frac if frac != ANYWHERE else 0 for frac in fracs]
        return site_of(lefts[0], lefts[1] if len(lefts) > 1 else 0, common - into.format.frac, into, self.lfsr_width)


def site_of(left: int, left_other: int, right: int, into: Signal, lfsr_width: int) -> Site:
    """Return the cast that brings operands to a common binary point by shifts and drops `right` bits of the result."""
    rounding, overflow = into.rounding.code, into.overflow
    draws = min(right, lfsr_width) if into.rounding is Rounding.STOCHASTIC else 0
    return Site(
        left, left_other, right, *rescale.biases(rounding, right), *rails(into.format, overflow), overflow.code, draws
    )


def bind(
    neuron: Neuron,
    signals: Mapping[str, Signal],
    arrivals: Mapping[str, Arrival],
    neurons: int,
    *,
    numbers: Mapping[str, int] | None = None,
    lfsr_width: int = 31,
) -> Program:
    """Return the neuron under formats, proved.

    signals    format and modes of every signal of the neuron
    arrivals   what comes, by input
    neurons    of the population
    numbers    by name

    Raises
    ------
    WidthError
        An exact intermediate could leave int64, a cast would drop more than 62 bits, or a state that is not cast does
        not provably fit its word; the message names the statement, its line, the formats and the bound.
    NeuronError
        A signal has no format.
    """
    _check_given(neuron, signals, arrivals, numbers or {})
    binder = _Binder(neuron, signals, arrivals, numbers or {}, neurons)
    for ref in range(len(neuron.operations)):
        binder.bound(ref)
    for name, (signal, ref) in neuron.states.items():
        binder.check_kept(name, signal, ref)
    return Program(
        neuron, binder.signals, arrivals, numbers or {}, lfsr_width, tuple(binder.wires), tuple(binder.reach)
    )


def _check_given(
    neuron: Neuron, signals: Mapping[str, Signal], arrivals: Mapping[str, Arrival], numbers: Mapping[str, int]
) -> None:
    wanted = ((neuron.signals, signals, "signal", "a format"), (neuron.inputs, arrivals, "input", "a projection"))
    for names, given, kind, what in (*wanted, (neuron.numbers, numbers, "number", "a value")):
        for name in names:
            if name not in given:
                raise NeuronError(f"{_first(neuron, name)}: the {kind} {name} must be given {what}, which it is not")


def _first(neuron: Neuron, name: str) -> str:
    """Return the place at which a signal, input or number is first used: file, line, column."""
    for operation, owner in zip(neuron.operations, neuron.owners, strict=True):
        if name in (getattr(operation, "signal", None), getattr(operation, "name", None)):
            statement = neuron.statements[owner]
            return f"{neuron.file}:{statement.line}:{statement.column}"
    return f"{neuron.file}:1:1"


class _Binder:
    """Bounds an operation after the other."""

    def __init__(
        self,
        neuron: Neuron,
        signals: Mapping[str, Signal],
        arrivals: Mapping[str, Arrival],
        numbers: Mapping[str, int],
        neurons: int,
    ) -> None:
        self.neuron, self.signals, self.arrivals = neuron, {**signals, BIT: BITS}, arrivals
        self.numbers, self.neurons = numbers, neurons
        self.operations = neuron.operations
        self.wires: list[Wire] = []
        self.reach: list[Range] = []
        self.once: set[Ref] = set()  # bits that at most one neuron of the population has

    def bound(self, ref: Ref) -> None:
        """Append the bounds of the next operation."""
        wires, operation = self.wires, self.operations[ref]
        passed: list[Range] = []  # ends of what is computed on the way
        match operation:
            case op.State(signal=signal) | op.Constant(signal=signal) | op.Limit(signal=signal):
                form = self.signals[signal].format
                wires.append(Wire(form.lowest, form.highest, form.frac))
                self.reach.append((0, 0))
                return
            case op.Literal(value=value):
                wires.append(Wire(value, value, 0 if value else ANYWHERE))
                self.reach.append((0, 0))
                return
            case op.Round():
                wire = self.rounded(ref, operation, passed)
            case op.Add(a=a, b=b):
                (low, high), (low_b, high_b), frac = self.aligned(a, b, passed)
                wire = Wire(low + low_b, high + high_b, frac)
            case op.Subtract(a=a, b=b):
                wire = self.difference(a, b, passed)
            case op.Multiply(a=a, b=b):
                x, y = wires[a], wires[b]
                ends = [u * v for u in (x.low, x.high) for v in (y.low, y.high)]
                least = max(min(ends), 0) if a == b else min(ends)
                wire = Wire(least, max(ends), x.frac + y.frac)
            case op.Select(a=a, b=b):
                (low, high), (low_b, high_b), frac = self.aligned(a, b, passed)
                wire = Wire(min(low, low_b), max(high, high_b), frac)
            case op.Compare(a=a, b=b):
                self.aligned(a, b, passed)
                wire = Wire(0, 1, 0)
            case op.Both(a=a, b=b):
                if self.once & {a, b}:
                    self.once.add(ref)
                wire = Wire(0, 1, 0)
            case op.First() | op.Largest():
                self.once.add(ref)
                wire = Wire(0, 1, 0)
            case op.Either() | op.Not() | op.Any():
                wire = Wire(0, 1, 0)
            case op.Minimum(a=a, b=b):
                (low, high), (low_b, high_b), frac = self.aligned(a, b, passed)
                wire = Wire(min(low, low_b), min(high, high_b), frac)
            case op.Maximum(a=a, b=b):
                (low, high), (low_b, high_b), frac = self.aligned(a, b, passed)
                wire = Wire(max(low, low_b), max(high, high_b), frac)
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
                wires.append(Wire(0, 1 if a in self.once else self.neurons, 0))
                self.reach.append((0, 0))  # a counter of its own
                return
            case op.Input(name=name):
                wire = self.arrivals[name].total
            case op.Each(name=name):
                wire = self.arrivals[name].one
            case op.Number(name=name):
                wire = Wire(self.numbers[name], self.numbers[name], 0)
            case op.Carry(initial=initial, signal=signal):
                form = self.signals[signal].format
                self.fits(initial, form, f"what is carried on from {self.written(ref)}")
                wire = Wire(form.lowest, form.highest, form.frac)
            case op.Done(result=result):
                wire = wires[result]
            case _:
                assert_never(operation)
        wires.append(wire)
        lows, highs = [wire.low, *(low for low, _ in passed)], [wire.high, *(high for _, high in passed)]
        if min(lows) < _LOWEST or max(highs) > _HIGHEST:
            self.refuse_width(ref, min(lows), max(highs))
        if isinstance(operation, op.Round):  # only the bits that are dropped meet the bias: it is counted, not refused
            highs[-1] += rescale.biases(self.signals[operation.signal].rounding.code, self.dropped(operation))[0]
        self.reach.append((min(lows), max(highs)))

    def aligned(self, a: Ref, b: Ref, passed: list[Range]) -> tuple[Range, Range, int]:
        """Return the ends of both operands at the finer of their binary points, and that."""
        x, y = self.wires[a], self.wires[b]
        if x.frac == y.frac:
            return (x.low, x.high), (y.low, y.high), x.frac
        frac = max(x.frac, y.frac)
        left, right = (x.low << frac - x.frac, x.high << frac - x.frac), (y.low << frac - y.frac, y.high << frac - y.frac)
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
                    f"{self.neuron.place(ref)}: a cast that rounds stochastically must say which register it draws from, "
                    f"as in `{operation.signal}[0]`, but {self.written(ref)} does not"
                )
            return Wire(low >> right, high + (1 << right) - 1 >> right, form.frac)
        biases = rescale.biases(signal.rounding.code, right)
        return Wire(rescale.drop(low, right, *biases), rescale.drop(high, right, *biases), form.frac)

    def dropped(self, operation: op.Round) -> int:
        return max(self.wires[operation.a].frac - self.signals[operation.signal].format.frac, 0)

    def shift(self, ref: Ref, by: Ref) -> int:
        shift = self.wires[by].low
        if not 0 <= shift <= rescale.SHIFT_MAX:
            raise WidthError(f"a shift must be by 0 to {rescale.SHIFT_MAX} bits, but {self.written(ref)} is by {shift}")
        return shift

    def fits(self, ref: Ref, form: Format, what: str) -> None:
        """Refuse a value that does not provably lie in a format."""
        x = self.wires[ref]
        left = form.frac - x.frac
        if left < 0 or not form.lowest <= x.low << left <= x.high << left <= form.highest:
            raise WidthError(
                f"{self.neuron.place(ref)}: what is stored without a cast must provably fit {form.describe()}, "
                f"but {what} can be {self.described(ref)}"
            )

    def check_kept(self, name: str, signal: str, ref: Ref) -> None:
        last = self.operations[ref]
        if not isinstance(last, op.Limit | op.State) or last.signal != signal:
            self.fits(ref, self.signals[signal].format, name)

    def refuse_width(self, ref: Ref, low: int, high: int) -> NoReturn:
        bits = max(high.bit_length(), (-low - 1).bit_length()) + 1
        raise WidthError(
            f"every exact intermediate must fit int64, but {self.written(ref)} can need {bits} bits (raw {low} to {high})"
        )

    def written(self, ref: Ref) -> str:
        """Return the statement of an operation as messages tell it: its name, its text, the operands' formats, its line."""
        operation, statement = self.operations[ref], self.neuron.statements[self.neuron.owners[ref]]
        parts = [getattr(operation, field) for field in ("value", "a", "b", "initial") if hasattr(operation, field)]
        told = ", ".join(dict.fromkeys(self.described(part) for part in parts or [ref]))
        if isinstance(operation, op.Round):
            told += f" -> {self.signals[operation.signal].format.describe()}"
        return f"{statement.name} = {statement.source} ({told}; {self.neuron.place(ref)})"

    def described(self, ref: Ref) -> str:
        """Return what an operand is: its name and format, or its bounds."""
        operation = self.operations[ref]
        match operation:
            case op.State(name=name, signal=signal) | op.Constant(name=name, signal=signal):
                return f"{name} {self.signals[signal].format.describe()}"
            case op.Limit(signal=signal):
                name = self.neuron.statements[self.neuron.owners[ref]].name
                return f"{name} {self.signals[signal].format.describe()}"
            case op.Input(name=name) | op.Each(name=name):
                return f"{name} {self.arrivals[name].said}"
            case op.Literal(value=value):
                return str(value)
        wire = self.wires[ref]
        return f"raw {wire.low} to {wire.high} of {wire.frac} fractional bits"
