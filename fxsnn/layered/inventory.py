"""Count the memory of a layered network, array by array, as `fxsnn.memory` counts it."""

from __future__ import annotations

import math
from dataclasses import replace

from fxsnn.format import bits_of
from fxsnn.layered.quantise import QuantisedLayer, QuantisedLayers
from fxsnn.layered.width import Wires, input_format, wires
from fxsnn.layered.wiring import learning_wires
from fxsnn.macro import Array, Meaning
from fxsnn.memory import Memory, stored
from fxsnn.width import Range


def layered_memory(network: QuantisedLayers) -> Memory:
    """Return what inference stores: every word that outlives the operation which makes it; see docs/arithmetic.md.

    Neurons are served one after the other, so that one exact sum is held. A layer whose spikes leave no refractory
    state keeps neither R nor the spikes before pooling, and an output layer has none.
    """
    described, given = network.description, input_format(network, 0).word
    # counts of at most 1 are spikes
    arrays = [Array("input frame", math.prod(described.inputs(0)), given, "spikes" if given == 1 else "buffer")]
    for number, layer in enumerate(network.layers):
        spiking = described.layer[number].kind != "output"
        wired, name = wires(layer, input_format(network, number)), f"layer {number}"
        arrays += _of_layer(layer, wired, spiking, name)
        # what is drawn for an R that stays 0 changes nothing
        draws = sum(site.draw_bits > 0 for site in (wired.trace, wired.synapse, *[wired.refractory] * is_kept(layer)))
        arrays.append(Array(f"{name} LFSR registers", draws, network.plan.lfsr.width, "register"))
    arrays.append(Array("random readout", network.readout.size, 1, "signs"))
    arrays.append(Array("sums of the answer", described.classes, bits_of(*answer_range(network))))
    return stored(arrays)


def _of_layer(layer: QuantisedLayer, wired: Wires, spiking: bool, name: str) -> list[Array]:
    """Return what a layer stores, but for its registers."""
    plan, geometry = layer.plan, layer.geometry
    neurons, outputs, inputs = (math.prod(shape) for shape in (geometry.outputs, geometry.pooled, geometry.inputs))
    filtered = plan.filters == "inputs"
    decaying = inputs if filtered else neurons
    kept = is_kept(layer)
    arrays: list[tuple[str, int, int, Meaning]] = [
        ("weights", layer.weights.size, plan.weight.format.word, "weights"),
        ("biases", layer.bias.size, plan.bias.format.word, "weights"),
        ("synaptic states", decaying, plan.synapse.format.word, "state"),
        ("traces" if filtered else "membrane potentials", decaying, plan.trace.format.word, "state"),
        ("refractory states", neurons * kept, plan.refractory.format.word, "state"),
        ("spikes before pooling", neurons * (kept and geometry.pool > 1), 1, "spikes"),
        ("output spikes", outputs * spiking, 1, "spikes"),
        ("sum", 1, sum_bits(layer, wired), "buffer"),
        ("refractory step", int(kept), plan.refractory.format.word, "constant"),
    ]
    leaks = {"trace": plan.trace_leak, "synapse": plan.synapse_leak, "refractory": plan.refractory_leak}
    for what, leak in leaks.items():
        used = leak.kind == "multiply" and (kept or what != "refractory")
        arrays.append((f"{what} decay", int(used), leak.factor.format.word, "constant"))
    return [Array(f"{name} {what}", words, word, meaning) for what, words, word, meaning in arrays]


def is_kept(layer: QuantisedLayer) -> bool:
    """Say whether a layer has a refractory state: where a spike takes nothing from R, it begins with 0 and stays so."""
    return layer.refractory != 0


def sum_bits(layer: QuantisedLayer, wired: Wires) -> int:
    """Return the bits of a word that holds every exact sum under a layer's kernel."""
    plan = layer.plan
    signed = plan.weight.format.signed or (plan.filters == "inputs" and plan.trace.format.signed)
    return wired.sum_bits - (not signed)  # no sum is below 0 where weights and what lies under them are not


