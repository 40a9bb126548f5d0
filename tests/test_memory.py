from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fxsnn.emulate import emulate, spikes_of
from fxsnn.errors import ConfigError
from fxsnn.memory import MACROS, Array, Macro, baseline, inventory, memory, memory_to_data, while_learning
from fxsnn.plan import parse_plan
from fxsnn.quantise import QuantisedNetwork
from strategies import quantised_networks

PLAN = """
weight = { format = "UQ0.4" }
accumulator = { format = "UQ6.4" }
membrane = { format = "Q6.4", rounding = "SR" }
theta = { format = "UQ6.2" }
threshold = { format = "UQ5.3" }
inhibition = { format = "UQ6.0" }
leak = { kind = "multiply", format = "UQ0.8" }
"""


def test_every_array_of_the_paper_s_network_is_counted() -> None:
    found = inventory(parse_plan(PLAN), 784, 400, 5, "zero", True)
    assert {a.name: a.bits for a in found.arrays} == {
        "weights": 784 * 400 * 4,
        "synaptic currents": 400 * 10,
        "membrane potentials": 400 * 10,
        "adaptive thresholds": 400 * 8,
        "refractory counters": 400 * 3,
        "input spikes": 784,
        "output spikes": 400,
        "threshold": 8,
        "leak factor": 8,
        "inhibition": 6,
        "floor": 10,
        "refractory period": 3,
        "LFSR registers": 31,  # only the leak drops bits into the membrane
    }
    assert found.bits == 1_268_050
    assert baseline(found).bits == 784 * 400 * 32 + 4 * 400 * 32 + 784 + 400 + 5 * 32


def test_what_learning_stores_is_counted_beside() -> None:
    plan = parse_plan(PLAN + 'learning = { weight = { format = "UQ0.7", rounding = "SR" } }')
    found = inventory(plan, 784, 400, 5, "zero", True)
    learning = while_learning(found, plan)
    before = {a.name: a.bits for a in found.arrays}
    assert {a.name: a.bits for a in learning.arrays if before.get(a.name) != a.bits} == {
        "weights": 784 * 400 * 7,
        "input traces": 784,
        "learned thresholds": 400 * 24,
        "sums of weights": 400 * 14,  # 784 * 15 = 11,760
        "spike counts": 400 * 7,
        "learning rate": 16,
        "offset and softness": 2 * 8,
        "rise and fall of theta": 2 * 24,
        "LFSR registers": 2 * 31,  # the leak's and the weights'
    }
    with pytest.raises(ConfigError, match="must have a learning table"):
        while_learning(found, parse_plan(PLAN))


@settings(deadline=None)
@given(quantised_networks())
def test_a_register_is_counted_for_exactly_the_casts_that_can_draw(network: QuantisedNetwork) -> None:

    trace = emulate(network, spikes_of(np.ones((1, 2, network.inputs), dtype=np.uint8)))
    used = [site for site in trace.draws if site != "inhibit" or network.inhibition]
    counted = {a.name: a.words for a in memory(network).arrays}.get("LFSR registers", 0)
    assert counted == len(used)


def test_a_macro_rounds_up_to_whole_blocks() -> None:
    sram = Macro("sram", ((32, 1024),), banks=1, registers_below=100)
    assert sram.allocated(Array("tiny", 9, 11)) == 99
    assert sram.allocated(Array("ten bits, three a row", 3 * 1024, 10)) == 32 * 1024
    assert sram.allocated(Array("one more", 3 * 1024 + 1, 10)) == 2 * 32 * 1024
    assert sram.allocated(Array("wider than a row", 1024, 33)) == 2 * 32 * 1024
    banked = Macro("sram", ((32, 1024),), banks=4, registers_below=100)
    assert banked.allocated(Array("three rows", 12, 32)) == 4 * 32 * 1024


def test_a_block_ram_takes_its_best_shape() -> None:
    assert MACROS["ramb18"].allocated(Array("w", 16384, 1)) == 16384
    assert MACROS["ramb18"].allocated(Array("w", 2048, 9)) == 18432
    assert MACROS["ramb18"].allocated(Array("w", 512, 36)) == 18432


@given(quantised_networks(), st.sampled_from(sorted(MACROS)))
def test_allocated_is_never_less_than_pure(network: QuantisedNetwork, macro: str) -> None:
    found = memory(network)
    assert found.allocated(MACROS[macro]) >= found.bits
    data = memory_to_data(found, MACROS[macro])
    assert sum(array["bits"] for array in data["arrays"]) == data["bits"] == found.bits
    assert sum(array["allocated_bits"] for array in data["arrays"]) == data["allocated_bits"]


def test_an_impossible_macro_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^a memory's shapes must be one or more \(bits, rows\) above 0, not \(\)$"):
        Macro("m", ())
    with pytest.raises(ConfigError, match="^banks must be 1 or more, not 0$"):
        Macro("m", ((1, 1),), banks=0)
