"""The memories and registers of a population, and what is written into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fxsnn.graph.inventory import largest_word
from fxsnn.graph.keeping import EMITTED, OWN
from fxsnn.graph.quantise import format_of
from fxsnn.hdl.phases import Phase, Phases
from fxsnn.hdl.words import as_value, clocked, declared, indented, is_bit, vector
from fxsnn.number.format import Format
from fxsnn.program import operations as op
from fxsnn.program.neuron import Region
from fxsnn.program.operations import Ref

_NEVER = "1'b0"
BEFORE, NOW = "emitted_before", "emitted_now"  # what a neuron emitted in the step before, and in this one


@dataclass(slots=True)
class Stored(Phases):
    """The module of a population while its memories are written."""

    lines: list[str] = field(default_factory=list)
    files: Mapping[str, str] = field(default_factory=dict)  # what a set calls words that it does not call by their name
    takes: dict[str, str] = field(default_factory=dict)  # by projection: when a neuron takes what it brings
    loads: dict[str, str] = field(default_factory=dict)  # by a state that begins with words: the port that loads it
    load_ports: tuple[str, str] = ("", "")  # the neuron whose word comes, and the word, where there are any
    memory_of: dict[str, str] = field(default_factory=dict)  # by state: its memory

    def add(self, *lines: str) -> None:
        """Write lines."""
        self.lines += lines

    def memory(self, name: str, form: Format, words: int, of: str = "") -> str:
        """Write a memory, of the words of that name where one is given; return what it is called."""
        found = self.names.take(name)
        self.add(f"{vector(form.word)} {found}[0:{words - 1}];")
        if of:
            self.add(f'initial $readmemh("{self.files.get(of, of)}.mem", {found});')
        return found

    def kept_of_neurons(self, name: str, form: Format, *, read: int) -> str:
        """Write a memory of a word a neuron, or a register where one neuron after the other is served; return the word.

        read    how many passes later it is read at most
        """
        if read or not self.keeping.alone:
            return f"{self.memory(name, form, self.one.size)}[n]"
        found = self.names.take(name)
        self.add(f"{vector(form.word)} {found};  // of the neuron that is served")
        return found

    def given(self, port: str, value: str, form: Format | None = None) -> None:
        """Write what an input of the datapath is: a value, or a stored word where its format is given."""
        kind = next(one.type for one in self.datapath.inputs if one.name == port)
        value = value if kind == "logic" or form is None else as_value(value, form)
        self.add(f"{kind} {port};", f"assign {port} = {value};")

    def place(self, words: int) -> str:
        """Return where the word of neuron n lies of so many: one for all, one a channel, or one each."""
        return "0" if words == 1 else "n" if words == self.one.size else f"n % 32'd{words}"

    def stores(self, memory: str, *ways: tuple[str, str]) -> None:
        """Write what is stored at the end of a clock: a word for each condition."""
        self.add(*clocked(*(f"if ({condition}) {memory} <= {word};" for condition, word in ways)))

    def during(self, phases: Sequence[Phase]) -> str:
        """Return when one of these is done."""
        return " || ".join(f"state == {phase.name}" for phase in phases) or _NEVER

    def taking(self, phases: Sequence[Phase]) -> str:
        """Return when a neuron takes what arrives in one of these."""
        ways = [f"(state == {one.name} && {self.takes[one.projection.name]})" for one in phases if one.projection]
        return " || ".join(ways) or _NEVER

    def passes_all(self) -> str:
        """Return when a pass is done."""
        return " || ".join(f"state == {name}" for name in self.passing)

    def served(self) -> str:
        """Return when a pass has done a neuron."""
        return f"({self.passes_all()}) && turn"

    def passes_by(self, number: int) -> str:
        """Return when a pass does a neuron: in one clock, or when the windows are complete that it looks at."""
        done = f"state == {self.passing[number]}"
        looked = [self.direct(given) for given in self.summed()]
        return f"{done} && turn" if any(one and one.kind == "maximum" for one in looked) else done

    def operations(self, *kinds: type[Any]) -> Iterator[tuple[Ref, Any]]:
        """Return the operations of some kinds."""
        return ((ref, one) for ref, one in enumerate(self.program.neuron.operations) if isinstance(one, kinds))

    def loaded(self) -> dict[str, Format]:
        """Return the formats of states that begin with words that are loaded, of those that the text reads."""
        found = (one for _, one in self.operations(op.State) if one.name in self.initial)
        return {one.name: self.program.signals[one.signal].format for one in found}

    def states(self) -> None:
        """Write the memories of states, and what else lies in them."""
        if wanted := self.loaded():
            self.load_ports = self.names.take("load_neuron"), self.names.take("load_word")
            self.loads = {name: self.names.take(f"load_{name}") for name in wanted}
        for ref, one in self.operations(op.State):
            form, after = self.program.signals[one.signal].format, self.datapath.next[one.name]
            if one.name in self.keeping.same:
                self.add("", f"// state {one.name}: what was emitted in the step before")
                self.given(self.datapath.naming.of[ref], BEFORE, form)
                continue
            self.add("", f"// state {one.name}")
            memory = self.memory_of[one.name] = self.memory(f"{one.name}_words", form, self.one.size)
            self.given(self.datapath.naming.of[ref], f"{memory}[n]", form)
            begins, first = "state == BEGIN", f"{form.word}'d0"
            if load := self.loads.get(one.name):  # by the same way: a memory has no more of them
                begins, first = f"{begins} || {load}", f"{load} ? {self.load_ports[1]}[{form.word - 1}:0] : {first}"
            written = self.keeping.written[one.name]
            lying = self._lying(one.name, memory, written)
            self.stores(f"{memory}[n]", (begins, first), *lying, (self.passes_by(written), after))

    def _lying(self, state: str, memory: str, written: int) -> Iterator[tuple[str, str]]:
        """Yield what is stored into a state's memory before its next word: what active inputs add, and what waits."""
        for region in self.passes.regions:
            if self.keeping.carried[region.carry] == state:
                yield self._carried(region)
        for ref in self._waiting(state, memory):
            if self.passes.made[ref] < written:
                yield self.passes_by(self.passes.made[ref]), self.datapath.left[ref]

    def _waiting(self, place: str, memory: str) -> Iterator[Ref]:
        """Yield the values that wait in a memory; write how they are read."""
        for ref, where in self.keeping.places.items():
            if where == place:
                word = f"{memory}[n]" if memory != NOW else NOW
                self.given(self.datapath.kept[ref], word, format_of(self.program, ref))
                yield ref

    def reads_now(self) -> bool:
        """Say whether something waits where what is emitted is stored."""
        return not {EMITTED, *self.keeping.same}.isdisjoint(self.keeping.places.values())

    def emissions(self) -> list[tuple[str, str]]:
        """Write how that is read which waits where what is emitted is stored; return when what is stored there."""
        emitting, ways = self.keeping.emits_in, list[tuple[str, str]]()
        for place in (EMITTED, *sorted(self.keeping.same)):
            for ref in self._waiting(place, NOW):
                if self.passes.made[ref] < emitting:
                    ways.append((self.passes_by(self.passes.made[ref]), self.datapath.left[ref]))
        return [*ways, (self.passes_by(emitting), "emitted")]

    def constants(self) -> None:
        """Write the memories of constants."""
        for ref, one in self.operations(op.Constant):
            form, words = self.program.signals[one.signal].format, self.network.constants[self.one.name][one.name].size
            self.add("", f"// constant {one.name}")
            memory = self.memory(f"{one.name}_words", form, words, f"{self.one.name}.{one.name}")
            self.given(self.datapath.naming.of[ref], f"{memory}[{self.place(words)}]", form)

    def regions(self) -> None:
        """Write the memories of what is carried from one active input to the next."""
        for region in self.passes.regions:
            form, name = self.program.signals[region.signal].format, self.datapath.naming.of[region.done]
            mine = [phase for phase in self.phases if phase.region == region and not phase.projection]
            if state := self.keeping.carried[region.carry]:
                self.add("", f"// {name}, from one active input to the next: on the state {state}")
                self.given(name, f"{self.memory_of[state]}[n]", form)
            else:
                self.add("", f"// {name}, from one active input to the next")
                later = self.keeping.until.get(region.done, 0) - self.passes.before[region.carry]
                memory = self.kept_of_neurons(f"{name}_words", form, read=max(later, 0))
                self.given(name, memory, form)
                self.stores(memory, (self.during(mine), self.datapath.initial[region.done]), self._carried(region))
            self.enable(f"in_{name}", self._carried(region)[0])

    def _carried(self, region: Region) -> tuple[str, str]:
        """Return when an active input is added, and what it leaves."""
        events = [phase for phase in self.phases if phase.region == region and phase.projection]
        return self.taking(events), self.datapath.carried[region.done]

    def kept(self) -> None:
        """Write the memories of what is made in one pass and read in later ones."""
        for number in range(self.passes.last + 1):
            self.enable(f"in_pass_{number}", self.passes_by(number))
            self.enable(f"after_pass_{number}", self.during(self._after(number)))
        for ref in [ref for ref, place in self.keeping.places.items() if place == OWN]:
            name, number = self.datapath.naming.of[ref], self.passes.made[ref]
            form = format_of(self.program, ref)
            self.add("", f"// {name} waits for the passes after pass {number}")
            memory = self.memory(f"{name}_words", form, self.one.size)
            self.given(self.datapath.kept[ref], f"{memory}[n]", form)
            self.stores(f"{memory}[n]", (self.passes_by(number), self.datapath.left[ref]))

    def _after(self, number: int) -> list[Phase]:
        """Return what is done after a pass."""
        ends = [place for place, phase in enumerate(self.phases) if phase.name == self.passing[number]]
        return self.phases[ends[0] + 1 :]

    def enable(self, name: str, value: str) -> None:
        """Write when casts draw, where any does."""
        if name in self.datapath.enables:
            self.add(f"logic {self.datapath.enables[name]};", f"assign {self.datapath.enables[name]} = {value};")

    def reductions(self) -> None:
        """Write the registers of reductions."""
        winners = dict[Ref, str]()
        for ref, number in self.passes.reductions(self.program):
            self.add("", f"// {self.datapath.naming.of[ref]}: of all neurons in pass {number}")
            self.add(*self._reduction(ref, self.passes_by(number), winners))

    def _reduction(self, ref: Ref, passing: str, winners: dict[Ref, str]) -> list[str]:
        """Return the lines of a reduction: a register or two that a pass fills, neuron by neuron.

        passing    when the pass after which it is complete does a neuron
        winners    of those before: what says that there is a first or largest one; this one is added
        """
        operation, data, take = self.program.neuron.operations[ref], self.datapath, self.names.take
        name, wire = data.naming.of[ref], data.wire(ref)
        bit, value = data.looked[ref]
        if isinstance(operation, op.Count | op.Any):
            lines, register = list[str](), winners.get(operation.a)
            if register is None:
                bits, register = max(wire.high.bit_length(), 1), take(f"{name}_register")
                more = f"{register} | {bit}" if isinstance(operation, op.Any) or bits == 1 else f"{register} + {bit}"
                begins, counts = f"if (state == IDLE) {register} <= {bits}'d0;", f"if ({passing}) {register} <= {more};"
                lines = [f"{vector(bits)} {register};", *clocked(begins, f"else {counts}")]
            number = register if is_bit(wire) else f"$signed({{1'b0, {register}}})"
            return [*lines, f"{declared(wire)} {name};", f"assign {name} = {number};"]
        found, which = take(f"{name}_found"), take(f"{name}_which")
        winners[ref] = found
        lines = [f"logic {found};", f"logic [31:0] {which};  // the neuron"]
        wins, stored = f"{bit} && !{found}", [f"{found} <= 1'b1;", f"{which} <= n;"]
        if isinstance(operation, op.Largest):
            best, most = take(f"{name}_best"), take(f"{name}_most")
            form = largest_word(self.program, ref)
            kind = next(port.type for port in data.outputs if port.name == value)
            lines += [f"{vector(form.word)} {most};", f"{kind} {best};", f"assign {best} = {as_value(most, form)};"]
            wins = f"{bit} && (!{found} || {value} > {best})"
            stored.append(f"{most} <= {value}[{form.word - 1}:0];")
        return [
            *lines,
            *clocked(
                f"if (state == IDLE) {found} <= 1'b0;", f"else if ({passing} && {wins}) begin", *indented(stored), "end"
            ),
            f"logic {name};",
            f"assign {name} = {found} && {which} == n;",
        ]
