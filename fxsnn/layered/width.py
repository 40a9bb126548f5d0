"""The casts of a layer's time step, as its populations were proved, for a layer whose weights change as it learns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fxsnn.format import bits_of
from fxsnn.kernels.datapath import Site
from fxsnn.layered.plan import CASTS
from fxsnn.layered.quantise import QuantisedLayers
from fxsnn.program.wires import Range


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


def wires(network: QuantisedLayers, number: int) -> Wires:
    """Return the casts of a layer."""
    graph, name, plan = network.graph, f"layer_{number}", network.plan.layers[number]
    inputs = plan.filters == "inputs"
    states = f"filter_{number}" if inputs else name
    owners = dict(zip(CASTS, (states, states, name), strict=True))
    sites, leaks = {}, []
    for stream, (cast, owner) in enumerate(owners.items()):
        program = graph.programs[owner]
        sites[cast] = next(program.site(one) for one in program.neuron.casts if one.stream == stream)
        leak, factor = getattr(plan, f"{cast}_leak"), graph.constants[owner].get(f"{cast}_factor", 1)
        shifts = leak.kind == "shift"
        leaks.append((int(factor), leak.shift if shifts else 0, -1 if shifts else 0))
    last = graph.programs[name]
    sums, membrane = last.named("sum"), last.named("membrane")
    drive = sums if inputs else last.named("trace")
    bits = bits_of(min(sums.low, -1), sums.high)
    return Wires(
        **sites,
        leaks=tuple(leaks),
        sums=np.int32 if bits <= 32 else np.int64,
        sum_bits=bits,
        sum_frac=sums.frac,
        compared=membrane.frac,
        drive=(drive.low, drive.high),
        membrane=(membrane.low, membrane.high),
    )
