"""What tools/compare_pytorch.py would do, and how it judges; PyTorch itself is measured by hand."""

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

from compare_pytorch import Case, Work, compare, install, judge, main, options, report  # noqa: E402
from peer_environment import environment  # noqa: E402

from fxsnn.decolle.description import Description, Layer  # noqa: E402
from fxsnn.decolle.network import random_layers  # noqa: E402

skip_with_jit()


def found(fastest: float, inputs: float, currents: float) -> dict[str, Any]:
    ms = {"PyTorch, batch 1, channels first": 9.0, "PyTorch, batch 64, channels last": fastest}
    same = {"PyTorch": 1.0, "fxsnn, inputs": 0.99, "fxsnn, currents": 0.98}
    return {
        "name": "small",
        "torch": "2.14.1",
        "steps": 30,
        "recordings": 64,
        "ms": ms | {"fxsnn, inputs": inputs, "fxsnn, currents": currents},
        "input": 0.07,
        "spikes": {"inputs": [0.1, 0.2], "currents": [0.1, 0.3]},
        "agreeing": same,
        "correct": same,
    }


def test_pytorch_is_timed_in_every_batch_and_layout() -> None:
    jobs = Work(batches=(1, 16, 64)).jobs(20)
    assert [(job["batch"], job["channels_last"]) for job in jobs] == [
        *((1, False), (1, True), (16, False), (16, True), (20, False), (20, True)),
    ]


def test_the_environment_gets_the_torch_that_was_asked_for() -> None:
    commands = install("torch==9.9 --index-url address", Path("place/bin/python"))
    assert commands[0] == [sys.executable, "-m", "venv", "place"]
    assert commands[1][4:] == ["-q", "torch==9.9", "--index-url", "address"]
    assert commands[2][4:] == ["-q", "numpy"]
    assert all(command[0] == str(Path("place/bin/python")) for command in commands[1:])


def test_an_environment_is_made_once_and_made_anew_of_something_else(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    line = [sys.executable, "-c", f"import pathlib as p; p.Path({str(folder)!r}).mkdir(exist_ok=True)"]
    seen: list[Path] = []

    def make(python: Path) -> list[list[str]]:
        seen.append(python)
        return [line]

    python = environment(folder, "A peer", "this", make)
    assert python.parts[-2:] == (("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python"))
    assert environment(folder, "A peer", "this", make) == python
    assert len(seen) == 1
    environment(folder, "A peer", "that", make)
    assert len(seen) == 2


def test_an_environment_that_cannot_be_made_is_exit_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fails = [sys.executable, "-c", "raise SystemExit(3)"]
    with pytest.raises(SystemExit) as raised:
        environment(tmp_path, "A peer", "this", lambda _: [fails])
    assert raised.value.code == 2
    assert capsys.readouterr().err.endswith(f"A peer's environment could not be made: {' '.join(fails)} failed\n")


def test_a_dry_run_tells_the_plan_and_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = tmp_path / "env"
    words = [
        "--dry-run",
        "--data",
        str(tmp_path),
        "--env",
        str(env),
        "--recordings",
        "8",
        "--turns",
        "2",
        "--state",
        "5",
    ]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("+ ") for line in lines[:3])
    plan = json.loads(lines[3])
    assert (plan["recordings"], plan["turns"], plan["state"], len(plan["jobs"])) == (8, 2, 5, 4)
    assert not env.exists()


def test_the_defaults_are_the_published_ones() -> None:
    given = options(["--data", "somewhere"])
    assert (given.recordings, given.turns, given.state) == (Work().recordings, Work().turns, Work().state)
    assert given.torch == "torch"
    assert given.env.parts[-2:] == ("fxsnn", "pytorch")


def test_pytorch_s_fastest_is_held_against_the_faster_form() -> None:
    assert judge(found(1.0, 0.2, 0.25)) == [("small, inputs", 5.0, True)]
    assert judge(found(1.0, 0.5, 0.25)) == [("small, currents", 4.0, False)]


@pytest.mark.parametrize(("currents", "status"), [(0.19, 0), (0.21, 1)])
def test_a_missed_bar_is_the_exit_status(currents: float, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert report([found(1.0, 0.4, currents)]) == status
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["fxsnn,", "inputs", "0.400", "13.3", "2.5", "x", *["99.0", "%"] * 2] for line in lines)
    assert lines[-1].startswith(f"{'MISSED' if status else 'met':<8}small, currents: ")


def test_work_that_is_none_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"^recordings must be 1 or more, not 0$"):
        Work(recordings=0)


STAND_IN = """
import json, sys
from pathlib import Path
import numpy as np
folder = Path(sys.argv[1])
held, frames = np.load(folder / "network.npz"), np.load(folder / "frames.npy")
told = json.loads((folder / "work.json").read_text())["description"]
shape = [held[f"weights_{n}"].shape[3] for n in range(len(told["layer"]))], held["readout"].shape
for n, line in enumerate(sys.stdin):
    print(json.dumps({"seconds": 1.0 + json.loads(line)["batch"]}), flush=True)
print(json.dumps({"torch": f"{shape}", "said": [[1] + [0] * (told["classes"] - 1)] * len(frames)}))
"""


def small(last: Layer) -> Case:
    described = Description((Layer("conv", 3, 3, 2), last), 3, height=6, width=5, clip=2, steps=4, burn_in=1)
    rng = np.random.default_rng(0)
    return Case("small", random_layers(described, 0), rng.integers(0, 3, (2, 4, 6, 5, 2)).astype(np.uint16), None)


@pytest.mark.parametrize(
    ("last", "shape"),
    [(Layer("output", 3, refractory=0.0), "([3, 3], (0, 0, 0, 3))"), (Layer("conv", 4, 3), "([3, 4], (3, 2, 4, 3))")],
)
def test_both_are_timed_on_the_same_recordings(
    last: Layer, shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / "worker.py"
    stand_in.write_text(STAND_IN)
    monkeypatch.setattr("compare_pytorch.WORKER", stand_in)
    told = compare(Path(sys.executable), small(last), Work(recordings=2, turns=1, batches=(1, 2)))
    assert told["torch"] == shape
    assert told["ms"]["PyTorch, batch 1, channels first"] == 1000.0
    assert told["ms"]["PyTorch, batch 2, channels last"] == 1500.0
    assert all(0 < told["ms"][f"fxsnn, {form}"] < 1000 for form in ("inputs", "currents"))
    assert told["agreeing"]["PyTorch"] == 1.0
    assert told["correct"] == {}


def test_a_worker_without_pytorch_is_exit_status_2(capfd: pytest.CaptureFixture[str]) -> None:
    # -S: a Python that finds nothing that is installed
    broken = TOOLS / "compare_pytorch_worker.py"
    said = subprocess.run([sys.executable, "-S", str(broken)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (1, "")
    with pytest.raises(SystemExit) as raised:
        compare(Path("/bin/false"), small(Layer("output", 3, refractory=0.0)), Work(recordings=2, turns=1))
    assert raised.value.code == 2
    assert capfd.readouterr().err.endswith("PyTorch's worker failed: see above\n")
