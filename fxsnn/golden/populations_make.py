"""Write golden vectors of a network of populations: all it is made of, every node at every step, RTL, and a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import ConfigError
from fxsnn.files import check_folder, new_folder
from fxsnn.golden.export import check_kinds, export
from fxsnn.golden.graph_directed import cover
from fxsnn.golden.held import MANIFEST
from fxsnn.golden.make import corner_entries, write_files, write_vectors
from fxsnn.golden.memfile import digest
from fxsnn.golden.populations import (
    POPULATIONS_SCHEMA,
    Presented,
    graph_counts,
    graph_layout,
    graph_lfsr_entry,
    graph_words,
    respond,
)
from fxsnn.golden.populations_readme import graph_readme
from fxsnn.golden.populations_rtl import populations_files
from fxsnn.golden.stated import identity_of
from fxsnn.graph.files import load_graph
from fxsnn.graph.inputs import read_inputs
from fxsnn.graph.plan import graph_plan_text, load_graph_plan
from fxsnn.graph.quantise import QuantisedGraph, quantise_graph
from fxsnn.graph.writing import graph_text, whole
from fxsnn.npz import pack_npz

NETWORK, PLAN, INPUTS = "net.toml", "plan.toml", "inputs.npz"


def golden_of_files(
    network: Path,
    plan: Path,
    inputs: Path,
    count: int | None,
    out: Path,
    kinds: Sequence[str],
    aimed: bool,
) -> dict[str, Any]:
    """Write golden vectors of a network's response to the first inputs of a file; return the manifest.

    count    how many of them; all if not said
    aimed    whether inputs directed at the corners of the arithmetic follow

    Raises
    ------
    FxsnnError
        A file cannot be read, or says what cannot be; see `make_graph_bundle`.
    """
    check_kinds(kinds)
    check_folder(out, network, plan, inputs)
    graph = load_graph(network)
    quantised = quantise_graph(graph, load_graph_plan(plan, graph))
    words = read_inputs(inputs, graph).words
    if count is not None and count > len(words):
        raise ConfigError(f"--images must be 1 to {len(words)}, as many as {str(inputs)!r} holds, not {count}")
    return make_graph_bundle(out, quantised, words[:count], aimed=aimed, kinds=kinds)


def make_graph_bundle(
    folder: Path, network: QuantisedGraph, inputs: NDArray[np.int64], *, aimed: bool = False, kinds: Sequence[str] = ()
) -> dict[str, Any]:
    """Write golden vectors of the network's response to inputs; return the manifest.

    Inputs directed at the corners of the arithmetic follow if `aimed` (`graph_directed` says which). The same network,
    plan and inputs give the same bytes. The folder appears whole or not at all.

    inputs    int64[inputs, steps, words], of the format of the network's input
    kinds     further formats of memory images (export.KINDS)

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
    graph_layout(network, *inputs.shape[:2])  # refuses a node that fits no word before anything is played
    response = respond(network, Presented.of(inputs))
    covered = cover(network, inputs, aimed=aimed)
    if len(covered.directed):
        response = response.then(respond(network, Presented.of(covered.directed)))
    presented = Presented.of(np.concatenate([inputs, covered.directed]))
    vectors = graph_layout(network, *presented.words.shape[:2])
    words = graph_words(network, presented, response)
    texts = {NETWORK: graph_text(network.graph), PLAN: graph_plan_text(network.plan), **complete.texts}
    files = {name: text.encode() for name, text in texts.items()} | {INPUTS: _packed(network, inputs)}
    configuration = configuration_of_graph(files, *presented.words.shape[:2])
    identity = identity_of(configuration)
    with new_folder(folder, MANIFEST) as place:
        manifest: dict[str, Any] = {
            "tool": f"fxsnn {version('fxsnn')}",
            "schema": POPULATIONS_SCHEMA,
            "configuration": configuration,
            "configuration_sha256_16": identity,
            "inputs": len(inputs),
            "lfsr": graph_lfsr_entry(network),
            "files": write_vectors(place, vectors, words, identity),
            "counts": graph_counts(network, response),
            "corners": corner_entries(covered.reached, covered.cannot, presented),
        }
        files |= {name: text.encode() for name, text in populations_files(manifest, network).items()}
        files["README.md"] = graph_readme(manifest, network, aimed=aimed).encode()
        entries = export(place, vectors, words, kinds, [f"configuration {identity}"])
        manifest["others"] = write_files(place, files)
        manifest["others"] += [{"file": entry["file"], "sha256": entry["sha256"]} for entry in entries]
        (place / MANIFEST).write_bytes((json.dumps(manifest, indent=1, ensure_ascii=True) + "\n").encode("ascii"))
    return manifest


def configuration_of_graph(files: Mapping[str, bytes], inputs: int, steps: int) -> dict[str, Any]:
    """Return what the manifest says of a network, its plan and so many inputs; `files` are those beside the words."""
    said = {name: digest(data) for name, data in sorted(files.items()) if name.endswith((".toml", ".neuron", ".csv"))}
    return {"inputs": inputs, "steps": steps, "sha256": said}


def _packed(network: QuantisedGraph, inputs: NDArray[np.int64]) -> bytes:
    """Return the inputs as `fxsnn golden make` takes them, in the smallest type that holds their words."""
    form = network.graph.format
    size = next(size for size in (1, 2, 4, 8) if form.word <= 8 * size)
    shaped = inputs.reshape(*inputs.shape[:2], *network.graph.shape)
    return pack_npz({"inputs": shaped.astype(f"{'<' if size > 1 else '|'}{'i' if form.signed else 'u'}{size}")})
