"""An imported network on a neuron of others: its populations in that neuron's constants, and the plan of its words.

Weights, thresholds and what else has their unit are multiplied by a power of two, by which they fit the neuron's words;
the spikes are the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from fxsnn.errors import ConfigError, as_given
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import real
from fxsnn.graph.network import Graph, names_of
from fxsnn.graph.plan import GraphPlan, read_signal, short_names
from fxsnn.graph.population import Population, free_name, population
from fxsnn.graph.quantise import quantise_graph
from fxsnn.nir.chips import CHIPS, Chip, Leaky, Taken, nearest_shift
from fxsnn.nir.convert import Imported
from fxsnn.nir.layout import Reals
from fxsnn.nir.node import SPIKING
from fxsnn.nir.rescaled import covering, highest, shortly, times, weights_of
from fxsnn.nir.rows import Row, neuron_text
from fxsnn.number.cast import from_float, to_float
from fxsnn.number.format import Format
from fxsnn.program.shipped import neuron as shipped_neuron

AT = {"gt": "fires above its threshold, not at it", "ge": "fires at its threshold too"}
HEADROOM = 4  # thresholds that a membrane can hold, at least


def onto(found: Imported, neuron: str) -> tuple[Imported, GraphPlan]:
    """Return an imported network in which every LIF, IF and CubaLIF is a neuron of others, and the plan of its words.

    What the neuron does otherwise is reported.

    Raises
    ------
    ConfigError
        There is no such neuron, it lacks what a node needs, or needs what a node lacks; the node is named.
    """
    if neuron not in CHIPS:
        raise ConfigError(f"--neuron must be one of {', '.join(CHIPS)}, not {neuron!r}")
    rows = {row.became: row for row in found.rows if row.kind in SPIKING}
    if not rows:
        raise ConfigError(f"--neuron {neuron} must be of a network with a node of {', '.join(SPIKING)}, it has none")
    move = _Move(found, neuron, CHIPS[neuron])
    for one in found.graph.populations:
        if one.name in rows:
            move.take(one, rows[one.name])
        else:
            move.leave(one)
    return move.done()


@dataclass(slots=True)
class _Move:
    found: Imported
    neuron: str
    chip: Chip
    populations: list[Population] = field(default_factory=list)
    changed: dict[str, Projection] = field(default_factory=dict)  # by name
    added: list[Projection] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)  # by node
    signals: dict[str, str] = field(default_factory=dict)  # by owner.signal

    def take(self, one: Population, row: Row) -> None:
        """Put the neuron in the place of a node's population."""
        chip, reported = self.chip, self.found.reported
        node = self._leaky(one, row)
        self._check(node, one, row)
        taken = chip.take(node, reported)
        wires = [wire for wire in self.found.graph.projections if wire.target == one.name]
        if taken.factor is not None:
            wires = [self._times(wire, taken.factor, one, row) for wire in wires]
        by = self._power(taken, wires)
        unit = 2.0**by
        if by:
            reported.note(
                f"weights and thresholds are multiplied by {as_given(unit)} for the words of {self.neuron}", row.node
            )
        target, given = one.name, chip.input
        if chip.bias == "before" and node.drive.any():
            target, given = self._name(f"{one.name}_driven"), "arriving"
            driven = population(target, one.shape, "nir_biased", constants={"bias": shortly(node.drive * unit, one)})
            self.populations.append(driven)
            passed = Projection(self._name(f"{target}_{one.name}"), target, one.name, chip.input, "identity")
            self.added.append(passed)
            self._widely(driven)
        for wire in wires:
            kept = self._times(wire, np.full(one.size, unit), one, row) if by else wire
            into, late = given, wire.delay
            if chip.own_input and wire.source == one.name:
                into, late = chip.own_input, max(wire.delay, 2)
                if wire.delay < late:
                    reported.differ("its own spikes arrive two steps later", row.node)
            self.changed[wire.name] = kept = replace(kept, target=target, input=into, delay=late)
            if kept.weights is not None:
                self.signals[f"{wire.name}.{wire.signal}"] = self._weight_form(kept)
        self._place(one, row, taken, unit)

    def leave(self, one: Population) -> None:
        """Keep a population that is none of the nodes that are taken, in words that are wide enough."""
        row = next((row for row in self.found.rows if row.became == one.name and row.kind != "Output"), None)
        if row is not None and one.neuron.states:
            self.found.reported.differ(f"it stays what it is, {self.neuron} always fires", row.node)
        self.populations.append(one)
        self._widely(one)

    def done(self) -> tuple[Imported, GraphPlan]:
        """Return the network and its plan, once it is seen that they go together."""
        graph = self.found.graph
        wires = (*(self.changed.get(wire.name, wire) for wire in graph.projections), *self.added)
        made = Graph(graph.shape, tuple(self.populations), wires, graph.format, graph.readout)
        forms = {f"{owner}.{own}": "" for owner, signals in names_of(made) for own in signals} | self.signals
        plan = GraphPlan({name: read_signal(form, name) for name, form in short_names(made, forms).items()})
        quantise_graph(made, plan)
        rows = tuple(self.rows.get(row.node, row) for row in self.found.rows)
        return replace(self.found, graph=made, rows=rows), plan

    def _leaky(self, one: Population, row: Row) -> Leaky:
        """Return what a node does in a step: a population of nir_lif or nir_cuba_lif, as it was imported."""
        constants = {name: one.each(np.asarray(value.values, np.float64)) for name, value in one.constants.items()}
        ones = np.ones(one.size)
        graph, drive, synapse = self.found.graph, constants.get("bias", 0 * ones), constants.get("current_decay")
        if synapse is not None:
            if drive.any():
                if (synapse == 1).any():
                    raise _refusal(row, f"{self.neuron} has no bias of its current, which must decay where it has one")
                self.found.reported.differ(
                    "the bias drives the membrane from the first step on by as much as the current would settle at",
                    row.node,
                )
                drive = drive / (1 - synapse)
            drive = drive + constants.get("rest", 0)
        return Leaky(
            row.node,
            constants.get("membrane_decay", constants.get("decay", ones)),
            synapse,
            drive,
            constants["threshold"],
            constants.get("reset_value", 0 * ones),
            constants.get("floor"),
            one.choices["reset"],
            one.choices["reset_step"],
            one.choices.get("spikes") == "many",
            any(wire.source == wire.target == one.name for wire in graph.projections),
            graph.read.name == one.name and not any(wire.source == one.name for wire in graph.projections),
        )

    def _check(self, node: Leaky, one: Population, row: Row) -> None:
        """Refuse a node that the neuron cannot take; report what the neuron does otherwise."""
        chip, name, reported = self.chip, self.neuron, self.found.reported
        if chip.current == "must" and node.synapse is None:
            raise _refusal(row, f"{name} needs a synaptic current, which CubaLIF has and {row.kind} has not")
        if chip.current == "never" and node.synapse is not None:
            raise _refusal(row, f"{name} has no synaptic current, it takes LIF and IF")
        if chip.leaks == "must" and (node.decay == 1).any():
            raise _refusal(row, f"{name} needs a membrane that leaks, its decay must be below 1")
        if chip.leaks == "must" and np.ptp(nearest_shift(node.decay)):
            least, most = as_given(node.decay.min()), as_given(node.decay.max())
            raise _refusal(
                row, f"{name} has one shift for all neurons, their decays must be alike, not {least} to {most}"
            )
        if chip.leaks == "never" and (node.decay != 1).any():
            raise _refusal(row, f"{name} has no leak, its decay must be 1, not {as_given(node.decay.min())}")
        if chip.bias == "never" and node.drive.any():
            worst = node.drive[abs(node.drive).argmax()]
            raise _refusal(row, f"{name} has no bias, which must be 0, not {as_given(worst)}")
        if (node.threshold < 0).any():
            raise _refusal(row, f"v_threshold must be 0 or more for {name}, not {as_given(node.threshold.min())}")
        if one.choices["compare"] != chip.compare:
            reported.differ(f"it {AT[chip.compare]}", node.name)
        kept = chip.resets[node.reset]
        if kept != node.reset:
            ways = {"zero": "to zero", "value": "to v_reset", "subtract": "by subtraction"}
            reported.differ(f"a spike resets it {ways[kept]}, not {ways[node.reset]}", node.name)
        if node.reset_step not in chip.steps:
            again = "a neuron that is still above its threshold after a reset fires again"
            reported.differ(again if node.reset_step == "again" else "it is reset in the step of its spike", node.name)
        if node.many and not chip.many:
            reported.differ("it spikes once in a step", node.name)
        if node.floor is not None and not chip.floor:
            reported.differ("there is no floor under its membrane", node.name)
        if one.choices.get("taken") == "before":
            reported.differ("the membrane takes up the current of the same step", node.name)
        for what in chip.otherwise:
            reported.differ(what, node.name)
        if chip.late and self.found.rules.arrives == "same":
            reported.differ(
                "what it emits arrives in the next step there, here in the same (--arrives next)", node.name
            )

    def _power(self, taken: Taken, wires: Iterable[Projection]) -> int:
        """Return the power of two by which weights and thresholds fit the neuron's words."""
        chip = self.chip
        signals = shipped_neuron(self.neuron, **taken.choices).constants
        limits = [(np.asarray(weights_of(wire)), highest(self._weight_form(wire))) for wire in wires]
        for name, values in taken.scaled.items():
            if name in signals:
                limits.append((values, highest(chip.signals[signals[name]])))
        limits.append((taken.scaled[chip.threshold] * chip.shift, highest(chip.signals["membrane"]) / HEADROOM))
        ratios = [limit / float(abs(values).max()) for values, limit in limits if values.any()]
        if not ratios:
            return 0
        by = math.floor(math.log2(min(ratios)))
        return by if chip.grows else min(by, 0)

    def _place(self, one: Population, row: Row, taken: Taken, unit: float) -> None:
        """Add the population; report which of its constants are no words of its plan."""
        made = shipped_neuron(self.neuron, **taken.choices)
        given = {name: values * unit for name, values in taken.scaled.items()} | taken.plain
        constants = {name: given[name] for name in made.constants}
        for name, values in constants.items():
            form = Format.parse(self.chip.signals[made.constants[name]].split()[0])
            words = to_float(from_float(values, form, rounding="nearest-even", overflow="saturate"), form)
            off = abs(words - values)
            if (off > 1e-6 * abs(values)).any():  # of float32 the last bits are none of theirs
                worst = int(off.argmax())
                change = f"{as_given(values[worst])} becomes {as_given(words[worst])}"
                self.found.reported.differ(f"{name} is a word of {form.describe()}: {change}", row.node)
        short = {name: shortly(values, one) for name, values in constants.items()}
        self.populations.append(population(one.name, one.shape, self.neuron, taken.choices, short, taken.numbers))
        self.rows[row.node] = replace(row, how=neuron_text(self.neuron, taken.choices, short))
        self.signals |= {f"{one.name}.{name}": self.chip.signals[name] for name in made.signals}
        reached = {wire.input for wire in (*self.changed.values(), *self.added) if wire.target == one.name}
        for name in made.inputs:
            if name not in reached:  # a text's every input must be, and this costs one word
                none = Projection(
                    self._name(f"{one.name}_{name}"), one.name, one.name, name, "scale", real(0.0), delay=1
                )
                self.added.append(none)
                self.signals[f"{none.name}.{none.signal}"] = self.chip.signals["weight"]

    def _widely(self, one: Population) -> None:
        """Give words to a population that is none of the neuron's, and to what arrives there: wide ones."""
        for wire in self.found.graph.projections:
            if wire.target == one.name and wire.weighed:
                self.signals[f"{wire.name}.{wire.signal}"] = covering(weights_of(wire), 8)
        for name, signal in one.neuron.constants.items():
            self.signals[f"{one.name}.{signal}"] = covering(np.asarray(one.constants[name].values), 16)
        for signal in one.neuron.signals:
            self.signals.setdefault(f"{one.name}.{signal}", "Q16.8 floor saturate")

    def _weight_form(self, wire: Projection) -> str:
        positive = bool((weights_of(wire) >= 0).all())
        return (self.chip.positive if positive else "") or self.chip.signals["weight"]

    def _times(self, wire: Projection, gain: Reals, one: Population, row: Row) -> Projection:
        found = times(wire, gain, one, self.found.graph.shape_at(wire.source))
        if found is None:
            raise _refusal(row, f"what {wire.name!r} brings must be multiplied alike for all that share its weights")
        return found

    def _name(self, name: str) -> str:
        """Return a name that no population and no projection has."""
        graph = self.found.graph
        taken = {one.name for one in (*graph.populations, *self.populations)}
        return free_name(name, taken | {one.name for one in (*graph.projections, *self.added)})


def _refusal(row: Row, message: str) -> ConfigError:
    return ConfigError(f"node {row.node!r} ({row.kind}): {message}")
