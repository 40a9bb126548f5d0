"""The constants of a layer, as every kernel takes them."""

from typing import NamedTuple

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
