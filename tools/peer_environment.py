"""Give a peer that fxsnn is measured against a Python environment of its own, made once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


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
