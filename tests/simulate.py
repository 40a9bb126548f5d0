"""The reference RTL in a simulator: Icarus Verilog, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fxsnn.golden.rtl import HDL, SOURCES, package
from fxsnn.quantise import QuantisedNetwork

REQUIRED = "FXSNN_TEST_ICARUS"  # set where the simulator must be there: then nothing is skipped
needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None and REQUIRED not in os.environ, reason="needs Icarus Verilog (iverilog)"
)


def simulate(
    bundle: Path, manifest: dict[str, Any], network: QuantisedNetwork, hdl: Path = HDL
) -> subprocess.CompletedProcess[str]:
    """Play the bundle to the RTL in `hdl`; what the bench printed, and its exit status."""
    (bundle / "fxsnn_config.sv").write_text(package(manifest, network))
    files = [hdl / "fxsnn_modes.sv", "fxsnn_config.sv", *(hdl / name for name in SOURCES)]
    words = ["iverilog", "-g2012", "-Wall", "-Wno-timescale", "-o", "bench.vvp", "-s", "fxsnn_bench", *map(str, files)]
    built = subprocess.run(words, cwd=bundle, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return subprocess.run(["vvp", "-n", "bench.vvp"], cwd=bundle, capture_output=True, text=True, timeout=100)
