"""Kinds of networks, and descriptions: of one layer that learns without labels, of layers that learn by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args

from fxsnn.competitive.description import KIND, Competitive, competitive_from_data, competitive_of, competitive_text
from fxsnn.competitive.network import Network, load_network
from fxsnn.decolle.description import KINDS, Description, description_from_data, description_text
from fxsnn.decolle.network import FORMAT, DecolleNetwork, load_layers
from fxsnn.decolle.ready import Ready, ready
from fxsnn.errors import ConfigError
from fxsnn.io.documents import named, parse_toml
from fxsnn.io.files import read_bytes, read_text
from fxsnn.io.npz import UNREADABLE, unpack_npz

Kind = Literal["one layer", "layers", "populations"]
Described = Competitive | Description
MNIST = "mnist"
NAMES = (MNIST, *get_args(Ready))


def described_from_data(data: dict[str, Any]) -> Described:
    """Read a description from the tables of a TOML document; its layers' kind says which it is. Raises ConfigError."""
    layers = data.get("layer")
    first = layers[0] if isinstance(layers, list) and layers else None
    kind = first.get("kind") if isinstance(first, dict) else None
    if kind == KIND:
        return competitive_from_data(data)
    if isinstance(kind, str) and kind not in KINDS:
        raise ConfigError(f"a layer's kind must be {', '.join(KINDS)} or {KIND}, not {kind!r}")
    return description_from_data(data)


def parse_described(text: str) -> Described:
    """Read a description from TOML; raises ConfigError."""
    return described_from_data(parse_toml(text, "a network's description"))


def read_described(path: Path) -> Described:
    """Read a network's description; raises FileError or ConfigError, one line."""
    return named(path, parse_described, read_text(path, "a network's description"))


def described_text(described: Described) -> str:
    """Return the description as TOML that `parse_described` reads back to an equal one."""
    return competitive_text(described) if isinstance(described, Competitive) else description_text(described)


def kind_of(network: Path) -> Kind:
    """Return which kind of network a file holds; raises FileError where it cannot be read.

    A file that is no network at all counts as one layer: its reader says what is wrong.
    """
    if network.suffix == ".toml":
        return "populations"
    try:
        called = str(unpack_npz(read_bytes(network, "a network")).get("format"))
    except UNREADABLE:
        return "one layer"
    return "layers" if called == FORMAT else "one layer"


def network_in(path: Path) -> Network | DecolleNetwork:
    """Read a trained network (.npz), of either kind; raises FileError."""
    return load_layers(path) if kind_of(path) == "layers" else load_network(path)


def decolle_in(path: Path) -> DecolleNetwork:
    """Read a network of layers; raises FileError, or ConfigError for one of one layer."""
    network = network_in(path)
    if not isinstance(network, DecolleNetwork):
        raise ConfigError(f"a network must be of layers, {str(path)!r} is of one layer")
    return network


def described_in(path: Path) -> Described:
    """Return what a trained network (.npz), of either kind, is; raises FileError."""
    network = network_in(path)
    return network.description if isinstance(network, DecolleNetwork) else competitive_of(network)


def described_by_name(name: str, classes: int) -> Described:
    """Return a description that is there to begin with: mnist, or one of layers for so many classes."""
    if name != MNIST:
        return ready(name, classes)
    return competitive_from_data({"layer": [{"kind": KIND, "neurons": 400}]})
