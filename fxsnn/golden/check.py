"""Check a bundle: read every file strictly, compute every node again, name the first word that differs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.emulate import emulate, spikes_of
from fxsnn.errors import FileError, FxsnnError
from fxsnn.files import inside, read_bytes
from fxsnn.golden.contents import Vector, layout, words_of
from fxsnn.golden.make import MANIFEST, SCHEMA
from fxsnn.golden.memfile import read_patterns, to_words
from fxsnn.plan import plan_from_data
from fxsnn.quantise import QuantisedNetwork

MOST_WORDS = 1 << 28  # of one file; more was not written by fxsnn


@dataclass(frozen=True, slots=True)
class Checked:
    """The result: how much was compared, and the findings, the earliest difference first."""

    files: int
    words: int
    findings: tuple[str, ...]


class _Configuration(msgspec.Struct, forbid_unknown_fields=True):
    inputs: int
    neurons: int
    images: int
    steps: int
    reset: Literal["zero", "value", "subtract"]
    compare: Literal["ge", "gt"]
    winner: Literal["none", "lowest", "largest"]
    refractory_steps: int
    refractory_input: Literal["ignore", "integrate"]
    plan: dict[str, Any]

    def __post_init__(self) -> None:
        for name in ("inputs", "neurons", "images", "steps"):
            if not 1 <= getattr(self, name) <= 1 << 20:
                raise ValueError(f"{name} must be 1 to {1 << 20}, not {getattr(self, name)}")
        if self.images * self.steps * max(self.neurons, self.inputs) > MOST_WORDS:
            raise ValueError(f"images * steps * neurons and inputs must be at most {MOST_WORDS}")
        if self.inputs * self.neurons > MOST_WORDS or not 0 <= self.refractory_steps < 1 << 31:
            raise ValueError(f"inputs * neurons must be at most {MOST_WORDS}, refractory_steps 0 to 2**31 - 1")


class _File(msgspec.Struct):
    name: str
    file: str
    sha256: str
    format: str
    shape: list[int]


class _Manifest(msgspec.Struct):
    configuration: _Configuration
    files: list[_File]
    counts: dict[str, Any]


def check_bundle(folder: Path) -> Checked:
    """Compare a bundle with the emulator, word by word.

    Raises
    ------
    FileError
        A file is missing, short, long, malformed, or named outside the bundle; the manifest is of another
        schema or describes something that cannot be.
    """
    manifest = _read_manifest(folder)
    network = _skeleton(manifest.configuration)
    about = manifest.configuration
    vectors = _described(network, manifest)
    digests = {entry.name: entry.sha256 for entry in manifest.files}
    words, altered = {}, []
    for vector in vectors:
        patterns, found = read_patterns(inside(folder, vector.file), vector.file, vector.bits, vector.depth)
        words[vector.name] = _unpacked(vector, patterns)
        if found != digests[vector.name]:
            altered.append(f"{vector.file} is not the file that the manifest describes: its sha256 is {found}")
    network = _filled(network, words)
    spikes = spikes_of(words["input"].astype(np.uint8))
    try:
        traces = [emulate(network, spikes, image) for image in range(about.images)]
    except FxsnnError as error:
        raise FileError(f"the bundle's configuration must run: {error}") from None
    expected = words_of(network, spikes, traces)
    differences = [_first_difference(vector, expected[vector.name], words[vector.name]) for vector in vectors]
    earliest = sorted((found for found in differences if found), key=lambda found: found[0])
    findings = (*(text for _, text in earliest), *altered)
    return Checked(len(vectors), sum(vector.depth for vector in vectors), findings)


def _read_manifest(folder: Path) -> _Manifest:
    data = read_bytes(folder / MANIFEST, "a golden set's manifest.json")
    try:
        content = json.loads(data)
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            schema = content.get("schema") if isinstance(content, dict) else None
            raise FileError(f"manifest.json must be of schema {SCHEMA}, not {schema!r}")
        return msgspec.convert(content, _Manifest)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"manifest.json must be what fxsnn wrote: {str(error).splitlines()[0]}") from None


def _skeleton(about: _Configuration) -> QuantisedNetwork:
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


def _described(network: QuantisedNetwork, manifest: _Manifest) -> list[Vector]:
    """Return the files of the configuration, once the manifest is seen to describe exactly those."""
    about = manifest.configuration
    try:
        vectors = layout(network, about.images, about.steps)
    except FxsnnError as error:
        raise FileError(f"the bundle's configuration must run: {error}") from None
    stated = {entry.name: (entry.file, entry.format, entry.shape) for entry in manifest.files}
    for vector in vectors:
        expected = (vector.file, str(vector.format), list(vector.shape))
        if stated.get(vector.name) != expected:
            raise FileError(f"manifest.json must state {vector.name} as {expected}, not {stated.get(vector.name)}")
    if len(manifest.files) != len(vectors):
        raise FileError(f"manifest.json must state {len(vectors)} files, not {len(manifest.files)}")
    return vectors


def _unpacked(vector: Vector, patterns: list[int]) -> NDArray[np.int64]:
    if not vector.packed:
        return np.array(to_words(patterns, vector.format), dtype=np.int64).reshape(vector.shape)
    width = vector.shape[-1]
    rows = np.frombuffer(b"".join(p.to_bytes(-(-width // 8), "little") for p in patterns), dtype=np.uint8)
    bits = np.unpackbits(rows.reshape(len(patterns), -1), axis=1, count=width, bitorder="little")
    return bits.astype(np.int64).reshape(vector.shape)


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


def _first_difference(
    vector: Vector, expected: NDArray[np.int64], got: NDArray[np.int64]
) -> tuple[tuple[int, ...], str] | None:
    """Return where in time the first difference lies, and its description."""
    different = np.flatnonzero(expected.reshape(-1) != got.reshape(-1))
    if not len(different):
        return None
    place = tuple(int(k) for k in np.unravel_index(different[0], vector.shape))
    line = int(different[0]) // (vector.shape[-1] if vector.packed else 1)
    names = ("image", "step", "neuron")
    where = ", ".join(f"{name} {k}" for name, k in zip(names, place, strict=False))
    fmt, want, have = vector.format, int(expected[place]), int(got[place])
    shown = [f"{fmt.to_hex(word)} (raw {word}, value {float(fmt.value(word)):g})" for word in (want, have)]
    return place[:2], (
        f"{vector.file} word {line}, {where}: expected {shown[0]}, got {shown[1]}, {fmt.describe()}; "
        f"{len(different)} of {expected.size} differ"
    )
