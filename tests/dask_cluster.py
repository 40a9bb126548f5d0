"""A Dask cluster of its own for tests: a scheduler and workers, each a real process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from distributed import Client

TESTS = Path(__file__).parent


class Cluster:
    """A scheduler that sets a task aside with the third worker that dies of it, and workers of a thread each."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self._folder, self._file = folder, folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.workers = [self._worker() for _ in range(workers)]
        with Client(scheduler_file=str(self._file), timeout=60, set_as_default=False) as client:
            self.address: str = client.scheduler.address
            client.wait_for_workers(workers, timeout=60)

    def worker_processes(self) -> list[int]:
        """Return the process numbers of those that do tasks, which others watch and start again."""
        with Client(self.address, timeout=60, set_as_default=False) as client:
            return sorted(client.run(os.getpid).values())

    def stop(self) -> None:
        """End all of it."""
        for process in (*self.workers, self.scheduler):
            process.terminate()
        for process in (*self.workers, self.scheduler):
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:  # one that started its worker again meanwhile does not hear
                process.kill()
                process.communicate()

    def _worker(self) -> subprocess.Popen[bytes]:
        until = time.monotonic() + 60
        while not self._file.exists() and time.monotonic() < until:
            time.sleep(0.05)
        words = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(self._folder)]
        return self._start("worker", *words)

    def _start(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([str(TESTS), str(TESTS.parent), os.environ.get("PYTHONPATH", "")])
        environment = os.environ | {"PYTHONPATH": path, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "2"}
        said = (self._folder / f"{what}.log").open("ab")
        command = [sys.executable, "-P", "-m", "dask", what, *words, "--scheduler-file", str(self._file)]
        with said:
            return subprocess.Popen(command, stdout=said, stderr=said, env=environment)
