"""A list of configurations run and compared with its lock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock as Mutex
from typing import Literal

from fxsnn.digits.splits import Splits, open_splits
from fxsnn.engine.pool import THREADS, Engine, open_pool
from fxsnn.errors import ConfigError
from fxsnn.io.files import check_output
from fxsnn.regress.compare import changes
from fxsnn.regress.listed import Listed, read_listed
from fxsnn.regress.lock import Lock, lock_path, read_lock, write_lock
from fxsnn.regress.record import Record, record


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be reported of one configuration; `agrees` where nothing is."""

    name: str
    why: tuple[str, ...] = ()  # nothing, where it gives what is recorded
    spikes: int = 0
    accuracy: tuple[int, int] | None = None  # correct, images
    refused: str = ""  # why it does not run
    seconds: float = 0.0  # that it took
    standing: Literal["recorded", "new", "gone"] = "recorded"  # new: not yet; gone: recorded, but no longer listed

    @property
    def agrees(self) -> bool:
        """Whether it gives every word as recorded."""
        return not self.why


@dataclass(frozen=True, slots=True)
class Regression:
    """What the configurations of a list gave."""

    outcomes: tuple[Outcome, ...]
    written_by: str  # the fxsnn that wrote the lock they were compared with: nothing where that is not known

    @property
    def differ(self) -> int:
        """How many do not give what is recorded."""
        return sum(not outcome.agrees for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Recording:
    """The work of a regression: a task is a configuration, whose files are read where it runs."""

    data: Path | None

    def ready(self) -> Callable[[Listed], tuple[Record, float]]:
        """Return what runs a configuration; images are opened when the first one asks for them."""
        splits = _opener(self.data)
        return lambda one: _timed(one, splits)


def regress(
    listed: Path,
    accept: bool = False,
    only: Sequence[str] = (),
    jobs: int = 1,
    data: Path | None = None,
    engine: Engine = THREADS,
) -> Regression:
    """Run the configurations that a file lists, all or `only` these, and report what changed since they were accepted.

    With `accept` the lock then holds what they give now; what is no longer listed leaves it, unless `only` some
    are asked for. `jobs` run at a time, without effect on any result.

    Raises
    ------
    FileError, ConfigError
        The list, its networks, its plans, the images or the lock cannot be used; nothing is written.
    """
    configurations = _chosen(read_listed(listed), only)
    path = lock_path(listed)
    lock = read_lock(path)
    before = lock.records
    if accept:
        check_output(path)
    with open_pool(Recording(data), jobs, engine) as pool:
        timed = list(pool.in_order(configurations))
    fresh = {one.name: now for one, (now, _) in zip(configurations, timed, strict=True)}
    taken = {one.name: seconds for one, (_, seconds) in zip(configurations, timed, strict=True)}
    outcomes = [_outcome(name, before.get(name), now, taken[name]) for name, now in fresh.items()]
    if not only:
        gone = [name for name in before if name not in fresh]
        outcomes += [Outcome(name, ("recorded, but no longer listed",), standing="gone") for name in gone]
    if accept:
        write_lock(path, Lock({**before, **fresh} if only else fresh))
    return Regression(tuple(outcomes), lock.tool)


def _timed(configuration: Listed, splits: Callable[[bool], Splits]) -> tuple[Record, float]:
    began = time.perf_counter()
    return record(configuration, splits), time.perf_counter() - began


def _chosen(configurations: list[Listed], only: Sequence[str]) -> list[Listed]:
    names = [one.name for one in configurations]
    for name in only:
        if name not in names:
            raise ConfigError(f"a configuration must be one that is listed ({', '.join(names)}), not {name!r}")
    return [one for one in configurations if one.name in only or not only]


def _opener(data: Path | None) -> Callable[[bool], Splits]:
    """Return a function that opens images once, whichever thread asks first."""
    mutex = Mutex()

    @lru_cache
    def opened(full: bool) -> Splits:
        return open_splits(data, True) if full else open_splits()

    def splits(full: bool) -> Splits:
        with mutex:
            return opened(full)

    return splits


def _outcome(name: str, before: Record | None, now: Record, seconds: float) -> Outcome:
    gave = f"refused: {now.refused}" if now.refused else f"{now.spikes:,} spikes"
    why = (f"not recorded yet ({gave})",) if before is None else tuple(changes(before, now))
    accuracy = None if now.correct is None or now.images is None else (now.correct, now.images)
    return Outcome(name, why, now.spikes, accuracy, now.refused, seconds, "new" if before is None else "recorded")
