"""A network as people write it: TOML, with arrays and neurons' texts in files beside it; see docs/networks.md."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError, FxsnnError, naming, of_table
from fxsnn.graph.arrays import read_given
from fxsnn.graph.connect import Kind, Pair, Projection
from fxsnn.graph.given import Given, raw, real
from fxsnn.graph.network import Graph
from fxsnn.graph.order import PROJECTION
from fxsnn.graph.population import Outer, Population, population
from fxsnn.graph.reading import Over, Reading, Readout
from fxsnn.io.documents import documented, named, parse_toml
from fxsnn.io.files import read_text
from fxsnn.number.format import Format
from fxsnn.program.grammar import Text

_Cells = int | tuple[int, int]


class _Input(msgspec.Struct, forbid_unknown_fields=True):
    shape: int | tuple[int, int, int]
    format: str = "UQ1.0"


class _Population(msgspec.Struct, forbid_unknown_fields=True):
    shape: int | tuple[int, int, int]
    neuron: str
    choices: dict[str, str] = {}
    constants: dict[str, Any] = {}
    numbers: dict[str, int] = {}
    outer: Outer = "inputs"
    registers: int | None = None


class _Projection(msgspec.Struct, forbid_unknown_fields=True):
    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    name: str = ""
    input: str = ""
    kind: Kind = "dense"
    weights: Any = None
    signal: str = "weight"
    delay: int = 0
    kernel: _Cells = 1
    stride: _Cells | None = None
    padding: _Cells = 0
    groups: int = 1


class _Readout(msgspec.Struct, forbid_unknown_fields=True):
    kind: Reading = "none"
    population: str = ""
    labels: Any = None
    node: str = ""
    over: Over = "sum"
    skip: int = 0


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    input: _Input
    population: dict[str, _Population]
    projection: list[_Projection] = []
    readout: _Readout = msgspec.field(default_factory=_Readout)
    schema: Literal[1] = 1


def load_graph(path: Path) -> Graph:
    """Read a network and the files that it names.

    Raises
    ------
    FxsnnError
        A file cannot be read, or the network is none: one line with the file, and the key or place that is wrong.
    """
    return named(path, partial(parse_graph, folder=path.parent), read_text(path, "a network"))


def parse_graph(text: str, folder: Path) -> Graph:
    """Read a network from TOML; files that it names are looked for in a folder. Raises as `load_graph`."""
    return graph_from_data(parse_toml(text, "a network"), folder)


def graph_at(path: Path) -> Graph | None:
    """Return the network of populations that a file holds; none where it is a description of layers, or no TOML.

    Raises as `load_graph`, and ConfigError where a TOML is neither: what it lacks of each.
    """
    if path.suffix != ".toml":
        return None
    data = named(path, partial(parse_toml, what="a network's description"), read_text(path, "a network's description"))
    if "population" not in data and "layer" not in data:
        raise ConfigError(
            f"{str(path)!r}: a network must be one of populations, which has the tables input and population (here "
            f"{_lacking(data)} missing), or a description of layers, which has [[layer]] (here missing); its keys are "
            f"{', '.join(data) or 'none'}"
        )
    return load_graph(path) if "population" in data else None


def graph_from_data(data: dict[str, Any], folder: Path, texts: Mapping[str, Text] | None = None) -> Graph:
    """Read a network from the tables of a document, in which numbers may stand as `Given`; raises as `load_graph`.

    texts    of neurons by name, before those that come along and those in files
    """
    if lacking := _lacking(data):
        raise ConfigError(
            f"a network of populations must have the tables input and population, {lacking} missing; its keys are "
            f"{', '.join(data) or 'none'}"
        )
    given = documented(data, _Text, "a network")
    populations = tuple(_population(name, one, folder, texts or {}) for name, one in given.population.items())
    inputs = {one.name: one.neuron.inputs for one in populations}
    projections = []
    for number, one in enumerate(given.projection):
        with of_table(PROJECTION, number):
            projections.append(_projection(one, inputs.get(one.target, ()), folder))
    shape = given.input.shape
    return Graph(
        (shape,) if isinstance(shape, int) else shape,
        populations,
        tuple(projections),
        _format(given.input.format),
        _readout(given.readout, folder),
    )


def _lacking(data: dict[str, Any]) -> str:
    """Say which tables a network of populations misses, with their verb; nothing where it has them."""
    lacking = [table for table in ("input", "population") if table not in data]
    return f"{' and '.join(lacking)} {'are' if lacking[1:] else 'is'}" if lacking else ""


def _population(name: str, given: _Population, folder: Path, texts: Mapping[str, Text]) -> Population:
    constants = {
        constant: _numbers(value, folder, f"constant {constant} of {name}")
        for constant, value in given.constants.items()
    }
    return population(
        name,
        given.shape,
        texts.get(given.neuron, given.neuron),
        given.choices,
        constants,
        given.numbers,
        given.outer,
        given.registers,
        folder,
    )


def _projection(given: _Projection, inputs: tuple[str, ...], folder: Path) -> Projection:
    name = given.name or f"{given.source}_{given.target}"
    if not given.input and len(inputs) > 1:
        raise ConfigError(
            f"projection {name}: input must be one of {', '.join(inputs)} of {given.target}, not left out"
        )
    return Projection(
        name,
        given.source,
        given.target,
        given.input or "".join(inputs),
        given.kind,
        None if given.weights is None else _numbers(given.weights, folder, f"weights of {name}"),
        given.signal,
        given.delay,
        _pair(given.kernel),
        None if given.stride is None else _pair(given.stride),
        _pair(given.padding),
        given.groups,
    )


def _readout(given: _Readout, folder: Path) -> Readout:
    labels: NDArray[np.int64] | None = None
    if given.labels is not None:
        classes = _numbers({"raw": given.labels}, folder, "labels of the readout")
        labels = classes.values.astype(np.int64)
    return Readout(given.kind, given.population, labels, given.node, given.over, given.skip)


def _numbers(given: Any, folder: Path, what: str) -> Given:
    """Return numbers as they stand in a network: one, a list or a file of them; raw words in `{ raw = }`."""
    if isinstance(given, Given):
        return given
    words = isinstance(given, dict)
    value = given.get("raw") if words else given
    if (words and list(given) != ["raw"]) or not isinstance(value, int | float | list | str) or value is True:
        raise ConfigError(f"{what} must be a number, a list, a file, or such in {{ raw = ... }}, not {given!r}")
    try:
        with naming(what):
            if isinstance(value, str):
                return read_given(value, folder, words=words)
            numbers = np.asarray(value)
            numbers = numbers.astype(np.int64) if numbers.size == 0 else numbers
            return raw(numbers) if words else real(numbers)
    except FxsnnError:
        raise
    except (ValueError, OverflowError):
        raise ConfigError(f"{what} must be numbers in lists of equal lengths, not {given!r}") from None


def _pair(cells: _Cells) -> Pair:
    return (cells, cells) if isinstance(cells, int) else cells


def _format(text: str) -> Format:
    try:
        return Format.parse(text)
    except FxsnnError as error:
        raise ConfigError(f"input.format: {error}") from None
