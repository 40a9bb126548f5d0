"""A layered network played with a respect of its semantics that no plan describes changed, cell by cell in NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fxsnn.golden.layers import Shown, words_of_traces
from fxsnn.layered.emulate import NODES, LayeredTrace
from fxsnn.layered.quantise import CASTS, QuantisedLayer, QuantisedLayers
from fxsnn.layered.width import Wires, input_format, wires
from fxsnn.lfsr import Lfsr
from fxsnn.prepare import Site, limited, rounded

Words = dict[str, NDArray[np.int64]]
Map = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Semantics:
    """What is otherwise than docs/events.md says; nothing, as it stands."""

    fresh_synapse: bool = False  # P takes the Q of this step, M the I
    old_refractory: bool = False  # the R of the step before is compared
    prompt_refractory: bool = False  # R takes the spikes of this step, once they are compared
    fires_at_zero: bool = False
    pool: Literal["any", "first", "last", "all"] = "any"  # which neuron of a window speaks for it
    late_layers: bool = False  # a layer takes the spikes of the step before
    masks: tuple[int, ...] = (-1, -1, -1)  # of the bits that a shift gives, of each leak
    reset_states: bool = True  # at the begin of a recording
    reset_registers: bool = True


def played(network: QuantisedLayers, shown: Shown, semantics: Semantics) -> Words:
    """Return the words of every file under these semantics; raises WidthError as `emulate_layers` does."""
    layers = [
        _Player(layer, wires(layer, input_format(network, number)), semantics)
        for number, layer in enumerate(network.layers)
    ]
    traces = []
    for frames in shown.frames:
        for layer in layers:
            layer.begin()
        traces.append(_trace(network, layers, frames, semantics))
    return words_of_traces(network, shown, traces)


def _trace(
    network: QuantisedLayers, layers: list[_Player], frames: NDArray[np.uint16], semantics: Semantics
) -> LayeredTrace:
    described = network.description
    kept: list[dict[str, list[Map]]] = [{name: [] for name in (*NODES, "membrane", "output")} for _ in layers]
    registers: list[list[list[int]]] = [[] for _ in layers]
    scores = np.zeros(described.classes, np.int64)
    for step, frame in enumerate(frames):
        before = [layer.words["output"] for layer in layers]
        given = frame.astype(np.int64)
        for number, layer in enumerate(layers):
            layer.advance(before[number - 1] if semantics.late_layers and number else given)
            given = layer.words["output"]
            for name, rows in kept[number].items():
                rows.append(layer.words[name].reshape(-1))
            registers[number].append([draws.state for draws in layer.draws])
        if step >= described.burn_in:
            last = layers[-1].words
            output = described.layer[-1].kind == "output"
            scores += last["membrane"].reshape(-1) if output else last["output"].reshape(-1) @ network.readout
    nodes = tuple({name: np.stack(rows) for name, rows in one.items()} for one in kept)
    return LayeredTrace(nodes, tuple(np.array(one, np.int64) for one in registers), (), scores)


class _Draws:
    """What a stochastic cast adds, and the register: it holds the bits that entered it last."""

    def __init__(self, register: Lfsr, site: Site) -> None:
        self.register, self.site = register, site
        self.begin()

    def begin(self) -> None:
        self.state, self.stream = self.register.seed, self._draws()

    def _draws(self) -> Iterator[int]:
        return self.register.draws(self.site.draw_bits)

    def take(self, shape: tuple[int, ...]) -> Map | None:
        """Return a draw for each word, ascending, at the top of the dropped bits."""
        bits, size = self.site.draw_bits, int(np.prod(shape))
        if not bits:
            return None
        fresh = list(islice(self.stream, size))
        for draw in fresh:
            self.state = (self.state << bits | draw) & ((1 << self.register.width) - 1)
        return np.array(fresh, np.int64).reshape(shape) << self.site.right - bits


class _Player:
    """A layer at work."""

    def __init__(self, layer: QuantisedLayer, wired: Wires, semantics: Semantics) -> None:
        self.layer, self.wired, self.semantics = layer, wired, semantics
        self.inputs = layer.plan.filters == "inputs"
        self.sites = (wired.trace, wired.synapse, wired.refractory)
        self.draws = [_Draws(register, site) for register, site in zip(layer.registers, self.sites, strict=True)]
        geometry = layer.geometry
        decaying = geometry.inputs if self.inputs else geometry.outputs
        shapes = {"trace": decaying, "synapse": decaying, "output": geometry.pooled}
        self.words: Words = {
            name: np.zeros(shapes.get(name, geometry.outputs), np.int64) for name in (*NODES, "membrane", "output")
        }

    def begin(self) -> None:
        """Begin a recording."""
        if self.semantics.reset_states:
            self.words = {name: np.zeros_like(held) for name, held in self.words.items()}
        if self.semantics.reset_registers:
            for draws in self.draws:
                draws.begin()

    def advance(self, given: Map) -> None:
        """Do a time step."""
        semantics, words, old = self.semantics, self.words, dict(self.words)
        sums = None if self.inputs else self._convolved(given)
        words["synapse"] = self._decayed(1, given if sums is None else sums)
        words["trace"] = self._decayed(0, (words if semantics.fresh_synapse else old)["synapse"])
        words["sum"] = self._convolved(words["trace"]) if sums is None else sums
        if not semantics.prompt_refractory:
            words["refractory"] = self._decayed(2, -self.layer.refractory * old["spike"])
        kept = old if semantics.old_refractory else words
        words["membrane"] = self._membrane(words["sum" if self.inputs else "trace"], kept["refractory"])
        words["spike"] = (words["membrane"] >= (0 if semantics.fires_at_zero else 1)).astype(np.int64)
        if semantics.prompt_refractory:
            words["refractory"] = self._decayed(2, -self.layer.refractory * words["spike"])
        words["output"] = self._pooled(words["spike"])

    def _decayed(self, row: int, added: Map) -> Map:
        site, v = self.sites[row], self.words[CASTS[row]]
        factor, shift, mask = self.wired.leaks[row]
        leaked = v * factor - ((v >> shift) & mask & self.semantics.masks[row])
        exact = (leaked << site.left) + (added << site.left_other)
        return limited(rounded(exact, site, self.draws[row].take(v.shape)), site)

    def _convolved(self, under: Map) -> Map:
        geometry, weights = self.layer.geometry, self.layer.weights
        rows, columns = geometry.kernel
        height, width, _ = geometry.outputs
        # a kernel that lies beside the map by a wrong padding must find zeros there too
        around = np.pad(under, ((geometry.padding, rows), (geometry.padding, columns), (0, 0)))
        total = np.zeros(geometry.outputs, np.int64)
        for ky in range(rows):
            for kx in range(columns):
                total += around[ky : ky + height, kx : kx + width] @ weights[ky, kx]
        return total

    def _membrane(self, drive: Map, refractory: Map) -> Map:
        plan, compared = self.layer.plan, self.wired.compared
        frac = self.wired.sum_frac if self.inputs else plan.trace.format.frac
        bias = self.layer.bias << compared - plan.bias.format.frac
        membrane: Map = (drive << compared - frac) + bias + (refractory << compared - plan.refractory.format.frac)
        return membrane

    def _pooled(self, spikes: Map) -> Map:
        geometry, size = self.layer.geometry, self.layer.geometry.pool
        height, width, channels = geometry.pooled
        whole = spikes[: height * size, : width * size].reshape(height, size, width, size, channels)
        if self.semantics.pool == "first":
            return whole[:, 0, :, 0]
        if self.semantics.pool == "last":
            return whole[:, -1, :, -1]
        pooled: Map = (whole.min if self.semantics.pool == "all" else whole.max)(axis=(1, 3))
        return pooled
