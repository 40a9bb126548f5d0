"""One small study, and a process that works on it: python study_worker.py PLACE OUT TASK."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from command_line import small_splits
from fxsnn.candidates import to_json
from fxsnn.cast import to_float
from fxsnn.demo import measured_ranges
from fxsnn.encode import RateCoding
from fxsnn.grid import Grid, Learner, make_points
from fxsnn.learn import random_network
from fxsnn.network import Network
from fxsnn.plan import Plan
from fxsnn.quantise import quantise
from fxsnn.study.board import Board, open_board
from fxsnn.study.digits import DigitsSubject
from fxsnn.study.identity import Identity, identify
from fxsnn.study.session import Finished, Settings, run_study
from fxsnn.study.storage import parse_place

SPLITS = small_splits()
NETWORK = replace(random_network(784, 3), coding=RateCoding(steps=10))
GRID = Grid(
    weight=("UQ0.4", "UQ0.2"),
    state_bits=(4,),
    weight_rounding=("RN", "SR"),
    state_rounding=("TR",),
    leak=("shift 5",),
    scheme=("PTQ", "ITQ"),
    seed=5,
)


class Snapping:
    """Learning that only puts the parameters on their formats, and takes a while."""

    settings = "snapping"

    def __init__(self, pause: float = 0.0) -> None:
        self._pause = pause

    def learning_plan(self, plan: Plan) -> Plan:
        return replace(plan, fold=False)

    def train(self, plan: Plan) -> Network:
        time.sleep(self._pause)
        found = quantise(NETWORK, plan)
        return replace(NETWORK, weights=to_float(found.weights, plan.weight.format))


def subject(grid: Grid = GRID, learner: Learner | None = None) -> DigitsSubject:
    """Return what the study is of."""
    return DigitsSubject(NETWORK, SPLITS, grid, learner or Snapping())


def study(place: object, *, workers: int = 1, pause: float = 0.0, grid: Grid = GRID, **settings: Any) -> Finished:
    """Work on the study at this place until it is finished."""
    given = Settings(parse_place(str(place)), **settings)
    return run_study(subject(grid, Snapping(pause)), given, workers, lambda *_: None)


def identity(**changes: Any) -> Identity:
    """Return what the study is of."""
    return replace(identify(subject().facts(), "grid"), **changes)


POINTS = make_points(GRID, measured_ranges(NETWORK, SPLITS), Snapping())


def main(place: str, out: str, task: str) -> None:
    """Work on the study (`work`), or claim a point and do nothing (`hold`)."""
    if task == "work":
        finished = study(place, pause=0.05)
        Path(out).write_bytes(to_json(finished.exploration))
        print(finished.evaluated)
        return
    with open_board(parse_place(place), identity(), GRID.axes, 1) as board:
        _hold(board)


def _hold(board: Board) -> None:
    claim = board.claim(POINTS)
    print(claim[1].name if claim else "nothing", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:])
