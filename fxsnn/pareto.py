"""From candidates to the choice: rewards, the Pareto front, the reason in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from fxsnn.errors import ConfigError, FloorError

Form = Literal["additive", "multiplicative"]
MOST_MU = 1e6  # far beyond any use; accuracy still counts in the sum


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


@dataclass(frozen=True, slots=True)
class Baseline:
    """The network that candidates are held against: its float accuracy, its memory with 32-bit words."""

    accuracy: float
    bits: int


@dataclass(frozen=True, slots=True)
class Reward:
    """How memory and accuracy are weighed; the form Q-SpiNN printed is not known for certain.

    `additive` (the style of the paper's authors in later work):
        R = accuracy - mu * bits / baseline bits
    `multiplicative` (as a summary of the paper tells): the memory saving times a penalty of the gap,
        R = (baseline bits / bits) * max(0, 1 - mu * max(0, baseline accuracy - accuracy))
    Accuracies are shares, 0 to 1.
    """

    form: Form = "additive"
    mu: float = 0.1

    def __post_init__(self) -> None:
        if self.form not in ("additive", "multiplicative"):
            raise ConfigError(f"the reward must be additive or multiplicative, not {self.form!r}")
        if not 0 <= self.mu <= MOST_MU:
            raise ConfigError(f"mu must be 0 to {MOST_MU:g}, not {self.mu:g}")

    def of(self, candidate: Scored, baseline: Baseline) -> float:
        """Return the reward of one candidate."""
        if self.form == "additive":
            return candidate.accuracy - self.mu * candidate.bits / baseline.bits
        penalty = max(0.0, 1.0 - self.mu * max(0.0, baseline.accuracy - candidate.accuracy))
        return baseline.bits / candidate.bits * penalty


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


def select(candidates: Sequence[Scored], baseline: Baseline, reward: Reward, max_loss: float = 0.01) -> Choice:
    """Choose the candidate of highest reward among those within `max_loss` of the baseline's accuracy.

    Equal rewards go to less memory, then to higher accuracy, then to the first. No candidate is better
    than the choice in accuracy and memory both, since neither reward falls with accuracy or rises with memory.

    Raises
    ------
    FloorError
        No candidate holds the floor.
    ConfigError
        There is no candidate.
    """
    floor = baseline.accuracy - max_loss
    if not candidates:
        raise ConfigError("a selection must have one or more candidates, not none")
    able = [n for n, candidate in enumerate(candidates) if candidate.accuracy >= floor - 1e-12]
    if not able:
        best = max(candidates, key=lambda candidate: candidate.accuracy)
        raise FloorError(
            f"a candidate must reach {floor:.2%} (the float network's {baseline.accuracy:.2%} less "
            f"{max_loss:.2%}), but the best, {best.name}, has {best.accuracy:.2%}"
        )
    chosen = max(
        able, key=lambda n: (reward.of(candidates[n], baseline), -candidates[n].bits, candidates[n].accuracy, -n)
    )
    candidate = candidates[chosen]
    change = candidate.accuracy - baseline.accuracy
    return Choice(
        chosen,
        f"{candidate.name} has the highest {reward.form} reward ({reward.of(candidate, baseline):.4f}, mu = "
        f"{reward.mu:g}) of the {len(able)} of {len(candidates)} candidates that stay within {max_loss:.2%} of the "
        f"float network: {baseline.bits / candidate.bits:.1f} times less memory, {100 * change:+.2f} points of "
        "accuracy.",
    )
