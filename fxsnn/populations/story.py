"""From what was found of a network of populations to a report's story: the same page as of the other networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.inputs import Inputs
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.network import SPIKES, Graph
from fxsnn.graph.plan import GraphPlan, signals_for
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph, format_of
from fxsnn.graph.real import RealKept, float_constants, float_trace
from fxsnn.graph.run import Kept, trace
from fxsnn.measure.distributions import Distribution, distribution_of
from fxsnn.number.cast import to_float
from fxsnn.populations.bench import GraphBench, spiking
from fxsnn.populations.deciding import Deciding, counts_spikes, deciding
from fxsnn.program.neuron import BIT
from fxsnn.program.real import RealRun
from fxsnn.report.compose import Outcome, shared
from fxsnn.report.story import INPUTS, Story

SHOWN = 16  # inputs whose states are counted
MOST_STEPS = 1 << 17  # of neurons, of all of them together: every node is kept, in plain integers
GraphOutcome = Outcome[Graph, QuantisedGraph]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Run:
    """One input in real numbers and in integers."""

    floats: Mapping[str, RealKept]
    fixed: Mapping[str, Kept]


def compose(outcome: GraphOutcome, bench: GraphBench, command: str) -> Story:
    """Return the story of an outcome; `bench` has the inputs that the choice was made on: the very first is drawn."""
    graph, network = outcome.network, outcome.quantised
    inputs, words = bench.inputs, bench.inputs.words
    neurons = sum(one.size for one in graph.populations)
    most = min(SHOWN, len(words), max(1, MOST_STEPS // (neurons * words.shape[1])))
    runs = [
        _Run(float_trace(graph, to_float(one, graph.format), bench.plan), trace(network, one)) for one in words[:most]
    ]
    drawn = _drawn(graph)
    many = len(graph.populations)
    title = f"Network of {many} population{'s'[: many != 1]} on {Path(inputs.file).name or 'inputs'}"
    fields = shared(outcome, title, command, _facts(graph, inputs), graph_memory(network))
    weights = _tiles(network)
    return Story(
        **fields | {"candidates": tuple(_with_owners(graph, outcome, row) for row in fields["candidates"])},
        firing=outcome.chosen.firing or bench.firing(network),
        weights_float=weights[0],
        weights_fixed=weights[1],
        traces=_traces(outcome, bench, runs[0], drawn),
        distributions=tuple(_distributions(network, runs)),
        words=replace(INPUTS, input="spike" if graph.format == SPIKES else "active input"),
        state=_state_of(graph, drawn),
        states="states",
        fields=weights[2],
        neurons=f"neurons of {drawn}",
        fired_on=f"input{'s'[: len(words) != 1]} that the choice was made on; neurons of {', '.join(spiking(graph))}",
        membranes_caption=_membranes_caption(graph, drawn),
    )


def _drawn(graph: Graph) -> str:
    """Return the population that is drawn: the last one that fires; where none does the one that is read."""
    fire = [one.name for one in graph.populations if counts_spikes(one.neuron)]
    return next(reversed(fire), graph.read.name)


def _state_of(graph: Graph, drawn: str) -> str:
    """Return the signal whose format stands for the states': of the population that is drawn, or of any."""
    order = (graph[drawn], *graph.populations)
    return next((own for one in order for own, _ in one.neuron.states.values() if own != BIT), "")


