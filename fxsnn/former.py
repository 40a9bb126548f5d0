"""Modules by their former names: scripts that import `fxsnn.emulate` find `fxsnn.competitive.emulate`."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_MOVED = {
    "competitive": ("emulate", "itq", "learn", "network", "quantised", "recording"),
    "data": ("encode", "learned"),
    "digits": ("profiled",),
    "exploration": ("candidates", "descent", "pareto", "planned", "selection", "shortened"),
    "io": ("apart", "documents", "files", "imagetext", "memtext", "npz"),
    "jobs": ("samples",),
    "measure": ("budget", "classify", "macro", "score", "ties"),
    "networks": ("counting", "described"),
    "number": ("cast", "format", "lfsr", "modes"),
}
_PLACES = {name: (f"{folder}.{name}",) for folder, names in _MOVED.items() for name in names} | {
    "demo": ("jobs.digits_demo", "digits.bench", "engine.progress"),
    "distributions": ("measure.distributions", "competitive.watching"),
    "drive": ("graph.drive",),
    "explore": ("digits.bench", "exploration.candidate"),
    "firing": ("measure.firing", "competitive.watching"),
    "grid": ("digits.grid", "exploration.point"),
    "job": ("jobs.digits", "jobs.digits_demo", "jobs.kinds"),
    "kinds": ("jobs.kinds", "jobs.report"),
    "learner": ("digits.bench",),
    "memory": ("measure.memory", "competitive.inventory", "measure.macro"),
    "overflows": ("measure.overflows", "competitive.watching"),
    "plan": ("competitive.plan", "number.signal"),
    "quantise": ("competitive.quantised",),
    "ranges": ("measure.ranges", "competitive.ranges"),
    "reporting": ("jobs.report", "jobs.sources"),
    "splits": ("digits.splits", "digits.bench"),
    "training": ("jobs.digits_training",),
    "width": ("competitive.graph", "golden.layer_layout", "golden.rtl"),
}


class _Former(ModuleType):
    """A module that is in other places now, each of them imported when its first name is asked for."""

    def __init__(self, name: str, places: tuple[str, ...]) -> None:
        super().__init__(name, f"Now fxsnn.{', fxsnn.'.join(places)}.")
        self.__dict__["_places"] = places

    def __getattr__(self, name: str) -> Any:
        for place in () if name.startswith("__") else self.__dict__["_places"]:
            module = import_module(f"fxsnn.{place}")
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


FORMER: dict[str, ModuleType] = {name: _Former(f"fxsnn.{name}", places) for name, places in _PLACES.items()}
sys.modules.update({module.__name__: module for module in FORMER.values()})
