"""`fxsnn report`: from candidates to the page; everything in it is measured again."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fxsnn.candidates import Exploration, gather, load_exploration
from fxsnn.demo import Progress, about, measure_all, prepare
from fxsnn.emulate import respond
from fxsnn.errors import ConfigError, FindingError
from fxsnn.explore import Candidate
from fxsnn.files import check_output, read_bytes
from fxsnn.learner import learner_like
from fxsnn.network import Network, load_network
from fxsnn.pareto import SLACK, Choice, percent
from fxsnn.plan import Plan
from fxsnn.quantised import QuantisedNetwork, quantise
from fxsnn.report import write_report
from fxsnn.report.compose import Outcome, compose, shown_places
from fxsnn.report.drawing import check_drawing
from fxsnn.score import Measured, cross_validate
from fxsnn.selection import Criteria, choice_of, choice_written, choose, criteria
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

    def asked(
        self, form: str | None, mu: float | None, max_loss: float | None, budget: str | None, by: str | None
    ) -> Criteria:
        """Return by what to choose: as given, else what the plan that is given says that it was chosen with.

        Raises ConfigError where a plan and a budget are given, FileError where the plan cannot be read.
        """
        if self.chosen is not None and budget is not None:
            raise ConfigError("a choice must be made by a plan or within a budget, not both")
        alone = self.candidates if self.candidates.suffix == ".toml" else None
        return criteria(form, mu, max_loss, budget, by, self.chosen or alone)

    def check(self, out: Path, *read: Path | None) -> None:
        """Refuse what cannot become a page, before anything is measured; `read` is what else is not to be replaced."""
        own = self.network, self.candidates, self.chosen, self.chosen_network, self.significance
        check_output(out, *own, *read)
        check_drawing()

    def choice(self, exploration: Exploration, asked: Criteria) -> Choice:
        """Choose by the plan that is given, or as `fxsnn select` does; one that it chose so has the reason of then."""
        given = asked.reward, asked.max_loss, asked.budget
        if self.chosen is None:
            return choose(exploration, *given)
        choice = choice_of(exploration, self.chosen, self.chosen_network is not None)
        if choice_written(self.chosen) and criteria(plan=self.chosen) == asked:
            with suppress(FindingError):
                again = choose(exploration, *given)
                return again if again.index == choice.index else choice
        return choice

    def swept(self, digest: str | None = None) -> Significance | None:
        """Read what fxsnn significance wrote, if anything, of this very network; ConfigError if it is of another.

        digest    of the network; that of its file, if none is given
        """
        if self.significance is None:
            return None
        found = load_significance(self.significance)
        if found.network != (digest or hashlib.sha256(read_bytes(self.network, "a network")).hexdigest()):
            raise ConfigError(
                f"a significance file must be of the network {str(self.network)!r}, {str(self.significance)!r} is of "
                "another"
            )
        return found


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

    A choice that learned in integers is trained again, in as many `passes` as fxsnn explore took (1), unless its
    network is given.

    Raises
    ------
    ConfigError, FileError
        The files are not of one network, or the images are not those that the candidates were measured on.
    FindingError
        No candidate holds the floor or fits into the budget.
    """
    sources.check(out)
    network, exploration = load_network(sources.network), load_exploration(sources.candidates)
    choice, swept = sources.choice(exploration, asked), sources.swept()
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


def only(candidate: Candidate[Any], told: str, float_score: Measured) -> tuple[Exploration, Choice]:
    """Return an exploration of a plan that was given alone, and it as the choice.

    told    what it was measured on
    """
    return gather(told, float_score, [candidate]), Choice(0, f"{candidate.name} is the plan that was given.")


def check_same(
    name: str,
    accuracy: float,
    right: str | None,
    score: Measured,
    exploration: Exploration,
    about: str,
    what: str,
    learned: str = "",
) -> None:
    """Refuse a network that does not answer as candidates.json says.

    what       it was shown, in the plural
    learned    a candidate whose network could be given instead
    """
    if pack(score.right) == right if right else abs(score.accuracy - accuracy) < SLACK:
        return
    how = f"; the network that learned as {learned} can be given as --chosen-network" if learned else ""
    raise ConfigError(
        f"networks and {what} must be those that the candidates were measured with, {percent(accuracy)} right on "
        f"{exploration.data}, but {name!r} has {percent(score.accuracy)} on {about}{how}"
    )
