"""Who evaluates which point: claims on points, kept in the study, that hold against kill -9 at any moment.

A claim is a trial that is created RUNNING, in one step, with its point and its owner in it. Of several claims
on one point the one with the lowest number holds and the others are told PRUNED, before anything is
evaluated: numbers are given one by one, and who holds a number sees all lower ones. A claim whose owner is
gone is told FAIL by whoever sees it first, and its point is free again. So there is no state of the study from
which the next worker would not go on: nothing is queued, and there is nothing to put back.
"""

from __future__ import annotations

import contextlib
import datetime
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from fxsnn.candidates import Entry, Found
from fxsnn.errors import ConfigError
from fxsnn.grid import Point, Value
from fxsnn.study.identity import Identity, check_same
from fxsnn.study.owner import Owner, is_gone, this_process
from fxsnn.study.storage import Place, open_storage, told

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial, TrialState

GRACE = 60.0  # seconds of silence after which a process that cannot be asked is taken for gone
_BEATS = 6  # signs of life in that time
_BEGINNING = 5.0  # seconds that whoever creates a study has for its attributes


class Board:
    """The study as its workers see it; one for all threads of a process."""

    def __init__(
        self, place: Place, storage: BaseStorage, study: int, axes: Mapping[str, Sequence[Value]], grace: float
    ):
        self._place, self._storage, self._study, self._grace = place, storage, study, grace
        self._axes = axes
        self._owner = this_process()
        self._lock = threading.RLock()  # what one thread reads, no other thread of this process changes meanwhile
        self._running: set[int] = set()  # ids of our own trials
        self._silent: dict[int, tuple[Any, float]] = {}  # others' trials: the last sign of life, and when it was new
        self._closed = threading.Event()
        self._beats = 0

    # what is in the study

    def results(self) -> dict[str, tuple[float, float]]:
        """Return accuracy and bits of every point that has a result, by name."""
        with self._speaking():
            return {name: (trial.values[0], trial.values[1]) for name, trial in self._complete().items()}

    def entries(self) -> dict[str, Entry]:
        """Return the entry of every point that has a result, by name."""
        with self._speaking():
            held = self._complete().items()
            return {name: msgspec.convert(trial.user_attrs["entry"], Entry) for name, trial in held}

    def baseline_bits(self) -> int:
        """Return the memory of the largest network with 32-bit words."""
        with self._speaking():
            return max(msgspec.convert(trial.user_attrs["baseline_bits"], int) for trial in self._complete().values())

    def found(self) -> Found | None:
        """Return what is known of the float network, but for its memory."""
        with self._speaking():
            held = self._storage.get_study_user_attrs(self._study).get("float")
            return msgspec.convert(held, Found) if held else None

    def set_found(self, found: Found) -> None:
        """Keep what is known of the float network: every worker would find the same."""
        with self._speaking():
            self._storage.set_study_user_attr(self._study, "float", msgspec.to_builtins(found))

    # claims

    def claim(self, wanted: Sequence[Point[Any]]) -> tuple[int, Point[Any]] | None:
        """Take a point that nobody evaluates; None if there is no such one (now)."""
        from optuna.trial import TrialState

        with self._speaking():
            while not self._closed.is_set():
                taken = self._taken()
                free = next((point for point in wanted if point.name not in taken), None)
                if free is None:
                    return None
                trial = self._create(free)
                if self._holds(trial, free.name):
                    self._running.add(trial)
                    return trial, free
                self._tell(trial, TrialState.PRUNED)
        return None

    def finish(self, trial: int, entry: Entry, baseline_bits: int) -> bool:
        """Keep a result; say whether it is ours to keep."""
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        with self._speaking():
            if trial not in self._running:  # close() has let go of it
                return False
            self._running.discard(trial)
            try:
                self._storage.set_trial_user_attr(trial, "entry", msgspec.to_builtins(entry))
                self._storage.set_trial_user_attr(trial, "baseline_bits", baseline_bits)
                values = (entry.accuracy, float(entry.bits))
                return self._storage.set_trial_state_values(trial, TrialState.COMPLETE, values)
            except UpdateFinishedTrialError:  # we were silent for too long, and another has the point
                return False

    def beat(self) -> None:
        """Give signs of life of all our trials, until the board is closed."""
        from optuna.exceptions import UpdateFinishedTrialError

        while not self._closed.wait(self._grace / _BEATS):
            with self._speaking():
                self._beats += 1
                for trial in tuple(self._running):
                    with contextlib.suppress(UpdateFinishedTrialError):
                        self._storage.set_trial_user_attr(trial, "beat", self._beats)

    def close(self) -> None:
        """Let go of what we have not finished."""
        from optuna.trial import TrialState

        self._closed.set()
        if not self._lock.acquire(timeout=self._grace):  # a thread waits for the storage
            return
        try:
            with told(self._place):
                while self._running:
                    self._tell(self._running.pop(), TrialState.FAIL)
        finally:
            self._lock.release()

    def _taken(self) -> set[str]:
        """Return the names of points with a result or a claim, once claims whose owners are gone are told FAIL."""
        from optuna.trial import TrialState

        taken = set()
        for trial in self._trials():
            if trial.state == TrialState.RUNNING and self._is_dead(trial):
                self._tell(trial._trial_id, TrialState.FAIL)
            elif trial.state in (TrialState.COMPLETE, TrialState.RUNNING):
                taken.add(_name(trial))
        return taken

    def _holds(self, claim: int, name: str) -> bool:
        """Say whether a claim is the first of those on its point."""
        from optuna.trial import TrialState

        rivals = [trial for trial in self._trials() if _name(trial) == name]
        mine = next(trial.number for trial in rivals if trial._trial_id == claim)
        return not any(
            trial.state == TrialState.COMPLETE or (trial.state == TrialState.RUNNING and trial.number < mine)
            for trial in rivals
        )

    def _is_dead(self, trial: FrozenTrial) -> bool:
        if trial._trial_id in self._running:
            return False
        held = trial.user_attrs.get("owner")
        if held is not None and is_gone(msgspec.convert(held, Owner)):
            return True
        now, sign = time.monotonic(), trial.user_attrs.get("beat")
        known, since = self._silent.setdefault(trial._trial_id, (sign, now))
        if known != sign:
            self._silent[trial._trial_id] = (sign, now)
            return False
        return now - since > self._grace

    def _create(self, point: Point[Any]) -> int:
        from optuna.distributions import CategoricalDistribution
        from optuna.trial import FrozenTrial, TrialState

        claim = FrozenTrial(
            number=-1,  # the storage gives it
            trial_id=-1,
            state=TrialState.RUNNING,
            value=None,
            datetime_start=datetime.datetime.now(),
            datetime_complete=None,
            params=dict(point.values),
            distributions={axis: CategoricalDistribution(tuple(self._axes[axis])) for axis in point.values},
            user_attrs={"point": point.name, "owner": msgspec.to_builtins(self._owner), "beat": 0},
            system_attrs={},
            intermediate_values={},
        )
        return self._storage.create_new_trial(self._study, claim)

    def _tell(self, trial: int, state: TrialState) -> None:
        from optuna.exceptions import UpdateFinishedTrialError

        with contextlib.suppress(UpdateFinishedTrialError):  # another has said so already
            self._storage.set_trial_state_values(trial, state)

    def _trials(self) -> list[FrozenTrial]:
        return self._storage.get_all_trials(self._study, deepcopy=False)

    def _complete(self) -> dict[str, FrozenTrial]:
        """Return the trial that gave each point its result."""
        from optuna.trial import TrialState

        with self._speaking():
            complete = [trial for trial in self._trials() if trial.state == TrialState.COMPLETE]
        return {_name(trial): trial for trial in reversed(complete)}

    @contextlib.contextmanager
    def _speaking(self) -> Iterator[None]:
        with self._lock, told(self._place):
            yield


