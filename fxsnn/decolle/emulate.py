"""Run a quantised layered network, as its populations do: for what it says of recordings, or for how its casts go."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from fxsnn.decolle.populations import as_inputs, of_layers
from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.errors import ConfigError, OverflowDetectedError
from fxsnn.graph.run import run
from fxsnn.graph.starting import REST, Start
from fxsnn.graph.stepping import casts_of


def respond_layers(
    network: QuantisedLayers, frames: NDArray[np.uint16], threads: int = 1, start: Start = REST
) -> NDArray[np.int64]:
    """Return what the last layer says of each class, summed over the steps after burn-in: int64[recordings, classes].

    An output layer says its membranes, another its spikes through its random readout. The answer is the class of the
    largest sum, the lowest of equal ones. Nothing depends on `threads` or on what else is in the batch.

    frames    uint16[recordings, steps, height, width, polarity]    counts, see `learn.frames_of`
    start     what each recording begins with: states of the network's populations

    Raises
    ------
    ConfigError
        The frames are of another size, or a count is larger than the description's clip.
    OverflowDetectedError
        A signal's overflow mode is `error` and a value left it.
    """
    _check_frames(network, frames)
    try:
        return run(network.running, frames, threads, start.words).said
    except OverflowDetectedError as error:  # of a population, whose name no plan of layers has
        raise OverflowDetectedError(re.sub(r" of (?:filter|layer)_(\d+) ", r" of layer \1 ", str(error))) from None


def count_casts(network: QuantisedLayers, frames: NDArray[np.uint16], start: Start = REST) -> dict[str, dict[str, int]]:
    """Show one recording and return how its casts went, by layer and cast, `layer 0 trace`; raises as `respond_layers`.

    frames    uint16[1, steps, height, width, polarity]
    start     what it begins with
    """
    (words,) = as_inputs(frames)
    return {
        f"layer {number} {cast.partition(',')[0]}": counts
        for number, parts in enumerate(of_layers(casts_of(network.graph, words, start.words)))
        for part in parts
        for cast, counts in part.items()
    }


def _check_frames(network: QuantisedLayers, frames: NDArray[np.uint16]) -> None:
    described = network.description
    shape = (described.steps, *described.inputs(0))
    if frames.dtype != np.uint16 or frames.shape[1:] != shape:
        wanted = f"uint16[recordings, {', '.join(map(str, shape))}]"
        raise ConfigError(f"frames must be {wanted}, not {frames.dtype}{[*frames.shape]}")
    if frames.size and frames.max() > described.clip:
        raise ConfigError(f"counts must be at most the clip of {described.clip}, not {frames.max()}")
