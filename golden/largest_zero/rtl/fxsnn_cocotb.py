"""Plays this bundle to its RTL under cocotb 2: python3 rtl/fxsnn_cocotb.py, in an environment with cocotb. No fxsnn.

It compares every node of every step with the bundle's files, as rtl/fxsnn_bench.sv does, and prints PASS and the
number of words, or the first that differ. For a core of your own, put it behind the ports of rtl/fxsnn_top.sv.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True  # nothing is left in the bundle
sys.path.insert(0, str(Path(__file__).resolve().parent))  # where Python may leave it off
from fxsnn_vectors import BUNDLE, Vectors, begin, load, place, pulse, run  # noqa: E402

# isort: split
import cocotb  # noqa: E402  # behind fxsnn_vectors, which says so if there is none

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
    inputs = ("start_image", "start_step", "spikes_in", *(f"load_{part}" for part in LOADED), "load_address")
    await begin(dut, inputs)
    await load(dut, dut.load_weight, vectors.words["weights"])
    await load(dut, dut.load_theta, vectors.words["theta"])
    presentation, step = -1, 0
    for row, spikes in enumerate(vectors.words["input"]):
        step += 1
        if vectors.words["begin"][row]:
            presentation, step = presentation + 1, 0
            await pulse(dut, dut.start_image, f"presentation {presentation}", vectors.patience)
            part = slice(presentation * neurons, (presentation + 1) * neurons)
            await load(dut, dut.load_membrane, vectors.words["initial_membrane"][part])
            await load(dut, dut.load_refractory, vectors.words["initial_refractory"][part])
        dut.spikes_in.value = spikes
        where = f"presentation {presentation} step {step}"
        await pulse(dut, dut.start_step, where, vectors.patience, partial(seen, dut, vectors, row * neurons, where))
        for neuron, bit in enumerate(reversed(str(dut.spikes_out.value))):
            fired = vectors.words["spike"][row] >> neuron & 1
            vectors.compare("spike", row, fired, bit, f"{where} neuron {neuron}", neuron)
        for site in vectors.manifest["lfsr"]["seeds"]:
            state = str(getattr(dut, f"observe_{site}_lfsr").value)
            vectors.compare(f"lfsr_{site}", row, vectors.words[f"lfsr_{site}"][row], state, where)
    vectors.end()


def seen(dut: Any, vectors: Vectors, first: int, where: str) -> None:
    """Compare the signals that the layer shows now with words of the files; `first` is that of neuron 0."""
    for when, nodes in PULSES.items():
        if getattr(dut, when).value == 1:
            neuron = place(dut.observe_neuron, len(dut.spikes_out))
            signals = {node: f"observe_{node}" for node in nodes}
            signals |= {f"draw_{site}": f"observe_{site}_draw" for site in DRAWS[when]}
            for name, signal in signals.items():
                if name in vectors.words:
                    word, got = first + neuron, str(getattr(dut, signal).value)
                    vectors.compare(name, word, vectors.words[name][word], got, f"{where} neuron {neuron}")


if __name__ == "__main__":
    sys.exit(run("fxsnn_cocotb", "fxsnn_top"))
