"""What is built from the tree holds fxsnn and nothing else, and works outside the tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from command_line import long_but, skip_without_jit
from fxsnn.projects.start import KINDS, new_project

skip_without_jit()


ROOT = Path(__file__).parent.parent
KERNELS = {f"fxsnn/kernels/{path.name}" for path in (ROOT / "kernels").glob("*.py")}
MODULES = {path.relative_to(ROOT).as_posix() for path in (ROOT / "fxsnn").rglob("*.py")}


@pytest.fixture(scope="module", params=long_but(1, "link", "text"))
def built(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Build the source archive, and the wheel from that archive, out of a copy of the tree."""
    folder = tmp_path_factory.mktemp("built")
    left_out = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "demo-out")
    # a copy: setuptools leaves build/ behind, and what once lay in build/ slips into later wheels
    shutil.copytree(ROOT, folder / "tree", symlinks=True, ignore=left_out)
    if request.param == "text":  # what git leaves in the place of a link where the system has none
        (folder / "tree" / "fxsnn" / "kernels").unlink()
        (folder / "tree" / "fxsnn" / "kernels").write_text("../kernels")
    said = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, folder / "tree"],
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def unpacked(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    wheel.extractall(folder)  # noqa: S202 - built a second ago from this tree
    return folder


def run(unpacked: Path, code: str, elsewhere: Path) -> str:
    """Run Python code against the unpacked wheel, with another working folder."""
    environment = os.environ | {"PYTHONPATH": str(unpacked)}
    said = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=elsewhere, env=environment, capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    return said.stdout


def test_the_top_level_of_the_wheel_is_fxsnn_alone(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert sorted(top) == ["fxsnn", "fxsnn-0.1.0.dist-info"]


def test_the_wheel_holds_every_module_and_kernel(wheel: zipfile.ZipFile) -> None:
    held = {name for name in wheel.namelist() if name.endswith(".py")}
    assert held == MODULES | KERNELS


def test_the_wheel_says_that_it_is_typed(wheel: zipfile.ZipFile) -> None:
    assert "fxsnn/py.typed" in wheel.namelist()


def test_the_source_archive_holds_what_an_engineer_wants_besides_the_code(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for top in ("docs", "golden", "kernels", "tests", "tools")
        for path in (ROOT / top).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - names == set()
    assert [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".nbi", ".nbc"))] == []


def test_the_wheel_works_outside_the_tree(unpacked: Path, tmp_path: Path) -> None:
    code = """
import fxsnn, fxsnn.kernels
from fxsnn import Format, cast
print(fxsnn.__file__)
print(fxsnn.kernels.__file__)
print(cast([19, -19], Format.parse("Q2.6"), Format.parse("Q2.4")).tolist())
"""
    assert run(unpacked, code, tmp_path).splitlines() == [
        str(unpacked / "fxsnn" / "__init__.py"),
        str(unpacked / "fxsnn" / "kernels" / "__init__.py"),
        "[5, -5]",
    ]


def test_the_wheel_writes_projects_with_every_file_of_the_tree(unpacked: Path, tmp_path: Path) -> None:
    code = """
from pathlib import Path
from fxsnn.projects.start import KINDS, new_project
print(sorted({name for kind in KINDS if kind != "ci" for name in new_project(kind, Path(kind))}))
"""
    written = {name for kind in KINDS if kind != "ci" for name in new_project(kind, tmp_path / f"of-the-tree-{kind}")}
    assert run(unpacked, code, tmp_path) == f"{sorted(written)}\n"


def test_the_version_of_the_code_is_that_of_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    code = "import importlib.metadata as m, fxsnn; print(fxsnn.__version__ == m.version('fxsnn'))"
    assert run(unpacked, code, tmp_path) == "True\n"


def test_nothing_named_kernels_is_installed(unpacked: Path, tmp_path: Path) -> None:
    code = "import importlib.util as u; print([u.find_spec(n) for n in ('kernels', 'golden', 'tools')])"
    assert run(unpacked, code, tmp_path) == "[None, None, None]\n"
