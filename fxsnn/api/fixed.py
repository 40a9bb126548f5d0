"""A network in integers: run, traced, counted, followed step by step, and written as golden vectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.api.building import Network
from fxsnn.api.nodes import Nodes
from fxsnn.api.planning import Plan
from fxsnn.golden.populations import graph_layout
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.graph.inputs import checked_inputs
from fxsnn.graph.inventory import graph_memory
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.run import Answers, named_words, run, trace
from fxsnn.graph.starting import Given, known_states
from fxsnn.graph.stepping import State
from fxsnn.measure.macro import macro_of
from fxsnn.measure.memory import memory_to_data
from fxsnn.number.format import Format


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """A network whose every weight and constant is a raw word. `fxsnn.quantise` makes one; it does not change.

    Spikes are int or bool, [steps, ...] of the input's shape or flat; words of its format where that is another than
    "UQ1.0".
    """

    network: QuantisedGraph

    def run(self, spikes: ArrayLike, *, threads: int = 1, start: Given | None = None) -> Answers:
        """Return what the network says of every input of `spikes`, [inputs, steps, ...]; each begins at rest.

        start    raw words with which states begin instead of 0, by `population.state`: [neurons], or [inputs, neurons];
                 nothing was emitted before in any case

        Returns `said`, int64[inputs, neurons] of the population that is read, and `classes`, int64[inputs], or none
        without a readout that asks.

        Raises
        ------
        ConfigError
            The spikes or words at the start are of another shape, or hold what is no word of their format.
        OverflowDetectedError
            A signal's overflow mode is `error` and a value left it.
        """
        return run(self.network, spikes, threads, start)

    def trace(self, spikes: ArrayLike, *, start: Given | None = None) -> Nodes:
        """Return every node of every population at every step of one input, int64[steps, ...]; else as `run`."""
        words, formats = dict[str, NDArray[np.int64]](), self.formats
        for name, kept in trace(self.network, spikes, start).items():
            words |= named_words(self.network, name, kept)
        return Nodes({name: values for name, values in words.items() if name in formats}, formats)

    def start(self, states: Given | None = None) -> State:
        """Return the network, to be followed one step at a time: `words = state.step(row)`.

        states    raw words with which states begin, by `population.state`, [neurons]; the others are 0

        Raises ConfigError where a name is no state, or its words are of another shape or do not fit its format.
        """
        return State(self.network, states)

    def memory(self, *, macro: str = "", start: Iterable[str] = ()) -> dict[str, Any]:
        """Return what inference stores, array by array, as `fxsnn memory --json` prints it.

        macro    "ramb18" or "sram-32x1024", in which arrays are allocated too
        start    states, `population.state`, that begin with given words

        Raises ConfigError for another macro, and for what is no state.
        """
        begun = known_states(self.network, start)
        return memory_to_data(graph_memory(self.network, begun), macro_of(macro) if macro else None)

    def golden(
        self,
        folder: str | PathLike[str],
        spikes: ArrayLike,
        *,
        directed: bool = False,
        formats: Iterable[str] = (),
        start: Given | None = None,
    ) -> dict[str, Any]:
        """Write golden vectors of inputs, int64[inputs, steps, ...], with RTL and a bench; return the manifest.

        directed   whether inputs that reach corners of the arithmetic follow, as `fxsnn golden make` adds them
        formats    further memory images: "coe", "amd-mif", "intel-mif", "c-header", "npz"
        start      what states begin with, as of `run`

        Raises
        ------
        ConfigError
            As `run`; or the folder holds something that fxsnn did not make.
        FileError
            The folder cannot be written.
        """
        presented = checked_inputs(spikes, self.network.graph)
        kinds = tuple(formats)
        return make_graph_bundle(Path(folder), self.network, presented, aimed=directed, kinds=kinds, start=start)

    @property
    def words(self) -> dict[str, NDArray[np.int64]]:
        """Raw words of weights and constants by name, `input_hidden.weight`; they cannot be written."""
        return self.network.words

    @property
    def formats(self) -> Mapping[str, Format]:
        """The format of every weight, constant, node and register by name, and of the input."""
        vectors = graph_layout(self.network, 1, self.network.graph.readout.skip + 1)
        return {one.name: one.format for one in vectors if one.role in ("constant", "node") or one.name == "input"}


def quantise(net: Network, plan: Plan) -> Fixed:
    """Return the network in integers: every weight and constant cast into its signal; raw words stay as they are.

    Raises
    ------
    ConfigError
        Signals have no format, all of which are named; a raw word is none of its format; the network is not complete.
    OverflowDetectedError
        A number leaves its format and the overflow mode is `error`.
    WidthError
        A value of a step could leave 64 bits.
    """
    return Fixed(quantise_graph(net.graph, plan.held()))
