"""A network as the kernels take it: widths proved, constants laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from fxsnn.kernels.site import Site as Site
from fxsnn.program.compiled import Compiled, compiled
from fxsnn.quantised import QuantisedNetwork, site_registers
from fxsnn.width import constants_of, fits_together, lanes_for, program_of


@dataclass(slots=True, eq=False)
class Rows:
    """Weights as the kernels take them: a row for each input, summed in the narrowest lanes."""

    words: NDArray[np.signedinteger]  # in the narrowest type that holds them; the last row is zeros, and so is
    # what fills the rows up to whole cache lines
    lane: NDArray[np.signedinteger]  # none, of the type of the sums
    chunk: int  # rows whose sum the lanes are proved to hold
    together: int  # rows, 4, 2 or 1, whose sum the words of these weights hold


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


def rows_of(weights: NDArray[np.int64], lowest: int, highest: int) -> Rows:
    """Return weights, int64[inputs, neurons], all of them between two words, as the kernels take them."""
    inputs, neurons = weights.shape
    lanes, width = lanes_for(lowest, highest, inputs), -(-neurons // 64) * 64
    padded = cleared((inputs + 1) * width, lanes.weights).reshape(inputs + 1, width)
    padded[:inputs, :neurons] = weights
    together = fits_together(int(padded.min()), int(padded.max()), lanes.weights)
    return Rows(padded, np.empty(0, dtype=lanes.sums), lanes.chunk, together)


def cleared(words: int, word: type[Any]) -> NDArray[Any]:
    """Return zeros that begin with a cache line."""
    size = words * np.dtype(word).itemsize
    room = np.zeros(size + 63, dtype=np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + size].view(word)
