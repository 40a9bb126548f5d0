"""The memory of layered networks, array by array, beside lists written by hand from the order of operations."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings

from bits_needed import needed
from decolle_networks import committed, committed_in_currents, quantised_layers
from fxsnn.decolle.description import Description, Layer
from fxsnn.decolle.inventory import decolle_memory, decolle_while_learning
from fxsnn.decolle.itq_plan import Lesson, plan_learning
from fxsnn.decolle.network import random_layers
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.measure.macro import Meaning
from fxsnn.measure.memory import Memory, baseline
from fxsnn.number.modes import Rounding
from fxsnn.number.signal import Leak, Signal
from reference_decolle import QuantisedLayer, every_layer
from strategies import examples

Listed = dict[str, tuple[int, int, Meaning]]


def listed(memory: Memory) -> Listed:
    return {array.name: (array.words, array.word, array.meaning) for array in memory.arrays}


def draws(signal: Signal, leak: Leak, added: int) -> bool:
    """Say whether leak(state) + what is added, of so many fractional bits, drops bits that meet a draw."""
    leaked = signal.format.frac + (leak.factor.format.frac if leak.kind == "multiply" else 0)
    return signal.rounding is Rounding.STOCHASTIC and max(leaked, added) > signal.format.frac


def ends_of(layer: QuantisedLayer, given: int) -> tuple[int, int]:
    """Return the least and the largest sum: every cell under the kernel at the ends of its word, or 0.

    given    the largest count or spike; what bounds a sum is its word
    """
    weight, trace = layer.plan["weight"].format, layer.plan["trace"].format
    under = (trace.lowest, trace.highest) if layer.plan.filters == "inputs" else (0, 2 ** needed(0, given) - 1)
    products = [w * x for w in (weight.lowest, weight.highest) for x in under]
    cells = layer.geometry.kernel[0] * layer.geometry.kernel[1] * layer.geometry.inputs[2]
    return cells * min(*products, 0), cells * max(*products, 0)


def answer_of(network: QuantisedLayers, given: int) -> int:
    """Return the bits of the answer's sums: of the outputs' signs, or of an output layer's membranes."""
    described, last = network.description, every_layer(network)[-1]
    read = described.steps - described.burn_in
    if described.layer[-1].kind != "output":
        outputs = math.prod(last.geometry.pooled)
        return needed(-outputs * read, outputs * read)
    plan = last.plan
    drive, frac = ends_of(last, given), plan["weight"].format.frac + plan["trace"].format.frac
    if plan.filters == "currents":
        drive, frac = (plan["trace"].format.lowest, plan["trace"].format.highest), plan["trace"].format.frac
    bias = plan["bias"].format
    fine = max(frac, bias.frac, plan["refractory"].format.frac)
    least, most = (
        end * 2 ** (fine - frac) + word * 2 ** (fine - bias.frac)
        for end, word in zip(drive, (bias.lowest, bias.highest), strict=True)
    )
    return needed(read * least, read * most)


