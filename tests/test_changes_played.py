"""Every change that `golden diff` tries can be played to the end, or has no order in which a step could be done."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from command_line import skip_without_jit
from fxsnn.golden.populations_mutate import network_mutations
from fxsnn.golden.populations_play import Theatre
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.run import traces
from fxsnn.program.variant import NoOrderError
from neurons_of_others import driven, plan_of
from population_sets import POPULATION_SETS

skip_without_jit()

STEPS = 6


def xylo() -> QuantisedGraph:
    """Two synapses, to each of which active inputs come one by one."""
    rng = np.random.default_rng(3)
    weights = {f"synapse_{n}": rng.integers(-128, 128, (6, 8)) for n in (1, 2)}
    return driven(
        "xylo",
        {"core": "v2", "layer": "hidden", "dash": "one"},
        {"v_th": [0, 1, 32767, 500, 600, 700, 800, 900], "bias": [5] * 8},
        weights,
        plan=plan_of("xylo", weight="Q12.-4"),
        numbers={"dash_syn_1": 2, "dash_syn_2": 3, "dash_mem": 1},
        own={"synapse_1": rng.integers(-128, 128, (8, 8))},
        given="UQ4.0",
    )


LONG = ("xylo", "one_by_one", "words_on_maps")


@pytest.mark.parametrize("name", ["unseen", *(pytest.param(name, marks=pytest.mark.long) for name in LONG)])
def test_a_change_is_played_or_has_no_order(name: str) -> None:
    network = xylo() if name == "xylo" else POPULATION_SETS[name]()[0]
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
