"""A layered network in real numbers with every signal kept, in the units of the words that hold it in integers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fxsnn.decolle.forward import Floats, units
from fxsnn.decolle.learn import steps_of
from fxsnn.decolle.network import DecolleNetwork


def recorded(network: DecolleNetwork, frames: NDArray[np.uint16]) -> list[dict[str, Floats]]:
    """Run frames and return, for each layer, float32[steps, recordings, ...] of its signals by name.

    Q, P and R are states, U the membranes, all in the units of the layer's words, D what P makes of U, and S spikes.
    """
    kept: list[dict[str, list[Floats]]] = [{name: [] for name in "QPRUDS"} for _ in network.description.layer]
    for layers in steps_of(network, frames):
        for layer, states in zip(layers, kept, strict=True):
            q, p = units(layer.layer)
            drive = layer.membranes - layer.bias - layer.refractory
            scaled = (layer.synapses * q, layer.traces * p, layer.refractory * p, layer.membranes * p, drive * p)
            for name, values in zip(states, (*scaled, layer.spikes), strict=True):
                states[name].append(values.astype(np.float32))
    return [{name: np.stack(values) for name, values in states.items()} for states in kept]
