from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bits_needed import needed
from fxsnn.competitive.emulate import emulate, spikes_of
from fxsnn.competitive.inventory import memory, of_size, while_learning
from fxsnn.competitive.plan import parse_plan
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.errors import ConfigError
from fxsnn.measure.macro import MACROS, Array, Macro
from fxsnn.measure.memory import baseline, memory_to_data
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
    found = memory(of_size(parse_plan(PLAN), 784, 400, 5, "zero", True))
    assert {a.name: a.bits for a in found.arrays} == {
        "weights": 784 * 400 * 4,
        "synaptic sums": 400 * 14,  # up to 784 * 15 = 11,760
        "membrane potentials": 400 * 10,
        "adaptive thresholds": 400 * 8,
        "refractory counters": 400 * 3,
        "input spikes": 784,
        "output spikes": 400,
        "largest excess": 9,  # up to 511 sixteenths
        "threshold": 8,
        "leak factor": 8,
        "inhibition": 6,
        "floor": 10,
        "refractory period": 3,
        "LFSR registers": 31,  # only the leak drops bits into the membrane
    }
    assert found.bits == 1_269_659
    # weights, sums, membranes, thetas, counters, the excess and five constants; a spike is a bit, there is no LFSR
    assert baseline(found).bits == 784 * 400 * 32 + 4 * 400 * 32 + 784 + 400 + 32 + 5 * 32
    assert memory_to_data(found)["saving"] == 7.9453  # 10,087,776 of 1,269,659


def test_what_is_held_beside_follows_from_how_a_network_competes() -> None:
    def beside(winner: str = "none", reset: str = "zero", *, inhibited: bool = True) -> dict[str, int]:
        found = memory(of_size(parse_plan(PLAN), 784, 400, 0, reset, inhibited, winner))
        names = {"largest excess", "number of spikes", "inhibition", "floor", "reset value"}
        return {array.name: array.bits for array in found.arrays if array.name in names}

    inhibition = {"inhibition": 6, "floor": 10}
    assert beside() == {"number of spikes": 9} | inhibition  # 0 to 400
    assert beside(winner="lowest") == inhibition
    assert beside(winner="largest") == {"largest excess": 9} | inhibition
    assert beside(winner="largest", inhibited=False) == {"largest excess": 9}
    assert beside(inhibited=False, reset="value") == {"reset value": 10}


def test_what_is_cast_at_each_addition_is_held_as_cast() -> None:
    found = memory(of_size(parse_plan('accumulate = "each"\n' + PLAN), 784, 400, 5, "zero", True))
    assert [a.bits for a in found.arrays if a.name.startswith("synaptic")] == [400 * 10]


@settings(deadline=None)
@given(quantised_networks())
def test_every_array_is_what_the_datapath_holds(network: QuantisedNetwork) -> None:
    plan, inputs, neurons = network.plan, network.inputs, network.neurons
    weight, v = plan["weight"].format, plan["membrane"].format
    t, th = plan["threshold"].format, plan["theta"].format
    # all inputs active, all weights at the same end
    total = needed(inputs * weight.lowest, inputs * weight.highest)
    fine = max(v.frac, t.frac, th.frac)  # where a membrane and its threshold are compared
    scale = {fmt: 2 ** (fine - fmt.frac) for fmt in (v, t, th)}
    excess = v.highest * scale[v] - t.lowest * scale[t] - th.lowest * scale[th]
    trace = emulate(network, spikes_of(np.ones((1, 2, inputs), dtype=np.uint8)))
    # a neuron that is alone provably has no others that fire, but where it is asked whether it is the winner
    inhibits = network.inhibition != 0 and (neurons > 1 or network.winner != "none")
    drawing = [site for site in trace.draws if site != "inhibit" or inhibits]
    counter = needed(0, network.refractory_steps)
    state, buffer, spikes, constant = "state", "buffer", "spikes", "constant"
    listed = [
        ("weights", inputs * neurons, weight.word, "weights"),
        ("membrane potentials", neurons, v.word, state),
        ("adaptive thresholds", neurons, th.word, state),
        ("refractory counters", neurons, counter, state),
        ("input spikes", inputs, 1, spikes),
        ("output spikes", neurons, 1, spikes),
        ("threshold", 1, t.word, constant),
        ("refractory period", 1, counter, constant),
        ("LFSR registers", len(drawing), plan.lfsr.width, "register"),
    ]
    if plan.accumulate == "each":
        listed.append(("synaptic currents", neurons, plan["accumulator"].format.word, buffer))
    else:
        listed.append(("synaptic sums", neurons, total, buffer))
    if network.winner == "largest":
        listed.append(("largest excess", 1, needed(0, excess), buffer))
    if plan.leak.kind == "multiply":
        listed.append(("leak factor", 1, plan.leak.factor.format.word, constant))
    if inhibits:
        listed += [("inhibition", 1, plan["inhibition"].format.word, constant), ("floor", 1, v.word, constant)]
        if network.winner == "none":
            listed.append(("number of spikes", 1, needed(0, neurons), buffer))
    if network.reset == "value":
        listed.append(("reset value", 1, v.word, constant))
    expected = {name: (words, word, meaning) for name, words, word, meaning in listed if words * word}
    assert {a.name: (a.words, a.word, a.meaning) for a in memory(network).arrays} == expected
    wide = sum(words * (1 if what == spikes else 32) for words, _, what in expected.values() if what != "register")
    assert baseline(memory(network)).bits == wide


