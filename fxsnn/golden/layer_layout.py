"""What files of a golden set of one layer are called, and which it had, as versions before populations wrote it.

The reference RTL of learning takes its formats from here too: its layer is the one of those sets.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from fxsnn.competitive.graph import LAYER, LAYER_WEIGHTS, program_of
from fxsnn.competitive.quantised import (
    SITES,
    QuantisedNetwork,
    constant_signals,
    parameter_register,
    parameter_signals,
    site_registers,
)
from fxsnn.golden.contents import BIT, Vector, wide
from fxsnn.kernels.site import Site
from fxsnn.number.format import Format
from fxsnn.number.modes import Rounding

LAYER_SCHEMA = 2
_STATE = "membranes, refractory counters"
_ABOUT = {
    "sum": "synaptic sum before its cast",
    "current": "synaptic current, after the cast of the sum",
    "leaked": "membrane after the leak",
    "integrated": "membrane before the comparison",
    "after_reset": "membrane after reset, before inhibition",
    "membrane": "membrane at the end of the step",
    "refractory": "refractory counter at the end of the step",
}
_CONSTANTS = {"factor": "leak_factor"}  # files that are not called as the network calls their words
_ABOUT_CONSTANTS = {
    "weights": "weights, inputs outermost",
    "theta": "adaptive part of each neuron's threshold",
    "threshold": "threshold of all neurons",
    "inhibition": "what a spike takes from all others",
    "floor": "least membrane that inhibition leaves",
    "reset_value": "membrane after a spike, where reset is value",
    "factor": "factor of the leak",
}


def in_layer(name: str) -> str:
    """Return what a set of one layer calls words of its population: without the population's name."""
    owner, _, rest = name.partition(".")
    kind, _, which = rest.partition(".")
    if owner == LAYER_WEIGHTS:
        return owner
    if owner != LAYER:
        return name
    return f"{kind}_{SITES[int(which)] if which.isdigit() else which}" if which else kind


def as_in_layer(vectors: Iterable[Vector]) -> list[Vector]:
    """Return files of a network that is one layer, called as a set of it calls them."""
    return [replace(vector, stored=in_layer(vector.name)) for vector in vectors]


def layer_layout(network: QuantisedNetwork, steps: tuple[int, ...], schema: int = LAYER_SCHEMA) -> list[Vector]:
    """Return every file that a bundle of this network holds, in a fixed order.

    steps    of each presentation
    schema   1 had images of equal length, all from a cleared layer, fewer nodes and no draws

    Raises
    ------
    ConfigError
        An exact node is wider than 63 bits.
    """
    old, neurons = schema == 1, network.neurons
    rows: tuple[int, ...] = (len(steps), steps[0]) if old else (sum(steps),)
    inputs = [Vector("input", "input", BIT, (*rows, network.inputs), "input spikes", packed=True)]
    counter = Format(max(1, network.refractory_steps.bit_length()), 0, signed=False)
    membrane = network.plan["membrane"].format
    if not old:
        begins = f"1 where a presentation begins: {_STATE} and LFSRs then hold what they begin with"
        inputs.append(Vector("begin", "input", BIT, rows, begins))
        inputs += [
            Vector(f"initial_{name}", "state", fmt, (len(steps), neurons), about)
            for name, fmt, about in (
                ("membrane", membrane, "membranes that each presentation begins with"),
                ("refractory", counter, "refractory counters that each presentation begins with"),
            )
        ]
    formats = {
        "sum": _sum_format(network),
        "current": network.plan["accumulator"].format,
        "leaked": membrane if network.plan.integrate == "two-casts" else _product_format(network),
        "integrated": membrane,
        "after_reset": membrane,
        "membrane": membrane,
        "refractory": counter,
    }
    if old:
        del formats["after_reset"]
    nodes = [Vector(name, "node", fmt, (*rows, neurons), _ABOUT[name]) for name, fmt in formats.items()]
    nodes.append(Vector("spike", "node", BIT, (*rows, neurons), "output spikes", packed=True))
    register = Format(network.plan.lfsr.width, 0, signed=False)
    sites = drawing_sites(network)
    nodes += [
        Vector(f"lfsr_{site}", "node", register, rows, f"register of the {site} cast after the step", register=True)
        for site in sites
    ]
    if not old:
        nodes += [
            Vector(f"draw_{site}", "node", fmt, (*rows, neurons), f"what the {site} cast added to the bits it dropped")
            for site, fmt in _draw_formats(network).items()
        ]
    return [*constant_files(network), *inputs, *nodes]


