"""What commands ask of a network of populations: files are read, each in its turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from fxsnn.decolle.learn import LocalLearning
from fxsnn.digits.splits import evenly
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidates import Exploration
from fxsnn.exploration.planned import Asked
from fxsnn.graph.files import load_graph
from fxsnn.graph.inputs import read_inputs
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.plan import GraphPlan, load_graph_plan
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.starting import read_start
from fxsnn.io.documents import named
from fxsnn.io.files import read_text
from fxsnn.jobs.opened import PROFILED, Compared, Given, Opened, Swept
from fxsnn.jobs.samples import Samples
from fxsnn.jobs.sources import Sources
from fxsnn.measure.memory import Memory
from fxsnn.measure.ranges import Spread
from fxsnn.number.cast import to_float
from fxsnn.populations.bench import GraphBench, about, reference
from fxsnn.populations.grid import GraphGrid, graph_grid_for
from fxsnn.populations.groups import wide_network
from fxsnn.populations.planning import plan_of_inputs
from fxsnn.populations.profile import graph_spreads
from fxsnn.populations.story import compose
from fxsnn.populations.subject import GraphSubject, digest_of_graph


class Populations(Opened):
    """See `opened.Opened`; its samples are inputs of one's own, of which nobody knows whether they taught it."""

    one, many, learned = "input", "inputs", "learned on"

    def __init__(self, asked: Samples) -> None:
        self.asked, self.place, self.graph = asked, asked.found, load_graph(asked.network)

    def digest(self) -> str:
        """Return the SHA-256 of all that answers depend on but the plan."""
        return digest_of_graph(self.graph)

    def plan(self, path: Path) -> GraphPlan:
        """Read a plan."""
        return load_graph_plan(path, self.graph)

    def planned(self, words: Asked, count: int | None) -> tuple[GraphPlan, Memory]:
        """Make a plan that holds the values of the first inputs."""
        inputs = read_inputs(self.place, self.graph).first(count or PROFILED)
        plan = plan_of_inputs(self.graph, to_float(inputs.words[:], self.graph.format), words)
        return plan, graph_memory(quantise_graph(self.graph, plan))

    def grid(self, path: Path | None) -> GraphGrid:
        """Read a grid, which must be named."""
        if path is None:
            raise ConfigError(
                f"--grid must be given for a network of populations, as {str(self.asked.network)!r}: a plan, or several"
            )
        return named(path, partial(graph_grid_for, self.graph), read_text(path, "a grid"))

    def subject(self, grid: GraphGrid, learning: LocalLearning, passes: int) -> GraphSubject:
        """Read the inputs; nothing learns."""
        del learning, passes
        return GraphSubject(self.graph, read_inputs(self.place, self.graph), self.place.name, grid)

    def ranges(self, count: int) -> dict[str, Spread]:
        """Return the distribution of the values of every signal on the first inputs, in real numbers."""
        inputs = read_inputs(self.place, self.graph).first(count)
        return graph_spreads(self.graph, to_float(inputs.words[:], self.graph.format))

    def swept(self, count: int | None, learn_from: int | None, learn_seed: int) -> Swept:
        """Read the first inputs, or all."""
        del learn_from, learn_seed
        inputs = read_inputs(self.place, self.graph).first(count)
        return Swept(about(inputs, self.place.name), partial(wide_network, self.graph, inputs))

    def emulated(self, plan: Path, most: int | None, start: Path | None) -> tuple[GraphBench, QuantisedGraph, str]:
        """Read a plan and inputs, `most` of them evenly spread; the rows of the states are of all inputs."""
        words = self.plan(plan)
        inputs, quantised = read_inputs(self.place, self.graph), quantise_graph(self.graph, words)
        begun = read_start(start, quantised, len(inputs))
        places = slice(None) if most is None else evenly(len(inputs), most)
        chosen = inputs.chosen(places)
        bench = GraphBench(self.graph, chosen, words, begun.part(places))
        return bench, quantised, about(chosen, self.place.name)

    def compared(
        self, sources: Sources, read: Callable[[], Given], workers: int, passes: int | None
    ) -> tuple[Given, Compared]:
        """Read inputs and candidates; all figures are of the inputs that candidates were compared on."""
        del workers, passes
        graph, inputs = self.graph, read_inputs(self.place, self.graph)
        if sources.chosen_network is not None:
            raise ConfigError(
                "a chosen network must be of a choice that learned on, not of populations: "
                f"{str(sources.chosen_network)!r}"
            )
        given = read()

        def plan_of(exploration: Exploration, index: int) -> GraphPlan:
            return named(sources.candidates, lambda _: exploration.plan_as(index, GraphPlan), "")

        alone = not isinstance(given, tuple)
        plan = given if alone else plan_of(given[0], 0)
        bench = GraphBench(graph, inputs, plan, float_net=reference(graph, inputs, plan) if alone else None)
        return given, Compared(
            bench,
            about(inputs, self.place.name),
            bench.float_classified(),
            bench,
            graph,
            plan_of,
            lambda outcome, command: compose(outcome, bench, command),
            apart=False,
        )
