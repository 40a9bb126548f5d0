"""Plays every change that `golden diff` tries of a network."""

from __future__ import annotations

from collections import Counter

import numpy as np

from fxsnn.golden.populations_mutate import network_mutations
from fxsnn.golden.populations_play import Theatre
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.run import traces
from fxsnn.program.variant import NoOrderError

STEPS = 6


def played(network: QuantisedGraph) -> None:
    """Assert that every change of a network can be played, or has no order."""
    graph, found = network.graph, Counter[str]()
    inputs = np.random.default_rng(0).integers(0, 2, (2, STEPS, int(np.prod(graph.shape))))
    kept = list(traces(network, inputs))
    names = [one.name for one in graph.populations]
    emitted = {one: np.stack([own[one].emitted.reshape(STEPS, -1) for own in kept]) for one in names}
    nodes = {one.name: list(one.neuron.nodes) for one in graph.populations}
    theatre = Theatre(network, {"input": inputs, **emitted}, nodes, [STEPS, STEPS])
    theatre.look()
    for change in network_mutations(theatre, list(nodes)):
        try:
            mutant = change.apply(theatre.base)
        except (NoOrderError, TypeError, AssertionError):  # as the search takes them
            found["cannot be"] += 1
            continue
        try:
            found["played" if theatre.play(mutant) is not None else "ended"] += 1
        except NoOrderError:
            found["no order"] += 1
    assert found["played"] > 500
    assert found["no order"] > 0
    assert not found["ended"]
