"""One run of `fxsnn explore`: open or begin the study, work on it until it is finished, derive the candidates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from fxsnn.candidates import Exploration, assemble, found_of
from fxsnn.demo import PROFILED, Progress, about, measured_ranges, prepare
from fxsnn.errors import ConfigError
from fxsnn.explore import evaluate
from fxsnn.files import read_bytes
from fxsnn.grid import Grid, Learner, Point, check_learner, make_points
from fxsnn.network import Network
from fxsnn.splits import Splits
from fxsnn.study.board import GRACE, Board, check_study, open_board
from fxsnn.study.identity import identify
from fxsnn.study.run import Worker
from fxsnn.study.storage import Place, exists, parse_place
from fxsnn.study.strategy import SAMPLERS, Every, Name, Sampled, Strategy, check_strategy, read_significance, restrict


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


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A finished study."""

    exploration: Exploration
    evaluated: int  # points that this run evaluated, not those of others or of earlier runs


def settings_of(
    place: str | None, out: Path, strategy: str, trials: int, seed: int, significance: Path | None, grace: float
) -> Settings:
    """Return what the command line said, checked; the study is beside the output where no place is named."""
    name = check_strategy(strategy, trials, significance)
    data, shown = b"", ""
    if significance is not None:
        data, shown = read_bytes(significance, "a significance file", most=1 << 20), str(significance)
        read_significance(data, shown)
    return Settings(parse_place(place or str(out.with_suffix(".db"))), name, trials, seed, data, shown, grace)


def run_study(
    network: Network,
    splits: Splits,
    grid: Grid,
    settings: Settings,
    workers: int,
    progress: Progress,
    learner: Learner | None = None,
) -> Finished:
    """Work on the study until it is finished, and return what it found: the same whoever did the work.

    Raises
    ------
    ConfigError, FileError
        The study cannot be used, or is of something else.
    FxsnnError
        A point cannot be evaluated.
    """
    check_learner(grid, learner)
    sampled = settings.strategy in SAMPLERS
    identity = identify(
        network,
        splits,
        about(splits),
        grid,
        settings.strategy,
        profiled=PROFILED,
        learner=learner.settings if learner and "ITQ" in grid.scheme else "",
        trials=settings.trials,
        seed=settings.seed if sampled else 0,
        significance=settings.significance,
    )
    if exists(settings.place):
        check_study(settings.place, identity)
    points = make_points(grid, measured_ranges(network, splits), learner)
    if settings.strategy == "paper":
        points = restrict(points, read_significance(settings.significance, settings.significance_shown))
    strategy: Strategy = Every(points)
    if sampled:
        strategy = Sampled(points, grid.axes, settings.strategy, settings.trials, settings.seed)
    with open_board(settings.place, identity, grid.axes, workers, settings.grace) as board:
        evaluated = _work(board, strategy, network, splits, workers, progress, learner)
        return Finished(_exploration(board, points, about(splits)), evaluated)


def _work(
    board: Board,
    strategy: Strategy,
    network: Network,
    splits: Splits,
    workers: int,
    progress: Progress,
    learner: Learner | None,
) -> int:
    if not strategy.pending(board.results()) and board.found():
        return 0
    task, float_score = prepare(network, splits, workers)
    board.set_found(found_of(float_score, bits=1))  # the bits are known when the candidates are
    worker = Worker(board, strategy, lambda point: evaluate(network, point, task, learner))
    return worker.work(workers, lambda done, total: progress("explore", done, total))


def _exploration(board: Board, points: list[Point], data: str) -> Exploration:
    found, entries = board.found(), board.entries()
    if found is None:
        raise ConfigError("a study must hold what the float network reaches, but somebody has removed it")
    found = msgspec.structs.replace(found, bits=board.baseline_bits())
    return assemble(data, found, [entries[point.name] for point in points if point.name in entries])
