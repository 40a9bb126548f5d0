"""Read a golden set of layers, as versions before populations wrote it: a set of the populations that its layers are.

Schema "layers 1": a network's description and plan are in the manifest, its files are named by layer. Words, names and
formats are checked as that schema has them; what they mean, and what explains a dump, follows from the populations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.decolle.description import Description, description_from_data
from fxsnn.decolle.network import seen
from fxsnn.decolle.plan import CASTS, STREAMS, DecollePlan, decolle_plan_from_data
from fxsnn.decolle.populations import of_layers, populations_of
from fxsnn.decolle.quantise import QuantisedLayers, cast_constants, constant_register, constant_signals, scalars
from fxsnn.errors import FileError, FxsnnError
from fxsnn.golden.former_layout import CONSTANTS, former_layout
from fxsnn.golden.manifest import MOST_WORDS, Manifest, check_begins, open_former
from fxsnn.golden.populations import Presented
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.golden.scanned import FileWords
from fxsnn.golden.stated import differing
from fxsnn.number.modes import Rounding

FORMER_SCHEMA = "layers 1"
Words = Mapping[str, NDArray[np.int64]]


class Layers(msgspec.Struct, forbid_unknown_fields=True):
    """The configuration in the manifest."""

    description: dict[str, Any]
    plan: dict[str, Any]
    recordings: int

    def skeleton(self) -> QuantisedLayers:
        """Return the network with weights of 0, enough to know every file's format; raises FileError."""
        try:
            description = description_from_data(self.description)
            plan = decolle_plan_from_data(self.plan)
            if len(plan.layers) != len(description.layer):
                raise FileError(f"a plan must be of {len(description.layer)} layers, not {len(plan.layers)}")
            self._limit(description)
            zeros = [_zeros(description, plan, number) for number in range(len(plan.layers))]
            readout = np.ones((seen(description, len(zeros) - 1), description.classes), np.int8)
            return QuantisedLayers(description, plan, populations_of(description, plan, zeros, readout))
        except FxsnnError as error:
            raise FileError(f"manifest.json must be what fxsnn wrote: {error}") from None

    def _limit(self, described: Description) -> None:
        """Refuse what would need more memory than any set that was written."""
        if self.recordings < 1:
            raise FileError(f"recordings must be 1 or more, not {self.recordings}")
        for number in range(len(described.layer)):
            geometry = described.geometry(number)
            rows = self.recordings * described.steps
            largest = max(math.prod(shape) * rows for shape in (geometry.inputs, geometry.outputs))
            if max(largest, math.prod(geometry.weights)) > MOST_WORDS:
                raise FileError(f"a file must be of at most {MOST_WORDS} words, layer {number} needs more")


def read_former_bundle(folder: Path, manifest: Manifest, about: Layers, content: Mapping[str, Any]) -> GraphBundle:
    """Return what a set of layers holds, as a set of populations; raises FileError."""
    skeleton = about.skeleton()
    try:
        vectors = former_layout(skeleton, about.recordings)
    except FxsnnError as error:
        raise FileError(f"the bundle's configuration must run: {error}") from None
    former = [replace(vector, name=vector.stem, stored="") for vector in vectors]
    registers = _lfsr_entry(skeleton, [vector.name for vector in former])
    read, altered, wrong, misread = open_former(folder, former, manifest, content, about.recordings, registers)
    try:
        network = _filled(skeleton, read)
        presented = _presented(network.description, read)
    except FileError as error:
        raise FileError(altered[0] if altered else str(error)) from None
    words = FileWords(folder, {vector.name: vector for vector in vectors})
    counts, misstated = _counts(network, manifest.counts, read)
    wrong += [] if altered else misstated
    return GraphBundle(vectors, words, altered, [*wrong, *misread], counts, presented, network.graph)


def _zeros(described: Description, plan: DecollePlan, number: int) -> Words:
    shape = described.geometry(number).weights
    blank = {"weight": np.zeros(shape, np.int64), "bias": np.zeros(shape[-1], np.int64)}
    return {**blank, **cast_constants(plan, number, scalars(described.layer[number]))}


def _filled(network: QuantisedLayers, words: Words) -> QuantisedLayers:
    """Return the network with its constants; raises FileError."""
    constants = []
    for number, plan in enumerate(network.plan.layers):
        rows = {name: words[f"layer{number}_{CONSTANTS[name][0]}"] for name in constant_signals(plan)}
        constants.append({name: one if name in ("weight", "bias") else one[0] for name, one in rows.items()})
    readout = words.get("readout", np.zeros(0, np.int64))
    if (np.abs(readout) != 1).any():
        place = int(np.flatnonzero(np.abs(readout.reshape(-1)) != 1)[0])
        raise FileError(f"readout.mem word {place} must be 1 or -1, not {readout.reshape(-1)[place]}")
    graph = populations_of(network.description, network.plan, constants, readout.astype(np.int8))
    return replace(network, graph=graph)


def _presented(described: Description, words: Words) -> Presented:
    """Return the recordings; raises FileError."""
    above = np.flatnonzero(words["input"].reshape(-1) > described.clip)
    if len(above):
        raise FileError(f"input.mem word {above[0]} must be at most {described.clip}")
    rows = words["input"]
    presented = Presented.of(rows.reshape(-1, described.steps, math.prod(rows.shape[1:])))
    check_begins(words["begin"], presented)
    return presented


def _lfsr_entry(network: QuantisedLayers, files: Sequence[str]) -> dict[str, Any]:
    """Return what the manifest says of the registers that draw."""
    lfsr = network.plan.lfsr
    return {
        "polynomial": lfsr.polynomial,
        "width": lfsr.width,
        "taps": list(lfsr.taps),
        "seeds": {
            f"layer{number}_{cast}": f"{lfsr.derive(number * STREAMS + row).seed:#x}"
            for number in range(len(network.plan.layers))
            for row, cast in enumerate(CASTS)
            if f"layer{number}_lfsr_{cast}" in files
        },
        "parameter_seeds": {
            f"layer{number}_{CONSTANTS[name][0]}": f"{constant_register(network.plan, number, name).seed:#x}"
            for number, layer in enumerate(network.plan.layers)
            for name, signal in constant_signals(layer).items()
            if signal.rounding is Rounding.STOCHASTIC
        },
    }


def _counts(network: QuantisedLayers, stated: Mapping[str, Any], words: Words) -> tuple[dict[str, Any], list[str]]:
    """Return what the manifest counts of casts, as populations count them, and what else it misstates."""
    spikes = [int(words[f"layer{number}_spike"].sum()) for number in range(len(network.plan.layers))]
    answers = words["answer"].argmax(axis=1).tolist()
    right = {"spikes": sum(spikes), "spikes_by_layer": spikes, "answers": answers}
    wrong = differing("counts: ", stated, right)
    casts = stated.get("casts")
    names = _cast_names(network)
    found = {names.get(name, name): count for name, count in casts.items()} if isinstance(casts, dict) else casts
    return {"casts": found}, wrong


def _cast_names(network: QuantisedLayers) -> dict[str, str]:
    """Return how populations call each cast of the layers."""
    pairs = {name: (name, program.neuron) for name, program in network.graph.programs.items()}
    return {
        f"layer {number} {cast.name}": f"{name}: {neuron.labelled(cast)}"
        for number, parts in enumerate(of_layers(pairs))
        for name, neuron in parts
        for cast in neuron.casts
    }
