"""A list of configurations run and held against its lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock as Mutex

from fxsnn.errors import ConfigError
from fxsnn.files import check_output
from fxsnn.regress.compare import changes
from fxsnn.regress.listed import Configuration, read_listed
from fxsnn.regress.lock import Lock, lock_path, read_lock, write_lock
from fxsnn.regress.record import Record, record
from fxsnn.splits import Splits, open_splits


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be said of one configuration; `agrees` where nothing is."""

    name: str
    why: tuple[str, ...] = ()  # nothing, where it gives what is recorded
    spikes: int = 0
    accuracy: tuple[int, int] | None = None  # correct, images
    refused: str = ""  # why it does not run

    @property
    def agrees(self) -> bool:
        """Whether it gives every word as recorded."""
        return not self.why


def regress(
    listed: Path, accept: bool = False, only: Sequence[str] = (), jobs: int = 1, data: Path | None = None
) -> list[Outcome]:
    """Run the configurations that a file lists, all or `only` these, and tell what changed since they were accepted.

    With `accept` the lock then holds what they give now; what is no longer listed leaves it, unless `only` some
    are asked for. `jobs` threads run at a time, without effect on any result.

    Raises
    ------
    FileError, ConfigError
        The list, its networks, its plans, the digits or the lock cannot be used; nothing is written.
    """
    configurations = _chosen(read_listed(listed), only)
    path = lock_path(listed)
    before = read_lock(path).records
    if accept:
        check_output(path)
    splits = _opener(data)
    with ThreadPoolExecutor(jobs) as pool:
        records = list(pool.map(lambda one: record(one, splits), configurations))
    fresh = {one.name: now for one, now in zip(configurations, records, strict=True)}
    outcomes = [_outcome(name, before.get(name), now) for name, now in fresh.items()]
    if not only:
        outcomes += [Outcome(name, ("recorded, but no longer listed",)) for name in before if name not in fresh]
    if accept:
        write_lock(path, Lock({**before, **fresh} if only else fresh))
    return outcomes


def _chosen(configurations: list[Configuration], only: Sequence[str]) -> list[Configuration]:
    names = [one.name for one in configurations]
    for name in only:
        if name not in names:
            raise ConfigError(f"a configuration must be one that is listed ({', '.join(names)}), not {name!r}")
    return [one for one in configurations if one.name in only or not only]


def _opener(data: Path | None) -> Callable[[bool], Splits]:
    """Return a function that opens digits once, whichever thread asks first."""
    mutex = Mutex()

    @lru_cache
    def opened(full: bool) -> Splits:
        return open_splits(data, True) if full else open_splits()

    def splits(full: bool) -> Splits:
        with mutex:
            return opened(full)

    return splits


def _outcome(name: str, before: Record | None, now: Record) -> Outcome:
    gave = f"refused: {now.refused}" if now.refused else f"{now.spikes:,} spikes"
    why = (f"not recorded yet ({gave})",) if before is None else tuple(changes(before, now))
    accuracy = None if now.correct is None or now.images is None else (now.correct, now.images)
    return Outcome(name, why, now.spikes, accuracy, now.refused)
