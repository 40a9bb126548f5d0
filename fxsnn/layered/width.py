"""The proof that no intermediate of a layer leaves the machine's word, and the casts of its time step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fxsnn.format import Format
from fxsnn.kernels.datapath import Site
from fxsnn.layered.description import Geometry
from fxsnn.layered.plan import LEAKS, LayerPlan
from fxsnn.layered.quantise import CASTS, QuantisedLayer, QuantisedLayers
from fxsnn.plan import Leak
from fxsnn.program.program import Program, bind
from fxsnn.program.shipped import neuron, shipped
from fxsnn.program.wires import Range, arriving, carried
from fxsnn.width import SPIKES as SPIKES


@dataclass(frozen=True, slots=True)
class Wires:
    """A layer as the kernels take it."""

    trace: Site  # leaked P + Q -> P, or leaked M + I -> M
    synapse: Site  # leaked Q + input -> Q, or leaked I + sum -> I
    refractory: Site  # leaked R - step at a spike -> R
    leaks: tuple[tuple[int, int, int], ...]  # factor, shift and mask of each of the three
    sums: type[np.signedinteger]  # the narrowest word that holds every sum
    sum_bits: int  # of a two's complement word that holds every sum
    sum_frac: int  # its fractional bits
    compared: int  # fractional bits at which sum, refractory state and bias are added
    drive: Range  # of what is compared, before refractory state and bias
    membrane: Range  # of what they add up to


def input_format(network: QuantisedLayers, number: int) -> Format:
    """Return the format of a layer's input words: counts up to the clip, then spikes."""
    return SPIKES if number else Format(network.description.clip.bit_length(), 0, signed=False)


def programs_of(layer: QuantisedLayer, given: Format) -> tuple[Program, ...]:
    """Return the neurons of a layer whose input words are of format `given`, under its plan: its filter, if it has one.

    Raises
    ------
    WidthError
        An exact intermediate could leave int64, or a cast would drop more than 62 bits; the message names it.
    """
    return _proved(layer.plan, layer.geometry, given, layer.registers[0].width)


@lru_cache(maxsize=256)
def _proved(plan: LayerPlan, geometry: Geometry, given: Format, lfsr_width: int) -> tuple[Program, ...]:
    leaks: dict[str, Leak] = {name: getattr(plan, name) for name in LEAKS}
    signals = {name: getattr(plan, name) for name in (*CASTS, "bias")}
    signals |= {name.replace("leak", "factor"): leak.factor for name, leak in leaks.items()}
    shifts = {name.replace("leak", "shift"): leak.shift for name, leak in leaks.items()}
    inputs = plan.filters == "inputs"
    cells = math.prod(geometry.weights[:3])
    summed = arriving(plan.weight.format, plan.trace.format if inputs else given, cells)
    parts = [("decolle", summed)] if inputs else [("decolle_currents", summed)]
    if inputs:
        parts.insert(0, ("decolle_filter", carried(given)))
    found = []
    for name, come in parts:
        choices = {leak: one.kind for leak, one in leaks.items() if leak in shipped(name).choices}
        population = math.prod(geometry.inputs if name == "decolle_filter" else geometry.outputs)
        found.append(
            bind(
                neuron(name, **choices),
                signals,
                {"arriving": come},
                population,
                numbers=shifts,
                lfsr_width=lfsr_width,
            )
        )
    return tuple(found)


def wires(layer: QuantisedLayer, given: Format) -> Wires:
    """Return the casts of a layer whose input words are of format `given`; raises as `programs_of`."""
    programs, plan = programs_of(layer, given), layer.plan
    trace, synapse, refractory = (
        program.site(cast)
        for stream in range(len(CASTS))
        for program in programs
        if (cast := program.neuron.cast(stream))
    )
    last = programs[-1]
    sums, membrane = last.named("sum"), last.named("membrane")
    drive = sums if plan.filters == "inputs" else last.named("trace")
    leaks = tuple(
        (factor, leak.shift if leak.kind == "shift" else 0, -1 if leak.kind == "shift" else 0)
        for factor, leak in zip(layer.factors, (plan.trace_leak, plan.synapse_leak, plan.refractory_leak), strict=True)
    )
    narrow = sums.low >= -(1 << 31) and sums.high < 1 << 31
    return Wires(
        trace=trace,
        synapse=synapse,
        refractory=refractory,
        leaks=leaks,
        sums=np.int32 if narrow else np.int64,
        sum_bits=max(sums.high.bit_length(), (-sums.low - 1).bit_length()) + 1,
        sum_frac=sums.frac,
        compared=membrane.frac,
        drive=(drive.low, drive.high),
        membrane=(membrane.low, membrane.high),
    )
