"""Measure what a second worker process gains on the full MNIST, and the memory of a worker.

    python tools/measure_workers.py --data DIR            # DIR holds MNIST, as for fxsnn train

A network of 400 neurons learns once; the same 36 candidates are then explored by one worker process and by two. A
candidate's time is counted from the result after which all workers have been at work to the last; whole commands with
their beginning (imports, spikes of 60,000 digits, the float network) are printed beside it. Exit status 1 if the
candidates differ, if two workers are less than 1.8 times as fast, or if a worker needs 2 GiB.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from kill_study import FXSNN, children, command_line

from fxsnn.study.storage import open_storage, parse_place

GRID = """weight = ["UQ0.4", "UQ0.3", "UQ0.2"]
state_bits = [6, 5, 4]
weight_rounding = ["RN", "TR"]
state_rounding = ["TR", "RN"]
leak = ["shift 5"]
fold = [false]
"""
WANTED, MOST_MIB = 1.8, 2048


@dataclass(frozen=True)
class Measured:
    """An exploration by so many workers."""

    command: float  # seconds
    candidate: float  # seconds, of all workers together
    mib: float  # most of a worker
    found: bytes


def main() -> int:
    """Do it, print the figures, and say what is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of MNIST")
    data = ["--data", str(parser.parse_args().data)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "grid.toml").write_text(GRID)
        subprocess.run([*FXSNN, "train", *data, "--out", "net.npz"], check=True, cwd=folder, capture_output=True)
        one, two = (measure(folder, data, workers) for workers in (1, 2))
    print(f"{'workers':8}{'command':>10}{'a candidate':>14}{'most of a worker':>18}")
    for workers, taken in ((1, one), (2, two)):
        print(f"{workers:<8}{taken.command:>8.1f} s{taken.candidate:>12.2f} s{taken.mib:>14.0f} MiB")
    gained, most = one.candidate / two.candidate, max(one.mib, two.mib)
    print(f"two workers are {gained:.2f} times as fast")
    wrong = ["the candidates differ"] * (one.found != two.found)
    wrong += [f"the gain must be {WANTED} times"] * (gained < WANTED)
    wrong += [f"a worker must stay below {MOST_MIB} MiB"] * (most >= MOST_MIB)
    print(f"FINDING: {'; '.join(wrong)}" if wrong else "the same candidates")
    return 1 if wrong else 0


def measure(folder: Path, data: list[str], workers: int) -> Measured:
    """Explore with so many worker processes."""
    study, out = folder / f"{workers}.journal", folder / f"{workers}.json"
    words = ["explore", "net.npz", *data, "--grid", "grid.toml", "--study", study.name, "--out", out.name]
    began, most = time.perf_counter(), 0.0
    command = subprocess.Popen(
        [*FXSNN, *words, "--processes", "--workers", str(workers)], cwd=folder, stdout=subprocess.DEVNULL
    )
    while command.poll() is None:
        most = max([most, *(memory(child) for child in children(command.pid) if "spawn_main" in command_line(child))])
        time.sleep(0.2)
    if command.returncode:
        raise SystemExit(f"fxsnn explore must end with 0, not {command.returncode}")
    taken = time.perf_counter() - began
    done = completed(study)[2 * workers :]  # after what each worker did first, while others read the data
    return Measured(taken, (done[-1] - done[0]) / (len(done) - 1), most, out.read_bytes())


def memory(process: int) -> float:
    """Return the most memory that a process has had, in MiB; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def completed(study: Path) -> list[float]:
    """Return when each result came, in seconds, ascending."""
    with open_storage(parse_place(str(study))) as storage:
        (only,) = storage.get_all_studies()
        trials = storage.get_all_trials(only._study_id, deepcopy=False)
    return sorted(trial.datetime_complete.timestamp() for trial in trials if trial.datetime_complete)


if __name__ == "__main__":
    sys.exit(main())
