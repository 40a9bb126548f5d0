"""Finished trials of a database, many at a time: Optuna's own way takes a transaction for each, and many queries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial

_TABLES = ("studies", "trials", "trial_values", "trial_params", "trial_user_attributes")  # as Optuna makes them


class Rows:
    """The tables of a database, as they are found there."""

    def __init__(self, storage: RDBStorage) -> None:
        from sqlalchemy import MetaData

        metadata = MetaData()
        metadata.reflect(storage.engine, only=_TABLES)
        self._engine = storage.engine
        self._studies, self._trials, self._values, self._params, self._attributes = (
            metadata.tables[n] for n in _TABLES
        )

    def complete(self, study: int) -> list[dict[str, Any]]:
        """Return the user attributes of every complete trial of a study, in the order of their numbers."""
        from sqlalchemy import select

        trials, attributes = self._trials.c, self._attributes.c
        asked = select(trials.number, attributes.key, attributes.value_json).join(
            self._attributes, attributes.trial_id == trials.trial_id
        )
        asked = asked.where(trials.study_id == study, trials.state == "COMPLETE").order_by(trials.number)
        found: dict[int, dict[str, Any]] = {}
        with self._engine.begin() as connection:
            for number, key, text in connection.execute(asked):
                found.setdefault(number, {})[key] = json.loads(text)
        return list(found.values())

    def add(self, study: int, trials: Sequence[FrozenTrial]) -> None:
        """Add complete trials to a study, all of them or none; see `optuna.Study.add_trials`."""
        from optuna.distributions import distribution_to_json
        from sqlalchemy import func, select

        studies, table = self._studies.c, self._trials
        now = datetime.now(UTC).replace(tzinfo=None)  # as Optuna keeps times
        finished = {"study_id": study, "state": "COMPLETE", "datetime_start": now, "datetime_complete": now}
        with self._engine.begin() as connection:
            # whoever else adds trials waits here: numbers are given without gaps, and none twice
            connection.execute(select(studies.study_id).where(studies.study_id == study).with_for_update())
            first = connection.scalar(select(func.count()).select_from(table).where(table.c.study_id == study)) or 0
            made = table.insert().returning(table.c.trial_id, sort_by_parameter_order=True)
            ids = connection.scalars(made, [finished | {"number": first + n} for n in range(len(trials))]).all()
            places = list(zip(ids, trials, strict=True))
            connection.execute(
                self._values.insert(),
                [
                    {"trial_id": place, "objective": n, "value": value, "value_type": "FINITE"}
                    for place, trial in places
                    for n, value in enumerate(trial.values)
                ],
            )
            connection.execute(
                self._params.insert(),
                [
                    {"trial_id": place, "param_name": name, "param_value": kind.to_internal_repr(trial.params[name])}
                    | {"distribution_json": distribution_to_json(kind)}
                    for place, trial in places
                    for name, kind in trial.distributions.items()
                ],
            )
            connection.execute(
                self._attributes.insert(),
                [
                    {"trial_id": place, "key": key, "value_json": json.dumps(value)}
                    for place, trial in places
                    for key, value in trial.user_attrs.items()
                ],
            )
