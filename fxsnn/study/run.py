"""One coordinator: it asks the strategy for points, has workers evaluate them, and keeps what they find."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from fxsnn.engine.pool import Done, Pool
from fxsnn.engine.work import DeadlyError
from fxsnn.errors import ConfigError, OverflowDetectedError, WidthError
from fxsnn.exploration.candidate import Values
from fxsnn.exploration.candidates import MOST_BITS, Found, entry_of, found_of
from fxsnn.exploration.point import Point
from fxsnn.exploration.subject import Facts, Subject
from fxsnn.measure.memory import baseline
from fxsnn.study.record import Record, Result
from fxsnn.study.strategy import Strategy

_WORST: Values = (0.0, float(MOST_BITS))  # of what cannot run: no strategy goes on from it
FLOAT = "float"  # the task that asks what the float network reaches


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The work of a study: a task is a point, or `FLOAT`."""

    subject: Subject
    facts: Facts  # of the subject that the command has
    threads: int  # for the float network

    def ready(self) -> Callable[[Point[Any] | str], Found | Result]:
        """Encode the data and measure the float network; raises ConfigError where they are not the command's."""
        if self.subject.facts() != self.facts:
            raise ConfigError("a worker must compute on the network and the data of the command, but has others")
        reached, evaluate = self.subject.ready(self.threads)
        found = found_of(reached, bits=1)  # the bits are known when the candidates are

        def do(task: Point[Any] | str) -> Found | Result:
            if isinstance(task, str):
                return found
            candidate = evaluate(task)
            return Result(entry_of(candidate), baseline(candidate.memory).bits)

        return do


class Coordinator:
    """Works on a study.

    aside    the points that are not tried any more, for every worker died of them
    unfit    why others have no result, by name: a value left a format that refuses it, or could leave int64
    """

    def __init__(self, record: Record, strategy: Strategy, progress: Callable[[int, int], None]) -> None:
        self._record, self._strategy, self._progress = record, strategy, progress
        self._values = {name: _worth(found) for name, found in record.results.items()}
        self.evaluated = 0
        self.aside: list[str] = []
        self.unfit: dict[str, str] = {}

    def wanted(self) -> list[Point[Any]]:
        """Return what is to be evaluated now: the rest of the grid, or of a generation."""
        return [point for point in self._strategy.pending(self._values) if point.name not in self.aside]

    def work(self, pool: Pool) -> None:
        """Evaluate until nothing is wanted; what stops it early, as Ctrl-C does, leaves all that was found kept."""
        self._report()
        with ThreadPoolExecutor(1) as writer:  # workers are given tasks meanwhile
            while wanted := self.wanted():
                written: Future[None] | None = None
                with closing(pool.each(wanted)) as batches:
                    for batch in batches:
                        if written:
                            written.result()
                        written = self._take(batch, writer)
                if written:
                    written.result()

    def _take(self, batch: list[Done], writer: ThreadPoolExecutor) -> Future[None]:
        batch.sort(key=lambda done: done.number)
        found = [(done.task, done.result) for done in batch if not done.error]
        written = writer.submit(self._record.keep, found) if found else Future[None]()
        if not found:
            written.set_result(None)
        for done in batch:
            if isinstance(done.error, DeadlyError):
                self.aside.append(done.task.name)
            elif isinstance(done.error, OverflowDetectedError | WidthError):
                self.unfit[done.task.name] = str(done.error)
                self._values[done.task.name] = _WORST
            elif done.error:
                written.result()
                raise done.error
        for point, result in found:
            self._record.results[point.name] = result
            self._values[point.name] = _worth(result)
        self.evaluated += len(found)
        if found:
            self._report()
        return written

    def _report(self) -> None:
        self._progress(self._strategy.done(self._values), self._strategy.total)


def _worth(found: Result) -> Values:
    return found.entry.accuracy, float(found.entry.bits)
