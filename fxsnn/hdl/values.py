"""The values of a neuron's step in SystemVerilog: an expression for every operation, as wide as it is proved to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from fxsnn.hdl.words import Names, declared, fraction, is_bit, literal, mode_name, signed_bits, vector
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.program import operations as op
from fxsnn.program.neuron import Cast, Neuron
from fxsnn.program.operations import Operation, Ref
from fxsnn.program.passes import Passes
from fxsnn.program.program import Program
from fxsnn.program.wires import ANYWHERE, Wire

# the sequencer's own, in whose module the ports are called as in this one
RESERVED = (
    *("clock", "reset", "start", "start_input", "start_step", "ready", "done", "n", "at", "state", "last", "turn"),
    *("by_source", "last_source", "opens", "emits", "neuron", "emitted", "observe", "IDLE", "BEGIN"),
    *("stores", "stored", "emitted_before", "emitted_now"),
)


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the module."""

    name: str
    type: str
    about: str = ""


@dataclass(slots=True)
class Naming:
    """What the values of a step are called: as in the text, with the line behind it where there are several."""

    neuron: Neuron
    passes: Passes
    names: Names
    of: dict[Ref, str] = field(default_factory=dict)
    numbered: dict[int, int] = field(default_factory=dict)  # by statement: its parts that have no name in the text

    def __post_init__(self) -> None:
        operations, neuron = self.neuron.operations, self.neuron
        eaches: dict[str, str] = {}
        for ref, operation in enumerate(operations):
            match operation:
                case op.State(name=name):
                    self.of[ref] = self.names.take(f"{name}_before")
                case op.Constant(name=name) | op.Input(name=name):
                    self.of[ref] = self.names.take(name)
                case op.Each(name=name):
                    self.of[ref] = eaches[name] = eaches.get(name) or self.names.take(f"{name}_each")
        for name, ref in neuron.names.items():
            self._give(ref, name)
        for one in neuron.statements:
            self._give(one.value, f"{one.name}_{one.line}")
        for region in self.passes.regions:
            self.of[region.carry] = self.of[region.done]  # one word: carried on, and then the result
            self._give(region.result, f"{self.of[region.done]}_next")
        for cast in neuron.casts:
            self._give(cast.limit, self._part(cast.limit))
            self._give(neuron.rounding(cast).a, f"{self.of[cast.limit]}_exact")
        for ref, operation in enumerate(operations):
            if not isinstance(operation, op.Round | op.Literal | op.Number):
                self._give(ref, self._part(ref))

    def _give(self, ref: Ref, name: str) -> None:
        if ref not in self.of and not isinstance(self.neuron.operations[ref], op.Literal | op.Number):
            self.of[ref] = self.names.take(name)

    def _part(self, ref: Ref) -> str:
        """Return a name for a part of a statement."""
        if ref in self.of:
            return self.of[ref]
        owner = self.neuron.owners[ref]
        statement = self.neuron.statements[owner]
        self.numbered[owner] = number = self.numbered.get(owner, 0) + 1
        return f"{statement.name}_{statement.line}_{number}"


