"""What the cocotb benches of golden sets share: words and what was found of them, loads and pulses, the simulator."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Any

# how variables begin that would change what is run, and those of them that say where things are
OTHERS = ("COCOTB_", "GPI_", "PYGPI_", "PYTEST_", "PYTHON", "SIM_CMD_", "WAVES", "GUI", "TESTCASE", "RANDOM_SEED")
KEPT = ("PYTHONPATH", "PYTHONHOME")

if "cocotb" not in sys.modules:  # in the simulator it is; here another project's variables would reach it
    for name in list(os.environ):
        if name.startswith(OTHERS) and name not in KEPT:
            del os.environ[name]
try:
    import cocotb
    from cocotb.clock import Clock
    from cocotb.triggers import FallingEdge, RisingEdge
    from cocotb_tools.check_results import get_results
    from cocotb_tools.runner import get_runner
except ImportError as error:
    print(f"needs cocotb 2 where {sys.executable} is: {error}")
    raise SystemExit(2) from None

SHOWN = 5  # differences; more are only counted
BUNDLE = Path(__file__).resolve().parent.parent


class Vectors:
    """The words of a bundle by file, as bit patterns, and what was found of them."""

    def __init__(self, folder: Path) -> None:
        self.manifest = json.loads((folder / "manifest.json").read_text("ascii"))
        self.words: dict[str, list[int]] = {}
        self.bits: dict[str, int] = {}
        self.compared: dict[str, bytearray] = {}  # 1 where a word of a file was compared
        self.wrong = 0
        self.patience = patience(self.manifest, folder / "rtl")
        for entry in self.manifest["files"]:
            data = (folder / entry["file"]).read_bytes()
            if hashlib.sha256(data).hexdigest() != entry["sha256"]:
                self.fail(f"{entry['file']} was altered")
            self.words[entry["name"]] = words_of(data)
            self.bits[entry["name"]] = entry["word"]
            if entry["role"] == "node" or entry["name"] == "answer":
                self.compared[entry["name"]] = bytearray(math.prod(entry["shape"]))
        write_verdict("comparing")

    def fail(self, what: str) -> None:
        """Count what is wrong, and print the first of it."""
        self.wrong += 1
        if self.wrong <= SHOWN:
            print(f"FAIL {what}")

    def compare(self, name: str, word: int, expected: int, got: str, where: str, bit: int = 0) -> None:
        """Compare the low bits of a signal, given in binary, with what is expected: a word, or a bit of its line."""
        place = word + bit * len(self.words[name])
        if self.compared[name][place]:
            self.fail(f"{name}.mem word {word} was compared more than once")
        self.compared[name][place] = 1
        known = set(got) <= {"0", "1"}
        low = int(got, 2) & (1 << self.bits[name]) - 1 if known else -1
        if low != expected:
            word_got = f"{low:x}" if known else got
            self.fail(f"{name}.mem {where} (word {word}): expected {expected:x}, got {word_got}")

    def end(self) -> None:
        """Say PASS; AssertionError unless every word was compared once and all are right."""
        for name, compared in self.compared.items():
            if 0 in compared:
                self.fail(f"{name}.mem word {compared.index(0)} was not compared")
        words = sum(map(sum, self.compared.values()))
        if self.wrong:
            raise AssertionError(f"{self.wrong} words differ, were altered or not compared once, of {words} compared")
        print(f"PASS {words} words")
        write_verdict(f"PASS {words} words")


def place(address: Any, size: int) -> int:
    """Return the address that the design shows; AssertionError if it is none of `size`."""
    bits = str(address.value)
    if not set(bits) <= {"0", "1"} or int(bits, 2) >= size:
        raise AssertionError(f"{address._name} must be 0 to {size - 1}, not {bits}")
    return int(bits, 2)


def write_verdict(verdict: str) -> None:
    """Write how far the bench came into the file that `run` named."""
    Path(str(cocotb.plusargs["verdict"])).write_text(f"{verdict}\n", "ascii")


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
    for name in inputs:
        getattr(dut, name).value = 0
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


def run(module: str, top: str) -> int:
    """Build the RTL and run a test module, in a folder that is gone afterwards; return the exit status.

    0: every word was compared once and is right; 1: words differ or were altered; 2: a file is damaged, or nothing can
    be run; 128 + n: signal n. The simulator is the first argument of the command, icarus without one; `+verdict=FILE`
    names what the test writes how far it came into.
    """
    options = [word for word in sys.argv[1:] if word.startswith("+verdict=")]
    simulators = [word for word in sys.argv[1:] if word not in options]
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end_by)
    try:
        for entry in json.loads((BUNDLE / "manifest.json").read_text("ascii"))["files"]:
            words_of((BUNDLE / entry["file"]).read_bytes())
    except (OSError, ValueError) as error:
        print(f"FAIL {error}: nothing was compared")
        return 2
    with tempfile.TemporaryDirectory() as built:
        verdict = Path(options[-1].removeprefix("+verdict=") if options else f"{built}/verdict")
        verdict.unlink(missing_ok=True)
        status = simulated(module, top, "".join(simulators) or "icarus", Path(built), verdict)
        outcome = verdict.read_text("ascii") if verdict.exists() else ""
    if status in (0, 1) and not outcome:
        print("FAIL the simulation ended: nothing was compared")
        return 2
    return status if outcome.startswith("PASS") else status or 1


def end_by(number: int, _: FrameType | None) -> None:
    """End with the status of a signal: what was started is ended, and folders are removed, on the way out."""
    raise SystemExit(128 + number)


def simulated(module: str, top: str, simulator: str, built: Path, verdict: Path) -> int:
    """Build and simulate; return 0 if no test failed, 1 if one did, 2 if it cannot be built."""
    os.environ |= {"COCOTB_LOG_LEVEL": "ERROR", "GPI_LOG_LEVEL": "ERROR", "TMPDIR": str(built)}
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # nothing is left in the bundle
    names = (BUNDLE / "rtl" / "bench.f").read_text("ascii").split()
    sources = [BUNDLE / name for name in names if name.endswith(".sv") and not name.endswith("bench.sv")]
    for words in BUNDLE.glob("*.mem"):  # RTL that reads words itself looks for them where it runs
        (built / words.name).symlink_to(words)
    try:
        runner = get_runner(simulator)
        runner.build(sources=sources, hdl_toplevel=top, build_dir=built, timescale=("1ns", "1ns"))
    except (Exception, SystemExit) as error:
        if by_signal(error):
            raise
        print(f"FAIL the RTL cannot be built: {error}")
        return 2
    try:
        plusargs = [f"+verdict={verdict}"]
        results = runner.test(hdl_toplevel=top, test_module=module, build_dir=built, test_dir=built, plusargs=plusargs)
        return int(get_results(results) != (1, 0))  # one test, none failed
    except (RuntimeError, OSError) as error:  # the simulator's status is in its words alone
        ended = re.search(r"return code: -(\d+)$", str(error))
        print(f"FAIL {error}")
        return 128 + int(ended[1]) if ended else 1


def by_signal(error: BaseException) -> bool:
    """Is this what `end_by` raised."""
    return isinstance(error, SystemExit) and isinstance(error.code, int)
