"""The float parent of a neuron: its text without its casts, in float64, for a population at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from fxsnn.program import operations as op
from fxsnn.program.neuron import Neuron, Region
from fxsnn.program.operations import Operation, Ref

Reals = NDArray[np.float64]


@dataclass(slots=True)
class RealRun:
    """A population at work in real numbers: states change from step to step.

    constants    float64, one number or [neurons]
    watch        takes what every cast would take: its signal and values, [neurons where it is made]; of a signal
                 that no cast is into, what its states hold after every step
    """

    neuron: Neuron
    constants: Mapping[str, Reals]
    numbers: Mapping[str, int]
    neurons: int
    states: dict[str, Reals] = field(default_factory=dict)  # at rest, 0, where not given
    watch: Callable[[str, Reals], None] | None = None
    _exact: list[tuple[str, Ref]] = field(init=False)

    def __post_init__(self) -> None:
        self.states = {name: self.states.get(name, np.zeros(self.neurons)) for name in self.neuron.states}
        into = {cast.signal for cast in self.neuron.casts}
        self._exact = [(own, last) for own, last in self.neuron.uncast.values() if own not in into]

    def step(self, come: Mapping[str, Sequence[Reals]]) -> list[Reals]:
        """Do a time step and return the value of every operation, [neurons] each.

        come    by input: a row of every neuron's numbers for each active input, or one of their sums
        """
        values: list[Reals] = []
        regions = {one.carry: one for one in self.neuron.regions}
        for ref, operation in enumerate(self.neuron.operations):
            if ref in regions:
                self._loop(regions[ref], values, come)
            elif ref == len(values):  # what stands between a Carry and its Done is there by now
                values.append(self._value(operation, values, come))
        self.states = {name: values[final] for name, (_, final) in self.neuron.states.items()}
        if self.watch:
            for signal, last in self._exact:
                self.watch(signal, values[last])
        return values

    def _loop(self, region: Region, values: list[Reals], come: Mapping[str, Sequence[Reals]]) -> None:
        """Do a region for every active input, and append its values and the last result."""
        first, rows = region.carry, come[region.given]
        values.append(values[region.initial])
        for row in rows or [np.zeros(self.neurons)]:
            del values[first + 1 :]
            for operation in self.neuron.operations[first + 1 : region.done]:
                values.append(row if isinstance(operation, op.Each) else self._value(operation, values, come))
            if rows:
                values[first] = values[region.result]
        values.append(values[first])

    def _value(self, operation: Operation, values: list[Reals], come: Mapping[str, Sequence[Reals]]) -> Reals:
        """Return what an operation makes of operands that are there; casts make nothing of theirs."""
        v, found = values, np.zeros(0)
        match operation:
            case op.State(name=name):
                found = self.states[name]
            case op.Constant(name=name):
                found = self.constants[name]
            case op.Input(name=name):
                found = sum(come[name], np.zeros(self.neurons))
            case op.Number(name=name):
                found = np.asarray(float(self.numbers[name]))
            case op.Literal(value=value):
                found = np.asarray(float(value))
            case op.Round(a=a):
                return v[a]
            case op.Limit(a=a, signal=signal):
                made = self.neuron.operations[a]
                if self.watch and isinstance(made, op.Round):
                    self.watch(signal, v[a] if made.guard is None else v[a][v[made.guard] != 0])
                return v[a]
            case op.Add(a=a, b=b) | op.Subtract(a=a, b=b) | op.Multiply(a=a, b=b):
                found = op.BINARY[type(operation)](v[a], v[b])
            case op.ShiftLeft(a=a, by=by):
                found = v[a] * 2.0 ** v[by]
            case op.ShiftRight(a=a, by=by):
                found = v[a] * 2.0 ** -v[by]
            case op.Compare(relation=relation, a=a, b=b):
                found = op.RELATIONS[relation](v[a], v[b])
            case op.Both(a=a, b=b) | op.Minimum(a=a, b=b):
                found = np.minimum(v[a], v[b])
            case op.Either(a=a, b=b) | op.Maximum(a=a, b=b):
                found = np.maximum(v[a], v[b])
            case op.Not(a=a):
                found = 1 - v[a]
            case op.Select(condition=condition, a=a, b=b):
                found = np.where(v[condition] != 0, v[a], v[b])
            case op.Absolute(a=a):
                found = np.abs(v[a])
            case op.Count(a=a):
                found = np.asarray(np.sum(v[a]))
            case op.Any(a=a):
                found = np.asarray(float(np.any(v[a])))
            case op.First(a=a):
                found = self._only(v[a], v[a])
            case op.Largest(value=value, a=a):
                found = self._only(v[a], np.where(v[a] != 0, v[value], -np.inf))
            case op.Each() | op.Carry() | op.Done():
                raise AssertionError(operation)
            case _:
                assert_never(operation)
        return np.broadcast_to(np.asarray(found, np.float64), self.neurons)

    def _only(self, able: Reals, weighed: Reals) -> Reals:
        """Return 1 for the first neuron of the largest weight, if any is able."""
        return np.asarray((np.arange(self.neurons) == np.argmax(weighed)) & np.any(able), np.float64)
