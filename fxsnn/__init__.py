"""Bit-accurate fixed-point emulation of spiking neural networks."""

from fxsnn.cast import CastResult, cast, cast_counted, from_float, from_float_counted, to_float
from fxsnn.errors import FxsnnError
from fxsnn.format import Format
from fxsnn.lfsr import Lfsr
from fxsnn.modes import Overflow, Rounding

__version__ = "0.1.0"

__all__ = [
    "CastResult",
    "Format",
    "FxsnnError",
    "Lfsr",
    "Overflow",
    "Rounding",
    "cast",
    "cast_counted",
    "from_float",
    "from_float_counted",
    "to_float",
]
