"""A neuron's text, interpreted, does what the kernels do: every node, draw, register and count of every step."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fxsnn.emulate import NODES, State, emulate, spikes_of
from fxsnn.program.interpret import Counts, Run, Step
from fxsnn.quantised import SITES, QuantisedNetwork, site_registers
from fxsnn.width import constants_of, program_of
from strategies import words
from test_emulate import cases, many
from test_program_bounds import stays_within_bounds


def interpreted(network: QuantisedNetwork, raster: NDArray[np.uint8], start: State) -> tuple[list[Step], Run]:
    run = Run(
        program_of(network),
        constants_of(network),
        network.neurons,
        dict(enumerate(site_registers(network.plan))),
        {"membrane": start.membrane.tolist(), "refractory": start.refractory.tolist()},
    )
    rows = network.weights.tolist()
    steps = [run.step({"arriving": [rows[i] for i in np.flatnonzero(active)]}) for active in raster]
    return steps, run


def counted(run: Run, names: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """Return the counts by register, in the words of a trace; nothing happens where the text has no such cast."""
    casts = {name: run.program.neuron.cast(stream) for stream, name in enumerate(names)}
    found = {name: run.counts[cast.round] if cast else Counts() for name, cast in casts.items()}
    return {
        name: {"casts": one.casts, "inexact": one.inexact, "ties": one.ties, "overflows": one.overflows}
        for name, one in found.items()
    }


@many
@given(cases(), st.data())
def test_every_node_of_the_competitive_neuron_equals_the_kernels(
    case: tuple[QuantisedNetwork, NDArray[np.uint8]], data: st.DataObject
) -> None:
    network, raster = case
    neurons = network.neurons
    start = State(
        np.array(data.draw(st.lists(words(network.plan.membrane.format), min_size=neurons, max_size=neurons))),
        np.array(data.draw(st.lists(st.integers(0, network.refractory_steps), min_size=neurons, max_size=neurons))),
    )
    trace = emulate(network, spikes_of(raster), start=start)
    steps, run = interpreted(network, raster[0], start)
    for node in NODES:
        assert [step.nodes[node] for step in steps] == trace.nodes[node].tolist(), node
    for name, drawn in trace.draws.items():
        assert [step.draws[SITES.index(name)] for step in steps] == drawn.tolist(), name
    assert [list(step.registers.values()) for step in steps] == trace.registers.tolist()
    assert counted(run, SITES) == trace.counts
    for step in steps:
        stays_within_bounds(run, step)
