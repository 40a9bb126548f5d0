"""Kill workers of a study at random moments and see that it comes out as if nothing had happened.

    python tools/kill_study.py                              # SQLite, 200 candidates, 20 kills, 3 processes
    python tools/kill_study.py --study kill.journal
    python tools/kill_study.py --study postgresql://user@host/database    (an empty one)

Exit status 1 if anything was lost, done twice or came out otherwise.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fxsnn.study.storage import USUAL_NAME, open_storage, parse_place

FXSNN = [sys.executable, "-P", "-c", "from fxsnn.cli import main; main()"]
WEIGHTS = ("UQ0.8", "UQ0.6", "UQ0.4", "UQ0.3", "UQ0.2")
EARLY = 3  # kills while the study is being made
PATIENCE = 600.0  # seconds for the whole of it


@dataclass
class Process:
    """A worker: `fxsnn explore` in a process of its own."""

    out: Path
    popen: subprocess.Popen[bytes]


@dataclass
class Trials:
    """What the study holds."""

    complete: Counter[str] = field(default_factory=Counter)  # by point
    failed: dict[int, int] = field(default_factory=dict)  # by trial number, the process that had it
    pruned: int = 0
    running: dict[int, int] = field(default_factory=dict)


def main() -> int:
    """Do it, print a table, and say what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", help="where it is kept; must be new (default: an SQLite file)")
    parser.add_argument("--state-bits", type=int, default=5, help="the grid has 40 points for each (default: 5)")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--neurons", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return check(Path(folder), given)


def check(folder: Path, given: argparse.Namespace) -> int:
    """Run the study undisturbed and disturbed, and compare."""
    network, grid = folder / "net.npz", folder / "grid.toml"
    grid.write_text(
        f"weight = {list(WEIGHTS)}\nstate_bits = {list(range(given.state_bits))}\n"
        'weight_rounding = ["RN", "SR"]\nstate_rounding = ["TR", "SR"]\nleak = ["shift 5"]\n'
    )
    points = 40 * given.state_bits
    subprocess.run(
        [*FXSNN, "train", "--neurons", str(given.neurons), "--out", network], check=True, capture_output=True
    )
    words = [*FXSNN, "explore", str(network), "--grid", str(grid)]
    start = time.monotonic()
    undisturbed = [*words, "--out", str(folder / "undisturbed.json"), "--workers", "1"]
    subprocess.run(undisturbed, check=True, capture_output=True)
    alone = time.monotonic() - start

    study = given.study or str(folder / "study.db")
    start = time.monotonic()
    lost, outs, codes = disturb(
        folder, [*words, "--study", study, "--workers", str(given.threads)], given, study, points
    )
    together = time.monotonic() - start
    held = trials_of(study)
    twice = sum(count - 1 for count in held.complete.values())
    expected = (folder / "undisturbed.json").read_bytes()
    findings = {
        f"{points} points must be complete": len(held.complete) == points,
        "no point must be complete twice": twice == 0,
        f"{given.kills} workers must be killed": sum(code == -9 for code in codes) == given.kills,
        "every other worker must end well": all(code in (0, -9) for code in codes),
        "exactly the trials in flight at the kills must be lost": set(held.failed) == lost and not held.running,
        "candidates.json must be that of an undisturbed run": all(out.read_bytes() == expected for out in outs),
    }
    for name, value in (
        ("study", parse_place(study).shown),
        ("candidates", f"{points:,}"),
        ("workers", f"{given.processes} processes of {given.threads} thread(s)"),
        ("kill -9", f"{sum(code == -9 for code in codes)}, seed {given.seed}"),
        ("points complete", f"{len(held.complete):,}, {twice} of them twice"),
        ("trials in flight at the kills", f"{len(lost)}"),
        ("trials lost", f"{len(held.failed)}"),
        ("duplicates, not evaluated", f"{held.pruned}"),
        ("seconds", f"{together:.0f}; undisturbed, one worker: {alone:.0f}"),
        ("candidates.json", f"{len(outs)} files of {len(expected):,} bytes"),
    ):
        print(f"{name:<32}{value}")
    wrong = [finding for finding, holds in findings.items() if not holds]
    print("\n".join(f"FINDING: {finding}" for finding in wrong) or "as if nothing had happened")
    return 1 if wrong else 0


def disturb(
    folder: Path, words: list[str], given: argparse.Namespace, study: str, points: int
) -> tuple[set[int], list[Path], list[int]]:
    """Kill and begin again until the study is finished; return trials lost, files written, exit codes."""
    draw, until = random.Random(given.seed), time.monotonic() + PATIENCE
    # a kill waits until so many points are complete, so that all fall into the work, and then a little
    later = sorted(draw.randrange(points * 9 // 10) for _ in range(max(0, given.kills - EARLY)))
    moments = [(0, draw.uniform(0.2, 3.0)) for _ in range(min(EARLY, given.kills))]
    moments += [(done, draw.uniform(0.0, 0.3)) for done in later]
    lost: set[int] = set()
    codes: list[int] = []
    begun = 0

    def begin() -> Process:
        nonlocal begun
        begun += 1
        out = folder / f"worker-{begun}.json"
        with (folder / f"worker-{begun}.log").open("wb") as log:
            return Process(out, subprocess.Popen([*words, "--out", out], stdout=log, stderr=log))

    processes = [begin() for _ in range(given.processes)]
    for done, pause in moments:
        while done and len(trials_of(study).complete) < done and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(pause)
        place = draw.randrange(len(processes))
        killed = processes[place].popen
        killed.kill()
        codes.append(killed.wait())
        held = trials_of(study)
        lost |= {number for number, pid in (held.running | held.failed).items() if pid == killed.pid}
        processes[place] = begin()
    for process in processes:
        codes.append(process.popen.wait(timeout=max(1.0, until - time.monotonic())))
        if codes[-1]:
            print(process.out.with_suffix(".log").read_text(errors="replace"), file=sys.stderr)
    return lost, [process.out for process in processes], codes


def trials_of(study: str) -> Trials:
    """Read the study as it is now; nothing where there is none yet."""
    held = Trials()
    place = parse_place(study)
    if place.file is not None and not place.file.exists():
        return held
    with open_storage(place, 1) as storage:
        known: dict[str, Any] = {found.study_name: found._study_id for found in storage.get_all_studies()}
        for trial in storage.get_all_trials(known[USUAL_NAME], deepcopy=False) if USUAL_NAME in known else ():
            pid = int(trial.user_attrs["owner"]["pid"])
            if trial.state.name == "COMPLETE":
                held.complete[trial.user_attrs["point"]] += 1
            elif trial.state.name == "FAIL":
                held.failed[trial.number] = pid
            elif trial.state.name == "RUNNING":
                held.running[trial.number] = pid
            else:
                held.pruned += 1
    return held


if __name__ == "__main__":
    sys.exit(main())
