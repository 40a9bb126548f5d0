"""A network of populations in which something is changed: steps, words, registers, or when things come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from fxsnn.graph.connect import Projection
from fxsnn.graph.engine import registers_of
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.number.lfsr import Lfsr
from fxsnn.program.variant import Ints, Variant, variant


@dataclass(frozen=True, slots=True, eq=False)
class Mutant:
    """A network, in which something may be changed."""

    variants: Mapping[str, Variant]  # by population
    constants: Mapping[str, Mapping[str, Ints]]  # int64[1 or neurons]
    registers: Mapping[str, Mapping[int, Lfsr]]
    weights: Mapping[str, Ints]  # by projection
    delays: Mapping[str, int]
    start: Mapping[str, Ints]  # what states begin with, by `population.state`, int64[presentations, neurons]; or with 0
    lasting: frozenset[str] = frozenset()  # states (`population.state`) and registers that presentations do not reset
    stale: frozenset[str] = frozenset()  # projections that take what came a step before where nothing comes

    def differs(self, name: str, from_: Mutant, network: QuantisedGraph) -> bool:
        """Return whether a population itself, or what it is brought, is not as in another one."""
        own = any(
            getattr(self, part)[name] is not getattr(from_, part)[name]
            for part in ("variants", "constants", "registers")
        )
        brought = any(
            self.weights.get(one.name) is not from_.weights.get(one.name)
            or self.delays[one.name] != from_.delays[one.name]
            or one.name in self.stale
            for one in network.graph.projections
            if one.target == name
        )
        initial = any(self.start[one] is not from_.start[one] for one in self.start if one.startswith(f"{name}."))
        return own or brought or initial or any(one.startswith(f"{name}.") for one in self.lasting)

    def taken(self, one: Projection, words: Ints) -> Ints:
        """Return what a projection takes of what its source emits; int64[presentations, steps, words]."""
        found = delayed(words, self.delays[one.name])
        return np.where(found == 0, delayed(found, 1), found) if one.name in self.stale else found


NetworkChange: TypeAlias = Callable[[Mutant], Mutant]


def constants_of(network: QuantisedGraph, name: str) -> dict[str, Ints]:
    """Return a population's constants, int64[1 or neurons]."""
    return {constant: np.atleast_1d(np.asarray(words, np.int64)) for constant, words in network.each(name).items()}


def unchanged(network: QuantisedGraph, start: Mapping[str, Ints]) -> Mutant:
    """Return a network with nothing changed."""
    graph = network.graph
    return Mutant(
        {one.name: variant(network.programs[one.name]) for one in graph.populations},
        {one.name: constants_of(network, one.name) for one in graph.populations},
        {one.name: registers_of(network, one) for one in graph.populations},
        network.weights,
        {one.name: one.delay for one in graph.projections},
        start,
    )


def changed(part: str, name: str, make: Callable[[Any], Any]) -> NetworkChange:
    """Return the change that makes another entry of a part of a network, so of its `variants` or `weights`."""

    def apply(mutant: Mutant) -> Mutant:
        entries = getattr(mutant, part)
        parts: dict[str, Any] = {part: {**entries, name: make(entries[name])}}
        return replace(mutant, **parts)

    return apply


def delayed(words: Ints, delay: int) -> Ints:
    """Return words so many steps later, 0 before; int64[presentations, steps, words]."""
    if not delay:
        return words
    late = np.zeros_like(words)
    late[:, delay:] = words[:, : max(words.shape[1] - delay, 0)]
    return late
