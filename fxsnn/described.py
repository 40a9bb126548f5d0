"""Descriptions of either kind of network: of one layer that learns without labels, or of layers that learn by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from fxsnn.competitive import KIND, Competitive, competitive_from_data, competitive_of, competitive_text
from fxsnn.documents import parse_toml
from fxsnn.errors import ConfigError
from fxsnn.layered.description import KINDS, Description, description_from_data, description_text
from fxsnn.layered.network import is_layered, load_layers
from fxsnn.layered.ready import Ready, ready
from fxsnn.network import load_network

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


def parse_layers(text: str) -> Description:
    """Read the description of a network of layers from TOML; raises ConfigError, also for one of the other kind."""
    described = parse_described(text)
    if isinstance(described, Competitive):
        raise ConfigError(f"a network of kind {KIND} must learn without labels, by fxsnn train, not by fxsnn events")
    return described


def described_text(described: Described) -> str:
    """Return the description as TOML that `parse_described` reads back to an equal one."""
    return competitive_text(described) if isinstance(described, Competitive) else description_text(described)


def described_in(path: Path) -> Described:
    """Return what a trained network (.npz), of either kind, is; raises FileError."""
    return load_layers(path).description if is_layered(path) else competitive_of(load_network(path))


def described_by_name(name: str, classes: int) -> Described:
    """Return a description that is there to begin with: mnist, or one of layers for so many classes."""
    if name != MNIST:
        return ready(name, classes)
    return competitive_from_data({"layer": [{"kind": KIND, "neurons": 400}]})
