"""A population that spikes reach by dense projections alone, its own among them: all its steps at once.

The weights of all its projections lie under each other, at their common binary point: active inputs are listed, and
their rows are added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fxsnn.graph.drive import Begun, Driver, Lists, Own, Written
from fxsnn.graph.engine import is_bits, seeds_of
from fxsnn.graph.lanes import rows_of
from fxsnn.graph.order import Stage
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.ways import Integers
from fxsnn.program import operations as op
from fxsnn.program.compiled import Compiled
from fxsnn.program.emit_values import is_bit


class Wire(NamedTuple):
    """A projection from another population: the rows of its weights are those from the first on."""

    source: str
    delay: int
    first: int
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """A population as the driver takes it."""

    driver: Driver
    wires: tuple[Wire, ...]
    own: Own | None  # projections to itself
    inputs: int  # rows of weights in all
    neurons: int
    emits: type[np.integer[Any]]
    row: int | None  # of the state that is read


def is_dense(network: QuantisedGraph, stage: Stage) -> bool:
    """Return whether a stage is one population that spikes reach by dense projections alone, at one input or none."""
    if len(stage.populations) > 1:
        return False
    neuron = network.graph[stage.populations[0]].neuron
    ways = {type(one) for one in neuron.operations if isinstance(one, op.Input | op.Each)}
    wires = [wire for given in neuron.inputs for wire in network.graph.into(stage.populations[0], given)]
    return (
        len(neuron.inputs) < 2
        and len(ways) < 2  # whole, or one after the other
        and all(wire.kind == "dense" and is_bits(network.formats[wire.source]) for wire in wires)
    )


def dense(network: QuantisedGraph, name: str, step: Compiled, row: int | None) -> Dense:
    """Return a population of which `is_dense` holds; row: of the state that is read of it, if any."""
    graph, one = network.graph, network.graph[name]
    wires, own, rows = list[Wire](), list[tuple[int, int]](), [np.zeros((0, one.size), np.int64)]
    low = high = first = 0
    for given in one.neuron.inputs:
        arrival = network.programs[name].arrivals[given]
        low, high = min(arrival.one.low, 0), max(arrival.one.high, 0)
        for projection in graph.into(name, given):
            rows.append(network.weights[projection.name] << arrival.total.frac - network.frac(projection))
            if projection.source == name:
                own.append((projection.delay, first))
            else:
                wires.append(Wire(projection.source, projection.delay, first, len(rows[-1])))
            first += len(rows[-1])
    delays, places = np.array(own, np.int64).reshape(-1, 2).T.copy()
    return Dense(
        Driver(
            step,
            rows_of(np.concatenate(rows), low, high),
            seeds_of(network, one, step.emitted.streams),
            network.plan.lfsr.tap_array(),
        ),
        tuple(wires),
        Own(delays, places) if own else None,
        first,
        one.size,
        np.uint8 if is_bit(one.neuron, one.neuron.output[1]) else np.int64,
        row,
    )


class DenseAtWork:
    """Room in which a population runs groups of inputs, one group after the other."""

    def __init__(self, population: Dense, images: int, steps: int) -> None:
        self.population, self.steps = population, steps
        shape = images, steps, population.neurons
        self._emitted = np.empty(shape, population.emits)
        self._nodes = np.empty(shape if population.row is not None else (0, 0, 0), population.driver.step.word)
        wires = population.wires
        alone = population.own is None and len(wires) == 1 and wires[0].delay == 0
        self._raster = None if alone else np.zeros((images, steps, population.inputs), np.uint8)
        self._lists = Lists(0 if population.own else images * steps, population.inputs)

    def run(self, emitted: Mapping[str, Integers], images: int, begun: Begun) -> tuple[Integers, Integers]:
        """Return what is emitted and the state that is read, [images, steps, neurons], in room that is used again.

        begun    what states begin with, int[images, states, neurons] of the step's words; without elements 0
        """
        population, raster = self.population, self._given(emitted, images)
        written = Written(emitted=self._emitted[:images], nodes=self._nodes[:images], row=population.row or 0)
        if population.own is None:
            population.driver.run(written, images, self.steps, *self._lists.of(raster), begun)
        else:
            population.driver.run_own(written, images, raster, population.own, begun)
        return written.emitted, written.nodes

    def _given(self, emitted: Mapping[str, Integers], images: int) -> NDArray[np.uint8]:
        """Return what arrives, uint8[images * steps, inputs]; own spikes are still to come.

        What lies before a delay is never written and stays 0; all else is written in every run.
        """
        if self._raster is None:
            found = emitted[self.population.wires[0].source][:images].astype(np.uint8, copy=False)
        else:
            found = self._raster[:images]
            for source, delay, first, size in self.population.wires:
                words = emitted[source][:images, : max(self.steps - delay, 0)]
                found[:, delay : delay + words.shape[1], first : first + size] = words
        return found.reshape(images * self.steps, self.population.inputs)