def check_study(place: Place, identity: Identity) -> None:
    """Refuse to go on with a study of something else; nothing is changed."""
    with open_storage(place, 1) as storage, told(place):
        for study in storage.get_all_studies():
            if study.study_name == place.name and study.user_attrs.get("schema") is not None:
                check_same(identity, study.user_attrs, place.shown)


@contextlib.contextmanager
def open_board(
    place: Place, identity: Identity, axes: Mapping[str, Sequence[Value]], workers: int, grace: float = GRACE
) -> Iterator[Board]:
    """Open the study for the block, or begin it; raises FileError or ConfigError."""
    with open_storage(place, workers + 2) as storage:
        yield Board(place, storage, _begun(place, storage, identity), axes, grace)


def _begun(place: Place, storage: BaseStorage, identity: Identity) -> int:
    """Return the study, which is one of this identity."""
    with told(place):
        study, ours = _begin(storage, place.name)
        # who created it writes what it is of, the schema last; should he be killed before, the next one does
        until = time.monotonic() + (0.0 if ours else _BEGINNING)
        while (held := storage.get_study_user_attrs(study)).get("schema") is None:
            if time.monotonic() < until:
                time.sleep(0.05)
                continue
            if storage.get_all_trials(study, deepcopy=False):
                raise ConfigError(f"a study must be one that fxsnn explore made, {place.shown!r} is of something else")
            storage.set_study_system_attr(study, "study:metric_names", ["accuracy", "bits"])  # for Optuna's own tools
            for name, value in asdict(identity).items():
                storage.set_study_user_attr(study, name, value)
        check_same(identity, held, place.shown)
    return study


def _begin(storage: BaseStorage, name: str) -> tuple[int, bool]:
    """Return the study and whether it is new."""
    from optuna.exceptions import DuplicatedStudyError
    from optuna.study import StudyDirection

    with contextlib.suppress(KeyError):
        return storage.get_study_id_from_name(name), False
    directions = (StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE)
    try:
        return storage.create_new_study(directions, name), True
    except DuplicatedStudyError:
        return storage.get_study_id_from_name(name), False


def _name(trial: FrozenTrial) -> str:
    return str(trial.user_attrs.get("point"))
