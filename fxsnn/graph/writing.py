"""A quantised network as files that say all of it: TOML, the neurons' texts beside it, and raw words by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray

from fxsnn.graph.connect import Projection
from fxsnn.graph.given import Given, Shape, raw
from fxsnn.graph.network import Graph
from fxsnn.graph.population import Population, population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.reading import Readout
from fxsnn.program.grammar import Text

LABELS = "labels.csv"


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """A network that nothing else is needed for.

    network    in which all that was given in real numbers is raw words, and texts have the names of their files
    texts      by file: `net.toml` as `graph_text` writes it is not among them
    """

    network: QuantisedGraph
    texts: Mapping[str, str]


def whole(network: QuantisedGraph) -> Whole:
    """Return the same network of raw words and texts of its own; of a whole network one that is equal."""
    graph, texts = network.graph, dict[str, str]()
    populations = []
    for one in graph.populations:
        file = new_name(one.text.file, one.text.source, texts)
        texts[file] = one.text.source
        constants = {name: _words(words) for name, words in network.constants[one.name].items()}
        text = replace(one.text, file=file)
        populations.append(
            population(one.name, one.shape, text, one.choices, constants, one.numbers, one.outer, one.registers)
        )
    projections = tuple(
        one if one.weights is None else replace(one, weights=_words(network.weights[one.name]))
        for one in graph.projections
    )
    same = Graph(graph.shape, tuple(populations), projections, graph.format, graph.readout)
    if graph.readout.labels is not None:
        texts[LABELS] = "\n".join(map(str, graph.readout.labels.tolist())) + "\n"
    return Whole(quantise_graph(same, network.plan), texts)


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands in a network's text for the files beside it. This is what golden sets have.

    numbers    of a name: a file, or the numbers themselves
    neuron     of a text: a file, or the name of one that comes along
    labels     of the readout's: a file, or the classes themselves
    """

    numbers: Callable[[str, Given], Any] = lambda name, _: f"{name}.mem"
    neuron: Callable[[Text], str] = lambda text: text.file
    labels: Callable[[Given], Any] = lambda _: LABELS


def graph_text(graph: Graph, beside: Beside = Beside()) -> str:
    """Return a whole network as TOML that `load_graph` reads back to an equal one.

    Texts, labels and words lie beside it: `hidden.threshold.mem` of a constant, `input_hidden.weight.mem` of the
    projection of this name whose signal is `weight`.
    """
    return tomli_w.dumps(graph_to_data(graph, beside))


def graph_to_data(graph: Graph, beside: Beside) -> dict[str, Any]:
    """Return a network as tables that `graph_from_data` reads back to an equal one."""
    return {
        "schema": 1,
        "input": {"shape": _sizes(graph.shape), "format": str(graph.format)},
        "population": {one.name: _population(one, beside) for one in graph.populations},
        "projection": [_projection(one, beside) for one in graph.projections],
        "readout": _readout(graph.readout, beside),
    }


def _words(words: NDArray[np.int64]) -> Given:
    return Given(words.reshape(-1), "raw", shaped=False)  # as they are read from a file of words


def new_name(file: str, source: str, texts: Mapping[str, str]) -> str:
    """Return a name for a text's file beside others: its own unless another text has it."""
    stem = PureWindowsPath(PurePosixPath(file).name).name.removesuffix(".neuron")  # as either system writes it
    stem = re.sub(r"[^\w-]+", "_", stem, flags=re.ASCII)
    name, number = f"{stem}.neuron", 2
    while texts.get(name, source) != source:
        name, number = f"{stem}_{number}.neuron", number + 1
    return name


def _population(one: Population, beside: Beside) -> dict[str, Any]:
    entries = {
        "outer": one.outer if one.outer != "inputs" else None,
        "registers": one.registers,
        "choices": dict(one.choices),
        "constants": {name: beside.numbers(f"{one.name}.{name}", one.constants[name]) for name in one.neuron.constants},
        "numbers": {name: one.numbers[name] for name in one.neuron.numbers},
    }
    found = {key: value for key, value in entries.items() if value not in (None, {})}
    return {"shape": _sizes(one.shape), "neuron": beside.neuron(one.text), **found}


def _projection(one: Projection, beside: Beside) -> dict[str, Any]:
    own = Projection.__dataclass_fields__
    fields = {key: getattr(one, key) for key in ("kind", "signal", "delay", "kernel", "stride", "padding", "groups")}
    found = {key: value for key, value in fields.items() if value != own[key].default}
    if one.weights is not None:
        found["weights"] = beside.numbers(f"{one.name}.{one.signal}", one.weights)
    return {"name": one.name, "from": one.source, "to": one.target, "input": one.input, **found}


def _readout(readout: Readout, beside: Beside) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": readout.kind, "population": readout.population, "skip": readout.skip}
    if readout.kind == "node":
        found |= {"node": readout.node, "over": readout.over}
    if readout.labels is not None:
        found["labels"] = beside.labels(raw(readout.labels))
    return found


def _sizes(shape: Shape) -> int | list[int]:
    return shape[0] if len(shape) == 1 else list(shape)
