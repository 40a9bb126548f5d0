"""What a network of populations is worth on inputs of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.exploration.candidate import Candidate
from fxsnn.exploration.point import Point
from fxsnn.frozen import freeze
from fxsnn.graph.inputs import Inputs
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import classes
from fxsnn.graph.real import float_run
from fxsnn.graph.run import run
from fxsnn.graph.shared import Shared
from fxsnn.graph.starting import REST, Start, start_forms
from fxsnn.graph.stepping import casts_of
from fxsnn.measure.firing import Reference
from fxsnn.measure.overflows import overflowing_in
from fxsnn.measure.score import Measured
from fxsnn.number.cast import to_float
from fxsnn.populations.firing import watch


def check_inputs_of(graph: Graph, inputs: Inputs) -> None:
    """Raise ConfigError where the network's readout asks no question, or a label is none of its classes."""
    count, labels = classes(graph.readout, graph.read.size), inputs.labels
    if not count:
        raise ConfigError("a network that is measured must have a [readout], such as kind = 'counts', not none")
    if labels is not None and labels.max(initial=0) >= count:
        of = f"{inputs.file!r}: " if inputs.file else ""
        raise ConfigError(f"{of}labels must be the classes 0 to {count - 1} of the readout, not {labels.max()}")


def about(inputs: Inputs, name: str) -> str:
    """Say in words on what accuracies are measured."""
    count = f"{len(inputs):,} inputs of {name}"
    return count if inputs.labels is not None else f"{count}, without labels: agreement with the float network"


@dataclass(frozen=True, slots=True, eq=False)
class GraphBench:
    """A network, the inputs on which its candidates are compared, and what the float network says of them.

    plan      says what raw words stand for, where weights or constants are given as such
    start     what each of the inputs begins with
    """

    graph: Graph
    inputs: Inputs
    plan: GraphPlan
    start: Start = REST
    float_classes: NDArray[np.int64] = field(init=False)  # int64[inputs]
    _shared: Shared = field(init=False, default_factory=Shared)

    def __post_init__(self) -> None:
        check_inputs_of(self.graph, self.inputs)
        forms = start_forms(quantise_graph(self.graph, self.plan)) if self.start.words else {}
        found = [
            float_run(self.graph, to_float(some, self.graph.format), self.plan, begun.values(forms))[1]
            for some, begun in self._parts()
        ]
        object.__setattr__(self, "float_classes", np.concatenate([one for one in found if one is not None]))
        freeze(self)

    def _parts(self) -> Iterator[tuple[NDArray[np.int64], Start]]:
        """Yield some of the inputs after the other, and what they begin with."""
        first = 0
        for some in self.inputs.parts():
            yield some, self.start.part(slice(first, first + len(some)))
            first += len(some)

    def classified(self, predictions: NDArray[np.int64]) -> Measured:
        """Hold predictions, int64[inputs], against the labels; against the float network where there are none."""
        labels = self.float_classes if self.inputs.labels is None else self.inputs.labels
        return Measured.by(predictions, labels, classes(self.graph.readout, self.graph.read.size))

    def float_classified(self) -> Measured:
        """Measure the float network."""
        return self.classified(self.float_classes)

    def measured(self, network: QuantisedGraph) -> Measured:
        """Measure a network in integers; raises as `graph.run.run` does."""
        shared = self._shared if network.graph is self.graph else None
        found = [
            run(network, some, start=begun.words, shared=shared, number=n).classes
            for n, (some, begun) in enumerate(self._parts())
        ]
        return self.classified(np.concatenate([one for one in found if one is not None]))  # the readout asks a question

    def counts(self, network: QuantisedGraph) -> dict[str, dict[str, int]]:
        """Show the first input and return how its casts went, by population and cast."""
        begun = {name: words[0] for name, words in self.start.words.items()}
        counts = casts_of(network, self.inputs.words[0], begun)
        return {f"{name} {cast}": found for name, one in counts.items() for cast, found in one.items()}

    def evaluate(self, point: Point[GraphPlan], float_net: Reference | None = None) -> Candidate[GraphPlan]:
        """Quantise, run in integers, count the memory; the error of a point that cannot run begins with its name.

        float_net    the float network's spikes on the first inputs, with which those in integers are compared
        """
        try:
            network = quantise_graph(self.graph, point.plan)
            classified = self.measured(network)
            overflows = overflowing_in(self.counts(network))
            firing = watch(float_net, network, self.inputs) if float_net else None
        except FxsnnError as error:
            raise type(error)(f"{point.name}: {error}") from None
        return Candidate(point.name, point.scheme, point.plan, classified, graph_memory(network), firing, overflows)
