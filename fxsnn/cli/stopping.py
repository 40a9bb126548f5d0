"""Signals that end a job: it clears away what it had half-written, and ends, wherever they arrive."""

from __future__ import annotations

import signal
import sys
from types import FrameType, TracebackType
from typing import Any

_AGAIN = 0.05  # seconds until a signal that had no effect is repeated


class Stopping:
    """While open, turns SIGINT into KeyboardInterrupt, SIGTERM and SIGHUP into SystemExit. `number` is what arrived.

    Python ignores what is raised in a destructor or a callback of its import system, and a library may catch it: the
    exception is then raised again until the main thread is seen to clear away. A signal that is ignored stays ignored
    (nohup, jobs in the background), but for SIGTERM.
    """

    def __init__(self) -> None:
        self.number = 0
        self._raised: BaseException | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stopping:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number and (name == "SIGTERM" or signal.getsignal(number) is not signal.SIG_IGN):
                self._before[number] = signal.signal(number, self._heard)
        self._hook = sys.unraisablehook
        sys.unraisablehook = self._ignored
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        """Put back what was, and let nothing through that a signal has raised."""
        if self.number and hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        sys.unraisablehook = self._hook
        return bool(self.number) and isinstance(error, KeyboardInterrupt | SystemExit)

    def _heard(self, number: int, _: FrameType | None) -> None:
        first = not self.number
        self.number = self.number or number
        if first and hasattr(signal, "setitimer"):
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._again)
            signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)
        if number == signal.SIGINT or not self._clearing_away():  # who presses Ctrl-C twice does not want to wait
            self._raise()

    def _again(self, _: int, __: FrameType | None) -> None:
        if not self._clearing_away():
            self._raise()

    def _raise(self) -> None:
        self._raised = KeyboardInterrupt() if self.number == signal.SIGINT else SystemExit(128 + self.number)
        raise self._raised

    def _clearing_away(self) -> bool:
        """Say whether the main thread is in an `except`, `finally` or `with` that the exception has reached."""
        error = sys.exc_info()[1]
        while error is not None and error is not self._raised:
            error = error.__context__
        return error is not None

    def _ignored(self, unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_value is not self._raised:  # which will be raised again
            self._hook(unraisable)
