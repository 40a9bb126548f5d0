"""The neurons that come with fxsnn: a text each in the folder `neurons`."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from fxsnn.errors import ConfigError
from fxsnn.program.build import build
from fxsnn.program.grammar import Text, parse
from fxsnn.program.neuron import Neuron

_FOLDER, _ENDING = "neurons", ".neuron"


def names() -> tuple[str, ...]:
    """Return the names of the neurons that come with fxsnn."""
    found = (entry.name for entry in (files("fxsnn") / _FOLDER).iterdir())
    return tuple(sorted(name.removesuffix(_ENDING) for name in found if name.endswith(_ENDING)))


def source(name: str) -> str:
    """Return a neuron's text; raises ConfigError where there is none of this name."""
    if name not in names():
        raise ConfigError(f"a neuron must be one of {', '.join(names())}, not {name!r}")
    return (files("fxsnn") / _FOLDER / f"{name}{_ENDING}").read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def shipped(name: str) -> Text:
    """Return a neuron's text, read; raises as `source`."""
    return parse(source(name), f"{name}{_ENDING}")


def neuron(name: str, **choices: str) -> Neuron:
    """Return a neuron's step under choices, made once for each; raises as `source` and `build`."""
    return build(shipped(name), choices)
