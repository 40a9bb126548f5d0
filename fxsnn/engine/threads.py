"""Threads as an executor: the kernels release the interpreter's lock."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import Empty, SimpleQueue
from typing import Any


class Threads(Executor):
    """An executor of daemon threads: a process that is to end ends at once, and not when all running tasks are done.

    Those of `ThreadPoolExecutor` are waited for by the interpreter itself.
    """

    def __init__(self, count: int) -> None:
        self._waiting: SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]] | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Give a thread a call to make; keywords are not taken."""
        if kwargs:
            raise TypeError(f"a call must have no keywords, not {sorted(kwargs)}")
        future: Future[Any] = Future()
        self._waiting.put((future, fn, args))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the threads end when they have done what they were given, or what they are at."""
        if cancel_futures:
            with contextlib.suppress(Empty):
                while given := self._waiting.get_nowait():
                    given[0].cancel()
        for _ in self._threads:
            self._waiting.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _serve(self) -> None:
        while given := self._waiting.get():
            future, call, args = given
            if future.set_running_or_notify_cancel():
                try:
                    found = self._called(call, args)
                except BaseException as error:  # raised where the result is asked for
                    future.set_exception(error)
                else:
                    future.set_result(found)
            del given, future, call, args

    def _called(self, call: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        return call(*args)
