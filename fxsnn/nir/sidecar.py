"""What NIR has no word for, in a file beside a .nir: the network and its plan as they are, but for the weights.

Weights lie in the .nir where a real number of it says them to the last bit, which the digest of the file vouches for;
docs/nir.md has the schema.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from fxsnn.errors import FileError, naming
from fxsnn.graph.files import graph_from_data
from fxsnn.graph.given import Given, raw, real
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan, graph_plan_from_data, graph_plan_to_data
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.writing import Beside, graph_to_data
from fxsnn.io.documents import fitted, parse_json
from fxsnn.io.files import read_bytes
from fxsnn.nir.layout import places
from fxsnn.nir.node import Nested
from fxsnn.nir.nodes import known_name
from fxsnn.nir.outward import Outward
from fxsnn.program.grammar import Text, parse

SCHEMA = 1
ENDING = ".fxsnn.json"
MOST_BYTES = 1 << 28
_EXACT = 1 << 53  # words up to which float64 has all
_MUST = "a NIR file's sidecar must be what fxsnn export nir wrote"


class _Weights(msgspec.Struct, forbid_unknown_fields=True, rename={"source": "from", "target": "to"}):
    node: str
    kind: str
    source: list[int]
    target: list[int]
    frac: int | None = None  # of raw words; real numbers without it


class _Sidecar(msgspec.Struct, forbid_unknown_fields=True):
    tool: str
    schema: int
    nir: str
    dt: float
    nodes: dict[str, str]
    network: dict[str, Any]
    plan: dict[str, Any]
    neurons: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Restored:
    """A network and its plan as they were exported.

    nodes    of NIR's by population
    """

    graph: Graph
    plan: GraphPlan
    dt: float
    nodes: dict[str, str]


def sidecar_of(path: Path) -> Path:
    """Return where the sidecar of a NIR file lies: `net.fxsnn.json` beside `net.nir`."""
    return path.with_name(f"{path.stem}{ENDING}")


def sidecar_bytes(network: QuantisedGraph, out: Outward, nir: bytes) -> bytes:
    """Return the sidecar of a NIR file.

    out    what the file was made of, and `nir`, its bytes
    """
    graph, words, texts = network.graph, network.words, dict[str, str]()
    lies = {
        f"{one.name}.{one.signal}": (out.weights[one.name], network.signals[one.name][one.signal].format.frac)
        for one in graph.projections
        if one.name in out.weights
    }

    def numbers(name: str, given: Given) -> Any:
        values = given.values if given.form == "real" else words[name]
        if name in lies and (given.form == "real" or abs(values).max(initial=0) <= _EXACT):
            where, frac = lies[name]
            found = {"node": where.node, "kind": where.kind, "from": list(where.source), "to": list(where.target)}
            return found if given.form == "real" else found | {"frac": frac}
        return values.tolist() if given.form == "real" else {"raw": values.tolist()}

    def neuron(text: Text) -> str:
        name = str(known_name(text))
        texts[name] = text.source
        return name

    document = {
        "tool": f"fxsnn {version('fxsnn')}",
        "schema": SCHEMA,
        "nir": hashlib.sha256(nir).hexdigest(),
        "dt": out.dt,
        "nodes": {name: node for name, (node, _) in out.places.items()},
        "network": graph_to_data(graph, Beside(numbers, neuron, lambda classes: classes.values.tolist())),
        "plan": graph_plan_to_data(network.plan),
        "neurons": texts,
    }
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode()


def read_sidecar(path: Path, nir: bytes, nested: Nested) -> Restored:
    """Return the network and the plan of a sidecar, with the weights of its NIR file.

    nir       the bytes of this file, and `nested`, its graph

    Raises
    ------
    FileError
        The sidecar is damaged, of a newer schema, of another NIR file, or names what that does not hold.
    ConfigError
        It says no network, or no plan of it.
    """
    with naming(repr(str(path))):
        return parse_sidecar(read_bytes(path, "a sidecar", MOST_BYTES), nir, nested)


def parse_sidecar(data: bytes, nir: bytes, nested: Nested) -> Restored:
    """Return what a sidecar says; raises as `read_sidecar` does."""
    content = parse_json(data, _MUST)
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA or isinstance(schema, bool):
        hint = ": it was written by a newer fxsnn" if isinstance(schema, int) and schema > SCHEMA else ""
        raise FileError(f"{_MUST}, of schema {SCHEMA}, not {schema!r}{hint}")
    sidecar = fitted(content, _Sidecar, _MUST)
    found = hashlib.sha256(nir).hexdigest()
    if sidecar.nir != found:
        raise FileError(
            f"a sidecar must be of its NIR file, whose SHA-256 is {sidecar.nir[:64]}, not of another or changed one "
            f"with {found}; --no-sidecar leaves it aside"
        )
    if not (math.isfinite(sidecar.dt) and sidecar.dt > 0):
        raise FileError(f"{_MUST}: dt must be above 0, not {sidecar.dt}")
    texts = {name: parse(text, f"{name}.neuron") for name, text in sidecar.neurons.items()}
    _fill(sidecar.network, nested, texts)
    graph, plan = graph_from_data(sidecar.network, Path(), texts), graph_plan_from_data(sidecar.plan)
    quantise_graph(graph, plan)  # every word is one of its format
    return Restored(graph, plan, sidecar.dt, sidecar.nodes)


def _fill(network: dict[str, Any], nested: Nested, texts: dict[str, Text]) -> None:
    """Put the weights of the NIR file in their places; whatever else leads to a file is refused."""

    def tables(name: str, kind: type) -> Any:
        content = network.get(name, kind())
        if not isinstance(content, kind):
            raise FileError(f"{_MUST}: network.{name} must be a {'table' if kind is dict else 'list'}")
        return content

    for name, one in tables("population", dict).items():
        if not isinstance(one, dict) or one.get("neuron") not in texts:
            raise FileError(f"{_MUST}: the neuron of {name!r} must be one of {', '.join(texts) or 'none'}")
        constants = one.get("constants", {})
        _no_files(constants.values() if isinstance(constants, dict) else [constants])
    for one in tables("projection", list):
        weights = one.get("weights") if isinstance(one, dict) else None
        if isinstance(weights, dict) and "node" in weights:
            one["weights"] = _of_node(fitted(weights, _Weights, _MUST), nested)
        else:
            _no_files([weights])
    readout = tables("readout", dict)
    _no_files([readout.get("labels")])


def _no_files(values: Any) -> None:
    for value in values:
        numbers = value.get("raw") if isinstance(value, dict) else value
        if isinstance(numbers, str):
            raise FileError(f"{_MUST}: numbers must stand in it or in the NIR file, not in the file {numbers!r}")


def _of_node(where: _Weights, nested: Nested) -> Given:
    """Return the weights that lie in a node, as `outward` put them there."""
    node = nested.nodes.get(where.node)
    weight = None if node is None else node.parameters.get("weight")
    if weight is None or isinstance(weight, str):
        raise FileError(f"{_MUST}: its NIR file must hold weights of the node {where.node!r}, it does not")
    source, target = tuple(where.source), tuple(where.target)
    if where.kind == "conv" and weight.ndim == 4:
        found = weight.transpose(2, 3, 1, 0).copy()
    else:
        if any(not 1 <= len(sizes) <= 3 or min(sizes) < 1 for sizes in (source, target)):
            raise FileError(f"{_MUST}: maps must be of 1 to 3 axes of 1 or more, not {list(source)} and {list(target)}")
        if weight.shape != (math.prod(target), math.prod(source)):
            raise FileError(
                f"{_MUST}: weights of {where.node!r} must be {[math.prod(target), math.prod(source)]}, "
                f"not {list(weight.shape)}"
            )
        found = np.empty(weight.shape[::-1])
        found[np.ix_(places(source), places(target))] = weight.T
    if where.frac is None:
        return real(found)
    with np.errstate(over="ignore"):  # what leaves float64 is no word either
        words = np.ldexp(found, min(max(where.frac, -2048), 2048))
    if (words != np.rint(words)).any() or abs(words).max(initial=0) > _EXACT:
        raise FileError(f"{_MUST}: weights of {where.node!r} must be words of {where.frac} fractional bits")
    return raw(words.astype(np.int64))
