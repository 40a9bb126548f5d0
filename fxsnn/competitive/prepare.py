"""A network as the kernels take it: widths proved, constants laid out."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.quantised import QuantisedNetwork, site_registers
from fxsnn.competitive.width import constants_of, program_of
from fxsnn.graph.lanes import Rows, rows_of
from fxsnn.kernels.site import Site
from fxsnn.program.compiled import Compiled, compiled


@dataclass(slots=True, eq=False)
class Prepared:
    """A network as the kernels take it."""

    rows: Rows
    seeds: NDArray[np.int64]
    taps: NDArray[np.int64]


_READY: WeakKeyDictionary[QuantisedNetwork, Prepared] = WeakKeyDictionary()
_STEPS: WeakKeyDictionary[QuantisedNetwork, Compiled] = WeakKeyDictionary()


def prepare(network: QuantisedNetwork) -> Prepared:
    """Prove the widths and lay out the constants, once for each network: networks never change."""
    ready = _READY.get(network)
    if ready is None:
        weight = network.plan.weight.format
        ready = Prepared(
            rows_of(network.weights, weight.lowest, weight.highest),
            np.array([register.seed for register in site_registers(network.plan)], dtype=np.int64),
            network.plan.lfsr.tap_array(),
        )
        _READY[network] = ready
    return ready


def step_of(network: QuantisedNetwork) -> Compiled:
    """Return the network's step as a kernel, with its data, once for each network."""
    found = _STEPS.get(network)
    if found is None:
        found = _STEPS[network] = compiled(program_of(network), constants_of(network))
    return found


def rounded(exact: NDArray[np.int64], site: Site, draws: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Return what a cast's rounding makes of exact values, before overflow: rescale.drop, on arrays.

    exact, draws    int64 of any shape, both of the same; the result too
    """
    floor = exact >> site.right
    rest = exact - (floor << site.right)
    added = np.where(exact < 0, site.bias + site.if_negative, site.bias) if draws is None else draws
    total: NDArray[np.int64] = floor + ((rest + added + (site.if_odd & -(floor & 1))) >> site.right)
    return total
