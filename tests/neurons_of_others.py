"""One population of a neuron of others, held word by word against arithmetic that a test has written down by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numba import config
from numpy.typing import NDArray

from fxsnn.graph.connect import Projection
from fxsnn.graph.given import raw
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import parse_graph_plan
from fxsnn.graph.population import population
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.run import run, trace
from fxsnn.graph.stepping import State
from fxsnn.number.format import Format

PAGE = Path(__file__).parent.parent / "docs" / "neurons_of_others.md"
JIT = not config.DISABLE_JIT  # type: ignore[attr-defined]  # each structure costs a compilation then
Words = Sequence[int]


def section(name: str) -> str:
    """Return what the page says of a neuron."""
    found = re.search(rf"^## `{name}`.*?(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert found, name
    return found[0]


def plan_of(name: str, **others: str) -> str:
    """Return the plan that the page gives for a neuron, some of its signals replaced."""
    found = re.search(r"^```toml plan\.toml\n(.*?)^```", section(name), re.MULTILINE | re.DOTALL)
    assert found, name
    lines = [line for line in found[1].splitlines() if line.partition(" ")[0] not in others]
    return "\n".join([*lines, *(f'{signal} = "{form}"' for signal, form in others.items())])


def driven(
    name: str,
    choices: Mapping[str, str],
    constants: Mapping[str, Any],
    weights: Mapping[str, NDArray[np.int64]],
    *,
    plan: str,
    numbers: Mapping[str, int] | None = None,
    own: Mapping[str, NDArray[np.int64]] | None = None,
    delay: int = 1,
    given: str = "UQ1.0",
) -> QuantisedGraph:
    """Return a network of one population whose every constant and weight is raw words.

    weights    of the network's input to inputs of the text, [sources, neurons]
    own        of the population to itself, some steps late, [neurons, neurons]
    """
    sources, neurons = next(iter(weights.values())).shape
    one = population(name, neurons, name, choices, {key: raw(words) for key, words in constants.items()}, numbers)
    wires = [Projection(f"to_{into}", "input", name, into, weights=raw(words)) for into, words in weights.items()]
    for into, words in (own or {}).items():
        wires.append(Projection(f"own_{into}", name, name, into, weights=raw(words), delay=delay))
    graph = Graph((sources,), (one,), tuple(wires), Format.parse(given))
    return quantise_graph(graph, parse_graph_plan(plan))


def compared(network: QuantisedGraph, rows: NDArray[np.int64], expected: Sequence[Mapping[str, Words]]) -> int:
    """Compare every step's words with those expected, the interpreter's and the kernels'; return how many there were.

    rows        int[steps, sources]
    expected    of each step the neurons' words by name: states, nodes, and what is emitted
    """
    (one,) = network.graph.populations
    output, count = one.neuron.output[0], 0
    kept, state = trace(network, rows)[one.name], State(network)
    for t, words in enumerate(expected):
        state.step(rows[t])
        for node, exact in words.items():
            found = kept.emitted if node == output else kept.nodes[node]
            assert found[t].tolist() == list(exact), (node, t)
            if node == output or node in one.neuron.states:
                assert state[f"{one.name}.{node}"].tolist() == list(exact), (node, t, "kernels")
            count += len(exact)
    if not JIT:  # the loops of whole presentations are a compilation of their own
        total = [sum(column) for column in zip(*(words[output] for words in expected), strict=True)]
        assert run(network, rows[None]).said[0].tolist() == total
    return count


def told(name: str) -> int:
    """Return how many words the page says were compared."""
    found = re.search(r"([\d,]+) words", section(name))
    assert found, name
    return int(found[1].replace(",", ""))
