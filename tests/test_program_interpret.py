"""A neuron's text, interpreted, does what the kernels do: every node, draw, register and count of every step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fxsnn.emulate import NODES, State, emulate, spikes_of
from fxsnn.errors import WidthError
from fxsnn.layered.emulate import emulate_layers
from fxsnn.layered.quantise import CASTS, QuantisedLayers
from fxsnn.layered.width import constants_of as layer_constants
from fxsnn.layered.width import input_format, programs_of
from fxsnn.program.interpret import Counts, Run, Step
from fxsnn.quantised import SITES, QuantisedNetwork, site_registers
from fxsnn.width import constants_of, program_of
from layered_networks import cells, frames_for, quantised_layers
from reference_layered import LayerReference
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


class LayerRun:
    """A layer by its texts: the filter of its inputs, if it has one, and its neurons."""

    def __init__(self, network: QuantisedLayers, number: int) -> None:
        self.layer = network.layers[number]
        given = input_format(network, number)
        self.reference = LayerReference(self.layer, given)  # for its sums, written by hand
        programs = programs_of(self.layer, given)
        outputs = self.layer.geometry.outputs
        sizes = [int(np.prod(self.layer.geometry.inputs))] * (len(programs) - 1) + [int(np.prod(outputs))]
        constants = layer_constants(self.layer)
        registers = dict(enumerate(self.layer.registers))
        self.runs = [Run(program, constants, n, registers) for program, n in zip(programs, sizes, strict=True)]

    def step(self, given: Mapping[tuple[int, int, int], int]) -> tuple[dict[str, list[int]], dict[int, int]]:
        """Return the nodes by the names of a trace, and the registers."""
        nodes: dict[str, list[int]] = {}
        registers: dict[int, int] = {}
        held = dict(given)
        for run in self.runs:
            last = run is self.runs[-1]
            words = list(self.reference.convolved(held).values()) if last else list(held.values())
            step = run.step({"arriving": [words]})
            stays_within_bounds(run, step)
            nodes |= step.nodes
            registers |= {
                cast.stream: step.registers[cast.stream] for cast in run.program.neuron.casts if cast.stream is not None
            }
            held = dict(zip(held, step.emitted, strict=True)) if not last else held
        return nodes, registers


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers(), st.integers(0, 99))
def test_every_node_of_a_layer_equals_the_kernels(network: QuantisedLayers, seed: int) -> None:
    frames = frames_for(network, 1, seed)
    try:
        trace = emulate_layers(network, frames)
    except WidthError:
        reject()
    layers = [LayerRun(network, number) for number in range(len(network.layers))]
    for t, frame in enumerate(frames[0]):
        given = cells(frame)
        for number, layer in enumerate(layers):
            nodes, registers = layer.step(given)
            for name, rows in trace.nodes[number].items():
                assert nodes[name] == rows[t].tolist(), (number, name)
            assert [registers[stream] for stream in sorted(registers)] == trace.registers[number][t].tolist()
            layer.reference.spikes = dict(zip(layer.reference.spikes, nodes["spike"], strict=True))
            given = layer.reference.pooled()
    for number, layer in enumerate(layers):
        found: dict[str, dict[str, int]] = {}
        for run in layer.runs:
            found |= {
                name: one for name, one in counted(run, CASTS).items() if run.program.neuron.cast(CASTS.index(name))
            }
        assert found == trace.counts[number]
