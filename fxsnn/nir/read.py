"""Reading a NIR file in a process of its own, which a damaged file may hang or end."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError, FileError
from fxsnn.files import read_bytes
from fxsnn.nir.hdf5 import MOST_BYTES, parse_nir
from fxsnn.nir.node import Nested, Node
from fxsnn.npz import pack_npz, unpack_npz

SECONDS = 10  # of a processor: the largest file takes a few
MEMORY = 8 * MOST_BYTES
WAIT = 60 * SECONDS  # on the clock, where the system counts no processor time
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
    if importlib.util.find_spec("h5py") is None:
        raise ConfigError("reading NIR needs h5py: pip install 'fxsnn[nir]'")
    data = read_bytes(path, "a NIR file", MOST_BYTES)
    where = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    words = [sys.executable, "-P", "-m", "fxsnn.nir.read", str(seconds)]
    try:
        done = subprocess.run(words, input=data, capture_output=True, env=where, timeout=WAIT, check=False)  # noqa: S603
        ended = f"HDF5's library ended with status {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired:
        ended = f"HDF5's library did not end within {WAIT} s"
    if ended:
        raise FileError(f"{str(path)!r}: a NIR file must be whole HDF5: {ended}")
    found = unpack_npz(done.stdout)
    graph = json.loads(found[GRAPH].tobytes())
    if "refused" in graph:
        raise (ConfigError if graph["is"] == "ConfigError" else FileError)(f"{str(path)!r}: {graph['refused']}")
    return _unpacked(graph, found)


def _packed(graph: Nested, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Return a graph as JSON has it; arrays are put aside."""
    nodes = {}
    for name, node in graph.nodes.items():
        held: dict[str, Any] = {}
        for key, value in node.held.items():
            held[key] = value if isinstance(value, str) else len(arrays)
            if not isinstance(value, str):
                arrays[str(len(arrays))] = value
        inner = None if node.inner is None else _packed(node.inner, arrays)
        nodes[name] = {"name": node.name, "kind": node.kind, "held": held, "inner": inner}
    return {"nodes": nodes, "edges": graph.edges}


def _unpacked(graph: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Nested:
    nodes = {}
    for name, one in graph["nodes"].items():
        held = {key: value if isinstance(value, str) else arrays[str(value)] for key, value in one["held"].items()}
        inner = None if one["inner"] is None else _unpacked(one["inner"], arrays)
        nodes[name] = Node(one["name"], one["kind"], held, inner)
    return Nested(nodes, tuple((a, b) for a, b in graph["edges"]))


def _limit(seconds: int) -> None:
    """Let the system end this process where it takes too long, or too much."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, most in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, MEMORY)):
        highest = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if highest == resource.RLIM_INFINITY else min(most, highest), highest))


def _answer() -> None:
    """Read a NIR file from the standard input, and write the graph, or why it is refused, to the standard output."""
    data, arrays = sys.stdin.buffer.read(), dict[str, NDArray[Any]]()
    import h5py  # noqa: F401  before memory is limited: libraries reserve some as they load

    _limit(int(sys.argv[1]))
    try:
        told = _packed(parse_nir(data), arrays)
    except (ConfigError, FileError) as error:
        told = {"refused": str(error), "is": type(error).__name__}
    text = np.frombuffer(json.dumps(told).encode(), np.uint8)
    sys.stdout.buffer.write(pack_npz({GRAPH: text} | arrays))


if __name__ == "__main__":
    _answer()
