"""The golden set, and the core step by step; the recorded bits are compared by `fxsnn regress`, see Makefile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

HERE = Path(__file__).parent


def test_the_golden_set_is_what_fxsnn_computes(fxsnn_golden: Callable[[str], int]) -> None:
    assert fxsnn_golden("set") > 0


def test_the_core_follows_the_network_step_by_step(tmp_path: Path) -> None:
    runner, results = get_runner("icarus"), tmp_path / "results.xml"
    runner.build(sources=[HERE / "core.v"], hdl_toplevel="core", build_dir=tmp_path, timescale=("1ns", "1ns"))
    with suppress(SystemExit):  # of a bench that failed: what it reported is read below
        runner.test(
            hdl_toplevel="core",
            test_module="follow_core",
            build_dir=tmp_path,
            test_dir=HERE,  # where core.v finds its weights
            results_xml=str(results),
            extra_env={"COCOTB_REWRITE_ASSERTION_FILES": ""},  # it takes seconds, and the bench has messages of its own
        )
    for failure in ElementTree.parse(results).iter("failure"):  # noqa: S314 - what the run above wrote
        pytest.fail(str(failure.get("message")), pytrace=False)
    assert get_results(results) == (1, 0)  # one test, none failed
