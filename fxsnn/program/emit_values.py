"""How an emitted kernel writes the words of one neuron: names, shifts to a common binary point, casts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from fxsnn.program import operations as op
from fxsnn.program.fold import Folded, operands
from fxsnn.program.neuron import BIT, Neuron
from fxsnn.program.operations import Operation, Ref
from fxsnn.program.stages import Stages

Word: TypeAlias = tuple[str, tuple[Ref, ...], str]  # what a word of the data is: kind, operations, signal

_BITS = (op.Compare, op.Both, op.Either, op.Not, op.Any, op.First, op.Largest)
_NARROW = {"+": "add", "-": "subtract", "*": "multiply", "<<": "left_shift", ">>": "right_shift"}
_INTEGERS, _ANY = "integers", "any"  # grids: of whole numbers, and of a 0


@dataclass(frozen=True, slots=True)
class Structure:
    """What decides the source of a step. Two plans of one structure share their machine code."""

    neuron: Neuron
    zeros: frozenset[str] = frozenset()  # constants that are 0 for every neuron
    arrays: frozenset[str] = frozenset()  # constants that each neuron has its own word of
    narrow: bool = False  # words of 32 bits, in which every cast saturates and rounds by a bias alone
    draws: bool = False  # whether casts may draw
    from_rest: bool = True  # whether states are known to begin with 0


@dataclass(slots=True, eq=False)
class Values:
    """The source of a step while it is written: `lines` grow as values are asked for."""

    structure: Structure
    folded: Folded
    stages: Stages
    words: dict[Word, str] = field(default_factory=dict)
    rows: list[Ref] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    env: dict[Ref, str] = field(default_factory=dict)  # what the loop has computed
    loop: int = 0
    deep: int = 2

    def add(self, *lines: str) -> None:
        self.lines += [f"{'    ' * (self.deep - 1)}{line}" for line in lines]

    def word(self, value: object) -> str:
        return f"int{32 if self.structure.narrow else 64}({value})"

    def _lowest(self) -> str:
        return self.word(-(1 << (31 if self.structure.narrow else 62)))

    def two(self, sign: str, a: str, b: str) -> str:
        return f"{_NARROW[sign]}({a}, {b})" if self.structure.narrow else f"({a} {sign} {b})"

    def data(self, kind: str, *refs: Ref, signal: str = "") -> str:
        """Return the name of a word of the data."""
        return self.words.setdefault((kind, refs, signal), f"{kind}_{'_'.join(map(str, refs))}{signal and '_'}{signal}")

    def _is_bit(self, ref: Ref) -> bool:
        match self.folded.operations[ref]:
            case op.State(signal=signal):
                return signal == BIT
            case op.Select(a=a, b=b):
                return self._is_bit(a) and self._is_bit(b)
            case op.Literal(value=value):  # what another value was folded into has that value's binary point
                original = self.structure.neuron.operations[ref]
                bit = isinstance(original, (*_BITS, op.Literal)) or getattr(original, "signal", "") == BIT
                return bit and value in (0, 1)
            case operation:
                return isinstance(operation, _BITS)

    def bit(self, ref: Ref) -> str:
        """Return a bit as a condition."""
        found = self.folded.operations[ref]
        if isinstance(found, op.Literal):
            return str(found.value == 1)
        text = self.text(ref)
        return text if self._is_bit(ref) and ref not in self.stages.fixed else f"({text} != 0)"

    def value(self, ref: Ref) -> str:
        """Return a value as a word."""
        found = self.folded.operations[ref]
        if isinstance(found, op.Literal):
            return self.word(found.value)
        text = self.text(ref)
        return self.word(text) if self._is_bit(ref) and ref not in self.stages.fixed else text

    def text(self, ref: Ref) -> str:
        """Return the name of a value that the loop has, or compute it."""
        if ref in self.env:
            return self.env[ref]
        ready = self._ready(ref)
        if ready:
            return ready
        if ref not in self.folded.operations:
            raise KeyError(ref)
        operation = self.folded.operations[ref]
        text = self._computed(ref, operation)
        name = f"{self.structure.neuron.called(ref) or 'value'}_{ref}"
        self.add(f"{name} = {text}")
        self.env[ref] = name
        return name

    def _ready(self, ref: Ref) -> str | None:
        """Return a value that is there without being computed in this loop."""
        operation = self.folded.operations[ref]
        if ref in self.stages.fixed:
            if not self._differs(ref):
                return self.data("fixed", ref)
            if ref not in self.rows:
                self.rows.append(ref)
            return f"fixed_{ref}[n]"
        match operation:
            case op.Input(name=name):
                inputs = self.structure.neuron.inputs
                return self.word("sums[n]" if len(inputs) == 1 else f"sums[{inputs.index(name)}, n]")
            case op.Each():
                return self.word("weight[n]")
            case op.State(name=name, signal=signal):
                return f"(kept_{name}[n] != 0)" if signal == BIT else f"kept_{name}[n]"
            case op.Done():
                return f"carried_{ref}[n]"
            case op.First() | op.Largest():
                return f"(n == reduced_{ref})"
            case op.Count(a=a) | op.Any(a=a):
                one = isinstance(self.folded.operations[a], op.First | op.Largest)
                found = f"(reduced_{a} < size)" if one else f"reduced_{ref}"
                if isinstance(operation, op.Any):
                    return found if one else f"({found} > 0)"
                return self.word(found) if one else found
        if self.stages.ready(ref, self.loop):
            home = self.stages.homes.get(ref)
            if ref in self.stages.crossing:
                return f"kept_{home}[n]" if home else f"crossing_{ref}[n]"
            return "(out[n] != 0)" if self._is_bit(ref) else "out[n]"
        return None

    def _differs(self, ref: Ref) -> bool:
        """Return whether what follows from constants differs from neuron to neuron."""
        operation = self.folded.operations[ref]
        if isinstance(operation, op.Constant):
            return operation.name in self.structure.arrays
        return any(self._differs(part) for _, part in operands(operation))

    def _computed(self, ref: Ref, operation: Operation) -> str:  # noqa: C901, PLR0911, PLR0912  (one arm an operation)
        """Return an operation on values that are computed before it."""
        original = self.structure.neuron.operations[ref]
        match operation:
            case op.Add():
                return self._sum("+", ref, (ref,))
            case op.Subtract():
                return self._sum("-", ref, (ref,))
            case op.Multiply(a=a, b=b):
                product = self.two("*", self.value(a), self.value(b))
                parts = [part for part in (a, b) if not isinstance(self.folded.operations[part], op.Literal)]
                same = self._unchanged(ref)
                return product if same else self.two("<<", product, self.data("product", ref, *parts))
            case op.ShiftLeft(a=a, by=by) | op.ShiftRight(a=a, by=by):
                word = self._aligned(a, (original.a,))  # type: ignore[union-attr]
                return self.two("<<" if isinstance(operation, op.ShiftLeft) else ">>", word, self.value(by))
            case op.Compare(relation=relation):
                a, b = self._pair(ref, (original.a, original.b))  # type: ignore[union-attr]
                return f"({a} {relation} {b})"
            case op.Both(a=a, b=b):
                return f"({self.bit(a)} & {self.bit(b)})"
            case op.Either(a=a, b=b):
                return f"({self.bit(a)} | {self.bit(b)})"
            case op.Not(a=a):
                return f"(not {self.bit(a)})"
            case op.Select(condition=condition):
                if self._is_bit(ref):
                    a, b = self.bit(operation.a), self.bit(operation.b)
                else:
                    a, b = self._pair(ref, (ref,))
                return f"({a} if {self.bit(condition)} else {b})"
            case op.Minimum() | op.Maximum():
                a, b = self._pair(ref, (ref,))
                return f"{'min' if isinstance(operation, op.Minimum) else 'max'}({a}, {b})"
            case op.Absolute(a=a):
                return f"abs({self.value(a)})"
            case op.Limit(a=a):
                return self._cast(a)
            case op.Round():
                raise AssertionError(operation)  # a Limit follows, which is written with it
            case op.State() | op.Constant() | op.Input() | op.Each() | op.Number() | op.Literal():
                raise AssertionError(operation)  # ready in every loop
            case op.Count() | op.Any() | op.First() | op.Largest() | op.Carry() | op.Done():
                raise AssertionError(operation)  # the same
            case _:
                assert_never(operation)

    def _cast(self, ref: Ref) -> str:
        """Return a cast: what is rounded is brought to the finer of both binary points first."""
        found, original = self.folded.operations[ref], self.structure.neuron.operations[ref]
        assert isinstance(found, op.Round)  # noqa: S101  (a Limit is after a Round)
        assert isinstance(original, op.Round)  # noqa: S101  (it stands for itself)
        source, signal = self.folded.operations[found.a], found.signal
        bare = self._grid(found.a) == signal and self._same(original.a)  # nothing is dropped
        if isinstance(source, op.Add | op.Subtract) and found.a not in self.env and not bare:
            exact = self._sum("+" if isinstance(source, op.Add) else "-", found.a, (original.a,), signal)
        else:
            exact = self._aligned(found.a, (original.a,), signal)
        lowest, highest = (self.data(rail, ref) for rail in ("lowest", "highest"))
        if bare and self.structure.narrow:
            return f"min(max({exact}, {lowest}), {highest})"
        right, bias = self.data("right", ref), self._bias(ref, found)
        if self.structure.narrow:
            return f"min(max({self.two('>>', self.two('+', exact, bias), right)}, {lowest}), {highest})"
        if_negative, if_odd, overflow = (self.data(name, ref) for name in ("if_negative", "if_odd", "overflow"))
        rounded = f"drop({exact}, {right}, {bias}, {if_negative}, {if_odd})"
        return f"limit({rounded}, {lowest}, {highest}, {overflow})"

    def _bias(self, ref: Ref, found: op.Round) -> str:
        bias = self.data("bias", ref)
        if not self.structure.draws or found.stream is None:
            return bias
        bits, stream, name = self.data("draw_bits", ref), found.stream, f"added_{ref}"
        if found.guard is None:
            self.add(f"{name} = draws[{stream}, n] if {bits} > 0 else {bias}")
            return name
        self.add(
            f"{name} = {bias}",
            f"if {bits} > 0 and {self.bit(found.guard)}:",
            f"    registers[{stream}], {name} = draw(registers[{stream}], taps[0], taps, {bits})",
            f"    {name} = draw_bias({name}, {bits}, {self.data('right', ref)})",
        )
        return name

    # binary points

    def _sum(self, sign: str, ref: Ref, at: tuple[Ref, ...], signal: str = "") -> str:
        a, b = self._pair(ref, at, signal)
        return self.two(sign, a, b)

    def _pair(self, ref: Ref, at: tuple[Ref, ...], signal: str = "") -> tuple[str, str]:
        """Return the operands of an operation at the finest binary point of `at` and the signal."""
        operation = self.folded.operations[ref]
        a, b = operation.a, operation.b  # type: ignore[union-attr]
        grids = {self._grid(a), self._grid(b), signal or _ANY} - {_ANY}
        if len(grids) < 2 and None not in grids and self._unchanged(ref):
            return self.value(a), self.value(b)
        return self._aligned(a, at, signal), self._aligned(b, at, signal)

    def _aligned(self, ref: Ref, at: tuple[Ref, ...], signal: str = "") -> str:
        """Return a value at the finest binary point of some operations and a signal."""
        found = self.folded.operations[ref]
        if isinstance(found, op.Literal):  # a whole number, whatever was folded into it
            word = self.value(ref)
            return self.two("<<", word, self.data("whole", *at, signal=signal)) if found.value else word
        same = at == (ref,) or (len(at) == 1 and self._same(at[0]) and self._grid(at[0]) == self._grid(ref) is not None)
        if same and signal in ("", self._grid(ref)):
            return self.value(ref)
        return self.two("<<", self.value(ref), self.data("left", ref, *at, signal=signal))

    def _placed(self, ref: Ref, original: Ref, signal: str) -> str:
        """Return a value at the binary point of a signal that is as fine or finer."""
        if signal == BIT:
            return self.word(self.bit(ref))
        if self._grid(ref) in (signal, _ANY) and self._same(original):
            return self.value(ref)
        return self._aligned(ref, (), signal)

    def _same(self, original: Ref) -> bool:
        """Return whether an operation stands for itself, so that its binary point is its own."""
        known = isinstance(self.folded.operations.get(original), op.Literal)
        return self.folded.stands[original] == original and (
            not known or isinstance(self.structure.neuron.operations[original], op.Literal)
        )

    def _unchanged(self, ref: Ref) -> bool:
        return all(self._same(part) for _, part in operands(self.structure.neuron.operations[ref]))

    def _grid(self, ref: Ref) -> str | None:
        """Return a name for the binary point of a value that is the same under every plan, or nothing."""
        match self.folded.operations[ref]:
            case op.State(signal=signal) | op.Constant(signal=signal) | op.Limit(signal=signal) | op.Carry(signal=signal):
                return _INTEGERS if signal == BIT else signal
            case op.Literal(value=value):
                return _INTEGERS if value else _ANY
            case op.Input(name=name) | op.Each(name=name):
                return f"what arrives as {name}"
            case op.ShiftLeft(a=a) | op.ShiftRight(a=a) | op.Absolute(a=a) | op.Done(result=a):
                return self._grid(a) if self._same(a) else None
            case op.Add(a=a, b=b) | op.Subtract(a=a, b=b) | op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b):
                return self._common(ref, a, b)
            case op.Select(a=a, b=b):
                return self._common(ref, a, b)
            case op.Multiply(a=a, b=b) if self._unchanged(ref):
                grids = [self._grid(a), self._grid(b)]
                if _INTEGERS in grids:
                    grids.remove(_INTEGERS)
                    return grids[0]
                return None
            case op.Multiply() | op.Round():
                return None
        return _INTEGERS

    def _common(self, ref: Ref, a: Ref, b: Ref) -> str | None:
        grids = {self._grid(a), self._grid(b)} - {_ANY}
        return (grids.pop() if grids else _ANY) if len(grids) < 2 and self._unchanged(ref) else None
