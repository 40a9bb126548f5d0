"""Plays this bundle to its RTL under cocotb 2: python3 rtl/fxsnn_populations_cocotb.py, where cocotb is. No fxsnn.

It compares every node of every population and step with the bundle's files, as rtl/fxsnn_populations_bench.sv does, and
prints PASS and the number of words, or the first that differ. rtl/fxsnn_shown.json says which output shows which node.
For a population of your own, put it in the place of its module in rtl/fxsnn_network.sv.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True  # nothing is left in the bundle
sys.path.insert(0, str(Path(__file__).resolve().parent))  # where Python may leave it off
from fxsnn_vectors import BUNDLE, Vectors, begin, load, place, pulse, run  # noqa: E402

# isort: split
import cocotb  # noqa: E402  # behind fxsnn_vectors, which says so if there is none
from cocotb.triggers import FallingEdge  # noqa: E402

INPUTS = ("start_input", "start_step", "load_input", "load_address", "load_word")


class Shown:
    """What a population shows: signals by the nodes that each pass completes, and by its registers."""

    def __init__(self, dut: Any, about: dict[str, Any]) -> None:
        instance = getattr(dut, about["instance"])
        self.size: int = about["size"]
        self.observe, self.neuron = instance.observe, instance.neuron
        self.passes = [{node: getattr(instance, port) for node, port in one.items()} for one in about["passes"]]
        self.registers = {node: getattr(instance, port) for node, port in about["registers"].items()}


@cocotb.test()
async def every_node_of_every_step(dut: Any) -> None:
    """Play every presentation, compare."""
    try:
        await play(dut, Vectors(BUNDLE))
    except Exception as error:
        print(f"FAIL {error}")
        raise


async def play(dut: Any, vectors: Vectors) -> None:
    """Play every presentation; AssertionError unless every word was compared and is right."""
    interfaces = json.loads((BUNDLE / "rtl" / "fxsnn_shown.json").read_text("ascii"))
    populations = [Shown(dut, about) for about in interfaces]
    starts = json.loads((BUNDLE / "rtl" / "fxsnn_start.json").read_text("ascii"))
    cells = len(vectors.words["input"]) // len(vectors.words["begin"])
    dut.load_state.value = 0
    await begin(dut, INPUTS)
    presentation, step = -1, 0
    for row, first in enumerate(vectors.words["begin"]):
        step += 1
        if first:
            presentation, step = presentation + 1, 0
            await pulse(dut, dut.start_input, f"presentation {presentation}", vectors.patience)
            dut.load_state.value = 1
            for number, (name, size) in enumerate(starts):
                for address in range(size):
                    dut.load_memory.value, dut.load_address.value = number, address
                    dut.load_state_word.value = vectors.words[name][presentation * size + address]
                    await FallingEdge(dut.clock)
            dut.load_state.value = 0
        await load(dut, dut.load_input, vectors.words["input"][row * cells : (row + 1) * cells])
        where = f"presentation {presentation} step {step}"
        await pulse(dut, dut.start_step, where, vectors.patience, partial(seen, populations, vectors, row, where))
        for one in populations:
            for name, signal in one.registers.items():
                vectors.compare(name, row, vectors.words[name][row], str(signal.value), f"{where} neuron 0")
    vectors.end()


def seen(populations: list[Shown], vectors: Vectors, row: int, where: str) -> None:
    """Compare what the populations show now with words of the files."""
    for one in populations:
        observed = str(one.observe.value)
        if "1" not in observed:
            continue
        neuron = place(one.neuron, one.size)
        for number, nodes in enumerate(one.passes):
            if observed[-1 - number] == "1":
                for name, signal in nodes.items():
                    word = row * one.size + neuron
                    expected = vectors.words[name][word]
                    vectors.compare(name, word, expected, str(signal.value), f"{where} neuron {neuron}")


if __name__ == "__main__":
    sys.exit(run("fxsnn_populations_cocotb", "fxsnn_network"))
