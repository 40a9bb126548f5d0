"""A network's file of any kind and a plan, made into populations of raw words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fxsnn.competitive.graph import graph_of
from fxsnn.competitive.network import Network
from fxsnn.competitive.quantised import QuantisedNetwork, quantise
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import DecollePlan, decolle_plan_from_data
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.exploration.selection import read_plan
from fxsnn.graph.files import graph_at
from fxsnn.graph.plan import load_graph_plan, plan_of_kind
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout
from fxsnn.networks.described import network_in


def words_in(network: Path, plan: Path) -> QuantisedGraph:
    """Return the network of a file (.npz of fxsnn train, .toml of populations) under a plan, as populations.

    A network of one layer whose neurons have classes is read by their votes.

    Raises
    ------
    FxsnnError
        A file cannot be read, the plan is of another kind of network or number of layers, or a width cannot be proved.
    """
    if graph := graph_at(network):
        return quantise_graph(graph, load_graph_plan(plan, graph))
    trained = network_in(network)
    quantised = quantised_under(trained, plan)
    if isinstance(quantised, QuantisedLayers):
        return quantised.graph
    made = graph_of(quantised)
    if not isinstance(trained, Network) or (trained.labels < 0).all():
        return made
    read = replace(made.graph, readout=Readout("labels", labels=trained.labels))
    return QuantisedGraph(read, made.plan, made.weights, made.constants)


def quantised_under(trained: Network | DecolleNetwork, plan: Path) -> QuantisedNetwork | QuantisedLayers:
    """Return a trained network in words; raises ConfigError where the plan of a file is of another kind."""
    if isinstance(trained, DecolleNetwork):
        return quantise_layers(trained, plan_of_layers(plan))
    return quantise(trained, read_plan(plan))


def plan_of_layers(plan: Path) -> DecollePlan:
    """Read the plan of a network of layers; raises FileError or ConfigError, as `plan_of_kind`."""
    return plan_of_kind(plan, "layers", decolle_plan_from_data)
