"""Tasks handed to an executor, and their results as they come or in order."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from fxsnn.engine.cluster import open_cluster
from fxsnn.engine.processes import Processes, do
from fxsnn.engine.threads import Threads
from fxsnn.engine.work import DeadlyError, Prepared, Work

_MOMENT = 0.5  # seconds for which results are gathered
_AHEAD = 2  # tasks for each local worker: one that it does, and the next


@dataclass(frozen=True, slots=True)
class Engine:
    """Where tasks run; of no effect on any result.

    processes   rather than threads
    cluster     the address of a Dask scheduler, or a file that describes a cluster; empty: this machine
    tell        called with what a user may want to look at meanwhile
    """

    processes: bool = False
    cluster: str = ""
    tell: Callable[[str], None] = field(default=lambda _: None)

    @property
    def is_here(self) -> bool:
        """Whether tasks run in this very process."""
        return not (self.processes or self.cluster)


THREADS = Engine()


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """A task that has been done: its place among the tasks, and its result or its error."""

    number: int
    task: Any
    result: Any
    error: BaseException | None


def _fault(future: Future[Any]) -> BaseException | None:
    return CancelledError() if future.cancelled() else future.exception()


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Workers that wait for tasks.

    ahead   how many tasks they are to have at a time
    fault   why a call has no result; nothing where it has one
    shared  whether a worker that dies may be counted against tasks that only waited for it
    """

    executor: Executor
    call: Callable[[Any], Any]
    ahead: Callable[[], int]
    fault: Callable[[Future[Any]], BaseException | None] = _fault
    shared: bool = False

    def each(self, tasks: Iterable[Any]) -> Generator[list[Done], None, None]:
        """Yield what has been done in each moment, as it comes; nothing, where nothing was done in it.

        Where workers that died may have died of another task, a task is found deadly only by itself: it is done again
        when all others are done, and no other with it.
        """
        come: SimpleQueue[Done] = SimpleQueue()
        left = enumerate(tasks)
        running, until = 0, monotonic() + _MOMENT
        batch: list[Done] = []
        suspects: deque[Done] = deque()
        alone = not self.shared
        while True:
            while running < self.ahead() and (following := next(left, None)) is not None:
                running += 1
                self._submit(come, *following)
            if not running and suspects:
                running, alone, suspect = 1, True, suspects.popleft()
                self._submit(come, suspect.number, suspect.task)
            if not running:
                break
            with contextlib.suppress(Empty):
                done = come.get(timeout=max(0.0, until - monotonic()))
                running -= 1
                (batch if alone or not isinstance(done.error, DeadlyError) else suspects).append(done)
            if monotonic() >= until:
                yield batch
                batch, until = [], monotonic() + _MOMENT
        yield batch

    def in_order(self, tasks: Iterable[Any]) -> Iterator[Any]:
        """Yield the results in the order of the tasks; raises the error of the first task that has one."""
        early: dict[int, Done] = {}
        following = 0
        for batch in self.each(tasks):
            early |= {done.number: done for done in batch}
            while done := early.pop(following, None):
                if done.error:
                    raise done.error
                yield done.result
                following += 1

    def _submit(self, come: SimpleQueue[Done], number: int, task: Any) -> None:
        self.executor.submit(self.call, task).add_done_callback(partial(self._finished, come, number, task))

    def _finished(self, come: SimpleQueue[Done], number: int, task: Any, future: Future[Any]) -> None:
        """Put what has become of a task where it is waited for."""
        error = self.fault(future)
        come.put(Done(number, task, None if error else future.result(), error))


@contextlib.contextmanager
def open_pool(work: Work, workers: int, engine: Engine = THREADS) -> Iterator[Pool]:
    """Have workers for the block: so many threads or processes of this machine, or all of the cluster.

    Raises
    ------
    ConfigError
        The cluster cannot be reached or is described wrongly, or a worker of it has other versions.
    """
    if engine.cluster:
        with open_cluster(engine.cluster, work, engine.tell) as hands:
            yield Pool(hands.executor, hands.call, hands.threads, hands.fault, shared=True)
        return
    executor = Processes(workers, work) if engine.processes else Threads(workers)
    try:
        yield Pool(executor, do if engine.processes else Prepared(work), lambda: _AHEAD * workers)
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()
