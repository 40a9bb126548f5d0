"""Optuna's journal in a file, safe from writers that are killed: no lock outlives them, and no half line stays."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend, JournalFileOpenLock


class FileLock:
    """A lock on the journal itself by flock(2), which goes with the process that holds it.

    Optuna's own locks are files, and stand for 30 seconds after their holder was killed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def acquire(self) -> bool:
        """Wait until the lock is ours."""
        import fcntl

        file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(file, fcntl.LOCK_EX)
        self._file = file
        return True

    def release(self) -> None:
        """Let go."""
        os.close(self._file)


class KeptJournal(JournalStorage):
    """A study in a journal; a line that is JSON but no record raises ValueError with its number."""

    def _sync_with_backend(self) -> None:
        try:
            super()._sync_with_backend()
        except (TypeError, AttributeError, AssertionError):  # what Optuna makes of it
            line = self._replay_result.log_number_read
            raise ValueError(f"line {line:,} is no record of a study") from None


class Journal(BaseJournalBackend):
    """A journal whose last line is dropped, by the next writer, if its own one was stopped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path) if _has_flock() else JournalFileOpenLock(str(path))
        self._reader = JournalFileBackend(str(path))  # reads without a lock, up to the last whole line

    def read_logs(self, log_number_from: int) -> Any:
        """Return the records from this one on."""
        return self._reader.read_logs(log_number_from)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write all of the records after the last whole line, or none."""
        text = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        self._lock.acquire()
        try:
            with self._path.open("r+b", buffering=0) as file:
                end = _last_line_end(file)
                try:
                    file.truncate(end)
                    file.seek(end)
                    left = memoryview(text.encode())
                    while left:
                        left = left[file.write(left) :]
                    os.fsync(file.fileno())
                except OSError:  # a full disk
                    file.truncate(end)
                    raise
        finally:
            self._lock.release()


def _has_flock() -> bool:
    try:
        import fcntl  # noqa: F401
    except ImportError:  # no Unix
        return False
    return True


def _last_line_end(file: Any) -> int:
    """Return the size of the file without a last line that has no end."""
    position: int = file.seek(0, os.SEEK_END)
    while position:
        start = max(0, position - 65536)
        file.seek(start)
        newline = file.read(position - start).rfind(b"\n")
        if newline >= 0:
            return start + int(newline) + 1
        position = start
    return 0
