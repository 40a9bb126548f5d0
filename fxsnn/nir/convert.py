"""A NIR graph as populations and projections: neurons are populations, linear nodes the projections between them.

A linear node that no neuron takes up at once is a population of relays. Flatten and Delay are none: they say how what
comes before is taken, and when.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace

import numpy as np

from fxsnn.errors import many
from fxsnn.graph.connect import Projection
from fxsnn.graph.network import SPIKES, Graph
from fxsnn.graph.population import INPUT, Population, free_name, population
from fxsnn.graph.reading import Readout
from fxsnn.nir.conventions import Asked, Conventions, settled
from fxsnn.nir.delays import apart, steps_of
from fxsnn.nir.flat import Flat, flatten
from fxsnn.nir.layout import Sizes, laid, least, network_shape, places
from fxsnn.nir.node import NEURONS, Nested, Node, Reported
from fxsnn.nir.rows import Row, neuron_text, wire_text
from fxsnn.nir.shapes import shapes_of
from fxsnn.nir.steps import Step, step_of
from fxsnn.nir.wires import Wire, foldable, folded, identity, wire_of
from fxsnn.number.format import Format


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A network, how each node became part of it, and what was assumed."""

    graph: Graph
    rows: tuple[Row, ...]
    reported: Reported
    rules: Conventions


@dataclass(frozen=True, slots=True)
class Value:
    """What a node gives: the words of a population or the input, so many steps ago.

    home     the map that the population is, in NIR's order of axes
    shape    what NIR takes it for
    """

    source: str
    home: Sizes
    shape: Sizes
    delay: int = 0


def converted(nested: Nested, asked: Asked, form: Format = SPIKES) -> Imported:
    """Return the network of a NIR graph.

    form    of the words of the network's input

    Raises
    ------
    ConfigError
        The graph has no meaning, needs what no network can do, or dt is not known; the node is named.
    """
    reported = Reported()
    flat = flatten(nested, reported, asked.output)
    shapes = shapes_of(flat, reported)
    rules = settled(flat.nodes.values(), asked, reported)
    return _Conversion(flat, shapes, rules, reported, form).done()


