"""A network run by the interpreter in plain integers, population by population and neuron by neuron."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.engine import registers_of
from fxsnn.graph.population import INPUT
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.stepwise import Arrivals
from fxsnn.program.interpret import Run, Step


def interpreted(
    network: QuantisedGraph,
    words: NDArray[np.int64],
    then: Callable[[str, Run, Step], None] = lambda *_: None,
) -> dict[str, tuple[Run, list[Step]]]:
    """Run one input, int64[steps, words], from rest; return each population at its end, and its steps.

    then    called after every step of a population
    """
    graph, done = network.graph, dict[str, tuple[Run, list[Step]]]()
    emitted = {INPUT: words[None]}
    for stage in graph.stages:
        for name in stage.populations:
            one = graph[name]
            run = Run(network.programs[name], network.each(name), one.size, registers_of(network, one))
            done[name], emitted[name] = (run, []), np.zeros((1, len(words), one.size), np.int64)
        arrivals = {name: Arrivals(network, name, emitted, stage.populations) for name in stage.populations}
        for t in range(len(words)):
            for name in stage.populations:
                (run, steps), (come, _) = done[name], arrivals[name].at(t)
                steps.append(run.step({given: rows.reshape(-1, run.neurons).tolist() for given, rows in come.items()}))
                emitted[name][0, t] = steps[-1].emitted
                then(name, run, steps[-1])
    return done