def test_a_size_is_counted_without_room_for_its_weights_and_has_an_end() -> None:
    assert memory(of_size(parse_plan(PLAN), 20_000, 20_000, 5, "zero", True)).arrays[0].bits == 4 * 20_000**2
    with pytest.raises(ConfigError, match=r"must be at most 4,294,967,296, not 65,536 x 65,537$"):
        memory(of_size(parse_plan(PLAN), 65_536, 65_537, 5, "zero", True))


def test_what_learning_stores_is_counted_beside() -> None:
    plan = parse_plan(PLAN + 'learning = { weight = { format = "UQ0.7", rounding = "SR" } }')
    found = memory(of_size(plan, 784, 400, 5, "zero", True))
    learning = while_learning(found, plan)
    # as before with weights of 7 bits, and 784 traces of a bit in 32, 3 words a neuron and 5 constants beside
    assert baseline(learning).bits == baseline(found).bits + 32 * (784 + 3 * 400 + 5)
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


def test_a_macro_rounds_up_to_whole_blocks() -> None:
    sram = Macro("sram", ((32, 1024),), banks=1, registers_below=100)
    assert sram.allocated(Array("tiny", 9, 11)) == 99
    assert sram.allocated(Array("ten bits, three a row", 3 * 1024, 10)) == 32 * 1024
    assert sram.allocated(Array("one more", 3 * 1024 + 1, 10)) == 2 * 32 * 1024
    assert sram.allocated(Array("wider than a row", 1024, 33)) == 2 * 32 * 1024
    banked = Macro("sram", ((32, 1024),), banks=4, registers_below=100)
    assert banked.allocated(Array("three rows", 12, 32)) == 4 * 32 * 1024


@pytest.mark.parametrize(
    ("words", "word", "blocks"),
    [
        (1023, 1, 0),  # flip-flops
        (1024, 1, 1),
        (16_384, 1, 1),
        (18_432, 1, 1),  # 36 in each of 512 rows
        (18_433, 1, 2),
        (400, 4, 1),
        (313_600, 2, 35),  # 18 words in each of 512 rows
        (2048, 9, 1),
        (512, 36, 1),
        (513, 36, 2),
        (512, 37, 2),
        (3, 400, 12),  # a row of 12 blocks
    ],
)
def test_a_block_ram_is_taken_whole_in_every_shape(words: int, word: int, blocks: int) -> None:
    macro, array = MACROS["ramb18"], Array("w", words, word)
    assert (macro.block_bits, macro.blocks(array)) == (18_432, blocks)
    assert macro.allocated(array) == (18_432 * blocks or words * word)


def test_a_plan_of_two_bits_takes_whole_block_rams() -> None:
    plan = parse_plan(PLAN.replace("UQ0.4", "UQ0.2").replace('"UQ6.4"', '"UQ4.0"'))
    data = memory_to_data(memory(of_size(plan, 784, 400, 0, "zero", True)), MACROS["ramb18"])
    taken = {a["name"]: (a["blocks"], a["allocated_bits"]) for a in data["arrays"] if a["blocks"]}
    assert taken == {
        "weights": (35, 35 * 18_432),
        "synaptic sums": (1, 18_432),
        "membrane potentials": (1, 18_432),
        "adaptive thresholds": (1, 18_432),
    }
    registers = sum(a["bits"] for a in data["arrays"] if not a["blocks"])
    assert (data["blocks"], data["block_bits"]) == (38, 18_432)
    assert data["allocated_bits"] == 38 * 18_432 + registers


@given(quantised_networks(), st.sampled_from(sorted(MACROS)))
def test_allocated_is_never_less_than_pure(network: QuantisedNetwork, macro: str) -> None:
    found = memory(network)
    assert found.allocated(MACROS[macro]) >= found.bits
    assert all(
        MACROS[macro].allocated(a) == MACROS[macro].blocks(a) * MACROS[macro].block_bits or a.bits < 1024
        for a in found.arrays
    )
    data = memory_to_data(found, MACROS[macro])
    assert sum(array["bits"] for array in data["arrays"]) == data["bits"] == found.bits
    assert sum(array["allocated_bits"] for array in data["arrays"]) == data["allocated_bits"]


def test_an_impossible_macro_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^a memory's shapes must be one or more \(bits, rows\) above 0, not \(\)$"):
        Macro("m", ())
    with pytest.raises(ConfigError, match="^banks must be 1 or more, not 0$"):
        Macro("m", ((1, 1),), banks=0)
