"""The proof that no intermediate of a layer leaves the machine's word, and the casts of its time step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fxsnn.format import Format
from fxsnn.kernels.datapath import Site
from fxsnn.layered.quantise import QuantisedLayer
from fxsnn.plan import Leak, Signal
from fxsnn.width import Proof, Range

SPIKES = Format(1, 0, signed=False)


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
    reach: Range  # of all exact intermediates but those of the comparison
    drive: Range  # of what is compared, before refractory state and bias
    membrane: Range  # of what they add up to
    exact_bits: int  # of a two's complement word that holds every exact intermediate, and a draw beside it


def wires(layer: QuantisedLayer, given: Format) -> Wires:
    """Wire the casts of a layer whose input words are of format `given`, and prove that all fits int64.

    Raises
    ------
    WidthError
        An exact intermediate could leave int64, or a cast would drop more than 62 bits; the message names it.
    """
    plan, proof = layer.plan, Proof(layer.registers[0].width)
    q, p, r = plan.synapse.format, plan.trace.format, plan.refractory.format
    inputs = plan.filters == "inputs"
    under = p if inputs else given
    cells = math.prod(layer.geometry.weights[:3])
    total = _range(plan.weight.format), _range(under)
    ends = [a * b for a in total[0] for b in total[1]]
    sums = min(*ends, 0) * cells, max(*ends, 0) * cells
    summed = Format(plan.weight.format.word, plan.weight.format.frac + under.frac)  # where a sum's binary point is
    proof.check("convolve", f"{cells} x {plan.weight.format.describe()} * {under.describe()}", sums)
    narrow = sums[0] >= -(1 << 31) and sums[1] < 1 << 31

    trace = proof.site("trace", plan.trace, _leaked(proof, "trace", plan.trace, plan.trace_leak), (_range(q), q), "+")
    come = (_range(given), given) if inputs else (sums, summed)
    synapse = proof.site("synapse", plan.synapse, _leaked(proof, "synapse", plan.synapse, plan.synapse_leak), come, "+")
    leaked = _leaked(proof, "refractory", plan.refractory, plan.refractory_leak)
    refractory = proof.site("refractory", plan.refractory, leaked, (_range(r), r), "-")

    reach = proof.lowest, proof.highest
    drive, frac = (sums, summed.frac) if inputs else (_range(p), p.frac)
    compared = max(frac, r.frac, plan.bias.format.frac)
    parts = [(drive, frac), (_range(r), r.frac), (_range(plan.bias.format), plan.bias.format.frac)]
    for bounds, place in parts:
        proof.check("membrane", "aligned", (bounds[0] << compared - place, bounds[1] << compared - place))
    low, high = (sum(bounds[end] << compared - place for bounds, place in parts) for end in (0, 1))
    proof.check("membrane", "drive + refractory state + bias", (low, high))
    leaks = tuple(
        (factor, leak.shift if leak.kind == "shift" else 0, -1 if leak.kind == "shift" else 0)
        for factor, leak in zip(layer.factors, (plan.trace_leak, plan.synapse_leak, plan.refractory_leak), strict=True)
    )
    bits = max(sums[1].bit_length(), (-sums[0] - 1).bit_length()) + 1
    widest = max(proof.highest.bit_length(), (-proof.lowest - 1).bit_length())
    exact = min(64, max(widest, *(site.right for site in (trace, synapse, refractory))) + 2)
    lanes = np.int32 if narrow else np.int64
    return Wires(
        trace, synapse, refractory, leaks, lanes, bits, summed.frac, compared, reach, drive, (low, high), exact
    )


def _leaked(proof: Proof, name: str, signal: Signal, leak: Leak) -> tuple[Range, Format]:
    """Return the range of a leaked state, and where its binary point is."""
    low, high = _range(signal.format)
    if leak.kind != "multiply":
        return (min(low, low - (low >> 1), 0), max(high, 0)), signal.format
    most = leak.factor.format.highest
    bounds = min(low * most, low), max(high * most, high)
    proof.check(f"{name} leak", f"{signal.format.describe()} * {leak.factor.format.describe()}", bounds)
    return bounds, Format(signal.format.word, signal.format.frac + leak.factor.format.frac, signal.format.signed)


def _range(fmt: Format) -> Range:
    return fmt.lowest, fmt.highest
