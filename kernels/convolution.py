"""Decaying states of a layer that learns and its comparison, in integer arithmetic."""

from numpy import int64

from ._jit import jit
from .draws import fill_draws
from .lif import settle


@jit
def decay(states, added, site, leak, draws, registers, row, taps):  # type: ignore[no-untyped-def]
    """Leak every state, add what comes, and cast once: int64[n] in place.

    added      int64[n]
    leak       factor, shift, mask: v * factor - ((v >> shift) & mask)
    draws      int64[n] | None    room for what a stochastic cast adds
    """
    factor, shift, mask = leak
    if draws is not None:
        fill_draws(draws, registers, row, taps, site)
    for n in range(states.shape[0]):
        bias = site.bias if draws is None or site.draw_bits == 0 else draws[n]
        leaked = states[n] * factor - ((states[n] >> shift) & mask)
        total = (leaked << site.left) + (added[n] << site.left_other)
        states[n] = settle(total, site, bias)


@jit
def fire(spikes, sums, refractory, bias, sums_left, refractory_left):  # type: ignore[no-untyped-def]
    """Compare the membrane with 0: uint8[neurons], 1 where sum + refractory state + bias is above it.

    bias     int64[outputs], at the binary point at which all are compared
    """
    outputs = bias.shape[0]
    for first in range(0, spikes.shape[0], outputs):
        for n in range(outputs):
            total = (int64(sums[first + n]) << sums_left) + (refractory[first + n] << refractory_left) + bias[n]
            spikes[first + n] = total > 0
