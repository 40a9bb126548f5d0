"""Work on a study until it is finished: claim, evaluate, keep; in threads, beside whoever else does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from fxsnn.candidates import entry_of
from fxsnn.explore import Candidate
from fxsnn.grid import Point
from fxsnn.memory import baseline
from fxsnn.study.board import Board
from fxsnn.study.strategy import Strategy

_SHORT, _LONG = 0.05, 1.0  # seconds between looks for something to do
_LOOK = 0.5  # seconds between looks at what all have done
Told = Callable[[int, int], None]


class Worker:
    """The threads of one process; `evaluate` must be what every process evaluates points by."""

    def __init__(self, board: Board, strategy: Strategy, evaluate: Callable[[Point[Any]], Candidate[Any]]) -> None:
        self._board, self._strategy, self._evaluate = board, strategy, evaluate
        self._stopped = threading.Event()
        self._error: BaseException | None = None
        self._deciding = threading.Lock()  # a strategy is asked by one thread at a time

    def work(self, workers: int, progress: Told) -> int:
        """Return, when every point has a result, how many of them this process evaluated.

        Whatever stops the work early, as Ctrl-C does, lets go of the points that are being evaluated.
        """
        counts = [0] * workers
        threads = [threading.Thread(target=self._caught, args=(self._board.beat,), daemon=True)]
        threads += [
            threading.Thread(target=self._caught, args=(self._steps, counts, n), daemon=True) for n in range(workers)
        ]
        try:
            for thread in threads:
                thread.start()
            told = -1
            while any(thread.is_alive() for thread in threads[1:]) and not self._stopped.is_set():
                told = self._tell(progress, told)
                for thread in threads[1:]:
                    thread.join(_LOOK / workers)
            if self._error:
                raise self._error
            self._tell(progress, told)
        finally:
            self._stopped.set()
            self._board.close()
        return sum(counts)

    def _caught(self, work: Callable[..., None], *words: object) -> None:
        try:
            work(*words)
        except BaseException as error:  # told in the main thread
            self._error = self._error or error
            self._stopped.set()

    def _steps(self, counts: list[int], worker: int) -> None:
        pause = _SHORT
        while not self._stopped.is_set():
            with self._deciding:
                wanted = self._strategy.pending(self._board.results())
                claim = self._board.claim(wanted)
            if claim:
                trial, point = claim
                candidate = self._evaluate(point)
                counts[worker] += self._board.finish(trial, entry_of(candidate), baseline(candidate.memory).bits)
                pause = _SHORT
            elif wanted:  # others evaluate what is left, or the last of a generation
                self._stopped.wait(pause)
                pause = min(2 * pause, _LONG)
            else:
                return

    def _tell(self, progress: Told, told: int) -> int:
        with self._deciding:
            done = self._strategy.done(self._board.results())
        if done != told:
            progress(done, self._strategy.total)
        return done
