"""The memories and registers of a population, and what is written into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fxsnn.graph.keeping import EMITTED, OWN
from fxsnn.graph.quantise import format_of
from fxsnn.hdl.phases import Phase, Phases
from fxsnn.hdl.reductions import reduction
from fxsnn.hdl.words import as_value, vector
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

    def wire(self, port: str, word: str, form: Format) -> None:
        """Write what an input of the datapath is: a stored word."""
        kind = next(one.type for one in self.datapath.inputs if one.name == port)
        self.add(f"{kind} {port};", f"assign {port} = {word if kind == 'logic' else as_value(word, form)};")

    def place(self, words: int) -> str:
        """Return where the word of neuron n lies of so many: one for all, one a channel, or one each."""
        return "0" if words == 1 else "n" if words == self.one.size else f"n % 32'd{words}"

    def clocked(self, memory: str, *ways: tuple[str, str]) -> None:
        """Write what is stored at the end of a clock: a word for each condition."""
        parts = [f"if ({condition}) {memory} <= {word};" for condition, word in ways]
        self.add("always_ff @(posedge clock) begin", *(f"  {part}" for part in parts), "end")

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
                self.wire(self.datapath.naming.of[ref], BEFORE, form)
                continue
            self.add("", f"// state {one.name}")
            memory = self.memory_of[one.name] = self.memory(f"{one.name}_words", form, self.one.size)
            self.wire(self.datapath.naming.of[ref], f"{memory}[n]", form)
            begins, first = "state == BEGIN", f"{form.word}'d0"
            if load := self.loads.get(one.name):  # by the same way: a memory has no more of them
                begins, first = f"{begins} || {load}", f"{load} ? {self.load_ports[1]}[{form.word - 1}:0] : {first}"
            written = self.keeping.written[one.name]
            lying = self._lying(one.name, memory, written)
            self.clocked(f"{memory}[n]", (begins, first), *lying, (self.passes_by(written), after))

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
                self.wire(
                    self.datapath.kept[ref], f"{memory}[n]" if memory != NOW else NOW, format_of(self.program, ref)
                )
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
            self.wire(self.datapath.naming.of[ref], f"{memory}[{self.place(words)}]", form)

    def regions(self) -> None:
        """Write the memories of what is carried from one active input to the next."""
        for region in self.passes.regions:
            form, name = self.program.signals[region.signal].format, self.datapath.naming.of[region.done]
            mine = [phase for phase in self.phases if phase.region == region and not phase.projection]
            if state := self.keeping.carried[region.carry]:
                self.add("", f"// {name}, from one active input to the next: on the state {state}")
                self.wire(name, f"{self.memory_of[state]}[n]", form)
            else:
                self.add("", f"// {name}, from one active input to the next")
                later = self.keeping.until.get(region.done, 0) - self.passes.before[region.carry]
                memory = self.kept_of_neurons(f"{name}_words", form, read=max(later, 0))
                self.wire(name, memory, form)
                self.clocked(memory, (self.during(mine), self.datapath.initial[region.done]), self._carried(region))
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
            self.wire(self.datapath.kept[ref], f"{memory}[n]", form)
            self.clocked(f"{memory}[n]", (self.passes_by(number), self.datapath.left[ref]))

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
            self.add(*reduction(self.datapath, self.names, ref, self.passes_by(number), winners))
