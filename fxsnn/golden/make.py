"""Write golden vectors of the network of one layer that learns without labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fxsnn.competitive.graph import graph_of
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.data.encode import Spikes
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.golden.populations_stream import Progress
from fxsnn.graph.starting import Given


def make_bundle(
    folder: Path,
    network: QuantisedNetwork,
    spikes: Spikes,
    *,
    aimed: bool = True,
    kinds: Sequence[str] = (),
    start: Given | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write golden vectors of the network's response to every image of `spikes`; return the manifest.

    It is the set of the population that the layer is (`competitive.graph`), else as `make_graph_bundle` has it.

    start    what `layer.membrane` and `layer.refractory` begin with
    """
    shown = spikes.raster().astype(np.int64)
    return make_graph_bundle(folder, graph_of(network), shown, aimed=aimed, kinds=kinds, start=start, progress=progress)
