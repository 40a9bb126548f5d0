"""A golden set's words in NIR's format of data, for tools that compare what nodes do.

NIRGraphData of nodes by name, of NIRNodeData by observable, of TimeGriddedData [samples, steps, neurons]: bools where a
node says 0 or 1, else the real numbers that words stand for. Neurons are counted in NIR's order, a map flat.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError, FileError
from fxsnn.golden.bundle import read_bundle
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.graph.population import INPUT
from fxsnn.io.files import check_output, write_bytes
from fxsnn.nir.layout import places
from fxsnn.nir.outward import outward
from fxsnn.nir.write import data_bytes
from fxsnn.number.cast import to_float


def export_data(folder: Path, out: Path, dt: float) -> dict[str, dict[str, list[int]]]:
    """Write the words of a golden set as NIR's data; return the shape of each observable by node and name.

    dt    seconds that a step is taken to be

    Raises
    ------
    FxsnnError
        The set is damaged or of another kind of network, NIR has no node for a population, or the file cannot be
        written.
    """
    if out.suffix == ".toml":
        raise ConfigError(f"--out must be a file of NIR's data, which is HDF5, not {str(out)!r}")
    check_output(out, folder)
    bundle = read_bundle(folder)
    if not isinstance(bundle, GraphBundle):
        raise ConfigError(f"{str(folder)!r} must be a golden set of a network of populations")
    if bundle.altered:
        raise FileError(f"{str(folder)!r}: {bundle.altered[0]}")
    nodes = observed(bundle, dt)
    write_bytes(out, data_bytes(nodes, dt))
    return {node: {name: list(data.shape) for name, data in seen.items()} for node, seen in nodes.items()}


def observed(bundle: GraphBundle, dt: float) -> dict[str, dict[str, NDArray[Any]]]:
    """Return what every node of NIR does, by the name that the neuron's text has for it."""
    graph, (samples, steps) = bundle.network.graph, (len(bundle.stimuli.steps), bundle.stimuli.steps[0])
    made = outward(graph, bundle.network.plan, dt).places
    found: dict[str, dict[str, NDArray[Any]]] = {}
    for vector in bundle.vectors:
        owner, _, name = vector.name.partition(".")
        if vector.name != INPUT and (vector.role != "node" or name.startswith(("draw.", "lfsr."))):
            continue
        node, home = made[owner]
        words = bundle.words[vector.name].reshape(samples, steps, -1)[:, :, places(home.map)]
        bits = vector.format.word == 1 and not vector.format.signed and not vector.format.frac
        data = words.astype(np.bool_) if bits else to_float(words, vector.format)
        found.setdefault(node, {})[name or INPUT] = data
    return found
