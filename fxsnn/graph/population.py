"""A population: so many neurons of one text, with its choices, constants and numbers."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.errors import ConfigError
from fxsnn.graph.given import Given, Shape, given_of
from fxsnn.io.files import read_text
from fxsnn.program.build import build
from fxsnn.program.grammar import MOST_CHARACTERS, Text, parse
from fxsnn.program.neuron import Neuron
from fxsnn.program.shipped import shipped

INPUT = "input"  # what projections call the network's input
MOST_NEURONS = 1 << 22  # of a population
NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
Outer = Literal["inputs", "neurons"]


@dataclass(frozen=True, slots=True)
class Population:
    """So many neurons of one text.

    shape        neurons, or rows, columns and channels
    text         of a neuron
    choices      that the text leaves open
    constants    by name: one for all neurons, one a channel, or one each; real numbers where not said to be raw words
    numbers      by name
    outer        the outer loop of the hardware. `inputs`: every active input is added to all neurons, whose sums are
                 kept meanwhile; `neurons`: one neuron after the other adds up its inputs
    registers    the number of its first register; population k has 65536 * k if nothing is said
    """

    name: str
    shape: Shape
    text: Text
    choices: Mapping[str, str]
    constants: Mapping[str, Given]
    numbers: Mapping[str, int]
    outer: Outer
    registers: int | None
    neuron: Neuron

    @property
    def size(self) -> int:
        """The number of neurons."""
        return math.prod(self.shape)

    def each(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return a constant's numbers, one for every neuron: any dtype[neurons]."""
        flat = values.reshape(-1)
        return np.tile(flat, self.size // flat.size)


def population(
    name: str,
    shape: int | Shape,
    text: str | Text,
    choices: Mapping[str, str] | None = None,
    constants: Mapping[str, Given | ArrayLike] | None = None,
    numbers: Mapping[str, int] | None = None,
    outer: Outer = "inputs",
    registers: int | None = None,
    folder: Path | None = None,
) -> Population:
    """Return a population, checked.

    constants    float64 of any shape that spreads over the neurons, by name; or `raw` words

    text      the name of one that comes with fxsnn, a file ending in .neuron, or a text that is read
    folder    in which the file is looked for; the working folder if not said

    Raises
    ------
    NeuronError
        The text cannot be read; the message names file, line and column.
    ConfigError
        A name, size, choice, constant or number is none of the text's, or is missing; it is named.
    """
    size = shape_of(shape, name)
    read = text if isinstance(text, Text) else text_of(text, folder)
    neuron = build(read, dict(choices or {}))
    values = {one: given_of(value, f"constant {one} of {name}") for one, value in (constants or {}).items()}
    for kind, wanted, given in (("constant", neuron.constants, values), ("number", neuron.numbers, numbers or {})):
        if unknown := [one for one in given if one not in wanted]:
            known = ", ".join(wanted) or "none"
            raise ConfigError(f"population {name}: a {kind} of {read.file} must be one of {known}, not {unknown[0]!r}")
        if missing := [one for one in wanted if one not in given]:
            how = f"`{kind}s = {{ {' = ..., '.join(missing)} = ... }}` of the population"
            raise ConfigError(
                f"population {name}: {kind}s must be given, {', '.join(missing)} {are(missing)} not ({how})"
            )
    if wrong := [one for one, value in (numbers or {}).items() if type(value) is not int]:
        raise ConfigError(f"population {name}: the number {wrong[0]} must be an integer, not {numbers[wrong[0]]!r}")  # type: ignore[index]
    if outer not in ("inputs", "neurons"):
        raise ConfigError(f"population {name}: outer must be inputs or neurons, not {outer!r}")
    if registers is not None and not 0 <= registers < 1 << 32:
        raise ConfigError(f"population {name}: registers must be 0 to 2**32 - 1, not {registers}")
    fitted = {
        one: value.within(((), size[-1:], size, (math.prod(size),)), f"constant {one} of {name}")
        for one, value in values.items()
    }
    if not NAME.fullmatch(name) or name == INPUT:
        raise ConfigError(f"a population's name must be letters, digits and _ and not {INPUT!r}, it is {name!r}")
    return Population(name, size, read, dict(choices or {}), fitted, dict(numbers or {}), outer, registers, neuron)


def shape_of(shape: int | Shape, name: str) -> Shape:
    """Return a shape of one or three sizes; raises ConfigError, which names whose it is."""
    sizes: tuple[Any, ...] = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    sizes = tuple(int(n) if isinstance(n, np.integer) else n for n in sizes)
    given = sizes[0] if len(sizes) == 1 else list(sizes)
    if len(sizes) not in (1, 3) or any(type(n) is not int or n < 1 for n in sizes):
        raise ConfigError(
            f"the shape of {name} must be a number of 1 or more or [rows, columns, channels], not {given}"
        )
    if math.prod(sizes) > MOST_NEURONS:
        raise ConfigError(f"the shape of {name} must be of at most {MOST_NEURONS:,} words, not {math.prod(sizes):,}")
    return sizes


def text_of(name: str, folder: Path | None = None) -> Text:
    """Return a neuron's text, of the name of one that comes along or of a file; raises ConfigError and FileError."""
    if not name.endswith(".neuron"):
        return shipped(name)
    path = (folder or Path()) / name
    return _parsed(read_text(path, "a neuron's text", MOST_CHARACTERS * 4), str(path))


@lru_cache(maxsize=64)
def _parsed(text: str, file: str) -> Text:
    return parse(text, file)


def free_name(name: str, taken: Container[str], between: str = "_") -> str:
    """Return a name that is not taken: this one, or the first that begins so and ends in a number, from 2 on."""
    numbered = (f"{name}{between}{number}" for number in itertools.count(2))
    return next(found for found in itertools.chain([name], numbered) if found not in taken)


def are(names: list[str]) -> str:
    """Return the verb for these names."""
    return "are" if len(names) > 1 else "is"