def answer_range(network: QuantisedLayers) -> Range:
    """Return the least and the largest sum of the answer, over all steps that are read."""
    described, last = network.description, network.layers[-1]
    read, most = described.steps - described.burn_in, math.prod(last.geometry.pooled)
    low, high = -most, most
    if described.layer[-1].kind == "output":
        low, high = said(last, wires(last, input_format(network, len(network.layers) - 1)))
    return min(low, 0) * read, max(high, 0) * read


def said(layer: QuantisedLayer, wired: Wires) -> Range:
    """Return the range of an output layer's membranes, whose R is always 0."""
    bias, drive_frac = layer.plan.bias.format, wired.sum_frac
    if layer.plan.filters == "currents":
        drive_frac = layer.plan.trace.format.frac
    up, up_bias = wired.compared - drive_frac, wired.compared - bias.frac
    low, high = wired.drive
    return (low << up) + (bias.lowest << up_bias), (high << up) + (bias.highest << up_bias)


def layered_while_learning(network: QuantisedLayers, rate: int, halvings: int) -> Memory:
    """Return what is stored while every layer learns by its table; see docs/learning.md.

    Weights and biases are held as they are learned; those that are read are casts of them. An update each recording
    keeps a gradient for each of them, an update each step only the one in hand.

    rate, halvings    as of `itq.IntegerLearning`

    Raises
    ------
    ConfigError, WidthError
        A layer cannot learn.
    """
    described = network.description
    extra = [Array("label", 1, bits_of(0, described.classes - 1), "buffer")]
    learned = dict[str, int]()
    for number, layer in enumerate(network.layers):
        inferring = wires(layer, input_format(network, number))
        wired = learning_wires(network, number, inferring, rate, halvings)
        table, geometry, name = wired.table, layer.geometry, f"layer {number}"
        spiking, last = described.layer[number].kind != "output", number + 1 == len(network.layers)
        words, outputs = layer.weights.size + layer.bias.size, math.prod(geometry.pooled)
        learned |= {f"{name} weights": table.learned.format.word, f"{name} biases": table.learned_bias.format.word}
        held, pooled = table.gradient.format.word, geometry.pool > 1
        # neurons are served row by row: the windows of a row are open at once, the largest membrane of each is held.
        # Which neuron won, and how small its surrogate is, wait for the errors
        arrays: list[tuple[str, int, int, Meaning]] = [
            ("gradients", words if table.update == "recording" else 1, held, "state"),
            ("scales", words, bits_of(0, held), "state"),
            ("sum of a step", 1, wired.sum_bits, "buffer"),
            ("random readout", outputs * described.classes * (spiking and not last), 1, "signs"),
            ("sums of the readout", described.classes * spiking, bits_of(-outputs, outputs), "buffer"),
            ("errors", described.classes, table.error.format.word, "buffer"),
            ("deltas", outputs, table.delta.format.word, "buffer"),
            ("largest membranes", math.prod(geometry.pooled[1:]) * pooled, bits_of(*inferring.membrane), "buffer"),
            ("winners", outputs * pooled, bits_of(0, geometry.pool**2 - 1), "buffer"),
            ("surrogates", outputs * spiking, bits_of(0, table.reach + 1), "buffer"),
            ("count of updates", 1, bits_of(0, table.forget - 1), "state"),
            ("learning LFSR registers", wired.draws, network.plan.lfsr.width, "register"),
        ]
        extra += [Array(f"{name} {what}", count, word, meaning) for what, count, word, meaning in arrays]
    extra.append(Array("rate", 1, bits_of(0, rate + halvings), "buffer"))
    kept = [replace(array, word=learned.get(array.name, array.word)) for array in layered_memory(network).arrays]
    return stored([*kept, *extra])
