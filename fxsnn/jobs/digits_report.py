"""`fxsnn report`: from candidates to the page; everything in it is measured again."""

from __future__ import annotations

from pathlib import Path

from fxsnn.competitive.emulate import respond
from fxsnn.competitive.network import Network, load_network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import QuantisedNetwork, quantise
from fxsnn.digits.evaluate import evaluate
from fxsnn.digits.learner import learner_like
from fxsnn.digits.splits import Splits, check_fits, check_unlearned, open_splits
from fxsnn.digits.story import compose
from fxsnn.digits.task import about, measure_all, prepare
from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidates import Exploration, load_exploration
from fxsnn.exploration.pareto import Choice
from fxsnn.exploration.point import Point
from fxsnn.exploration.selection import Criteria, read_plan
from fxsnn.jobs.sources import Sources, check_same, only
from fxsnn.measure.score import cross_validate
from fxsnn.report import write_report
from fxsnn.report.compose import Outcome, shown_places


def report_job(
    out: Path,
    sources: Sources,
    asked: Criteria,
    data: Path | None,
    mnist: bool,
    command: str,
    workers: int,
    progress: Progress,
    passes: int = 1,
) -> Outcome[Network, QuantisedNetwork]:
    """Choose as `fxsnn select` does, measure on the test images, and write the report.

    The candidates may be one plan (.toml). A choice that learned in integers is trained again, in as many `passes` as
    fxsnn explore took (1), unless its network is given.

    Raises
    ------
    ConfigError, FileError
        The files are not of one network, or the images are not those that the candidates were measured on.
    FindingError
        No candidate holds the floor or fits into the budget.
    """
    sources.check(out)
    network, swept = load_network(sources.network), sources.swept()
    plan = read_plan(sources.candidates) if sources.candidates.suffix == ".toml" else None
    if plan is None:
        exploration = load_exploration(sources.candidates)
        choice = sources.choice(exploration, asked)
    learned = None if sources.chosen_network is None else load_network(sources.chosen_network)
    splits = open_splits(data, mnist)
    check_fits(network, sources.network, splits)
    check_unlearned(sources.network, splits)
    if learned is not None and sources.chosen_network is not None:
        check_fits(learned, sources.chosen_network, splits)
        check_unlearned(sources.chosen_network, splits)
    task, score = prepare(network, splits, workers)
    told = about(splits)
    if plan is not None:
        alone = evaluate(network, Point(sources.candidates.stem, "PTQ", {}, plan), task, threads=workers)
        exploration, choice = only(alone, told, score)
    found = exploration.found
    check_same(str(sources.network), found.accuracy, found.right, score, exploration, told, "images")
    networks = _quantised(network, learned, exploration, choice, splits, passes, progress)
    entry = exploration.entries[choice.index]
    responses = respond(networks[entry.name], task.spikes, workers)
    score = cross_validate(responses, task.labels, task.folds, task.rule)
    check_same(
        entry.name if learned is None else str(sources.chosen_network),
        entry.accuracy,
        entry.right,
        score,
        exploration,
        told,
        "images",
        entry.name if entry.scheme == "ITQ" else "",
    )
    tests = measure_all(network, networks, task, splits, workers, progress)
    outcome = Outcome(exploration, choice, asked.reward, asked.max_loss, tests, network, networks[entry.name], swept)
    write_report(out, compose(outcome, splits, command, {}))
    return outcome


def _quantised(
    network: Network,
    learned: Network | None,
    exploration: Exploration,
    choice: Choice,
    splits: Splits,
    passes: int,
    progress: Progress,
) -> dict[str, QuantisedNetwork]:
    """Quantise the choice, and of the rest of the front what needs no training."""
    chosen = exploration.entries[choice.index]
    if learned is not None and chosen.scheme != "ITQ":
        raise ConfigError(f"a chosen network must be of a choice that learned in integers, {chosen.name} did not")
    networks = {}
    for n in shown_places(exploration, choice):
        entry, plan = exploration.entries[n], exploration.plan_as(n, Plan)
        if entry.scheme != "ITQ":
            networks[entry.name] = quantise(network, plan)
        elif n == choice.index:
            networks[entry.name] = quantise(learned or _trained(network, plan, splits, passes, progress), plan)
    return networks


def _trained(network: Network, plan: Plan, splits: Splits, passes: int, progress: Progress) -> Network:
    progress("train", 0, 1)
    trained = learner_like(network, splits.training.images, passes).train(plan)
    progress("train", 1, 1)
    return trained
