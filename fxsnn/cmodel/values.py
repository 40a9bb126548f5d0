"""The values of one neuron as C: an operation a constant of the block, of 32 or 64 bits as its bounds need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from fxsnn.cmodel import casts
from fxsnn.cmodel.settled import Settled
from fxsnn.cmodel.words import STORED, Width, indented, kind, member, number, stored_format, times, width_for
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.program import operations as op
from fxsnn.program.operations import Ref
from fxsnn.program.wires import Range


@dataclass(slots=True, eq=False)
class Values:
    """A block of C in which values of neuron `n` are computed: `lines` grow as they are asked for."""

    settled: Settled
    number: int  # of the population
    used: set[str]  # functions of `casts` that are called
    loop: int = 0
    lines: list[str] = field(default_factory=list)
    env: dict[Ref, str] = field(default_factory=dict)  # what the block has computed
    locals: dict[str, str] = field(default_factory=dict)  # of the step's function that are read: declarations by name

    def width(self, ref: Ref) -> Width:
        """Return how many bits the type of a value has."""
        wire = self.settled.program.wires[ref]
        return width_for(wire.low, wire.high)

    def value(self, ref: Ref, width: Width | None = None) -> str:
        """Return a value, of its own width or of another that holds it."""
        wire, own = self.settled.program.wires[ref], self.width(ref)
        if isinstance(self.settled.operations[ref], op.Literal):
            return number(wire.low, width or own)
        text = self._text(ref)
        return text if width is None or width == own else f"({kind(width)}){text}"

    def placed(self, ref: Ref, frac: int, width: Width | None = None) -> str:
        """Return a value at a binary point that is as fine as its own or finer, as an operand."""
        (low, high), own = self.ends(ref, frac), self.settled.program.wires[ref].frac
        width = width or width_for(low, high)
        if low == high == 0:
            return number(0, width)
        if isinstance(self.settled.operations[ref], op.Literal):
            return number(low, width)
        return times(self.value(ref, width), frac - own, width)

    def ends(self, ref: Ref, frac: int) -> Range:
        """Return the ends of a value at a binary point that is as fine as its own or finer."""
        wire = self.settled.program.wires[ref]
        return (0, 0) if wire.low == wire.high == 0 else (wire.low << frac - wire.frac, wire.high << frac - wire.frac)

    def state(self, name: str) -> str:
        """Return the word of a state."""
        return f"state->states.{member(self.settled.name)}.{member(name)}[n]"

    def room(self, name: str) -> str:
        """Return a word of what is stored while a step is made."""
        return f"state->room.{member(self.settled.name)}.{name}[n]"

    @property
    def nobody(self) -> str:
        """The index of a neuron that is none."""
        return f"{self.settled.program.neurons}u"

    def named(self, ref: Ref) -> str:
        """Return a name for a value, as the text calls it: nothing else ends in an underscore and a number."""
        name = self.settled.program.neuron.called(ref).lstrip("_")
        return f"{name if name[:1].isalpha() else 'value'}_{ref}"

    def _text(self, ref: Ref) -> str:
        """Return the name of a value; each has its own, as compilers complain where a name is compared with itself."""
        if ref not in self.env:
            name, text = self.named(ref), self._ready(ref)
            if text is None:
                text = self._computed(ref, self.settled.operations[ref])
            if text in ("arriving", "carried", name):
                self.env[ref] = text
            else:
                self.lines.append(f"const {kind(self.width(ref))} {name} = {text};")
                self.env[ref] = name
        return self.env[ref]

    def _ready(self, ref: Ref) -> str | None:
        """Return a value that is there without being computed in this loop."""
        settled, operation = self.settled, self.settled.operations[ref]
        program, stages = settled.program, settled.stages
        match operation:
            case op.Constant(name=name):
                words = settled.constants[name]
                if len(words) == 1:
                    return number(words[0], self.width(ref))
                at = "n" if len(words) == program.neurons else f"n % {len(words)}u"
                return _read(
                    f"{constant_table(self.number, name)}[{at}]", settled.constant_format(name), self.width(ref)
                )
            case op.Number():
                return number(program.wires[ref].low, self.width(ref))
            case op.Input(name=name):
                return self.room(f"sum_{name}")
            case op.Each():
                return "arriving"
            case op.State(name=name):
                return self.state(name)
            case op.Done():
                return self.room(f"carried_{ref}")
            case op.First() | op.Largest():
                return f"(n == {self._local(f'found{ref}')})"
            case op.Count(a=a) | op.Any(a=a):
                if isinstance(settled.operations[a], op.First | op.Largest):
                    return f"({self._local(f'found{a}')} != {self.nobody})"
                counted = self._local(f"counted{ref}", "int32_t ")
                return counted if isinstance(operation, op.Count) else f"({counted} > 0)"
        if ref in stages.fixed or not stages.ready(ref, self.loop):
            return None  # what follows from constants is computed wherever it is read
        if ref in stages.crossing:
            home = stages.homes.get(ref)
            return self.state(home) if home else self.room(f"kept_{ref}")
        frac = settled.emitted.frac
        width = width_for(*self.ends(ref, frac))
        place = f"{self._local('emitted', f'const {stored_format(settled.emitted)} *')}[n]"
        return self._floor(_read(place, settled.emitted, width), frac - program.wires[ref].frac, width)

    def _local(self, name: str, type_: str = "size_t ") -> str:
        """Return a name of the step's function, which functions that this calls are given."""
        self.locals[name] = f"{type_}{name}"
        return name

    def _computed(self, ref: Ref, operation: op.Operation) -> str:
        """Return an operation on values that are computed before it."""
        wires = self.settled.program.wires
        match operation:
            case op.Add(a=a, b=b) | op.Subtract(a=a, b=b):
                return self._two(ref, f"{{}} {op.SIGNS[type(operation)]} {{}}", a, b)
            case op.Multiply(a=a, b=b):
                width = width_for(*wires[ref][:2], *wires[a][:2], *wires[b][:2])
                return self._narrowed(ref, f"{self.value(a, width)} * {self.value(b, width)}", width)
            case op.ShiftLeft(a=a, by=by):
                width = width_for(*wires[ref][:2], *wires[a][:2])
                return self._narrowed(ref, times(self.value(a, width), wires[by].low, width), width)
            case op.ShiftRight(a=a, by=by):
                width = self.width(a)
                return self._narrowed(ref, self._floor(self.value(a), wires[by].low, width, wires[a].low), width)
            case op.Compare(relation=relation, a=a, b=b):
                return f"({self._two(ref, f'{{}} {relation} {{}}', a, b)})"
            case op.Both(a=a, b=b) | op.Either(a=a, b=b):
                return f"({self.value(a)} {op.SIGNS[type(operation)]} {self.value(b)})"
            case op.Not(a=a):
                return f"({self.value(a)} == 0)"
            case op.Select(condition=condition, a=a, b=b):
                return self._two(ref, f"{self.value(condition)} != 0 ? {{}} : {{}}", a, b)
            case op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b):
                if a == b:
                    return self.value(a)
                sign = "<" if isinstance(operation, op.Minimum) else ">"
                return self._two(ref, f"{{0}} {sign} {{1}} ? {{0}} : {{1}}", a, b)
            case op.Absolute(a=a):
                width = width_for(*wires[ref][:2], *wires[a][:2])
                one = self.value(a, width)
                return self._narrowed(ref, f"{one} < 0 ? -{one} : {one}", width)
            case op.Limit(a=a):
                known = isinstance(self.settled.operations[a], op.Literal)
                return self.value(a, self.width(ref)) if known else self._cast(ref, a)
            case op.Carry():
                return "carried"
            case op.Round() | op.State() | op.Constant() | op.Input() | op.Each() | op.Number() | op.Literal():
                raise AssertionError(operation)  # a Limit follows, or it is ready in every loop
            case op.Count() | op.Any() | op.First() | op.Largest() | op.Done():
                raise AssertionError(operation)  # the same
            case _:
                assert_never(operation)

    def _two(self, ref: Ref, written: str, a: Ref, b: Ref) -> str:
        """Return an operation on two values at the finer of their binary points."""
        wires = self.settled.program.wires
        frac = max(wires[a].frac, wires[b].frac)
        width = width_for(*wires[ref][:2], *self.ends(a, frac), *self.ends(b, frac))
        return self._narrowed(ref, written.format(self.placed(a, frac, width), self.placed(b, frac, width)), width)

    def _narrowed(self, ref: Ref, text: str, width: Width) -> str:
        """Return what is computed in a width as a value's own."""
        own = self.width(ref)
        return text if own == width else f"({kind(own)})({text})"

    def _floor(self, text: str, by: int, width: Width, low: int = -1) -> str:
        """Return a value, of which the least is known, divided by 2**by and rounded down."""
        by = min(by, width - 1)
        if by == 0:
            return text
        if low >= 0:
            return f"{text} >> {by}"
        self.used.add(f"floor{width}")
        return f"floor{width}({text}, {by})"

    def _cast(self, ref: Ref, rounded: Ref) -> str:
        """Return a cast; one under a condition happens, and draws, only where that holds."""
        found = self.settled.operations[rounded]
        assert isinstance(found, op.Round)  # noqa: S101  (a Limit is after a Round)
        guard = None if found.guard is None else self.value(found.guard)
        if guard in (None, "1"):
            return self._narrowed(ref, *self._limited(rounded, found))
        name, before = self.named(ref), self.lines
        # what is rounded is exact and draws nothing: it is computed before, where other values may need it too
        self.value(found.a)
        self.lines = []
        text = self._narrowed(ref, *self._limited(rounded, found))
        inner, self.lines = self.lines, before
        self.lines += [f"{kind(self.width(ref))} {name} = 0;", f"if ({guard} != 0) {{"]
        self.lines += [*indented([*inner, f"{name} = {text};"]), "}"]
        return name

    def _limited(self, rounded: Ref, found: op.Round) -> tuple[str, Width]:
        """Return what a cast leaves, and the width in which that is."""
        settled = self.settled
        signal, cast = settled.program.signals[found.signal], settled.casts[rounded]
        frac = signal.format.frac + cast.right
        low, high = self.ends(found.a, frac)
        width: Width = 32 if cast.right < 31 and width_for(low, high) == 32 else 64
        text = self.placed(found.a, frac, width)
        if cast.right:
            text = self._rounded(text, signal.rounding, rounded, found, width)
        wires = settled.program.wires
        as_bound = cast.right == max(wires[found.a].frac - signal.format.frac, 0)
        ends = wires[rounded][:2] if as_bound else (low >> cast.right, (high >> cast.right) + 1)
        lowest, highest = cast.lowest, cast.highest
        if lowest <= ends[0] and ends[1] <= highest:
            return text, width
        if signal.overflow is Overflow.WRAP:
            width = width_for(low, high, highest - lowest) if width == 32 else 64
            text = text if width == 32 else f"(int64_t){text}"
        else:  # rails that nothing of this width reaches are as far away as it goes
            least, most = -(1 << width - 1), (1 << width - 1) - 1
            lowest, highest = max(lowest, least), min(highest, most)
        if signal.overflow is Overflow.ERROR:
            name = f"rounded{rounded}"
            self.lines += [f"const {kind(width)} {name} = {text};"]
            text = name
            below = [f"{name} < {number(lowest, width)}"] if ends[0] < lowest else []
            above = [f"{name} > {number(highest, width)}"] if ends[1] > highest else []
            self.lines.append(f"state->refused |= {' || '.join(below + above)};")
        function = casts.limit(signal.overflow, width)
        self.used.add(function)
        return f"{function}({text}, {number(lowest, width)}, {number(highest, width)})", width

    def _rounded(self, text: str, mode: Rounding, rounded: Ref, found: op.Round, width: Width) -> str:
        cast, function = self.settled.casts[rounded], casts.rounding(mode, width)
        self.used.add(function)
        if mode is not Rounding.STOCHASTIC:
            return f"{function}({text}, {cast.right})"
        self.used.add("draw")
        register = f"state->registers.{member(self.settled.name)}.r{found.stream}"
        name = f"drawn{rounded}"
        drawn = times(f"({kind(width)})draw(&{register}, {cast.draw_bits})", cast.right - cast.draw_bits, width)
        self.lines.append(f"const {kind(width)} {name} = {drawn};")
        return f"{function}({text}, {cast.right}, {name})"


def constant_table(population: int, name: str) -> str:
    """Return the name of the array of a population's constant."""
    return f"constant_{population}_{name}"


def _read(place: str, form: Format, width: Width) -> str:
    """Return a value of a width that lies in a word of a format, which may be wider."""
    return f"({kind(width)}){place}" if STORED[stored_format(form)] > width else place
