"""A graph without graphs in it: one input, one output, and every edge between nodes that are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fxsnn.errors import ConfigError
from fxsnn.nir.node import GRAPH, INPUT, OUTPUT, Edge, Nested, Node, Reported

MOST_JOINED = 1 << 16  # edges that arise where a graph inside has many before and after it


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """Nodes by name and the edges between them.

    Every node is reached from `source`, the input, and reaches `sink`, the output. Nodes are in the order in which
    they run; `back` are the edges that close a cycle in it.
    """

    nodes: dict[str, Node]
    edges: tuple[Edge, ...]
    source: str
    sink: str
    back: frozenset[Edge]
    before: dict[str, list[str]] = field(init=False)  # the nodes from which edges come to each, sorted
    behind: dict[str, list[str]] = field(init=False)  # those to which edges go

    def __post_init__(self) -> None:
        before: dict[str, list[str]] = {name: [] for name in self.nodes}
        behind: dict[str, list[str]] = {name: [] for name in self.nodes}
        for a, b in sorted(self.edges):
            before[b].append(a)
            behind[a].append(b)
        object.__setattr__(self, "before", before)
        object.__setattr__(self, "behind", behind)


def flatten(graph: Nested, reported: Reported, output: str | None = None) -> Flat:
    """Return a graph without graphs in it.

    output    the one that is read of several

    Raises
    ------
    ConfigError
        An edge names no node, a graph has not one input and one output, there are no edges, a node is reached by
        nothing, or nothing reaches the output.
    """
    nodes, edges = _unfolded(graph, "", reported)
    source, sink = _only(graph, INPUT), _read(graph, output)
    for other in [name for name, one in graph.nodes.items() if one.kind == OUTPUT and name != sink]:
        edges = [edge for edge in edges if other not in edge]
        del nodes[other]
        reported.note("an output that is not read, and what leads to it alone, is left out", other)
    if not edges:
        raise ConfigError(f"a graph must have edges from {source!r} to {sink!r}, it has none")
    for edge in [edge for edge, times in Counter(edges).items() if times > 1]:
        reported.note(f"edge {' -> '.join(edge)} is there more than once and counts once")
    edges = list(dict.fromkeys(edges))
    for name in [one for one, node in nodes.items() if node.kind in (INPUT, OUTPUT) and one not in (source, sink)]:
        edges = _joined(edges, name)
        del nodes[name]
    for a, b in edges:
        if b == source or a == sink:
            raise ConfigError(f"edge {a} -> {b} must not go into the input or out of the output")
    onward, reaching = _reached(source, edges), _reached(sink, [(b, a) for a, b in edges])
    if sink not in onward:
        raise ConfigError(f"the output {sink!r} must be reached from the input {source!r}, it is not")
    if lost := [name for name in nodes if name in reaching and name not in onward]:
        raise nodes[lost[0]].refusal(f"a node must be reached from the input {source!r}, it is not")
    if unused := [name for name in nodes if name not in reaching]:
        reported.note(f"{', '.join(unused)}: left out, nothing of it reaches the output")
    edges = [(a, b) for a, b in edges if a in reaching and b in reaching]
    order, back = _ordered(source, edges, [name for name, node in nodes.items() if node.kind == "Delay"])
    return Flat({name: nodes[name] for name in order}, tuple(edges), source, sink, frozenset(back))


def _unfolded(graph: Nested, where: str, reported: Reported) -> tuple[dict[str, Node], list[Edge]]:
    """Return the nodes and edges of a graph and of those in it, by names that begin with where they are."""
    nodes: dict[str, Node] = {}
    ends: dict[str, tuple[str, str]] = {}
    edges: list[Edge] = []
    for name, node in graph.nodes.items():
        if node.inner is None:
            nodes[where + name] = replace(node, name=where + name)
            continue
        inner, inside = _unfolded(node.inner, f"{where}{name}.", reported)
        prefix = f"{where}{name}."
        ends[where + name] = tuple(prefix + _only(node.inner, kind, node) for kind in (INPUT, OUTPUT))  # type: ignore[assignment]
        if clash := [one for one in inner if one in nodes or one[len(where) :] in graph.nodes]:
            raise ConfigError(f"nodes must have names of their own, {clash[0]!r} is there twice")
        nodes |= inner
        edges += inside
    mended = _mended(graph, where, reported)
    for a, b in mended:
        a, b = where + a, where + b
        for one in (a, b):
            if one not in nodes and one not in ends:
                raise ConfigError(f"edge {a} -> {b} must be between nodes that are there, {one!r} is not")
        edges.append((ends[a][1] if a in ends else a, ends[b][0] if b in ends else b))
    return nodes, edges


def _mended(graph: Nested, where: str, reported: Reported) -> list[Edge]:
    """Return the edges; of a name that is no node's, the only node that no edge names if the names begin alike.

    Files of NIR's own repository have edges to `lif` where the node is `lif1`.
    """
    named = dict.fromkeys(one for edge in graph.edges for one in edge)
    unknown = [one for one in named if one not in graph.nodes and one.partition(".")[0] not in graph.nodes]
    idle = [name for name, node in graph.nodes.items() if name not in named and node.kind not in (INPUT, OUTPUT, GRAPH)]
    if len(unknown) != 1 or len(idle) != 1 or not (idle[0].startswith(unknown[0]) or unknown[0].startswith(idle[0])):
        return list(graph.edges)
    reported.assume(
        f"edges name {where + unknown[0]!r}, which is no node: taken for {where + idle[0]!r}, "
        "the only node that none names"
    )
    right = {unknown[0]: idle[0]}
    return [(right.get(a, a), right.get(b, b)) for a, b in graph.edges]


def _only(graph: Nested, kind: str, node: Node | None = None) -> str:
    found = [name for name, one in graph.nodes.items() if one.kind == kind]
    if len(found) != 1:
        message = f"a graph must have one {kind}, not {', '.join(found) or 'none'}"
        if node is None and kind == INPUT and found:
            message += ", as a network takes one array of words a step"
        raise node.refusal(message) if node else ConfigError(message)
    return found[0]


def _read(graph: Nested, output: str | None) -> str:
    """Return the output that is read."""
    found = [name for name, one in graph.nodes.items() if one.kind == OUTPUT]
    if output is not None and output not in found:
        raise ConfigError(f"--output must be one of {', '.join(found) or 'none'}, not {output!r}")
    if output is None and len(found) > 1:
        raise ConfigError(f"a graph must have one Output, not {', '.join(found)}: --output names the one that is read")
    return output or _only(graph, OUTPUT)


def _joined(edges: list[Edge], name: str) -> list[Edge]:
    """Return edges in which what goes into a node goes on to where that leads: it only passes on."""
    before, behind = [a for a, b in edges if b == name], [b for a, b in edges if a == name]
    if len(before) * len(behind) > MOST_JOINED:
        raise ConfigError(f"node {name!r} must join at most {MOST_JOINED} edges")
    kept = [edge for edge in edges if name not in edge]
    return list(dict.fromkeys(kept + [(a, b) for a in before for b in behind if name not in (a, b)]))


def _reached(name: str, edges: Iterable[Edge]) -> set[str]:
    onto: dict[str, list[str]] = {}
    for a, b in edges:
        onto.setdefault(a, []).append(b)
    found, left = {name}, [name]
    while left:
        more = [one for one in onto.get(left.pop(), ()) if one not in found]
        found |= set(more)
        left += more
    return found


def _ordered(source: str, edges: list[Edge], delays: list[str]) -> tuple[list[str], set[Edge]]:
    """Return the nodes in the order in which they run, and the edges that close cycles.

    What leaves a Delay closes none: it comes from a step before.
    """
    onto: dict[str, list[str]] = {}
    for a, b in sorted(edges):
        onto.setdefault(a, []).append(b)
        onto.setdefault(b, [])
    order, _ = _searched([source], onto)
    _, back = _searched(order, onto | {name: [] for name in delays})
    return order, back


def _searched(begin: list[str], onto: dict[str, list[str]]) -> tuple[list[str], set[Edge]]:
    """Search in depth and return the nodes, each before those behind it, and the edges that lead back."""
    done: list[str] = []
    on_the_way: dict[str, bool] = {}
    back: set[Edge] = set()
    for first in begin:
        if first in on_the_way:
            continue
        on_the_way[first] = True
        way = [(first, iter(onto[first]))]
        while way:
            name, rest = way[-1]
            following = next(rest, None)
            if following is None:
                on_the_way[name] = False
                done.append(name)
                way.pop()
            elif following not in on_the_way:
                on_the_way[following] = True
                way.append((following, iter(onto[following])))
            elif on_the_way[following]:
                back.add((name, following))
    return done[::-1], back
