"""Writing NIR's HDF5 as NIR's own package does, so that it and others read it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.io.apart import check_h5py
from fxsnn.nir.node import GRAPH
from fxsnn.nir.outward import Outward

VERSION = "1.0.8"  # of NIR, whose nodes and parameters these are


def nir_bytes(graph: Outward) -> bytes:
    """Return a graph as a .nir file holds it; the same graph gives the same bytes."""

    def fill(file: Any, text: Any) -> None:
        file.create_dataset("version", data=VERSION, dtype=text)
        root = file.create_group("node")
        root.create_dataset("type", data=GRAPH, dtype=text)
        root.create_dataset("edges", data=np.array(graph.edges, object), dtype=text)
        nodes = root.create_group("nodes")
        for name, (kind, parameters) in graph.nodes.items():
            one = nodes.create_group(name)
            one.create_dataset("type", data=kind, dtype=text)
            for key, value in parameters.items():
                one.create_dataset(key, data=value)

    return _file(fill)


def data_bytes(nodes: Mapping[str, Mapping[str, NDArray[Any]]], dt: float) -> bytes:
    """Return what nodes did as a file of NIR's data: a NIRGraphData of TimeGriddedData.

    nodes    by name, and what was seen of each: [samples, steps, neurons], bools where it is spikes
    dt       seconds of a step
    """

    def fill(file: Any, text: Any) -> None:
        del text
        file.attrs["__type__"] = "NIRGraphData"
        group = file.create_group("nodes")
        for name, seen in nodes.items():
            one = group.create_group(name)
            one.attrs["__type__"] = "NIRNodeData"
            observables = one.create_group("observables")
            for key, data in seen.items():
                kept = observables.create_group(key)
                kept.attrs["__type__"], kept.attrs["dt"] = "TimeGriddedData", dt
                kept.create_dataset("data", data=data, compression="gzip", compression_opts=4)

    return _file(fill)


def _file(fill: Callable[[Any, Any], None]) -> bytes:
    check_h5py("writing NIR")
    import h5py  # here: nothing else needs it

    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        fill(file, h5py.string_dtype())
    return made.getvalue()
