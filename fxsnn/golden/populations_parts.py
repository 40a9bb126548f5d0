"""A golden set of a network of populations, some presentations of it at a time, and dumps beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from fxsnn.golden.align import likeliest
from fxsnn.golden.contents import Vector
from fxsnn.golden.dump import Dumped
from fxsnn.golden.populations import Presented
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.golden.populations_stream import presentations
from fxsnn.golden.timed import Timed

AT_ONCE = 1 << 22  # words of all nodes that are computed and stored together


def presentations_at_once(bundle: GraphBundle) -> int:
    """Return of how many presentations the words fit into memory at once."""
    words = sum(math.prod(vector.shape) for vector in bundle.vectors if vector.role == "node")
    return max(1, AT_ONCE * len(bundle.stimuli.words) // max(words, 1))


def in_parts(bundle: GraphBundle, dumps: Sequence[Dumped]) -> Iterator[tuple[GraphBundle, list[Dumped]]]:
    """Yield some presentations after the other as a set of their own, and the part of the dumps that belongs to them.

    A dump that begins early or late does so in the first of them.
    """
    stimuli, late, many = bundle.stimuli, _late(bundle, dumps), presentations_at_once(bundle)
    for first in range(0, len(stimuli.steps), many):
        some = slice(first, min(first + many, len(stimuli.steps)))
        part = replace(
            stimuli,
            words=stimuli.words[some],
            steps=stimuli.steps[some],
            start=stimuli.start.part(some),
            before=first,
        )
        vectors = [_of_part(vector, part) for vector in bundle.vectors]
        nodes = {vector.name: vector for vector in vectors}
        yield (
            replace(bundle, vectors=vectors, stimuli=part),
            [_beside(dump, nodes[dump.node.name], some, stimuli, late[dump.node.name]) for dump in dumps],
        )


def _of_part(vector: Vector, part: Presented) -> Vector:
    """Return a file of a set that has these presentations alone."""
    if vector.role == "constant":
        return vector
    return replace(vector, shape=(len(part.steps) if vector.role == "state" else part.rows, *vector.shape[1:]))


def _beside(dump: Dumped, node: Vector, some: slice, timed: Timed, late: int) -> Dumped:
    """Return the part of a dump that belongs to some of all presentations."""
    edges, each = timed.edges, math.prod(node.shape[1:])
    first, last = edges[some.start] * each, edges[some.stop] * each
    if dump.places is not None:
        inside = np.flatnonzero((dump.places >= first) & (dump.places < last))
        places = dump.places[inside] - first
        return replace(dump, node=node, words=dump.words[inside], defined=dump.defined[inside], places=places)
    begin = first + late if some.start else 0
    end = len(dump.words) if some.stop == len(timed.steps) else last + late  # what is behind the set is reported
    part = slice(max(begin, 0), max(end, 0))
    return replace(dump, node=node, words=dump.words[part], defined=dump.defined[part])


def _late(bundle: GraphBundle, dumps: Sequence[Dumped]) -> dict[str, int]:
    """Return by node how many words late a dump begins, as its first presentation says."""
    words, _ = next(presentations(bundle.network, bundle.stimuli))
    found = dict.fromkeys(words, 0)
    for dump in dumps:
        stream = words[dump.node.name].reshape(-1)
        if dump.places is None:
            head = slice(2 * len(stream))
            begin = replace(dump, words=dump.words[head], defined=dump.defined[head])
            found[dump.node.name] = likeliest(begin, stream).late
    return found
