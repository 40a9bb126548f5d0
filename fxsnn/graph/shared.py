"""What populations emit for the same inputs in networks of one graph: once, where nothing before them differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from fxsnn.graph.network import Graph
from fxsnn.graph.order import Stage
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.ways import Integers

MOST = 1 << 28  # bytes that are kept: what was kept first goes first


class Shared:
    """Keeps what was emitted in a network of a graph, all inputs of a part, for other networks of that graph.

    A stage is kept when it is asked for the second time: what one candidate alone does is not. What is kept is replaced
    and never changed: threads may share it.
    """

    def __init__(self) -> None:
        self._asked = set[bytes]()
        self._kept = dict[bytes, dict[str, Integers]]()

    def stages(self, network: QuantisedGraph, part: int) -> tuple[dict[str, Integers], dict[bytes, Stage]]:
        """Return what is known of a network's populations, and the stages that are to be kept when they have run.

        part    number of the inputs among those of the graph: with other inputs other words are emitted
        """
        known, wanted, graph, kept = dict[str, Integers](), dict[bytes, Stage](), network.graph, self._kept
        for stage in graph.stages:
            if graph.readout.node and graph.read.name in stage.populations:
                continue  # what is read of it is not emitted
            key = b"%d " % part + _key(network, stage)
            if key in kept:
                known |= kept[key]
            elif key in self._asked:
                wanted[key] = stage
            self._asked.add(key)
        return known, wanted

    def keep(self, emitted: Mapping[bytes, dict[str, Integers]]) -> None:
        """Keep what stages emitted, by the keys that were asked for, as far as memory allows."""
        kept = {**self._kept, **emitted}
        while kept and sum(one.nbytes for words in kept.values() for one in words.values()) > MOST:
            kept.pop(next(iter(kept)))
        self._kept = kept


def _key(network: QuantisedGraph, stage: Stage) -> bytes:
    """Return a digest of all that differs between networks of a graph in what a stage emits: all words before it."""
    graph, found = network.graph, hashlib.blake2b(repr((stage.populations, network.plan.lfsr)).encode())
    for name in sorted(_before(graph, stage.populations)):
        owners = [name, *(one.name for one in graph.projections if one.target == name)]
        words: list[Any] = [network.constants[name][one] for one in sorted(network.constants[name])]
        words += [network.weights[one] for one in owners[1:] if one in network.weights]
        found.update(repr([network.signals[one] for one in owners if one in network.signals]).encode())
        for one in words:
            found.update(np.ascontiguousarray(one).tobytes())
    return found.digest()


def _before(graph: Graph, names: Iterable[str]) -> set[str]:
    """Return these populations and all from which something comes to them."""
    found = set(names)
    known = {one.name for one in graph.populations}
    while more := {one.source for one in graph.projections if one.target in found and one.source in known} - found:
        found |= more
    return found
