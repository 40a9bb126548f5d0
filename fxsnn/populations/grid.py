"""A grid of plans for a network of populations: a plan in which a signal may list several words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

import msgspec

from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.exploration.point import MOST_POINTS, Point
from fxsnn.exploration.worded import labelled, listed
from fxsnn.graph.network import Graph, names_of
from fxsnn.graph.plan import GraphPlan, GraphPlanText, by_name, read_signal, signals_for
from fxsnn.graph.quantise import quantise_graph, weights_of
from fxsnn.io.documents import documented, parse_toml
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.signal import Signal
from fxsnn.program.neuron import BIT

PTQ = "PTQ"


class GraphGrid(msgspec.Struct, frozen=True):
    """The signals that every signal's name may stand for; the grid is every combination of them."""

    axes: dict[str, tuple[str, ...]]
    taps: tuple[int, ...]
    seed: int

    @property
    def points(self) -> int:
        """The number of combinations."""
        return math.prod(len(signals) for signals in self.axes.values())


def parse_graph_grid(text: str) -> GraphGrid:
    """Read a grid from TOML: a plan in which a signal is one, or a list of several; so every plan is a grid.

    Raises
    ------
    ConfigError
        The text is no such table, a signal is none or comes twice, or the grid has too many points; it is named.
    """
    given = documented(parse_toml(text, "a grid"), GraphPlanText, "a grid")
    axes = listed(by_name(given.signal), read_signal)
    lfsr = Lfsr(given.lfsr.taps, given.lfsr.seed)
    grid = GraphGrid(axes, tuple(lfsr.taps), lfsr.seed)
    if not axes or grid.points > MOST_POINTS:
        raise ConfigError(f"a grid must have 1 to {MOST_POINTS:,} points, not {grid.points if axes else 0:,}")
    return grid


def graph_grid_for(graph: Graph, text: str) -> GraphGrid:
    """Read the grid of a network from TOML; raises as `parse_graph_grid` and `graph_points` do."""
    grid = parse_graph_grid(text)
    graph_points(msgspec.structs.replace(grid, axes={name: words[:1] for name, words in grid.axes.items()}), graph)
    return grid


def graph_points(grid: GraphGrid, graph: Graph) -> list[Point[GraphPlan]]:
    """Return every point of the grid, the last signal fastest; raises ConfigError as `plan.signals_for` does.

    It also does where a name lists several words that no signal of the network takes: all its points would be the same.
    """
    signals = {name: [read_signal(text, name) for text in texts] for name, texts in grid.axes.items()}
    labels = {name: labelled(words) for name, words in signals.items()}
    known = dict.fromkeys(own for owner, owned in names_of(graph) for own in owned if f"{owner}.{own}" not in signals)
    for name, texts in grid.axes.items():
        if len(texts) > 1 and "." not in name and name not in known:
            raise ConfigError(f"signal {name!r}, which lists several words, must be one of {', '.join(known)}")
    for whole in raw_signals(graph):
        name = whole if whole in signals else whole.partition(".")[2]
        if len({one.format.frac for one in signals.get(name, ())}) > 1:
            raise ConfigError(
                f"signal {name!r} must have the same fractional bits in all points, for it is of raw words ({whole}), "
                f"not {', '.join(str(one.format) for one in signals[name])}"
            )
    lfsr, found = Lfsr(grid.taps, grid.seed), list[Point[GraphPlan]]()
    for places in product(*(range(len(words)) for words in signals.values())):
        plan = GraphPlan({name: words[n] for (name, words), n in zip(signals.items(), places, strict=True)}, lfsr)
        if not found:
            signals_for(graph, plan)
        parts = [f"{name}-{labels[name][n]}" for name, n in zip(signals, places, strict=True) if len(labels[name]) > 1]
        values = {name: grid.axes[name][n] for name, n in zip(signals, places, strict=True)}
        found.append(Point("-".join(parts) or "plan", PTQ, values, plan))
    return found


def raw_signals(graph: Graph) -> set[str]:
    """Return the signals, `owner.name`, of raw words: in a format of other fractional bits they are other numbers."""
    found = {f"{one.name}.{one.signal}" for one in graph.projections if one.weighed and weights_of(one).form != "real"}
    for population in graph.populations:
        for name, own in population.neuron.constants.items():
            if own != BIT and population.constants[name].form != "real":
                found.add(f"{population.name}.{own}")
    return found


@dataclass(frozen=True, slots=True, eq=False)
class GraphSignals:
    """The signals of weights and states, `hidden.membrane`: constants are a few words. See `descent.Narrowable`.

    Raw words would stand for other numbers in another format, so a signal that has some is not among them.
    """

    graph: Graph

    def signals(self, plan: GraphPlan) -> Iterator[tuple[str, Signal]]:
        """Yield them by their names."""
        found: Mapping[str, Mapping[str, Signal]] = signals_for(self.graph, plan)
        kept = raw_signals(self.graph)
        for projection in self.graph.projections:
            if projection.weighed and f"{projection.name}.{projection.signal}" not in kept:
                yield f"{projection.name}.{projection.signal}", found[projection.name][projection.signal]
        for one in self.graph.populations:
            for own in dict.fromkeys(signal for signal, _ in one.neuron.states.values() if signal != BIT):
                if f"{one.name}.{own}" not in kept:
                    yield f"{one.name}.{own}", found[one.name][own]

    def replaced(self, plan: GraphPlan, name: str, signal: Signal) -> GraphPlan | None:
        """Return the plan with another signal of a name; none where it provably cannot run."""
        narrowed = replace(plan, signals={**plan.signals, name: signal})
        try:
            quantise_graph(self.graph, narrowed)
        except FxsnnError:
            return None
        return narrowed
