"""How the layers of a network fire in integers beside the float network: see `measure.firing`."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.description import Description
from fxsnn.decolle.learn import frames_of
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.populations import as_inputs
from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.decolle.record import recorded
from fxsnn.graph.batch import emitted_of
from fxsnn.measure.firing import Firing, Reference, compare, gathered

COUNTED = 16  # the first recordings, of which spikes are counted and states kept
MOST_VALUES = 1 << 24  # of one signal of all of them
_NONE = np.zeros((0, 0, 0), np.uint8)


def counted(described: Description) -> int:
    """Return how many recordings are counted: fewer where a layer has many values in all steps."""
    shapes = (described.geometry(n) for n in range(len(described.layer)))
    largest = max(math.prod(shape) for geometry in shapes for shape in (geometry.inputs, geometry.outputs))
    return min(COUNTED, max(1, MOST_VALUES // (largest * described.steps)))


def first_frames(network: DecolleNetwork | QuantisedLayers, shown: Recordings) -> Iterator[NDArray[np.uint16]]:
    """Yield the frames of the recordings that are counted, one by one: uint16[1, steps, height, width, polarity]."""
    many = min(counted(network.description), len(shown))
    return (frames_of(network, shown, np.array([n])) for n in range(many))


def reference(network: DecolleNetwork, shown: Recordings) -> Reference | None:
    """Keep the float network's spikes of the first recordings, of all layers before pooling; none where none fires."""
    spiking = _spiking(network.description)
    if not spiking:
        return None

    def fired() -> Iterator[NDArray[np.uint8]]:
        for frames in first_frames(network, shown):
            layers = recorded(network, frames)
            flat = [layers[n]["S"].reshape(frames.shape[1], -1) > 0 for n in spiking]
            yield np.concatenate(flat, axis=1).view(np.uint8)

    counts, trains = gathered(fired())
    return Reference(counts, _NONE, trains)


def watch(float_net: Reference, network: QuantisedLayers, shown: Recordings) -> Firing:
    """Compare a network in integers, which has run on the recordings, with the float network."""

    def fired() -> Iterator[NDArray[np.uint8]]:
        for frames in first_frames(network, shown):
            emitted = emitted_of(network.graph, as_inputs(frames))
            flat = [emitted[f"layer_{n}"][0] for n in _spiking(network.description)]
            yield np.concatenate(flat, axis=1).astype(np.uint8)

    return compare(float_net, *gathered(fired()))


def _spiking(described: Description) -> list[int]:
    return [n for n, layer in enumerate(described.layer) if layer.kind != "output"]
