"""Count the memory of a layered network, array by array, as `fxsnn.memory` counts it."""

from __future__ import annotations

import math

from fxsnn.layered.emulate import input_format
from fxsnn.layered.quantise import QuantisedLayers
from fxsnn.layered.width import wires
from fxsnn.layered.wiring import learning_wires
from fxsnn.memory import Array, Memory


def layered_memory(network: QuantisedLayers) -> Memory:
    """Return what inference stores: weights, biases, all states, spikes, constants, registers and the answer's sums.

    Neurons are served one after the other, so that one exact sum is held. A layer whose spikes leave no refractory
    state keeps neither R nor the spikes before pooling, and an output layer has none.
    """
    described = network.description
    arrays = [Array("input frame", math.prod(described.inputs(0)), input_format(network, 0).word)]
    answer = 0
    for number, (layer, shape) in enumerate(zip(network.layers, described.layer, strict=True)):
        plan, geometry = layer.plan, layer.geometry
        wired = wires(layer, input_format(network, number))
        neurons, outputs = math.prod(geometry.outputs), math.prod(geometry.pooled)
        decaying = math.prod(geometry.inputs) if plan.filters == "inputs" else neurons
        spiking, refractory = shape.kind != "output", shape.refractory > 0
        leaks = (plan.trace_leak, plan.synapse_leak, plan.refractory_leak)
        draws = [site.draw_bits > 0 for site in (wired.trace, wired.synapse, wired.refractory)]
        kept = [True, True, refractory]
        answer = wired.sum_bits if not spiking else outputs.bit_length() + 1
        for name, words, word in (
            ("weights", layer.weights.size, plan.weight.format.word),
            ("biases", layer.bias.size, plan.bias.format.word),
            ("synaptic states", decaying, plan.synapse.format.word),
            ("traces" if plan.filters == "inputs" else "membrane potentials", decaying, plan.trace.format.word),
            ("refractory states", neurons * refractory, plan.refractory.format.word),
            ("spikes before pooling", neurons * (refractory and geometry.pool > 1), 1),
            ("output spikes", outputs * spiking, 1),
            ("sum", 1, wired.sum_bits),
            ("refractory step", int(refractory), plan.refractory.format.word),
            *(
                (f"{what} decay", int(leak.kind == "multiply" and use), leak.factor.format.word)
                for what, leak, use in zip(("trace", "synapse", "refractory"), leaks, kept, strict=True)
            ),
            ("LFSR registers", sum(d and k for d, k in zip(draws, kept, strict=True)), network.plan.lfsr.width),
        ):
            arrays.append(Array(f"layer {number} {name}", int(words), word))
    readout = network.readout.size if described.layer[-1].kind != "output" else 0
    arrays.append(Array("random readout", readout, 1))
    arrays.append(Array("sums of the answer", described.classes, answer + described.steps.bit_length()))
    return Memory(tuple(array for array in arrays if array.words))


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
    extra, learned = [Array("label", 1, (described.classes - 1).bit_length())], dict[str, int]()
    for number, layer in enumerate(network.layers):
        wired = learning_wires(network, number, wires(layer, input_format(network, number)), rate, halvings)
        table, geometry = wired.table, layer.geometry
        words, outputs = layer.weights.size + layer.bias.size, math.prod(geometry.pooled)
        spiking = described.layer[number].kind != "output"
        last = number + 1 == len(network.layers)
        name = f"layer {number}"
        learned |= {f"{name} weights": table.learned.format.word, f"{name} biases": table.learned_bias.format.word}
        held = table.gradient.format.word
        extra += [
            Array(f"{name} gradients", words if table.update == "recording" else 1, held),
            Array(f"{name} scales", words, held.bit_length()),
            Array(f"{name} sum of a step", 1, wired.sum_bits),
            Array(f"{name} random readout", outputs * described.classes * (spiking and not last), 1),
            Array(f"{name} sums of the readout", described.classes * spiking, outputs.bit_length() + 1),
            Array(f"{name} errors", described.classes, table.error.format.word),
            Array(f"{name} deltas", outputs, table.delta.format.word),
            # which neuron of a window won, and how small its surrogate is, wait for the errors
            Array(f"{name} winners", outputs * (geometry.pool > 1), (geometry.pool**2 - 1).bit_length()),
            Array(f"{name} surrogates", outputs * spiking, (table.reach + 1).bit_length()),
            Array(f"{name} count of updates", 1, table.forget.bit_length()),
            Array(f"{name} learning LFSR registers", wired.draws, network.plan.lfsr.width),
        ]
    extra.append(Array("rate", 1, (rate + halvings).bit_length()))
    kept = [
        Array(array.name, array.words, learned.get(array.name, array.word)) for array in layered_memory(network).arrays
    ]
    return Memory((*kept, *(array for array in extra if array.words)))
