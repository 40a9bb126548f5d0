"""Which signals of a network of populations matter: each narrowed alone, everything else as good as in float."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fxsnn.errors import ConfigError
from fxsnn.exploration.point import Point
from fxsnn.graph.inputs import Inputs
from fxsnn.graph.network import Graph, names_of
from fxsnn.graph.plan import GraphPlan, graph_plan_text
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.measure.ranges import Spread, spread
from fxsnn.number.cast import to_float
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Signal
from fxsnn.populations.bench import GraphBench
from fxsnn.populations.grid import GraphSignals, raw_signals
from fxsnn.populations.profile import graph_spreads
from fxsnn.significance.fewest import Fewest
from fxsnn.significance.result import KINDS
from fxsnn.significance.sweep import LONGEST_WORD, ROUNDINGS, Case, Group, Wide, bits_of, narrowed, widest

WIDE, LEAST_WIDE = 20, 8  # fractional bits that stand for float: as many as provably fit int64
HEADROOM = 2  # integer bits above those that were profiled
EXACT_HEADROOM = (HEADROOM, 8, 16, 24)  # the same of states stored without a cast, which must hold all they could be
PROFILED = 64  # the first inputs, in float
DRAWLESS = tuple(rounding for rounding in ROUNDINGS if rounding is not Rounding.STOCHASTIC)


def wide_network(
    graph: Graph, inputs: Inputs, seed: int = Lfsr().seed, workers: int = 1, longest: int = LONGEST_WORD
) -> Wide:
    """Return a network in words that stand for float, and every signal of every population and projection as a group.

    longest    bits of the longest words that are swept: a signal that some of them cannot run with is left out

    Raises
    ------
    WidthError, FormatError
        No formats wide enough to stand for float can run.
    ConfigError
        The inputs do not fit the network, it asks no question, or it is given in raw words.
    """
    del workers
    spreads = graph_spreads(graph, to_float(inputs.words[:PROFILED], graph.format))
    wide = wide_plan(graph, spreads, seed)
    bench = GraphBench(graph, inputs, wide)
    network = quantise_graph(graph, wide)
    right, wide_right = bench.float_classified().right, bench.measured(network).right
    words, exact, drawless = _words(network), exact_signals(graph), drawless_signals(graph)
    groups = [
        Group(signal, {signal: wide.signals[signal]}, values.integer, words[signal], _Narrowed(bench, wide), roundings)
        for signal, values in spreads.items()
        for roundings in (DRAWLESS if signal in drawless else ROUNDINGS,)
    ]
    able = tuple(group for group in groups if group.name not in exact or _runs(graph, wide, group, longest))
    return Wide(able, spreads, right, wide_right, int((wide_right != right).sum()), _key(wide), seed)


def wide_plan(graph: Graph, spreads: Mapping[str, Spread], seed: int = Lfsr().seed) -> GraphPlan:
    """Return a plan that stands for float, of as many fractional bits as provably fit int64."""
    unused = spread([0.0])  # of a signal whose casts were never made
    values = {f"{owner}.{own}": unused for owner, signals in names_of(graph) for own in signals} | dict(spreads)
    exact = exact_signals(graph)
    tried = [(more, frac) for more in EXACT_HEADROOM for frac in range(WIDE, LEAST_WIDE - 1, -1)]

    def plan_of(room: tuple[int, int]) -> GraphPlan:
        more, frac = room
        rooms = {name: more if name in exact else HEADROOM for name in values}
        signals = {name: Signal(_roomy(one, frac, rooms[name])) for name, one in values.items()}
        plan = GraphPlan(signals, Lfsr(seed=seed))
        quantise_graph(graph, plan)
        return plan

    return widest(tried if exact else tried[: WIDE - LEAST_WIDE + 1], plan_of)


def exact_signals(graph: Graph) -> set[str]:
    """Return the signals of states that are stored without a cast, and so cannot take any format."""
    return {f"{one.name}.{own}" for one in graph.populations for own, _ in one.neuron.uncast.values()}


def drawless_signals(graph: Graph) -> set[str]:
    """Return the signals of casts whose text says no register to draw from, which so cannot round stochastically."""
    return {
        f"{one.name}.{cast.signal}" for one in graph.populations for cast in one.neuron.casts if cast.stream is None
    }


def significant_points(points: Sequence[Point[GraphPlan]], graph: Graph, found: Fewest) -> list[Point[GraphPlan]]:
    """Return the points in which every signal that differs among them has its fewest fractional bits, or up to 2 more.

    Where one name stands for the signals of several owners, the most demanding of them decides. A signal that is the
    same in all points is kept as it is, and so are raw words and states that are stored without a cast. A rounding with
    which a signal never kept within the loss is left out.

    Raises
    ------
    ConfigError
        The file is of another network, or nothing is left.
    """
    left = (exact_signals(graph) - found.fewest.keys()) | raw_signals(graph)  # the sweep leaves out what cannot run
    owned = {
        name: [group for group in groups if group not in left] for name, groups in _owned(graph, points[0]).items()
    }
    listed = {name: {point.plan.signals[name] for point in points} for name in owned}
    asked = {name: signals for name, signals in listed.items() if len(signals) > 1 and owned[name]}

    def is_significant(plan: GraphPlan, name: str) -> bool:
        signal = plan.signals[name]
        offered = {one.format.frac for one in asked[name] if one.rounding == signal.rounding}
        for group in owned[name]:
            found.least(group, signal.rounding)  # which says so where the file is of another network
        return found.allows(owned[name], signal.rounding, signal.format.frac, offered)

    kept = [point for point in points if all(is_significant(point.plan, name) for name in asked)]
    if not kept:
        raise ConfigError("a grid must have points with the bits that the significance file asks for, not none")
    return kept


def _owned(graph: Graph, point: Point[GraphPlan]) -> dict[str, list[str]]:
    """Return the signals, `owner.name`, that take their words from each name of a plan."""
    found: dict[str, list[str]] = {name: [] for name in point.plan.signals}
    for owner, signals in names_of(graph):
        for own in signals:
            whole = f"{owner}.{own}"
            found[whole if whole in found else own].append(whole)
    return found


def _runs(graph: Graph, wide: GraphPlan, group: Group, longest: int) -> bool:
    """Say whether a group can run with every format that the sweep gives it."""
    signals = GraphSignals(graph)
    return all(
        signals.replaced(wide, name, signal) is not None
        for kind in KINDS
        for bits in bits_of(group, kind, longest)
        for name, signal in narrowed(group, kind, bits, Rounding.FLOOR).items()
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Narrowed:
    """The case of a signal."""

    bench: GraphBench
    wide: GraphPlan

    def __call__(self, signals: Mapping[str, Signal]) -> Case:
        plan = replace(self.wide, signals={**self.wide.signals, **signals})
        return Case(_key(plan), lambda: self.bench.measured(quantise_graph(self.bench.graph, plan)).right)


def _roomy(values: Spread, frac: int, headroom: int) -> Format:
    integer = values.integer if headroom == HEADROOM else max(values.integer, 0)
    return Format(max(1, integer + headroom + frac), frac, values.signed)


def _words(network: QuantisedGraph) -> dict[str, int]:
    """Return how many words of each signal are stored: weights, constants and states."""
    found: dict[str, int] = {}
    for projection in network.graph.projections:
        if projection.weighed:
            found[f"{projection.name}.{projection.signal}"] = network.weights[projection.name].size
    for one in network.graph.populations:
        for own in one.neuron.signals:
            states = sum(signal == own for signal, _ in one.neuron.states.values())
            own_words = (network.constants[one.name][n] for n, signal in one.neuron.constants.items() if signal == own)
            found[f"{one.name}.{own}"] = states * one.size + sum(int(np.size(words)) for words in own_words)
    return found


def _key(plan: GraphPlan) -> bytes:
    """Return what distinguishes configurations: their plans, and so all of their words."""
    return hashlib.sha256(graph_plan_text(plan).encode()).digest()
