"""A cocotb bench: the core and the network take the same spikes, and their states are compared after every step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

import fxsnn

HERE = Path(__file__).parent


@cocotb.test()
async def every_state_of_every_step(dut: Any) -> None:
    """Present spikes.csv, then 200 steps of noise."""
    state = fxsnn.quantise(fxsnn.load(HERE / "net.toml"), fxsnn.Plan.load(HERE / "plan.toml")).start()
    shown = np.loadtxt(HERE / "spikes.csv", delimiter=",", ndmin=2).astype(np.int64)
    noise = np.random.default_rng(0).integers(0, 2, (200, shown.shape[1]))
    Clock(dut.clk, 10, "ns").start()
    dut.reset.value, dut.valid.value = 1, 0
    await FallingEdge(dut.clk)
    dut.reset.value, dut.valid.value = 0, 1
    for step, row in enumerate(np.concatenate([shown, noise])):
        dut["in"].value = int("".join(map(str, row[::-1])), 2)
        await FallingEdge(dut.clk)
        spikes = state.step(row)
        for n, word in enumerate(state["hidden.v"].tolist()):
            stored = dut.v[n].value.to_signed()
            assert stored == word, f"step {step}, v of neuron {n}: the core has raw {stored}, not {word}"
        for n, bit in enumerate(spikes.tolist()):
            spike = dut.spike.value[n]
            assert spike == bit, f"step {step}, spike of neuron {n}: the core has {spike}, not {bit}"
