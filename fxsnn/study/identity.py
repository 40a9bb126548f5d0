"""What a study is a study of: who would go on with it must have the same network, data, grid and strategy."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import msgspec

from fxsnn.errors import ConfigError
from fxsnn.exploration.subject import Facts

SCHEMA = 2  # 1 counted memory otherwise
_WHAT = {
    "fxsnn": "fxsnn",
    "network": "the network",
    "data": "the data",
    "grid": "the grid",
    "learner": "the learning",
    "strategy": "the strategy",
    "trials": "trials",
    "seed": "the seed",
    "significance": "the significance file",
}
_SHORT = ("fxsnn", "strategy", "trials", "seed")  # what a refusal shows


@dataclass(frozen=True, slots=True)
class Identity:
    """The study's own attributes, all text or numbers."""

    fxsnn: str
    network: str  # SHA-256 of its arrays and constants
    data: str  # SHA-256 of the images that ranges, and those that accuracies, are measured on
    digits: str  # the same in words
    grid: str  # JSON
    learner: str
    strategy: str
    trials: int
    seed: int
    significance: str  # SHA-256 of the file, or nothing
    schema: int = SCHEMA  # the last one: see record.py


def identify(facts: Facts, strategy: str, *, trials: int = 0, seed: int = 0, significance: bytes = b"") -> Identity:
    """Return what a study of this subject by this strategy is."""
    return Identity(
        fxsnn=version("fxsnn"),
        network=facts.network,
        data=facts.data,
        digits=facts.about,
        grid=msgspec.json.encode(facts.grid).decode(),
        learner=facts.learner,
        strategy=strategy,
        trials=trials,
        seed=seed,
        significance=hashlib.sha256(significance).hexdigest() if significance else "",
    )


def check_same(identity: Identity, stored: Mapping[str, Any], place: str) -> None:
    """Refuse a study of something else: one line that names the first thing which differs."""
    given = asdict(identity)
    afresh = "name another study with --study-name" if "://" in place else "name a new file with --study, or remove it"
    if (was := stored.get("schema")) != SCHEMA:
        raise ConfigError(
            f"a study must be of schema {SCHEMA}, whose memory is counted as now, but {place!r} is of {was!r}; "
            f"to explore again, {afresh}"
        )
    for name, what in _WHAT.items():
        if stored.get(name) != given[name]:
            difference = f": {given[name]!r} is not its {stored.get(name)!r}" if name in _SHORT else ""
            raise ConfigError(
                f"a study must be resumed as it was begun, but {what} of {place!r} is another one{difference}; {afresh}"
            )
