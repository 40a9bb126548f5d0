"""The header of a C model: formats and modes as constants, the state, and what works on it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from importlib.metadata import version

from fxsnn.cmodel.readout import readout_header
from fxsnn.cmodel.words import indented, member, number, stored_format
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal


def header_lines(network: QuantisedGraph, prefix: str, state: Iterable[str], begin: Iterable[str]) -> list[str]:
    """Return the lines of the header.

    state    members of the state
    begin    what states begin with, and the call
    """
    upper, graph = prefix.upper(), network.graph
    given, emitted = network.formats[INPUT], network.formats[graph.read.name]
    constants = _Constants(upper)
    constants.add("INPUTS", math.prod(graph.shape))
    constants.add("OUTPUTS", graph.read.size)
    constants.add_format("INPUT", given)
    constants.add_format("OUTPUT", emitted)
    for owner, signals in network.signals.items():
        for name, signal in signals.items():
            constants.add_format(f"{owner}_{name}", signal.format, signal)
    return [
        f"/* {prefix}: a network in integers, written by fxsnn {version('fxsnn')}.",
        " *",
        f" * {prefix}_reset brings a state to rest, {prefix}_step does a time step. The state is the caller's:",
        " * there is no other, nothing is allocated, and no floating point is used. A word of a format with f",
        " * fractional bits stands for word / 2**f; a rounding says what becomes of bits that are dropped, an",
        " * overflow what becomes of a word that its format does not hold.",
        " */",
        f"#ifndef {upper}_H",
        f"#define {upper}_H",
        "",
        "#include <stdint.h>",
        "",
        *constants.lines,
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        "typedef struct {",
        *indented(state),
        f"}} {prefix}_state;",
        "",
        "/* Bring a state to rest: all words 0, registers as they stand before the first step. */",
        f"void {prefix}_reset({prefix}_state *state);",
        "",
        *begin,
        "/* Do a time step.",
        " *",
        f" * in     words of {_sizes(graph.shape)}, {given.describe()}",
        f" * out    what {graph.read.name} emits, {_sizes(graph.read.shape)}, {emitted.describe()}",
        " *",
        " * Returns 1 where, since the reset, a value has left a word of a signal whose overflow is `error`; else 0.",
        " */",
        f"{declared(network, prefix)};",
        "",
        *readout_header(graph, prefix),
        "#ifdef __cplusplus",
        "}",
        "#endif",
        "",
        "#endif",
        "",
    ]


def begin_header(prefix: str, states: Iterable[tuple[str, str, str, int]]) -> list[str]:
    """Return the type of what states begin with, and the call; nothing where a model has no state.

    states    population, name, type in C and neurons of each
    """
    members = dict[str, list[str]]()
    for owner, name, type_, words in states:
        members.setdefault(owner, []).append(f"{type_} {member(name)}[{words}];")
    if not members:
        return []
    lines = [line for owner, part in members.items() for line in ("struct {", *indented(part), f"}} {member(owner)};")]
    return [
        "/* With which words states begin, each of its format; see the state above. */",
        "typedef struct {",
        *indented(lines),
        f"}} {prefix}_start;",
        "",
        "/* Begin with given words: what the reset does, then every state holds what `start` has of it. */",
        f"void {prefix}_begin({prefix}_state *state, const {prefix}_start *start);",
        "",
    ]


def begin_source(prefix: str, states: Iterable[tuple[str, str, str, int]]) -> list[str]:
    """Return the function; see `begin_header`."""
    places = [f"{member(owner)}.{member(name)}" for owner, name, _, _ in states]
    if not places:
        return []
    return [
        f"void {prefix}_begin({prefix}_state *state, const {prefix}_start *start)",
        "{",
        f"    {prefix}_reset(state);",
        *(f"    memcpy(state->states.{at}, start->{at}, sizeof start->{at});" for at in places),
        "}",
        "",
    ]


def declared(network: QuantisedGraph, prefix: str) -> str:
    """Return the head of the function that does a step."""
    given, emitted = (stored_format(network.formats[one]) for one in (INPUT, network.graph.read.name))
    into, out = f"const {given} in[{prefix.upper()}_INPUTS]", f"{emitted} out[{prefix.upper()}_OUTPUTS]"
    return f"int {prefix}_step({prefix}_state *state, {into}, {out})"


class _Constants:
    """Macros, each of a name of its own."""

    def __init__(self, prefix: str) -> None:
        self.lines, self._prefix, self._names = list[str](), prefix, {f"{prefix}_H"}

    def add(self, name: str, value: int | str) -> None:
        """Define one; where two signals would have one name, the later gets a number."""
        whole, n = f"{self._prefix}_{name}", 2
        while whole in self._names:
            whole, n = f"{self._prefix}_{name}_{n}", n + 1
        self._names.add(whole)
        self.lines.append(f"#define {whole} {number(value) if isinstance(value, int) else value}")

    def add_format(self, name: str, form: Format, signal: Signal | None = None) -> None:
        """Define what a format is, and the modes of a signal."""
        self.lines += ["", f"/* {form.describe()} */"]
        self.add(f"{name}_BITS", form.word)
        self.add(f"{name}_FRAC", form.frac)
        self.add(f"{name}_SIGNED", int(form.signed))
        if signal is not None:
            self.add(f"{name}_ROUNDING", f'"{signal.rounding.value}"')
            self.add(f"{name}_OVERFLOW", f'"{signal.overflow.value}"')


def _sizes(shape: tuple[int, ...]) -> str:
    return str(shape[0]) if len(shape) == 1 else str(list(shape))
