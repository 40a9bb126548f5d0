"""What a bundle of a layered network holds: every file with its format and shape, and the words in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.format import WORD_MAX, Format
from fxsnn.frozen import freeze
from fxsnn.golden.contents import BIT, Vector
from fxsnn.golden.stimuli import Timed
from fxsnn.layered.emulate import LayeredTrace, emulate_layers
from fxsnn.layered.quantise import CASTS, QuantisedLayer, QuantisedLayers, constant_register, constant_signals
from fxsnn.layered.width import Wires, input_format, wires
from fxsnn.modes import Rounding

LAYERS_SCHEMA = "layers 1"
SIGN = Format(2, 0)
COUNTED = ("casts", "inexact", "ties", "overflows")
_LEAKS = ("trace", "synapse", "refractory")
_FILES = {
    "weight": "weights",
    "bias": "biases",
    "refractory": "refractory_step",
    "trace_leak": "trace_factor",
    "synapse_leak": "synapse_factor",
    "refractory_leak": "refractory_factor",
}


@dataclass(frozen=True, slots=True, eq=False)
class Shown(Timed):
    """What a layered network is shown: each recording is a presentation, from rest."""

    frames: NDArray[np.uint16]  # uint16[recordings, steps, height, width, polarity]
    steps: tuple[int, ...]

    def __post_init__(self) -> None:
        freeze(self)

    @classmethod
    def of(cls, frames: NDArray[np.uint16]) -> Shown:
        """Return these frames, each recording a presentation."""
        return cls(frames, (frames.shape[1],) * frames.shape[0])


def layers_layout(network: QuantisedLayers, recordings: int) -> list[Vector]:
    """Return every file that a bundle of this network holds, in a fixed order: nodes as they come to be in a step.

    Raises
    ------
    ConfigError
        An exact node is wider than 63 bits.
    WidthError
        An exact intermediate could leave int64.
    """
    described = network.description
    rows = recordings * described.steps
    begins = "1 where a recording begins: all states and spikes are 0 then, LFSRs hold their seeds"
    given = Vector("input", "input", input_format(network, 0), (rows, *described.inputs(0)), "events counted, clipped")
    constants, nodes = list[Vector](), list[Vector]()
    for number in range(len(network.layers)):
        constants += _constants(network, number)
        nodes += _nodes(network, number, rows)
    last = network.layers[-1]
    if described.layer[-1].kind == "output":
        said = _membrane(network, len(network.layers) - 1)
        fmt = _wide("answer", said.word + described.steps.bit_length(), said.frac)
    else:
        outputs = math.prod(last.geometry.pooled)
        constants.append(Vector("readout", "constant", SIGN, network.readout.shape, "signs of the random readout"))
        fmt = _wide("answer", outputs.bit_length() + 1 + described.steps.bit_length(), 0)
    answer = Vector("answer", "state", fmt, (recordings, described.classes), f"summed from step {described.burn_in} on")
    return [*constants, given, Vector("begin", "input", BIT, (rows,), begins), *nodes, answer]


def layers_words(network: QuantisedLayers, shown: Shown) -> tuple[dict[str, NDArray[np.int64]], list[LayeredTrace]]:
    """Run every recording; return the raw words of every file, int64 of its shape, and the traces."""
    traces = [emulate_layers(network, shown.frames, n) for n in range(len(shown.steps))]
    return words_of_traces(network, shown, traces), traces


def words_of_traces(
    network: QuantisedLayers, shown: Shown, traces: Sequence[LayeredTrace]
) -> dict[str, NDArray[np.int64]]:
    """Return the raw words of every file; membranes and pooled spikes follow from the rest, where a trace has none."""
    words: dict[str, NDArray[np.int64]] = {
        "input": shown.frames.reshape(-1, *shown.frames.shape[2:]).astype(np.int64),
        "begin": shown.begin(),
        "answer": np.stack([trace.scores for trace in traces]),
        "readout": network.readout.astype(np.int64),
    }
    for number, layer in enumerate(network.layers):
        names = f"layer{number}_"
        nodes = {name: np.concatenate([trace.nodes[number][name] for trace in traces]) for name in traces[0].nodes[0]}
        registers = np.concatenate([trace.registers[number] for trace in traces])
        if "membrane" not in nodes:
            nodes["membrane"] = _membranes(layer, wires(layer, input_format(network, number)), nodes)
            nodes["output"] = _pooled(layer, nodes["spike"])
        words |= {f"{names}{name}": held.reshape(len(held), *_shape(layer, name)) for name, held in nodes.items()}
        words |= {f"{names}lfsr_{cast}": registers[:, row] for row, cast in enumerate(CASTS)}
        words |= {f"{names}weights": layer.weights, f"{names}biases": layer.bias}
        words[f"{names}refractory_step"] = np.array([layer.refractory])
        words |= {f"{names}{name}_factor": np.array([layer.factors[row]]) for row, name in enumerate(_LEAKS)}
    return words


def layers_lfsr_entry(network: QuantisedLayers, vectors: Sequence[Vector]) -> dict[str, Any]:
    """Return what the manifest says of the registers that draw."""
    lfsr, files = network.plan.lfsr, {vector.name for vector in vectors}
    return {
        "polynomial": lfsr.polynomial,
        "width": lfsr.width,
        "taps": list(lfsr.taps),
        "seeds": {
            f"layer{number}_{cast}": f"{layer.registers[row].seed:#x}"
            for number, layer in enumerate(network.layers)
            for row, cast in enumerate(CASTS)
            if f"layer{number}_lfsr_{cast}" in files
        },
        "parameter_seeds": {
            f"layer{number}_{_FILES[name]}": f"{constant_register(network.plan, number, name).seed:#x}"
            for number, layer in enumerate(network.plan.layers)
            for name, signal in constant_signals(layer).items()
            if signal.rounding is Rounding.STOCHASTIC
        },
    }


def layers_counts(words: dict[str, NDArray[np.int64]], traces: Sequence[LayeredTrace]) -> dict[str, Any]:
    """Return what the manifest counts of all recordings: casts of each kind by layer, spikes, answers."""
    layers = range(len(traces[0].counts))
    spikes = [int(words[f"layer{number}_spike"].sum()) for number in layers]
    return {
        "casts": {
            f"layer {number} {cast}": {
                kind: sum(trace.counts[number][cast][kind] for trace in traces) for kind in COUNTED
            }
            for number in layers
            for cast in CASTS
        },
        "spikes": sum(spikes),
        "spikes_by_layer": spikes,
        "answers": words["answer"].argmax(axis=1).tolist(),
    }


def _constants(network: QuantisedLayers, number: int) -> list[Vector]:
    layer, names = network.layers[number], f"layer{number}_"
    plan = layer.plan
    found = [
        Vector(f"{names}weights", "constant", plan.weight.format, layer.weights.shape, "kernel y, x, input, output"),
        Vector(f"{names}biases", "constant", plan.bias.format, layer.bias.shape, "one an output channel"),
        Vector(f"{names}refractory_step", "constant", plan.refractory.format, (1,), "what a spike takes from R"),
    ]
    for name, leak in zip(_LEAKS, (plan.trace_leak, plan.synapse_leak, plan.refractory_leak), strict=True):
        if leak.kind == "multiply":
            found.append(Vector(f"{names}{name}_factor", "constant", leak.factor.format, (1,), f"decay of the {name}"))
    return found


def _nodes(network: QuantisedLayers, number: int, rows: int) -> list[Vector]:
    layer, names = network.layers[number], f"layer{number}_"
    plan, wired = layer.plan, wires(layer, input_format(network, number))
    inputs = plan.filters == "inputs"
    p, q = ("trace P", "synaptic state Q") if inputs else ("membrane potential M", "synaptic current I")
    sums = _wide(f"{names}sum", wired.sum_bits, wired.sum_frac)
    found = {
        "trace": (plan.trace.format, p),
        "synapse": (plan.synapse.format, q),
        "sum": (sums, "exact sum under the kernel"),
        "refractory": (plan.refractory.format, "refractory state R"),
        "membrane": (_membrane(network, number), "what is compared with 0: drive + bias + R, exact"),
        "spike": (BIT, "1 where the membrane is above 0"),
        "output": (BIT, "spikes after pooling"),
    }
    order = ["trace", "synapse", "sum"] if inputs else ["trace", "sum", "synapse"]
    pooled = ["output"] if layer.geometry.pool > 1 else []
    vectors = []
    for name in [*order, "refractory", "membrane", "spike", *pooled]:
        fmt, about = found[name]
        vectors.append(Vector(f"{names}{name}", "node", fmt, (rows, *_shape(layer, name)), about))
    register = Format(network.plan.lfsr.width, 0, signed=False)
    sites = zip(CASTS, (wired.trace, wired.synapse, wired.refractory), strict=True)
    vectors += [
        Vector(
            f"{names}lfsr_{cast}",
            "node",
            register,
            (rows,),
            f"register of the {cast} cast after the step",
            register=True,
        )
        for cast, site in sites
        if site.draw_bits
    ]
    return vectors


def _shape(layer: QuantisedLayer, node: str) -> tuple[int, int, int]:
    geometry = layer.geometry
    if node == "output":
        return geometry.pooled
    filtered = node in ("trace", "synapse") and layer.plan.filters == "inputs"
    return geometry.inputs if filtered else geometry.outputs


def _membrane(network: QuantisedLayers, number: int) -> Format:
    """Return the format of what is compared with 0, wide enough for the sum of its three parts."""
    layer = network.layers[number]
    plan, wired = layer.plan, wires(layer, input_format(network, number))
    drive = (wired.sum_bits, wired.sum_frac)
    if plan.filters == "currents":
        drive = plan.trace.format.word + 1, plan.trace.format.frac
    parts = [drive, (plan.bias.format.word + 1, plan.bias.format.frac)]
    parts.append((plan.refractory.format.word + 1, plan.refractory.format.frac))
    return _wide(
        f"layer{number}_membrane", max(word + wired.compared - frac for word, frac in parts) + 2, wired.compared
    )


def _membranes(layer: QuantisedLayer, wired: Wires, nodes: dict[str, NDArray[np.int64]]) -> NDArray[np.int64]:
    plan, compared = layer.plan, wired.compared
    inputs = plan.filters == "inputs"
    drive = nodes["sum"] << compared - wired.sum_frac if inputs else nodes["trace"] << compared - plan.trace.format.frac
    bias = np.tile(layer.bias << compared - plan.bias.format.frac, drive.shape[1] // len(layer.bias))
    membranes: NDArray[np.int64] = drive + bias + (nodes["refractory"] << compared - plan.refractory.format.frac)
    return membranes


def _pooled(layer: QuantisedLayer, spikes: NDArray[np.int64]) -> NDArray[np.int64]:
    geometry, pool = layer.geometry, layer.geometry.pool
    height, width, channels = geometry.pooled
    maps = spikes.reshape(-1, *geometry.outputs)[:, : height * pool, : width * pool]
    found: NDArray[np.int64] = maps.reshape(-1, height, pool, width, pool, channels).max(axis=(2, 4))
    return found.reshape(len(spikes), -1)


def _wide(node: str, word: int, frac: int) -> Format:
    if word > WORD_MAX:
        raise ConfigError(f"a node of golden vectors must be at most {WORD_MAX} bits, but {node} can need {word}")
    return Format(word, frac)
