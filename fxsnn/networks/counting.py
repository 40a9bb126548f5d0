"""What `fxsnn memory` does with a network's file or description: either kind, as large as it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fxsnn.competitive.description import Competitive
from fxsnn.competitive.graph import graph_of
from fxsnn.competitive.inventory import memory, of_size
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import QuantisedNetwork, quantise
from fxsnn.decolle.description import Description
from fxsnn.decolle.inventory import decolle_memory, decolle_while_learning
from fxsnn.decolle.itq import IntegerLearning
from fxsnn.decolle.network import DecolleNetwork, seen
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.errors import ConfigError
from fxsnn.exploration.selection import counted, plan_of_one_layer
from fxsnn.graph.files import graph_at
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.misfits import misfits
from fxsnn.graph.plan import load_graph_plan
from fxsnn.graph.quantise import quantise_graph
from fxsnn.graph.starting import states_in
from fxsnn.measure.macro import macro_of
from fxsnn.measure.memory import memory_to_data
from fxsnn.networks.described import Described, described_in, read_described
from fxsnn.networks.words import plan_of_layers


def memory_of(
    plan: Path, network: Path, macro: str, warn: Callable[[str], object] = str, start: Path | None = None
) -> dict[str, Any]:
    """Count the memory of a network under a plan; under `while_learning` what learning by it stores, at the usual rate.

    network    a trained network (.npz) or the description (TOML) of one, of either kind, or one of populations (TOML)
    warn       called with a line for each constant or weight of populations that does not fit its format
    start      an .npz with what states begin with, see `read_start`; its states are counted as such

    Raises
    ------
    FxsnnError
        A file cannot be read, the plan is of another kind of network or number of layers, or a width cannot be proved.
    """
    allocated = macro_of(macro)
    if graph := graph_at(network):
        network_in_words = quantise_graph(graph, load_graph_plan(plan, graph))
        for line in misfits(network_in_words):
            warn(line)
        return memory_to_data(graph_memory(network_in_words, states_in(start, network_in_words)), allocated)
    described = described_at(network)
    if isinstance(described, Competitive):
        parsed = plan_of_one_layer(plan)
        one = _blank_layer(described, parsed)
        return counted(memory(one, states_in(start, graph_of(one))), parsed, macro, described.coding.steps)
    layers = plan_of_layers(plan)
    quantised = quantise_layers(blank(described), layers)
    begun = states_in(start, quantised.graph)
    data = memory_to_data(decolle_memory(quantised, begun), allocated)
    if all(layer.learning is not None for layer in layers.layers):
        usual = IntegerLearning()
        learning = decolle_while_learning(quantised, usual.rate, usual.halvings, begun)
        data["while_learning"] = memory_to_data(learning, allocated)
    return data


def described_at(network: Path) -> Described:
    """Return what a network is, of its file (.npz) or a description (.toml)."""
    if network.suffix == ".npz":
        return described_in(network)
    if network.suffix != ".toml":
        raise ConfigError(f"a network must be a trained one (.npz) or a description (.toml), not {str(network)!r}")
    return read_described(network)


def _blank_layer(described: Competitive, plan: Plan) -> QuantisedNetwork:
    """Return a network whose memory is that of any so described: only its constants matter, and its size."""
    one = quantise(described.alone(), plan)
    size = described.inputs, described.neurons
    return of_size(plan, *size, one.refractory_steps, one.reset, bool(one.inhibition), one.winner)


def blank(described: Description) -> DecolleNetwork:
    """Return a network whose every weight is 0: memory is a matter of shapes and words."""
    shapes = [described.geometry(number).weights for number in range(len(described.layer))]
    readouts = [np.ones((seen(described, number), described.classes), np.int8) for number in range(len(shapes))]
    return DecolleNetwork(
        described,
        tuple(np.zeros(shape, np.float32) for shape in shapes),
        tuple(np.zeros(shape[-1], np.float32) for shape in shapes),
        tuple(readouts),
    )
