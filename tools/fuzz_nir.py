"""What tools/fuzz.py feeds to the import of NIR: graphs written as JSON, and sidecars."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from fxsnn.nir.conventions import Asked
from fxsnn.nir.convert import converted
from fxsnn.nir.node import KINDS, Nested, Node
from fxsnn.nir.save import network_text
from fxsnn.nir.sidecar import parse_sidecar


def nir(path: Path) -> object:
    """Import a graph of NIR's, written as JSON: HDF5 itself is read by a library, in a process of its own."""
    try:
        nested = nested_of(json.loads(path.read_bytes()))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # what HDF5's reader would not let through
    return network_text(converted(nested, Asked(dt=0.25)), "net.arrays.npz", "net.nir")


def sidecar(path: Path) -> object:
    """Read what lies beside a NIR file, whose bytes are none here."""
    weight = {"weight": np.array([[1.0, 2.0], [0.5, -1.0]])}
    return parse_sidecar(path.read_bytes(), b"", Nested({"input_a": Node("input_a", "Linear", weight)}, ()))


def nested_of(graph: dict[str, Any]) -> Nested:
    """Return a graph as HDF5's reader gives it; raises ValueError and others where it would refuse."""
    nodes = {}
    for name, one in graph["nodes"].items():
        kind = KINDS[one["type"]]
        given = {key: one[key] for key in (*kind.needs, *(key for key in kind.may if key in one))}
        held = {key: value if isinstance(value, str) else np.asarray(value, np.float64) for key, value in given.items()}
        if any(not isinstance(value, str) and not (value.size and np.isfinite(value).all()) for value in held.values()):
            raise ValueError(name)
        nodes[name] = Node(name, one["type"], held, nested_of(one) if one["type"] == "NIRGraph" else None)
    return Nested(nodes, tuple((str(a), str(b)) for a, b in graph["edges"]))


NIR = """{"nodes": {"in": {"type": "Input", "shape": [2, 4, 5]},
"c": {"type": "Conv2d", "weight": [[[[1, 2], [3, 4]], [[1, 0], [0, 1]]]], "padding": "same", "dilation": [1, 1]},
"i": {"type": "IF", "r": 1, "v_threshold": 2}, "p": {"type": "SumPool2d", "kernel_size": 2, "padding": 0},
"f": {"type": "Flatten", "start_dim": 0}, "d": {"type": "Delay", "delay": [0, 0.25, 0.5, 0.25]},
"s": {"type": "Scale", "scale": [1, 2, 3, 4]}, "a": {"type": "Affine", "weight": [[1, 2, 3, 4], [5, 6, 7, 8]],
"bias": [1, 2]}, "g": {"type": "NIRGraph", "nodes": {"x": {"type": "Input"}, "n": {"type": "CubaLIF", "tau_syn": 1,
"tau_mem": 2, "r": 1, "v_leak": 0, "v_threshold": [1, 2], "v_reset": 0.5}, "w": {"type": "Linear", "weight": [[1, 0],
[0, 1]]}, "y": {"type": "Output"}}, "edges": [["x", "n"], ["n", "w"], ["w", "n"], ["n", "y"]]},
"t": {"type": "Threshold", "threshold": 0.5}, "l": {"type": "LI", "tau": 1, "r": 1, "v_leak": 1},
"out": {"type": "Output", "shape": [2]}}, "edges": [["in", "c"], ["c", "i"], ["i", "p"], ["p", "f"], ["f", "d"],
["d", "s"], ["s", "a"], ["a", "g"], ["g", "t"], ["t", "l"], ["l", "out"]]}"""


SIDECAR = json.dumps(
    {
        "tool": "fxsnn",
        "schema": 1,
        "nir": hashlib.sha256(b"").hexdigest(),
        "dt": 0.001,
        "nodes": {"a": "a"},
        "network": {
            "input": {"shape": 2},
            "population": {"a": {"shape": 2, "neuron": "relay"}},
            "projection": [
                {
                    "from": "input",
                    "to": "a",
                    "weights": {"node": "input_a", "kind": "dense", "from": [2], "to": [2], "frac": 1},
                }
            ],
        },
        "plan": {"signal": {"weight": "Q3.1"}},
        "neurons": {"relay": "arriving: input\npassed: output\npassed = arriving\n"},
    }
)
