"""From what was found of a layered network to a report's story: the same page as of the first network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.inventory import decolle_memory
from fxsnn.decolle.learn import frames_of
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.decolle.record import recorded
from fxsnn.errors import as_given
from fxsnn.frozen import freeze
from fxsnn.graph.quantise import QuantisedGraph, format_of
from fxsnn.graph.run import Kept, trace
from fxsnn.measure.distributions import Distribution, distribution_of
from fxsnn.number.cast import to_float
from fxsnn.recordings.bench import Bench, counted, first_frames
from fxsnn.report.compose import Outcome, shared
from fxsnn.report.story import RECORDINGS, Story

LayersOutcome = Outcome[DecolleNetwork, QuantisedLayers]


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """One recording in float and in integers."""

    floats: list[dict[str, NDArray[np.float32]]]  # by layer and signal, [steps, words]
    fixed: Mapping[str, Kept]  # by population

    def __post_init__(self) -> None:
        freeze(self)


def compose(outcome: LayersOutcome, bench: Bench, test: Recordings, command: str) -> Story:
    """Return the story of an outcome; `command` is listed among the settings.

    bench    has the recordings that the choice was made on: spikes are counted on the first of them
    test     states are counted on the first of them, and the very first is drawn
    """
    network, quantised = outcome.network, outcome.quantised
    graph = quantised.graph
    runs = [_Run(_floats(network, frames), trace(graph, frames[0])) for frames in first_frames(network, test)]
    chosen_by = min(counted(network.description), len(bench.recordings))
    number = last_spiking(network)
    weights = _tiles(network, quantised)
    return Story(
        **shared(
            outcome,
            f"Network of layers ({_kinds(network)}) on {test.name}",
            command,
            _facts(outcome, bench, test),
            decolle_memory(quantised),
        ),
        firing=outcome.chosen.firing or bench.firing(quantised),
        weights_float=weights[0],
        weights_fixed=weights[1],
        traces=_traces(network, graph, test, runs[0], number),
        distributions=_distributions(network, quantised, runs),
        words=RECORDINGS,
        state="trace",
        states="traces and refractory states",
        fields="kernels of layer 0, one for each polarity",
        neurons=f"neurons of layer {number}",
        fired_on=(
            f"recording{'s'[: chosen_by != 1]}, the first of those that the choice was made on; neurons of all "
            "layers, before pooling"
        ),
        membranes_caption=(
            f"The most active neurons of layer {number}, in units of its trace P; a dot is a spike, which is fired "
            "above 0. Membranes are not stored: they are the exact sum under the kernel, the bias and the refractory "
            "state."
        ),
    )


def last_spiking(network: DecolleNetwork) -> int:
    """Return the number of the last layer that spikes; of a network that has none: 0."""
    kinds = [layer.kind for layer in network.description.layer]
    return max((n for n, kind in enumerate(kinds) if kind != "output"), default=0)


def _floats(network: DecolleNetwork, frames: NDArray[np.uint16]) -> list[dict[str, NDArray[np.float32]]]:
    states = recorded(network, frames)
    return [{name: values.reshape(len(values), -1) for name, values in layer.items()} for layer in states]


def _kinds(network: DecolleNetwork) -> str:
    return ", ".join(f"{layer.kind} {layer.channels}" for layer in network.description.layer)


def _facts(outcome: LayersOutcome, bench: Bench, test: Recordings) -> dict[str, str]:
    network, described = outcome.network, outcome.network.description
    more = {}
    if bench.lessons and outcome.chosen.scheme != "PTQ":
        learned = bench.lessons.learning
        how = f"{learned.passes} passes, rate {as_given(learned.rate)}, seed {learned.seed}"
        more = {"learned through its words": how}
    kinds = [
        f"{layer.kind} {layer.channels}"
        + (f" ({layer.kernel} x {layer.kernel}" if layer.kind == "conv" else "")
        + (f", pooled by {layer.pool})" if layer.pool > 1 else ")" * (layer.kind == "conv"))
        for layer in described.layer
    ]
    height, width, _ = described.inputs(0)
    return {
        "recordings": bench.recordings.name,
        **more,
        "reported on": f"{test.name}, used for nothing else",
        "network": f"{', '.join(kinds)}; {sum(array.size for array in network.weights):,} weights",
        "input": f"{height} x {width} cells of two polarities, counts up to {described.clip:,}",
        "time": f"{described.steps:,} steps of {described.step:,} us, read after {described.burn_in}",
    }


def _tiles(network: DecolleNetwork, quantised: QuantisedLayers) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the kernels of the first layer, one after the other; none where they are not square."""
    height, width, _, _ = network.weights[0].shape
    if height != width:
        return np.zeros((0, 0)), np.zeros((0, 0))
    fixed = to_float(quantised.graph.weights["weights_0"], quantised.plan.layers[0]["weight"].format)
    both = (weights.transpose(0, 1, 3, 2).reshape(height * width, -1) for weights in (network.weights[0], fixed))
    in_float, in_fixed = (np.ascontiguousarray(tiles, np.float64) for tiles in both)
    return in_float, in_fixed


def _distributions(network: DecolleNetwork, quantised: QuantisedLayers, runs: list[_Run]) -> tuple[Distribution, ...]:
    """Count the words of P (or M) and of R in each layer."""
    found = []
    for number, plan in enumerate(quantised.plan.layers):
        inputs = plan.filters == "inputs"
        own, filtering = f"layer_{number}", f"filter_{number}" if inputs else f"layer_{number}"
        signals = [(filtering, "trace", "P" if inputs else "D", "trace P" if inputs else "membrane M")]
        signals += [(own, "refractory", "R", "refractory state R")] * (network.description.layer[number].refractory > 0)
        for owner, node, name, title in signals:
            kept = [run.fixed[owner] for run in runs]
            counts = [one for run in kept for cast, one in run.counts.items() if cast.startswith(f"{node},")]
            found.append(
                distribution_of(
                    f"layer {number} {title}",
                    plan[node].format,
                    np.stack([run.floats[number][name] for run in runs]).astype(np.float64),
                    np.stack([run.nodes[node] for run in kept]),
                    np.array([sum(one[kind] for one in counts) for kind in ("casts", "overflows")]),
                )
            )
    return tuple(found)


def _traces(network: DecolleNetwork, graph: QuantisedGraph, test: Recordings, run: _Run, number: int) -> dict[str, Any]:
    kept, floats = run.fixed[f"layer_{number}"], run.floats[number]
    frames, program = frames_of(network, test, np.arange(1)), graph.programs[f"layer_{number}"]
    return {
        "input": frames[0].reshape(len(frames[0]), -1),
        "float_membrane": floats["U"].astype(np.float64),
        "fixed_membrane": to_float(kept.nodes["membrane"], format_of(program, program.neuron.nodes["membrane"])),
        "float_spikes": (floats["S"] > 0).view(np.uint8),
        "fixed_spikes": kept.emitted.astype(np.uint8),
        "threshold": np.zeros(floats["U"].shape[1]),
        "class": int(test.labels[0]),
    }
