"""A network: populations of neurons, the projections between them, and how its answer is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from fxsnn.errors import ConfigError, of_table
from fxsnn.graph.connect import Projection, fitted
from fxsnn.graph.given import Shape
from fxsnn.graph.order import PROJECTION, Stage, schedule
from fxsnn.graph.population import INPUT, NAME, Population, are, shape_of
from fxsnn.graph.reading import Readout
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr

MOST_CLASSES = 1 << 16
SPIKES = Format(1, 0, signed=False)
BLOCK = 1 << 16  # registers of a population, of which its text's numbers are
_WEIGHTS, _CONSTANTS = 1 << 32, 1 << 33  # streams of what is rounded by chance before anything runs


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A network, checked: shapes fit, names are known, and no cycle is without a delay.

    shape      of the input: words, or rows, columns and channels
    format     of the input's words: spikes if not said
    """

    shape: Shape
    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    format: Format = SPIKES
    readout: Readout = field(default_factory=Readout)
    stages: tuple[Stage, ...] = field(init=False)  # in the order in which they run

    def __post_init__(self) -> None:
        if not self.populations:
            raise ConfigError("a network must have one population or more, not none")
        object.__setattr__(self, "shape", shape_of(self.shape, INPUT))
        names = [one.name for one in self.populations] + [one.name for one in self.projections]
        if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
            raise ConfigError(f"populations and projections must have names of their own, {twice[0]!r} is there twice")
        fitting = []
        for number, one in enumerate(self.projections):
            with of_table(PROJECTION, number):
                fitting.append(self._fitted(one))
        object.__setattr__(self, "projections", tuple(fitting))
        self._check_reached()
        edges = [(one.source, one.target, one.delay) for one in self.projections]
        object.__setattr__(self, "stages", schedule([one.name for one in self.populations], edges))
        self._check_registers()
        self._check_readout()

    def __getitem__(self, name: str) -> Population:
        """Return the population of a name; raises ConfigError where there is none."""
        found = next((one for one in self.populations if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in self.populations)
            raise ConfigError(f"a population must be one of {known}, not {name!r}")
        return found

    def into(self, name: str, given: str) -> tuple[Projection, ...]:
        """Return the projections to an input of a population."""
        return tuple(one for one in self.projections if (one.target, one.input) == (name, given))

    def shape_at(self, name: str) -> Shape:
        """Return the shape of a population or of the input."""
        return self.shape if name == INPUT else self[name].shape

    @property
    def read(self) -> Population:
        """The population that the answer is read from."""
        return self[self.readout.population] if self.readout.population else self.populations[-1]

    def first_register(self, name: str) -> int:
        """Return the number of a population's first register."""
        own = self[name].registers
        return BLOCK * [one.name for one in self.populations].index(name) if own is None else own

    def register(self, lfsr: Lfsr, name: str, stream: int) -> Lfsr:
        """Return the register of a cast of a population as it stands before the first step."""
        return lfsr.derive(self.first_register(name) + stream)

    def weight_register(self, lfsr: Lfsr, projection: Projection) -> Lfsr:
        """Return the register from which a projection's weights draw that are rounded by chance."""
        return lfsr.derive(_WEIGHTS + self.projections.index(projection))

    def constant_register(self, lfsr: Lfsr, name: str, constant: str) -> Lfsr:
        """Return the register from which a population's constant draws that is rounded by chance."""
        number = [one.name for one in self.populations].index(name)
        return lfsr.derive(_CONSTANTS + BLOCK * number + list(self[name].neuron.constants).index(constant))

    def _fitted(self, projection: Projection) -> Projection:
        """Return a projection whose weights have their shape; refuses one that does not fit."""
        if not NAME.fullmatch(projection.name):
            raise ConfigError(f"a projection's name must be letters, digits and _, it is {projection.name!r}")
        for name in (projection.source, projection.target):
            if name != INPUT and all(one.name != name for one in self.populations):
                known = ", ".join((INPUT, *(one.name for one in self.populations)))
                raise ConfigError(f"projection {projection.name}: from and to must be one of {known}, not {name!r}")
        if projection.target == INPUT:
            raise ConfigError(f"projection {projection.name}: to must be a population, not the network's input")
        inputs = self[projection.target].neuron.inputs
        if projection.input not in inputs:
            known = ", ".join(inputs) or "none"
            raise ConfigError(
                f"projection {projection.name}: input must be one of {known} of {projection.target}, "
                f"not {projection.input!r}"
            )
        return fitted(projection, self.shape_at(projection.source), self.shape_at(projection.target))

    def _check_reached(self) -> None:
        for one in self.populations:
            for given in one.neuron.inputs:
                if not self.into(one.name, given):
                    raise ConfigError(
                        f"population {one.name}: the input {given} must have a projection to it, it has none"
                    )
        reached = {INPUT} | {one.name for one in self.populations if not one.neuron.inputs}
        while more := {one.target for one in self.projections if one.source in reached} - reached:
            reached |= more
        if missed := [one.name for one in self.populations if one.name not in reached]:
            raise ConfigError(f"populations must be reached from the input, {', '.join(missed)} {are(missed)} not")

    def _check_registers(self) -> None:
        owners: dict[int, str] = {}
        for one in self.populations:
            for cast in one.neuron.casts:
                if cast.stream is None:
                    continue
                number = self.first_register(one.name) + cast.stream
                if number in owners:
                    other = owners[number]
                    raise ConfigError(
                        f"population {one.name}: a cast must have a register of its own, {number} is that of {other}"
                    )
                owners[number] = one.name

    def _check_readout(self) -> None:
        read, labels = self.read, self.readout.labels
        if self.readout.node and self.readout.node not in read.neuron.names:
            raise ConfigError(
                f"readout: node must be one of {', '.join(read.neuron.names)} of {read.name}, not {self.readout.node!r}"
            )
        if labels is None:
            return
        low, high = labels.min(initial=0), labels.max(initial=0)
        if labels.shape != (read.size,) or labels.dtype != np.int64 or low < -1 or high >= MOST_CLASSES:
            raise ConfigError(
                f"readout: labels must be {read.size} classes of 0 to {MOST_CLASSES - 1}, or -1 for none, "
                f"not {labels.dtype}{list(labels.shape)} of {low} to {high}"
            )


def names_of(graph: Graph) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every population and projection that has signals, and the names of these."""
    for one in graph.populations:
        yield one.name, one.neuron.signals
    for projection in graph.projections:
        if projection.weighed:
            yield projection.name, (projection.signal,)
