"""Read a golden set of one layer, as versions before populations wrote it: a set of the population that the layer is.

Schema 1 had images of equal length, schema 2 presentations of any length that begin with given states. Words, names and
formats are checked as those schemas have them; what they mean, and what explains a dump, follows from the population.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.graph import LAYER, graph_of, program_of
from fxsnn.competitive.plan import plan_from_data
from fxsnn.competitive.quantised import SITES, QuantisedNetwork
from fxsnn.errors import FileError, FxsnnError
from fxsnn.golden.contents import Vector
from fxsnn.golden.layer_layout import LAYER_SCHEMA, in_layer, layer_layout, layer_lfsr_entry
from fxsnn.golden.manifest import MOST_WORDS, Manifest, check_begins, open_former
from fxsnn.golden.populations import Presented, graph_layout
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.golden.scanned import FileWords
from fxsnn.golden.stated import differing
from fxsnn.golden.timed import Timed
from fxsnn.graph.counted import COUNTS
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.graph.starting import Start, start_forms

Words = Mapping[str, NDArray[np.int64]]


class _Size(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    inputs: int
    neurons: int
    reset: Literal["zero", "value", "subtract"]
    compare: Literal["ge", "gt"]
    winner: Literal["none", "lowest", "largest"]
    refractory_steps: int
    refractory_input: Literal["ignore", "integrate"]
    plan: dict[str, Any]

    def limit(self, rows: int) -> None:
        """Refuse what would need more memory than any bundle that was written."""
        if not (1 <= self.inputs <= 1 << 20 and 1 <= self.neurons <= 1 << 20):
            raise ValueError(f"inputs and neurons must be 1 to {1 << 20}, not {self.inputs} and {self.neurons}")
        if max(rows, self.inputs) * max(self.neurons, self.inputs) > MOST_WORDS:
            raise ValueError(f"steps times neurons, and inputs times neurons, must be at most {MOST_WORDS}")
        if not 0 <= self.refractory_steps < 1 << 31:
            raise ValueError(f"refractory_steps must be 0 to 2**31 - 1, not {self.refractory_steps}")


class Images(_Size, forbid_unknown_fields=True, kw_only=True):
    """Schema 1: images of equal length."""

    images: int
    steps: int

    def __post_init__(self) -> None:
        if self.images < 1 or self.steps < 1:
            raise ValueError(f"images and steps must be 1 or more, not {self.images} and {self.steps}")
        self.limit(self.images * self.steps)

    def presentations(self) -> tuple[int, ...]:
        """Return the steps of each presentation."""
        return (self.steps,) * self.images


class Presentations(_Size, forbid_unknown_fields=True, kw_only=True):
    """Schema 2: presentations of any length."""

    steps: list[int]

    def __post_init__(self) -> None:
        if not self.steps or min(self.steps) < 1:
            raise ValueError("steps must list one or more presentations of one or more steps")
        self.limit(sum(self.steps))

    def presentations(self) -> tuple[int, ...]:
        """Return the steps of each presentation."""
        return tuple(self.steps)


Layer = Images | Presentations


def read_layer_bundle(folder: Path, manifest: Manifest, about: Layer, content: Mapping[str, Any]) -> GraphBundle:
    """Return what a set of one layer holds, as a set of its population; raises FileError."""
    blank, steps = _skeleton(about), about.presentations()
    try:
        former = layer_layout(blank, steps, 1 if isinstance(about, Images) else LAYER_SCHEMA)
    except FxsnnError as error:
        raise FileError(f"the bundle's configuration must run: {error}") from None
    registers = layer_lfsr_entry(blank)
    read, altered, wrong, misread = open_former(folder, former, manifest, content, len(steps), registers)
    try:
        network = _filled(blank, read)
        presented = _presented(network, steps, read)
    except FileError as error:
        raise FileError(altered[0] if altered else str(error)) from None
    try:
        graph = graph_of(network)
    except FxsnnError as error:
        raise FileError(f"the bundle's configuration must run: {error}") from None
    called = {in_layer(one.name): one.name for one in graph_layout(graph, len(steps), 1, start_forms(graph))}
    vectors = [_among_populations(vector, called, sum(steps), images=isinstance(about, Images)) for vector in former]
    words = FileWords(folder, {vector.name: vector for vector in vectors})
    counts, misstated = _counts(network, graph, manifest.counts, presented, read)
    wrong += [] if altered else misstated
    return GraphBundle(vectors, words, altered, [*wrong, *misread], counts, presented, graph)


def _skeleton(about: _Size) -> QuantisedNetwork:
    """Return the network without its constants, enough to know every file's format."""
    try:
        plan = plan_from_data(about.plan)
    except FxsnnError as error:
        raise FileError(f"manifest.json must be what fxsnn wrote: {error}") from None
    return QuantisedNetwork(
        plan=plan,
        weights=np.zeros((about.inputs, about.neurons), dtype=np.int64),
        theta=np.zeros(about.neurons, dtype=np.int64),
        threshold=0,
        factor=1,
        inhibition=0,
        floor=0,
        reset_value=0,
        reset=about.reset,
        compare=about.compare,
        winner=about.winner,
        refractory_steps=about.refractory_steps,
        refractory_input=about.refractory_input,
        casts={},
    )


