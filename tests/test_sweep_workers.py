"""Sweeps and regressions give the same wherever their tasks run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import run, skip_without_jit, small_splits
from fxsnn.competitive.learn import random_network
from fxsnn.competitive.network import save_network
from fxsnn.engine.pool import Engine
from fxsnn.regress.suite import regress

skip_without_jit()

LISTED = Path(__file__).parent.parent / "golden" / "formats.toml"


@pytest.mark.long
def test_a_sweep_and_one_of_learning_give_the_same_in_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fxsnn.jobs.digits.open_splits", lambda *_: small_splits())
    save_network(random_network(784, 3), tmp_path / "net.npz")
    words = ["significance", tmp_path / "net.npz", "--learning", "--learn-from", 4, "--workers", 2]
    found = []
    for name, more in (("threads", []), ("processes", ["--processes"])):
        out = tmp_path / f"{name}.json"
        assert run(*words, "--out", out, *more).status == 0
        found.append(json.loads(out.read_bytes()))
    assert found[0] == found[1]


def test_a_regression_gives_the_same_in_processes() -> None:
    only = [table["name"] for table in _listed()[:3]]
    here, there = (regress(LISTED, only=only, jobs=2, engine=engine) for engine in (Engine(), Engine(processes=True)))
    assert here.differ == there.differ == 0
    assert [(one.name, one.spikes) for one in here.outcomes] == [(one.name, one.spikes) for one in there.outcomes]


def _listed() -> list[dict[str, str]]:
    import tomllib

    (tables,) = [held for held in tomllib.loads(LISTED.read_text()).values() if isinstance(held, list)]
    return tables
