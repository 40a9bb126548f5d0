"""What is frozen stays as it is, down to its arrays, and words that are none of their format are refused."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

import fxsnn
from decolle_networks import committed_in_currents
from fxsnn.competitive.emulate import emulate, spikes_of
from fxsnn.competitive.plan import parse_plan
from fxsnn.competitive.quantised import QuantisedNetwork, quantise
from fxsnn.decolle.emulate import respond_layers
from fxsnn.errors import ConfigError
from fxsnn.frozen import freeze
from fxsnn.graph.run import trace as trace_of
from fxsnn.number.cast import cast, cast_counted, from_float
from fxsnn.number.format import Format
from fxsnn.number.modes import Overflow
from test_memory import PLAN
from test_quantised import network_of

HOLDS_ARRAYS = re.compile(r"\b(NDArray|Floats|Words)\b")
NO_ARRAY = {("Cause", "words"), ("Story", "words")}  # a function, and words of the language


def frozen_classes() -> Iterator[type]:
    """Yield every frozen dataclass of the package that holds arrays."""
    for module in pkgutil.walk_packages(fxsnn.__path__, "fxsnn."):
        if ".hdl" in module.name:  # for simulators
            continue
        for found in vars(importlib.import_module(module.name)).values():
            if not (isinstance(found, type) and is_dataclass(found) and found.__module__ == module.name):
                continue
            names = [f.name for f in fields(found) if HOLDS_ARRAYS.search(str(f.type))]
            if found.__dataclass_params__.frozen and {(found.__name__, name) for name in names} - NO_ARRAY:  # type: ignore[attr-defined]
                yield found


def arrays_of(value: object) -> Iterator[NDArray[np.generic]]:
    """Yield the arrays in the fields of an object, in tuples, lists and dictionaries too."""
    if isinstance(value, np.ndarray):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from arrays_of(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for part in value:
            yield from arrays_of(part)
    elif isinstance(value, dict):
        yield from arrays_of([*value.values()])


@pytest.mark.parametrize("kind", list(frozen_classes()), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_frozen_class_freezes_its_arrays(kind: type) -> None:
    assert "freeze" in kind.__post_init__.__code__.co_names  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class _Holder:
    one: NDArray[np.int64]
    many: tuple[NDArray[np.int64], ...]
    named: dict[str, list[NDArray[np.int64]]]
    other: int
    copied: bool

    def __post_init__(self) -> None:
        freeze(self, copy=self.copied)


@pytest.mark.parametrize("copied", [False, True])
def test_no_array_of_a_frozen_object_can_be_written_and_the_callers_own_can(copied: bool) -> None:
    own = [np.arange(3) for _ in range(3)]
    held = _Holder(own[0], (own[1],), {"a": [own[2]]}, 5, copied)
    assert len(list(arrays_of(held))) == 3
    assert [array.flags.writeable for array in arrays_of(held)] == [False] * 3
    assert [array.flags.writeable for array in own] == [True] * 3
    own[0][:] = 7
    assert held.one.tolist() == ([0, 1, 2] if copied else [7, 7, 7])


def small() -> QuantisedNetwork:
    return quantise(network_of([[0.3, 0.9], [0.5, 0.1]], [1.0, 2.0]), parse_plan(PLAN))


def test_networks_and_traces_cannot_be_written() -> None:
    network = small()
    layers, frames = committed_in_currents()
    trace = emulate(network, spikes_of(np.ones((1, 3, 2), np.uint8)))
    for held in (network, trace, layers, *trace_of(layers.graph, frames[0]).values()):
        found = list(arrays_of(held))
        assert found
        assert not any(array.flags.writeable for array in found)
        with pytest.raises(ValueError, match="read-only"):
            found[0][...] = 0


def test_a_cast_returns_what_the_caller_may_write() -> None:
    fmt = Format.parse("Q4.1")
    assert from_float([1.0], fmt).flags.writeable
    assert cast([1], fmt, fmt).flags.writeable
    assert not cast_counted([1], fmt, fmt).raw.flags.writeable


@pytest.mark.long
def test_arrays_that_cannot_be_written_are_as_good_as_others() -> None:
    network = small()
    raster = np.ones((1, 3, 2), np.uint8)
    expected = emulate(network, spikes_of(raster)).nodes["membrane"].tolist()
    raster.flags.writeable = False
    assert emulate(network, spikes_of(raster)).nodes["membrane"].tolist() == expected
    layers, frames = committed_in_currents()
    scores = respond_layers(layers, frames).tolist()
    frames.flags.writeable = False
    assert respond_layers(layers, frames).tolist() == scores


@pytest.mark.parametrize("side", ["lowest", "highest"])
@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("weights", "weight"),
        ("theta", "theta"),
        ("threshold", "threshold"),
        ("inhibition", "inhibition"),
        ("floor", "membrane"),
        ("reset_value", "membrane"),
        ("factor", "leak"),
    ],
)
def test_a_word_outside_of_its_format_is_refused(name: str, signal: str, side: str) -> None:
    network = small()
    fmt = (network.plan.leak.factor if signal == "leak" else network.plan[signal]).format
    last = getattr(fmt, side)
    wrong = last + (1 if side == "highest" else -1)
    words = getattr(network, name)
    at, given, good = "", wrong, last
    if isinstance(words, np.ndarray):
        at, given, good = "[1]" if words.ndim == 1 else "[1, 0]", words.copy(), words.copy()
        place = (1,) if words.ndim == 1 else (1, 0)
        given[place], good[place] = wrong, last
    replace(network, **{name: good})  # the last word of the format is one
    with pytest.raises(ConfigError) as refused:
        replace(network, **{name: given})
    assert str(refused.value) == (
        f"{name}{at} must be a word of {fmt.describe()}, {fmt.lowest} to {fmt.highest}, not {wrong}"
    )


def test_a_format_that_the_words_do_not_fit_is_refused_too() -> None:
    network = small()
    narrow = replace(network.plan["weight"], format=Format(1, 0), overflow=Overflow.SATURATE)
    with pytest.raises(ConfigError, match=r"^weights\[0, 0\] must be a word of Q1\.0 \(s1\), -1 to 0, not "):
        replace(network, plan=network.plan.changed(weight=narrow))


@pytest.mark.parametrize("words", [np.zeros((2, 2)), np.zeros(3, np.int64)], ids=["real numbers", "one dimension"])
def test_weights_are_integers_of_inputs_and_neurons(words: NDArray[np.generic]) -> None:
    with pytest.raises(ConfigError, match=r"^weights "):
        replace(small(), weights=words)  # type: ignore[arg-type]