@dataclass(slots=True)
class Values:
    """The module while it is written.

    observed     formats of the nodes that benches look at, by name
    registers    of casts that draw, as they stand at first, by the number in the text
    waiting      values that are read in later passes, and the pass that makes each
    """

    program: Program
    passes: Passes
    observed: Mapping[str, tuple[Ref, Format]]
    emitted: Format
    registers: Mapping[int, Lfsr]
    waiting: Mapping[Ref, int]
    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    names: Names = field(default_factory=Names)
    naming: Naming = field(init=False)
    kept: dict[Ref, str] = field(default_factory=dict)  # inputs with the words of values that wait
    register_ports: dict[int, str] = field(default_factory=dict)  # by register: what benches see of it
    draws: dict[int, str] = field(default_factory=dict)  # by register: what benches see of a draw
    enables: dict[str, str] = field(default_factory=dict)  # inputs that say in which pass it is
    made: dict[Ref, int] = field(default_factory=dict)  # how wide values are declared

    def __post_init__(self) -> None:
        for name in RESERVED:
            self.names.take(name)
        self.naming = Naming(self.program.neuron, self.passes, self.names)

    def wire(self, ref: Ref) -> Wire:
        """Return the ends of a value."""
        return self.program.wires[ref]

    def number(self, ref: Ref) -> int | None:
        """Return the number that stands in a text or that the plan gives."""
        match self.program.neuron.operations[ref]:
            case op.Literal(value=value):
                return value
            case op.Number(name=name):
                return self.program.numbers[name]
        return None

    def bit(self, ref: Ref) -> str:
        """Return a bit."""
        number = self.number(ref)
        return self.naming.of[ref] if number is None else f"1'b{number}"

    def value(self, ref: Ref, frac: int | None = None) -> str:
        """Return a signed value, at a binary point as fine as its own or finer."""
        wire, number = self.wire(ref), self.number(ref)
        left = 0 if frac is None or wire.frac == ANYWHERE else frac - wire.frac
        if number is not None:
            return literal(number << left)
        name = self.naming.of[ref]
        name = f"$signed({{1'b0, {name}}})" if is_bit(wire) else name
        return f"({name} <<< {left})" if left else name

    def pair(self, a: Ref, b: Ref) -> tuple[str, str]:
        """Return two values at the finer of their binary points, in what takes the width of its result."""
        frac = max(self.wire(a).frac, self.wire(b).frac)
        return self.value(a, frac), self.value(b, frac)

    def compared(self, a: Ref, b: Ref) -> tuple[str, str]:
        """Return two values at the finer of their binary points, each as wide as it is there."""
        frac, texts = max(self.wire(a).frac, self.wire(b).frac), []
        for part in (a, b):
            text, wire = self.value(part, frac), self.wire(part)
            if text.startswith("("):  # a comparison would lose the bits that are shifted out
                left, name = frac - wire.frac, self.names.take(f"{self.naming.of[part]}_aligned")
                self.add(f"{vector(signed_bits(wire.low << left, wire.high << left), signed=True)} {name};")
                self.add(f"assign {name} = {text[1:-1]};")
                text = name
            texts.append(text)
        return texts[0], texts[1]

    def add(self, *lines: str) -> None:
        """Write lines."""
        self.lines += lines

    def take(self, wanted: str, kind: str, about: str = "") -> str:
        """Add an input and return its name."""
        name = self.names.take(wanted)
        self.inputs.append(Port(name, kind, about))
        return name

    def give(self, wanted: str, kind: str, value: str) -> str:
        """Add an output of a value and return its name."""
        name = self.names.take(wanted)
        self.outputs.append(Port(name, kind))
        self.add(f"assign {name} = {value};")
        return name

    def expression(self, ref: Ref, operation: Operation) -> str:
        """Return an operation in the width of what it is assigned to."""
        bits = is_bit(self.wire(ref))
        match operation:
            case op.Add(a=a, b=b) | op.Subtract(a=a, b=b):
                return f" {op.SIGNS[type(operation)]} ".join(self.pair(a, b))
            case op.Multiply(a=a, b=b):
                return f"{self.value(a)} * {self.value(b)}"
            case op.ShiftLeft(a=a, by=by):
                return f"{self.value(a)} <<< {self.number(by)}"
            case op.ShiftRight(a=a, by=by):
                return f"{self.value(a)} >>> {self.number(by)}"
            case op.Compare(relation=relation, a=a, b=b):
                return f" {relation} ".join(self.compared(a, b))
            case op.Both(a=a, b=b) | op.Either(a=a, b=b):
                return f" {op.SIGNS[type(operation)]} ".join((self.bit(a), self.bit(b)))
            case op.Not(a=a):
                return f"!{self.bit(a)}"
            case op.Select(condition=condition, a=a, b=b):
                one, other = (self.bit(a), self.bit(b)) if bits else self.pair(a, b)
                return f"{self.bit(condition)} ? {one} : {other}"
            case op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b):
                one, other = self.compared(a, b)
                return f"{one} {'<' if isinstance(operation, op.Minimum) else '>'} {other} ? {one} : {other}"
            case op.Absolute(a=a):
                return f"{self.value(a)} < 1'sd0 ? -{self.value(a)} : {self.value(a)}"
            case op.State() | op.Constant() | op.Input() | op.Each() | op.Number() | op.Literal():
                raise AssertionError(operation)
            case op.Count() | op.Any() | op.First() | op.Largest() | op.Carry() | op.Done():
                raise AssertionError(operation)
            case op.Round() | op.Limit():
                raise AssertionError(operation)
            case _:
                assert_never(operation)

    # casts: instances of fxsnn_cast and, where they round by chance, of fxsnn_lfsr

    def _dropped(self, cast: Cast) -> int:
        """Return how many bits a cast drops; below 0 if it adds some."""
        exact = self.wire(self.program.neuron.rounding(cast).a)
        return 0 if exact.frac == ANYWHERE else exact.frac - self.program.signals[cast.signal].format.frac

    def exact_bits(self, cast: Cast) -> int:
        """Return how wide fxsnn_cast takes a value."""
        exact, rounded = self.wire(self.program.neuron.rounding(cast).a), self.wire(cast.round)
        ends = signed_bits(min(exact.low, rounded.low), max(exact.high, rounded.high))
        return max(ends, self._dropped(cast) + 2, self.program.signals[cast.signal].format.word + 1, 2)

    def cast(self, cast: Cast) -> None:
        """Write a cast."""
        name, signal = self.naming.of[cast.limit], self.program.signals[cast.signal]
        bits, drops = self.exact_bits(cast), self._dropped(cast)
        ref = self.program.neuron.rounding(cast).a
        exact = self.naming.of.get(ref, "")
        if self.made.get(ref) != bits:
            exact = self.names.take(f"{name}_wide")
            self.add(f"{vector(bits, signed=True)} {exact};", f"assign {exact} = {self.value(ref)};")
        fresh = self._draw(cast, bits) if cast.limit in self.passes.drawing else f"{bits}'d0"
        word = self.names.take(f"{name}_word")
        self.add(
            f"{vector(bits, signed=True)} {word};",
            f"fxsnn_cast #(.X({bits}), .DROP({drops}), .WORD({signal.format.word}), "
            f".SIGNED({int(signal.format.signed)}),",
            f"             .ROUNDING(fxsnn_modes::{mode_name(signal.rounding.value)}), "
            f".OVERFLOW(fxsnn_modes::{mode_name(signal.overflow.value)}))",
            f"  {self.names.take(f'cast_{name}')} (.value({exact}), .fresh({fresh}), .word({word}), .overflowed());",
            f"{declared(self.wire(cast.limit))} {name};{fraction(self.wire(cast.limit))}",
        )
        self.add(f"assign {name} = {self.now_or_kept(cast.limit, word)};")

    def now_or_kept(self, ref: Ref, made: str) -> str:
        """Return a value: as it is made now, or as it was kept of the pass that made it."""
        if ref not in self.waiting:
            return made
        name, kind, done = self.naming.of[ref], declared(self.wire(ref)), self.waiting[ref]
        drawn = ref in self.passes.drawing
        about = f"{name} as it was {'drawn' if drawn else 'made'} in pass {done}"
        kept = self.kept[ref] = self.take(f"{name}_kept", kind, about)
        if drawn:
            return f"{self._when(done)} ? {made} : {kept}"
        return f"{self._enable(f'after_pass_{done}', f'1 once pass {done} has ended')} ? {kept} : {made}"

    def _draw(self, cast: Cast, bits: int) -> str:
        """Add a cast's register and what benches see of it; return what it adds."""
        stream, site, rounding = cast.stream, self.program.site(cast), self.program.neuron.rounding(cast)
        assert stream is not None  # noqa: S101  (so says the proof)
        within = next((one for one in self.passes.regions if one.carry < cast.round < one.done), None)
        made = self.passes.made[cast.limit]
        when = self._when(made) if within is None else self._in_region(self.naming.of[within.done])
        draws, fresh, register = (self.names.take(f"{part}_{stream}") for part in ("draws", "fresh", "register"))
        lfsr = self.registers[stream]
        taps = sum(1 << tap - 1 for tap in lfsr.taps)
        self.add(
            f"logic {draws};",
            f"assign {draws} = {when}{'' if rounding.guard is None else f' & {self.bit(rounding.guard)}'};",
            f"{vector(bits)} {fresh};",
            f"{vector(lfsr.width)} {register};",
            f"fxsnn_lfsr #(.WIDTH({lfsr.width}), .TAPS({lfsr.width}'h{taps:x}), .SEED({lfsr.width}'h{lfsr.seed:x}), "
            f".X({bits}), .COUNT({site.draw_bits}), .TOP({site.right - site.draw_bits}))",
            f"  {self.names.take(f'lfsr_{stream}')} (.clock(clock), .start(start), .draw({draws}), .fresh({fresh}), "
            f".state({register}));",
        )
        self.register_ports[stream] = self.give(f"observe_lfsr_{stream}", vector(lfsr.width), register)
        if within is None:
            self.draws[stream] = self.give(
                f"observe_draw_{stream}", vector(site.right), f"{draws} ? {fresh} : {bits}'d0"
            )
        return fresh

    def _when(self, number: int) -> str:
        return self._enable(f"in_pass_{number}", f"1 in pass {number}")

    def _in_region(self, name: str) -> str:
        return self._enable(f"in_{name}", f"1 where an active input comes to {name}")

    def _enable(self, name: str, about: str) -> str:
        if name not in self.enables:
            self.enables[name] = self.take(name, "logic", about)
        return self.enables[name]
