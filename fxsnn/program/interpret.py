"""Run a bound neuron in unbounded Python integers, operation by operation and for one population at a time.

Slow and plain: what compiled kernels give is compared with it, node by node. It is no oracle, since it knows what a
step is from the same text; tests/reference*.py, written by hand, are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from fxsnn.frozen import freeze
from fxsnn.kernels import lfsr, rescale
from fxsnn.number.lfsr import Lfsr
from fxsnn.program import operations as op
from fxsnn.program.neuron import Region
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.wires import ANYWHERE

Words = list[int]
Arrivals = Mapping[str, Sequence[Sequence[int]]]  # by input: a row a neuron's words for every active one, ascending


@dataclass(slots=True)
class Counts:
    """How often a cast was made, and what of."""

    casts: int = 0
    inexact: int = 0
    ties: int = 0
    overflows: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What a time step was: words of every neuron, int[neurons]."""

    nodes: dict[str, Words]
    emitted: Words
    states: dict[str, Words]
    draws: dict[int, Words]  # by register: what the cast added last, 0 where it was not made
    registers: dict[int, int]  # after the step
    values: list[Words]  # of every operation; empty where nothing active came

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(slots=True)
class Run:
    """A population at work: states and registers, which steps change, and the casts counted so far."""

    program: Program
    constants: Mapping[str, int | Sequence[int]]
    neurons: int
    registers: Mapping[int, Lfsr] = field(default_factory=dict)  # by number, as they stand at first
    states: dict[str, Words] = field(default_factory=dict)  # at rest, 0, where not given
    counts: dict[Ref, Counts] = field(default_factory=dict)  # by the cast's rounding
    lfsr_states: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        neuron = self.program.neuron
        self.states = {name: list(self.states.get(name, [0] * self.neurons)) for name in neuron.states}
        self.lfsr_states = {stream: register.seed for stream, register in self.registers.items()}
        self.counts = {cast.round: Counts() for cast in neuron.casts}

    def step(self, come: Arrivals) -> Step:
        """Do a time step."""
        neuron = self.program.neuron
        operations = neuron.operations
        values: list[Words] = [[] for _ in operations]
        draws = {cast.stream: [0] * self.neurons for cast in neuron.casts if cast.stream is not None}
        for ref, operation in enumerate(operations):
            if isinstance(operation, op.LEAVES) and not isinstance(operation, op.Each):
                values[ref] = self._leaf(operation, come)
        regions, last = {one.carry: one for one in neuron.regions}, -1
        for ref, operation in enumerate(operations):
            if ref in regions:
                last = regions[ref].done
                self._loop(regions[ref], values, draws, come)
            elif ref > last and not isinstance(operation, op.LEAVES):
                values[ref] = self._value(ref, values, draws)
        for name, (signal, final) in neuron.states.items():
            self.states[name] = self._placed(final, values, self.program.signals[signal].format.frac)
        return Step(
            nodes={name: list(values[node]) for name, node in neuron.nodes.items()},
            emitted=list(values[neuron.output[1]]),
            states={name: list(words) for name, words in self.states.items()},
            draws=draws,
            registers=dict(self.lfsr_states),
            values=values,
        )

    def _leaf(self, operation: op.Operation, come: Arrivals) -> Words:
        match operation:
            case op.State(name=name):
                return self.states[name]
            case op.Constant(name=name):
                word = self.constants[name]
                return [word] * self.neurons if isinstance(word, int) else [int(one) for one in word]
            case op.Input(name=name):
                return [sum(row[n] for row in come[name]) for n in range(self.neurons)]
            case op.Number(name=name):
                return [self.program.numbers[name]] * self.neurons
            case op.Literal(value=value):
                return [value] * self.neurons
        raise AssertionError(operation)

    def _loop(self, region: Region, values: list[Words], draws: dict[int, Words], come: Arrivals) -> None:
        """Do a region for every active input."""
        operations, first = self.program.neuron.operations, region.carry
        frac = self.program.signals[region.signal].format.frac
        values[first] = self._placed(region.initial, values, frac)
        for row in come[region.given]:
            for ref in range(first + 1, region.done):
                if isinstance(operations[ref], op.Each):
                    values[ref] = list(row)
                elif not isinstance(operations[ref], op.LEAVES):
                    values[ref] = self._value(ref, values, draws)
            values[first] = values[region.result]
        values[region.done] = values[first]

    def _value(self, ref: Ref, values: list[Words], draws: dict[int, Words]) -> Words:
        """Return the words of an operation whose operands are there."""
        operation = self.program.neuron.operations[ref]
        match operation:
            case op.Add(a=a, b=b) | op.Subtract(a=a, b=b):
                return [op.BINARY[type(operation)](x, y) for x, y in self._pairs(a, b, values)]
            case op.Multiply(a=a, b=b) | op.Both(a=a, b=b) | op.Either(a=a, b=b):
                return [*map(op.BINARY[type(operation)], values[a], values[b])]
            case op.ShiftLeft(a=a, by=by) | op.ShiftRight(a=a, by=by):
                return [*map(op.BINARY[type(operation)], values[a], values[by])]
            case op.Compare(relation=relation, a=a, b=b):
                return [int(op.RELATIONS[relation](x, y)) for x, y in self._pairs(a, b, values)]
            case op.Not(a=a):
                return [1 - x for x in values[a]]
            case op.Select(condition=condition, a=a, b=b):
                pairs = self._pairs(a, b, values)
                return [x if c else y for c, (x, y) in zip(values[condition], pairs, strict=True)]
            case op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b):
                least = isinstance(operation, op.Minimum)
                return [min(pair) if least else max(pair) for pair in self._pairs(a, b, values)]
            case op.Absolute(a=a):
                return [abs(x) for x in values[a]]
            case op.Round():
                return self._rounded(ref, operation, values, draws)
            case op.Limit(a=a):
                return self._limited(ref, a, values)
            case op.Count(a=a):
                return [sum(values[a])] * self.neurons
            case op.Any(a=a):
                return [int(any(values[a]))] * self.neurons
            case op.First(a=a):
                return _only(values[a].index(1) if any(values[a]) else None, self.neurons)
            case op.Largest(value=value, a=a):
                able = [n for n in range(self.neurons) if values[a][n]]
                return _only(max(able, key=lambda n: (values[value][n], -n)) if able else None, self.neurons)
            case op.State() | op.Constant() | op.Input() | op.Each() | op.Number() | op.Literal():
                raise AssertionError(operation)
            case op.Carry() | op.Done():
                raise AssertionError(operation)
            case _:
                assert_never(operation)

    def _placed(self, ref: Ref, values: list[Words], frac: int) -> Words:
        """Return words at a binary point that is as fine as theirs or finer."""
        own = self.program.wires[ref].frac
        return list(values[ref]) if own in (frac, ANYWHERE) else [word << frac - own for word in values[ref]]

    def _pairs(self, a: Ref, b: Ref, values: list[Words]) -> Iterator[tuple[int, int]]:
        frac = max(self.program.wires[a].frac, self.program.wires[b].frac)
        return zip(self._placed(a, values, frac), self._placed(b, values, frac), strict=True)

    def _rounded(self, ref: Ref, operation: op.Round, values: list[Words], draws: dict[int, Words]) -> Words:
        """Round where the guard holds, neurons ascending, and count; 0 where nothing happens."""
        program, stream = self.program, operation.stream
        signal, own = program.signals[operation.signal], program.wires[operation.a].frac
        right = max(own - signal.format.frac, 0)
        exact = self._placed(operation.a, values, max(own, signal.format.frac))
        happens = [1] * self.neurons if operation.guard is None else values[operation.guard]
        bias, if_negative, if_odd = rescale.biases(signal.rounding.code, right)
        counts = self.counts[ref]
        draw_bits = min(right, program.lfsr_width) if signal.rounding.code == rescale.STOCHASTIC else 0
        out = [0] * self.neurons
        for n in range(self.neurons):
            if not happens[n]:
                continue
            if draw_bits and stream is not None:
                taps = self.registers[stream].taps
                self.lfsr_states[stream], fresh = lfsr.draw(self.lfsr_states[stream], taps[0], taps, draw_bits)  # type: ignore[arg-type]
                bias = draws[stream][n] = rescale.draw_bias(fresh, draw_bits, right)
            out[n] = rescale.drop(exact[n], right, bias, if_negative, if_odd)
            rest = exact[n] & ((1 << right) - 1)
            counts.casts += 1
            counts.inexact += rest != 0
            counts.ties += right > 0 and rest == 1 << right - 1
        return out

    def _limited(self, ref: Ref, rounded: Ref, values: list[Words]) -> Words:
        program = self.program
        cast = next(cast for cast in program.neuron.casts if cast.limit == ref)
        site = program.site(cast)
        ends = site.lowest, site.highest
        self.counts[rounded].overflows += sum(not ends[0] <= word <= ends[1] for word in values[rounded])
        return [rescale.limit(word, *ends, site.overflow) for word in values[rounded]]


def _only(chosen: int | None, neurons: int) -> Words:
    return [int(n == chosen) for n in range(neurons)]
