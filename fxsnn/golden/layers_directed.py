"""Recordings that reach the corners of a layered network: fronts, bursts, silence, single cells, drawn events.

A network of layers begins every recording at rest, so that corners are reached by inputs alone. Each recording is run,
and kept only if it reaches a corner that none before it did. The same recordings on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import OverflowDetectedError
from fxsnn.golden.directed import Draws
from fxsnn.golden.layers import Shown, layers_words
from fxsnn.golden.layers_corners import layers_coverage
from fxsnn.golden.layers_reach import layers_impossible
from fxsnn.layered.quantise import QuantisedLayers

TRIALS = 120
ALWAYS = 2  # recordings that are kept in any case
PATIENCE = 40  # trials in a row without a new corner, after which the search ends

Frames = NDArray[np.uint16]


def directed_frames(network: QuantisedLayers, frames: Frames, seed: int = 0, trials: int = TRIALS) -> Frames:
    """Return recordings, uint16[recordings, steps, height, width, polarity], for corners that `frames` do not reach.

    The first two, every count at its highest at all times and in every other step, are there in any case: a recording
    must not see what the one before left.
    """
    covered = _covered(network, frames)
    missed = {name for name, count in covered.items() if not count} - layers_impossible(network).keys()
    found: list[Frames] = []
    since = 0
    for trial, recording in enumerate(_trials(network, seed, trials)):
        try:
            new = {name for name, count in _covered(network, recording[None]).items() if count} & missed
        except OverflowDetectedError:  # under the overflow mode `error`
            continue
        since = 0 if new else since + 1
        missed -= new
        if new or trial < ALWAYS:
            found.append(recording)
        if trial >= ALWAYS and (since > PATIENCE or not missed):
            break
    return np.stack(found) if found else frames[:0]


def _covered(network: QuantisedLayers, frames: Frames) -> dict[str, int]:
    shown = Shown.of(frames)
    found = layers_coverage(network, shown, layers_words(network, shown)[0])
    return {name: corner.count for name, corner in found.items()}


def _trials(network: QuantisedLayers, seed: int, trials: int) -> Iterator[Frames]:
    """Yield recordings to try: made ones, then drawn ones."""
    described = network.description
    shape = (described.steps, *described.inputs(0))
    full = np.full(shape, described.clip, np.uint16)
    steps, rows, columns, polarities = np.indices(shape)
    yield full
    for shows in (
        steps % 2 == 0,
        steps < 1,
        steps < described.steps // 2,
        steps >= described.steps // 2,
        (rows + columns) % 2 == 0,
        polarities == 0,
        polarities == 1,
        (rows == 0) & (columns == 0),
        (rows == shape[1] - 1) & (columns == shape[2] - 1),
        rows == steps % shape[1],
        columns == steps % shape[2],
    ):
        yield np.where(shows, full, 0).astype(np.uint16)
    yield np.ones(shape, np.uint16)
    yield np.zeros(shape, np.uint16)
    draws, size = Draws(seed), full.size
    for _ in range(trials):
        counts = 1 + draws.below(described.clip, size)
        dense = 1 << draws.one(7)  # of 64 cells so many have events
        shown = draws.below(64, size) < dense
        if draws.one(2):  # in bursts
            busy = draws.below(2, described.steps)
            shown &= np.repeat(busy, size // described.steps) > 0
        yield np.where(shown, counts, 0).reshape(shape).astype(np.uint16)