def _filled(network: QuantisedNetwork, words: Words) -> QuantisedNetwork:
    return replace(
        network,
        weights=words["weights"],
        theta=words["theta"],
        threshold=int(words["threshold"][0]),
        factor=int(words["leak_factor"][0]) if "leak_factor" in words else 1,
        inhibition=int(words["inhibition"][0]),
        floor=int(words["floor"][0]),
        reset_value=int(words["reset_value"][0]),
    )


def _presented(network: QuantisedNetwork, steps: tuple[int, ...], words: Words) -> Presented:
    """Return the presentations; raises FileError."""
    rows = words["input"].reshape(sum(steps), -1)
    states = {name: words[f"initial_{name}"] for name in ("membrane", "refractory") if f"initial_{name}" in words}
    timed = Timed(steps)
    if "begin" in words:
        check_begins(words["begin"], timed)
    if "refractory" in states and (above := np.flatnonzero(states["refractory"] > network.refractory_steps)).size:
        raise FileError(f"initial_refractory.mem word {above[0]} must be at most {network.refractory_steps}")
    return Presented(
        steps, timed.unrolled(rows), Start({f"{LAYER}.{name}": words_of for name, words_of in states.items()})
    )


def _among_populations(vector: Vector, called: Mapping[str, str], rows: int, *, images: bool) -> Vector:
    """Return a file by the name that its words have among populations, a row a step.

    called    those names by the file's; constants that the population does not need are not among them
    images    whether images and steps are two dimensions of its rows
    """
    shape = (rows, *vector.shape[2:]) if images and vector.role in ("input", "node") else vector.shape
    return replace(vector, name=called.get(vector.name, f"{LAYER}.{vector.name}"), shape=shape, stored=vector.stem)


def _counts(
    network: QuantisedNetwork, graph: QuantisedGraph, stated: Mapping[str, Any], timed: Timed, words: Words
) -> tuple[dict[str, Any], list[str]]:
    """Return what the manifest counts of casts, as populations count them, and what else it misstates."""
    right = {"threshold_equalities": _equalities(network, timed, words), "spikes": int(words["spike"].sum())}
    wrong, neuron, casts = differing("counts: ", stated, right), graph.graph[LAYER].neuron, stated.get("casts")
    if not isinstance(casts, dict):
        return {"casts": casts}, wrong
    names = {SITES[one.stream]: f"{LAYER}: {neuron.labelled(one)}" for one in neuron.casts if one.stream is not None}
    unmade = {site: dict.fromkeys(COUNTS, 0) for site in SITES if site not in names}
    wrong += differing("counts: casts ", casts, unmade)
    found = {names.get(name, name): count for name, count in casts.items() if name not in unmade}
    return {"casts": found}, wrong


def _equalities(network: QuantisedNetwork, timed: Timed, words: Words) -> int:
    """Return how often a membrane that could fire met its threshold exactly."""
    integrated = words["integrated"].reshape(timed.rows, -1)
    resting = np.roll(words["refractory"].reshape(integrated.shape), 1, axis=0)
    begins = timed.edges[:-1]
    resting[begins] = words.get("initial_refractory", 0)
    left = program_of(network).named("_excess").frac - network.plan["membrane"].format.frac
    met = (integrated << left) == limits(network)
    return int((met & (resting == 0)).sum())


def limits(network: QuantisedNetwork) -> NDArray[np.int64]:
    """Return threshold + adaptive threshold of every neuron at the comparison's binary point, int64[neurons]."""
    common, plan = program_of(network).named("_excess").frac, network.plan
    t, th = plan["threshold"].format, plan["theta"].format
    return (network.threshold << (common - t.frac)) + (network.theta << (common - th.frac))
