"""What workers do: a pure function of a task, which each worker makes ready once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from fxsnn.errors import FindingError

DEATHS = 3  # workers that a task may take with it before it is set aside


class DeadlyError(FindingError):
    """A task that no worker outlived."""

    def __init__(self, message: str = f"a task must leave its worker alive, but {DEATHS} workers died of it") -> None:
        super().__init__(message)


class Work(Protocol):
    """What each worker is given once: whatever all tasks share. It is pickled on its way to another process."""

    def ready(self) -> Callable[[Any], Any]:
        """Encode what is to be encoded once, and return what does a task: a pure function."""


@dataclass(frozen=True, slots=True)
class Each:
    """Work of which nothing is shared: every task is given to a function, which a module must define."""

    function: Callable[[Any], Any]

    def ready(self) -> Callable[[Any], Any]:
        """Return the function."""
        return self.function


class Prepared:
    """Work as one process does it: made ready by the first task, whichever of its threads has that."""

    def __init__(self, work: Work) -> None:
        self._work, self._mutex = work, threading.Lock()
        self._do: Callable[[Any], Any] | None = None

    def __call__(self, task: Any) -> Any:
        """Do a task."""
        with self._mutex:
            if self._do is None:
                self._do = self._work.ready()
        return self._do(task)
