"""What demos of every kind of network write of what they explored: the choice, and a significance sweep."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fxsnn.engine.progress import Progress
from fxsnn.exploration.candidate import Candidate
from fxsnn.exploration.candidates import Exploration, to_json
from fxsnn.exploration.pareto import Choice
from fxsnn.exploration.planned import planned_text
from fxsnn.exploration.selection import Criteria, choice_text, choose
from fxsnn.jobs.opened import digest_of_file
from fxsnn.significance import Significance
from fxsnn.significance import to_json as significance_json
from fxsnn.significance.sweep import Wide, significance

LONGEST = 8  # bits of the words in a demo's significance sweep


def write_choice(
    place: Path, exploration: Exploration, candidates: Sequence[Candidate[Any]], criteria: Criteria
) -> Choice:
    """Choose, and write candidates.json and chosen.toml; raises FloorError where no candidate holds the floor."""
    choice = choose(exploration, criteria.reward, criteria.max_loss)
    (place / "candidates.json").write_bytes(to_json(exploration, choice, criteria.reward))
    text = planned_text(candidates[choice.index].plan) + choice_text(criteria)
    (place / "chosen.toml").write_bytes(text.encode())
    return choice


def write_swept(place: Path, wide: Wide, about: str, max_loss: float, workers: int, progress: Progress) -> Significance:
    """Sweep the groups of network.npz, and write significance.json; `about` says in words on what it is measured."""
    digest, done = digest_of_file(place / "network.npz"), partial(progress, "sweep")
    found = significance(wide, about, digest, max_loss, workers, done, LONGEST)
    (place / "significance.json").write_bytes(significance_json(found))
    return found
