"""From candidates to the choice: rewards, the Pareto front, the reason in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from fxsnn.errors import BudgetError, ConfigError, FloorError, as_given
from fxsnn.measure.budget import Budget
from fxsnn.measure.memory import bits_text

Form = Literal["additive", "multiplicative"]
MOST_MU = 1e6  # far beyond any use; accuracy still counts in the sum
USUAL_LOSS, USUAL_MU = 0.01, 0.5  # where nobody says otherwise
SLACK = 1e-12  # of accuracy: what subtraction of shares may be off


class Scored(Protocol):
    """Anything with an accuracy and a memory."""

    @property
    def name(self) -> str:
        """What the candidate is called."""

    @property
    def accuracy(self) -> float:
        """Share of correct predictions, 0 to 1."""

    @property
    def bits(self) -> int:
        """Memory in bits."""


class Stored(Scored, Protocol):
    """Anything of which it is known, too, what memory it takes in hardware."""

    @property
    def allocated_bits(self) -> int:
        """Memory as a macro allocates it, in bits."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The network that candidates are compared with: its float accuracy, its memory with 32-bit words."""

    accuracy: float
    bits: int


@dataclass(frozen=True, slots=True)
class Reward:
    """How memory and accuracy are weighed; the form Q-SpiNN printed is not known for certain.

    `additive` (the style of the paper's authors in later work):
        R = accuracy - mu * bits / baseline bits
    `multiplicative` (as a summary of the paper has it): the memory saving times a penalty of the gap,
        R = (baseline bits / bits) * max(0, 1 - mu * max(0, baseline accuracy - accuracy))
    Accuracies are shares, 0 to 1.
    """

    form: Form = "additive"
    mu: float = 0.1

    def __post_init__(self) -> None:
        if self.form not in ("additive", "multiplicative"):
            raise ConfigError(f"the reward must be additive or multiplicative, not {self.form!r}")
        if not 0 <= self.mu <= MOST_MU:
            raise ConfigError(f"mu must be 0 to {MOST_MU:g}, not {as_given(self.mu)}")

    def of(self, candidate: Scored, baseline: Baseline) -> float:
        """Return the reward of one candidate."""
        if self.form == "additive":
            return candidate.accuracy - self.mu * candidate.bits / baseline.bits
        penalty = max(0.0, 1.0 - self.mu * max(0.0, baseline.accuracy - candidate.accuracy))
        return baseline.bits / candidate.bits * penalty


ACCURACY = Reward("additive", 0.0)  # memory decides only between equals


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen candidate's place in the list, and why."""

    index: int
    reason: str


def front(candidates: Sequence[Scored]) -> list[int]:
    """Return the places of the Pareto-optimal candidates, least memory first.

    A candidate is on the front if no other is as good in both accuracy and memory and better in one;
    of equals the first counts.
    """
    order = sorted(range(len(candidates)), key=lambda n: (candidates[n].bits, -candidates[n].accuracy, n))
    best, kept = float("-inf"), []
    for n in order:
        if candidates[n].accuracy > best:
            best = candidates[n].accuracy
            kept.append(n)
    return kept


def select(
    candidates: Sequence[Stored],
    baseline: Baseline,
    reward: Reward,
    max_loss: float | None = USUAL_LOSS,
    budget: Budget | None = None,
) -> Choice:
    """Choose the candidate of highest reward among those within `max_loss` of the baseline's accuracy.

    With a budget, only candidates that fit into it count; `max_loss` may then be None: no floor. Equal
    rewards go to less memory, then to higher accuracy, then to the first. No candidate is better than the
    choice in accuracy and memory both, since neither reward falls with accuracy or rises with memory.

    Raises
    ------
    FloorError
        No candidate holds the floor, or none of those that fit does.
    BudgetError
        No candidate fits.
    ConfigError
        There is no candidate.
    """
    if not candidates:
        raise ConfigError("a selection must have one or more candidates, not none")
    fitting = _fitting(candidates, budget)
    able = fitting if max_loss is None else _holding(candidates, fitting, baseline, max_loss, budget)
    chosen = max(
        able, key=lambda n: (reward.of(candidates[n], baseline), -candidates[n].bits, candidates[n].accuracy, -n)
    )
    candidate = candidates[chosen]
    change = candidate.accuracy - baseline.accuracy
    worth = "accuracy" if reward == ACCURACY else f"{reward.form} reward"
    value = (
        percent(candidate.accuracy)
        if reward == ACCURACY
        else f"{reward.of(candidate, baseline):.4f}, mu = {as_given(reward.mu)}"
    )
    limits = [f"fit into {budget}"] if budget else []
    limits += [] if max_loss is None else [f"stay within {percent_given(max_loss)} of the float network"]
    reason = (
        f"{candidate.name} has the highest {worth} ({value}) of the {len(able)} of {len(candidates)} candidates"
        f"{' that ' if limits else ''}{' and '.join(limits)}: {baseline.bits / candidate.bits:.1f} times less memory, "
        f"{100 * change:+.2f} points of accuracy."
    )
    if max_loss is None and -change > USUAL_LOSS + SLACK:
        reason += (
            f" It misses the usual floor, {percent(USUAL_LOSS)} below the float network: the budget costs accuracy."
        )
    return Choice(chosen, reason)


def _fitting(candidates: Sequence[Stored], budget: Budget | None) -> list[int]:
    places = range(len(candidates))
    if budget is None:
        return list(places)
    sizes = [candidate.bits if budget.by == "bits" else candidate.allocated_bits for candidate in candidates]
    fitting = [n for n in places if sizes[n] <= budget.bits]
    if not fitting:
        least = min(places, key=lambda n: (sizes[n], n))
        raise BudgetError(
            f"a candidate must fit into {budget}, but the smallest, {candidates[least].name}, holds "
            f"{bits_text(sizes[least])}"
        )
    return fitting


def _holding(
    candidates: Sequence[Scored], places: Sequence[int], baseline: Baseline, max_loss: float, budget: Budget | None
) -> list[int]:
    floor = baseline.accuracy - max_loss
    able = [n for n in places if candidates[n].accuracy >= floor - SLACK]
    if not able:
        best = max((candidates[n] for n in places), key=lambda candidate: candidate.accuracy)
        which = f"a candidate that fits into {budget}" if budget else "a candidate"
        # as many digits as show that the floor is missed
        digits = next((n for n in range(2, 15) if f"{100 * floor:.{n}f}" != f"{100 * best.accuracy:.{n}f}"), 15)
        raise FloorError(
            f"{which} must reach {percent(floor, digits)} (the float network's {percent(baseline.accuracy, digits)} "
            f"less {percent_given(max_loss)}), but the best{' of those' if budget else ''}, {best.name}, has "
            f"{percent(best.accuracy, digits)}"
        )
    return able


def percent(share: float, digits: int = 2) -> str:
    """Return a share as people read it.

    >>> percent(0.8712)
    '87.12 %'
    """
    return f"{100 * share:.{digits}f} %"


def percent_given(share: float) -> str:
    """Return a share that somebody gave: as `percent` does, or with more digits where it has more.

    >>> percent_given(0.01), percent_given(0.0000001)
    ('1.00 %', '0.00001 %')
    """
    exact = 100 * Decimal(as_given(share))
    return f"{exact:.2f} %" if exact == round(exact, 2) else f"{exact.normalize():f} %"
