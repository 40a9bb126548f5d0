"""The constants of a layer, as every kernel takes them."""

from typing import NamedTuple

import numpy as np
from numpy import int64
from numpy.typing import NDArray

from ._jit import jit_within

ZERO, VALUE, SUBTRACT = range(3)  # reset
NONE, LOWEST, LARGEST = range(3)  # winner


class Site(NamedTuple):
    """One cast: both operands brought to a common binary point, low bits dropped, the rest limited."""

    left: int  # aligns the first operand
    left_other: int  # aligns the second operand
    right: int  # bits dropped
    bias: int  # the rounding: see rescale.biases
    if_negative: int
    if_odd: int
    lowest: int  # the rails
    highest: int
    overflow: int
    draw_bits: int  # fresh LFSR bits a stochastic cast takes; 0 for every other rounding


class Datapath(NamedTuple):
    """The constants of a layer, all raw words or shifts."""

    each: Site  # partial sum + weight -> synaptic current, where every addition is cast
    accumulate: Site  # sum -> synaptic current; passes everything where every addition was cast
    leak: Site  # leaked membrane -> membrane; passes everything where the update is fused
    integrate: Site  # leaked membrane + synaptic current -> membrane
    reset: Site  # membrane - threshold -> membrane
    inhibit: Site  # membrane - inhibition -> membrane
    cast_each: int  # 1: accumulate casts after every addition
    fused: int  # 1: leak passes everything and integrate casts once
    factor: int  # leak: v * factor - ((v >> leak_shift) & leak_mask)
    leak_shift: int
    leak_mask: int
    compare_left: int  # brings the membrane to the binary point of the limits
    fires_at: int  # least excess that fires: 0 for >=, 1 for >
    winner: int
    reset_kind: int
    reset_word: int  # reset value, or threshold
    refractory_steps: int
    refractory_mask: int  # -1: a refractory neuron ignores its input, 0: it integrates
    inhibition: int  # 0: no inhibition at all
    floor: int  # least membrane that inhibition leaves
    simple: int  # 1: the membranes are int32 and simple.py does for lif.py


def words_of(path: Datapath) -> NDArray[int64]:
    """Return all constants in one array, which Python hands over in a tenth of the time of nested tuples."""
    return np.array([word for part in path for word in (part if isinstance(part, tuple) else (part,))], dtype=int64)


@jit_within
def path_of(words):  # type: ignore[no-untyped-def]
    """Return the datapath that `words_of` put into an array."""
    sites = (_site(words, 0), _site(words, 10), _site(words, 20), _site(words, 30), _site(words, 40), _site(words, 50))
    w = words[60:]
    return Datapath(
        *sites, w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11], w[12], w[13], w[14]
    )


@jit_within
def _site(words, at):  # type: ignore[no-untyped-def]
    w = words[at : at + 10]
    return Site(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9])
