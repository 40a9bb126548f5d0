"""Bit-accurate fixed-point emulation of spiking neural networks; docs/api.md shows every name."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fxsnn.errors import FxsnnError
from fxsnn.former import FORMER
from fxsnn.number.cast import CastResult, cast, cast_counted, from_float, from_float_counted, to_float
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Overflow, Rounding

if TYPE_CHECKING:
    from fxsnn.api.building import Network, load
    from fxsnn.api.fixed import Fixed, quantise
    from fxsnn.api.neurons import Neuron, cuba_lif, integrator, lif, relay
    from fxsnn.api.nodes import Nodes, load_golden
    from fxsnn.api.planning import Plan
    from fxsnn.graph.given import raw
    from fxsnn.graph.stepping import State
    from fxsnn.number.signal import Signal

__version__ = "0.1.0"

__all__ = [
    "CastResult",
    "Fixed",
    "Format",
    "FxsnnError",
    "Lfsr",
    "Network",
    "Neuron",
    "Nodes",
    "Overflow",
    "Plan",
    "Rounding",
    "Signal",
    "State",
    "cast",
    "cast_counted",
    "cuba_lif",
    "from_float",
    "from_float_counted",
    "integrator",
    "lif",
    "load",
    "load_golden",
    "quantise",
    "raw",
    "relay",
    "to_float",
]

# what takes time to import is imported when its name is first used: the command line begins without it
_LATER = {
    "Fixed": "api.fixed",
    "Network": "api.building",
    "Neuron": "api.neurons",
    "Nodes": "api.nodes",
    "Plan": "api.planning",
    "Signal": "number.signal",
    "State": "graph.stepping",
    "cuba_lif": "api.neurons",
    "integrator": "api.neurons",
    "lif": "api.neurons",
    "load": "api.building",
    "load_golden": "api.nodes",
    "quantise": "api.fixed",
    "raw": "graph.given",
    "relay": "api.neurons",
}


if not TYPE_CHECKING:  # a type checker would take any name for one of these

    def __getattr__(name: str) -> Any:
        if name in FORMER and name not in _LATER:
            return FORMER[name]
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
