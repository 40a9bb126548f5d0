"""Plays this bundle to its RTL under cocotb 2: python3 rtl/fxsnn_layers_cocotb.py, where cocotb is. No fxsnn.

It compares every node of every layer and step, and every answer, with the bundle's files, as rtl/fxsnn_layers_bench.sv
does, and prints PASS and the number of words, or the first that differ. For a layer of your own, put it in the place of
fxsnn_conv in rtl/fxsnn_layers.sv.
"""

from __future__ import annotations

import math
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

# which nodes a layer shows at which pulse, and what says where they are
PULSES = {
    "observe_decay": ("observe_address", ("trace", "synapse")),
    "observe_fire": ("observe_neuron", ("sum", "refractory", "membrane", "spike")),
    "observe_pool": ("observe_window", ("output",)),
}
REGISTERS = ("trace", "synapse", "refractory")
INPUTS = ("start_recording", "start_step", "load_input", "load_readout", "load_weight", "load_bias", "answer_address")


@cocotb.test()
async def every_node_of_every_step(dut: Any) -> None:
    """Load the constants, play every recording, compare."""
    try:
        await play(dut, Vectors(BUNDLE))
    except Exception as error:
        print(f"FAIL {error}")
        raise


async def play(dut: Any, vectors: Vectors) -> None:
    """Play every recording; AssertionError unless every word was compared and is right."""
    files = {entry["name"]: entry for entry in vectors.manifest["files"]}
    sizes = {name: math.prod(entry["shape"][1:]) for name, entry in files.items()}
    layers = [getattr(dut, f"layer{k}") for k in range(len(vectors.manifest["configuration"]["plan"]["layer"]))]
    await begin(dut, INPUTS)
    for k in range(len(layers)):
        await load(dut, dut.load_weight, vectors.words[f"layer{k}_weights"], k)
        await load(dut, dut.load_bias, vectors.words[f"layer{k}_biases"], k)
    if "readout" in files:
        await load(dut, dut.load_readout, vectors.words["readout"])
    recording, step = -1, 0
    begins = [*vectors.words["begin"], 1]
    for row, first in enumerate(begins[:-1]):
        step += 1
        if first:
            recording, step = recording + 1, 0
            await pulse(dut, dut.start_recording, f"recording {recording}", vectors.patience)
        cells = sizes["input"]
        await load(dut, dut.load_input, vectors.words["input"][row * cells : (row + 1) * cells])
        where = f"presentation {recording} step {step}"
        shown = partial(seen, layers, vectors, sizes, row, where)
        await pulse(dut, dut.start_step, where, vectors.patience, shown)
        for k, layer in enumerate(layers):
            for cast in REGISTERS:
                if (name := f"layer{k}_lfsr_{cast}") in files:
                    state = str(getattr(layer, f"observe_lfsr_{cast}").value)
                    vectors.compare(name, row, vectors.words[name][row], state, where)
        if begins[row + 1]:
            for k in range(sizes["answer"]):
                dut.answer_address.value = k
                await FallingEdge(dut.clock)
                word = recording * sizes["answer"] + k
                told = str(dut.answer.value)
                vectors.compare("answer", word, vectors.words["answer"][word], told, f"{where} class {k}")
    vectors.end()


def seen(layers: list[Any], vectors: Vectors, sizes: dict[str, int], row: int, where: str) -> None:
    """Compare what the layers show now with words of the files; `sizes` are words a row."""
    for k, layer in enumerate(layers):
        for when, (address, nodes) in PULSES.items():
            if getattr(layer, when).value == 1:
                for node in nodes:
                    if (name := f"layer{k}_{node}") in sizes:
                        at = place(getattr(layer, address), sizes[name])
                        word, got = row * sizes[name] + at, str(getattr(layer, f"observe_{node}").value)
                        vectors.compare(name, word, vectors.words[name][word], got, f"{where} neuron {at}")


if __name__ == "__main__":
    sys.exit(run("fxsnn_layers_cocotb", "fxsnn_layers"))
