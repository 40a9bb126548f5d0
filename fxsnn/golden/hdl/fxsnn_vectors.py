"""What the cocotb benches of golden sets share: words and what was found of them, loads and pulses, the simulator."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

SHOWN = 5  # differences; more are only counted
BUNDLE = Path(__file__).resolve().parent.parent


class Vectors:
    """The words of a bundle by file, as bit patterns, and what was found of them."""

    def __init__(self, folder: Path) -> None:
        self.manifest = json.loads((folder / "manifest.json").read_text("ascii"))
        self.words: dict[str, list[int]] = {}
        self.bits: dict[str, int] = {}
        self.compared, self.wrong = 0, 0
        self.patience = patience(self.manifest, folder / "rtl")
        for entry in self.manifest["files"]:
            data = (folder / entry["file"]).read_bytes()
            if hashlib.sha256(data).hexdigest() != entry["sha256"]:
                self.told(f"{entry['file']} was altered")
            self.words[entry["name"]] = words_of(data)
            self.bits[entry["name"]] = entry["word"]

    def told(self, what: str) -> None:
        """Count what is wrong, and print the first of it."""
        self.wrong += 1
        if self.wrong <= SHOWN:
            print(f"FAIL {what}")

    def compare(self, name: str, word: int, expected: int, got: str, where: str) -> None:
        """Compare the low bits of a signal, given in binary, with what is expected."""
        self.compared += 1
        known = set(got) <= {"0", "1"}
        low = int(got, 2) & (1 << self.bits[name]) - 1 if known else -1
        if low != expected:
            shown = f"{low:x}" if known else got
            self.told(f"{name}.mem {where} (word {word}): expected {expected:x}, got {shown}")

    def end(self, words: int) -> None:
        """Say PASS; AssertionError unless so many words were compared and all are right."""
        if self.wrong:
            raise AssertionError(f"{self.wrong} words differ or were altered, {self.compared} were compared")
        if self.compared != words:
            raise AssertionError(f"{self.compared} words were compared, not {words}")
        print(f"PASS {words} words")


def words_of(data: bytes) -> list[int]:
    """Return the words of a file; ValueError where it holds something else."""
    return [int(line, 16) for line in data.decode("ascii").splitlines() if not line.startswith("//")]


def patience(manifest: dict[str, Any], rtl: Path) -> int:
    """Return the clocks of the longest step, and some, as the benches in SystemVerilog have them."""
    stated = re.search(r"int PATIENCE = (\d+);", (rtl / "fxsnn_config.sv").read_text("ascii"))
    if stated:
        return int(stated[1])
    inputs, neurons = manifest["configuration"]["inputs"], manifest["configuration"]["neurons"]
    return int(inputs * neurons + inputs + 5 * neurons + 16)


async def load(dut: Any, enable: Any, words: list[int], bit: int = 0) -> None:
    """Write words into a memory, one a clock, while a bit of `enable` is 1."""
    enable.value = 1 << bit
    for address, word in enumerate(words):
        dut.load_address.value, dut.load_word.value = address, word
        await FallingEdge(dut.clock)
    enable.value = 0


async def begin(dut: Any, inputs: Iterable[str]) -> None:
    """Let all inputs be 0, and reset."""
    for signal in inputs:
        getattr(dut, signal).value = 0
    dut.reset.value = 1
    Clock(dut.clock, 10, "ns").start()
    await FallingEdge(dut.clock)
    dut.reset.value = 0


async def pulse(dut: Any, start: Any, where: str, most: int, seen: Callable[[], None] = lambda: None) -> None:
    """Start something for a clock and wait until the design is ready; `seen` is called at every clock meanwhile."""
    start.value = 1
    for clocks in range(most):
        await RisingEdge(dut.clock)
        seen()
        await FallingEdge(dut.clock)
        start.value = 0
        if clocks and dut.ready.value == 1:
            return
    raise AssertionError(f"{where}: the design must be ready after {most} clocks")


def run(module: str, top: str, simulator: str) -> int:
    """Build the RTL and run a test module, in a folder that is gone afterwards; return the exit status.

    1: words differ or were altered; 2: a file is damaged, or nothing can be run.
    """
    from cocotb_tools.runner import get_runner

    rtl = BUNDLE / "rtl"
    try:
        for entry in json.loads((BUNDLE / "manifest.json").read_text("ascii"))["files"]:
            words_of((BUNDLE / entry["file"]).read_bytes())
    except (OSError, ValueError) as error:
        print(f"FAIL {error}: nothing was compared")
        return 2
    names = (rtl / "bench.f").read_text("ascii").split()
    sources = [BUNDLE / name for name in names if name.endswith(".sv") and not name.endswith("bench.sv")]
    with tempfile.TemporaryDirectory() as built:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(rtl), os.environ.get("PYTHONPATH", "")])
        for level in ("COCOTB_LOG_LEVEL", "GPI_LOG_LEVEL"):
            os.environ.setdefault(level, "ERROR")
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # nothing is left in the bundle
        try:
            runner = get_runner(simulator)
            runner.build(sources=sources, hdl_toplevel=top, build_dir=built, timescale=("1ns", "1ns"))
        except (Exception, SystemExit) as error:
            print(f"FAIL the RTL cannot be built: {error}")
            return 2
        results = runner.test(hdl_toplevel=top, test_module=module, build_dir=built, test_dir=built)
        return 0 if "<failure" not in Path(results).read_text() else 1
