"""How an emitted kernel writes the words of one neuron: values that are there, operations, casts."""

from __future__ import annotations

from typing import assert_never

from fxsnn.program import operations as op
from fxsnn.program.emit_source import ANY, Source
from fxsnn.program.neuron import BIT, Neuron
from fxsnn.program.operations import Operation, Ref, operands


def is_bit(neuron: Neuron, ref: Ref) -> bool:
    """Return whether an operation gives 0 or 1 whatever is folded: only then are these whole numbers."""
    match neuron.operations[ref]:
        case op.State(signal=signal):
            return signal == BIT
        case op.Select(a=a, b=b):
            return is_bit(neuron, a) and is_bit(neuron, b)
        case op.Literal(value=value):
            return value in (0, 1)
        case operation:
            return isinstance(operation, op.BITS)


class Values(Source):
    """The values of one neuron in the loop that is written."""

    def bit(self, ref: Ref) -> str:
        """Return a bit as a condition."""
        found = self.folded.operations[ref]
        if isinstance(found, op.Literal):
            return str(found.value == 1)
        text = self.text(ref)
        return text if is_bit(self.structure.neuron, ref) and ref not in self.stages.fixed else f"({text} != 0)"

    def value(self, ref: Ref) -> str:
        """Return a value as a word."""
        found = self.folded.operations[ref]
        if isinstance(found, op.Literal):
            return self.word(found.value)
        text = self.text(ref)
        return self.word(text) if is_bit(self.structure.neuron, ref) and ref not in self.stages.fixed else text

    def text(self, ref: Ref) -> str:
        """Return the name of a value that the loop has, or compute it."""
        if ref in self.env:
            return self.env[ref]
        ready = self._ready(ref)
        if ready:
            return ready
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
            if is_bit(self.structure.neuron, ref):
                return "(out[n] != 0)"
            word, output = self.word("out[n]"), self.structure.neuron.output[1]  # whose binary point may be finer
            return word if ref == output else self.two(">>", word, self.data("left", ref, output))
        return None

    def _differs(self, ref: Ref) -> bool:
        """Return whether what follows from constants differs from neuron to neuron."""
        operation = self.folded.operations[ref]
        if isinstance(operation, op.Constant):
            return operation.name in self.structure.arrays
        return any(self._differs(part) for _, part in operands(operation))

    def _computed(self, ref: Ref, operation: Operation) -> str:
        """Return an operation on values that are computed before it."""
        original = self.structure.neuron.operations[ref]
        match operation:
            case op.Add() | op.Subtract():
                return self._sum(ref, (ref,))
            case op.Multiply(a=a, b=b):
                product = self.two("*", self.value(a), self.value(b))
                parts = [part for part in (a, b) if not isinstance(self.folded.operations[part], op.Literal)]
                same = self.unchanged(ref)
                return product if same else self.two("<<", product, self.data("product", ref, *parts))
            case op.ShiftLeft(a=a, by=by) | op.ShiftRight(a=a, by=by):
                word = self._aligned(a, (original.a,))  # type: ignore[union-attr]
                return self.two("<<" if isinstance(operation, op.ShiftLeft) else ">>", word, self.value(by))
            case op.Compare(relation=relation):
                left, right = self._pair(ref, (original.a, original.b))  # type: ignore[union-attr]
                return f"({left} {relation} {right})"
            case op.Both(a=a, b=b) | op.Either(a=a, b=b):
                return f"({self.bit(a)} {op.SIGNS[type(operation)]} {self.bit(b)})"
            case op.Not(a=a):
                return f"(not {self.bit(a)})"
            case op.Select(condition=condition):
                if is_bit(self.structure.neuron, ref):
                    left, right = self.bit(operation.a), self.bit(operation.b)
                else:
                    left, right = self._pair(ref, (ref,))
                return f"({left} if {self.bit(condition)} else {right})"
            case op.Minimum() | op.Maximum():
                left, right = self._pair(ref, (ref,))
                return f"{'min' if isinstance(operation, op.Minimum) else 'max'}({left}, {right})"
            case op.Absolute(a=a):
                return f"abs({self._aligned(a, (original.a,))})"  # type: ignore[union-attr]
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
        bare = self.grid(found.a) == signal and self.same(original.a)  # nothing is dropped
        if isinstance(source, op.Add | op.Subtract) and found.a not in self.env and not bare:
            exact = self._sum(found.a, (original.a,), signal)
        else:
            exact = self._aligned(found.a, (original.a,), signal)
        lowest, highest = (self.data(rail, ref) for rail in ("lowest", "highest"))
        if bare and self.structure.narrow:
            return f"min(max({exact}, {lowest}), {highest})"
        right, bias = self.data("right", ref), self._bias(ref, found)
        if self.structure.narrow:
            return f"min(max({self.two('>>', self.two('+', exact, bias), right)}, {lowest}), {highest})"
        rounded = f"drop({exact}, {right}, {bias}, {self.data('if_negative', ref)}, {self.data('if_odd', ref)})"
        if self.structure.saturates:
            return f"min(max({rounded}, {lowest}), {highest})"
        return f"limit({rounded}, {lowest}, {highest}, {self.data('overflow', ref)})"

    def _bias(self, ref: Ref, found: op.Round) -> str:
        bias = self.data("bias", ref)
        draws = self.structure.draws if found.guard is None else self.structure.guarded_draws
        if not draws or found.stream is None:
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

    def _sum(self, ref: Ref, at: tuple[Ref, ...], signal: str = "") -> str:
        return self.two(op.SIGNS[type(self.folded.operations[ref])], *self._pair(ref, at, signal))

    def _pair(self, ref: Ref, at: tuple[Ref, ...], signal: str = "") -> tuple[str, str]:
        """Return the operands of an operation at the finest binary point of `at` and the signal."""
        operation = self.folded.operations[ref]
        a, b = operation.a, operation.b  # type: ignore[union-attr]
        grids = {self.grid(a), self.grid(b), signal or ANY} - {ANY}
        theirs = all(one in (ref, a, b) for one in at)  # or something finer may have been folded away
        if theirs and len(grids) < 2 and None not in grids and self.unchanged(ref):
            return self.value(a), self.value(b)
        return self._aligned(a, at, signal), self._aligned(b, at, signal)

    def _aligned(self, ref: Ref, at: tuple[Ref, ...], signal: str = "") -> str:
        """Return a value at the finest binary point of some operations and a signal."""
        found = self.folded.operations[ref]
        if isinstance(found, op.Literal):  # a whole number, whatever was folded into it
            word = self.value(ref)
            return self.two("<<", word, self.data("whole", *at, signal=signal)) if found.value else word
        same = at == (ref,) or (len(at) == 1 and self.same(at[0]) and self.grid(at[0]) == self.grid(ref) is not None)
        if same and signal in ("", self.grid(ref)):
            return self.value(ref)
        return self.two("<<", self.value(ref), self.data("left", ref, *at, signal=signal))

    def _placed(self, ref: Ref, original: Ref, signal: str) -> str:
        """Return a value at the binary point of a signal that is as fine or finer."""
        if signal == BIT:
            return self.word(self.bit(ref))
        if self.grid(ref) in (signal, ANY) and self.same(original):
            return self.value(ref)
        return self._aligned(ref, (), signal)
