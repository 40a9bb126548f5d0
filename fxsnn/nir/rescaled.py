"""Weights and constants on their way into other words: multiplied, written as short as can be, and their formats."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from fxsnn.graph.connect import Projection
from fxsnn.graph.given import Shape, real
from fxsnn.graph.population import Population
from fxsnn.nir.layout import Reals, least, nir_shape
from fxsnn.nir.wires import Wire, folded
from fxsnn.number.format import Format


def highest(form: str) -> float:
    """Return the greatest number of a signal's format."""
    read = Format.parse(form.split()[0])
    return float(read.value(read.highest))


def covering(values: Reals, word: int) -> str:
    """Return a format of so many bits that holds all these numbers, float64 of any shape."""
    signed, most = bool((values < 0).any()), float(abs(values).max())
    integer = (math.floor(math.log2(most)) + 1 if most else 0) + signed
    return str(Format(word, word - integer, signed))


def shortly(values: Reals, one: Population) -> Reals:
    """Return a constant of a population, float64[neurons], as short as it can be written."""
    return least(values, nir_shape(one.shape))


def weights_of(wire: Projection) -> Reals:
    """Return what a projection multiplies words by."""
    if wire.weights is not None:
        return np.asarray(wire.weights.values, np.float64)
    return np.asarray(1 / math.prod(wire.kernel) if wire.kind == "average" else 1.0)


def times(wire: Projection, gain: Reals, one: Population, source: Shape) -> Projection | None:
    """Return a projection that brings `gain` times as much, one each neuron; a pool becomes a convolution.

    gain      float64[neurons]
    source    the shape of what is brought

    None where weights are shared by neurons of different gains.
    """
    made = Wire(wire.kind, None, None, wire.signal, wire.kernel, wire.stride, wire.padding, wire.groups)
    if wire.weights is not None:
        made = replace(made, weights=weights_of(wire))
    elif wire.kind in ("sum", "average"):
        channels = source[-1]
        under = np.full((*wire.kernel, 1, channels), weights_of(wire))
        made = replace(made, kind="conv", weights=under, stride=wire.steps, groups=channels)
    found = folded(made, gain, nir_shape(one.shape))
    if found is None or found.weights is None:
        return None
    return replace(wire, kind=found.kind, weights=real(found.weights), stride=found.stride, groups=found.groups)
