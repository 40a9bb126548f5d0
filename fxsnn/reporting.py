"""`fxsnn report`: from what explore wrote to the page, everything that it tells measured again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fxsnn.candidates import Exploration, load_exploration
from fxsnn.demo import Progress, about, measure_all, prepare
from fxsnn.emulate import respond
from fxsnn.errors import ConfigError
from fxsnn.files import check_output, read_bytes
from fxsnn.learner import learner_like
from fxsnn.network import Network, load_network
from fxsnn.pareto import SLACK, Choice, percent
from fxsnn.plan import Plan
from fxsnn.quantise import QuantisedNetwork, quantise
from fxsnn.report import write_report
from fxsnn.report.compose import Outcome, compose, shown_places
from fxsnn.report.drawing import check_drawing
from fxsnn.score import Measured, cross_validate
from fxsnn.selection import Criteria, choice_of, choose
from fxsnn.significance import Significance, load_significance
from fxsnn.splits import Splits, check_fits, check_unlearned, open_splits
from fxsnn.ties import pack


@dataclass(frozen=True, slots=True)
class Sources:
    """The files that a report is made of; the last three may be missing."""

    network: Path  # in float
    candidates: Path
    chosen: Path | None = None  # the plan of the choice, in place of a selection
    chosen_network: Path | None = None  # what learned in integers under that plan
    significance: Path | None = None


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
    """Choose as `fxsnn select` does, measure on the test digits, and write the report.

    A choice that learned in integers is trained again, in as many `passes` as fxsnn explore took (1), unless its
    network is given.

    Raises
    ------
    ConfigError, FileError
        The files are not of one network, or the digits are not those that the candidates were measured on.
    FindingError
        No candidate holds the floor or fits into the budget.
    """
    if sources.chosen is not None and asked.budget is not None:
        raise ConfigError("a choice must be made by a plan or within a budget, not both")
    check_output(out)
    check_drawing()
    network, exploration = load_network(sources.network), load_exploration(sources.candidates)
    if sources.chosen is None:
        choice = choose(exploration, asked.reward, asked.max_loss, asked.budget)
    else:
        choice = choice_of(exploration, sources.chosen)
    swept = None if sources.significance is None else significance_for(sources.network, sources.significance)
    learned = None if sources.chosen_network is None else load_network(sources.chosen_network)
    splits = open_splits(data, mnist)
    check_fits(network, sources.network, splits)
    check_unlearned(sources.network, splits)
    if learned is not None and sources.chosen_network is not None:
        check_fits(learned, sources.chosen_network, splits)
        check_unlearned(sources.chosen_network, splits)
    task, score = prepare(network, splits, workers)
    found = exploration.found
    told = about(splits)
    check_same(str(sources.network), found.accuracy, found.right, score, exploration, told)
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
        entry, plan = exploration.entries[n], exploration.layer_plan_of(n)
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


def significance_for(network: Path, path: Path) -> Significance:
    """Read what fxsnn significance wrote of this very network; ConfigError if it is of another."""
    found = load_significance(path)
    if found.network != hashlib.sha256(read_bytes(network, "a network")).hexdigest():
        raise ConfigError(f"a significance file must be of the network {str(network)!r}, {str(path)!r} is of another")
    return found


def check_same(
    name: str,
    accuracy: float,
    right: str | None,
    score: Measured,
    exploration: Exploration,
    about: str,
    learned: str = "",
) -> None:
    """Refuse a network that does not answer as candidates.json says; `learned`, what could be given instead."""
    if pack(score.right) == right if right else abs(score.accuracy - accuracy) < SLACK:
        return
    what = "digits" if "digits" in exploration.data else "recordings"
    how = f"; the network that learned as {learned} can be given as --chosen-network" if learned else ""
    raise ConfigError(
        f"networks and {what} must be those that the candidates were measured with, {percent(accuracy)} right on "
        f"{exploration.data}, but {name!r} has {percent(score.accuracy)} on {about}{how}"
    )
