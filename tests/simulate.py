"""The bench of a bundle in a simulator: Icarus Verilog or Verilator, where they are installed."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

# set where the simulators must be there: then nothing is skipped
needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None and "FXSNN_TEST_ICARUS" not in os.environ, reason="needs Icarus Verilog (iverilog)"
)
needs_verilator = pytest.mark.skipif(
    shutil.which("verilator") is None and "FXSNN_TEST_VERILATOR" not in os.environ, reason="needs Verilator"
)

# of the C++ that Verilator writes: a small bench runs for less long than optimising takes
UNOPTIMISED = ("-MAKEFLAGS", "OPT_FAST=-O0", "-MAKEFLAGS", "OPT_GLOBAL=-O0")


def simulate(bundle: Path, simulator: str = "icarus") -> subprocess.CompletedProcess[str]:
    """Run a bundle's bench as its README says; what it printed, and its exit status.

    What Verilator writes is compiled without optimising.
    """
    with tempfile.TemporaryDirectory() as folder:
        launcher = Path(folder, "verilator")
        launcher.write_text(f'#!/bin/sh\nexec {shutil.which("verilator")} {" ".join(UNOPTIMISED)} "$@"\n')
        launcher.chmod(0o755)
        place = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"} if simulator == "verilator" else {}
        return subprocess.run(
            ["sh", str(bundle / "run.sh"), simulator],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env=os.environ | place,
        )


def compared(bundle: Path) -> int:
    """Return how many words a bench must compare: those of all nodes, and of a layered network's answer."""
    files = json.loads((bundle / "manifest.json").read_bytes())["files"]
    return sum(math.prod(entry["shape"]) for entry in files if entry["role"] == "node" or entry["name"] == "answer")
