"""The names of fxsnn/quantised.py, for scripts that import them from where they were.

This module can be called as the function `fxsnn.quantise` is, whose place it takes once somebody imports it.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from fxsnn.quantised import SITES, QuantisedNetwork, quantise, site_registers

__all__ = ["SITES", "QuantisedNetwork", "quantise", "site_registers"]


class _Callable(ModuleType):
    def __call__(self, *arguments: Any) -> Any:
        """Do as `fxsnn.api.fixed.quantise`."""
        return import_module("fxsnn.api.fixed").quantise(*arguments)


sys.modules[__name__].__class__ = _Callable
