"""The unsupervised network as data: TOML with one `[[layer]]` of kind `competitive` and its rate coding.

The keys of the layer are the constants of `network.Network`, with its names, types and defaults, and it checks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
import numpy as np
import tomli_w
from numpy.typing import NDArray

from fxsnn.competitive.network import Network
from fxsnn.data.encode import RateCoding
from fxsnn.errors import ConfigError
from fxsnn.io.documents import documented

KIND = "competitive"
_Size = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
_hints = get_type_hints(Network)
_constants = [field for field in fields(Network) if field.name not in ("weights", "theta", "labels", "coding")]
_Layer = msgspec.defstruct(
    "_Layer",
    [
        ("kind", Literal["competitive"]),
        ("neurons", _Size),
        *((field.name, _hints[field.name], field.default) for field in _constants),
    ],
    forbid_unknown_fields=True,
)


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    layer: list[_Layer]  # type: ignore[valid-type]
    inputs: Annotated[int, msgspec.Meta(ge=1, le=65_536)] = 784  # a pixel each
    coding: RateCoding = RateCoding()
    schema: Literal[1] = 1


@dataclass(frozen=True, slots=True)
class Competitive:
    """What a network of one layer that learns without labels is, before it has learned anything."""

    inputs: int
    neurons: int
    constants: Mapping[str, Any]  # of `Network`, all of them
    coding: RateCoding

    def __post_init__(self) -> None:
        self.alone()  # refuses what no network can have

    def alone(self) -> Network:
        """Return a network of these constants with one input and one neuron, which have learned nothing."""
        return self._with(np.zeros((1, 1)), np.zeros(1), np.full(1, -1, np.int64))

    def network(self, like: Network) -> Network:
        """Return a network of these constants with the weights, thetas and labels of another."""
        shape = (self.inputs, self.neurons)
        if like.weights.shape != shape:
            raise ConfigError(f"weights must be {list(shape)} as described, not {list(like.weights.shape)}")
        return self._with(like.weights, like.theta, like.labels)

    def _with(self, weights: NDArray[np.float64], theta: NDArray[np.float64], labels: NDArray[np.int64]) -> Network:
        return Network(weights, theta, labels, **self.constants, coding=self.coding)


def competitive_of(network: Network) -> Competitive:
    """Return what a network is."""
    constants = {field.name: getattr(network, field.name) for field in _constants}
    inputs, neurons = network.weights.shape
    return Competitive(inputs, neurons, constants, network.coding)


def competitive_from_data(data: Any) -> Competitive:
    """Read a description from the tables of a TOML document.

    Raises
    ------
    ConfigError
        A key is missing, unknown or of the wrong type, a constant is none that a network can have, or there is not
        exactly one layer.
    """
    given = documented(data, _Text, "a network's description")
    if len(given.layer) != 1:
        raise ConfigError(f"a network that learns without labels must have one layer, not {len(given.layer)}")
    constants = msgspec.structs.asdict(given.layer[0])
    neurons = constants.pop("neurons")
    del constants["kind"]
    return Competitive(given.inputs, neurons, constants, given.coding)


def competitive_text(described: Competitive) -> str:
    """Return TOML that `competitive_from_data` reads back to an equal description."""
    layer = {"kind": KIND, "neurons": described.neurons, **described.constants}
    head = {"schema": 1, "inputs": described.inputs, "coding": asdict(described.coding), "layer": [layer]}
    return tomli_w.dumps(head)
