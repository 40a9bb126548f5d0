"""What states hold before the first step of an input, where that is not 0."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.errors import ConfigError, FileError, naming
from fxsnn.frozen import freeze
from fxsnn.graph.population import Population
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.reading import as_words
from fxsnn.graph.ways import Words
from fxsnn.io.files import MOST_BYTES, read_bytes
from fxsnn.io.npz import UNREADABLE, unpack_npz
from fxsnn.number.cast import check_words, to_float
from fxsnn.number.format import Format

Given = Mapping[str, ArrayLike]
T = TypeVar("T")
Some = TypeVar("Some", bound=Sized)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """What inputs begin with. States that have no words here are 0; what was emitted before is 0 in any case.

    words    by `population.state`, int64[inputs, neurons] each, in the order of the network
    forms    of all states, where one asks for values
    """

    words: Mapping[str, Words] = field(default_factory=dict)
    forms: Mapping[str, Format] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self)

    def part(self, some: slice | Words) -> Start:
        """Return what some of the inputs begin with: a slice, or places, int64[inputs]."""
        return Start({name: words[some] for name, words in self.words.items()}, self.forms)

    def along(self, parts: Iterable[Some]) -> Iterator[tuple[Some, Start]]:
        """Yield parts of the inputs, one after the other, each with what its inputs begin with."""
        first = 0
        for some in parts:
            yield some, self.part(slice(first, first + len(some)))
            first += len(some)

    def then_rest(self, inputs: int) -> Start:
        """Return the same, with so many inputs behind that begin with 0."""
        words = {name: np.pad(words, ((0, inputs), (0, 0))) for name, words in self.words.items()}
        return Start(words, self.forms)

    def values(self) -> dict[str, NDArray[np.float64]]:
        """Return what the words stand for, float64[inputs, neurons], by `population.state`."""
        return {name: to_float(words, self.forms[name]) for name, words in self.words.items()}

    def of(self, one: Population, n: int) -> dict[str, list[int]]:
        """Return the words of a population's states before input n, by name."""
        return {state: words[n].tolist() for state, words in self._own(one).items()}

    def moved(self, one: Population) -> frozenset[str]:
        """Return the states of a population of which a word is not 0."""
        return frozenset(state for state, words in self._own(one).items() if words.any())

    def rows(self, one: Population, word: type[np.signedinteger]) -> NDArray[np.signedinteger]:
        """Return all states of a population in its order, int[inputs, states, neurons]; no elements if all are 0."""
        own = self._own(one)
        if not own:
            return np.zeros((0, 0, 0), word)
        inputs = len(next(iter(own.values())))
        found = np.zeros((inputs, len(one.neuron.states), one.size), word)
        for row, state in enumerate(one.neuron.states):
            if state in own:
                found[:, row] = own[state]
        return found

    def _own(self, one: Population) -> dict[str, Words]:
        named = {state: f"{one.name}.{state}" for state in one.neuron.states}
        return {state: self.words[name] for state, name in named.items() if name in self.words}


REST = Start()


def start_forms(network: QuantisedGraph) -> dict[str, Format]:
    """Return the format of every state by `population.state`, in the order of the network."""
    programs = network.programs
    return {
        f"{one.name}.{state}": programs[one.name].signals[signal].format
        for one in network.graph.populations
        for state, (signal, _) in one.neuron.states.items()
    }


def states_of(population: str, named: Collection[str]) -> frozenset[str]:
    """Return the states of a population among those that are named `population.state`."""
    return frozenset(name.removeprefix(f"{population}.") for name in named if name.startswith(f"{population}."))


def known_states(network: QuantisedGraph, named: Iterable[str]) -> list[str]:
    """Return names `population.state` as they are; raises ConfigError, which names it, where one is no state."""
    forms, found = start_forms(network), [*named]
    if unknown := [name for name in found if name not in forms]:
        known = ", ".join(forms) or "none"
        raise ConfigError(f"a state at the start must be one of {known}, not {unknown[0]!r}")
    return found


def start_of(network: QuantisedGraph, given: Given | None, inputs: int) -> Start:
    """Return what so many inputs begin with.

    given    by `population.state` raw words of the state's format, int[neurons] for all inputs or int[inputs, neurons];
             a map flat or as it is

    Raises
    ------
    ConfigError
        A name is no state, or its words are of another shape or do not fit; the message names it.
    """
    forms, words = start_forms(network), dict[str, Words]()
    known_states(network, given or ())
    for name, form in forms.items():
        if given is not None and name in given:
            one, state = network.graph[name.partition(".")[0]], as_words(given[name], form, f"{name} at the start")
            check_words(f"{name} at the start", state, form)
            if state.shape not in [(*many, *shape) for many in ((), (inputs,)) for shape in ((one.size,), one.shape)]:
                must = [*one.shape], [inputs, *one.shape]
                raise ConfigError(f"{name} at the start must be {must[0]} or {must[1]}, not {[*state.shape]}")
            words[name] = np.broadcast_to(state.astype(np.int64).reshape(-1, one.size), (inputs, one.size))
    return Start(words, forms)


def read_start(path: Path | None, network: QuantisedGraph, inputs: int) -> Start:
    """Read what so many inputs begin with: an .npz of arrays `population.state`, see `start_of`; 0 without a file.

    Raises
    ------
    FileError
        The file is missing, damaged or of another kind.
    ConfigError
        An array is of no state, of another shape, or holds what is no word of the state's format.
    """
    return REST if path is None else _from(path, lambda arrays: start_of(network, arrays, inputs))


def states_in(path: Path | None, network: QuantisedGraph) -> list[str]:
    """Return the states, `population.state`, of which a file such as `read_start` reads has words; raises as that.

    It may be of any number of inputs.
    """

    def checked(arrays: Mapping[str, NDArray[Any]]) -> list[str]:
        owners = {name: network.graph[name.partition(".")[0]] for name in known_states(network, arrays)}
        many = [len(arrays[name]) for name, one in owners.items() if arrays[name].shape[1:] in ((one.size,), one.shape)]
        start_of(network, arrays, max(many, default=1) or 1)
        return [*arrays]

    return [] if path is None else _from(path, checked)


def _from(path: Path, read: Callable[[Mapping[str, NDArray[Any]]], T]) -> T:
    if path.suffix != ".npz":
        raise FileError(f"what states begin with must be a file of .npz, not {str(path)!r}")
    data = read_bytes(path, "what states begin with")
    try:
        arrays = unpack_npz(data, most=MOST_BYTES)
    except UNREADABLE as error:
        raise FileError(f"{str(path)!r} must hold plain arrays of NumPy: {error}") from None
    with naming(repr(str(path))):
        return read(arrays)
