"""Constants of a layer in narrow words, and the proof that 16 or 32 bits hold all that is computed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fxsnn.format import Format
from fxsnn.kernels import rescale
from fxsnn.kernels.datapath import Site
from fxsnn.layered.quantise import QuantisedLayer
from fxsnn.layered.width import Wires
from fxsnn.width import Range

Constants = NDArray[np.signedinteger]


@dataclass(frozen=True, slots=True, eq=False)
class Decays:
    """Constants of kernels/narrow_states.py, in the narrowest words that hold every intermediate."""

    constants: Constants  # [3, constants] of trace, synapse and refractory state
    bias: Constants  # [channels], at the binary point at which membranes are compared with 0


def decays_of(layer: QuantisedLayer, wired: Wires, given: Format) -> Decays | None:
    """Return the constants of a layer, or none where kernels/narrow.py may not run it.

    Its weights, its inputs of format `given` and what is under the kernel must fit 16 bits, sums and every other exact
    intermediate 32, and every cast must saturate and round by a bias alone.
    """
    plan = layer.plan
    under = plan.trace.format if plan.filters == "inputs" else given
    sites = (wired.trace, wired.synapse, wired.refractory)
    if not (
        all(fmt.lowest >= -(1 << 15) and fmt.highest < 1 << 15 for fmt in (plan.weight.format, given, under))
        and all(site.overflow == rescale.SATURATE and site.draw_bits == 0 for site in sites)
        and all(site.if_negative == 0 and site.if_odd == 0 for site in sites)
        and wired.sums is np.int32
    ):
        return None
    p, q, r = (_range(signal.format) for signal in (plan.trace, plan.synapse, plan.refractory))
    inputs = plan.filters == "inputs"
    sums = sums_of(layer, under)
    kick, scale = layer.refractory, 1 << wired.refractory.left_other
    found = [
        _decay(wired.trace, wired.leaks[0], p, q, 1 << wired.trace.left_other),
        _decay(wired.synapse, wired.leaks[1], q, _range(given) if inputs else sums, 1 << wired.synapse.left_other),
        _decay(wired.refractory, wired.leaks[2], r, (0, 1), -kick * scale),
    ]
    frac = wired.sum_frac if inputs else plan.trace.format.frac
    common = max(frac, plan.refractory.format.frac) if kick else frac
    left, other = 1 << common - frac, 1 << common - plan.refractory.format.frac if kick else 0
    biased = plan.bias.format.frac
    # rounded up: x + b > 0 holds for a whole number x exactly if x + ceil(b) > 0 does
    bias = layer.bias << max(common - biased, 0) if common >= biased else -(-layer.bias >> biased - common)
    least, most = min(0, *bias.tolist()), max(0, *bias.tolist())
    driven, rest = _times(sums if inputs else p, left), _times(r, other)
    reached = [left, other, *driven, *rest, least, most]
    reached += [driven[0] + least + min(rest[0], 0), driven[1] + most + max(rest[1], 0)]
    words = [decay.words for decay in found]
    reached += [word for decay in found for word in decay.reached]
    for kind in (np.int16, np.int32):
        lowest, highest = int(np.iinfo(kind).min), int(np.iinfo(kind).max)
        shifts = [word[place] for word in words for place in (1, 5)]
        if min(reached) >= lowest and max(reached) <= highest and max(shifts) < highest.bit_length():
            rows = [[*word[:6], max(word[6], lowest), min(word[7], highest), left, other] for word in words]
            return Decays(np.array(rows, kind), bias.astype(kind))
    return None


def sums_of(layer: QuantisedLayer, under: Format) -> Range:
    """Return the ends of what the layer's weights can sum up to, of words of format `under`."""
    weights = layer.weights.reshape(-1, layer.geometry.outputs[2])
    above, below = np.maximum(weights, 0).sum(axis=0), np.minimum(weights, 0).sum(axis=0)
    low, high = min(under.lowest, 0), under.highest
    return int((below * high + above * low).min()), int((above * high + below * low).max())


@dataclass(frozen=True, slots=True)
class _Decay:
    words: list[int]  # factor, shift, less, scale, bias, right and rails
    reached: list[int]  # ends of all that is computed, and constants


def _decay(site: Site, leak: tuple[int, int, int], state: Range, come: Range, scale: int) -> _Decay:
    """Return the constants of a cast, without low bits that are 0 in all that is added up."""
    factor, shift, mask = leak
    factor, less, bias, right = factor << site.left, 1 << site.left if mask else 0, site.bias, site.right
    while right > 0 and not (factor | less | scale) & 1:
        factor, less, scale, bias, right = factor >> 1, less >> 1, scale >> 1, bias >> 1, right - 1
    product, coming = _times(state, factor), _times(come, scale)
    away = _times((state[0] >> shift, state[1] >> shift), less)
    leaked = product[0] - max(away[1], 0), product[1] - min(away[0], 0)
    total = leaked[0] + coming[0], leaked[1] + coming[1] + bias
    reached = [factor, less, scale, bias, *product, *coming, *away, *leaked, *total]
    return _Decay([factor, shift, less, scale, bias, right, site.lowest, site.highest], reached)


def _range(fmt: Format) -> Range:
    return fmt.lowest, fmt.highest


def _times(bounds: Range, factor: int) -> Range:
    """Return the ends of products with a constant, 0 among them."""
    ends = bounds[0] * factor, bounds[1] * factor
    return min(*ends, 0), max(*ends, 0)
