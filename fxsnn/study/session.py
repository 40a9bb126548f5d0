"""One run of `fxsnn explore`: open or begin the study, work on it until it is finished, derive the candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from fxsnn.candidates import Exploration, assemble, found_of
from fxsnn.demo import Progress
from fxsnn.errors import ConfigError, as_given
from fxsnn.explore import Candidate
from fxsnn.files import check_output, read_bytes
from fxsnn.grid import Point, Value
from fxsnn.pareto import USUAL_LOSS
from fxsnn.score import Measured
from fxsnn.study.board import GRACE, Board, check_study, open_board
from fxsnn.study.identity import Facts, identify
from fxsnn.study.run import Worker
from fxsnn.study.storage import USUAL_NAME, Place, exists, parse_place
from fxsnn.study.strategy import (
    NAMES,
    SAMPLERS,
    Every,
    Name,
    Sampled,
    Significance,
    Strategy,
    check_strategy,
    read_significance,
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
    grace: float = GRACE
    max_loss: float = 0.0  # of narrow: the accuracy that bits may cost, a share


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A finished study."""

    exploration: Exploration
    evaluated: int  # points that this run evaluated, not those of others or of earlier runs


def settings_of(
    place: str | None,
    out: Path,
    strategy: str,
    trials: int,
    seed: int,
    significance: Path | None,
    grace: float,
    max_loss: float | None = None,
    offered: Sequence[Name] = NAMES,
    study_name: str | None = None,
) -> Settings:
    """Return what the command line said, checked; the study is beside the output where no place is named."""
    name = check_strategy(strategy, trials, significance, offered)
    check_output(out)
    if max_loss is not None and name != "narrow":
        raise ConfigError(f"--max-loss must be given to the strategy narrow, not to {name}")
    data, shown = b"", ""
    if significance is not None:
        data, shown = read_bytes(significance, "a significance file", most=1 << 20), str(significance)
        read_significance(data, shown)
    called = USUAL_NAME if study_name is None else study_name
    kept = parse_place(str(out.with_suffix(".db")) if place is None else place, called)
    loss = USUAL_LOSS if max_loss is None else max_loss
    return Settings(kept, name, trials, seed, data, shown, grace, loss)


class Subject(Protocol):
    """A network, the points of a grid, and what they are measured on; all else of a study is the same for all."""

    def axes(self, found: Significance | None) -> Mapping[str, Sequence[Value]]:
        """Return the values of each property of the points, as `Grid.axes` has them."""

    def facts(self) -> Facts:
        """Return what the study is of."""

    def points(self, found: Significance | None) -> Sequence[Point[Any]]:
        """Return every point of the grid, or those that single-signal analysis leaves."""

    def narrowing(self, max_loss: float) -> Strategy:
        """Return the descent from the first point of the grid; raises ConfigError where nothing can be narrowed."""

    def ready(self, workers: int) -> tuple[Measured, Callable[[Point[Any]], Candidate[Any]]]:
        """Measure the float network; return its score and what evaluates a point."""


def run_study(subject: Subject, settings: Settings, workers: int, progress: Progress) -> Finished:
    """Work on the study until it is finished, and return what it found: the same whoever did the work.

    Raises
    ------
    ConfigError, FileError
        The study cannot be used, or is of something else.
    FxsnnError
        A point cannot be evaluated.
    """
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
    with open_board(settings.place, identity, strategy.axes, workers, settings.grace) as board:
        evaluated = _work(board, strategy, subject, workers, progress)
        return Finished(_exploration(board, strategy.points, facts.about), evaluated)


def _strategy(subject: Subject, settings: Settings) -> Strategy:
    if settings.strategy == "narrow":
        return subject.narrowing(settings.max_loss)
    found = None
    if settings.strategy == "paper":
        found = read_significance(settings.significance, settings.significance_shown)
    points, axes = subject.points(found), subject.axes(found)
    if settings.strategy in SAMPLERS:
        return Sampled(points, axes, settings.strategy, settings.trials, settings.seed)
    return Every(points, axes)


def _work(board: Board, strategy: Strategy, subject: Subject, workers: int, progress: Progress) -> int:
    found, evaluate = board.found(), None
    if found is None:
        float_score, evaluate = subject.ready(workers)
        found = found_of(float_score, bits=1)  # the bits are known when the candidates are
        board.set_found(found)
    strategy.against(found.accuracy)
    if not strategy.pending(board.results()):
        return 0
    worker = Worker(board, strategy, evaluate or subject.ready(workers)[1])
    return worker.work(workers, lambda done, total: progress("explore", done, total))


def _exploration(board: Board, points: Sequence[Point[Any]], data: str) -> Exploration:
    found, entries = board.found(), board.entries()
    if found is None:
        raise ConfigError("a study must hold what the float network reaches, but somebody has removed it")
    found = msgspec.structs.replace(found, bits=board.baseline_bits())
    return assemble(data, found, [entries[point.name] for point in points if point.name in entries])