def by_hand(network: QuantisedLayers) -> Listed:
    described = network.description
    height, width = -(-described.height // described.shrink), -(-described.width // described.shrink)
    clip, given = described.clip, described.clip
    found: Listed = {"input frame": (height * width * 2, needed(0, clip), "spikes" if clip == 1 else "buffer")}
    for number, (layer, shape) in enumerate(zip(every_layer(network), described.layer, strict=True)):
        plan, name = layer.plan, f"layer {number}"
        given = 1 if number else described.clip
        kernel = shape.kernel if shape.kind == "conv" else 0
        weights = shape.channels * (kernel * kernel or height * width)
        channels = described.layer[number - 1].channels if number else 2
        inputs = height * width * channels
        neurons = shape.channels * (height * width if shape.kind == "conv" else 1)
        height, width = (height // shape.pool, width // shape.pool) if shape.kind == "conv" else (1, 1)
        outputs = height * width * shape.channels
        cells, state = (inputs, "traces") if plan.filters == "inputs" else (neurons, "membrane potentials")
        found |= {
            f"{name} weights": (weights * channels, plan["weight"].format.word, "weights"),
            f"{name} biases": (shape.channels, plan["bias"].format.word, "weights"),
            f"{name} synaptic states": (cells, plan["synapse"].format.word, "state"),
            f"{name} {state}": (cells, plan["trace"].format.word, "state"),
            f"{name} sum": (1, needed(*ends_of(layer, given)), "buffer"),
        }
        if shape.kind != "output":
            found[f"{name} output spikes"] = (outputs, 1, "spikes")
        refractory = layer.refractory != 0
        if refractory:
            word = plan["refractory"].format.word
            found[f"{name} refractory states"] = (neurons, word, "state")
            found[f"{name} refractory step"] = (1, word, "constant")
            if shape.pool > 1:  # a neuron needs its own spike in the next step, not that of its window
                found[f"{name} spikes before pooling"] = (neurons, 1, "spikes")
        leaks = {
            "trace": plan.leaks["trace_leak"],
            "synapse": plan.leaks["synapse_leak"],
            "refractory": plan.leaks["refractory_leak"],
        }
        for decay, leak in leaks.items():
            if leak.kind == "multiply" and (decay != "refractory" or refractory):
                found[f"{name} {decay} decay"] = (1, leak.factor.format.word, "constant")
        come = 0 if plan.filters == "inputs" else plan["weight"].format.frac  # counts and spikes are whole numbers
        drawing = (
            draws(plan["trace"], plan.leaks["trace_leak"], plan["synapse"].format.frac)
            + draws(plan["synapse"], plan.leaks["synapse_leak"], come)
            + (refractory and draws(plan["refractory"], plan.leaks["refractory_leak"], plan["refractory"].format.frac))
        )
        if drawing:
            found[f"{name} LFSR registers"] = (drawing, network.plan.lfsr.width, "register")
    if described.layer[-1].kind != "output":
        found["random readout"] = (outputs * described.classes, 1, "signs")
    found["sums of the answer"] = (described.classes, answer_of(network, given), "state")
    return found


@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers())
def test_every_array_is_what_the_datapath_holds(network: QuantisedLayers) -> None:
    found = decolle_memory(network)
    expected = by_hand(network)
    assert listed(found) == expected
    bits = {"spikes": 1, "signs": 1, "register": 0}
    assert baseline(found).bits == sum(words * bits.get(meaning, 32) for words, _, meaning in expected.values())


def small(*layers: Layer, clip: int = 2) -> QuantisedLayers:
    described = Description(layers, 3, height=4, width=4, clip=clip, steps=10, burn_in=2)
    network = random_layers(described, 1)
    network = replace(network, biases=tuple(np.full_like(bias, 0.5) for bias in network.biases))
    return quantise_layers(network, plan_layers(network, Words(4, 2)))


CONV, DENSE = Layer("conv", 2, 3, pool=2), Layer("dense", 3)


def test_the_baseline_of_a_network_with_pooling_by_hand() -> None:
    network = small(CONV, Layer("output", 3, refractory=0.0))
    words = (
        32  # frame: counts
        + (36 + 2 + 32 + 32 + 32)  # weights, biases, Q, P, R of 4 x 4 x 2 neurons
        + (1 + 1 + 3)  # sum, refractory step, decays
        + (24 + 3 + 8 + 8 + 1 + 2 + 3)  # of the output layer, which keeps no R; sums of the answer
    )
    spikes = 32 + 8  # before and after pooling
    assert baseline(decolle_memory(network)).bits == 32 * words + spikes == 7_080


def test_the_baseline_of_a_network_that_is_read_by_its_spikes_by_hand() -> None:
    network = small(DENSE, clip=1)
    words = (96 + 3 + 32 + 32 + 3) + (1 + 1 + 3) + 3  # weights, biases, Q, P, R; sum, step, decays; sums of the answer
    bits = 32 + 3 + 9  # the frame's spikes, the output's, and signs of the readout
    assert baseline(decolle_memory(network)).bits == 32 * words + bits == 5_612


def test_a_layer_whose_spikes_take_nothing_keeps_neither_r_nor_spikes_before_pooling() -> None:
    kept, free = (
        listed(decolle_memory(small(replaced, Layer("output", 3, refractory=0.0))))
        for replaced in (CONV, Layer("conv", 2, 3, pool=2, refractory=0.0))
    )
    names = ("refractory states", "spikes before pooling", "refractory step", "refractory decay")
    assert kept.keys() - free.keys() == {f"layer 0 {name}" for name in names}


def test_what_learning_holds_by_hand() -> None:
    described = small(CONV, DENSE, Layer("output", 3, refractory=0.0)).description
    network = random_layers(described, 1)
    plan = plan_learning(network, Words(4, 2, weight_rounding="SR"), Lesson(), trained=False)
    quantised = quantise_layers(network, plan)
    first, second, third = (layer.learning for layer in plan.layers)
    assert first is not None
    assert second is not None
    assert third is not None
    inferring, learning = listed(decolle_memory(quantised)), listed(decolle_while_learning(quantised, 6, 5))
    for number, table in enumerate((first, second, third)):
        for name, signal in (("weights", table.learned), ("biases", table.learned_bias)):
            words, _, meaning = inferring[f"layer {number} {name}"]
            inferring[f"layer {number} {name}"] = words, signal.format.word, meaning
    p, r = plan.layers[0]["trace"].format, plan.layers[0]["refractory"].format
    bias = plan.layers[0]["bias"].format
    least, most = ends_of(every_layer(quantised)[0], 2)
    frac = plan.layers[0]["weight"].format.frac + p.frac
    fine = max(frac, r.frac, bias.frac)
    membrane = needed(
        least * 2 ** (fine - frac) + r.lowest * 2 ** (fine - r.frac) + bias.lowest * 2 ** (fine - bias.frac),
        most * 2 ** (fine - frac) + r.highest * 2 ** (fine - r.frac) + bias.highest * 2 ** (fine - bias.frac),
    )
    beside: Listed = {
        "label": (1, 2, "buffer"),  # 0 to 2
        "rate": (1, 4, "buffer"),  # shifts of 0 to 11
        "layer 0 largest membranes": (2 * 2, membrane, "buffer"),  # of the windows of a row
        "layer 0 winners": (8, 2, "buffer"),  # one of four
    }
    for number, (table, words, outputs) in enumerate(((first, 38, 8), (second, 27, 3), (third, 12, 3))):
        name, spiking = f"layer {number}", number < 2
        assert (table.gradient.format.word, table.forget, table.reach, table.update) == (24, 16, 6, "recording")
        trace = plan.layers[number]["trace"].format
        places = 4 if number == 0 else 1  # from which deltas meet a weight
        delta = table.delta.format
        products = [d * x for d in (delta.lowest, delta.highest) for x in (trace.lowest, trace.highest, 1)]
        beside |= {
            f"{name} gradients": (words, 24, "state"),
            f"{name} scales": (words, 5, "state"),  # 0 to 24
            f"{name} sum of a step": (1, needed(places * min(products), places * max(products)), "buffer"),
            f"{name} errors": (3, table.error.format.word, "buffer"),
            f"{name} deltas": (outputs, delta.word, "buffer"),
            f"{name} count of updates": (1, 4, "state"),  # 0 to 15
        }
        if spiking:
            beside[f"{name} random readout"] = (outputs * 3, 1, "signs")
            beside[f"{name} sums of the readout"] = (3, needed(-outputs, outputs), "buffer")
            beside[f"{name} surrogates"] = (outputs, 3, "buffer")  # 0 to 6 halvings, or none
    registers = {name: held for name, held in learning.items() if name.endswith("learning LFSR registers")}
    assert {held[1:] for held in registers.values()} == {(31, "register")}
    assert learning == inferring | beside | registers


def test_the_committed_sets_hold_what_is_needed_for_their_answers() -> None:
    assert listed(decolle_memory(committed()[0]))["sums of the answer"] == (3, 37, "state")
    assert listed(decolle_memory(committed_in_currents()[0]))["sums of the answer"] == (
        3,
        6,
        "state",
    )  # 5 outputs x 5 steps
