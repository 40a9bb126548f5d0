"""A network that is built by calls: populations after each other, and projections between any of them."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from fxsnn.api.neurons import Neuron, relay
from fxsnn.api.parts import Cells, Parts, pair
from fxsnn.api.planning import Plan, Said, formats_of_constants
from fxsnn.errors import ConfigError
from fxsnn.graph.connect import Kind
from fxsnn.graph.files import load_graph
from fxsnn.graph.given import Given, Shape, given_of
from fxsnn.graph.network import Graph
from fxsnn.graph.population import INPUT, Outer, shape_of
from fxsnn.graph.reading import Over, Reading, Readout
from fxsnn.graph.saving import save_graph
from fxsnn.number.format import Format, as_format
from fxsnn.number.lfsr import Lfsr


class Network:
    """Populations of neurons and the projections between them; see docs/networks.md.

    Populations have names, which the calls that make them return: "hidden", then "hidden2" and so on, if none is given.
    A projection is called "source_target" if it has no other name. Weights are real numbers, or raw words by
    `fxsnn.raw(...)`, and so are constants.

    A call that is refused leaves the network as it was.
    """

    def __init__(self, shape: int | Shape, format: Format | str = "UQ1.0") -> None:  # noqa: A002  as in files
        """Begin with the input alone.

        shape     of the input: words, or (rows, columns, channels)
        format    of its words: spikes, if not said

        Raises ConfigError and FormatError.
        """
        self._parts, self._format, self._readout = Parts(shape_of(shape, INPUT)), as_format(format), Readout()

    @classmethod
    def of(cls, graph: Graph) -> Self:
        """Return a network that was made otherwise, to go on building it."""
        made = cls(graph.shape, graph.format)
        made._parts.populations |= {one.name: one for one in graph.populations}
        made._parts.projections += graph.projections
        made._readout = graph.readout
        return made

    @property
    def graph(self) -> Graph:
        """The network as a value that does not change; ConfigError where it is not complete or cannot run."""
        parts = self._parts
        populations, projections = tuple(parts.populations.values()), tuple(parts.projections)
        return Graph(parts.shape, populations, projections, self._format, self._readout)

    def population(
        self,
        neuron: Neuron,
        shape: int | Shape,
        *,
        name: str = "",
        outer: Outer = "inputs",
        registers: int | None = None,
    ) -> str:
        """Add a population without a projection to it; return its name.

        shape        neurons, or (rows, columns, channels)
        outer        the outer loop of the hardware, on which memory depends: "inputs" or "neurons"
        registers    number of its first register, where draws must be those of another design

        Raises ConfigError where the neuron lacks a constant, a constant is of another shape, or the name is taken.
        """
        one = self._parts.made(neuron, shape, name or self._parts.free("hidden"), outer, registers)
        self._parts.populations[one.name] = one
        return one.name

    def connect(
        self,
        source: str,
        target: str,
        weights: ArrayLike | Given | None = None,
        *,
        kind: Kind = "dense",
        name: str = "",
        input: str = "",  # noqa: A002  as in files
        signal: str = "weight",
        delay: int = 0,
        kernel: Cells = 1,
        stride: Cells | None = None,
        padding: Cells = 0,
        groups: int = 1,
    ) -> str:
        """Add a projection from a population or "input" to a population, also to itself; return its name.

        weights    of dense float64[sources, targets]; of conv [rows, columns, channels of a group, output channels];
                   of scale one, one a channel or one each; none of other kinds
        kind       dense, conv, sum, average, maximum, identity or scale
        input      of the target's text, where that has several
        signal     name of the weights' signal in a plan
        delay      in steps; a cycle needs 1 or more

        Raises ConfigError where source and target do not fit, or a name is unknown.
        """
        parts = self._parts
        one = parts.wired(
            parts.known(source),
            parts.populations[parts.known(target, source=False)],
            weights,
            kind=kind,
            name=name,
            into=input,
            signal=signal,
            delay=delay,
            kernel=pair(kernel),
            stride=None if stride is None else pair(stride),
            padding=pair(padding),
            groups=groups,
        )
        parts.projections.append(one)
        return one.name

    def dense(
        self,
        weights: ArrayLike | Given,
        neuron: Neuron,
        *,
        after: str = "",
        name: str = "",
        delay: int = 0,
        signal: str = "weight",
        outer: Outer = "inputs",
    ) -> str:
        """Add a population that every neuron before it reaches; return its name. Raises as `connect`.

        weights    float64[sources, neurons]
        after      a population or "input"; what was added last, if nothing is said
        """
        given = given_of(weights, "weights")
        if given.values.ndim != 2:
            raise ConfigError(
                f"weights of a dense projection must be [sources, neurons], not {list(given.values.shape)}"
            )
        return self._parts.after(neuron, given.values.shape[1], given, after, name, outer, delay=delay, signal=signal)

    def conv(
        self,
        weights: ArrayLike | Given,
        neuron: Neuron,
        *,
        after: str = "",
        name: str = "",
        stride: Cells = 1,
        padding: Cells = 0,
        groups: int = 1,
        delay: int = 0,
        signal: str = "weight",
        outer: Outer = "inputs",
    ) -> str:
        """Add a map of neurons, each of which sees the map before it through a kernel; return its name.

        weights    float64[rows, columns, channels of a group, output channels]; the kernel is not flipped
        stride, padding    cells, or (down, across)

        Raises as `connect`.
        """
        given = given_of(weights, "weights")
        if given.values.ndim != 4:
            raise ConfigError(
                "weights of a convolution must be [rows, columns, channels of a group, output channels], "
                f"not {list(given.values.shape)}"
            )
        rows, columns, _, outputs = given.values.shape
        keys = {"kernel": (rows, columns), "stride": pair(stride), "padding": pair(padding), "groups": groups}
        return self._parts.after(
            neuron, outputs, given, after, name, outer, kind="conv", delay=delay, signal=signal, **keys
        )

    def pool(
        self,
        kind: Kind,
        kernel: Cells,
        *,
        after: str = "",
        name: str = "",
        stride: Cells | None = None,
        neuron: Neuron | None = None,
        delay: int = 0,
        outer: Outer = "inputs",
    ) -> str:
        """Add a map whose neurons each see a window of the map before it; return its name.

        kind      sum, average or maximum
        kernel    of cells, or (down, across); the stride too, which is the kernel's if not said
        neuron    a relay, if not said

        Raises as `connect`.
        """
        keys = {"kernel": pair(kernel), "stride": None if stride is None else pair(stride), "delay": delay}
        chosen = name or self._parts.free("pooled")
        return self._parts.after(neuron or relay(), 0, None, after, chosen, outer, kind=kind, **keys)

    def read(
        self,
        kind: Reading = "counts",
        *,
        population: str = "",
        labels: ArrayLike | None = None,
        node: str = "",
        over: Over = "sum",
        skip: int = 0,
    ) -> None:
        """Say how the answer is read: as `[readout]` of docs/networks.md.

        labels    int[neurons], the class of each by which "labels" votes, -1 for none

        Raises ConfigError, also later, once the network is complete.
        """
        classes = None if labels is None else np.asarray(labels)
        if classes is not None and classes.dtype.kind not in "iu":
            raise ConfigError(f"readout: labels must be whole numbers, not {classes.dtype}")
        whole = None if classes is None else classes.astype(np.int64)
        self._readout = Readout(kind, population, whole, node, over, skip)

    def plan(self, signals: Mapping[str, Said] | None = None, /, *, lfsr: Lfsr | None = None, **others: Said) -> Plan:
        """Return a plan of these signals: `net.plan(weight="Q1.3", membrane="Q6.6 floor saturate")`.

        Constants in real numbers that have signals of their own, and no format here, get 8 fractional bits and as many
        integer bits as hold them; these stand in the plan then, as all others. Nothing else is filled in.

        signals    by name, where that is no word of Python: `{"hidden.membrane": "Q5.8"}`
        lfsr       the register from which every cast that rounds by chance derives its own

        Raises ConfigError where a format or mode is none. Whether a signal is missing `fxsnn.quantise` says.
        """
        plan = Plan({**(signals or {}), **others}, lfsr=lfsr)
        for name, form in formats_of_constants(self._parts.populations.values(), plan).items():
            plan[name] = form
        return plan

    def save(self, path: str | PathLike[str]) -> None:
        """Write the network as TOML, its arrays beside it in one .npz, and the neurons' own texts as .neuron.

        Raises ConfigError where the name does not end in .toml, FileError where a file cannot be written.
        """
        save_graph(self.graph, Path(path))


def load(path: str | PathLike[str]) -> Network:
    """Return the network of populations that a TOML file holds, with the arrays and texts beside it.

    Raises
    ------
    FxsnnError
        A file cannot be read, or the network is none: one line with the file, and the key or place that is wrong.
    """
    return Network.of(load_graph(Path(path)))
