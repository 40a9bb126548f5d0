"""The file that lists configurations: what people write, and what each of its entries means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from fxsnn.competitive.network import Compare, Network, RefractoryInput, Reset, Winner, load_network
from fxsnn.competitive.plan import Plan, plan_from_data, plan_to_data
from fxsnn.errors import ConfigError, naming
from fxsnn.exploration.selection import read_plan
from fxsnn.io.documents import documented, named, parse_toml
from fxsnn.io.files import inside, read_text
from fxsnn.networks.described import kind_of
from fxsnn.regress.layers import LayersConfiguration, layers_configuration
from fxsnn.regress.noise import Random
from fxsnn.regress.populations import GraphConfiguration, graph_configuration
from fxsnn.regress.tables import flat, merged

Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Seed = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
MOST_TRACED = 4  # presentations of which every node is kept, where none is asked for


class _Constants(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What replaces constants of the network."""

    threshold: float | msgspec.UnsetType = msgspec.UNSET
    decay: float | msgspec.UnsetType = msgspec.UNSET
    inhibition: float | msgspec.UnsetType = msgspec.UNSET
    floor: float | msgspec.UnsetType = msgspec.UNSET
    reset: Reset | msgspec.UnsetType = msgspec.UNSET
    reset_value: float | msgspec.UnsetType = msgspec.UNSET
    compare: Compare | msgspec.UnsetType = msgspec.UNSET
    winner: Winner | msgspec.UnsetType = msgspec.UNSET
    refractory_steps: int | msgspec.UnsetType = msgspec.UNSET
    refractory_input: RefractoryInput | msgspec.UnsetType = msgspec.UNSET


class _Coding(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What replaces the rate coding of the network."""

    steps: Count | msgspec.UnsetType = msgspec.UNSET
    peak: float | msgspec.UnsetType = msgspec.UNSET
    seed: Seed | msgspec.UnsetType = msgspec.UNSET


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    network: str
    plan: str
    inputs: str | None = None
    data: Literal["random", "digits", "mnist"] = "random"
    images: Count = 1
    traced: Annotated[int, msgspec.Meta(ge=0, le=1000)] | None = None
    labelling: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    change: dict[str, Any] = {}
    constants: _Constants = msgspec.field(default_factory=_Constants)
    coding: _Coding = msgspec.field(default_factory=_Coding)
    random: Random = msgspec.field(default_factory=Random)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    schema: Literal[1]
    configuration: list[dict[str, Any]]
    default: dict[str, Any] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Configuration:
    """One entry of the file of a network that learns without labels, read and changed as it says."""

    name: str
    network: Network
    plan: Plan
    data: Literal["random", "digits", "mnist"]
    images: int
    traced: int  # the first images, of which every node is recorded
    labelling: int  # images that give neurons their classes; 0: no accuracy
    random: Random

    def described(self) -> dict[str, str]:
        """Return everything that was asked for, by dotted keys; the arrays of the network are recorded apart."""
        network, coding = self.network, self.network.coding
        asked: dict[str, Any] = {"plan": plan_to_data(self.plan), "data": self.data}
        asked |= {name: getattr(network, name) for name in _Constants.__struct_fields__}
        if self.data == "random":
            asked["random"] = msgspec.structs.asdict(self.random)
        else:
            asked["coding"] = {name: getattr(coding, name) for name in _Coding.__struct_fields__}
            asked["labelling"] = self.labelling
        return flat(asked | {"images": self.images, "traced": self.traced})


Listed = Configuration | GraphConfiguration | LayersConfiguration


def read_listed(path: Path) -> list[Listed]:
    """Read the configurations that a file lists, in its order.

    Raises
    ------
    FileError
        The file, a network or a plan cannot be read, or one lies outside the file's folder.
    ConfigError
        A key is missing, unknown or of the wrong type, a name is used twice, or a change leads to no plan or network.
    """
    return named(path, lambda text: _parse(text, path.parent), read_text(path, "a list of configurations"))


def _parse(text: str, root: Path) -> list[Listed]:
    given = documented(parse_toml(text, "a list of configurations"), _File, "a list of configurations")
    found: list[Listed] = []
    for number, tables in enumerate(given.configuration):
        entry = documented(merged(given.default, tables), _Entry, f"configuration {tables.get('name', number)!r}")
        if not entry.name.isprintable() or entry.name != entry.name.strip():
            raise ConfigError(f"a configuration's name must be printable, without spaces around it, not {entry.name!r}")
        if entry.name in {one.name for one in found}:
            raise ConfigError(f"the names of configurations must differ, {entry.name!r} is used twice")
        with naming(f"configuration {entry.name!r}"):
            if "random" in tables and (entry.inputs is not None or entry.data != "random"):
                of = "data" if entry.inputs is None else "inputs"
                raise ConfigError(f"random must be left out of a configuration of {of}: nothing is drawn")
            found.append(_configuration(entry, root))
    if not found:
        raise ConfigError("a list of configurations must hold one or more, not none")
    return found


def _configuration(entry: _Entry, root: Path) -> Listed:
    traced = min(entry.images, MOST_TRACED) if entry.traced is None else entry.traced
    if traced > entry.images:
        raise ConfigError(f"traced must be at most the {entry.images} images, not {traced}")
    if entry.data == "random" and (entry.labelling or _set(entry.coding)):
        raise ConfigError("labelling and coding must be left out where data is random")
    for key, is_ in {"choice": "with what it was chosen", "learning": "which runs nothing here"}.items():
        if key in entry.change:
            raise ConfigError(f"change must be of what a plan computes with, not of {key}, {is_}")
    file = inside(root, entry.network)
    kind, plan_file = kind_of(file), inside(root, entry.plan)
    if kind != "one layer":
        if entry.data != "random" or _set(entry.constants):
            raise ConfigError(f"constants and data must be left out of a network of {kind}, which has inputs")
        inputs = None if entry.inputs is None else inside(root, entry.inputs)
        read = graph_configuration if kind == "populations" else layers_configuration
        return read(entry.name, file, plan_file, entry.change, inputs, entry.images, traced, entry.random)
    if entry.inputs is not None:
        raise ConfigError(f"inputs must be of a network of populations (.toml) or of layers, not {entry.network!r}")
    network, plan = load_network(file), read_plan(plan_file)
    coding = replace(network.coding, **_set(entry.coding))
    return Configuration(
        entry.name,
        replace(network, **_set(entry.constants), coding=coding),
        plan_from_data(merged(plan_to_data(plan), entry.change)),
        entry.data,
        entry.images,
        traced,
        entry.labelling,
        entry.random,
    )


def _set(given: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(given).items() if value is not msgspec.UNSET}
