"""`fxsnn new` writes a whole project or nothing; that its own tests pass is tried by the pages that start from it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from command_line import run
from fxsnn.projects.start import KINDS, new_project

ROOT = Path(__file__).parent.parent
OF_KINDS = {
    "rtl": {"Makefile", "README.md", "bench.v", "core.v", "mine.neuron", "net.toml", "plan.toml", "spikes.csv"},
    "network": {"Makefile", "README.md", "arrays.py", "grid.toml", "net.toml"},
    "ci": {"Makefile", "README.md", "core.v", "follow_core.py", "formats.lock.json", "formats.toml", "test_core.py"},
}
OF_ALL = {".gitignore", ".gitlab-ci.yml", ".github/workflows/test.yml", "requirements.txt"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_has_its_files_and_runs_its_tests_on_two_services(kind: str, tmp_path: Path) -> None:
    said = run("new", kind, tmp_path / "mine")
    assert (said.status, said.err) == (0, "")
    assert said.out.endswith(f"next: cd {tmp_path / 'mine'} && make test\n")
    found = {path.relative_to(tmp_path / "mine").as_posix() for path in (tmp_path / "mine").rglob("*")}
    assert found >= OF_KINDS[kind] | OF_ALL
    for name in (".gitlab-ci.yml", ".github/workflows/test.yml"):
        text = (tmp_path / "mine" / name).read_text()
        assert "make -k test\n" in text
        assert ("iverilog" in text, "# in" in text) == (kind != "network", False)
        assert re.search(r"cache: pip\n|PIP_CACHE_DIR: ", text)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"=={version} " in (tmp_path / "mine" / "requirements.txt").read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_pipelines_keep_is_what_make_test_writes(kind: str, tmp_path: Path) -> None:
    new_project(kind, tmp_path / "mine")
    words = subprocess.run(["make", "-n", "test"], cwd=tmp_path / "mine", capture_output=True, text=True, check=True)
    for name, begin in (("gitlab-ci.yml", "paths: "), ("github/workflows/test.yml", "path: ")):
        kept = re.findall(r"[*\w]+(?:\.\w+|/)", (tmp_path / "mine" / f".{name}").read_text().rpartition(begin)[2])
        assert kept
        for one in kept:
            assert re.search(re.escape(one).replace(r"\*", r"\w+"), words.stdout) or one == "if-no-files-found"
    assert kind != "ci" or {"junit.xml", "formats.xml"} <= set(re.split("[ =\n]", words.stdout))


@pytest.mark.long
def test_arrays_that_are_there_are_never_overwritten_and_another_budget_selects_anew(tmp_path: Path) -> None:
    new_project("network", tmp_path / "mine")
    for name in ("weights.npz", "choose.npz", "test.npz", "candidates.json", "chosen.toml"):
        (tmp_path / "mine" / name).write_text("mine")
    words = ["make", "-n", "test", "BUDGET=2 KiB"]
    said = subprocess.run(words, cwd=tmp_path / "mine", capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [
        'fxsnn select candidates.json --budget "2 KiB" --max-loss 0.02 --out chosen.toml',
        "fxsnn emulate net.toml chosen.toml --inputs test.npz",
    ]
    (tmp_path / "mine" / "weights.npz").unlink()
    words = [sys.executable, "arrays.py"]
    refused = subprocess.run(words, cwd=tmp_path / "mine", capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("arrays.py: choose.npz exists and is not overwritten")
    assert not (tmp_path / "mine" / "weights.npz").exists()
    assert (tmp_path / "mine" / "test.npz").read_text() == "mine"


def test_a_folder_that_holds_anything_is_refused_and_stays_as_it_was(tmp_path: Path) -> None:
    new_project("rtl", tmp_path / "mine")
    before = {path: path.read_bytes() for path in (tmp_path / "mine").rglob("*") if path.is_file()}
    said = run("new", "network", tmp_path / "mine")
    assert said.complaint == f"an output folder must be new or empty, not {str(tmp_path / 'mine')!r}"
    assert before == {path: path.read_bytes() for path in (tmp_path / "mine").rglob("*") if path.is_file()}
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert run("new", "network", tmp_path / "mine").status == 0


def test_another_kind_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    assert run("new", "fpga", tmp_path / "mine").complaint == "a project must be one of rtl, network, ci, not 'fpga'"
    assert [*tmp_path.iterdir()] == []
