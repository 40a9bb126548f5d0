"""The machine code that is kept is told and removed, and nothing beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import run


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with machine code of two states of the kernels, an empty one, and what is others'."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    for name, size in (("0123456789abcdef", 1_000_000), ("fedcba9876543210", 500_000), ("0" * 16, 0)):
        (tmp_path / name / "deep").mkdir(parents=True)
        if size:
            (tmp_path / name / "deep" / "kernel.nbc").write_bytes(bytes(size))
    (tmp_path / "other_0123").mkdir()
    (tmp_path / "other_0123" / "kernel.nbc").write_bytes(b"x")
    return tmp_path


def test_place_and_size_are_told(parent: Path) -> None:
    assert run("cache").out == f"{parent}: 1.5 MB for 2 states of the sources\n"
    told = {"folder": str(parent), "states": 2, "bytes": 1_500_000, "removed": False}
    assert json.loads(run("cache", "--json").out) == told
    assert len([*parent.iterdir()]) == 4


def test_machine_code_is_removed_and_what_is_others_stays(parent: Path) -> None:
    assert run("cache", "--remove").out == f"{parent}: 1.5 MB for 2 states of the sources, removed\n"
    assert [path.name for path in parent.iterdir()] == ["other_0123"]
    assert run("cache").out == f"{parent}: 0.0 MB for 0 states of the sources\n"


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "none"))
    assert run("cache").out == f"{tmp_path / 'none'}: 0.0 MB for 0 states of the sources\n"
