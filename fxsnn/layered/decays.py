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

PLACES = 1 << 31

Constants = NDArray[np.signedinteger]


@dataclass(frozen=True, slots=True, eq=False)
class Decays:
    """Constants of kernels/narrow_states.py, in the narrowest words that hold every intermediate."""

    constants: Constants  # [3, constants] of trace, synapse and refractory state
    bias: Constants  # [channels], at the binary point at which membranes are compared with 0


def decays_of(layer: QuantisedLayer, wired: Wires, given: Format) -> Decays | None:
    """Return the constants of a layer, or none where kernels/narrow.py may not run it.

    Its weights, its inputs of format `given` and what is under the kernel must fit 16 bits, sums and every other exact
    intermediate 32, as must the places of its weights, and every cast must saturate and round by a bias alone.
    """
    plan = layer.plan
    under = plan.trace.format if plan.filters == "inputs" else given
    sites = (wired.trace, wired.synapse, wired.refractory)
    if not (
        all(holds(16, _range(fmt)) for fmt in (plan.weight.format, given, under))
        and all(site.overflow == rescale.SATURATE and site.draw_bits == 0 for site in sites)
        and all(site.if_negative == 0 and site.if_odd == 0 for site in sites)
        and wired.sums is np.int32
        and _farthest(layer) < PLACES
    ):
        return None
    p, q, r = (_range(signal.format) for signal in (plan.trace, plan.synapse, plan.refractory))
    inputs = plan.filters == "inputs"
    sums = sums_of(layer, under)
    kick = layer.refractory
    found = [
        _decay(wired.trace, wired.leaks[0], p, q),
        _decay(wired.synapse, wired.leaks[1], q, _range(given) if inputs else sums),
        _decay(wired.refractory, wired.leaks[2], r, (-kick, 0)),
    ]
    frac = wired.sum_frac if inputs else plan.trace.format.frac
    common = max(frac, plan.refractory.format.frac) if kick else frac
    left, other = common - frac, common - plan.refractory.format.frac if kick else 0
    biased = plan.bias.format.frac
    # rounded up: x + b > 0 holds for a whole number x exactly if x + ceil(b) > 0 does
    bias = layer.bias << max(common - biased, 0) if common >= biased else -(-layer.bias >> biased - common)
    least, most = min(0, *bias.tolist()), max(0, *bias.tolist())
    driven, rest = _shifted(sums if inputs else p, left), _shifted(r, other)
    reached = [*driven, *rest, least, most, driven[0] + least + rest[0], driven[1] + most + rest[1]]
    reached += [end for decay in found for end in decay.reached]
    shifts = [left, other, *(shift for decay in found for shift in (decay.shift, decay.left, decay.right))]
    for kind in (np.int16, np.int32):
        rails = int(np.iinfo(kind).min), int(np.iinfo(kind).max)
        if min(reached) >= rails[0] and max(reached) <= rails[1] and max(shifts) < rails[1].bit_length():
            rows = [[*decay.words(rails), -kick << found[2].left, left, other] for decay in found]
            return Decays(np.array(rows, kind), bias.astype(kind))
    return None


def _farthest(layer: QuantisedLayer) -> int:
    """Return more than the places of `laid.laid` reach: tiles of at most 32 cells, fours of inputs filled up."""
    rows, columns, channels, outputs = layer.geometry.weights
    return (rows * columns * (channels + 3) + layer.geometry.inputs[0]) * 65 * outputs * 4


def holds(bits: int, bounds: Range) -> bool:
    """Say whether two's complement words of so many bits hold all between two ends."""
    return bounds[0] >= -(1 << bits - 1) and bounds[1] < 1 << bits - 1


def sums_of(layer: QuantisedLayer, under: Format) -> Range:
    """Return the ends of what the layer's weights can sum up to, of words of format `under`."""
    weights = layer.weights.reshape(-1, layer.geometry.outputs[2])
    above, below = np.maximum(weights, 0).sum(axis=0), np.minimum(weights, 0).sum(axis=0)
    low, high = min(under.lowest, 0), under.highest
    return int((below * high + above * low).min()), int((above * high + below * low).max())


@dataclass(frozen=True, slots=True)
class _Decay:
    """A leak and a cast, see kernels/narrow_states.py."""

    factor: int
    shift: int
    less: int
    left: int
    bias: int
    right: int
    lowest: int
    highest: int
    reached: tuple[int, ...]  # ends of all that is computed, and constants

    def words(self, rails: Range) -> list[int]:
        """Return the constants; a rail beyond what words can be is never met."""
        lowest, highest = max(self.lowest, rails[0]), min(self.highest, rails[1])
        return [self.factor, self.shift, self.less, self.left, self.bias, self.right, lowest, highest]


def _decay(site: Site, leak: tuple[int, int, int], state: Range, come: Range) -> _Decay:
    """Return the constants of a cast, without low bits that are 0 in all that is added up."""
    factor, shift, mask = leak
    factor, less = factor << site.left, 1 << site.left if mask else 0
    left, bias, right = site.left_other, site.bias, site.right
    while right > 0 and left > 0 and not (factor | less) & 1:
        factor, less, left, bias, right = factor >> 1, less >> 1, left - 1, bias >> 1, right - 1
    product, coming = _ends(state[0] * factor, state[1] * factor), _shifted(come, left)
    away = _ends((state[0] >> shift) * less, (state[1] >> shift) * less)
    leaked = product[0] - away[1], product[1] - away[0]
    total = leaked[0] + coming[0], leaked[1] + coming[1] + bias
    reached = (factor, less, bias, *product, *coming, *away, *leaked, *total)
    return _Decay(factor, shift, less, left, bias, right, site.lowest, site.highest, reached)


def _shifted(bounds: Range, left: int) -> Range:
    return _ends(bounds[0] << left, bounds[1] << left)


def _ends(*values: int) -> Range:
    """Return the ends of what lies between some values and 0."""
    return min(*values, 0), max(*values, 0)


def _range(fmt: Format) -> Range:
    return fmt.lowest, fmt.highest
