"""From what was found of a layered network to a report's story: the same page as of the first network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.cast import to_float
from fxsnn.data.recordings import Recordings
from fxsnn.distributions import Distribution, distribution_of
from fxsnn.firing import Firing, Reference, compare
from fxsnn.frozen import freeze
from fxsnn.layered.emulate import LayeredTrace, emulate_layers
from fxsnn.layered.inventory import layered_memory
from fxsnn.layered.learn import frames_of
from fxsnn.layered.network import LayeredNetwork
from fxsnn.layered.quantise import QuantisedLayers
from fxsnn.layered.record import recorded
from fxsnn.layered.width import input_format, wires
from fxsnn.report.compose import Outcome, shared
from fxsnn.report.story import RECORDINGS, Story

SHOWN = 16  # recordings whose states and spikes are counted
MOST_VALUES = 1 << 24  # of one signal of all of them
LayersOutcome = Outcome[LayeredNetwork, QuantisedLayers]


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """One recording in float and in integers."""

    floats: list[dict[str, NDArray[np.float32]]]  # by layer and signal, [steps, words]
    fixed: LayeredTrace

    def __post_init__(self) -> None:
        freeze(self)


def compose_layers(
    outcome: LayersOutcome, held_out: Recordings, test: Recordings, command: str, more: Mapping[str, str]
) -> Story:
    """Return the story of an outcome; `command` and `more`, by name, are listed among the settings.

    held_out    recordings that the choice was made on: spikes are counted on the first of them
    test        states are counted on the first of them, and the very first is drawn
    """
    network, quantised = outcome.network, outcome.quantised
    most = _most(network)
    runs = _runs(network, quantised, test, most)
    chosen_by = runs if held_out is test else _runs(network, quantised, held_out, most)
    number = last_spiking(network)
    weights = _tiles(network, quantised)
    return Story(
        **shared(
            outcome,
            f"Network of layers ({_kinds(network)}) on {test.name}",
            command,
            _facts(network, held_out, test, more),
            layered_memory(quantised),
        ),
        firing=_firing(network, chosen_by),
        weights_float=weights[0],
        weights_fixed=weights[1],
        traces=_traces(network, quantised, test, runs[0], number),
        distributions=_distributions(network, quantised, runs),
        words=RECORDINGS,
        state="trace",
        states="traces and refractory states",
        fields="kernels of layer 0, one for each polarity",
        neurons=f"neurons of layer {number}",
        fired_on=(
            f"recording{'s'[: len(chosen_by) != 1]}, the first of those that the choice was made on; neurons of all "
            "layers, before pooling"
        ),
        membranes_told=(
            f"The most active neurons of layer {number}, in units of its trace P; a dot is a spike, which is fired "
            "above 0. Membranes are not stored: they are the exact sum under the kernel, the bias and the refractory "
            "state."
        ),
    )


def last_spiking(network: LayeredNetwork) -> int:
    """Return the number of the last layer that spikes; of a network that has none: 0."""
    kinds = [layer.kind for layer in network.description.layer]
    return max((n for n, kind in enumerate(kinds) if kind != "output"), default=0)


def _most(network: LayeredNetwork) -> int:
    described = network.description
    shapes = (described.geometry(n) for n in range(len(described.layer)))
    largest = max(math.prod(shape) for geometry in shapes for shape in (geometry.inputs, geometry.outputs))
    return min(SHOWN, max(1, MOST_VALUES // (largest * described.steps)))


def _runs(network: LayeredNetwork, quantised: QuantisedLayers, shown: Recordings, most: int) -> list[_Run]:
    runs = []
    for n in range(min(most, len(shown))):
        frames = frames_of(network, shown, np.array([n]))
        states = recorded(network, frames)
        flat = [{name: values.reshape(len(values), -1) for name, values in layer.items()} for layer in states]
        runs.append(_Run(flat, emulate_layers(quantised, frames)))
    return runs


def _kinds(network: LayeredNetwork) -> str:
    return ", ".join(f"{layer.kind} {layer.channels}" for layer in network.description.layer)


def _facts(network: LayeredNetwork, held_out: Recordings, test: Recordings, more: Mapping[str, str]) -> dict[str, str]:
    described = network.description
    kinds = [
        f"{layer.kind} {layer.channels}"
        + (f" ({layer.kernel} x {layer.kernel}" if layer.kind == "conv" else "")
        + (f", pooled by {layer.pool})" if layer.pool > 1 else ")" * (layer.kind == "conv"))
        for layer in described.layer
    ]
    height, width, _ = described.inputs(0)
    return {
        "recordings": held_out.name,
        **more,
        "reported on": f"{test.name}, used for nothing else",
        "network": f"{', '.join(kinds)}; {sum(array.size for array in network.weights):,} weights",
        "input": f"{height} x {width} cells of two polarities, counts up to {described.clip:,}",
        "time": f"{described.steps:,} steps of {described.step:,} us, read after {described.burn_in}",
    }


def _tiles(network: LayeredNetwork, quantised: QuantisedLayers) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the kernels of the first layer, one after the other; none where they are not square."""
    height, width, _, _ = network.weights[0].shape
    if height != width:
        return np.zeros((0, 0)), np.zeros((0, 0))
    fixed = to_float(quantised.layers[0].weights, quantised.plan.layers[0].weight.format)
    both = (weights.transpose(0, 1, 3, 2).reshape(height * width, -1) for weights in (network.weights[0], fixed))
    in_float, in_fixed = (np.ascontiguousarray(tiles, np.float64) for tiles in both)
    return in_float, in_fixed