def _with_owners(graph: Graph, outcome: GraphOutcome, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a candidate with the signals of every projection's weights and every population, by their owner."""
    plan = next(n for n, entry in enumerate(outcome.exploration.entries) if entry.name == row["name"])
    signals = signals_for(graph, outcome.exploration.plan_as(plan, GraphPlan))
    weights = [(one.name, signals[one.name][one.signal]) for one in graph.projections if one.weighed]
    found = {f"{owner} weight": signal for owner, signal in weights}
    found |= {f"{one.name} {own}": signal for one in graph.populations for own, signal in signals[one.name].items()}
    state = found.get(f"{_drawn(graph)} {_state_of(graph, _drawn(graph))}")
    return {
        **row,
        "formats": {name: signal.format.describe() for name, signal in found.items()},
        "weight_rounding": weights[0][1].rounding.value if weights else row["weight_rounding"],
        "state_rounding": state.rounding.value if state else row["state_rounding"],
    }


def _sizes(graph: Graph, name: str) -> str:
    return " x ".join(map(str, graph.shape_at(name)))


def _kinds(graph: Graph) -> str:
    return ", ".join(f"{one.name} {_sizes(graph, one.name)} ({one.neuron.title})" for one in graph.populations)


def _facts(graph: Graph, inputs: Inputs) -> dict[str, str]:
    weights = sum(one.weights.values.size for one in graph.projections if one.weights is not None)
    readout = graph.readout
    return {
        "network": f"{_kinds(graph)}; {weights:,} weights",
        "input": f"{_sizes(graph, INPUT)} words of {graph.format}",
        "time": f"{inputs.words.shape[1]:,} steps, read after {readout.skip}",
        "read": f"{readout.kind}{f' {readout.node}, {readout.over}' if readout.node else ''} of {graph.read.name}",
    }


def _tiles(network: QuantisedGraph) -> tuple[Reals, Reals, str]:
    """Return the weights from the input as pictures of it, and what they are of; none where they are no pictures."""
    graph = network.graph
    down, across, channels = (*graph.shape, 0, 0)[:3]
    for one in graph.projections:
        if one.source != INPUT or one.weights is None:
            continue
        if one.kind == "dense" and down == across and channels == 1:
            cells, fields = down * across, f"neurons of {one.target}"
        elif one.kind == "conv" and one.kernel[0] == one.kernel[1]:
            cells, fields = one.kernel[0] * one.kernel[1], f"kernels of {one.name}, one for each channel"
        else:
            continue
        signal = network.signals[one.name][one.signal]
        fixed = to_float(network.weights[one.name], signal.format)
        real = one.weights.reals(signal, one.name)
        flat = [weights.reshape(cells, -1) for weights in (real, fixed)]
        if one.kind == "conv":  # a kernel's weights are [row, column, channel of the input, channel]
            flat = [weights.transpose(0, 1, 3, 2).reshape(cells, -1) for weights in (real, fixed)]
        return flat[0], flat[1], fields
    return np.zeros((0, 0)), np.zeros((0, 0)), "neurons"


def _traces(outcome: GraphOutcome, bench: GraphBench, run: _Run, drawn: str) -> dict[str, Any]:
    graph, network, inputs = outcome.network, outcome.quantised, bench.inputs
    decides = deciding(graph[drawn].neuron)
    reals = {node: _reals(network, drawn, node, words) for node, words in run.fixed[drawn].nodes.items()}
    emitted = to_float(run.fixed[drawn].emitted, network.formats[drawn])
    constants = float_constants(graph, bench.plan)[drawn]
    signals = {**{own: one.format for own, one in network.signals[drawn].items()}, BIT: SPIKES}
    fixed = {
        name: graph[drawn].each(to_float(network.constants[drawn][name], signals[own]))
        for name, own in graph[drawn].neuron.constants.items()
    }
    limits = [_threshold(graph, drawn, decides, numbers) for numbers in (constants, fixed)]
    found = {
        "input": np.asarray(inputs.words[0] != 0, np.uint8),
        "float_membrane": _membrane(run.floats[drawn].nodes, decides, run.floats[drawn].emitted),
        "fixed_membrane": _membrane(reals, decides, emitted),
        "float_spikes": _spikes(graph, drawn, run.floats[drawn].emitted),
        "fixed_spikes": _spikes(graph, drawn, emitted),
        "threshold": limits[0],
        "class": int((bench.float_classes if inputs.labels is None else inputs.labels)[0]),
    }
    return found if np.array_equal(limits[0], limits[1]) else found | {"fixed_threshold": limits[1]}


def _spikes(graph: Graph, drawn: str, emitted: Reals) -> NDArray[np.uint8]:
    """Return how often neurons fire in every step, as far as a byte counts."""
    fires = counts_spikes(graph[drawn].neuron)
    return np.asarray(np.minimum(emitted, 255) if fires else np.zeros_like(emitted), np.uint8)


def _membrane(nodes: Mapping[str, Reals], decides: Deciding | None, emitted: Reals) -> Reals:
    if decides is None:
        return emitted
    return nodes[decides.node] - nodes[decides.other] if decides.other else nodes[decides.node]


def _threshold(graph: Graph, drawn: str, decides: Deciding | None, constants: Mapping[str, Reals]) -> Reals:
    """Return what is compared with, float64[neurons], of constants in real numbers."""
    one = graph[drawn]
    if decides is None or decides.threshold is None:
        return np.zeros(one.size)
    rest = RealRun(one.neuron, constants, one.numbers, one.size)
    return rest.step({name: [np.zeros(one.size)] for name in one.neuron.inputs})[decides.threshold]


def _membranes_caption(graph: Graph, drawn: str) -> str:
    decides, active = deciding(graph[drawn].neuron), f"The most active neurons of {drawn}"
    if not counts_spikes(graph[drawn].neuron) or decides is None:
        drawn_value = f"their {decides.node} after every step" if decides else "what they emit"
        return f"{active}: {drawn_value}. They emit words and never fire; the dashed line is 0."
    if decides.threshold is not None:
        marks = "a dot is a spike, the dashed line is the threshold that it is compared with"
        return f"{active}: {decides.node}, in the network's units; {marks}."
    if decides.other:
        return f"{active}: {decides.node} less {decides.other}, with which it is compared; a dot is a spike."
    return f"{active}: their {decides.node} after every step; a dot is a spike, or several, the dashed line is 0."


def _distributions(network: QuantisedGraph, runs: list[_Run]) -> Iterator[Distribution]:
    """Count the words of every state after every step; of a network without states what its answer is read from."""
    graph = network.graph
    states = [
        (one.name, name, own)
        for one in graph.populations
        for name, (own, last) in one.neuron.states.items()
        if own != BIT and one.neuron.nodes.get(name) == last
    ]
    for owner, name, own in states:
        neuron, form = graph[owner].neuron, network.signals[owner][own].format
        casts = np.zeros(2, np.int64)
        for run in runs:
            for cast, counted in zip(neuron.casts, run.fixed[owner].counts.values(), strict=True):
                casts += (cast.signal == own) * np.array([counted["casts"], counted["overflows"]])
        finer = form.frac - format_of(network.programs[owner], neuron.nodes[name]).frac  # 0 or more: so it is stored
        yield distribution_of(
            f"{owner} {name}",
            form,
            np.stack([run.floats[owner].nodes[name] for run in runs]),
            np.stack([run.fixed[owner].nodes[name] << finer for run in runs]),
            casts,
        )
    if not states:
        owner = graph.read.name
        yield distribution_of(
            f"{owner} emits",
            network.formats[owner],
            np.stack([run.floats[owner].emitted for run in runs]),
            np.stack([run.fixed[owner].emitted for run in runs]),
            np.zeros(2, np.int64),
        )


def _reals(network: QuantisedGraph, owner: str, node: str, words: NDArray[np.int64]) -> Reals:
    program = network.programs[owner]
    return to_float(words, format_of(program, program.neuron.nodes[node]))
