"""The fixture that other projects' tests use, in a project of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import run, skip_without_jit

skip_without_jit()


GOLDEN = Path(__file__).parent.parent / "golden"
TEST = """
def test_my_core(fxsnn_golden):
    assert fxsnn_golden("sets/my_core") > 1000
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_core.py").write_text(TEST)
    shutil.copytree(GOLDEN / "each_subtract", tmp_path / "tests" / "sets" / "my_core")
    return tmp_path


def outcome(project: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return subprocess.run(words, cwd=project, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.long
def test_a_set_that_agrees_passes(project: Path) -> None:
    said = outcome(project)
    assert said.returncode == 0, said.stdout
    assert said.stdout.splitlines()[-1].startswith("1 passed")


@pytest.mark.long
def test_a_word_that_differs_fails_in_one_line_without_a_traceback(project: Path) -> None:
    path = project / "tests" / "sets" / "my_core" / "membrane.mem"
    lines = path.read_text().splitlines()
    lines[5] = f"{int(lines[5], 16) ^ 1:02x}"
    path.write_text("\n".join(lines) + "\n")
    said = outcome(project)
    assert said.returncode == 1
    assert "\nsets/my_core: membrane.mem word 2, presentation 0, step 0, neuron 2: expected " in said.stdout
    assert "Traceback" not in said.stdout
    assert "check_bundle" not in said.stdout


def test_a_set_that_is_not_there_fails_in_one_line(project: Path) -> None:
    shutil.rmtree(project / "tests" / "sets")
    said = outcome(project)
    assert said.returncode == 1
    assert "\nsets/my_core: a golden set's manifest.json must be a file that can be read, not " in said.stdout


REGRESS = """
def test_my_formats(fxsnn_regress):
    assert fxsnn_regress("formats.toml") == 1
"""
LISTED = """
schema = 1
[[configuration]]
name = "core"
network = "formats/each_subtract.npz"
plan = "formats/each_subtract.toml"
"""


@pytest.mark.long
def test_configurations_are_held_in_three_lines(project: Path) -> None:
    tests = project / "tests"
    (tests / "test_core.py").write_text(REGRESS)
    shutil.copytree(GOLDEN / "formats", tests / "formats")
    (tests / "formats.toml").write_text(LISTED)
    said = outcome(project)
    assert said.returncode == 1
    assert "\nformats.toml: core: not recorded yet (" in said.stdout
    assert run("regress", tests / "formats.toml", "--accept").status == 0
    said = outcome(project)
    assert said.returncode == 0, said.stdout
    assert said.stdout.splitlines()[-1].startswith("1 passed")
    (tests / "formats.toml").write_text(LISTED + "constants.compare = 'gt'\n")
    said = outcome(project)
    assert said.returncode == 1
    assert "\nformats.toml: core: compare ge -> gt; first node: spike at presentation 0, step " in said.stdout
    assert "Traceback" not in said.stdout
    (tests / "formats.toml").write_text("schema = 7")
    said = outcome(project)
    assert "\nformats.toml: '" in said.stdout
    assert "another exception" not in said.stdout
    assert said.stdout.count("schema") <= 2  # the failure and its line in the summary, which may be cut


def test_the_plugin_loads_nothing_before_it_is_needed() -> None:
    code = "import sys, fxsnn.pytest_plugin; print('fxsnn.golden.check' in sys.modules, 'numba' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout == "False False\n"
