"""How the values of every signal of a network of populations lie in real numbers: the integer bits that it asks for."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.graph.network import Graph
from fxsnn.graph.real import float_casts, float_constants, float_weights
from fxsnn.measure.ranges import Spread, spread
from fxsnn.program.neuron import BIT

_MOST_VALUES = 1 << 22  # of one signal that percentiles are taken of
Reals = NDArray[np.float64]


def graph_spreads(graph: Graph, inputs: ArrayLike) -> dict[str, Spread]:
    """Run inputs in real numbers and return the distribution of the values of each signal, by `population.signal`.

    Of weights and constants all numbers; of other signals what every cast would take, or, where there is none, what
    their states hold. Extremes are those of all inputs, percentiles of as many of the first values as there is room
    for, four million a signal. A signal without a value is left out: its casts are never made.

    inputs    float64[inputs, steps, ...]

    Raises
    ------
    ConfigError
        The inputs are of another shape, weights or constants are given as raw words, or a value is not finite.
    """
    found: dict[str, _Values] = {}

    def take(owner: str, signal: str, values: Reals) -> None:
        found.setdefault(f"{owner}.{signal}", _Values()).add(values)

    weights, constants = float_weights(graph), float_constants(graph)
    for one in graph.projections:
        if one.weighed:
            take(one.name, one.signal, weights[one.name].reshape(-1))
    for population in graph.populations:
        for name, signal in population.neuron.constants.items():
            if signal != BIT:
                take(population.name, signal, constants[population.name][name])
    float_casts(graph, inputs, take)
    exact = _never_saturating(graph)
    return {
        name: spread(values.first(), (values.low, values.high), name in exact)
        for name, values in found.items()
        if values.count
    }


def _never_saturating(graph: Graph) -> set[str]:
    """Return the signals whose words must hold every value: of states that no cast is into, and of constants alone.

    Where a threshold of 1 saturates, every comparison is with another number.
    """
    return {
        f"{one.name}.{own}"
        for one in graph.populations
        for own in {*(own for own, _ in one.neuron.uncast.values()), *one.neuron.constants.values()}
        if own not in {cast.signal for cast in one.neuron.casts}
    }


class _Values:
    """Extremes of all values, and the first of them."""

    def __init__(self) -> None:
        self.low, self.high, self.count = math.inf, -math.inf, 0
        self._held: list[Reals] = []

    def add(self, values: Reals) -> None:
        """Take more of them."""
        if values.size:
            self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
            if self.count < _MOST_VALUES:
                self._held.append(values[: _MOST_VALUES - self.count].copy())
            self.count += values.size

    def first(self) -> Reals:
        """Return the first of them, in one array."""
        return np.concatenate(self._held)
