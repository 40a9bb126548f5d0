"""Which files a golden set of schema "layers 1" has, with their formats, by their names among populations."""

from __future__ import annotations

import math
from dataclasses import replace

from fxsnn.decolle.network import seen
from fxsnn.decolle.plan import CASTS, LEAKS, LayerPlan
from fxsnn.decolle.populations import pooled_name
from fxsnn.decolle.quantise import QuantisedLayers, constant_signals
from fxsnn.golden.contents import BIT, Vector, wide
from fxsnn.graph.engine import drawing
from fxsnn.graph.named_signals import factor_of
from fxsnn.number.format import Format, bits_of

CONSTANTS = {  # of a layer's plan, the file's name and the population's
    "weight": ("weights", ""),
    "bias": ("biases", "bias"),
    "refractory": ("refractory_step", "kick"),
    **{leak: (factor_of(leak), factor_of(leak)) for leak in LEAKS},
}


def former_layout(network: QuantisedLayers, recordings: int) -> list[Vector]:
    """Return every file of a set, in the order of its manifest, by its name among populations.

    Raises ConfigError where an exact node is wider than 63 bits.
    """
    described, last = network.description, len(network.description.layer) - 1
    rows = recordings * described.steps
    begins = "1 where a recording begins: all states and spikes are 0 then, LFSRs hold their seeds"
    constants, nodes = list[Vector](), list[Vector]()
    for number in range(len(described.layer)):
        constants += _constants(network, number)
        nodes += _nodes(network, number, rows)
    if described.layer[-1].kind == "output":
        said = _membrane(network, last)
        form = wide("answer", said.word + described.steps.bit_length(), said.frac)
    else:
        form = Format(2, 0)
        shape = seen(described, last), described.classes
        readout = Vector("readout.weight", "constant", form, shape, "signs of the random readout")
        constants.append(replace(readout, stored="readout"))
        outputs = math.prod(described.geometry(last).pooled)
        form = wide("answer", outputs.bit_length() + 1 + described.steps.bit_length(), 0)
    about = f"summed from step {described.burn_in} on"
    return [
        *constants,
        Vector("input", "input", network.graph.graph.format, (rows, *described.inputs(0)), "events counted, clipped"),
        Vector("begin", "input", BIT, (rows,), begins),
        *nodes,
        Vector("answers", "state", form, (recordings, described.classes), about, stored="answer"),
    ]


def _constants(network: QuantisedLayers, number: int) -> list[Vector]:
    geometry, plan = network.description.geometry(number), network.plan.layers[number]
    about = {
        "weight": "kernel y, x, input, output",
        "bias": "one an output channel",
        "refractory": "what a spike takes from R",
    } | {leak: f"decay of the {cast}" for leak, cast in zip(LEAKS, CASTS, strict=True)}
    shapes = {"weight": geometry.weights, "bias": geometry.outputs[2:]}
    found = []
    for name, signal in constant_signals(plan).items():
        stored, called = CONSTANTS[name]
        population = filtering(plan, number) if name in LEAKS[:2] else f"layer_{number}"
        mine = f"{population}.{called}" if called else f"weights_{number}.weight"
        shape = shapes.get(name, (1,))
        found.append(Vector(mine, "constant", signal.format, shape, about[name], stored=f"layer{number}_{stored}"))
    return found


def _nodes(network: QuantisedLayers, number: int, rows: int) -> list[Vector]:
    plan, geometry, programs = network.plan.layers[number], network.description.geometry(number), network.graph.programs
    inputs = plan.filters == "inputs"
    p, q = ("trace P", "synaptic state Q") if inputs else ("membrane potential M", "synaptic current I")
    own, states = f"layer_{number}", filtering(plan, number)
    filtered = geometry.inputs if inputs else geometry.outputs
    found = {
        "trace": (states, plan["trace"].format, filtered, p),
        "synapse": (states, plan["synapse"].format, filtered, q),
        "sum": (
            own, wide(f"layer{number}_sum", *_sum(network, number)), geometry.outputs,
            "exact sum under the kernel",
        ),
        "refractory": (own, plan["refractory"].format, geometry.outputs, "refractory state R"),
        "membrane": (
            own, _membrane(network, number), geometry.outputs, "what is compared with 0: drive + bias + R, exact"
        ),
        "spike": (own, BIT, geometry.outputs, "1 where the membrane is above 0"),
        "passed": (pooled_name(number), BIT, geometry.pooled, "spikes after pooling"),
    }  # fmt: skip
    order = ["trace", "synapse", "sum"] if inputs else ["trace", "sum", "synapse"]
    pooled = ["passed"] if geometry.pool > 1 else []
    vectors = []
    for name in [*order, "refractory", "membrane", "spike", *pooled]:
        population, form, shape, about = found[name]
        stored = f"layer{number}_{'output' if name == 'passed' else name}"
        vectors.append(Vector(f"{population}.{name}", "node", form, (rows, *shape), about, stored=stored))
    register = Format(network.plan.lfsr.width, 0, signed=False)
    for stream, cast in enumerate(CASTS):
        owner = own if cast == "refractory" else states
        if stream in drawing(programs[owner]):
            name = f"{owner}.lfsr.{stream}"
            about, stored = f"register of the {cast} cast after the step", f"layer{number}_lfsr_{cast}"
            vectors.append(Vector(name, "node", register, (rows,), about, register=True, stored=stored))
    return vectors


def filtering(plan: LayerPlan, number: int) -> str:
    """Return the population that holds traces and synaptic states."""
    return f"filter_{number}" if plan.filters == "inputs" else f"layer_{number}"


def _sum(network: QuantisedLayers, number: int) -> tuple[int, int]:
    """Return the bits of a two's complement word that holds every sum, and its fractional bits."""
    total = network.graph.programs[f"layer_{number}"].named("sum")
    return bits_of(min(total.low, -1), total.high), total.frac


def _membrane(network: QuantisedLayers, number: int) -> Format:
    """Return the format of what is compared with 0, wide enough for the sum of its three parts."""
    plan, drive = network.plan.layers[number], _sum(network, number)
    compared = network.graph.programs[f"layer_{number}"].named("membrane").frac
    if plan.filters == "currents":
        drive = plan["trace"].format.word + 1, plan["trace"].format.frac
    parts = [drive, (plan["bias"].format.word + 1, plan["bias"].format.frac)]
    parts.append((plan["refractory"].format.word + 1, plan["refractory"].format.frac))
    word = max(word + compared - frac for word, frac in parts) + 2
    return wide(f"layer{number}_membrane", word, compared)
