"""A network's populations at work on one recording, step by step, with weights and biases that may change."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fxsnn.decolle.populations import pooled_name
from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.graph.engine import Engine, stored_in
from fxsnn.graph.population import INPUT
from fxsnn.graph.ways import Integers
from fxsnn.program.compiled import compiled


class Working:
    """A network whose layers filter their inputs, and what it needs to be run. What reads the answer is left out."""

    def __init__(self, network: QuantisedLayers) -> None:
        graph, layers = network.graph, [f"layer_{number}" for number in range(len(network.plan.layers))]
        names = [name for stage in graph.graph.stages for name in stage.populations if name != "answer"]
        self._emitted = dict[str, Integers]()
        for name in (INPUT, *names):
            self._emitted[name] = np.zeros((1, math.prod(graph.graph.shape_at(name))), stored_in(graph.formats[name]))
        self._engines, self._rows = dict[str, Engine](), dict[str, int]()
        for name in names:
            program, learns = graph.programs[name], name in layers
            if learns:
                program, state = program.keeping("membrane")
                self._rows[name] = [*program.neuron.states].index(state)
            step = compiled(program, graph.each(name))
            self._engines[name] = Engine(graph, name, step, one_row=True, changing=learns)

    def begin(self) -> None:
        """Return to rest."""
        for engine in self._engines.values():
            engine.begin()

    def advance(self, given: NDArray[np.unsignedinteger]) -> None:
        """Do a time step.

        given    uint[words], the network's input at this step
        """
        self._emitted[INPUT][0] = given
        for name, engine in self._engines.items():
            engine.step(self._emitted, self._emitted[name], 0)

    def trace(self, number: int) -> NDArray[np.int64]:
        """Return P of the inputs of a layer, int64[inputs]."""
        words: NDArray[np.int64] = self._emitted[f"filter_{number}"][0]
        return words

    def pooled(self, number: int) -> NDArray[np.uint8]:
        """Return the spikes that a layer gives, uint8[outputs]."""
        pooled = pooled_name(number)
        spikes: NDArray[np.uint8] = self._emitted[pooled if pooled in self._emitted else f"layer_{number}"][0]
        return spikes

    def membranes(self, number: int) -> NDArray[np.int64]:
        """Return what is compared with 0 in a layer, sum + refractory state + bias: int64[neurons]."""
        name = f"layer_{number}"
        return self._engines[name].state(self._rows[name])

    def read(self, number: int, weights: NDArray[np.int64], bias: NDArray[np.int64]) -> None:
        """Let a layer take other words for weights and biases.

        weights, bias    int64[rows, columns, inputs, channels] and int64[channels]
        """
        self._engines[f"layer_{number}"].change(weights, "bias", bias)
