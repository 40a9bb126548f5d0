"""What `fxsnn show` prints: the step of a network's neurons, under a plan line by line with what each word can hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fxsnn.competitive import Competitive
from fxsnn.counting import blank, described_at
from fxsnn.described import network_in
from fxsnn.documents import named
from fxsnn.errors import ConfigError
from fxsnn.files import read_text
from fxsnn.graph.files import graph_at
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import load_graph_plan
from fxsnn.graph.quantise import quantise_graph
from fxsnn.layered import width as layered
from fxsnn.layered.network import LayeredNetwork
from fxsnn.layered.plan import LayeredPlan
from fxsnn.layered.quantise import quantise_layers
from fxsnn.layered.width import input_format
from fxsnn.network import Network
from fxsnn.plan import Plan
from fxsnn.planned import Planned, parse_planned
from fxsnn.program.page import page
from fxsnn.program.shipped import source
from fxsnn.quantised import quantise
from fxsnn.width import constants_of, program_of


def show_network(network: Path, plan: Path | None = None) -> str:
    """Return the page on a network's neurons; without a plan their texts.

    network    a trained network (.npz) or the description (TOML) of one, of either kind, or one of populations (.toml)

    Raises
    ------
    FxsnnError
        A file cannot be read, the plan is of another kind of network or number of layers, or a width cannot be proved.
    """
    if graph := graph_at(network):
        return _of_graph(graph, plan)
    held = _held(network)
    if plan is None:
        texts = (
            ("decolle_filter", "decolle", "decolle_currents") if isinstance(held, LayeredNetwork) else ("competitive",)
        )
        return "\n".join(source(name) for name in texts)
    read = named(plan, parse_planned, read_text(plan, "a plan"))
    return "\n".join(_lines(held, read, plan)) + "\n"


def _of_graph(graph: Graph, plan: Path | None) -> str:
    """Return the page on a network of populations, one after the other; without a plan their texts, each once."""
    if plan is None:
        return "\n".join(dict.fromkeys(one.text.source for one in graph.populations))
    quantised = quantise_graph(graph, load_graph_plan(plan, graph))
    lines = list[str]()
    for name, program in quantised.programs.items():
        lines += [f"population {name}", *page(program, quantised.each(name))]
    return "\n".join(lines) + "\n"


def _lines(held: Network | LayeredNetwork, plan: Planned, file: Path) -> list[str]:
    if isinstance(held, LayeredNetwork):
        if not isinstance(plan, LayeredPlan):
            raise ConfigError(f"a plan must be of layers as its network is, {str(file)!r} is not")
        layers, lines = quantise_layers(held, plan), list[str]()
        for number, layer in enumerate(layers.layers):
            lines.append(f"layer {number}, {held.description.layer[number].kind}")
            for program in layered.programs_of(layer, input_format(layers, number)):
                lines += page(program, layered.constants_of(layer))
        return lines
    if not isinstance(plan, Plan):
        raise ConfigError(f"a plan must be of one layer as its network is, {str(file)!r} is not")
    quantised = quantise(held, plan)
    return page(program_of(quantised), constants_of(quantised))


def _held(network: Path) -> Network | LayeredNetwork:
    """Return a network; of a description one whose every weight is 0."""
    if network.suffix == ".npz":
        return network_in(network)
    described = described_at(network)
    if not isinstance(described, Competitive):
        return blank(described)
    size, neurons = (described.inputs, described.neurons), described.neurons
    learned = np.zeros(size), np.zeros(neurons), np.full(neurons, -1, np.int64)
    return Network(*learned, **described.constants, coding=described.coding)
