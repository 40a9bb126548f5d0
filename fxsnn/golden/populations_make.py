"""Write golden vectors of a network of populations: all it is made of, every node at every step, RTL, and a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.graph import LAYER, is_layer
from fxsnn.errors import ConfigError
from fxsnn.golden.contents import stems_of
from fxsnn.golden.export import check_kinds, export
from fxsnn.golden.graph_directed import cover
from fxsnn.golden.layer_layout import as_in_layer
from fxsnn.golden.manifest import MANIFEST
from fxsnn.golden.memfile import digest
from fxsnn.golden.populations import (
    POPULATIONS_SCHEMA,
    Presented,
    graph_layout,
    graph_lfsr_entry,
)
from fxsnn.golden.populations_readme import graph_readme
from fxsnn.golden.populations_rtl import populations_files
from fxsnn.golden.populations_stream import Progress, large, write_presentations
from fxsnn.golden.scanned import FileWords
from fxsnn.golden.stated import identity_of
from fxsnn.golden.writing import corner_entries, write_files
from fxsnn.graph.files import load_graph
from fxsnn.graph.inputs import read_inputs
from fxsnn.graph.plan import graph_plan_text, load_graph_plan
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.refusing import may_refuse
from fxsnn.graph.run import run
from fxsnn.graph.starting import Given, read_start, start_forms, start_of
from fxsnn.graph.writing import Beside, graph_text, whole
from fxsnn.io.files import check_folder, new_folder
from fxsnn.io.npz import pack_npz
from fxsnn.number.format import Format

NETWORK, PLAN, INPUTS, START = "net.toml", "plan.toml", "inputs.npz", "start.npz"


def golden_of_files(
    network: Path,
    plan: Path,
    inputs: Path,
    count: int | None,
    out: Path,
    kinds: Sequence[str] = (),
    aimed: bool = True,
    start: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write golden vectors of a network's response to the first inputs of a file; return the manifest.

    count    how many of them; all if not given
    aimed    whether inputs directed at the corners of the arithmetic follow
    start    an .npz with what states begin with, see `read_start`

    Raises
    ------
    FxsnnError
        A file cannot be read, or says what cannot be; see `make_graph_bundle`.
    """
    check_kinds(kinds)
    check_folder(out, network, plan, inputs, *([start] if start else []))
    graph = load_graph(network)
    quantised = quantise_graph(graph, load_graph_plan(plan, graph))
    words = read_inputs(inputs, graph).words
    if count is not None and count > len(words):
        raise ConfigError(f"--images must be 1 to {len(words)}, as many as {str(inputs)!r} holds, not {count}")
    initial = read_start(start, quantised, len(words)).part(slice(count)).words
    return make_graph_bundle(out, quantised, words[:count], aimed=aimed, kinds=kinds, start=initial, progress=progress)


def make_graph_bundle(
    folder: Path,
    network: QuantisedGraph,
    inputs: NDArray[np.int64],
    *,
    aimed: bool = False,
    kinds: Sequence[str] = (),
    start: Given | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write golden vectors of the network's response to inputs; return the manifest.

    Inputs directed at the corners of the arithmetic follow if `aimed` (`graph_directed` says which). The same network,
    plan and inputs give the same bytes. The folder appears whole or not at all.

    inputs    int64[inputs, steps, words], of the format of the network's input
    kinds     further formats of memory images (export.KINDS)
    start     what states begin with, see `start_of`
    progress  called with the inputs that are done and their number, where there are many words

    Raises
    ------
    ConfigError, WidthError, OverflowDetectedError
        The network cannot run, there is no input, or the folder holds something fxsnn did not make.
    FileError
        The folder cannot be written.
    """
    check_kinds(kinds)
    if not len(inputs):
        raise ConfigError("golden vectors must be of one or more inputs, not none")
    complete = whole(network)
    network = complete.network
    many, steps = inputs.shape[:2]
    first = start_of(network, start, many)
    initial = first.words
    graph_layout(network, many, steps, initial)  # refuses a node that fits no word before anything is played
    if may_refuse(network):  # and a value that leaves its format
        run(network, inputs, start=initial)
    covered = cover(network, inputs, first, aimed=aimed)
    presentations = np.concatenate([inputs, covered.directed])
    presented = Presented.of(presentations, first.then_rest(len(covered.directed)))
    vectors = graph_layout(network, len(presentations), steps, initial)
    layer = is_layer(network.graph)
    if layer:
        vectors = as_in_layer(vectors)
    called = stems_of(vectors)
    beside = Beside(lambda name, _: f"{called[name]}.mem")
    texts = {NETWORK: graph_text(network.graph, beside), PLAN: graph_plan_text(network.plan), **complete.texts}
    graph = network.graph
    files = {name: text.encode() for name, text in texts.items()}
    files[INPUTS] = pack_npz({"inputs": _least(inputs.reshape(many, steps, *graph.shape), graph.format)})
    if initial:
        forms = start_forms(network)
        files[START] = pack_npz({name: _least(words, forms[name]) for name, words in initial.items()})
    configuration = configuration_of_graph(files, len(presentations), steps, [*initial], layer=layer)
    identity = identity_of(configuration)
    with new_folder(folder, MANIFEST) as place:
        report = progress if large(vectors) else None
        files_of_words, counts = write_presentations(place, network, presented, vectors, identity, report)
        manifest: dict[str, Any] = {
            "tool": f"fxsnn {version('fxsnn')}",
            "schema": POPULATIONS_SCHEMA,
            "configuration": configuration,
            "configuration_sha256_16": identity,
            "inputs": len(inputs),
            "lfsr": graph_lfsr_entry(network, vectors),
            "files": files_of_words,
            "counts": counts,
            "corners": corner_entries(covered.reached, covered.cannot, presented),
        }
        files |= {name: text.encode() for name, text in populations_files(manifest, network, vectors).items()}
        files["README.md"] = graph_readme(manifest, network, vectors, aimed=aimed).encode()
        words = FileWords(place, {vector.name: vector for vector in vectors})
        entries = export(place, vectors, words, kinds, [f"configuration {identity}"])
        manifest["others"] = write_files(place, files)
        manifest["others"] += [{"file": entry["file"], "sha256": entry["sha256"]} for entry in entries]
        (place / MANIFEST).write_bytes((json.dumps(manifest, indent=1, ensure_ascii=True) + "\n").encode("ascii"))
    return manifest


def configuration_of_graph(
    files: Mapping[str, bytes], inputs: int, steps: int, loaded: Sequence[str] = (), *, layer: bool = False
) -> dict[str, Any]:
    """Return what the manifest says of a network, its plan, so many inputs and states that begin with given words.

    files    those beside the words
    layer    whether files have names without that of the population
    """
    digests = {
        name: digest(data) for name, data in sorted(files.items()) if name.endswith((".toml", ".neuron", ".csv"))
    }
    found: dict[str, Any] = {"inputs": inputs, "steps": steps, "sha256": digests}
    found |= {"start": [*loaded]} if loaded else {}
    return found | ({"unprefixed": LAYER} if layer else {})


def _least(words: NDArray[np.int64], form: Format) -> NDArray[np.integer]:
    """Return words in the smallest type that holds those of a format."""
    size = next(size for size in (1, 2, 4, 8) if form.word <= 8 * size)
    return words.astype(f"{'<' if size > 1 else '|'}{'i' if form.signed else 'u'}{size}")
