"""A golden set of one layer as one of its population: what explains a dump is looked for among changes of the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from fxsnn.golden.align import Alignment
from fxsnn.golden.contents import Vector
from fxsnn.golden.dump import Dumped
from fxsnn.golden.populations import Presented
from fxsnn.golden.populations_causes import Found, explain
from fxsnn.golden.stimuli import Stimuli, play
from fxsnn.graph.one_layer import LAYER, graph_of
from fxsnn.graph.starting import Start
from fxsnn.program.variant import Ints
from fxsnn.quantised import SITES, QuantisedNetwork


def explain_layer(
    network: QuantisedNetwork,
    stimuli: Stimuli,
    vectors: Sequence[Vector],
    expected: Mapping[str, Ints],
    dumps: Sequence[Dumped],
    laid: Mapping[str, Alignment],
) -> Found:
    """Return what explains dumps of a set of one layer; see `populations_causes.explain`."""
    graph = graph_of(network)
    nodes = [replace(vector, name=_called(vector.name)) for vector in vectors if vector.role == "node"]
    shown = stimuli.unrolled(stimuli.raster.astype(np.int64))
    start = {_called(name): getattr(stimuli, name) for name in ("membrane", "refractory")}
    presented = Presented(shown, stimuli.steps, Start(start))
    words = {_called(name): held for name, held in expected.items()}
    words |= {_called("spike"): play(network, stimuli).nodes["spike"]}
    renamed = [
        replace(dump, node=replace(dump.node, name=_called(dump.node.name), stored=dump.node.stem)) for dump in dumps
    ]
    return explain(graph, presented, nodes, words, renamed, {_called(name): one for name, one in laid.items()})


def _called(name: str) -> str:
    """Return what a node of a set of one layer is called among populations."""
    kind, _, site = name.partition("_")
    return f"{LAYER}.{kind}.{SITES.index(site)}" if kind in ("draw", "lfsr") else f"{LAYER}.{name}"
