"""Corners of the inputs of a network of populations, and of the cells under its projections' windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from fxsnn.golden.corners import Where
from fxsnn.graph.connect import POOLING, Projection, windows
from fxsnn.graph.given import Shape
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.rows import bring_rows
from fxsnn.program.variant import Ints

SILENT, HIGHEST, LOWEST = (
    "input: nothing is active",
    "input: every word is at its highest",
    "input: every word is at its lowest",
)


def input_corners(network: QuantisedGraph, inputs: Ints) -> Iterator[tuple[str, Where]]:
    """Yield corners of inputs, int64[presentations, steps, words], with where: bool[presentations, steps]."""
    form = network.graph.format
    yield SILENT, (inputs == 0).all(axis=2)
    yield HIGHEST, (inputs == form.highest).all(axis=2)
    if form.signed:
        yield LOWEST, (inputs == form.lowest).all(axis=2)


def cell_corners(network: QuantisedGraph, emitted: Mapping[str, Ints]) -> Iterator[tuple[str, Where]]:
    """Yield corners of projections with where they were reached: bool[presentations, steps, cells or windows].

    emitted    of every population and the input, int64[presentations, steps, words]
    """
    for one in network.graph.projections:
        words, shape = emitted[one.source], network.graph.shape_at(one.source)
        if one.kind == "conv" and one.padding != (0, 0):
            yield f"{one.name}: a word at an edge of the map", (words != 0) & at_edge(one, shape)
        if one.kind in POOLING:
            several = replace(one, kind="sum")
            rows = (words != 0).astype(np.int64).reshape(-1, words.shape[2])
            many = bring_rows(several, None, rows, shape).reshape(*words.shape[:2], -1)
            yield f"{one.name}: a window without a word", many == 0
            yield f"{one.name}: a window of one word", many == 1
            yield f"{one.name}: a window of several words", many > 1
            if (cut := ~covered(one, shape)).any():
                yield f"{one.name}: a word that no window covers", (words != 0) & cut
        if one.delay:
            late = (words != 0).copy()
            late[:, : max(late.shape[1] - one.delay, 0)] = False
            yield f"{one.name}: a word under way at the end: the next input must not see it", late


def at_edge(one: Projection, shape: Shape) -> Where:
    """Return which cells of a map are next to its padding: bool[words]."""
    edge = np.zeros(shape, np.bool_)
    if one.padding[0]:
        edge[[0, -1]] = True
    if one.padding[1]:
        edge[:, [0, -1]] = True
    return edge.reshape(-1)


def covered(one: Projection, shape: Shape) -> Where:
    """Return which cells of a map lie under a window without padding: bool[words]."""
    cells = np.zeros(shape, np.bool_)
    (down, across), (rows, columns), (step_down, step_across) = windows(one, shape), one.kernel, one.steps
    for y in range(down):
        for x in range(across):
            cells[y * step_down : y * step_down + rows, x * step_across : x * step_across + columns] = True
    return cells.reshape(-1)
