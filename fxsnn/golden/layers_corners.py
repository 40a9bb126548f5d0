"""The corners that vectors of a layered network must reach to find the usual faults, and which were reached."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from fxsnn.frozen import freeze
from fxsnn.golden.corners import Reached, Where, cast_corners
from fxsnn.golden.stimuli import Timed
from fxsnn.layered.quantise import CASTS, QuantisedLayer, QuantisedLayers
from fxsnn.layered.width import Wires, input_format, wires
from fxsnn.lfsr import Lfsr
from fxsnn.plan import Leak
from fxsnn.prepare import Site

Words = dict[str, NDArray[np.int64]]
LEAKS = ("trace_leak", "synapse_leak", "refractory_leak")  # of the casts, in their order


def layers_coverage(network: QuantisedLayers, shown: Timed, words: Words) -> dict[str, Reached]:
    """Return every corner that this network's configuration has, in a fixed order; `words` as of `layers_words`."""
    found: dict[str, Reached] = {}
    for first, last in pairwise(shown.edges):  # one recording at a time: the rows may be many
        part = {name: held[first:last] for name, held in words.items() if len(held) == shown.rows}
        for name, where in layers_corners(network, part, followed=last < shown.rows):
            flat = where.reshape(len(where), -1)
            before, count = found.get(name, Reached(0)), int(np.count_nonzero(flat))
            if count and not before.count:
                row, neuron = divmod(int(flat.argmax()), flat.shape[1])
                before = Reached(0, first + row, neuron)
            found[name] = replace(before, count=before.count + count)
    return found


def layers_corners(network: QuantisedLayers, words: Words, *, followed: bool) -> Iterator[tuple[str, Where]]:
    """Yield each corner with where one recording reached it: bool[steps, cells], or of maps.

    followed    another recording comes behind it, which must not see what this one left
    """
    frames = words["input"]
    yield "input: no event", _by_row(frames, 0)
    yield "input: the highest count in every cell", _by_row(frames, network.description.clip)
    given = frames
    for number, layer in enumerate(network.layers):
        held = _Layer(layer, wires(layer, input_format(network, number)), given, words, f"layer{number}_")
        for name, where in (*held.casts(), *held.leaks(), *held.others(followed)):
            yield f"layer {number} {name}", where
        given = words.get(f"layer{number}_output", words[f"layer{number}_spike"])


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """One layer in one recording."""

    layer: QuantisedLayer
    wired: Wires
    given: NDArray[np.int64]
    words: Words
    names: str

    def __post_init__(self) -> None:
        freeze(self)

    def node(self, name: str) -> NDArray[np.int64]:
        return self.words[f"{self.names}{name}"]

    def before(self, name: str) -> NDArray[np.int64]:
        """Return a node as it was before each step."""
        held = np.roll(self.node(name), 1, axis=0)
        held[0] = 0
        return held

    def casts(self) -> Iterator[tuple[str, Where]]:
        """Yield the corners of the three casts."""
        come = self.given if self.layer.plan.filters == "inputs" else self.node("sum")
        added = {
            "trace": self.before("synapse"),
            "synapse": come,
            "refractory": -self.layer.refractory * self.before("spike"),
        }
        sites = {"trace": self.wired.trace, "synapse": self.wired.synapse, "refractory": self.wired.refractory}
        for row, cast in enumerate(CASTS):
            factor, shift, mask = self.wired.leaks[row]
            v, site = self.before(cast), sites[cast]
            exact = ((v * factor - ((v >> shift) & mask)) << site.left) + (added[cast] << site.left_other)
            draws = _draws(self.layer.registers[row], site, exact.shape)
            for corner, where in cast_corners(site, exact, draws):
                yield f"{cast}: {corner}", where

    def leaks(self) -> Iterator[tuple[str, Where]]:
        """Yield where a shift drops bits."""
        for cast, name in zip(CASTS, LEAKS, strict=True):
            leak: Leak = getattr(self.layer.plan, name)
            if leak.kind == "shift":
                v = self.before(cast)
                dropped = (v & ((1 << leak.shift) - 1)) != 0
                yield f"{cast}: shifts bits out of a positive word", dropped & (v > 0)
                yield f"{cast}: shifts bits out of a negative word", dropped & (v < 0)

    def others(self, followed: bool) -> Iterator[tuple[str, Where]]:
        """Yield the corners of sum, comparison, pooling and of what a recording leaves behind."""
        plan, geometry, wired = self.layer.plan, self.layer.geometry, self.wired
        sums, membrane, spike = self.node("sum"), self.node("membrane"), self.node("spike")
        yield "sum: above 0", sums > 0
        yield "sum: below 0", sums < 0
        if geometry.padding:
            yield "sum: of an input at an edge", _edge(self.node("trace") if plan.filters == "inputs" else self.given)
        unit = grid(self.layer, wired)
        yield "compare: at 0", membrane == 0
        yield "compare: just above 0", (membrane > 0) & (membrane <= unit)
        yield "compare: just below 0", (membrane < 0) & (membrane >= -unit)
        if self.layer.refractory:
            kept = (self.before("spike") > 0) & (self.before("refractory") != 0)
            yield "refractory: a spike while it lasts", kept
        if geometry.pool > 1:
            height, width, size = geometry.pooled[0], geometry.pooled[1], geometry.pool
            whole = spike[:, : height * size, : width * size]
            count = whole.reshape(len(spike), height, size, width, size, -1).sum(axis=(2, 4))
            yield "pool: no spike", count == 0
            yield "pool: one spike", count == 1
            yield "pool: several spikes", count > 1
            if whole.shape != spike.shape:
                cut = spike > 0
                cut[:, : height * size, : width * size] = False
                yield "pool: a spike that is cut off", cut
        for name in ("trace", "synapse", "refractory"):
            left = np.zeros(self.node(name).shape, np.bool_)
            left[-1] = (self.node(name)[-1] != 0) & followed
            yield f"{name}: the next recording must not see it", left


def grid(layer: QuantisedLayer, wired: Wires) -> int:
    """Return the distance of two membranes of one neuron, where they are compared."""
    plan = layer.plan
    drive = wired.sum_frac if plan.filters == "inputs" else plan.trace.format.frac
    return 1 << wired.compared - max(drive, plan.refractory.format.frac)


def _draws(register: Lfsr, site: Site, shape: tuple[int, ...]) -> NDArray[np.int64] | None:
    """Return what a stochastic cast added in one recording: the register begins at its seed, words ascend."""
    if not site.draw_bits:
        return None
    size = math.prod(shape)
    fresh = np.fromiter(islice(register.draws(site.draw_bits), size), np.int64, size)
    return fresh.reshape(shape) << site.right - site.draw_bits


def _edge(maps: NDArray[np.int64]) -> Where:
    """Return where the words at the edges of maps are not 0."""
    inner = np.zeros(maps.shape, np.bool_)
    inner[:, 1:-1, 1:-1] = True
    edge: Where = (maps != 0) & ~inner
    return edge


def _by_row(frames: NDArray[np.int64], count: int) -> Where:
    everywhere: Where = (frames == count).reshape(len(frames), -1).all(axis=1, keepdims=True)
    return everywhere
