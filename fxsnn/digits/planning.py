"""A plan for a network of one layer: integer bits as its values ask for, fractional bits as given."""

from __future__ import annotations

from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.ranges import profile
from fxsnn.data.encode import Spikes
from fxsnn.digits.grid import Grid, make_points
from fxsnn.exploration.planned import Asked
from fxsnn.measure.ranges import fraction_bits, integer_bits
from fxsnn.number.format import Format

FACTOR_BITS = 8  # fractional bits of the leak's factor at the most


def plan_of_images(network: Network, spikes: Spikes, asked: Asked) -> Plan:
    """Return the point of a grid whose signals have the integer bits that these images ask for in real numbers.

    A largest weight of exactly a power of two saturates: STDP bounds weights there. The membrane is multiplied by its
    decay, in as many bits as hold it, FACTOR_BITS at the most; by one of 1 it is not.

    Raises
    ------
    ConfigError, FormatError
        There is no image, or a word would be too wide.
    """
    integer, signed = integer_bits((float(network.weights.min()), float(network.weights.max())))
    factor = max(1, fraction_bits(network.decay, FACTOR_BITS))
    grid = Grid(
        weight=(str(Format(asked.weight, asked.weight - integer, signed)),),
        state_bits=(asked.state,),
        weight_rounding=(asked.weight_rounding,),
        state_rounding=(asked.state_rounding,),
        leak=("none" if network.decay == 1 else f"multiply UQ0.{factor}",),
        fold=(False,),
    )
    (point,) = make_points(grid, profile(network, spikes))
    return point.plan
