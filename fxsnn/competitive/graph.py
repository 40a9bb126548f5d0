"""A network of one layer that learned without labels, as one population: it runs as any other network does."""

from __future__ import annotations

from pathlib import Path

from fxsnn.competitive.plan import SIGNALS
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.competitive.width import constants_of, program_of
from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.graph.population import INPUT, population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph

LAYER, LAYER_WEIGHTS = "layer", "weights"  # what the population and its projection are called


def is_layer(graph: Graph) -> bool:
    """Say whether a network is made as `graph_of` makes them: its words need no name of a population."""
    populations = [(one.name, Path(one.text.file).name) for one in graph.populations]
    projections = [one.name for one in graph.projections]
    return (populations, projections) == ([(LAYER, "competitive.neuron")], [LAYER_WEIGHTS])


def graph_of(network: QuantisedNetwork) -> QuantisedGraph:
    """Return the network as a population `layer`, which all inputs reach by a dense projection `weights`.

    Its nodes, draws, registers and counts are those of the network, word by word: a cast draws from the register of the
    number that its site has in `SITES`. What `State` holds are its states `layer.membrane` and `layer.refractory`.

    Raises
    ------
    WidthError
        An exact intermediate could leave int64, or a cast would drop more than 62 bits; the message names it.
    """
    program, plan = program_of(network), network.plan
    words, neuron = constants_of(network), program.neuron
    layer = population(
        LAYER,
        network.neurons,
        neuron.file.removesuffix(".neuron"),
        neuron.choices,
        {name: raw(words[name]) for name in neuron.constants},
        {name: program.numbers[name] for name in neuron.numbers},
    )
    wire = Projection(LAYER_WEIGHTS, INPUT, LAYER, next(iter(neuron.inputs)), weights=raw(network.weights))
    signals = {name: getattr(plan, name) for name in SIGNALS}
    signals |= {name: one for name, one in program.signals.items() if name in neuron.signals}
    return quantise_graph(Graph((network.inputs,), (layer,), (wire,)), GraphPlan(signals, plan.lfsr))
