"""The cocotb bench of networks of populations: it finds what the one in SystemVerilog finds, and leaves nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import in_plain_python, long_but
from fxsnn.golden.populations_make import make_graph_bundle
from population_sets import POPULATION_SETS
from simulate import compared, needs_icarus

pytestmark = [needs_icarus, in_plain_python]
NAMES = ("unseen", "words_on_maps")


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with golden sets of a few steps."""
    place = tmp_path_factory.mktemp("populations")
    for name in NAMES:
        network, inputs = POPULATION_SETS[name]()
        make_graph_bundle(place / name, network, inputs[:2, :3])
    return place


def cocotb(bundle: Path) -> subprocess.CompletedProcess[str]:
    """Run the bench as run.sh does, in this interpreter."""
    environment = {**os.environ, "PYTHON": sys.executable}
    words = ["sh", str(bundle / "run.sh"), "cocotb"]
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("name", long_but(1, *NAMES))
def test_it_compares_every_word_and_leaves_nothing(name: str, sets: Path) -> None:
    before = sorted(sets.rglob("*"))
    said = cocotb(sets / name)
    assert (said.returncode, said.stdout) == (0, f"PASS {compared(sets / name)} words\n"), said.stderr
    assert sorted(sets.rglob("*")) == before


@pytest.mark.parametrize(
    ("file", "right", "wrong", "found"),
    long_but(
        1,
        ("fxsnn_kernel.sv", "row <= ABOVE;", "row <= '0;", r"FAIL \w+\.\w+\.mem presentation 0 step \d neuron \d"),
        ("population_kept.sv", "assign neuron = n;", "assign neuron = n + 1;", "\nFAIL neuron must be 0 to 11, not 0"),
    ),
)
def test_it_finds_a_fault(file: str, right: str, wrong: str, found: str, sets: Path, tmp_path: Path) -> None:
    shutil.copytree(sets / "words_on_maps", tmp_path / "set")
    path = tmp_path / "set" / "rtl" / file
    text = path.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong, 1))
    said = cocotb(tmp_path / "set")
    assert said.returncode == 1
    assert re.search(found, said.stdout)
