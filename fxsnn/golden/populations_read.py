"""Read a golden set of a network of populations: its network, plan and inputs are files of the set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.graph import LAYER
from fxsnn.errors import FileError, FxsnnError
from fxsnn.golden.layer_layout import as_in_layer
from fxsnn.golden.manifest import MOST_WORDS, Bundle, Manifest, altered_texts, check_begins, check_described, scan_words
from fxsnn.golden.populations import Presented, graph_layout, graph_lfsr_entry, initial
from fxsnn.golden.populations_make import INPUTS, NETWORK, PLAN, START, configuration_of_graph
from fxsnn.golden.scanned import FileWords
from fxsnn.golden.stated import differing, misstated
from fxsnn.graph.files import load_graph
from fxsnn.graph.inputs import read_inputs
from fxsnn.graph.plan import load_graph_plan
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.starting import Start, read_start, start_forms
from fxsnn.graph.writing import LABELS
from fxsnn.io.files import inside, read_bytes


@dataclass(frozen=True, slots=True, eq=False)
class GraphBundle(Bundle):
    """Of a network of populations."""

    words: FileWords
    stimuli: Presented
    network: QuantisedGraph


class Populations(msgspec.Struct, forbid_unknown_fields=True):
    """The configuration in the manifest."""

    inputs: int
    steps: int
    sha256: dict[str, str]  # of what the network and the plan are made of, by file
    start: list[str] | None = None  # states that begin with given words
    unprefixed: str | None = None  # the population whose files are called without its name

    def __post_init__(self) -> None:
        if self.inputs < 1 or self.steps < 1:
            raise ValueError(f"inputs and steps must be 1 or more, not {self.inputs} and {self.steps}")
        if self.start == []:
            raise ValueError("start must name one or more states, or be left out")
        if self.unprefixed not in (None, LAYER):
            raise ValueError(f"unprefixed must be {LAYER!r} or be left out, not {self.unprefixed!r}")


def read_graph_bundle(folder: Path, manifest: Manifest, about: Populations, content: Mapping[str, Any]) -> GraphBundle:
    """Return what a set holds; raises FileError, which names a file that was altered before what follows of that."""
    altered, found, misread = altered_texts(folder, manifest), list[str](), list[str]()
    loaded = about.start or []
    try:
        graph = load_graph(folder / NETWORK)
        network = quantise_graph(graph, load_graph_plan(folder / PLAN, graph))
        states = [*start_forms(network)]
        if loaded != [name for name in states if name in loaded]:
            raise FileError(f"start must name states of {', '.join(states) or 'none'}, in their order, not {loaded}")
        vectors = graph_layout(network, about.inputs, about.steps, loaded)
        if about.unprefixed:
            vectors = as_in_layer(vectors)
        for vector in vectors:
            if math.prod(vector.shape) > MOST_WORDS:  # it would need more memory than any set that was written
                raise FileError(f"a file must be of at most {MOST_WORDS} words, {vector.file} needs more")
    except FxsnnError as error:
        raise FileError(altered[0] if altered else f"the set's network must run: {error}") from None
    try:
        check_described(vectors, manifest)
        found, misread = scan_words(folder, vectors, manifest)
        words = FileWords(folder, {vector.name: vector for vector in vectors})
        start = {name: words[initial(name)].reshape(about.inputs, -1) for name in loaded}
        presented = Presented.of(words["input"].reshape(about.inputs, about.steps, -1), Start(start))
        check_begins(words["begin"], presented)
    except FileError as error:
        raise FileError([*found, *altered, str(error)][0]) from None
    stated = misstated(content, vectors, about.inputs, graph_lfsr_entry(network, vectors))
    if not altered:
        names = [NETWORK, PLAN, *(Path(one.text.file).name for one in network.graph.populations)]
        names += [LABELS] if network.graph.readout.labels is not None else []
        files = {name: read_bytes(inside(folder, name), f"the golden file {name}") for name in names}
        actual = configuration_of_graph(files, about.inputs, about.steps, loaded, layer=bool(about.unprefixed))
        stated += differing("configuration ", manifest.configuration, actual)
    if not (altered or found or stated):
        _check_made_of(folder, manifest, content.get("inputs"), network, presented)
    return GraphBundle(vectors, words, [*found, *altered], [*stated, *misread], manifest.counts, presented, network)


def _check_made_of(
    folder: Path, manifest: Manifest, many: int | None, network: QuantisedGraph, presented: Presented
) -> None:
    """Raise FileError where inputs and start states of which a set was made are not the words that it holds.

    many    inputs that were given, which early sets do not state; directed ones follow them, which begin with 0
    """
    if INPUTS in [other.file for other in manifest.others]:
        inputs = read_inputs(inside(folder, INPUTS), network.graph).words[:]
        _check_same(f"{INPUTS}: inputs", "step", inputs, presented.words[: len(inputs) if many is None else many])
    if many is not None and presented.start.words:
        given = read_start(inside(folder, START), network, many).words
        if [*given] != [*presented.start.words]:
            raise FileError(f"{START} must hold {', '.join(presented.start.words)}, not {', '.join(given) or 'none'}")
        for name, words in given.items():
            _check_same(f"{START}: {name}", "neuron", words, presented.start.words[name][:many])


def _check_same(what: str, axis: str, found: NDArray[np.int64], words: NDArray[np.int64]) -> None:
    if found.shape != words.shape:
        raise FileError(f"{what} must be {[*words.shape]}, as the set's words are, not {[*found.shape]}")
    wrong = np.argwhere(found != words)
    if len(wrong):
        place = tuple(wrong[0].tolist())
        where = f"of input {place[0]}, {axis} {place[1]}{f', word {place[2]}' if len(place) > 2 else ''}"
        raise FileError(f"{what} {where} must be {words[place]}, as the set's words say, not {found[place]}")
