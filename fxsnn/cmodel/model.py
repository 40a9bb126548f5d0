"""A quantised network as a C header and a C source, and where every word of its state lies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from fxsnn.cmodel.casts import functions, register_type
from fxsnn.cmodel.header import begin_header, begin_source, declared, header_lines
from fxsnn.cmodel.population import Writer
from fxsnn.cmodel.projections import rows_of, weights_table
from fxsnn.cmodel.readout import readout_source
from fxsnn.cmodel.settled import Settled, settled
from fxsnn.cmodel.values import constant_table
from fxsnn.cmodel.words import indented, member, stored_format, table
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph, narrowest
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal
from fxsnn.program.neuron import BIT
from fxsnn.program.program import Program


class StateWords(NamedTuple):
    """Words that a network keeps from step to step."""

    owner: str  # a population
    name: str  # a state of its text; nothing: what it emits
    place: str  # as C writes it of a pointer `state`, after a step
    type: str
    words: int
    format: Format


class Port(NamedTuple):
    """Words that go into a step or come out of it."""

    type: str
    words: int
    format: Format


class Register(NamedTuple):
    """The register of a cast that draws."""

    owner: str
    stream: int  # its number in the text
    place: str
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A network in C.

    prefix       of every name that it shows
    header, source    their texts
    given, said       what a step takes, and what it gives
    held         words of its state: states of every population that ever leave 0, and what it emits
    registers    of casts that draw
    """

    prefix: str
    header: str
    source: str
    given: Port
    said: Port
    held: tuple[StateWords, ...]
    registers: tuple[Register, ...]


def c_model(network: QuantisedGraph, prefix: str, *, all_states: bool = False) -> Model:
    """Return a network in C99, whose names begin with a prefix; raises WidthError where a value could leave int64.

    all_states    whether states that stay 0 where they begin with 0 are there too, to begin with other words
    """
    return _Modelling(network, prefix, all_states).model()


