"""The cocotb bench of a golden set: it finds what the bench in SystemVerilog finds, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import long_but, once
from sets import SETS
from simulate import needs_icarus, simulate

GOLDEN = Path(__file__).parent.parent / "golden"
pytestmark = [needs_icarus, once]


@pytest.fixture(params=long_but(1, *SETS))
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN / request.param, tmp_path / "set")
    return tmp_path / "set"


def cocotb(bundle: Path) -> subprocess.CompletedProcess[str]:
    """Run the bench as run.sh does, in this interpreter."""
    environment = {**os.environ, "PYTHON": sys.executable}
    words = ["sh", str(bundle / "run.sh"), "cocotb"]
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.long
def test_it_compares_what_the_bench_compares_and_leaves_nothing(bundle: Path) -> None:
    before = sorted(bundle.rglob("*"))
    said = cocotb(bundle)
    assert (said.returncode, said.stdout) == (0, simulate(bundle).stdout)
    assert said.stdout.startswith("PASS ")
    assert sorted(bundle.rglob("*")) == before


LAYER = [
    ("assign leaked = FUSED ? leak : leak_word;", "assign leaked = (FUSED ? leak : leak_word) + 1'b1;", "leaked"),
    ("assign spikes_out = fired;", "assign spikes_out = fired >> 1;", "spike"),
    ("assign observe_leaked = leaked;", "assign observe_leaked = 'x;", "leaked"),
]


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "file", "right", "wrong", "found"),
    long_but(
        1,
        *((next(iter(SETS)), "fxsnn_layer.sv", *fault) for fault in LAYER),
        *((name, "fxsnn_layer.sv", *LAYER[0]) for name in [*SETS][1:]),
    ),
)
def test_it_finds_a_fault(name: str, file: str, right: str, wrong: str, found: str, tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / name, tmp_path / "set")
    path = tmp_path / "set" / "rtl" / file
    text = path.read_text()
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong))
    said = cocotb(tmp_path / "set")
    assert said.returncode == 1
    assert re.match(rf"FAIL {found}\.mem presentation 0 step ", said.stdout)


@pytest.mark.long
def test_it_finds_a_flipped_digit_and_a_file_that_is_no_words(bundle: Path) -> None:
    node = "membrane"
    path = bundle / f"{node}.mem"
    held = path.read_text().splitlines()
    held[-1] = held[-1][:-1] + ("0" if held[-1][-1] != "0" else "1")
    path.write_text("\n".join(held) + "\n")
    said = cocotb(bundle)
    assert said.returncode == 1
    assert said.stdout.startswith(f"FAIL {node}.mem was altered\nFAIL {node}.mem presentation ")
    path.write_text("\n".join([*held[:-1], "xy"]) + "\n")
    said = cocotb(bundle)
    assert said.returncode == 2
    assert said.stdout == "FAIL invalid literal for int() with base 16: 'xy': nothing was compared\n"


def test_nothing_can_be_run_without_cocotb_or_with_rtl_that_is_none(tmp_path: Path) -> None:
    bundle = tmp_path / "set"
    shutil.copytree(GOLDEN / next(iter(SETS)), bundle)
    words = ["sh", str(bundle / "run.sh"), "cocotb"]
    said = subprocess.run(words, env={**os.environ, "PYTHON": "false"}, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (2, "needs cocotb 2 where false is\n")
    (bundle / "rtl" / "fxsnn_layer.sv").write_text("module")
    assert cocotb(bundle).returncode == 2
