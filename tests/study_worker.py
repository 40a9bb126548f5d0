"""One small study, and a process that works on it: python study_worker.py PLACE OUT [processes]."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from command_line import small_splits
from fxsnn.competitive.learn import random_network
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import quantise
from fxsnn.data.encode import RateCoding
from fxsnn.digits.grid import Grid, Learner
from fxsnn.digits.subject import DigitsSubject
from fxsnn.engine.pool import THREADS, Engine
from fxsnn.exploration.candidates import to_json
from fxsnn.number.cast import to_float
from fxsnn.number.modes import Rounding
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


def kills(plan: Plan) -> bool:
    """Say whether who trains under a plan may die of it: two points of the grid."""
    return plan["weight"].format.word == 2 and plan["weight"].rounding is Rounding.STOCHASTIC


class Snapping:
    """Learning that only puts the parameters on their formats, takes a while, and may take its process with it.

    deadly   a file: who trains under weights that `kills` names dies, as often as the file says, at least once
    """

    settings = "snapping"

    def __init__(self, pause: float = 0.0, deadly: Path | None = None) -> None:
        self._pause, self._deadly = pause, deadly

    def learning_plan(self, plan: Plan) -> Plan:
        return replace(plan, fold=False)

    def train(self, plan: Plan) -> Network:
        time.sleep(self._pause)
        if self._deadly and kills(plan):
            _die(self._deadly)
        found = quantise(NETWORK, plan)
        return replace(NETWORK, weights=to_float(found.weights, plan["weight"].format))


def _die(deadly: Path) -> None:
    """Kill this process, where the file still says so, and count down in it."""
    with deadly.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if left := int(file.read()):
            file.seek(0)
            file.truncate()
            file.write(str(left - 1))
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)


def subject(grid: Grid = GRID, learner: Learner | None = None) -> DigitsSubject:
    """Return what the study is of."""
    return DigitsSubject(NETWORK, SPLITS, grid, learner or Snapping())


def study(
    place: object,
    *,
    workers: int = 1,
    pause: float = 0.0,
    deadly: Path | None = None,
    grid: Grid = GRID,
    engine: Engine = THREADS,
    **settings: Any,
) -> Finished:
    """Work on the study at this place until it is finished."""
    given = Settings(parse_place(str(place)), **settings)
    return run_study(subject(grid, Snapping(pause, deadly)), given, workers, lambda *_: None, engine)


def identity(**changes: Any) -> Identity:
    """Return what the study is of."""
    return replace(identify(subject().facts(), "grid"), **changes)


def main(place: str, out: str, *processes: str) -> None:
    """Work on the study, slowly, in a thread or in two processes."""
    print("begun", flush=True)
    finished = study(place, pause=0.2, workers=1 + len(processes), engine=Engine(processes=bool(processes)))
    Path(out).write_bytes(to_json(finished.exploration))
    print(finished.evaluated)


if __name__ == "__main__":
    main(*sys.argv[1:])