class _Modelling:
    """A network while it is written."""

    def __init__(self, network: QuantisedGraph, prefix: str, all_states: bool) -> None:
        self._network, self._prefix = network, prefix
        programs, self._read = _programs(network)
        graph, self._lfsr = network.graph, network.plan.lfsr
        self._order = [name for stage in graph.stages for name in stage.populations]
        self._writers = {
            one.name: Writer(network, settled(network, one.name, programs[one.name], all_states), n, f"{prefix}_state")
            for n, one in enumerate(graph.populations)
        }
        self._steps = {name: writer.write() for name, writer in self._writers.items()}
        self._arrays = tuple(array for name in self._writers for array in self._words_of(name))
        self._registers = tuple(one for name in self._writers for one in self._registers_of(name))
        self._refuses = any(writer.settled.stages.kept for writer in self._writers.values())

    def model(self) -> Model:
        """Return it, complete."""
        read = self._network.graph.read
        return Model(
            self._prefix,
            "\n".join(
                header_lines(self._network, self._prefix, self._state(), begin_header(self._prefix, self._initial()))
            ),
            "\n".join(self._source()),
            self._port(INPUT, self._network.graph.shape),
            self._port(read.name, read.shape),
            tuple(array for array in self._arrays if not self._added(array)),
            self._registers,
        )

    def _initial(self) -> list[tuple[str, str, str, int]]:
        """Return the states that may begin with given words: population, name, type in C and neurons."""
        initial = (one for one in self._arrays if one.name and not self._added(one))
        return [(one.owner, one.name, one.type, one.words) for one in initial]

    def _added(self, array: StateWords) -> bool:
        """Say whether a state is none of the text: it is the node that is read."""
        return array.name == self._read != "" and self._read not in self._network.graph[array.owner].neuron.states

    def _port(self, name: str, shape: tuple[int, ...]) -> Port:
        form = self._network.formats[name]
        return Port(stored_format(form), math.prod(shape), form)

    # the state

    def _rows(self, source: str) -> int:
        return rows_of(self._network, source)

    def _words_of(self, name: str) -> Iterable[StateWords]:
        writer, size = self._writers[name], self._network.graph[name].size
        for state in writer.settled.program.neuron.states:
            place, form = f"state->states.{member(name)}.{member(state)}", writer.settled.state_format(state)
            yield StateWords(name, state, place, stored_format(form), size, form)
        form = self._network.formats[name]
        yield StateWords(name, "", self._row(name), stored_format(form), size, form)

    def _registers_of(self, name: str) -> Iterable[Register]:
        graph = self._network.graph
        for stream in self._writers[name].settled.drawing:
            place = f"state->registers.{member(name)}.r{stream}"
            yield Register(name, stream, place, graph.register(self._lfsr, name, stream).seed)

    def _delayed(self) -> list[str]:
        """Return the sources of which more than a step is kept."""
        return [name for name in (INPUT, *self._writers) if self._rows(name) > 1]

    def _state(self) -> list[str]:
        """Return the members of the state."""
        network, states, registers = self._network, dict[str, list[str]](), dict[str, list[str]]()
        for kept in self._arrays:
            if kept.name:
                signal = self._writers[kept.owner].settled.program.neuron.states[kept.name][0]
                line = f"{kept.type} {member(kept.name)}[{kept.words}]; /* {self._described(kept.owner, signal)} */"
                states.setdefault(kept.owner, []).append(line)
        for one in self._registers:
            registers.setdefault(one.owner, []).append(f"{register_type(self._lfsr)} r{one.stream};")
        room, emitted = dict[str, list[str]](), list[str]()
        for name, writer in self._writers.items():
            room[name] = [f"{type_} {array}[{network.graph[name].size}];" for array, type_ in writer.room.items()]
        for name in [INPUT] * (self._rows(INPUT) > 1) + list(self._writers):
            form, rows, words = network.formats[name], self._rows(name), math.prod(network.graph.shape_at(name))
            array = f"[{rows}][{words}]" if rows > 1 else f"[{words}]"
            emitted.append(f"{stored_format(form)} {member(name)}{array}; /* {form.describe()} */")
        at = [f"uint32_t {member(name)}; /* of {self._rows(name)} */" for name in self._delayed()]
        refused = ["int refused; /* whether a value left a word whose overflow is `error` */"]
        return [
            *_members("states", states, "what neurons keep from step to step"),
            *_members("registers", registers, f"from which casts draw, {self._lfsr.polynomial}"),
            *_struct("emitted", emitted, "what populations emitted in the last step, or in each of the last steps"),
            *_struct("at", at, "in which row of these the last step is"),
            *_members("room", room, "of a step: nothing here outlives it", union="union"),
            *(refused if self._refuses else []),
        ]

    def _described(self, owner: str, name: str) -> str:
        if name == BIT:
            return "a bit"
        signal = self._writers[owner].settled.program.signals[name]
        return f"{signal.format.describe()} {signal.rounding.value} {signal.overflow.value}"

    # the source

    def _source(self) -> list[str]:
        used = {name for writer in self._writers.values() for name in writer.used}
        tables = [line for name, writer in self._writers.items() for line in self._tables(name, writer)]
        functions_of = ((*one.functions.values(), self._steps[name]) for name, one in self._writers.items())
        written = [line for several in functions_of for lines in several for line in lines]
        return [
            f"/* {self._prefix}: see {self._prefix}.h */",
            f'#include "{self._prefix}.h"',
            "",
            "#include <stddef.h>",
            "#include <string.h>",
            "",
            *tables,
            *functions(used, self._lfsr),
            *written,
            *self._reset(),
            *begin_source(self._prefix, self._initial()),
            *self._step(),
            *readout_source(self._network.graph, self._prefix, self._answer()),
        ]

    def _answer(self) -> str:
        """Return what is read of a neuron after a step."""
        name = self._network.graph.read.name
        if not self._read:
            return f"{self._row(name)}[n]"
        states = self._writers[name].settled.program.neuron.states
        return f"state->states.{member(name)}.{member(self._read)}[n]" if self._read in states else "0"

    def _tables(self, name: str, writer: Writer) -> Iterable[str]:
        one: Settled = writer.settled
        for constant, words in one.constants.items():
            if len(words) > 1:
                form = one.constant_format(constant)
                about = f"{constant} of {name}, {form.describe()}"
                yield from table(constant_table(writer.number, constant), stored_format(form), words, about)
        for projection in writer.brought:
            if projection.weighed:
                yield from weights_table(self._network, projection)

    def _reset(self) -> list[str]:
        bits = register_type(self._lfsr)[4:6]
        return [
            f"void {self._prefix}_reset({self._prefix}_state *state)",
            "{",
            "    memset(state, 0, sizeof *state);",
            *(f"    {one.place} = UINT{bits}_C({one.seed});" for one in self._registers),
            "}",
            "",
        ]

    def _step(self) -> list[str]:
        graph, lines = self._network.graph, list[str]()
        for name in self._delayed():
            at = f"state->at.{member(name)}"
            lines.append(f"{at} = ({at} + 1u) % {self._rows(name)}u;")
        if self._rows(INPUT) > 1:
            lines.append(f"memcpy({self._row(INPUT)}, in, sizeof {self._row(INPUT)});")
        for name in self._order:
            given = "in, " if self._writers[name].takes_input else ""
            lines.append(f"step_{name}(state, {given}{self._row(name)});")
        lines.append(f"memcpy(out, {self._row(graph.read.name)}, sizeof {self._row(graph.read.name)});")
        if not any("in, " in line for line in lines):
            lines.insert(0, "(void)in;")
        lines.append(f"return {'state->refused' if self._refuses else '0'};")
        return [declared(self._network, self._prefix), "{", *indented(lines), "}", ""]

    def _row(self, name: str) -> str:
        """Return where in the state the words of a step are, of a population or of the input."""
        row = f"[state->at.{member(name)}]" if self._rows(name) > 1 else ""
        return f"state->emitted.{member(name)}{row}"


def _programs(network: QuantisedGraph) -> tuple[Mapping[str, Program], str]:
    """Return the populations' programs where the node that is read is a state, and that state; none without a node."""
    graph = network.graph
    if not graph.readout.node:
        return network.programs, ""
    name, called = graph.read.name, "read"
    while called in network.programs[name].neuron.names or called in network.programs[name].signals:
        called += "_"
    program, state = network.programs[name].keeping(graph.readout.node, called)
    if state == called:
        form = narrowest(program.wires[program.neuron.states[state][1]])
        program = replace(program, signals={**program.signals, state: Signal(form)})
    return {**network.programs, name: program}, state


def _members(name: str, parts: Mapping[str, list[str]], comment: str, union: str = "struct") -> list[str]:
    """Return a member with one for each population that has something in it."""
    lines = [line for owner, part in parts.items() for line in _struct(member(owner), part)]
    return _struct(name, lines, comment, union)


def _struct(name: str, lines: list[str], comment: str = "", union: str = "struct") -> list[str]:
    head = [f"/* {comment} */"] if comment else []
    return [*head, f"{union} {{", *indented(lines), f"}} {name};"] if lines else []
