"""How the populations of a network that fire do so in integers beside the float network: see `measure.firing`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.batch import emitted_of
from fxsnn.graph.inputs import Inputs
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.real import float_emitted
from fxsnn.measure.firing import Firing, Reference, compare, gathered
from fxsnn.number.cast import to_float
from fxsnn.program.emit_values import is_bit

COUNTED = 64  # the first inputs, of which spikes are counted
_NONE = np.zeros((0, 0, 0), np.uint8)


def spiking(graph: Graph) -> tuple[str, ...]:
    """Return the populations that fire: whose text emits 0 or 1, and not words or what arrives."""
    return tuple(one.name for one in graph.populations if is_bit(one.neuron, one.neuron.output[1]))


def reference(graph: Graph, inputs: Inputs, plan: GraphPlan) -> Reference | None:
    """Keep the float network's spikes of the first inputs, all its populations side by side; none where none fires."""
    if not spiking(graph):
        return None
    words = inputs.first(COUNTED).words
    one_by_one = (next(float_emitted(graph, to_float(one[None], graph.format), plan)) for one in words)
    counts, trains = gathered(_fired(graph, one_by_one))
    return Reference(counts, _NONE, trains)


def watch(float_net: Reference, network: QuantisedGraph, inputs: Inputs) -> Firing:
    """Compare a network in integers, which has run on the inputs, with the float network."""
    words = inputs.first(COUNTED).words
    one_by_one = ({name: held[0] for name, held in emitted_of(network, one[None]).items()} for one in words)
    return compare(float_net, *gathered(_fired(network.graph, one_by_one)))


def _fired(graph: Graph, emitted: Iterable[Mapping[str, NDArray[Any]]]) -> Iterator[NDArray[np.uint8]]:
    """Yield of each input which neurons of all that fires do so in every step, uint8[steps, neurons]."""
    names = spiking(graph)
    return (np.concatenate([np.asarray(one[name] != 0, np.uint8) for name in names], axis=1) for one in emitted)