def constant_files(network: QuantisedNetwork) -> list[Vector]:
    """Return the files of a network's constants, in their order."""
    shapes = {"weights": (network.inputs, network.neurons), "theta": (network.neurons,)}
    signals = constant_signals(network.plan)
    return [
        Vector(_CONSTANTS.get(name, name), "constant", signals[name].format, shapes.get(name, (1,)), about)
        for name, about in _ABOUT_CONSTANTS.items()
        if name in signals
    ]


def sites_of(network: QuantisedNetwork) -> dict[str, Site]:
    """Return the casts that a time step makes, by name; raises as `program_of`."""
    program = program_of(network)
    return {SITES[one.stream]: program.site(one) for one in program.neuron.casts if one.stream is not None}


def drawing_sites(network: QuantisedNetwork) -> list[str]:
    """Return the casts that may draw from their LFSR, in the order of a time step."""
    return [name for name, site in sites_of(network).items() if site.draw_bits]


def _draw_formats(network: QuantisedNetwork) -> dict[str, Format]:
    """Return the formats of draws: of one draw a step and neuron, so not of a cast after every addition."""
    each = network.plan.accumulate == "each"
    return {
        name: Format(site.right, 0, signed=False)
        for name, site in sites_of(network).items()
        if site.draw_bits and not (each and name == "accumulate")
    }


def layer_lfsr_entry(network: QuantisedNetwork) -> dict[str, Any]:
    """Return what the manifest says of the registers of a time step."""
    lfsr = network.plan.lfsr
    seeds = dict(zip(SITES, (f"{register.seed:#x}" for register in site_registers(network.plan)), strict=True))
    drawing = drawing_sites(network)
    return {
        "polynomial": lfsr.polynomial,
        "width": lfsr.width,
        "taps": list(lfsr.taps),
        "shift": "left; the new bit, the exclusive or of bits tap-1, enters bit 0",
        "draw": "k shifts; the k fresh bits, first one most significant, are added to the k dropped bits; where more "
        "than width bits are dropped, width bits are drawn and added at their top",
        "order": "each stochastic cast has a register of its own, set to its seed at the start of every presentation; "
        "neurons ascending, one draw a cast",
        "seeds": {site: seeds[site] for site in drawing},
        "parameter_seeds": {
            name.replace(" ", "_"): f"{parameter_register(network.plan, name).seed:#x}"
            for name, signal in parameter_signals(network.plan).items()
            if signal.rounding is Rounding.STOCHASTIC
        },
    }


def _sum_format(network: QuantisedNetwork) -> Format:
    """Return the format of the exact synaptic sum, as wide as it can get; of the cast one if every step is."""
    plan = network.plan
    if plan.accumulate == "each":
        return plan["accumulator"].format
    weight = plan["weight"].format
    return _exact("sum", weight.lowest * network.inputs, weight.highest * network.inputs, weight.frac)


def _product_format(network: QuantisedNetwork) -> Format:
    plan, v = network.plan, network.plan["membrane"].format
    if plan.leak.kind != "multiply":
        return v
    factor = plan.leak.factor.format
    return _exact("leaked", v.lowest * factor.highest, v.highest * factor.highest, v.frac + factor.frac)


def _exact(node: str, low: int, high: int, frac: int) -> Format:
    bits = max(high.bit_length(), (-low - 1).bit_length() if low < 0 else 0) + (low < 0)
    return wide(node, max(bits, 1), frac, signed=low < 0)