def _firing(network: LayeredNetwork, runs: list[_Run]) -> Firing:
    """Compare the spikes of all layers, before pooling."""
    spiking = [n for n, layer in enumerate(network.description.layer) if layer.kind != "output"] or [0]
    floats = np.stack([np.concatenate([run.floats[n]["S"] for n in spiking], axis=1) for run in runs]) > 0
    fixed = np.stack([np.concatenate([run.fixed.nodes[n]["spike"] for n in spiking], axis=1) for run in runs]) > 0
    counts = floats.sum(axis=1, dtype=np.int64)
    reference = Reference(counts, np.zeros((len(runs), 0, 0), np.uint8), floats.view(np.uint8))
    return compare(reference, fixed.sum(axis=1, dtype=np.int64), fixed.view(np.uint8))


def _distributions(network: LayeredNetwork, quantised: QuantisedLayers, runs: list[_Run]) -> tuple[Distribution, ...]:
    """Count the words of P (or M) and of R in each layer."""
    found = []
    for number, layer in enumerate(quantised.layers):
        inputs = layer.plan.filters == "inputs"
        signals = [("trace", "P" if inputs else "D", "trace P" if inputs else "membrane M")]
        signals += [("refractory", "R", "refractory state R")] * (network.description.layer[number].refractory > 0)
        for node, name, title in signals:
            counts = [run.fixed.counts[number][node] for run in runs]
            found.append(
                distribution_of(
                    f"layer {number} {title}",
                    getattr(layer.plan, node).format,
                    np.stack([run.floats[number][name] for run in runs]).astype(np.float64),
                    np.stack([run.fixed.nodes[number][node] for run in runs]),
                    np.array([sum(one[kind] for one in counts) for kind in ("casts", "overflows")]),
                )
            )
    return tuple(found)


def _traces(
    network: LayeredNetwork, quantised: QuantisedLayers, test: Recordings, run: _Run, number: int
) -> dict[str, Any]:
    nodes, floats = run.fixed.nodes[number], run.floats[number]
    frames = frames_of(network, test, np.arange(1))
    return {
        "input": frames[0].reshape(len(frames[0]), -1),
        "float_membrane": floats["U"].astype(np.float64),
        "fixed_membrane": _membranes(quantised, number, nodes),
        "float_spikes": (floats["S"] > 0).view(np.uint8),
        "fixed_spikes": nodes["spike"].astype(np.uint8),
        "threshold": np.zeros(floats["U"].shape[1]),
        "digit": int(test.labels[0]),
    }


def _membranes(quantised: QuantisedLayers, number: int, nodes: Mapping[str, NDArray[np.int64]]) -> NDArray[np.float64]:
    """Return the exact membranes of a layer in real numbers, float64[steps, neurons]."""
    layer = quantised.layers[number]
    plan, wired = layer.plan, wires(layer, input_format(quantised, number))
    if plan.filters == "inputs":
        drive = nodes["sum"] * 2.0**-wired.sum_frac
    else:
        drive = to_float(nodes["trace"], plan.trace.format)
    bias = np.tile(to_float(layer.bias, plan.bias.format), drive.shape[1] // len(layer.bias))
    total: NDArray[np.float64] = drive + bias + to_float(nodes["refractory"], plan.refractory.format)
    return total
