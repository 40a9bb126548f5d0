"""One run of `fxsnn explore`: open or begin the study, work on it until it is finished, derive the candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from fxsnn.engine.pool import THREADS, Engine, open_pool
from fxsnn.engine.progress import Progress
from fxsnn.errors import ConfigError, FindingError, as_given
from fxsnn.exploration.candidates import Exploration, assemble
from fxsnn.exploration.pareto import USUAL_LOSS
from fxsnn.exploration.point import Point
from fxsnn.exploration.subject import Subject
from fxsnn.io.files import check_output, read_bytes
from fxsnn.significance.fewest import read_fewest
from fxsnn.study.identity import identify
from fxsnn.study.record import Record, check_study, open_record
from fxsnn.study.run import FLOAT, Coordinator, Evaluation
from fxsnn.study.storage import USUAL_NAME, Place, exists, parse_place, quiet
from fxsnn.study.strategy import (
    SAMPLERS,
    Every,
    Name,
    Sampled,
    Strategy,
    check_strategy,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a study is kept and how it searches."""

    place: Place
    strategy: Name = "grid"
    trials: int = 0
    seed: int = 0
    significance: bytes = b""
    significance_shown: str = ""
    max_loss: float = 0.0  # of narrow: the accuracy that bits may cost, a share


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A finished study."""

    exploration: Exploration
    evaluated: int  # points that this run evaluated, not earlier ones
    aside: tuple[str, ...] = ()  # points that no worker outlived, which have no result
    unfit: tuple[str, ...] = ()  # why others have none, each with its name


def settings_of(
    place: str | None,
    out: Path,
    strategy: str,
    trials: int,
    seed: int,
    significance: Path | None,
    max_loss: float | None = None,
    study_name: str | None = None,
) -> Settings:
    """Return what the command line gave, checked; the study is beside the output where no place is named."""
    name = check_strategy(strategy, trials, significance)
    check_output(out, significance)
    if seed and name not in SAMPLERS:
        raise ConfigError(f"--seed must be given to a sampler ({', '.join(SAMPLERS)}), not to the strategy {name}")
    if max_loss is not None and name != "narrow":
        raise ConfigError(f"--max-loss must be given to the strategy narrow, not to {name}")
    data, file = b"", ""
    if significance is not None:
        data, file = read_bytes(significance, "a significance file", most=1 << 20), str(significance)
        read_fewest(data, file)
    called = USUAL_NAME if study_name is None else study_name
    kept = parse_place(str(out.with_suffix(".db")) if place is None else place, called)
    loss = USUAL_LOSS if max_loss is None else max_loss
    return Settings(kept, name, trials, seed, data, file, loss)


def run_study(
    subject: Subject, settings: Settings, workers: int, progress: Progress, engine: Engine = THREADS
) -> Finished:
    """Work on the study until it is finished, and return what it found: the same whichever process did the work.

    Raises
    ------
    ConfigError, FileError
        The study cannot be used, or is of something else; or the cluster cannot be used.
    FxsnnError
        A point cannot be evaluated.
    """
    quiet()  # a sampler has a study of its own, in memory
    facts = subject.facts()
    identity = identify(
        facts,
        f"narrow within {as_given(settings.max_loss)}" if settings.strategy == "narrow" else settings.strategy,
        trials=settings.trials,
        seed=settings.seed if settings.strategy in SAMPLERS else 0,
        significance=settings.significance,
    )
    if exists(settings.place):
        check_study(settings.place, identity)
    strategy = _strategy(subject, settings)
    with open_record(settings.place, identity, strategy.axes) as record:
        coordinator = Coordinator(record, strategy, lambda done, total: progress("explore", done, total))
        if not _is_finished(record, strategy, coordinator):
            evaluation = Evaluation(subject, facts, workers if engine.is_here else 1)
            with open_pool(evaluation, workers, engine) as pool:
                if record.found is None:
                    record.set_found(*pool.in_order([FLOAT]))
                    strategy.against(record.reached)
                coordinator.work(pool)
        unfit = tuple(coordinator.unfit[one.name] for one in strategy.points if one.name in coordinator.unfit)
        found = _exploration(record, strategy.points, facts.about, unfit)
        return Finished(found, coordinator.evaluated, tuple(coordinator.aside), unfit)


def _is_finished(record: Record, strategy: Strategy, coordinator: Coordinator) -> bool:
    if record.found is None:
        return False
    strategy.against(record.reached)
    return not coordinator.wanted()


def _strategy(subject: Subject, settings: Settings) -> Strategy:
    if settings.strategy == "narrow":
        return subject.narrowing(settings.max_loss)
    found = None
    if settings.strategy == "paper":
        found = read_fewest(settings.significance, settings.significance_shown)
    points, axes = subject.points(found), subject.axes(found)
    if settings.strategy in SAMPLERS:
        return Sampled(points, axes, settings.strategy, settings.trials, settings.seed)
    return Every(points, axes)


def _exploration(record: Record, points: Sequence[Point[Any]], data: str, unfit: Sequence[str]) -> Exploration:
    results = [record.results[point.name] for point in points if point.name in record.results]
    if record.found is None or not results:
        why = f": {unfit[0]}" if unfit else ""
        raise FindingError(f"a study must have the result of a point, but {record.shown!r} has none{why}")
    bits = max(result.baseline_bits for result in results)
    return assemble(data, msgspec.structs.replace(record.found, bits=bits), [result.entry for result in results])
