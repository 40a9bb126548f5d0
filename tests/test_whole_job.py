"""The job as users run it: the real demo, the real digits, the real Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from command_line import FXSNN, run, skip_without_jit

skip_without_jit()


needs_mnist = pytest.mark.skipif("FXSNN_DATA" not in os.environ, reason="needs the full MNIST in FXSNN_DATA")

GRID = """
weight = ["UQ0.8", "UQ0.2"]
state_bits = [4]
weight_rounding = ["RN", "SR"]
state_rounding = ["TR"]
leak = ["shift 5"]
fold = [true]
"""


def files_of(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.long
def test_the_demo_on_the_embedded_digits_holds_its_bar_and_repeats_exactly(tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text(GRID)
    for out, workers in (("first", "1"), ("second", "3")):
        words = [
            "demo",
            "--out",
            out,
            "--grid",
            "grid.toml",
            "--neurons",
            "100",
            "--passes",
            "2",
            "--sweep",
            "20",
            "--workers",
            workers,
        ]
        said = subprocess.run([*FXSNN, *words], cwd=tmp_path, capture_output=True, text=True)
        assert said.returncode == 0, said.stderr
    found = re.search(r"^float, 32-bit words .* (\d\d\.\d\d) % +[\d,]+ +1\.00 x", said.stdout, re.MULTILINE)
    assert found
    assert float(found[1]) >= 84
    assert names(tmp_path / "first") == [
        *("candidates.json", "chosen.toml", "golden", "network.npz", "report.html", "significance.json")
    ]
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")
    said = subprocess.run([*FXSNN, "golden", "check", "first/golden"], cwd=tmp_path, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert said.stdout.endswith(" agree\n")
    words = ["report", "network.npz", "candidates.json", "--significance", "significance.json", "--out", "again.html"]
    said = subprocess.run([*FXSNN, *words], cwd=tmp_path / "first", capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    pages = [(tmp_path / "first" / name).read_text() for name in ("report.html", "again.html")]
    assert pages[0] != pages[1]
    assert len({page[: page.index('<section id="settings"')] for page in pages}) == 1  # all but the settings


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"])
def test_a_demo_that_is_stopped_on_the_way_leaves_nothing(tmp_path: Path, number: int, status: int) -> None:
    words = ["demo", "--out", "demo", "--passes", "1000", "--neurons", "2"]
    with subprocess.Popen([*FXSNN, *words], cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as demo:
        assert demo.stderr
        # training has begun, so that nothing is being compiled: the compiler swallows an exception now and then
        assert demo.stderr.readline().startswith(b"training (images): ")
        assert names(tmp_path)[0].startswith(".fxsnn-")
        demo.send_signal(number)
        out, err = demo.communicate(timeout=60)
    assert (demo.returncode, out) == (status, b"")
    assert b"Traceback" not in err
    assert names(tmp_path) == []


@pytest.mark.long
@needs_mnist
def test_one_pass_over_the_full_mnist_reaches_90_percent(tmp_path: Path) -> None:
    said = run("train", "--mnist", "--neurons", "400", "--passes", "1", "--out", tmp_path / "net.npz")
    assert said.status == 0, said.err
    found = re.search(r"test accuracy (\d\d\.\d\d) % \(95 % interval \S+ %\) on 10,000 images", said.out)
    assert found
    assert float(found[1]) >= 90
