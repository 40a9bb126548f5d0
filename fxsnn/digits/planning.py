"""A plan for a network of one layer: integer bits as its values ask for, fractional bits as given."""

from __future__ import annotations

from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.ranges import profile
from fxsnn.data.encode import Spikes
from fxsnn.digits.grid import Grid, make_points
from fxsnn.exploration.planned import CONSTANT_BITS, Asked
from fxsnn.measure.ranges import constant_format, fraction_bits, integer_bits
from fxsnn.number.format import Format
from fxsnn.number.signal import Signal


def plan_of_images(network: Network, spikes: Spikes, asked: Asked) -> Plan:
    """Return the point of a grid whose signals have the integer bits that these images ask for in real numbers.

    A largest weight of exactly a power of two saturates: STDP bounds weights there. The membrane is multiplied by its
    decay, by one of 1 it is not. Decay, threshold and inhibition have as many bits as hold them, behind the point at
    most CONSTANT_BITS or those of states.

    Raises
    ------
    ConfigError, FormatError
        There is no image, or a word would be too wide.
    """
    integer, signed = integer_bits((float(network.weights.min()), float(network.weights.max())))
    factor = max(1, fraction_bits(network.decay, CONSTANT_BITS))
    grid = Grid(
        weight=(str(Format(asked.weight, asked.weight - integer, signed)),),
        state_bits=(asked.state,),
        weight_rounding=(asked.weight_rounding,),
        state_rounding=(asked.state_rounding,),
        leak=("none" if network.decay == 1 else f"multiply UQ0.{factor}",),
        fold=(False,),
    )
    (point,) = make_points(grid, profile(network, spikes))
    most = max(asked.state, CONSTANT_BITS)
    constants = {name: Signal(constant_format(getattr(network, name), most)) for name in ("threshold", "inhibition")}
    return point.plan.changed(**constants)
