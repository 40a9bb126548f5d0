"""What a network of populations is worth on inputs of one's own, and how it fires beside the float network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.exploration.point import Point
from fxsnn.frozen import freeze
from fxsnn.graph.batch import emitted_of
from fxsnn.graph.inputs import Inputs
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import classes
from fxsnn.graph.real import float_emitted, float_run
from fxsnn.graph.run import run
from fxsnn.graph.shared import Shared
from fxsnn.graph.starting import REST, Start
from fxsnn.graph.stepping import casts_of
from fxsnn.measure.firing import Firing, Reference, compare, gathered
from fxsnn.measure.memory import Memory
from fxsnn.measure.overflows import Overflows, overflowing_in
from fxsnn.measure.score import Measured
from fxsnn.number.cast import to_float
from fxsnn.program.emit_values import is_bit


def check_inputs_of(graph: Graph, inputs: Inputs) -> None:
    """Raise ConfigError where the network's readout asks no question, or a label is none of its classes."""
    if not classes(graph.readout, graph.read.size):
        raise ConfigError("a network that is measured must have a [readout], such as kind = 'counts', not none")
    check_labels_of(graph, inputs)


def check_labels_of(graph: Graph, inputs: Inputs) -> None:
    """Raise ConfigError where a label is none of the classes of the network's readout, which may ask no question."""
    count, labels = classes(graph.readout, graph.read.size), inputs.labels
    if count and labels is not None and labels.max(initial=0) >= count:
        of = f"{inputs.file!r}: " if inputs.file else ""
        raise ConfigError(f"{of}labels must be the classes 0 to {count - 1} of the readout, not {labels.max()}")


def about(inputs: Inputs, name: str) -> str:
    """Say in words on what accuracies are measured."""
    count = f"{len(inputs):,} inputs of {name}"
    return count if inputs.labels is not None else f"{count}, without labels: agreement with the float network"


@dataclass(frozen=True, slots=True, eq=False)
class GraphBench:
    """See `candidate.Bench`: a network, the inputs on which candidates are compared, and how it answers them in float.

    plan         says what raw words stand for, where weights or constants are given as such
    start        what each of the inputs begins with
    float_net    the float network's spikes on the first inputs, with which those in integers are compared
    """

    graph: Graph
    inputs: Inputs
    plan: GraphPlan
    start: Start = REST
    float_net: Reference | None = None
    float_classes: NDArray[np.int64] = field(init=False)  # int64[inputs]
    _shared: Shared = field(init=False, default_factory=Shared)

    def __post_init__(self) -> None:
        check_inputs_of(self.graph, self.inputs)
        found = [
            float_run(self.graph, to_float(some, self.graph.format), self.plan, begun.values())[1]
            for some, begun in self.start.along(self.inputs.parts())
        ]
        object.__setattr__(self, "float_classes", np.concatenate([one for one in found if one is not None]))
        freeze(self)

    def classified(self, predictions: NDArray[np.int64]) -> Measured:
        """Compare predictions, int64[inputs], with the labels; with the float network where there are none."""
        labels = self.float_classes if self.inputs.labels is None else self.inputs.labels
        return Measured.by(predictions, labels, classes(self.graph.readout, self.graph.read.size))

    def float_classified(self, threads: int = 1) -> Measured:
        """Measure the float network."""
        del threads  # NumPy's own computed it
        return self.classified(self.float_classes)

    def measured(self, network: QuantisedGraph, threads: int = 1) -> Measured:
        """Measure a network in integers; raises as `graph.run.run` does."""
        del threads
        shared = self._shared if network.graph is self.graph else None
        found = [
            run(network, some, start=begun.words, shared=shared, number=n).classes
            for n, (some, begun) in enumerate(self.start.along(self.inputs.parts()))
        ]
        return self.classified(np.concatenate([one for one in found if one is not None]))  # the readout asks a question

    def counted(self, network: QuantisedGraph) -> tuple[dict[str, dict[str, int]], Overflows]:
        """Run the first input; return how its casts went, by population and cast, and the shares that overflow."""
        begun = {name: words[0] for name, words in self.start.words.items()}
        by_population = casts_of(network, self.inputs.words[0], begun)
        counts = {f"{name} {cast}": found for name, one in by_population.items() for cast, found in one.items()}
        return counts, overflowing_in(counts)

    def quantised(self, point: Point[GraphPlan]) -> QuantisedGraph:
        """Quantise the network."""
        return quantise_graph(self.graph, point.plan)

    def compared(self, network: QuantisedGraph, threads: int = 1) -> tuple[Measured, Firing | None]:
        """Measure a network in integers, and compare its spikes on the first inputs."""
        score = self.measured(network, threads)
        return score, self.firing(network) if self.float_net else None

    def firing(self, network: QuantisedGraph) -> Firing | None:
        """Compare the spikes of a network in integers, which has run on the inputs; none where no population fires."""
        float_net = self.float_net or reference(self.graph, self.inputs, self.plan)
        return watch(float_net, network, self.inputs) if float_net else None

    def overflows(self, network: QuantisedGraph) -> Overflows:
        """Return the shares of casts that overflow, on the first input."""
        return self.counted(network)[1]

    def memory(self, network: QuantisedGraph) -> Memory:
        """Return all that is stored."""
        return graph_memory(network, self.start.words)


COUNTED = 64  # the first inputs, of which spikes are counted


def spiking(graph: Graph) -> tuple[str, ...]:
    """Return the populations that fire: whose text emits 0 or 1, and not words or what arrives."""
    return tuple(one.name for one in graph.populations if is_bit(one.neuron, one.neuron.output[1]))


def reference(graph: Graph, inputs: Inputs, plan: GraphPlan) -> Reference | None:
    """Keep the float network's spikes of the first inputs, all its populations side by side; none where none fires."""
    if not spiking(graph):
        return None
    words = inputs.first(COUNTED).words
    one_by_one = (next(float_emitted(graph, to_float(one[None], graph.format), plan)) for one in words)
    return Reference.of(_fired(graph, one_by_one))


def watch(float_net: Reference, network: QuantisedGraph, inputs: Inputs) -> Firing:
    """Compare a network in integers, which has run on the inputs, with the float network."""
    words = inputs.first(COUNTED).words
    one_by_one = ({name: words[0] for name, words in emitted_of(network, one[None]).items()} for one in words)
    return compare(float_net, *gathered(_fired(network.graph, one_by_one)))


def _fired(graph: Graph, emitted: Iterable[Mapping[str, NDArray[Any]]]) -> Iterator[NDArray[np.uint8]]:
    """Yield of each input which neurons of all that fires do so in every step, uint8[steps, neurons]."""
    names = spiking(graph)
    return (np.concatenate([np.asarray(one[name] != 0, np.uint8) for name in names], axis=1) for one in emitted)
