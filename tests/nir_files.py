"""NIR files as frameworks write them, and what NIR's equations make of a graph in steps, from NIR alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.graph.network import Graph
from fxsnn.graph.real import float_trace

Reals = NDArray[np.float64]
Nodes = Mapping[str, Mapping[str, Any]]
Edges = Iterable[tuple[str, str]]


def write_nir(path: Path, nodes: Nodes, edges: Edges | None) -> Path:
    """Write a file as nir 1.0 does; no edges at all where they are none."""
    with h5py.File(path, "w") as file:
        file.create_dataset("version", data="1.0.8")
        _graph(file.create_group("node"), nodes, edges)
    return path


def float_nodes(graph: Graph, steps: ArrayLike) -> dict[str, Reals]:
    """Every node of every population at every step of one input: `hidden.membrane`."""
    kept = float_trace(graph, steps)
    return {f"{name}.{node}": words for name, one in kept.items() for node, words in one.nodes.items()}


def _graph(group: Any, nodes: Nodes, edges: Edges | None) -> None:
    group.create_dataset("type", data="NIRGraph")
    if edges is not None:
        listed = [[a.encode(), b.encode()] for a, b in edges]
        shape = (len(listed), 2)
        group.create_dataset("edges", shape, h5py.string_dtype(), np.array(listed, object).reshape(shape))
    held = group.create_group("nodes")
    for name, node in nodes.items():
        one = held.create_group(name)
        if node["type"] == "NIRGraph":
            _graph(one, node["nodes"], node["edges"])
            continue
        for key, value in node.items():
            one.create_dataset(key, data=value)


def given(*shape: int) -> dict[str, Any]:
    return {"type": "Input", "shape": np.array(shape)}


def output(*shape: int) -> dict[str, Any]:
    return {"type": "Output", "shape": np.array(shape)}


def lif(size: int = 1, **other: Any) -> dict[str, Any]:
    """Return a LIF of which a step of 0.25 s keeps 3/4."""
    ones = np.ones(size)
    return {
        "type": "LIF",
        "tau": ones,
        "r": ones * 4,
        "v_leak": ones * 0,
        "v_threshold": ones,
        "v_reset": ones * 0,
    } | other


def chain(*names: str) -> list[tuple[str, str]]:
    return list(itertools.pairwise(names))


@dataclass
class Rules:
    """Conventions of the reference."""

    dt: float = 0.25
    reset: str = "zero"
    delayed: bool = False
    strict: bool = True
    before: bool = False
    factor: Callable[[Reals], Reals] = field(default=lambda x: 1 - x)


def play(nodes: Nodes, edges: Edges, inputs: Reals, rules: Rules) -> dict[str, Reals]:
    """Return what every node gives at every step, [steps, ...]; nodes are in the order in which they run.

    What an edge brings that leads to a node which ran before is that of the step before.
    """
    names, pairs = list(nodes), list(edges)
    states: dict[str, dict[str, Reals]] = {name: {} for name in names}
    given: dict[str, list[Reals]] = {name: [] for name in names}
    for t in range(len(inputs)):
        for name in names:
            if nodes[name]["type"] == "Input":
                given[name].append(inputs[t])
                continue
            parts = []
            for a in (a for a, b in pairs if b == name):
                late = names.index(a) >= names.index(name)
                if not late:
                    parts.append(given[a][t])
                elif t:
                    parts.append(given[a][t - 1])
            come = sum(parts[1:], parts[0]) if parts else np.zeros(nodes[name]["weight"].shape[1])
            given[name].append(_step(nodes[name], come, states[name], rules))
    return {name: np.stack(found) for name, found in given.items()}


def _step(node: Mapping[str, Any], x: Reals, state: dict[str, Any], rules: Rules) -> Reals:
    kind = node["type"]
    match kind:
        case "Output":
            return np.asarray(x)
        case "Linear" | "Affine":
            return np.asarray(node["weight"] @ x + node.get("bias", 0))
        case "Scale":
            return np.asarray(x * node["scale"])
        case "Flatten":
            return x.reshape(-1)
        case "Threshold":
            return np.asarray((x > node["threshold"]) * 1.0)
        case "Conv1d" | "Conv2d":
            return convolved(node, x)
        case "SumPool2d" | "AvgPool2d":
            return pooled(node, x)
        case "Delay":
            return _delayed(node, x, state, rules)
    if kind == "I":
        state["v"] = state.get("v", 0) + rules.dt * node["r"] * x
        return np.asarray(state["v"])
    if kind.startswith("Cuba"):
        kept, keep = state.get("i", 0 * x), rules.factor(rules.dt / node["tau_syn"])
        state["i"] = keep * kept + node["w_in"] * (rules.dt / node["tau_syn"]) * x
        x, tau = kept if rules.before else state["i"], node["tau_mem"]
    else:
        tau = node.get("tau")
    v = state.get("v", np.zeros(np.shape(x)))
    if tau is None:
        v = v + rules.dt * node["r"] * x
    else:
        v = rules.factor(rules.dt / tau) * v + rules.dt / tau * (node["v_leak"] + node["r"] * x)
    if kind in ("LI", "CubaLI"):
        state["v"] = v
        return np.asarray(v)
    if rules.delayed:
        v = _reset(node, v, state.get("fired", np.zeros(np.shape(v))), rules)
    fired = (v > node["v_threshold"]) if rules.strict else (v >= node["v_threshold"])
    state["fired"] = fired
    state["v"] = v if rules.delayed else _reset(node, v, fired, rules)
    return np.asarray(fired, np.float64)


def _reset(node: Mapping[str, Any], v: Reals, fired: Reals, rules: Rules) -> Reals:
    other = {"zero": 0 * v, "value": node["v_reset"] + 0 * v, "subtract": v - node["v_threshold"]}[rules.reset]
    return np.where(fired, other, v)


def _delayed(node: Mapping[str, Any], x: Reals, state: dict[str, Any], rules: Rules) -> Reals:
    steps = np.broadcast_to(np.rint(node["delay"] / rules.dt).astype(int), x.shape)
    past = state.setdefault("past", [])
    past.append(x)
    found = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        if steps[at] < len(past):
            found[at] = past[-1 - steps[at]][at]
    return found


def convolved(node: Mapping[str, Any], x: Reals) -> Reals:
    """Return a convolution as torch does it: a correlation, sum by sum."""
    weight, one = node["weight"], node["type"] == "Conv1d"
    if one:
        weight, x = weight[:, :, None], x[:, None]
    pairs: dict[str, list[int]] = {}
    for name, other in (("stride", 1), ("dilation", 1), ("padding", 0)):
        value = node.get(name, other)
        if value == "same":
            k = [d * (n - 1) for d, n in zip(pairs["dilation"], weight.shape[2:], strict=True)]
            x = np.pad(x, ((0, 0), *((n // 2, n - n // 2) for n in k)))
            value = 0
        if isinstance(value, str):
            value = 0  # "valid"
        flat = np.atleast_1d(value).tolist()
        fill = 0 if name == "padding" else 1
        pairs[name] = [fill, flat[0]] if one else (flat * 2)[:2]
    (sy, sx), (dy, dx), (py, px) = pairs["stride"], pairs["dilation"], pairs["padding"]
    x = np.pad(x, ((0, 0), (py, py), (px, px)))
    out, inside, ky, kx = weight.shape
    groups = int(node.get("groups", 1))
    rows, columns = (x.shape[1] - (ky - 1) * dy - 1) // sy + 1, (x.shape[2] - (kx - 1) * dx - 1) // sx + 1
    found = np.zeros((out, rows, columns))
    for o, y, c in np.ndindex(found.shape):
        first = o // (out // groups) * inside
        for i, a, b in np.ndindex(inside, ky, kx):
            found[o, y, c] += weight[o, i, a, b] * x[first + i, y * sy + a * dy, c * sx + b * dx]
    found += np.reshape(node.get("bias", np.zeros(out)), (-1, 1, 1))
    return found[:, 0] if one else found


def pooled(node: Mapping[str, Any], x: Reals) -> Reals:
    """Return sums or averages under windows, zeros around the map among them."""
    ky, kx = (np.atleast_1d(node["kernel_size"]).tolist() * 2)[:2]
    sy, sx = (np.atleast_1d(node.get("stride", node["kernel_size"])).tolist() * 2)[:2]
    py, px = (np.atleast_1d(node.get("padding", 0)).tolist() * 2)[:2]
    x = np.pad(x, ((0, 0), (py, py), (px, px)))
    rows, columns = (x.shape[1] - ky) // sy + 1, (x.shape[2] - kx) // sx + 1
    found = np.zeros((len(x), rows, columns))
    for y, c in np.ndindex(rows, columns):
        found[:, y, c] = x[:, y * sy : y * sy + ky, c * sx : c * sx + kx].sum(axis=(1, 2))
    return found / (ky * kx) if node["type"] == "AvgPool2d" else found
