"""Processes of this machine as an executor that outlives any of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection, wait
from typing import Any

from fxsnn.engine.threads import Threads
from fxsnn.engine.work import DEATHS, DeadlyError, Prepared, Work

_prepared: Prepared | None = None  # of this process


class Processes(Threads):
    """Threads each of which hands its calls to a process of its own, one by one.

    So it is known which call a process died of, and only that one is made again, by another process.
    """

    def __init__(self, count: int, work: Work) -> None:
        self._work, self._own = work, threading.local()
        self._pids: set[int] = set()
        self._closed = False
        super().__init__(count)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the processes end when they have done what they were given; with `cancel_futures`, at once."""
        if cancel_futures:
            self._closed = True
            for pid in tuple(self._pids):
                os.kill(pid, signal.SIGTERM)
        super().shutdown(wait, cancel_futures=cancel_futures)

    def _serve(self) -> None:
        if hasattr(signal, "pthread_sigmask"):  # Ctrl-C goes to all processes of a terminal: ours end with us
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        super()._serve()
        self._let_go()

    def _called(self, call: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        for _ in range(DEATHS):
            try:
                return self._process().submit(call, *args).result()
            except BrokenProcessPool:
                self._let_go()
                if self._closed:
                    raise
        raise DeadlyError

    def _process(self) -> ProcessPoolExecutor:
        executor: ProcessPoolExecutor | None = getattr(self._own, "process", None)
        if executor is None:
            spawn = multiprocessing.get_context("spawn")
            reader, writer = spawn.Pipe(duplex=False)
            executor = self._own.process = ProcessPoolExecutor(1, spawn, _begin, (reader,))
            future = executor.submit(os.getpid)
            # not with the process's arguments: who is killed before it has read them keeps their writer for ever
            reader.close()
            try:
                with writer:
                    writer.send(self._work)
            except OSError as error:
                raise BrokenProcessPool(str(error)) from None
            self._own.pid = future.result()
            self._pids.add(self._own.pid)
        return executor

    def _let_go(self) -> None:
        executor: ProcessPoolExecutor | None = getattr(self._own, "process", None)
        if executor is not None:
            self._own.process = None
            self._pids.discard(getattr(self._own, "pid", 0))
            executor.shutdown(wait=True)


def do(task: Any) -> Any:
    """Do a task in a process that has begun."""
    if _prepared is None:
        raise RuntimeError("a process must have its work before a task")
    return _prepared(task)


def _begin(reader: Connection) -> None:
    global _prepared
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with reader:
        _prepared = Prepared(reader.recv())


def _end_with_parent() -> None:
    """End as soon as the command has ended, were it by kill -9: nobody waits for a result any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
