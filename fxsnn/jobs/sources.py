"""The files that a report is made of, and whether they belong together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fxsnn.errors import ConfigError, FindingError
from fxsnn.exploration.candidate import Candidate
from fxsnn.exploration.candidates import Entry, Exploration, Found, gather, load_exploration
from fxsnn.exploration.pareto import SLACK, Choice, percent
from fxsnn.exploration.planned import Planned
from fxsnn.exploration.selection import Criteria, choice_of, choice_written, choose, criteria
from fxsnn.io.files import check_output
from fxsnn.measure.score import Measured
from fxsnn.measure.ties import pack
from fxsnn.report.drawing import check_drawing
from fxsnn.significance import Significance, load_significance


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

    def read(self, asked: Criteria, plan_in: Callable[[Path], Planned]) -> Planned | tuple[Exploration, Choice]:
        """Read the one plan that is given, or the candidates, of which one is chosen."""
        if self.candidates.suffix == ".toml":
            return plan_in(self.candidates)
        exploration = load_exploration(self.candidates)
        return exploration, self.choice(exploration, asked)

    def swept(self, digest: Callable[[], str]) -> Significance | None:
        """Read what fxsnn significance wrote, if anything, of this very network; ConfigError if it is of another.

        digest    computes that of the network
        """
        if self.significance is None:
            return None
        found = load_significance(self.significance)
        if found.network != digest():
            raise ConfigError(
                f"a significance file must be of the network {str(self.network)!r}, {str(self.significance)!r} is of "
                "another"
            )
        return found


def only(candidate: Candidate[Any], about: str, float_score: Measured) -> tuple[Exploration, Choice]:
    """Return an exploration of a plan that was given alone, and it as the choice.

    about    what it was measured on
    """
    return gather(about, float_score, [candidate]), Choice(0, f"{candidate.name} is the plan that was given.")


def check_same(
    name: str,
    recorded: Entry | Found,
    score: Measured,
    exploration: Exploration,
    about: str,
    what: str,
    learned: str = "",
) -> None:
    """Refuse a network that does not answer as candidates.json says.

    recorded   what that file states of it
    what       was presented to it, in the plural
    learned    a candidate whose network could be given instead
    """
    right, accuracy = recorded.right, recorded.accuracy
    if pack(score.right) == right if right else abs(score.accuracy - accuracy) < SLACK:
        return
    how = f"; the network that learned as {learned} can be given as --chosen-network" if learned else ""
    raise ConfigError(
        f"networks and {what} must be those that the candidates were measured with, {percent(accuracy)} right on "
        f"{exploration.data}, but {name!r} has {percent(score.accuracy)} on {about}{how}"
    )
