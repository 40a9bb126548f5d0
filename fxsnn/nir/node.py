"""A graph as a NIR file holds it: nodes of a kind with their parameters, edges by name, graphs inside graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError

Value = NDArray[np.float64] | str
Edge = tuple[str, str]


class Kind:
    """What a kind of node needs, and what it may have."""

    def __init__(self, needs: str = "", may: str = "") -> None:
        self.needs, self.may = tuple(needs.split()), tuple(may.split())


GRAPH, INPUT, OUTPUT = "NIRGraph", "Input", "Output"
KINDS: dict[str, Kind] = {
    GRAPH: Kind(),
    INPUT: Kind(may="shape"),
    OUTPUT: Kind(may="shape"),
    "Linear": Kind("weight"),
    "Affine": Kind("weight bias"),
    "Scale": Kind("scale"),
    "Conv1d": Kind("weight", "bias stride padding dilation groups input_shape"),
    "Conv2d": Kind("weight", "bias stride padding dilation groups input_shape"),
    "SumPool2d": Kind("kernel_size", "stride padding"),
    "AvgPool2d": Kind("kernel_size", "stride padding"),
    "Flatten": Kind(may="start_dim end_dim input_type"),
    "Delay": Kind("delay"),
    "Threshold": Kind("threshold"),
    "I": Kind("r"),
    "IF": Kind("r v_threshold", "v_reset"),
    "LI": Kind("tau r v_leak"),
    "LIF": Kind("tau r v_leak v_threshold", "v_reset"),
    "CubaLI": Kind("tau_syn tau_mem r v_leak", "w_in"),
    "CubaLIF": Kind("tau_syn tau_mem r v_leak v_threshold", "w_in v_reset"),
}
SPIKING = ("IF", "LIF", "CubaLIF")
CUBA = ("CubaLI", "CubaLIF")
STATEFUL = ("I", "LI", *SPIKING, "CubaLI")
NEURONS = (*STATEFUL, "Threshold")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A node.

    parameters    its parameters: float64 arrays of finite numbers, a text where NIR allows one ("same" padding)
    inner         the graph of a node that is one
    """

    name: str
    kind: str
    parameters: Mapping[str, Value]
    inner: Nested | None = None

    def refusal(self, message: str) -> ConfigError:
        """Return the error that says of this node what must hold."""
        return ConfigError(f"node {self.name!r} ({self.kind}): {message}")

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a parameter that is numbers; raises ConfigError where it is a text."""
        found = self.parameters[name]
        if isinstance(found, str):
            raise self.refusal(f"{name} must be numbers, not {found!r}")
        return found

    def each(self, name: str, size: int) -> NDArray[np.float64]:
        """Return a parameter for each of so many neurons, of one for all or one each in any shape."""
        found = self.numbers(name)
        if found.size not in (1, size):
            raise self.refusal(f"{name} must be 1 or {size} numbers, not {list(found.shape)}")
        return np.broadcast_to(found.reshape(-1), (size,)).copy()

    def sizes(self, name: str, most: int, least: int = 1) -> tuple[int, ...]:
        """Return a parameter that is whole numbers of at least `least` and so many of them at most."""
        found = self.numbers(name).reshape(-1)
        whole = [int(n) for n in found if float(n).is_integer()]
        if not 1 <= len(found) <= most or len(whole) < len(found) or any(not least <= n < 1 << 31 for n in whole):
            given = ", ".join(f"{n:g}" for n in found[:8]) or "none"
            raise self.refusal(f"{name} must be 1 to {most} whole numbers of {least} or more, not {given}")
        return tuple(whole)


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """A graph: its nodes by name, and its edges from one name to another."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]


@dataclass(slots=True)
class Reported:
    """What is to be known of an import: guesses at what a file leaves open, what neurons do otherwise, all else."""

    _assumed: dict[str, list[str]] = field(default_factory=dict)
    _differing: dict[str, list[str]] = field(default_factory=dict)
    _noted: dict[str, list[str]] = field(default_factory=dict)

    def assume(self, what: str, node: str = "") -> None:
        """Report a guess, of a node or of the whole file."""
        self._assumed.setdefault(what, []).append(node)

    def differ(self, what: str, node: str) -> None:
        """Report what the neuron that takes a node's place does otherwise."""
        self._differing.setdefault(what, []).append(node)

    def note(self, what: str, node: str = "") -> None:
        """Report something that is no guess."""
        self._noted.setdefault(what, []).append(node)

    @property
    def assumed(self) -> list[str]:
        """What was guessed, a line each; nodes of the same guess are on one line."""
        return _lines(self._assumed)

    @property
    def differing(self) -> list[str]:
        """What neurons do otherwise than the nodes whose places they take, a line each, as in `assumed`."""
        return _lines(self._differing)

    @property
    def noted(self) -> list[str]:
        """What else is to be known, a line each."""
        return _lines(self._noted)


def _lines(reports: Mapping[str, list[str]]) -> list[str]:
    return [f"{', '.join(nodes)}: {what}" if any(nodes) else what for what, nodes in reports.items()]
