"""Weights and constants that their formats do not hold: what is given, and what is stored in its place."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fxsnn.errors import as_given
from fxsnn.graph.quantise import QuantisedGraph, weights_of
from fxsnn.number.cast import to_float
from fxsnn.number.format import Format


def misfit(what: str, given: ArrayLike, words: ArrayLike, form: Format, overflows: int) -> str:
    """Return what there is to say of numbers of which some left their format when they were cast; "" if none did.

    given    float64 of any shape
    words    int64 of the same shape: what is stored

    >>> misfit("constant threshold", 1.0, 63, Format.parse("UQ0.6"), 1)
    'constant threshold does not fit UQ0.6 (u6): 1 is stored as 0.984375'
    """
    if not overflows:
        return ""
    numbers, stored = np.ravel(given).astype(np.float64), np.ravel(to_float(words, form))
    worst = int(np.argmax(np.abs(stored - numbers)))
    example = f"{as_given(numbers[worst])} is stored as {as_given(stored[worst])}"
    if numbers.size == 1:
        return f"{what} does not fit {form.describe()}: {example}"
    return f"{what}: {overflows:,} of {numbers.size:,} do not fit {form.describe()}, the farthest {example}"


def misfits(network: QuantisedGraph) -> list[str]:
    """Return what there is to say of a network: a line for each projection's weights and each constant."""
    graph, casts, found = network.graph, network.casts, list[str]()
    for one in graph.projections:
        if whole := casts.get(f"{one.name}.{one.signal}"):
            form = network.signals[one.name][one.signal].format
            given, words = weights_of(one).values, network.weights[one.name]
            found.append(misfit(f"weights of {one.name}", given, words, form, whole.overflows))
    for population in graph.populations:
        for name, signal in population.neuron.constants.items():
            if whole := casts.get(f"{population.name}.{name}"):
                form = network.programs[population.name].signals[signal].format
                given, words = population.constants[name].values, network.constants[population.name][name]
                found.append(misfit(f"constant {name} of {population.name}", given, words, form, whole.overflows))
    return [line for line in found if line]
