"""Reading a NIR file in a process of its own, which a damaged file may hang or end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import naming
from fxsnn.io.apart import answer, check_h5py, hdf5_apart
from fxsnn.io.files import read_bytes
from fxsnn.nir.hdf5 import MOST_BYTES, parse_nir
from fxsnn.nir.node import Nested, Node

SECONDS = 10  # of a processor: the largest file takes a few
GRAPH = "graph"


def read_nir(path: Path, seconds: int = SECONDS) -> Nested:
    """Read a NIR file.

    seconds    of a processor after which it is given up, where the system counts them

    Raises
    ------
    ConfigError
        h5py is not installed, or as `parse_nir`.
    FileError
        The file cannot be read, HDF5's library does not come to an end with it, or as `parse_nir`.
    """
    check_h5py("reading NIR")
    data = read_bytes(path, "a NIR file", MOST_BYTES)
    with naming(repr(str(path))):
        found = hdf5_apart("fxsnn.nir.read", data, "a NIR file", seconds)
    return _unpacked(json.loads(found[GRAPH].tobytes()), found)


def _packed(graph: Nested, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Return a graph as JSON has it; arrays are put aside."""
    nodes = {}
    for name, node in graph.nodes.items():
        parameters: dict[str, Any] = {}
        for key, value in node.parameters.items():
            parameters[key] = value if isinstance(value, str) else len(arrays)
            if not isinstance(value, str):
                arrays[str(len(arrays))] = value
        inner = None if node.inner is None else _packed(node.inner, arrays)
        nodes[name] = {"name": node.name, "kind": node.kind, "parameters": parameters, "inner": inner}
    return {"nodes": nodes, "edges": graph.edges}


def _unpacked(graph: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Nested:
    nodes = {}
    for name, one in graph["nodes"].items():
        parameters = {
            key: value if isinstance(value, str) else arrays[str(value)] for key, value in one["parameters"].items()
        }
        inner = None if one["inner"] is None else _unpacked(one["inner"], arrays)
        nodes[name] = Node(one["name"], one["kind"], parameters, inner)
    return Nested(nodes, tuple((a, b) for a, b in graph["edges"]))


def _arrays(data: bytes) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    graph = _packed(parse_nir(data), arrays)
    return {GRAPH: np.frombuffer(json.dumps(graph).encode(), np.uint8)} | arrays


if __name__ == "__main__":
    answer(_arrays)
