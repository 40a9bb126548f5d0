"""The accuracies of a report, one row for each data set: how many samples, which interval, which difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fxsnn.measure.ties import small_sample
from fxsnn.report.story import Story

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The float network's accuracy on one data set and, where it was measured, the choice's; shares, 0 to 1."""

    use: str  # what the data set is used for
    data: str
    samples: int
    floating: float
    floating_interval: Interval  # 95 %, Wilson's
    fixed: float | None = None
    fixed_interval: Interval | None = None
    difference_interval: Interval | None = None  # 95 %, paired sample by sample
    ties: bool | None = None  # whether the choice is within noise of the float network; None: not known

    @property
    def difference(self) -> float | None:
        """The choice's accuracy less the float network's."""
        return None if self.fixed is None else self.fixed - self.floating

    @property
    def warning(self) -> str:
        """What to say where the sample that the choice was measured on is small; else nothing."""
        return small_sample(self.samples, self.fixed_interval) if self.fixed_interval else ""


def accuracies(story: Story) -> list[Accuracy]:
    """Return a row for each data set that the report has an accuracy of: test data first, where there are any."""
    facts, many = dict(story.facts), story.words.many
    found = []
    if "test_accuracy" in story.choice and "test_accuracy" in story.baseline:
        found.append(_row(story, "test_", "test", facts.get("reported on", f"test {many}")))
    choice = _row(story, "", "choice", facts.get("chosen by", many))
    # one plan that was given was chosen by nothing: it has one measurement
    if not found or _numbers(choice) != _numbers(found[0]):
        found.append(choice)
    return [*found, *_swept(story)]


def _numbers(row: Accuracy) -> tuple[int, float, float | None]:
    return row.samples, row.floating, row.fixed


def _row(story: Story, prefix: str, use: str, data: str) -> Accuracy:
    choice, baseline, difference = story.choice, story.baseline, f"{prefix}difference_interval"
    return Accuracy(
        use,
        data,
        baseline[f"{prefix}images"],
        baseline[f"{prefix}accuracy"],
        _pair(baseline[f"{prefix}interval"]),
        choice[f"{prefix}accuracy"],
        _pair(choice[f"{prefix}interval"]),
        _pair(choice[difference]) if difference in choice else None,
        choice.get(f"{prefix}ties_with_float"),
    )


def _swept(story: Story) -> Iterator[Accuracy]:
    if (found := story.significance) is None:
        return
    base = found.baseline
    yield Accuracy("significance sweep", found.data, base.images, base.accuracy, base.interval)
    if learned := found.learned:
        data = f"{found.data}, after learning from {learned.digits:,} images"
        yield Accuracy("significance sweep of learning", data, learned.images, learned.accuracy, learned.interval)


def _pair(ends: Any) -> Interval:
    low, high = ends
    return low, high
