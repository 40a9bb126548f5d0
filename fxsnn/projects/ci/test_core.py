"""The golden set, every recorded bit, and the core step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

HERE = Path(__file__).parent


def test_the_golden_set_is_what_fxsnn_computes(fxsnn_golden: Callable[[str], int]) -> None:
    assert fxsnn_golden("set") > 0


def test_every_bit_is_as_it_was_recorded(fxsnn_regress: Callable[[str], int]) -> None:
    assert fxsnn_regress("formats.toml") == 2


def test_the_core_follows_the_network_step_by_step(tmp_path: Path) -> None:
    runner = get_runner("icarus")
    runner.build(sources=[HERE / "core.v"], hdl_toplevel="core", build_dir=tmp_path, timescale=("1ns", "1ns"))
    results = runner.test(
        hdl_toplevel="core",
        test_module="follow_core",
        build_dir=tmp_path,
        test_dir=HERE,  # where core.v finds its weights
        results_xml=str(tmp_path / "results.xml"),
        extra_env={"COCOTB_REWRITE_ASSERTION_FILES": "follow_core.py"},  # of all files it would take seconds
    )
    assert get_results(results) == (1, 0)  # one test, none failed
