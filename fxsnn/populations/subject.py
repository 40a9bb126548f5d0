"""A study's subject: a network of populations, on inputs of one's own."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.exploration.candidate import Candidate, evaluate
from fxsnn.exploration.descent import Narrowing
from fxsnn.exploration.point import Point, Value
from fxsnn.exploration.subject import Facts, digest_of
from fxsnn.graph.given import Given
from fxsnn.graph.inputs import Inputs
from fxsnn.graph.network import Graph
from fxsnn.graph.plan import GraphPlan
from fxsnn.measure.score import Measured
from fxsnn.populations.bench import GraphBench, about, check_inputs_of, reference
from fxsnn.populations.grid import GraphGrid, GraphSignals, graph_points
from fxsnn.populations.groups import significant_points
from fxsnn.significance.fewest import Fewest


@dataclass(frozen=True, slots=True, eq=False)
class GraphSubject:
    """See `subject.Subject`; `name` is what the inputs are called."""

    graph: Graph
    inputs: Inputs
    name: str
    grid: GraphGrid

    def __post_init__(self) -> None:
        check_inputs_of(self.graph, self.inputs)

    def axes(self, found: Fewest | None = None) -> Mapping[str, Sequence[Value]]:
        """Return the words of each signal."""
        del found
        return self.grid.axes

    def facts(self) -> Facts:
        """Return what the study is of."""
        return Facts(
            digest_of_graph(self.graph), digest_of(self.inputs.facts()), about(self.inputs, self.name), self.grid
        )

    def points(self, found: Fewest | None = None) -> list[Point[GraphPlan]]:
        """Return every point of the grid, or those that single-signal analysis leaves."""
        points = graph_points(self.grid, self.graph)
        return significant_points(points, self.graph, found) if found else points

    def narrowing(self, max_loss: float) -> Narrowing[GraphPlan]:
        """Return the descent from the first point of the grid."""
        return Narrowing(self.points()[0], GraphSignals(self.graph), len(self.inputs), max_loss)

    def ready(self, workers: int) -> tuple[Measured, Callable[[Point[GraphPlan]], Candidate[GraphPlan]]]:
        """Measure the float network; return its score and what evaluates a point."""
        del workers
        plan = self.points()[0].plan
        bench = GraphBench(self.graph, self.inputs, plan, float_net=reference(self.graph, self.inputs, plan))
        return bench.float_classified(), partial(evaluate, bench)


def digest_of_graph(graph: Graph) -> str:
    """Return the SHA-256 of all that answers and memory depend on but the plan: texts, constants, weights, readout."""
    arrays: list[NDArray[Any]] = []

    def text_of(value: Any) -> str:
        match value:
            case Given():
                arrays.append(value.values)
                return value.form
            case np.ndarray():
                arrays.append(value)
                return ""
            case Mapping():
                return str({name: text_of(part) for name, part in value.items()})
        return repr(value)

    def facts() -> Iterator[str]:
        yield f"{graph.shape} {graph.format}"
        for one in graph.populations:
            text = "\n".join(ast.unparse(statement) for statement in one.text.body)
            parts = (one.name, one.shape, one.choices, one.constants, one.numbers, one.outer, one.registers)
            yield " ".join([text, str(one.text.choices), *map(text_of, parts)])
        for projection in graph.projections:
            yield " ".join(f"{part.name} {text_of(getattr(projection, part.name))}" for part in fields(projection))
        yield " ".join(f"{part.name} {text_of(getattr(graph.readout, part.name))}" for part in fields(graph.readout))

    described = "\n".join(facts())
    return digest_of([np.frombuffer(described.encode(), np.uint8), *arrays])
