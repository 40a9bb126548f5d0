"""Kill workers, coordinators and schedulers of a study and see that it comes out as if nothing had happened.

    python tools/kill_study.py                                # SQLite; 20 kills of each kind, 120 candidates
    python tools/kill_study.py --study kill.journal --kills 2 --kinds workers coordinators
    python tools/kill_study.py --study postgresql://user@host/database    (an empty one)

Workers are processes of the command (`--processes`); a scheduler is one of Dask's, with two workers, and is started
again when it has been killed. Exit status 1 if anything was lost, is there twice or came out otherwise.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from fxsnn.study.storage import open_storage, parse_place

FXSNN = [sys.executable, "-P", "-c", "from fxsnn.cli import main; main()"]
DASK = [sys.executable, "-P", "-m", "dask"]
KINDS = ("workers", "coordinators", "schedulers")
SCHEDULER = "tcp://127.0.0.1:{}"


def main() -> int:
    """Do it for each kind, print a table, and say what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", help="where it is kept (default: an SQLite file)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--state-bits", type=int, default=3, help="the grid has 40 points for each (default: 3)")
    parser.add_argument("--kills", type=int, default=20, help="of each kind")
    parser.add_argument("--neurons", type=int, default=16)
    parser.add_argument("--port", type=int, default=18786, help="of the scheduler")
    parser.add_argument("--patience", type=float, default=900.0, help="seconds for one kind (default: 900)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return check(Path(folder), given)


def check(folder: Path, given: argparse.Namespace) -> int:
    """Run the study undisturbed, then disturbed in each way, and compare."""
    network, grid, expected = folder / "net.npz", folder / "grid.toml", folder / "undisturbed.json"
    grid.write_text(
        f'weight = ["UQ0.8", "UQ0.6", "UQ0.4", "UQ0.3", "UQ0.2"]\nstate_bits = {list(range(given.state_bits))}\n'
        'weight_rounding = ["RN", "SR"]\nstate_rounding = ["TR", "SR"]\nleak = ["shift 5"]\n'
    )
    train: list[str | Path] = [*FXSNN, "train", "--neurons", str(given.neurons), "--out", network]
    subprocess.run(train, check=True, capture_output=True)
    words = [*FXSNN, "explore", str(network), "--grid", str(grid)]
    subprocess.run([*words, "--out", expected, "--workers", "1"], check=True, capture_output=True)
    wrong = []
    for kind in given.kinds:
        name = f"kill {kind}"
        place = given.study or str(folder / f"{kind}.db")
        out = folder / f"{kind}.json"
        began = time.monotonic()
        run = Disturbed(folder, [*words, "--study", place, "--study-name", name, "--out", str(out)], place, name, given)
        kills = run.disturb(kind, 40 * given.state_bits)
        held = complete(place, name)
        twice = sum(count - 1 for count in held.values())
        same = out.exists() and out.read_bytes() == expected.read_bytes()
        print(
            f"{parse_place(place).shown}: {kills} {kind} killed (seed {given.seed}); {len(held)} of "
            f"{40 * given.state_bits} points have a result, {twice} of them twice; candidates.json "
            f"{'the same' if same else 'ANOTHER'}; {time.monotonic() - began:.0f} s",
            flush=True,
        )
        if kills != given.kills or len(held) != 40 * given.state_bits or twice or not same:
            wrong.append(kind)
    print(f"FINDING: not as it should be: {', '.join(wrong)}" if wrong else "as if nothing had happened")
    return 1 if wrong else 0


class Disturbed:
    """A study that goes on, by the same command, whatever is killed of it."""

    def __init__(self, folder: Path, words: list[str], place: str, name: str, given: argparse.Namespace) -> None:
        self._folder, self._words, self._place, self._name, self._given = folder, words, place, name, given
        self._draw, self._until = random.Random(given.seed), time.monotonic() + given.patience
        self._cluster: list[subprocess.Popen[bytes]] = []

    def disturb(self, kind: str, points: int) -> int:
        """Kill so many of a kind, each while points are evaluated; return how many were killed."""
        if kind == "schedulers":
            self._words += ["--cluster", SCHEDULER.format(self._given.port)]
            self._start_cluster()
        elif kind == "workers":
            self._words += ["--processes", "--workers", "2"]
        moments = sorted(self._draw.sample(range(1, points * 9 // 10), self._given.kills))
        command, killed = self._begin(), 0
        try:
            for done in moments:
                while command.poll() is None and sum(complete(self._place, self._name).values()) < done:
                    time.sleep(0.05)
                time.sleep(self._draw.uniform(0.0, 0.3))
                if kind == "workers":
                    killed += self._kill_worker(command)
                else:
                    (self._cluster[0] if kind == "schedulers" else command).kill()
                    killed += 1
                    command.wait()
                    if kind == "schedulers":
                        self._stop_cluster()
                        self._start_cluster()
                    command = self._begin()
            if command.wait(max(1.0, self._until - time.monotonic())) == 1:
                print("the last three kills of a point were ours: it was set aside, and is tried again", flush=True)
                self._begin().wait(max(1.0, self._until - time.monotonic()))
        finally:
            command.kill()
            self._stop_cluster()
        return killed

    def _kill_worker(self, command: subprocess.Popen[bytes]) -> bool:
        """Kill one of the processes that evaluate."""
        while command.poll() is None and time.monotonic() < self._until:
            found = [child for child in children(command.pid) if "spawn_main" in command_line(child)]
            if found:
                subprocess.run(["kill", "-9", str(self._draw.choice(found))], check=False)
                return True
            time.sleep(0.05)
        return False

    def _begin(self) -> subprocess.Popen[bytes]:
        with (self._folder / "said.log").open("ab") as log:
            return subprocess.Popen(self._words, stdout=log, stderr=log)

    def _start_cluster(self) -> None:
        local = ["--no-dashboard", "--local-directory", str(self._folder / "dask")]
        address = SCHEDULER.format(self._given.port)
        commands: list[list[Any]] = [["scheduler", "--host", "127.0.0.1", "--port", str(self._given.port)]]
        commands[0].append("--no-dashboard")
        commands += [["worker", address, "--nthreads", "1", *local]] * 2
        with (self._folder / "dask.log").open("ab") as log:
            self._cluster = [subprocess.Popen([*DASK, *words], stdout=log, stderr=log) for words in commands]
        while time.monotonic() < self._until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._given.port)):
                return
            time.sleep(0.1)

    def _stop_cluster(self) -> None:
        for process in self._cluster:
            process.kill()  # a worker of a scheduler that is gone may wait for ever when it is asked to end
        for process in self._cluster:
            process.wait()
        shutil.rmtree(self._folder / "dask", ignore_errors=True)
        self._cluster = []


def children(pid: int) -> list[int]:
    """Return the processes that a process has begun."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(text) for text in path.read_text().split()]
        except OSError:  # the thread has ended
            continue
    return sorted(found)


def command_line(pid: int) -> str:
    """Return the words of a process; nothing where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def complete(place: str, name: str) -> Counter[str]:
    """Return how many results each point has; none where there is no study yet."""
    kept = parse_place(place)
    if kept.file is not None and not kept.file.exists():
        return Counter()
    with open_storage(kept) as storage:
        known = {found.study_name: found._study_id for found in storage.get_all_studies()}
        trials = storage.get_all_trials(known[name], deepcopy=False) if name in known else []
    return Counter(str(trial.user_attrs["point"]) for trial in trials)


if __name__ == "__main__":
    sys.exit(main())
