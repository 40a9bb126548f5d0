"""The names of fxsnn/quantised.py, for scripts that import them from where they were.

Whoever imports this module has it as `fxsnn.quantise`, in the place of the function for networks of populations.
"""

from fxsnn.quantised import SITES, QuantisedNetwork, quantise, site_registers

__all__ = ["SITES", "QuantisedNetwork", "quantise", "site_registers"]
