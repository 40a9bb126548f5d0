"""How far every value of a network of populations can go in so many steps from rest, whatever its inputs are."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from fxsnn.golden.graph_ends import MOST_ZEROS, Ends, only, ranging, zeros_of
from fxsnn.golden.graph_spans import Step
from fxsnn.golden.populations_mutant import constants_of
from fxsnn.graph.connect import Projection, bring
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.program.variant import Ints
from fxsnn.program.wires import ANYWHERE

MOST_WORK = 1 << 26  # words of operations and of weights, after which every state may be any word of its format


@dataclass(slots=True)
class Ranges:
    """The bounds of a network in presentations of so many steps.

    They follow the steps until nothing grows; where that would be more than MOST_WORK, states and what is emitted are
    taken to be any word of their formats instead.

    steps_of    every population's step, which holds for all time steps
    states      of every population, after as many steps or fewer
    emitted     of every population and the input; 0 is among it, which was emitted before the first step
    """

    network: QuantisedGraph
    steps: int
    steps_of: dict[str, Step] = field(init=False)
    emitted: dict[str, Ends] = field(init=False)
    states: dict[str, dict[str, Ends]] = field(init=False)
    _brought: dict[str, tuple[Ends, Ends]] = field(default_factory=dict)  # of what source, by projection
    _constants: dict[str, dict[str, Ints]] = field(init=False)

    def __post_init__(self) -> None:
        network = self.network
        form = network.graph.format
        self.steps_of = {}
        self.emitted = {name: only(0) for name in network.programs} | {INPUT: ranging(form.lowest, form.highest)}
        self.states = {
            name: {state: only(0) for state in program.neuron.states} for name, program in network.programs.items()
        }
        self._constants = {name: constants_of(network, name) for name in network.programs}
        for _ in range(min(self.steps, max(MOST_WORK // work_of(network), 1))):
            if not self._grown():
                return
        if self.steps * work_of(network) > MOST_WORK:
            self._widen()

    def _grown(self) -> bool:
        """Do a step of every population; return whether a state or what is emitted ranges further than before."""
        grew = False
        for name in (name for stage in self.network.graph.stages for name in stage.populations):
            step = self.steps_of[name] = self._step(name)
            for state, ends in self.states[name].items():
                further = ends.hull(self._kept(step, state))
                grew |= not further.same(ends)
                self.states[name][state] = further
            further = self.emitted[name].hull(step.found[step.program.neuron.output[1]])
            grew |= not further.same(self.emitted[name])
            self.emitted[name] = further
        return grew

    def _widen(self) -> None:
        """Take every state, and what is emitted, to be any word."""
        for name, program in self.network.programs.items():
            for state, (signal, _) in program.neuron.states.items():
                form = program.signals[signal].format
                self.states[name][state] = ranging(form.lowest, form.highest)
            form = self.network.formats[name]
            self.emitted[name] = ranging(form.lowest, form.highest)
        for name in self.network.programs:
            self.steps_of[name] = self._step(name)

    def _kept(self, step: Step, state: str) -> Ends:
        program = step.program
        signal, ref = program.neuron.states[state]
        frac = program.wires[ref].frac
        return step.found[ref].shifted(0 if frac == ANYWHERE else program.signals[signal].format.frac - frac)

    def _step(self, name: str) -> Step:
        program = self.network.programs[name]
        come, each, rows = dict[str, Ends](), dict[str, Ends](), dict[str, int]()
        for given in program.neuron.inputs:
            parts = [(one, *self._bring(one)) for one in self.network.graph.into(name, given)]
            totals = [total.shifted(self._left(one)) for one, total, _ in parts]
            come[given] = Ends(
                np.add.reduce([np.broadcast_to(total.low, program.neurons) for total in totals]),
                np.add.reduce([np.broadcast_to(total.high, program.neurons) for total in totals]),
                min(total.zeros for total in totals),
            )
            if given in program.neuron.one_by_one:
                alone = [ends.shifted(self._left(one)) for one, _, ends in parts]
                found = alone[0]
                for other in alone[1:]:
                    found = found.hull(other)
                each[given] = found
                rows[given] = sum(math.prod(self.network.graph.shape_at(one.source)) for one, *_ in parts)
        return Step(program, self._constants[name], come, each, rows, dict(self.states[name]))

    def _left(self, one: Projection) -> int:
        return self.network.programs[one.target].arrivals[one.input].total.frac - self.network.frac(one)

    def _bring(self, one: Projection) -> tuple[Ends, Ends]:
        """Return the ends of what a projection brings, and of what one active input of it brings alone."""
        source, weights = self.emitted[one.source], self.network.weights.get(one.name)
        if (known := self._brought.get(one.name)) is not None and known[0] is source:
            return known[1], self._brought[f"{one.name} alone"][1]
        shape = self.network.graph.shape_at(one.source)
        low, high = (np.broadcast_to(side, (math.prod(shape),)).astype(np.int64) for side in source[:2])
        low, high = np.minimum(low, 0), np.maximum(high, 0)
        if weights is None:
            total = Ends(bring(one, None, low, shape), bring(one, None, high, shape), source.zeros)
        else:
            above, below = np.maximum(weights, 0), np.minimum(weights, 0)
            total = Ends(
                bring(one, above, low, shape) + bring(one, below, high, shape),
                bring(one, above, high, shape) + bring(one, below, low, shape),
                min(source.zeros + zeros_of(np.asarray(weights).reshape(-1)), MOST_ZEROS),
            )
        alone = total
        if one.kind == "dense" and weights is not None:
            ends = weights * low[:, None], weights * high[:, None]
            alone = Ends(np.minimum(*ends).min(axis=0), np.maximum(*ends).max(axis=0), total.zeros)
        self._brought[one.name], self._brought[f"{one.name} alone"] = (source, total), (source, alone)
        return total, alone


def work_of(network: QuantisedGraph) -> int:
    """Return about how many words a time step of a network computes: values of operations, and products of weights."""
    values = sum(one.size * len(one.neuron.operations) for one in network.graph.populations)
    return values + sum(_products(network, one) for one in network.graph.projections) // 16


def _products(network: QuantisedGraph, one: Projection) -> int:
    size, source = network.graph[one.target].size, network.graph.shape_at(one.source)
    match one.kind:
        case "dense":
            return size * math.prod(source)
        case "conv":
            return size * math.prod(one.kernel) * source[-1] // one.groups
    return size * math.prod(one.kernel)
