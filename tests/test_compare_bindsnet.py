"""What tools/compare_bindsnet.py would do, and how it judges; BindsNET itself is measured by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from command_line import skip_with_jit

TOOLS = Path(__file__).parent.parent / "tools"
sys.path.insert(0, str(TOOLS))

from compare_bindsnet import Work, digits, fxsnn, install, judge, main, options, report  # noqa: E402

skip_with_jit()

OURS = {"fxsnn, training": 0.5, "fxsnn, float": 0.3, "fxsnn, integers": 0.1, "fxsnn, integers, one by one": 0.2}


def job(kind: str, batch: int, threads: int, ms: float) -> dict[str, Any]:
    return {"kind": kind, "batch": batch, "threads": threads, "ms": ms}


def test_bindsnet_is_timed_one_by_one_and_in_batches_on_one_thread_and_on_all() -> None:
    jobs = Work(batches=(1, 64), threads=(1, 2)).jobs()
    assert [(job["kind"], job["batch"], job["threads"]) for job in jobs] == [
        *(("train", 1, 1), ("infer", 1, 1), ("infer", 64, 1)),
        *(("train", 1, 2), ("infer", 1, 2), ("infer", 64, 2)),
    ]


def test_the_environment_gets_the_torch_that_was_asked_for_and_bindsnet_without_what_it_names() -> None:
    commands = install("torch==9.9 --index-url address", Path("place/bin/python"))
    assert commands[0] == [sys.executable, "-m", "venv", "place"]
    assert commands[1][4:] == ["-q", "torch==9.9", "--index-url", "address"]
    assert commands[-1][-2:] == ["--no-deps", "bindsnet==0.3.4"]
    assert all(command[0] == str(Path("place/bin/python")) for command in commands[1:])


def test_a_dry_run_tells_the_plan_and_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = tmp_path / "env"
    assert main(["--dry-run", "--env", str(env), "--digits", "30", "--turns", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("+ ") for line in lines[:4])
    plan = json.loads(lines[4])
    assert (plan["neurons"], plan["steps"], plan["digits"], plan["turns"]) == (400, 100, 30, 2)
    assert not env.exists()


def test_the_defaults_are_the_published_ones() -> None:
    given = options([])
    assert (given.digits, given.turns, given.torch) == (Work().digits, Work().turns, "torch==2.13.0")
    assert given.env.parts[-2:] == ("fxsnn", "bindsnet")


def test_bindsnet_s_fastest_is_held_against_fxsnn() -> None:
    theirs = [job("train", 1, 1, 30.0), job("train", 1, 2, 25.0), job("infer", 1, 1, 20.0), job("infer", 64, 2, 9.9)]
    assert [found[1:] for found in judge(theirs, OURS)] == [(50.0, True), (100.0, True), (99.0, False)]


@pytest.mark.parametrize(("ms", "status"), [(10.1, 0), (9.9, 1)])
def test_a_missed_bar_is_the_exit_status(ms: float, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = {"bindsnet": "0.3.4", "torch": "2.13.0", "input_spikes": 3000.0, "output_spikes": 20.0}
    theirs |= {"jobs": [job("train", 1, 1, 30.0), job("infer", 1, 1, 30.0), job("infer", 64, 2, ms)]}
    ours = {"ms": OURS, "input_spikes": 3010.0, "output_spikes": 12.0}
    assert report(theirs, ours, Work()) == status
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[-2:] == ["60.0", "x"] for line in lines if "training, batch 1, 1 thread" in line)
    assert any("inference, batch 64, 2 threads" in line for line in lines)
    assert lines[-3].startswith("met     training: ")
    assert lines[-1].startswith("MISSED" if status else "met")


def test_work_that_is_none_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"^digits must be 1 or more, not 0$"):
        Work(digits=0)
    with pytest.raises(SystemExit, match=r"^digits must be at most [46]0?,000, not 70,000$"):
        digits(70_000)


def test_fxsnn_is_timed_on_real_work() -> None:
    images = digits(2)
    assert images.shape == (2, 784)
    found = fxsnn(images, Work(neurons=4, steps=10, turns=1))
    assert list(found["ms"]) == ["fxsnn, encoding alone", *OURS]
    assert all(ms > 0 for ms in found["ms"].values())
    expected = 10 * 0.3 * images.sum(dtype=np.int64) / 255 / 2
    assert 0.8 * expected < found["input_spikes"] < 1.2 * expected


def test_the_worker_without_bindsnet_says_so() -> None:
    # its parts are BindsNET's own; without them there is nothing to time
    code = "import sys; sys.path.insert(0, sys.argv[1]); import compare_bindsnet_worker as w; w._import_parts()"
    said = subprocess.run([sys.executable, "-c", code, str(TOOLS)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "BindsNET must be installed beside this Python\n"
