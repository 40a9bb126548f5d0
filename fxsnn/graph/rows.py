"""What a projection brings in many steps at once, or by each active word alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fxsnn.graph.connect import POOLING, Projection, bring, parts, windows
from fxsnn.graph.given import Shape
from fxsnn.program.variant import Ints

AT_ONCE = 1 << 18  # words of weights that are laid side by side
_FEW = 4  # rows of which only the active words are multiplied


def bring_rows(one: Projection, weights: Ints | None, rows: Ints, source: Shape) -> Ints:
    """Return what arrives at every target neuron, a row each: int64[rows, target]; see `bring`.

    rows    int64[rows, source], one or more; under a kernel they are laid side by side, as groups of channels of a map
    """
    if one.kind == "dense" and weights is not None:
        if len(rows) <= _FEW:
            return np.array([bring(one, weights, row, source) for row in rows], np.int64).reshape(
                len(rows), weights.shape[-1]
            )
        most = int(np.abs(rows).max(initial=0)) * int(np.abs(weights).sum(axis=0).max(initial=0))
        if most < 1 << 53:  # float64 holds every sum, whatever the order, and its product is the fast one
            return (rows.astype(np.float64) @ weights.astype(np.float64)).astype(np.int64)
        return np.asarray(rows @ weights)
    if one.kind != "conv" and one.kind not in POOLING:
        return rows if weights is None else rows * np.tile(weights.reshape(-1), rows.shape[1] // weights.size)
    many = AT_ONCE // weights.size if one.kind == "conv" and weights is not None else len(rows)
    many = max(many, 1)
    parts = [_side_by_side(one, weights, rows[n : n + many], source) for n in range(0, len(rows), many)]
    return np.concatenate(parts)


def bring_alone(one: Projection, weights: Ints | None, words: Ints, source: Shape) -> Ints:
    """Return what every active word brings without the others, int64[active, target], ascending; see `bring`.

    words    int64[source]; a maximum brings what it brings of all in one row
    """
    if one.kind == "dense" and weights is not None:
        active = np.flatnonzero(words)
        return np.asarray(weights[active] * words[active, None])
    rows = parts(words, one.kind != "maximum")
    return bring_rows(one, weights, rows, source) if len(rows) else np.zeros((0, 0), np.int64)


def _side_by_side(one: Projection, weights: Ints | None, rows: Ints, source: Shape) -> Ints:
    many, (height, width, channels), (down, across) = len(rows), source, windows(one, source)
    laid = rows.reshape(many, height, width, channels).transpose(1, 2, 0, 3).reshape(-1)
    if one.kind == "conv" and weights is not None:
        one, weights = replace(one, groups=many * one.groups), np.tile(weights, (1, 1, 1, many))
    brought = bring(one, weights, laid, (height, width, many * channels)).reshape(down, across, many, -1)
    return brought.transpose(2, 0, 1, 3).reshape(many, -1)
