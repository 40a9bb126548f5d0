"""Read a bundle strictly, of any schema that was ever written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.documents import fitted, parse_json
from fxsnn.errors import FileError, FxsnnError
from fxsnn.files import read_bytes
from fxsnn.golden.contents import LEARNING_SCHEMA, SCHEMA, Vector, layout
from fxsnn.golden.former import FORMER_SCHEMA, Layers, read_former_bundle
from fxsnn.golden.held import MANIFEST, MOST_WORDS, Bundle, Manifest, altered_texts, check_described, read_words
from fxsnn.golden.populations import POPULATIONS_SCHEMA
from fxsnn.golden.populations_read import GraphBundle, Populations, read_graph_bundle
from fxsnn.golden.stated import misstated
from fxsnn.golden.stimuli import Stimuli
from fxsnn.plan import plan_from_data
from fxsnn.quantised import QuantisedNetwork


@dataclass(frozen=True, slots=True, eq=False)
class LayerBundle(Bundle):
    """Of a network of one layer that learned without labels."""

    stimuli: Stimuli
    network: QuantisedNetwork


AnyBundle = LayerBundle | GraphBundle


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


class _Images(_Size, forbid_unknown_fields=True, kw_only=True):
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


class _Presentations(_Size, forbid_unknown_fields=True, kw_only=True):
    """Schema 2: presentations of any length."""

    steps: list[int]

    def __post_init__(self) -> None:
        if not self.steps or min(self.steps) < 1:
            raise ValueError("steps must list one or more presentations of one or more steps")
        self.limit(sum(self.steps))

    def presentations(self) -> tuple[int, ...]:
        """Return the steps of each presentation."""
        return tuple(self.steps)


_Older = _Images | _Presentations
_About = _Older | Layers | Populations


def read_bundle(folder: Path) -> AnyBundle:
    """Return what a bundle holds.

    Raises
    ------
    FileError
        A file is missing, short, long, malformed, or named outside the bundle; the manifest is of a newer
        schema or describes something that cannot be.
    """
    manifest, about, content = _read_manifest(folder)
    if isinstance(about, Populations):
        return read_graph_bundle(folder, manifest, about, content)
    if isinstance(about, Layers):
        return read_former_bundle(folder, manifest, about, content)
    network = _skeleton(about)
    vectors = _described(network, about, manifest)
    read = read_words(folder, vectors, manifest)
    words, altered = read.words, [*read.altered, *altered_texts(folder, manifest)]
    wrong = [*misstated(content, vectors, network, len(about.presentations())), *read.misstated]
    try:
        network = _filled(network, words)
        stimuli = _stimuli(network, about.presentations(), words)
        return LayerBundle(vectors, words, altered, wrong, manifest.counts, stimuli, network)
    except FileError as error:
        raise FileError(altered[0] if altered else str(error)) from None


def _read_manifest(folder: Path) -> tuple[Manifest, _About, dict[str, Any]]:
    must = "manifest.json must be what fxsnn wrote"
    content = parse_json(read_bytes(folder / MANIFEST, "a golden set's manifest.json"), must)
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema == FORMER_SCHEMA:
        manifest = fitted(content, Manifest, must)
        return manifest, fitted(manifest.configuration, Layers, must), content
    if schema == POPULATIONS_SCHEMA:
        manifest = fitted(content, Manifest, must)
        return manifest, fitted(manifest.configuration, Populations, must), content
    if not isinstance(schema, int) or isinstance(schema, bool) or schema not in range(1, SCHEMA + 1):
        hint = ": it was written by a newer fxsnn" if isinstance(schema, int) and schema > SCHEMA else ""
        if schema == LEARNING_SCHEMA:
            hint = ": vectors of learning are played by their own bench, sh run.sh"
        raise FileError(f"manifest.json must be of schema 1 to {SCHEMA}, not {schema!r}{hint}")
    manifest = fitted(content, Manifest, must)
    kind: type[_Images | _Presentations] = _Images if schema == 1 else _Presentations
    return manifest, fitted(manifest.configuration, kind, must), content


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


def _described(network: QuantisedNetwork, about: _Older, manifest: Manifest) -> list[Vector]:
    """Return the files of the configuration, once the manifest is seen to describe exactly those."""
    try:
        vectors = layout(network, about.presentations(), 1 if manifest.schema == 1 else SCHEMA)
    except FxsnnError as error:
        raise FileError(f"the bundle's configuration must run: {error}") from None
    check_described(vectors, manifest)
    return vectors


def _filled(network: QuantisedNetwork, words: dict[str, NDArray[np.int64]]) -> QuantisedNetwork:
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


def _stimuli(network: QuantisedNetwork, steps: tuple[int, ...], words: dict[str, NDArray[np.int64]]) -> Stimuli:
    cleared = np.zeros((len(steps), network.neurons), dtype=np.int64)
    stimuli = Stimuli(
        words["input"].astype(np.uint8),
        steps,
        words.get("initial_membrane", cleared),
        words.get("initial_refractory", cleared),
    )
    if "begin" in words:
        wrong = np.flatnonzero(words["begin"] != stimuli.begin())
        if len(wrong):
            raise FileError(
                f"begin.mem word {wrong[0]} must be {stimuli.begin()[wrong[0]]}, as the manifest's steps say"
            )
    above = words.get("initial_refractory", cleared) > network.refractory_steps
    if above.any():
        place = int(np.flatnonzero(above)[0])
        raise FileError(f"initial_refractory.mem word {place} must be at most {network.refractory_steps}")
    return stimuli
