"""A neuron's step as a module: an operation an `assign`, a cast an instance of fxsnn_cast, the text beside it.

Everything is computed at once; registers of casts that draw are all it keeps. Every value is as wide as it is proved to
be, and signed, but for bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fxsnn.graph.quantise import format_of
from fxsnn.hdl.values import Port, Values
from fxsnn.hdl.words import declared, fraction, indented, is_bit, vector, width
from fxsnn.program import operations as op
from fxsnn.program.operations import LEAVES, REDUCTIONS, Operation, Ref

_HEAD = """//
// Every value is exact, two's complement, as wide as it is proved to be, and extended by its sign: what is cut off of
// it repeats that. Bits are one wire. `x_exact` is a value before its cast, `<<<` brings binary points together,
// `x_before` is the state x as the step before left it, `x_12` what x stands for after line 12, where it changes."""


@dataclass(slots=True)
class Datapath(Values):
    """The module of a neuron's step, and what its outputs are called."""

    next: dict[str, str] = field(default_factory=dict)  # by state
    initial: dict[Ref, str] = field(default_factory=dict)  # by Done: the word with which active inputs begin
    carried: dict[Ref, str] = field(default_factory=dict)  # by Done: what an active input leaves
    looked: dict[Ref, tuple[str, str]] = field(default_factory=dict)  # by reduction: a neuron's bit, and its value
    left: dict[Ref, str] = field(default_factory=dict)  # of values that wait: the words that are kept
    node_ports: dict[str, str] = field(default_factory=dict)  # by node: what benches look at
    emits: str = ""

    def __post_init__(self) -> None:
        Values.__post_init__(self)
        self._write()

    def _write(self) -> None:
        neuron = self.program.neuron
        owner = -1
        for ref, operation in enumerate(neuron.operations):
            if isinstance(operation, LEAVES) and not isinstance(operation, op.Literal | op.Number):
                self._leaf(ref, operation)
        for ref, operation in enumerate(neuron.operations):
            if isinstance(operation, LEAVES):
                continue
            if neuron.owners[ref] != owner:
                owner = neuron.owners[ref]
                self.add("", f"// {self._comment(owner)}")
            self._operation(ref, operation)
        self._ends()

    def _comment(self, number: int) -> str:
        """Return a statement as it stands in the text."""
        one = self.program.neuron.statements[number]
        if one.name == "if":
            return f"line {one.line}: if {one.source}:"
        neuron = self.program.neuron
        drawn = next(
            (
                f"[{cast.stream}]"
                for cast in neuron.casts
                if neuron.owners[cast.round] == number and cast.stream is not None
            ),
            "",
        )
        return f"line {one.line}: {one.name}{one.signal and ': '}{one.signal}{drawn} = {one.source}"

    def _leaf(self, ref: Ref, operation: Operation) -> None:
        name, kind = self.naming.of[ref], declared(self.wire(ref))
        match operation:
            case op.State():
                about = "state, as the step before left it"
            case op.Constant():
                about = "constant"
            case op.Input():
                about = "the exact sum of what arrives"
            case _:
                about = "what one active input brings"
        if all(port.name != name for port in self.inputs):
            self.inputs.append(Port(name, kind, about))

    def _operation(self, ref: Ref, operation: Operation) -> None:
        if isinstance(operation, op.Round):
            return  # of its Limit
        name, wire = self.naming.of[ref], self.wire(ref)
        if isinstance(operation, REDUCTIONS):
            about = f"over the population, complete after pass {self.passes.made[ref] - 1}"
            self.inputs.append(Port(name, declared(wire), about))
            self.add(f"// {name} is found among all neurons in pass {self.passes.made[ref] - 1}")
            return
        match operation:
            case op.Carry():
                self.inputs.append(Port(name, declared(wire), "what the last active input left"))
                return
            case op.Done():
                return
            case op.Limit():
                self.cast(next(cast for cast in self.program.neuron.casts if cast.limit == ref))
                return
        text = self.expression(ref, operation)
        bits = self.made.setdefault(ref, self._wanted(ref))
        kind = "logic" if is_bit(wire) else vector(bits, signed=True)
        if ref in self.waiting:
            now = self.names.take(f"{name}_now")
            self.add(f"{kind} {now};{fraction(wire)}", f"assign {now} = {text};")
            text = self.now_or_kept(ref, now)
        self.add(f"{kind} {name};{fraction(wire)}", f"assign {name} = {text};")

    def _wanted(self, ref: Ref) -> int:
        """Return how wide a value is declared: as wide as a cast of it takes it, where it is cast."""
        own, operations = width(self.wire(ref)), self.program.neuron.operations
        casts = [cast for cast in self.program.neuron.casts if getattr(operations[cast.round], "a", -1) == ref]
        return own if is_bit(self.wire(ref)) else max([own, *(self.exact_bits(cast) for cast in casts)])

    def _ends(self) -> None:
        """Write what the sequencer stores and what benches look at."""
        neuron, signals = self.program.neuron, self.program.signals
        if neuron.states:
            self.add("", "// the states at the end of the step, and what is emitted")
        for name, (signal, ref) in neuron.states.items():
            form = signals[signal].format
            self.next[name] = self.give(f"{name}_after", vector(form.word), self.value(ref, form.frac))
        self.emits = self.give(f"{neuron.output[0]}_emitted", vector(self.emitted.word), self._plain(neuron.output[1]))
        for region in self.passes.regions:
            form, name = signals[region.signal].format, self.naming.of[region.done]
            self.initial[region.done] = self.give(
                f"{name}_begun", vector(form.word), self.value(region.initial, form.frac)
            )
            self.carried[region.done] = self.give(f"{name}_left", vector(form.word), self._plain(region.result))
        for ref, _ in self.passes.reductions(self.program):
            self.looked[ref] = self._look(ref, neuron.operations[ref])
        for ref in self.waiting:
            bits = 1 if is_bit(self.wire(ref)) else format_of(self.program, ref).word
            self.left[ref] = self.give(f"{self.naming.of[ref]}_left", vector(bits), self._plain(ref))
        self.add("", "// for benches; leave them open in a design")
        for node, (ref, form) in self.observed.items():
            self.node_ports[node] = self.give(f"observe_{node}", vector(form.word), self._plain(ref))

    def _plain(self, ref: Ref) -> str:
        return self.bit(ref) if is_bit(self.wire(ref)) else self.value(ref)

    def _look(self, ref: Ref, operation: Operation) -> tuple[str, str]:
        """Write what a reduction looks at."""
        assert isinstance(operation, REDUCTIONS)  # noqa: S101  (so was it found)
        name, value = self.naming.of[ref], ""
        if isinstance(operation, op.Largest):
            kind = vector(max(width(self.wire(operation.value)), 2), signed=True)
            value = self.give(f"{name}_value", kind, self.value(operation.value))
        return self.give(f"{name}_of", "logic", self.bit(operation.a)), value

    def clocked(self) -> bool:
        """Say whether there are registers: casts that draw."""
        return bool(self.passes.drawing)

    def ports(self, *, seen: bool) -> list[Port]:
        """Return the outputs that benches look at, or the others."""
        names = {*self.node_ports.values(), *self.register_ports.values(), *self.draws.values()}
        return [port for port in self.outputs if (port.name in names) == seen]

    def text(self, module: str, about: str) -> str:
        """Return the module."""
        ports = [Port("clock", "logic"), Port("start", "logic", "registers become their seeds")]
        ports = ports if self.clocked() else []
        lines = [_declared("input ", port) for port in (*ports, *self.inputs)]
        lines += [_declared("output", port) for port in (*self.ports(seen=False), *self.ports(seen=True))]
        body = indented(self.lines)
        return "\n".join(
            [f"// {about}", *_HEAD.splitlines(), f"module {module} (", *_listed(lines), ");", *body, "endmodule", ""]
        )


def _declared(way: str, port: Port) -> tuple[str, str]:
    return f"  {way} {port.type} {port.name}", port.about


def _listed(lines: list[tuple[str, str]]) -> list[str]:
    ends = [","] * (len(lines) - 1) + [""]
    return [f"{line}{end}{about and '  // '}{about}" for (line, about), end in zip(lines, ends, strict=True)]
