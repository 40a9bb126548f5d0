"""`fxsnn report` of a network of layers: from what explore wrote, or from one plan, to the page; all measured again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.inventory import decolle_memory
from fxsnn.decolle.learn import LEARNING_ON, check_sensor
from fxsnn.decolle.network import DecolleNetwork, load_layers
from fxsnn.decolle.plan import DecollePlan, parse_decolle_plan
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError, as_given
from fxsnn.exploration.candidate import Candidate
from fxsnn.exploration.candidates import Exploration, load_exploration
from fxsnn.exploration.pareto import Choice
from fxsnn.exploration.point import Point
from fxsnn.exploration.selection import Criteria
from fxsnn.io.documents import named
from fxsnn.io.files import read_text
from fxsnn.jobs.sources import Sources, check_same, only
from fxsnn.measure.score import Classified
from fxsnn.recordings.splits import check_unlearned, open_split
from fxsnn.recordings.story import LayersOutcome, compose_layers
from fxsnn.recordings.task import Bench, Lessons, about, learned_and_held_out, measured, measured_float
from fxsnn.report import write_report
from fxsnn.report.compose import Outcome, shown_places
from fxsnn.significance import Significance


def report_layers(
    out: Path,
    sources: Sources,
    asked: Criteria,
    data: Path,
    command: str,
    workers: int,
    progress: Progress,
    passes: int | None,
) -> LayersOutcome:
    """Do for a network of layers and recordings what `digits_report.report_job` does for images; raises as it does.

    The candidates may be one plan (.toml). A choice that learned on through its quantisation does so again, in as many
    `passes` as fxsnn explore took (2), unless its network is given.
    """
    sources.check(out)
    network, swept = load_layers(sources.network), sources.swept()
    learned = None if sources.chosen_network is None else load_layers(sources.chosen_network)
    test = open_split(data, "test", network.description)
    check_sensor(network, test)
    for path in (sources.network, sources.chosen_network):
        if path is not None:
            check_unlearned(path, test)
    learning = LEARNING_ON if passes is None else replace(LEARNING_ON, passes=passes)
    if sources.candidates.suffix == ".toml":
        plan = named(sources.candidates, parse_decolle_plan, read_text(sources.candidates, "a plan of layers"))
        exploration, choice, tests = _of_one_plan(network, plan, sources.candidates.stem, test, workers)
        bench = Bench(network, test, Lessons(test, learning))
        return write_measured(
            out, bench, network, exploration, choice, asked, test, swept, command, workers, progress, tests=tests
        )
    exploration = load_exploration(sources.candidates)
    choice = sources.choice(exploration, asked)
    train, held_out = learned_and_held_out(open_split(data, "train", network.description))
    for path in (sources.network, sources.chosen_network):
        if path is not None:
            check_unlearned(path, held_out)
    bench = Bench(network, held_out, Lessons(train, learning))
    found, entry, told = exploration.found, exploration.entries[choice.index], about(held_out)
    exploration.plan_as(choice.index, DecollePlan)
    check_same(
        str(sources.network), found.accuracy, found.right, bench.float_classified(), exploration, told, "recordings"
    )
    if learned is not None and entry.scheme == "PTQ":
        raise ConfigError(f"a chosen network must be of a choice that learned on, {entry.name} did not")
    chosen = learned or chosen_network(bench, exploration, choice, progress)

    def same(quantised: QuantisedLayers) -> None:
        name = entry.name if learned is None else str(sources.chosen_network)
        score = measured(quantised, held_out, workers)
        which = "" if entry.scheme == "PTQ" else entry.name
        check_same(name, entry.accuracy, entry.right, score, exploration, told, "recordings", which)

    return write_measured(out, bench, chosen, exploration, choice, asked, test, swept, command, workers, progress, same)


def _of_one_plan(
    network: DecolleNetwork, plan: DecollePlan, name: str, shown: Recordings, workers: int
) -> tuple[Exploration, Choice, dict[str, Classified]]:
    """Return an exploration of one candidate, which is chosen, and it and the float network measured on `shown`."""
    quantised = quantise_layers(network, plan)
    tests = {"float": measured_float(network, shown), name: measured(quantised, shown, workers)}
    candidate = Candidate(name, "PTQ", plan, tests[name], decolle_memory(quantised))
    return *only(candidate, f"{len(shown):,} recordings (of {shown.name})", tests["float"]), tests


def chosen_network(bench: Bench, exploration: Exploration, choice: Choice, progress: Progress) -> DecolleNetwork:
    """Return the network in real numbers that the choice quantises; trained on where it learned through it."""
    entry = exploration.entries[choice.index]
    if entry.scheme == "PTQ":
        return bench.network
    progress("train", 0, 1)
    found = bench.network_of(Point(entry.name, entry.scheme, {}, exploration.plan_as(choice.index, DecollePlan)))
    progress("train", 1, 1)
    return found


def write_measured(
    out: Path,
    bench: Bench,
    chosen: DecolleNetwork,
    exploration: Exploration,
    choice: Choice,
    asked: Criteria,
    test: Recordings,
    swept: Significance | None,
    command: str,
    workers: int,
    progress: Progress,
    checked: Callable[[QuantisedLayers], None] = lambda _: None,
    tests: Mapping[str, Classified] = MappingProxyType({}),
) -> LayersOutcome:
    """Measure the float network, the choice and what else of the front needs no training, and write the page.

    chosen     the network that the choice quantises
    checked    called with the quantised choice before anything is measured on test recordings
    tests      what is measured already, by name
    """
    entry = exploration.entries[choice.index]
    quantised = quantise_layers(chosen, exploration.plan_as(choice.index, DecollePlan))
    checked(quantised)
    networks = {entry.name: quantised}
    for n in shown_places(exploration, choice):
        one = exploration.entries[n]
        if n != choice.index and one.scheme == "PTQ":
            networks[one.name] = quantise_layers(bench.network, exploration.plan_as(n, DecollePlan))
    found = {**tests} or {"float": measured_float(bench.network, test)}
    for n, (name, network) in enumerate(networks.items()):
        if name not in found:
            found[name] = measured(network, test, workers)
        progress("test", n + 1, len(networks))
    outcome = Outcome(exploration, choice, asked.reward, asked.max_loss, found, bench.network, quantised, swept)
    learned = bench.lessons.learning
    more = {"learned through its words": f"{learned.passes} passes, rate {as_given(learned.rate)}, seed {learned.seed}"}
    told = more if entry.scheme != "PTQ" else {}
    write_report(out, compose_layers(outcome, bench.shown, test, command, told))
    return outcome
