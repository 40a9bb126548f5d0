"""A neuron's text, interpreted, does what the kernels do: every node, draw, register and count of every step."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fxsnn.competitive.emulate import NODES
from fxsnn.competitive.graph import LAYER, graph_of, program_of
from fxsnn.competitive.quantised import SITES, QuantisedNetwork, site_registers
from fxsnn.graph.run import trace
from fxsnn.program.interpret import Run, Step
from strategies import words
from test_emulate import cases, many
from test_program_bounds import stays_within_bounds


def interpreted(
    network: QuantisedNetwork, raster: NDArray[np.uint8], start: dict[str, NDArray[np.int64]]
) -> tuple[list[Step], Run]:
    run = Run(
        program_of(network),
        graph_of(network).each(LAYER),
        network.neurons,
        dict(enumerate(site_registers(network.plan))),
        {name: words.tolist() for name, words in start.items()},
    )
    rows = network.weights.tolist()
    steps = [run.step({"arriving": [rows[i] for i in np.flatnonzero(active)]}) for active in raster]
    return steps, run


def counted(run: Run) -> dict[str, dict[str, int]]:
    """Return the counts of casts as a trace has them."""
    neuron = run.program.neuron
    return {neuron.labelled(cast): asdict(run.counts[cast.round]) for cast in neuron.casts}


@many
@given(cases(), st.data())
def test_every_node_of_the_competitive_neuron_equals_the_kernels(
    case: tuple[QuantisedNetwork, NDArray[np.uint8]], data: st.DataObject
) -> None:
    network, raster = case
    neurons = network.neurons
    start = {
        "membrane": np.array(
            data.draw(st.lists(words(network.plan["membrane"].format), min_size=neurons, max_size=neurons))
        ),
        "refractory": np.array(
            data.draw(st.lists(st.integers(0, network.refractory_steps), min_size=neurons, max_size=neurons))
        ),
    }
    kept = trace(graph_of(network), raster[0], {f"layer.{name}": held for name, held in start.items()})["layer"]
    steps, run = interpreted(network, raster[0], start)
    for node in NODES:
        assert [step.nodes[node] for step in steps] == kept.nodes[node].tolist(), node
    for stream, drawn in kept.draws.items():
        assert [step.draws[stream] for step in steps] == drawn.tolist(), SITES[stream]
    for stream, held in kept.registers.items():
        assert [step.registers[stream] for step in steps] == held.tolist(), SITES[stream]
    assert counted(run) == kept.counts
    for step in steps:
        stays_within_bounds(run, step)
