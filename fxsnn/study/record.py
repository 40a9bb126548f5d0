"""What has been found, kept as an Optuna study: finished trials, and nothing of who works on what."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from fxsnn.errors import ConfigError, FileError
from fxsnn.exploration.candidates import Entry, Found
from fxsnn.exploration.point import Point, Value
from fxsnn.storages.rows import Rows
from fxsnn.study.identity import Identity, check_same
from fxsnn.study.storage import Place, errors_in_a_line, open_storage

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

_BEGINNING = 5.0  # seconds that whoever creates a study has for its attributes


class Result(msgspec.Struct, frozen=True):
    """What an evaluation gives."""

    entry: Entry
    baseline_bits: int  # memory of the network with 32-bit words


class Record:
    """The study of a command. Of a point that others have written too the first result counts: all are the same."""

    def __init__(self, place: Place, storage: BaseStorage, axes: Mapping[str, Sequence[Value]]) -> None:
        import optuna

        self._place, self._axes = place, axes
        with errors_in_a_line(place):
            self._study = optuna.load_study(study_name=place.name, storage=storage)
            self._rows = Rows(storage) if isinstance(storage, optuna.storages.RDBStorage) else None
            self.results: dict[str, Result] = {}
            for attributes in self._complete():
                self.results.setdefault(str(attributes["point"]), msgspec.convert(attributes, Result))
            stored = self._study.user_attrs.get("float")
            self.found = msgspec.convert(stored, Found) if stored else None

    @property
    def shown(self) -> str:
        """Where the study is, without a password."""
        return self._place.shown

    @property
    def reached(self) -> float:
        """The accuracy of the float network, 0 to 1."""
        if self.found is None:
            raise ConfigError("a study must hold what the float network reaches")
        return self.found.accuracy

    def set_found(self, found: Found) -> None:
        """Keep what is known of the float network, but for its memory."""
        with self._writing():
            self._study.set_user_attr("float", msgspec.to_builtins(found))
        self.found = found

    def keep(self, found: Sequence[tuple[Point[Any], Result]]) -> None:
        """Keep results, all of them or none."""
        with self._writing():
            trials = [self._trial(point, result) for point, result in found]
            if self._rows:
                self._rows.add(self._study._study_id, trials)
            else:
                self._study.add_trials(trials)

    def _complete(self) -> list[dict[str, Any]]:
        from optuna.trial import TrialState

        if self._rows:
            return self._rows.complete(self._study._study_id)
        return [trial.user_attrs for trial in self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))]

    def _trial(self, point: Point[Any], result: Result) -> FrozenTrial:
        from optuna.distributions import CategoricalDistribution
        from optuna.trial import create_trial

        return create_trial(
            values=(result.entry.accuracy, float(result.entry.bits)),
            params=dict(point.values),
            distributions={axis: CategoricalDistribution(tuple(self._axes[axis])) for axis in point.values},
            user_attrs={"point": point.name} | msgspec.to_builtins(result),
        )

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        if self._place.file and not self._place.file.exists():  # a system may let a removed file be written on
            raise FileError(f"a study must stay where it is, but {self._place.shown!r} has gone")
        with errors_in_a_line(self._place):
            yield


def check_study(place: Place, identity: Identity) -> None:
    """Refuse to go on with a study of something else; nothing is changed."""
    with open_storage(place) as storage, errors_in_a_line(place):
        for study in storage.get_all_studies():
            if study.study_name == place.name and study.user_attrs.get("schema") is not None:
                check_same(identity, study.user_attrs, place.shown)


@contextlib.contextmanager
def open_record(place: Place, identity: Identity, axes: Mapping[str, Sequence[Value]]) -> Iterator[Record]:
    """Open the study for the block, or begin it; raises FileError or ConfigError."""
    with open_storage(place) as storage:
        with errors_in_a_line(place):
            _begin(place, storage, identity)
        yield Record(place, storage, axes)


def _begin(place: Place, storage: BaseStorage, identity: Identity) -> None:
    """Make the study where there is none, and refuse one of another identity."""
    study, ours = _made(storage, place.name)
    # who creates it writes what it is of, the schema last; should he be killed before, the next one does
    until = time.monotonic() + (0.0 if ours else _BEGINNING)
    while (attributes := storage.get_study_user_attrs(study)).get("schema") is None:
        if time.monotonic() < until:
            time.sleep(0.05)
            continue
        if storage.get_all_trials(study, deepcopy=False):
            raise ConfigError(f"a study must be one that fxsnn explore made, {place.shown!r} is of something else")
        storage.set_study_system_attr(study, "study:metric_names", ["accuracy", "bits"])  # for Optuna's own tools
        for name, value in asdict(identity).items():
            storage.set_study_user_attr(study, name, value)
    check_same(identity, attributes, place.shown)


def _made(storage: BaseStorage, name: str) -> tuple[int, bool]:
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
