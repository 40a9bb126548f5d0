"""`fxsnn report` of a network of populations: from what explore wrote, or from one plan, to the page."""

from __future__ import annotations

from pathlib import Path

from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidates import Exploration, load_exploration
from fxsnn.exploration.point import Point
from fxsnn.exploration.selection import Criteria
from fxsnn.graph.files import load_graph
from fxsnn.graph.inputs import read_inputs
from fxsnn.graph.plan import GraphPlan, load_graph_plan
from fxsnn.graph.quantise import quantise_graph
from fxsnn.io.documents import named
from fxsnn.jobs.sources import Sources, check_same, only
from fxsnn.populations.bench import GraphBench, about
from fxsnn.populations.firing import reference
from fxsnn.populations.grid import PTQ
from fxsnn.populations.story import GraphOutcome, compose_graph
from fxsnn.populations.subject import digest_of_graph
from fxsnn.report import write_report
from fxsnn.report.compose import Outcome


def report_graph(
    out: Path, sources: Sources, asked: Criteria, inputs: Path, command: str, progress: Progress
) -> GraphOutcome:
    """Do for a network of populations what `digits_report.report_job` does for images; raises as it does.

    The candidates may be one plan (.toml). All figures are of the inputs that the candidates were compared on: there
    are no others.
    """
    sources.check(out, inputs)
    graph = load_graph(sources.network)
    swept = sources.swept(digest_of_graph(graph)) if sources.significance else None
    shown = read_inputs(inputs, graph)
    if sources.chosen_network is not None:
        raise ConfigError(
            f"a chosen network must be of a choice that learned on, not of populations: {str(sources.chosen_network)!r}"
        )
    told = about(shown, inputs.name)
    if sources.candidates.suffix == ".toml":
        plan = load_graph_plan(sources.candidates, graph)
        bench, point = GraphBench(graph, shown, plan), Point(sources.candidates.stem, PTQ, {}, plan)
        exploration, choice = only(bench.evaluate(point, reference(graph, shown, plan)), told, bench.float_classified())
    else:
        exploration = load_exploration(sources.candidates)
        choice = sources.choice(exploration, asked)
        bench = GraphBench(graph, shown, _plan(exploration, 0, sources.candidates))
        found = exploration.found
        check_same(
            str(sources.network), found.accuracy, found.right, bench.float_classified(), exploration, told, "inputs"
        )
    entry = exploration.entries[choice.index]
    progress("test", 0, 1)
    quantised = quantise_graph(graph, _plan(exploration, choice.index, sources.candidates))
    tests = {"float": bench.float_classified(), entry.name: bench.measured(quantised)}
    check_same(entry.name, entry.accuracy, entry.right, tests[entry.name], exploration, told, "inputs")
    outcome: GraphOutcome = Outcome(
        exploration, choice, asked.reward, asked.max_loss, tests, graph, quantised, swept, apart=False
    )
    write_report(out, compose_graph(outcome, bench, command))
    progress("test", 1, 1)
    return outcome


def _plan(exploration: Exploration, index: int, file: Path) -> GraphPlan:
    return named(file, lambda _: exploration.plan_as(index, GraphPlan), "")
