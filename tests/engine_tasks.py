"""Tasks that tests give to workers, in a module that workers can import."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from fxsnn.errors import ConfigError


def square(n: int) -> int:
    return n * n


def fails(n: int) -> int:
    """Fail for all but 0, the later the smaller the number."""
    if n:
        time.sleep(0.5 / n)
        raise ConfigError(f"a task must not be {n}")
    return n


def ends_itself(number: int) -> int:
    """Send a signal to the process that does this, unless it is 0."""
    if number:
        os.kill(os.getpid(), number)
    return number


def worker(pause: float) -> int:
    """Return the process that does this, after a while."""
    time.sleep(pause)
    return os.getpid()


_made_ready = 0  # times, in this process


@dataclass(frozen=True)
class Offset:
    """Adds a number, and says how often it was made ready in a process."""

    by: int

    def ready(self) -> Callable[[int], tuple[int, int]]:
        global _made_ready
        _made_ready += 1
        return lambda n: (self.by + n, _made_ready)


def second(_: bytes, n: int) -> int:
    return n


def dies_at_once(_: object) -> None:
    """Begin a process, and do not read what it is sent."""
    os.kill(os.getpid(), signal.SIGKILL)
