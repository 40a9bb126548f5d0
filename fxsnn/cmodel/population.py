"""A population's step as a C function: what arrives is added up, then come the loops over its neurons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from fxsnn.cmodel.projections import Bringing, Functions, rows_of
from fxsnn.cmodel.settled import Settled
from fxsnn.cmodel.values import Values
from fxsnn.cmodel.words import indented, kind, member, number, stored, stored_format, width_for
from fxsnn.graph.connect import Projection
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.program import operations as op
from fxsnn.program.operations import Ref
from fxsnn.program.stages import Stage


@dataclass(slots=True, eq=False)
class Writer:
    """A population while it is written.

    network      of which it is
    number       its own, from 0 on
    state        the type of the network's state
    used         functions of `casts` that are called
    functions    what its projections bring, and what is done for every active input
    brought      projections that bring something
    room         arrays of a step, a word a neuron: types by name
    """

    network: QuantisedGraph
    settled: Settled
    number: int
    state: str
    used: set[str] = field(default_factory=set)
    functions: Functions = field(default_factory=dict)
    brought: list[Projection] = field(default_factory=list)
    room: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def write(self) -> list[str]:
        """Return the function of a step; `functions`, which it calls, and `room` are complete then."""
        self._sum_up()
        stages, settled = self.settled.stages, self.settled
        for loop, stage in enumerate(stages.loops):
            for done in stage.carried:
                self._carry(done, loop)
            crossing = [ref for ref, at in stages.crossing.items() if at == loop]
            self._over_neurons(loop, crossing, stage)
        taken = f"const {stored_format(self.network.graph.format)} *in, " if self.takes_input else ""
        emitted = stored_format(settled.emitted)
        unused = [] if any("state->" in line for line in self.lines) else ["(void)state;"]
        title = re.sub(r"\W+", "_", settled.program.neuron.title, flags=re.ASCII)
        return [
            f"/* {settled.name}: a step of {settled.program.neurons} neurons of {title} */",
            f"static void step_{settled.name}({self.state} *state, {taken}{emitted} *emitted)",
            "{",
            *indented([*unused, *self.lines]),
            "}",
            "",
        ]

    @property
    def takes_input(self) -> bool:
        """Whether the network's input is read as it comes."""
        return any(source_of(self.network, one) == "in" for one in self.brought)

    # what arrives

    def _projections(self, given: str) -> Iterable[Projection]:
        for projection in self.network.graph.into(self.settled.name, given):
            if projection not in self.brought:
                self.brought.append(projection)
            yield projection

    def _sum_up(self) -> None:
        """Add up what arrives at inputs whose sums are taken."""
        values = self._values(0)
        for given in self.settled.summed:
            wire = self.settled.program.arrivals[given].total
            self.room[f"sum_{given}"] = kind(width_for(wire.low, wire.high))
            place = values.room(f"sum_{given}")
            self._over([f"{place} = 0;"])
            for projection in self._projections(given):
                self.functions |= Bringing(self.network, projection, wire).functions
                source = source_of(self.network, projection)
                self.lines.append(f"bring_{projection.name}({source}, {place.removesuffix('[n]')});")

    def _carry(self, done: Ref, loop: int) -> None:
        """Write what is done for every active input."""
        settled, operations, wires = self.settled, self.settled.operations, self.settled.program.wires
        end = operations[done]
        assert isinstance(end, op.Done)  # noqa: S101  (so was it found)
        carry = operations[end.carry]
        assert isinstance(carry, op.Carry)  # noqa: S101  (a Done names it)
        before, place = self._values(loop), f"carried_{done}"
        self.room[place] = stored(*wires[done][:2])
        begin = before.placed(carry.initial, settled.program.signals[carry.signal].format.frac)
        carried = before.room(place)
        self._over([*before.lines, _store(carried, self.room[place], begin)])
        taken = settled.taken[done]
        one, name = settled.program.arrivals[taken].one, f"each_{settled.name}_{done}"
        self.functions[name], found = self._for_each(end, loop, f"{name}(", kind(width_for(one.low, one.high)))
        call = _store(carried, self.room[place], f"{name}({', '.join(['state', 'n', *found, carried])}, {{}})")
        for projection in self._projections(taken):
            functions, lines = Bringing(self.network, projection, one).one_by_one(call)
            self.functions |= functions
            source, type_ = source_of(self.network, projection), stored_format(self.network.formats[projection.source])
            self.lines += ["{", *indented([f"const {type_} *const from = {source};", *lines]), "}"]

    def _for_each(self, end: op.Done, loop: int, head: str, arriving: str) -> tuple[list[str], list[str]]:
        """Return the function that does for a neuron what every active input does, and what it reads of the step's."""
        inner = self._values(loop)
        result, carried = inner.value(end.result), kind(inner.width(end.carry))
        body = [*inner.lines, f"return {result};"]
        signs = {"state": "state->", "n": "n]", "carried": "carried", "arriving": "arriving"}
        unused = [f"(void){name};" for name, sign in signs.items() if not any(sign in line for line in body)]
        found = "".join(f"{declared}, " for declared in inner.locals.values())
        return [
            f"/* {self.settled.name}: what an active input does to {self.settled.program.neuron.called(end.result)} */",
            f"static {carried} {head}{self.state} *state, size_t n, {found}{carried} carried, {arriving} arriving)",
            "{",
            *indented([*unused, *body]),
            "}",
            "",
        ], [*inner.locals]

    # loops

    def _values(self, loop: int) -> Values:
        return Values(self.settled, self.number, self.used, loop)

    def _over(self, lines: Iterable[str]) -> None:
        self.lines += [f"for (size_t n = 0; n < {self.settled.program.neurons}u; n++) {{", *indented(lines), "}"]

    def _over_neurons(self, loop: int, crossing: Iterable[Ref], stage: Stage) -> None:
        """Write a loop over the neurons: nothing is stored before all that the neuron reads was read."""
        settled, values, last = self.settled, self._values(loop), list[str]()
        program, stages = settled.program, settled.stages
        for ref in crossing:
            home = stages.homes.get(ref)
            if not home:
                self.room[f"kept_{ref}"] = stored(*program.wires[ref][:2])
            type_ = stored_format(settled.state_format(home)) if home else self.room[f"kept_{ref}"]
            last.append(_store(values.state(home) if home else values.room(f"kept_{ref}"), type_, values.value(ref)))
        for ref in stage.kept:
            last.append(f"(void){values.value(ref)};")
        found = [line for ref in stage.reductions for line in self._reduce(ref, values)]
        for name in stage.finals:
            signal, ref = program.neuron.states[name]
            word = values.placed(ref, program.signals[signal].format.frac)
            last.append(_store(values.state(name), stored_format(settled.state_format(name)), word))
        if stage.emits:
            type_ = stored_format(settled.emitted)
            last.append(_store("emitted[n]", type_, values.placed(program.neuron.output[1], settled.emitted.frac)))
        if values.lines or found or last:
            self._over([*values.lines, *found, *last])

    def _reduce(self, ref: Ref, values: Values) -> list[str]:
        """Return what a neuron does to a reduction, which begins before the loop."""
        operation, operations, nobody = self.settled.operations[ref], self.settled.operations, values.nobody
        assert isinstance(operation, op.REDUCTIONS)  # noqa: S101  (so was it found)
        if isinstance(operation, op.Count | op.Any):
            if isinstance(operations[operation.a], op.First | op.Largest):
                return []  # follows from who it is
            self.lines.append(f"int32_t counted{ref} = 0;")
            return [f"counted{ref} += {values.value(operation.a)};"]
        self.lines.append(f"size_t found{ref} = {nobody};")
        condition, then = f"found{ref} == {nobody}", [f"found{ref} = n;"]
        if isinstance(operation, op.Largest):
            width, value = values.width(operation.value), values.value(operation.value)
            self.lines.append(f"{kind(width)} best{ref} = {number(0, width)};")
            condition = f"({condition} || {value} > best{ref})"
            then.append(f"best{ref} = {value};")
        return [f"if ({values.value(operation.a)} != 0 && {condition}) {{", *indented(then), "}"]


def source_of(network: QuantisedGraph, projection: Projection) -> str:
    """Return where the words lie that a projection takes in a step."""
    rows, name, delay = rows_of(network, projection.source), member(projection.source), projection.delay
    if projection.source == INPUT and delay == 0:
        return "in"
    if rows == 1:
        return f"state->emitted.{name}"
    back = f"state->at.{name}" if delay == 0 else f"(state->at.{name} + {rows - delay}u) % {rows}u"
    return f"state->emitted.{name}[{back}]"


def _store(place: str, type_: str, value: str) -> str:
    """Return the statement that stores a value which fits, in words of a type."""
    plain = value.replace("_", "").isalnum()
    return f"{place} = ({type_}){value if plain else f'({value})'};"
