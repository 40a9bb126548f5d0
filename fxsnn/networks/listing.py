"""What `fxsnn show` prints: the step of a network's neurons, under a plan line by line with what each word can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from fxsnn.competitive.description import Competitive
from fxsnn.competitive.graph import LAYER, graph_of
from fxsnn.competitive.network import Network
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.populations import of_layers
from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.errors import ConfigError
from fxsnn.graph.files import graph_at
from fxsnn.graph.misfits import misfits
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import load_graph_plan
from fxsnn.graph.population import text_of
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.networks.counting import blank, described_at
from fxsnn.networks.described import network_in
from fxsnn.networks.words import quantised_under
from fxsnn.program.catalogue import differences
from fxsnn.program.grammar import Text
from fxsnn.program.page import page
from fxsnn.program.shipped import names, source


def show_network(network: Path, plan: Path | None = None, warn: Callable[[str], object] = str) -> str:
    """Return the page on a network's neurons; without a plan their texts.

    network    a trained network (.npz) or the description (TOML) of one, of either kind, or one of populations (.toml);
               or a neuron: the name of one that comes along, or a file ending in .neuron
    warn       called with a line for each constant or weight of populations that does not fit its format

    Raises
    ------
    FxsnnError
        A file cannot be read, the plan is of another kind of network or number of layers, or a width cannot be proved.
    """
    if _is_neuron(network):
        if plan is not None:
            raise ConfigError(f"a plan must be of a network, {str(network)!r} is a neuron")
        return text_of(str(network)).source
    if graph := graph_at(network):
        return _of_graph(graph, plan, warn)
    loaded = _loaded(network)
    if plan is None:
        texts = (
            ("decolle_filter", "decolle", "decolle_currents")
            if isinstance(loaded, DecolleNetwork)
            else ("competitive",)
        )
        return "\n".join(source(name) for name in texts)
    return _joined(steps_of(quantised_under(loaded, plan)))


def show_against(one: Path, other: str) -> str:
    """Return in which lines two neurons' texts differ: their names, or files ending in .neuron.

    A line that the first alone has begins with -, one that the second alone has with +. Comments do not count.

    Raises FxsnnError where one is no neuron, or cannot be read.
    """
    if not _is_neuron(one):
        raise ConfigError(
            f"--against must be of a neuron, {str(one)!r} is none: one of {', '.join(names())}, or a file"
        )
    texts = text_of(str(one)), text_of(other)
    common, found = differences(*texts)
    alone = [sum(len(side) for side in sides) for sides in zip(*((d.ours, d.theirs) for d in found), strict=True)]
    files = [text.file for text in texts]
    if not found:
        return f"{files[0]} and {files[1]}: the same {common} lines\n"
    lines = [
        f"{files[0]} and {files[1]}: {common} lines in both, {alone[0]} of the first alone, {alone[1]} of the second"
    ]
    for one_place in found:
        lines += [_changed_line("-", texts[0], *line) for line in one_place.ours]
        lines += [_changed_line("+", texts[1], *line) for line in one_place.theirs]
    return "\n".join(lines) + "\n"


def _changed_line(sign: str, text: Text, number: int, line: str) -> str:
    return f"{sign} {f'{text.file}:{number}':<24} {line}"


def _is_neuron(path: Path) -> bool:
    """Say whether what is to be shown is a neuron: a .neuron file, or the name of one where no file is called so."""
    return path.suffix == ".neuron" or (str(path) in names() and not path.exists())


def _of_graph(graph: Graph, plan: Path | None, warn: Callable[[str], object]) -> str:
    """Return the page on a network of populations, one after the other; without a plan their texts, each once."""
    if plan is None:
        return "\n".join(dict.fromkeys(one.text.source for one in graph.populations))
    quantised = quantise_graph(graph, load_graph_plan(plan, graph))
    for line in misfits(quantised):
        warn(line)
    return _joined(steps_of(quantised))


def steps_of(network: QuantisedNetwork | QuantisedLayers | QuantisedGraph) -> dict[str, list[str]]:
    """Return the lines of the time step of a quantised network's neurons, by layer or population.

    A network of one layer has one entry, whose name is empty.
    """
    if isinstance(network, QuantisedGraph):
        return {f"population {name}": lines for name, lines in _pages(network).items()}
    if isinstance(network, QuantisedLayers):
        kinds, layers = network.description.layer, of_layers(_pages(network.graph))
        return {f"layer {number}, {kinds[number].kind}": [*chain(*parts)] for number, parts in enumerate(layers)}
    return {"": _pages(graph_of(network))[LAYER]}


def _pages(network: QuantisedGraph) -> dict[str, list[str]]:
    return {name: page(program, network.each(name)) for name, program in network.programs.items()}


def _joined(steps: Mapping[str, Sequence[str]]) -> str:
    return "".join(f"{line}\n" for name, lines in steps.items() for line in ([name] if name else []) + [*lines])


def _loaded(network: Path) -> Network | DecolleNetwork:
    """Return a network; of a description one whose every weight is 0."""
    if network.suffix == ".npz":
        return network_in(network)
    described = described_at(network)
    if not isinstance(described, Competitive):
        return blank(described)
    size, neurons = (described.inputs, described.neurons), described.neurons
    learned = np.zeros(size), np.zeros(neurons), np.full(neurons, -1, np.int64)
    return Network(*learned, **described.constants, coding=described.coding)
