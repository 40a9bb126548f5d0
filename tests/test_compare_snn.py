"""What tools/compare_snn.py would do, and how it judges; sinabs and snnTorch themselves are measured by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

TOOLS = Path(__file__).parent.parent / "tools"
sys.path.insert(0, str(TOOLS))

from benchmark import workload  # noqa: E402
from compare_snn import THEIRS, apytypes_counts, install, judge, main, networks, report  # noqa: E402
from compare_snn import weights_of as drawn_weights  # noqa: E402

from fxsnn.graph.dense import is_dense  # noqa: E402
from fxsnn.graph.run import run, trace  # noqa: E402

SECONDS = {
    "feed, batch 1": {"fxsnn": 0.001, "sinabs": 0.031, "snnTorch": 0.2, "snnTorch, step by step": 0.099},
    "feed, batch 64": {"fxsnn": 0.01, "sinabs": 0.08, "snnTorch": 0.3, "snnTorch, step by step": 0.2},
}


def test_both_networks_run_all_steps_at_once_and_say_what_a_trace_and_apytypes_say() -> None:
    weights = {name: words[:40, :30] for name, words in drawn_weights().items()}
    weights["first"], weights["back"] = weights["first"] * np.int8(3), weights["back"][:30]
    weights["second"] = weights["second"][:30]
    raster = workload(2, 12, 40, 1)[0]
    for name, network in networks(weights).items():
        assert all(is_dense(network, stage) for stage in network.graph.stages)
        said = run(network, raster).said
        assert said.any()
        assert said.tolist() == [
            trace(network, one)[network.graph.read.name].emitted.sum(axis=0).tolist() for one in raster
        ]
        if name == "feed":
            assert said.tolist() == apytypes_counts(weights, raster).tolist()


def test_a_peer_s_fastest_way_is_held_against_fxsnn() -> None:
    assert [(round(ratio, 3), met) for _, ratio, met in judge(SECONDS)] == [
        *((31.0, True), (99.0, False), (8.0, True), (20.0, True))
    ]
    alone = {name: {"fxsnn": times["fxsnn"]} for name, times in SECONDS.items()}
    assert judge(alone) == []


def test_a_missed_bar_is_told_and_is_exit_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    spikes = {"feed, fxsnn": 2.0, **{f"feed, {name}": 1.0 for name in THEIRS}}
    assert report({"seconds": SECONDS, "versions": {"torch": "9"}, "spikes": spikes}) == 1
    said = capsys.readouterr().out
    assert "MISSED  batch 1, snnTorch takes at least 100 times as long: 99.0" in said
    assert said.count("spikes an input") == 8


def test_the_environment_gets_the_torch_that_was_asked_for_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = install("torch==9.9 --index-url address", Path("place/bin/python"))
    assert commands[0] == [sys.executable, "-m", "venv", "place"]
    assert commands[1][4:] == ["-q", "torch==9.9", "--index-url", "address"]
    assert commands[2][4:] == ["-q", "sinabs", "snntorch"]
    assert main(["--dry-run", "--env", str(tmp_path / "env")]) == 0
    assert capsys.readouterr().out.count("+ ") == 3
    assert not (tmp_path / "env").exists()
