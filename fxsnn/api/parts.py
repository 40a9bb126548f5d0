"""The populations and projections of a network that is being built: each is checked before it is added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import ArrayLike

from fxsnn.api.neurons import Neuron
from fxsnn.errors import ConfigError
from fxsnn.graph.connect import Pair, Projection, fitted, windows
from fxsnn.graph.given import Given, Shape, given_of
from fxsnn.graph.population import INPUT, Outer, Population, free_name, population

Cells = int | tuple[int, int]


@dataclass(slots=True, eq=False)
class Parts:
    """What is there so far; `shape` is that of the input."""

    shape: Shape
    populations: dict[str, Population] = field(default_factory=dict)
    projections: list[Projection] = field(default_factory=list)

    def after(
        self,
        neuron: Neuron,
        shape: int,
        weights: Given | None,
        after: str,
        name: str,
        outer: Outer,
        **keys: Any,
    ) -> str:
        """Add a population and the projection to it; return its name.

        shape    neurons; of a kernel channels, or 0 for those of the map before it, from which the rest follows

        Raises ConfigError.
        """
        source = self.known(after or next(reversed(self.populations), INPUT))
        sizes: int | Shape = shape
        if "kernel" in keys:
            sizes = self._map(source, weights, shape, keys)
        one = self.made(neuron, sizes, name or self.free("hidden"), outer, None)
        wire = self.wired(source, one, weights, **keys)
        self.populations[one.name] = one
        self.projections.append(wire)
        return one.name

    def _map(self, source: str, weights: Given | None, outputs: int, keys: Mapping[str, Any]) -> Shape:
        before = self._shape_at(source)
        if len(before) != 3:
            raise ConfigError(f"{keys['kind']} must be of a map [rows, columns, channels], not of {list(before)}")
        down, across = windows(Projection(source, source, source, "", weights=weights, **keys), before)
        return max(down, 1), max(across, 1), outputs or before[2]  # a kernel that does not fit is refused by its size

    def made(self, neuron: Neuron, shape: int | Shape, name: str, outer: Outer, registers: int | None) -> Population:
        """Return a population that is not there yet; raises ConfigError and NeuronError."""
        if not isinstance(neuron, Neuron):
            raise ConfigError(f"a neuron must be one of fxsnn.lif(...) or fxsnn.Neuron.parse(...), not {neuron!r}")
        if name in self.populations:
            raise ConfigError(f"a population must have a name of its own, {name!r} is there")
        return population(name, shape, neuron.text, neuron.choices, neuron.constants, neuron.numbers, outer, registers)

    def wired(
        self,
        source: str,
        target: Population,
        weights: ArrayLike | Given | None,
        *,
        name: str = "",
        into: str = "",
        **keys: Any,
    ) -> Projection:
        """Return a projection that fits its ends; raises ConfigError.

        weights    float64 of any shape that the kind of projection takes, or `raw` words
        """
        name, inputs = name or f"{source}_{target.name}", target.neuron.inputs
        if (into or len(inputs) != 1) and into not in inputs:
            known = ", ".join(inputs) or "none"
            raise ConfigError(f"projection {name}: input must be one of {known} of {target.name}, not {into!r}")
        given = None if weights is None else given_of(weights, f"weights of {name}")
        wire = Projection(name, source, target.name, into or inputs[0], weights=given, **keys)
        return fitted(wire, self._shape_at(source), target.shape)

    def known(self, name: str, *, source: bool = True) -> str:
        """Return the name of a population, or of the input where it is a source; raises ConfigError for another."""
        known = [INPUT] * source + [*self.populations]
        if name not in known:
            raise ConfigError(f"a population must be one of {', '.join(known) or 'none'}, not {name!r}")
        return name

    def _shape_at(self, name: str) -> Shape:
        return self.shape if name == INPUT else self.populations[name].shape

    def free(self, name: str) -> str:
        """Return a name that no population has."""
        return free_name(name, self.populations, "")


def pair(cells: Cells) -> Pair:
    """Return cells down and across; raises ConfigError where they are none."""
    both = (cells, cells) if isinstance(cells, int) else tuple(cells) if isinstance(cells, tuple | list) else ()
    if len(both) != 2 or not all(type(one) is int for one in both):
        raise ConfigError(f"kernel, stride and padding must be a whole number or (down, across), not {cells!r}")
    return both[0], both[1]
