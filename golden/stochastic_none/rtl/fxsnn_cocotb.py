"""Plays this bundle to its RTL under cocotb 2: python3 rtl/fxsnn_cocotb.py, in an environment with cocotb. No fxsnn.

It compares every node of every step with the bundle's files, as rtl/fxsnn_bench.sv does, and prints PASS and the
number of words, or the first that differ. For a core of your own, put it behind the ports of rtl/fxsnn_top.sv.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

SHOWN = 5  # differences; more are only counted
PATIENCE = 1 << 20  # clocks in which a step must end
BUNDLE = Path(__file__).resolve().parent.parent
# which nodes are seen at which pulse of fxsnn_top
PULSES = {
    "observe_integration": ("sum", "current", "leaked", "integrated"),
    "observe_reset": ("after_reset",),
    "observe_end": ("membrane", "refractory"),
}
LOADED = ("weight", "theta", "membrane", "refractory")
DRAWS = {
    "observe_integration": ("accumulate", "leak", "integrate"),
    "observe_reset": ("reset",),
    "observe_end": ("inhibit",),
}


class Vectors:
    """The words of a bundle by file, as bit patterns, and what was found of them."""

    def __init__(self, folder: Path) -> None:
        self.manifest = json.loads((folder / "manifest.json").read_text("ascii"))
        self.words: dict[str, list[int]] = {}
        self.bits: dict[str, int] = {}
        self.compared, self.wrong = 0, 0
        for entry in self.manifest["files"]:
            data = (folder / entry["file"]).read_bytes()
            if hashlib.sha256(data).hexdigest() != entry["sha256"]:
                self.told(f"{entry['file']} was altered")
            lines = data.decode("ascii").splitlines()
            self.words[entry["name"]] = [int(line, 16) for line in lines if not line.startswith("//")]
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


@cocotb.test()
async def every_node_of_every_step(dut: Any) -> None:
    """Load the constants, play every presentation, compare."""
    try:
        await play(dut, Vectors(BUNDLE))
    except Exception as error:
        print(f"FAIL {error}")
        raise


async def play(dut: Any, vectors: Vectors) -> None:
    """Play every presentation; AssertionError unless every word was compared and is right."""
    neurons = vectors.manifest["configuration"]["neurons"]
    for signal in ("start_image", "start_step", "spikes_in", *(f"load_{part}" for part in LOADED), "load_address"):
        getattr(dut, signal).value = 0
    dut.reset.value = 1
    Clock(dut.clock, 10, "ns").start()
    await FallingEdge(dut.clock)
    dut.reset.value = 0
    await load(dut, "weight", vectors.words["weights"])
    await load(dut, "theta", vectors.words["theta"])
    presentation, step = -1, 0
    for row, spikes in enumerate(vectors.words["input"]):
        step += 1
        if vectors.words["begin"][row]:
            presentation, step = presentation + 1, 0
            await pulse(dut, dut.start_image)
            part = slice(presentation * neurons, (presentation + 1) * neurons)
            await load(dut, "membrane", vectors.words["initial_membrane"][part])
            await load(dut, "refractory", vectors.words["initial_refractory"][part])
        dut.spikes_in.value = spikes
        where = f"presentation {presentation} step {step}"
        await pulse(dut, dut.start_step, vectors, row * neurons, where)
        for neuron, bit in enumerate(reversed(str(dut.spikes_out.value))):
            fired = vectors.words["spike"][row] >> neuron & 1
            vectors.compare("spike", row, fired, bit, f"{where} neuron {neuron}")
        for site in vectors.manifest["lfsr"]["seeds"]:
            state = str(getattr(dut, f"observe_{site}_lfsr").value)
            vectors.compare(f"lfsr_{site}", row, vectors.words[f"lfsr_{site}"][row], state, where)
    nodes = [entry for entry in vectors.manifest["files"] if entry["role"] == "node"]
    words = sum(math.prod(entry["shape"]) for entry in nodes)
    if vectors.wrong:
        raise AssertionError(f"{vectors.wrong} words differ or were altered, {vectors.compared} were compared")
    if vectors.compared != words:
        raise AssertionError(f"{vectors.compared} words were compared, not {words}")
    print(f"PASS {words} words")


async def load(dut: Any, part: str, words: list[int]) -> None:
    """Write words into a memory of the layer, one a clock."""
    enable = getattr(dut, f"load_{part}")
    enable.value = 1
    for address, word in enumerate(words):
        dut.load_address.value, dut.load_word.value = address, word
        await FallingEdge(dut.clock)
    enable.value = 0


async def pulse(dut: Any, start: Any, vectors: Vectors | None = None, first: int = 0, where: str = "") -> None:
    """Start something for a clock and wait until the layer is ready, comparing what it shows meanwhile."""
    start.value = 1
    for clocks in range(PATIENCE):
        await RisingEdge(dut.clock)
        if vectors:
            for signal, name in shown(dut, vectors):
                neuron = dut.observe_neuron.value.to_unsigned()
                word = first + neuron
                got = str(signal.value)
                vectors.compare(name, word, vectors.words[name][word], got, f"{where} neuron {neuron}")
        await FallingEdge(dut.clock)
        start.value = 0
        if clocks and dut.ready.value == 1:
            return
    raise AssertionError(f"{where}: the layer must be ready after {PATIENCE} clocks")


def shown(dut: Any, vectors: Vectors) -> Iterator[tuple[Any, str]]:
    """Yield the signals that the layer shows now, and the files to compare them with."""
    for when, nodes in PULSES.items():
        if getattr(dut, when).value == 1:
            yield from ((getattr(dut, f"observe_{node}"), node) for node in nodes)
            sites = (site for site in DRAWS[when] if f"draw_{site}" in vectors.words)
            yield from ((getattr(dut, f"observe_{site}_draw"), f"draw_{site}") for site in sites)


def main(simulator: str) -> int:
    """Build the RTL and run the test, in a folder that is gone afterwards."""
    from cocotb_tools.runner import get_runner

    rtl = BUNDLE / "rtl"
    names = (rtl / "bench.f").read_text("ascii").split()
    sources = [BUNDLE / name for name in names if name.endswith(".sv") and not name.endswith("bench.sv")]
    with tempfile.TemporaryDirectory() as built:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(rtl), os.environ.get("PYTHONPATH", "")])
        for level in ("COCOTB_LOG_LEVEL", "GPI_LOG_LEVEL"):
            os.environ.setdefault(level, "ERROR")
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # nothing is left in the bundle
        runner = get_runner(simulator)
        runner.build(sources=sources, hdl_toplevel="fxsnn_top", build_dir=built, timescale=("1ns", "1ns"))
        results = runner.test(hdl_toplevel="fxsnn_top", test_module="fxsnn_cocotb", build_dir=built, test_dir=built)
        return 0 if "<failure" not in Path(results).read_text() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "icarus"))
