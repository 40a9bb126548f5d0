"""A network that is built by calls: populations after each other, and projections between any of them."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fxsnn.api.neurons import Neuron, relay
from fxsnn.api.planning import Plan, Said, formats_of_constants
from fxsnn.errors import ConfigError
from fxsnn.format import Format, as_format
from fxsnn.graph.connect import Kind, Pair, Projection, fitted, windows
from fxsnn.graph.files import load_graph
from fxsnn.graph.given import Given, Shape, given_of
from fxsnn.graph.network import Graph
from fxsnn.graph.population import INPUT, Outer, Population, population, shape_of
from fxsnn.graph.reading import Over, Reading, Readout
from fxsnn.graph.saving import save_graph
from fxsnn.lfsr import Lfsr

Cells = int | tuple[int, int]


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
        self._shape, self._format = shape_of(shape, INPUT), as_format(format)
        self._populations: dict[str, Population] = {}
        self._projections: list[Projection] = []
        self._readout = Readout()

    @classmethod
    def of(cls, graph: Graph) -> Self:
        """Return a network that was made otherwise, to go on building it."""
        made = cls(graph.shape, graph.format)
        made._populations = {one.name: one for one in graph.populations}
        made._projections, made._readout = list(graph.projections), graph.readout
        return made

    @property
    def graph(self) -> Graph:
        """The network as a value that does not change; ConfigError where it is not complete or cannot run."""
        projections = tuple(self._projections)
        return Graph(self._shape, tuple(self._populations.values()), projections, self._format, self._readout)

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
        one = self._made(neuron, shape, name or self._free("hidden"), outer, registers)
        self._populations[one.name] = one
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

        weights    of dense [sources, targets]; of conv [rows, columns, channels of a group, output channels]; of scale
                   one, one a channel or one each; none of other kinds
        kind       dense, conv, sum, average, maximum, identity or scale
        input      of the target's text, where that has several
        signal     name of the weights' signal in a plan
        delay      in steps; a cycle needs 1 or more

        Raises ConfigError where source and target do not fit, or a name is unknown.
        """
        one = self._wired(
            self._known(source),
            self._populations[self._known(target, source=False)],
            weights,
            kind=kind,
            name=name,
            into=input,
            signal=signal,
            delay=delay,
            kernel=_pair(kernel),
            stride=None if stride is None else _pair(stride),
            padding=_pair(padding),
            groups=groups,
        )
        self._projections.append(one)
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

        weights    [sources, neurons]
        after      a population or "input"; what was added last, if nothing is said
        """
        held = given_of(weights, "weights")
        if held.values.ndim != 2:
            raise ConfigError(
                f"weights of a dense projection must be [sources, neurons], not {list(held.values.shape)}"
            )
        return self._after(neuron, held.values.shape[1], held, after, name, outer, delay=delay, signal=signal)

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

        weights    [rows, columns, channels of a group, output channels]; the kernel is not turned round
        stride, padding    cells, or (down, across)

        Raises as `connect`.
        """
        held = given_of(weights, "weights")
        if held.values.ndim != 4:
            raise ConfigError(
                "weights of a convolution must be [rows, columns, channels of a group, output channels], "
                f"not {list(held.values.shape)}"
            )
        rows, columns, _, outputs = held.values.shape
        keys = {"kernel": (rows, columns), "stride": _pair(stride), "padding": _pair(padding), "groups": groups}
        return self._after(neuron, outputs, held, after, name, outer, kind="conv", delay=delay, signal=signal, **keys)

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
        keys = {"kernel": _pair(kernel), "stride": None if stride is None else _pair(stride), "delay": delay}
        chosen = name or self._free("pooled")
        return self._after(neuron or relay(), 0, None, after, chosen, outer, kind=kind, **keys)

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
        for name, form in formats_of_constants(self._populations.values(), plan).items():
            plan[name] = form
        return plan

    def save(self, path: str | PathLike[str]) -> None:
        """Write the network as TOML, its arrays beside it in one .npz, and the neurons' own texts as .neuron.

        Raises ConfigError where the name does not end in .toml, FileError where a file cannot be written.
        """
        save_graph(self.graph, Path(path))

    def _after(
        self,
        neuron: Neuron,
        shape: int,
        weights: Given | None,
        after: str,
        name: str,
        outer: Outer,
        **keys: Any,
    ) -> str:
        """Add a population and the projection to it; of a map the shape follows from what is before it."""
        source = self._known(after or next(reversed(self._populations), INPUT))
        sizes: int | Shape = shape
        if "kernel" in keys:
            sizes = self._map(source, weights, shape, keys)
        one = self._made(neuron, sizes, name or self._free("hidden"), outer, None)
        wire = self._wired(source, one, weights, **keys)
        self._populations[one.name] = one
        self._projections.append(wire)
        return one.name

    def _map(self, source: str, weights: Given | None, outputs: int, keys: Mapping[str, Any]) -> Shape:
        before = self._shape_at(source)
        if len(before) != 3:
            raise ConfigError(f"{keys['kind']} must be of a map [rows, columns, channels], not of {list(before)}")
        down, across = windows(Projection(source, source, source, "", weights=weights, **keys), before)
        return max(down, 1), max(across, 1), outputs or before[2]  # a kernel that does not fit is refused by its size

    def _made(self, neuron: Neuron, shape: int | Shape, name: str, outer: Outer, registers: int | None) -> Population:
        if not isinstance(neuron, Neuron):
            raise ConfigError(f"a neuron must be one of fxsnn.lif(...) or fxsnn.Neuron.parse(...), not {neuron!r}")
        if name in self._populations:
            raise ConfigError(f"a population must have a name of its own, {name!r} is there")
        return population(name, shape, neuron.text, neuron.choices, neuron.constants, neuron.numbers, outer, registers)

    def _wired(
        self,
        source: str,
        target: Population,
        weights: ArrayLike | Given | None,
        *,
        name: str = "",
        into: str = "",
        **keys: Any,
    ) -> Projection:
        name, inputs = name or f"{source}_{target.name}", target.neuron.inputs
        if (into or len(inputs) != 1) and into not in inputs:
            known = ", ".join(inputs) or "none"
            raise ConfigError(f"projection {name}: input must be one of {known} of {target.name}, not {into!r}")
        held = None if weights is None else given_of(weights, f"weights of {name}")
        wire = Projection(name, source, target.name, into or inputs[0], weights=held, **keys)
        return fitted(wire, self._shape_at(source), target.shape)

    def _known(self, name: str, *, source: bool = True) -> str:
        known = [INPUT] * source + [*self._populations]
        if name not in known:
            raise ConfigError(f"a population must be one of {', '.join(known) or 'none'}, not {name!r}")
        return name

    def _shape_at(self, name: str) -> Shape:
        return self._shape if name == INPUT else self._populations[name].shape

    def _free(self, name: str) -> str:
        found, number = name, 2
        while found in self._populations:
            found, number = f"{name}{number}", number + 1
        return found


def load(path: str | PathLike[str]) -> Network:
    """Return the network of populations that a TOML file holds, with the arrays and texts beside it.

    Raises
    ------
    FxsnnError
        A file cannot be read, or the network is none: one line with the file, and the key or place that is wrong.
    """
    return Network.of(load_graph(Path(path)))


def _pair(cells: Cells) -> Pair:
    if isinstance(cells, int):
        return cells, cells
    down, across = cells
    return down, across
