"""Measure two work trees of fxsnn side by side in one run, and say what the second does more slowly.

    git worktree add ../before 947e75a
    python tools/compare_trees.py ../before              # against this tree
    python tools/compare_trees.py ../before --python ../before/.venv/bin/python --rounds 9 --only study

Each tree computes in a process of its own interpreter; the two take turns, and the least time of each counts. What
both compute must be the same, bit for bit. Measured: the benchmark's layer at batch 1 and 64, a pass of STDP in float
and one in integers over 500 digits, inference of N-MNIST's layers by filters of the inputs and of the currents, a study
of 200 candidates, and `fxsnn --help`. Exit status 1 if a result differs, or if the second tree takes more than 5 %
longer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
WORK = (
    "batch 1",
    "batch 64",
    "STDP in float",
    "STDP in integers",
    "layers, inputs",
    "layers, currents",
    "layers learn in float",
    "layers learn in integers",
    "study",
    "help",
)
ALLOWED = 1.05


class Tree:
    """A work tree at work in a process of its own."""

    def __init__(self, folder: Path, python: str) -> None:
        environment = os.environ | {"PYTHONPATH": str(folder.resolve()), "NUMBA_NUM_THREADS": "1"}
        command = [python, "-P", str(HERE / "compare_trees_worker.py")]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
        )

    def measure(self, work: str) -> tuple[float, str]:
        """Do a piece of work once; return its seconds and a digest of what it computed."""
        assert self._process.stdin  # noqa: S101  (pipes, both of them)
        assert self._process.stdout  # noqa: S101
        self._process.stdin.write(f"{work}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"a tree must do {work!r}, but its process ended with {self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return float(found["seconds"]), str(found["digest"])

    def end(self) -> None:
        """Let the process go."""
        self._process.terminate()
        self._process.wait()


def main() -> int:
    """Measure, print a table, and say what is slower or another result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, help="work tree to compare with")
    parser.add_argument("--after", type=Path, default=HERE.parent, help="work tree that is judged (default: this one)")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the first (default: this one)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=WORK, default=WORK)
    given = parser.parse_args()
    trees = [Tree(given.before, given.python), Tree(given.after, sys.executable)]
    wrong = []
    try:
        print(f"{'':18}{'before':>12}{'after':>12}{'after/before':>14}")
        for work in given.only:
            digests = [tree.measure(work)[1] for tree in trees]  # compiles
            times: list[list[float]] = [[], []]
            for turn in range(given.rounds):
                for n in (0, 1) if turn % 2 else (1, 0):
                    times[n].append(trees[n].measure(work)[0])
            before, after = (min(taken) for taken in times)
            note = "" if digests[0] == digests[1] else "  ANOTHER RESULT"
            note += "  SLOWER" if after > ALLOWED * before else ""
            print(f"{work:18}{1e3 * before:>9.2f} ms{1e3 * after:>9.2f} ms{after / before:>14.2f}{note}", flush=True)
            wrong += [work] if note else []
    finally:
        for tree in trees:
            tree.end()
    print(f"FINDING: {', '.join(wrong)}" if wrong else "no result differs, nothing takes more than 5 % longer")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
