"""Count the memory of a layered network, array by array, as `fxsnn.memory` counts it."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

from fxsnn.decolle.network import seen
from fxsnn.decolle.populations import pooled_name
from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.decolle.wiring import learning_wires
from fxsnn.graph.inventory import graph_memory
from fxsnn.measure.macro import Array, Meaning
from fxsnn.measure.memory import Memory, stored
from fxsnn.number.format import bits_of
from fxsnn.program.wires import Range


def decolle_memory(network: QuantisedLayers, begun: Collection[str] = ()) -> Memory:
    """Return what inference stores: what its populations do, by the layers' names, and what reads the answer.

    A layer whose spikes leave no refractory state does not keep its spikes before pooling.

    begun    states that begin with given words, `filter_0.trace` and so on
    """
    described = network.description
    by_name = {array.name: array for array in graph_memory(network.graph, begun).arrays}
    arrays = [replace(by_name["input"], name="input frame")]
    for number in range(len(described.layer)):
        own, name = f"layer_{number}", f"layer {number}"
        states = f"filter_{number}" if f"filter_{number}.trace" in by_name else own
        if pooled_name(number) in by_name and f"{own}.kick" not in by_name:
            del by_name[own]
        for stored_as, what in {
            f"weights_{number}.weight": "weights",
            f"{own}.bias": "biases",
            f"{states}.synapse": "synaptic states",
            f"{states}.trace": "membrane potentials" if states == own else "traces",
            f"filter_{number}": "traces as emitted",
            f"{own}.refractory": "refractory states",
            f"{own}.fired": "spikes of the step before",
            own: "spikes before pooling" if pooled_name(number) in by_name else "output spikes",
            pooled_name(number): "output spikes",
            f"{own}.arriving": "sum",
            f"{own}.kick": "refractory step",
            f"{states}.trace_factor": "trace decay",
            f"{states}.synapse_factor": "synapse decay",
            f"{own}.refractory_factor": "refractory decay",
        }.items():
            if found := by_name.get(stored_as):
                meaning: Meaning = "weights" if what == "biases" else found.meaning
                arrays.append(replace(found, name=f"{name} {what}", meaning=meaning))
        draws = [by_name[f"{one} LFSR registers"].words for one in {own, states} if f"{one} LFSR registers" in by_name]
        arrays.append(Array(f"{name} LFSR registers", sum(draws), network.plan.lfsr.width, "register"))
    arrays.append(Array("random readout", seen(described, len(described.layer) - 1) * described.classes, 1, "signs"))
    arrays.append(Array("sums of the answer", described.classes, bits_of(*answer_range(network))))
    return stored(arrays)


def answer_range(network: QuantisedLayers) -> Range:
    """Return the least and the largest sum of the answer, over all steps that are read."""
    described, last = network.description, len(network.description.layer) - 1
    read, most = described.steps - described.burn_in, math.prod(described.geometry(last).pooled)
    low, high = -most, most
    if described.layer[-1].kind == "output":
        low, high = _said(network, last)
    return min(low, 0) * read, max(high, 0) * read


def _said(network: QuantisedLayers, number: int) -> Range:
    """Return the range of an output layer's membranes, whose R is always 0."""
    plan, program = network.plan.layers[number], network.graph.programs[f"layer_{number}"]
    drive, bias = program.named("sum" if plan.filters == "inputs" else "trace"), plan["bias"].format
    compared = program.named("membrane").frac
    up, up_bias = compared - drive.frac, compared - bias.frac
    return (drive.low << up) + (bias.lowest << up_bias), (drive.high << up) + (bias.highest << up_bias)


def decolle_while_learning(network: QuantisedLayers, rate: int, halvings: int, begun: Collection[str] = ()) -> Memory:
    """Return what is stored while every layer learns by its table; see docs/learning.md.

    Weights and biases are stored as they are learned; those that are read are casts of them. An update each recording
    keeps a gradient for each of them, an update each step only the one in hand.

    rate, halvings    as of `itq.IntegerLearning`
    begun             as of `decolle_memory`

    Raises
    ------
    ConfigError, WidthError
        A layer cannot learn.
    """
    described = network.description
    extra = [Array("label", 1, bits_of(0, described.classes - 1), "buffer")]
    learned = dict[str, int]()
    for number, layer in enumerate(described.layer):
        membrane = network.graph.programs[f"layer_{number}"].named("membrane")
        wired = learning_wires(network, number, rate, halvings)
        table, geometry, name = wired.table, described.geometry(number), f"layer {number}"
        spiking, last = layer.kind != "output", number + 1 == len(described.layer)
        words, outputs = math.prod(geometry.weights) + geometry.outputs[2], math.prod(geometry.pooled)
        learned |= {f"{name} weights": table.learned.format.word, f"{name} biases": table.learned_bias.format.word}
        gradient_word, pooled = table.gradient.format.word, geometry.pool > 1
        # neurons are served row by row: the windows of a row are open at once, the largest membrane of each is stored.
        # Which neuron won, and how small its surrogate is, wait for the errors
        arrays: list[tuple[str, int, int, Meaning]] = [
            ("gradients", words if table.update == "recording" else 1, gradient_word, "state"),
            ("scales", words, bits_of(0, gradient_word), "state"),
            ("sum of a step", 1, wired.sum_bits, "buffer"),
            ("random readout", outputs * described.classes * (spiking and not last), 1, "signs"),
            ("sums of the readout", described.classes * spiking, bits_of(-outputs, outputs), "buffer"),
            ("errors", described.classes, table.error.format.word, "buffer"),
            ("deltas", outputs, table.delta.format.word, "buffer"),
            (
                "largest membranes",
                math.prod(geometry.pooled[1:]) * pooled,
                bits_of(membrane.low, membrane.high),
                "buffer",
            ),
            ("winners", outputs * pooled, bits_of(0, geometry.pool**2 - 1), "buffer"),
            ("surrogates", outputs * spiking, bits_of(0, table.reach + 1), "buffer"),
            ("count of updates", 1, bits_of(0, table.forget - 1), "state"),
            ("learning LFSR registers", wired.draws, network.plan.lfsr.width, "register"),
        ]
        extra += [Array(f"{name} {what}", count, word, meaning) for what, count, word, meaning in arrays]
    extra.append(Array("rate", 1, bits_of(0, rate + halvings), "buffer"))
    kept = [replace(array, word=learned.get(array.name, array.word)) for array in decolle_memory(network, begun).arrays]
    return stored([*kept, *extra])
