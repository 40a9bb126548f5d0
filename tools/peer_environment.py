"""Give a peer that fxsnn is measured against a Python environment of its own, made once, and work in it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def environment(folder: Path, name: str, made: str, install: Callable[[Path], list[list[str]]]) -> Path:
    """Make the environment in `folder` unless it is there; return its Python. Exit status 2 if it cannot be made.

    made       what it is made of: an environment made of something else is made anew
    install    the commands that make it, given its Python
    """
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = folder / "fxsnn-made.txt"
    if not done.exists() or done.read_text() != f"{made}\n":
        for command in install(python):
            print("+", " ".join(command), file=sys.stderr)
            if subprocess.run(command, check=False).returncode:
                print(f"{name}'s environment could not be made: {' '.join(command)} failed", file=sys.stderr)
                raise SystemExit(2)
        done.write_text(f"{made}\n")
    return python


def outside() -> dict[str, str]:
    """Return the variables of this process without those by which a Python of its own would find fxsnn's modules."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


class Peer:
    """A peer at work in its own environment: its worker answers every line of JSON by one."""

    def __init__(self, name: str, python: Path, worker: Path, folder: Path) -> None:
        self.name = name
        self.process: Any = subprocess.Popen(
            [str(python), str(worker), str(folder)],
            text=True,
            env=outside(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *raised: object) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):  # what it did not say has told
                pipe.close()
        self.process.wait()

    def turn(self, job: Mapping[str, Any]) -> float:
        """Return how many seconds of its thread a job takes."""
        with contextlib.suppress(BrokenPipeError):  # what it does not say tells
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
        return float(self._said()["seconds"])

    def close(self) -> dict[str, Any]:
        """Return what the worker says at its end."""
        self.process.stdin.close()
        return self._said()

    def _said(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            print(f"{self.name}'s worker failed: see above", file=sys.stderr)
            raise SystemExit(2)
        found: dict[str, Any] = json.loads(line)
        return found


def seconds_of(call: Callable[[], Any]) -> float:
    """Return the processor time of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start