@dataclass(slots=True)
class _Conversion:
    flat: Flat
    shapes: dict[str, Sizes]
    rules: Conventions
    reported: Reported
    form: Format
    steps: dict[str, Step] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    direct: set[str] = field(default_factory=set)  # linear nodes that are projections to a neuron
    called: dict[str, str] = field(default_factory=dict)  # what a node is in the network
    given: set[str] = field(default_factory=set)  # nodes that give the input, or what follows from it without neurons
    populations: list[Population] = field(default_factory=list)
    projections: list[Projection] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)

    def done(self) -> Imported:
        flat = self.flat
        for name, node in flat.nodes.items():
            if node.kind in NEURONS:
                self.steps[name] = step_of(node, math.prod(self.shapes[name]), self.rules, self.reported)
        for name in flat.nodes:
            self._place(name)
        for name in flat.nodes:
            if name in self.called and self.called[name] != INPUT and name not in self.direct:
                self._populate(name)
        for a, b in sorted(flat.back):
            self.reported.note(f"{a} -> {b} closes a cycle: what it brings arrives in the next step")
        read = self.values[flat.sink]
        if (places(read.home) != places((math.prod(read.home),))).any():
            self.reported.note(
                "neurons are in the order row, column, channel; in NIR's the channel comes first", flat.sink
            )
        graph = Graph(
            network_shape(self.shapes[flat.source]),
            tuple(self.populations),
            tuple(self.projections),
            self.form,
            Readout("counts", read.source),
        )
        return Imported(graph, tuple(self.rows[name] for name in flat.nodes), self.reported, self.rules)

    def _place(self, name: str) -> None:
        """Decide what becomes of a node, and where what it gives lies."""
        node, shape, before = self.flat.nodes[name], self.shapes[name], self.flat.before[name]
        if node.kind not in NEURONS and self.given.issuperset(before):
            self.given.add(name)
        if name == self.flat.source:
            self.called[name] = INPUT
            self.values[name] = Value(INPUT, shape, shape)
            self.rows[name] = Row(name, node.kind, INPUT, f"{list(network_shape(shape))} of {self.form}")
            return
        if len(before) == 1 and before[0] in self.values:
            seen = self._seen(before[0], name)
            steps = steps_of(node, self.rules, self.reported) if node.kind == "Delay" else np.zeros(1, np.int64)
            if node.kind == "Flatten" or (node.kind == "Delay" and (steps == steps[0]).all()):
                self.values[name] = replace(seen, shape=shape, delay=seen.delay + int(steps[0]))
                how = f"taken as {list(shape)}" if node.kind == "Flatten" else many(int(steps[0]), "step")
                self.rows[name] = Row(name, node.kind, "-", how)
                return
            if name == self.flat.sink and seen.source != INPUT and not seen.delay:
                self.values[name] = seen
                self.rows[name] = Row(name, node.kind, seen.source, "counts of what is emitted")
                return
        self.called[name] = self._name(name)
        if self._is_direct(name):
            self.direct.add(name)
        else:
            self.values[name] = Value(self.called[name], self._home(name), shape)

    def _is_direct(self, name: str) -> bool:
        """Say whether a linear node is a projection to the one neuron behind it."""
        node, behind = self.flat.nodes[name], self.flat.behind[name]
        passive = (*NEURONS, "Flatten", "Delay", "Output")
        if node.kind in passive or len(self.flat.before[name]) != 1 or len(behind) != 1 or behind[0] not in self.steps:
            return False
        return foldable(node, self.steps[behind[0]].gain, self.shapes[name])

    def _home(self, name: str) -> Sizes:
        """Return the map that a population is: its own shape, or that of what comes to it one to one."""
        own = self.shapes[name]
        if self.flat.nodes[name].kind not in (*NEURONS, "Scale", "Flatten", "Delay", "Output"):
            return own
        for one in self.flat.before[name]:
            if self.flat.nodes[one].kind == "Scale" and one in self.direct:
                one = self.flat.before[one][0]
            if one in self.values and len(self.values[one].home) > len(own):
                return self.values[one].home
        return own

    def _seen(self, source: str, name: str) -> Value:
        """Return what a node gives as the one behind it sees it: of the step before where the edge closes a cycle."""
        found = self.values[source]
        return replace(found, delay=found.delay + 1) if (source, name) in self.flat.back else found

    def _populate(self, name: str) -> None:
        node, onto = self.flat.nodes[name], self.values[name].home
        step = self.steps.get(name)
        size = math.prod(onto)
        bias = np.zeros(size) if step is None else laid(step.pull, onto)
        gain = np.ones(size) if step is None else laid(step.gain, onto)
        does = list[str]()  # of a linear node or a Delay that is a population: what its projections do
        for count, one in enumerate(self.flat.before[name]):
            waits = ("next",) if one in self.given else ("next", "emitted")
            late = int(step is not None and self.rules.arrives in waits)
            for called, seen, wire in self._wires(node, one, onto):
                back = 1 if one in self.direct and (one, name) in self.flat.back else 0
                brought = folded(wire, gain, onto)
                if brought is None:
                    raise node.refusal(f"what {one!r} brings must be multiplied alike for all that share its weights")
                if brought.bias is not None and (one in self.direct or count == 0):
                    bias = bias + brought.bias
                given = "current" if step is not None and step.text in ("nir_lif", "nir_li") else "arriving"
                self.projections.append(
                    brought.projection(called, seen.source, self.called[name], given, max(seen.delay + back, late))
                )
                if step is None and node.kind not in ("Flatten", "Output"):
                    does.append(str(seen.delay) if node.kind == "Delay" else wire_text(brought, gain))
                if one in self.direct:
                    self.rows[one] = Row(one, self.flat.nodes[one].kind, called, wire_text(brought, gain))
        if step is None:
            text, choices, constants = ("nir_biased" if bias.any() else "relay"), {}, {}
        else:
            text, choices = step.text, dict(step.choices)
            constants = {key: least(laid(values, onto), onto) for key, values in step.constants.items()}
            choices["drive"] = "constant" if bias.any() else "none"
        if bias.any():
            constants["bias"] = least(bias, onto)
        self.populations.append(population(self.called[name], network_shape(onto), text, choices, constants))
        if node.kind == "Delay":
            does = [f"{does[0]} to {does[-1]} steps"]
        how = "; ".join((*dict.fromkeys(does), neuron_text(text, choices, constants)))
        self.rows[name] = Row(name, node.kind, self.called[name], how)

    def _wires(self, node: Node, one: str, onto: Sizes) -> list[tuple[str, Value, Wire]]:
        """Return what comes from a node before: names of projections, where they begin, and what they do."""
        name = node.name
        if one in self.direct:
            linear = self.flat.nodes[one]
            seen = self._seen(self.flat.before[one][0], one)
            wire = wire_of(linear, seen.shape, seen.home, self.shapes[one], onto, self.reported)
            return [(self.called[one], seen, wire)]
        seen = self._seen(one, name)
        called = self._name(f"{seen.source}_{self.called[name]}")
        if node.kind == "Delay":
            steps = steps_of(node, self.rules, self.reported)
            passed = identity(seen.home, onto, name)
            return [
                (self._name(f"{called}_{late}"), replace(seen, delay=seen.delay + late), wire)
                for late, wire in apart(steps, passed, onto)
            ]
        if node.kind in (*NEURONS, "Flatten", "Output"):
            return [(called, seen, identity(seen.home, onto, name))]
        return [(called, seen, wire_of(node, seen.shape, seen.home, self.shapes[name], onto, self.reported))]

    def _name(self, name: str) -> str:
        """Return a name that no population and no projection has."""
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        plain = plain if re.match(r"[A-Za-z]", plain) else f"n{plain}"
        return free_name(plain, {INPUT, *self.called.values(), *(one.name for one in self.projections)})
