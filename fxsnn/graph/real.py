"""The float parent of a network: its texts without their casts, in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.errors import ConfigError
from fxsnn.frozen import freeze
from fxsnn.graph.connect import bring, parts
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan, signals_for
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import weights_of
from fxsnn.graph.reading import check_inputs, classes_of, delayed, reduced
from fxsnn.program.neuron import BIT
from fxsnn.program.real import RealRun, Reals
from fxsnn.program.wires import BITS


@dataclass(frozen=True, slots=True)
class RealKept:
    """What a population did in the steps of one input, in real numbers; as `run.Kept` has it in words."""

    nodes: dict[str, Reals]  # every name of the text that begins with no underscore: float64[steps, neurons]
    emitted: Reals  # float64[steps, neurons]

    def __post_init__(self) -> None:
        freeze(self)


def float_run(
    graph: Graph, inputs: ArrayLike, plan: GraphPlan | None = None, start: Mapping[str, Reals] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.int64] | None]:
    """Return what the network says in real numbers: float64[inputs, neurons], and the classes as `run` does.

    inputs    numbers [inputs, steps, ...]: spikes are 0 and 1, words their values
    plan      says what raw words stand for, where weights or constants are given as such
    start     by `population.state` what states begin with, float64[inputs, neurons]; the others with 0

    Raises
    ------
    ConfigError
        The inputs are of another shape, or raw words are given and no plan.
    """
    words, weights, constants = _checked(graph, inputs), float_weights(graph, plan), float_constants(graph, plan)
    begun = [{name: values[n] for name, values in (start or {}).items()} for n in range(len(words))]
    read = [_played(graph, weights, constants, one, begun=states)[1] for one, states in zip(words, begun, strict=True)]
    stacked = np.stack(read).astype(np.float64) if read else np.zeros((0, graph.read.size))
    return stacked, classes_of(graph.readout, stacked)


def float_casts(graph: Graph, inputs: ArrayLike, take: Callable[[str, str, Reals], None]) -> None:
    """Run the network in real numbers and hand over what every cast would take: population, signal, values.

    inputs    float64[inputs, steps, words]; what `take` is given is float64 of the signal's shape

    Of a signal that no cast is into, what its states hold after every step.

    Raises as `float_run` does.
    """
    words, weights, constants = _checked(graph, inputs), float_weights(graph), float_constants(graph)
    for one in words:
        _played(graph, weights, constants, one, take)


def float_emitted(graph: Graph, inputs: ArrayLike, plan: GraphPlan | None = None) -> Iterator[dict[str, Reals]]:
    """Yield for every input what the input and each population emit, float64[steps, neurons]; as `float_run`."""
    words, weights, constants = _checked(graph, inputs), float_weights(graph, plan), float_constants(graph, plan)
    for one in words:
        yield _played(graph, weights, constants, one)[0]


def float_trace(graph: Graph, inputs: ArrayLike, plan: GraphPlan | None = None) -> dict[str, RealKept]:
    """Run one input, float64[steps, ...], and keep every node of every population; raises as `float_run` does."""
    (words,), weights = _checked(graph, np.asarray(inputs)[None]), float_weights(graph, plan)
    done: dict[str, list[list[Reals]]] = {one.name: [] for one in graph.populations}
    emitted, _ = _played(graph, weights, float_constants(graph, plan), words, keep=done)
    return {
        one.name: RealKept(
            {
                name: np.array([values[ref] for values in done[one.name]]).reshape(len(words), one.size)
                for name, ref in one.neuron.nodes.items()
            },
            emitted[one.name],
        )
        for one in graph.populations
    }


def float_weights(graph: Graph, plan: GraphPlan | None = None) -> dict[str, Reals]:
    """Return the weights of every projection that has some, in real numbers; raises as `float_run` does."""
    signals = signals_for(graph, plan) if plan else {}
    return {
        one.name: weights_of(one).reals(signals.get(one.name, {}).get(one.signal), f"weights of {one.name}")
        for one in graph.projections
        if one.weighed
    }


def float_constants(graph: Graph, plan: GraphPlan | None = None) -> dict[str, dict[str, Reals]]:
    """Return the constants of every population in real numbers, one each neuron; raises as `float_run` does."""
    signals = signals_for(graph, plan) if plan else {}
    return {
        one.name: {
            name: one.each(
                one.constants[name].reals(
                    {**signals.get(one.name, {}), BIT: BITS}.get(signal), f"constant {name} of {one.name}"
                )
            )
            for name, signal in one.neuron.constants.items()
        }
        for one in graph.populations
    }


def _checked(graph: Graph, inputs: ArrayLike) -> Reals:
    given = np.asarray(inputs, np.float64)
    if not np.isfinite(given).all():
        raise ConfigError("inputs must be finite numbers")
    return check_inputs(graph.shape, graph.readout, given)


def _played(
    graph: Graph,
    weights: Mapping[str, Reals],
    constants: Mapping[str, Mapping[str, Reals]],
    words: Reals,
    take: Callable[[str, str, Reals], None] | None = None,
    keep: Mapping[str, list[list[Reals]]] | None = None,
    begun: Mapping[str, Reals] | None = None,
) -> tuple[dict[str, Reals], Reals]:
    """Do every step of one input, [steps, words]; return what is emitted, and what is read.

    keep    takes the values of every operation of a population, step after step
    begun   by `population.state` what states begin with, float64[neurons]
    """
    emitted, read = {INPUT: words}, graph.read
    ref = read.neuron.names[graph.readout.node] if graph.readout.node else read.neuron.output[1]
    runs = {
        one.name: RealRun(
            one.neuron,
            constants[one.name],
            one.numbers,
            one.size,
            {name.partition(".")[2]: state for name, state in (begun or {}).items() if name.startswith(f"{one.name}.")},
            watch=partial(take, one.name) if take else None,
        )
        for one in graph.populations
    }
    seen = np.zeros((len(words), read.size))
    for stage in graph.stages:
        for name in stage.populations:
            emitted[name] = np.zeros((len(words), graph[name].size))
        for t in range(len(words)):
            for name in stage.populations:
                values = runs[name].step(_arriving(graph, weights, name, emitted, t))
                emitted[name][t] = values[graph[name].neuron.output[1]]
                if name == read.name:
                    seen[t] = values[ref]
                if keep is not None:
                    keep[name].append(values)
    return emitted, np.asarray(reduced(graph.readout, seen, len(words)), np.float64)


def _arriving(
    graph: Graph, weights: Mapping[str, Reals], name: str, emitted: Mapping[str, Reals], t: int
) -> dict[str, list[Reals]]:
    """Return what arrives at a population in a step, as the run in integers has it."""
    neuron, come = graph[name].neuron, dict[str, list[Reals]]()
    for given in neuron.inputs:
        come[given] = []
        for projection in graph.into(name, given):
            words = delayed(emitted[projection.source], t, projection.delay)
            for part in parts(words, given in neuron.one_by_one and projection.kind != "maximum"):
                brought = bring(projection, weights.get(projection.name), part, graph.shape_at(projection.source))
                come[given].append(brought * 2.0**-projection.halvings)
    return come
