"""Write a bundle: memory images, input spikes, every internal node, and the manifest that explains them."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.emulate import Trace, emulate
from fxsnn.encode import Spikes
from fxsnn.errors import ConfigError
from fxsnn.files import new_folder
from fxsnn.golden.contents import Vector, drawing_sites, layout, words_of
from fxsnn.golden.memfile import digest, render
from fxsnn.golden.readme import readme
from fxsnn.plan import plan_to_data
from fxsnn.quantise import SITES, QuantisedNetwork, site_registers

SCHEMA = 1
MANIFEST = "manifest.json"


def make_bundle(folder: Path, network: QuantisedNetwork, spikes: Spikes) -> dict[str, Any]:
    """Write golden vectors of the network's response to every image of `spikes`; return the manifest.

    The same network and spikes give the same bytes. The folder appears whole or not at all.

    Raises
    ------
    ConfigError, WidthError, OverflowDetectedError
        The network cannot run, there is no image, or the folder holds something fxsnn did not make.
    FileError
        The folder cannot be written.
    """
    if spikes.images < 1:
        raise ConfigError("golden vectors must be of one or more images, not none")
    traces = [emulate(network, spikes, image) for image in range(spikes.images)]
    words = words_of(network, spikes, traces)
    vectors = layout(network, spikes.images, spikes.steps)
    configuration = _configuration(network, spikes)
    identity = digest(json.dumps(configuration, sort_keys=True).encode())[:16]
    with new_folder(folder, MANIFEST) as place:
        files = []
        for vector in vectors:
            data = render(_comments(vector, identity), lines_of(vector, words[vector.name]), vector.bits)
            (place / vector.file).write_bytes(data)
            files.append(_entry(vector, digest(data)))
        manifest = {
            "tool": f"fxsnn {version('fxsnn')}",
            "schema": SCHEMA,
            "configuration": configuration,
            "configuration_sha256_16": identity,
            "lfsr": _lfsr_entry(network),
            "files": files,
            "counts": _counts(traces),
        }
        (place / "README.md").write_bytes(readme(manifest).encode())
        (place / MANIFEST).write_bytes((json.dumps(manifest, indent=1, ensure_ascii=True) + "\n").encode("ascii"))
    return manifest


def lines_of(vector: Vector, words: NDArray[np.int64]) -> list[int]:
    """Return one integer a line of the file: a raw word, or the bits of a packed row."""
    if not vector.packed:
        return [int(word) for word in words.reshape(-1).tolist()]
    rows = words.reshape(-1, vector.shape[-1]).astype(np.uint8)
    return [int.from_bytes(row.tobytes(), "little") for row in np.packbits(rows, axis=1, bitorder="little")]


def _configuration(network: QuantisedNetwork, spikes: Spikes) -> dict[str, Any]:
    return {
        "inputs": network.inputs,
        "neurons": network.neurons,
        "images": spikes.images,
        "steps": spikes.steps,
        "reset": network.reset,
        "compare": network.compare,
        "winner": network.winner,
        "refractory_steps": network.refractory_steps,
        "refractory_input": network.refractory_input,
        "plan": plan_to_data(network.plan),
    }


def _entry(vector: Vector, sha256: str) -> dict[str, Any]:
    fmt = vector.format
    return {
        "name": vector.name,
        "file": vector.file,
        "role": vector.role,
        "about": vector.about,
        "format": str(fmt),
        "word": fmt.word,
        "frac": fmt.frac,
        "signed": fmt.signed,
        "shape": list(vector.shape),
        "packed": vector.packed,
        "line_bits": vector.bits,
        "lines": vector.depth,
        "sha256": sha256,
    }


def _comments(vector: Vector, identity: str) -> list[str]:
    shape = " x ".join(map(str, vector.shape))
    line = (
        f"{vector.bits} bits a line, bit i is element i of the last dimension" if vector.packed else "one word a line"
    )
    return [
        f"{vector.name}: {vector.about}",
        f"{vector.format.describe()}, {shape}, outermost first, {line}, {vector.depth} lines",
        f"configuration {identity}",
    ]


def _lfsr_entry(network: QuantisedNetwork) -> dict[str, Any]:
    lfsr = network.plan.lfsr
    seeds = dict(zip(SITES, (f"{register.seed:#x}" for register in site_registers(network.plan)), strict=True))
    drawing = drawing_sites(network)
    return {
        "polynomial": lfsr.polynomial,
        "width": lfsr.width,
        "taps": list(lfsr.taps),
        "shift": "left; the new bit, the exclusive or of bits tap-1, enters bit 0",
        "draw": "k shifts; the k fresh bits, first one most significant, are added to the k dropped bits; where more "
        "than width bits are dropped, width bits are drawn and added at their top",
        "order": "each stochastic cast has a register of its own, set to its seed at the start of every image; "
        "neurons ascending, one draw a cast",
        "seeds": {site: seeds[site] for site in drawing},
    }


def _counts(traces: list[Trace]) -> dict[str, Any]:
    sites = {
        site: {
            what: sum(trace.counts[site][what] for trace in traces)
            for what in ("casts", "inexact", "ties", "overflows")
        }
        for site in SITES
    }
    return {
        "casts": sites,
        "threshold_equalities": sum(trace.equalities for trace in traces),
        "spikes": sum(trace.spikes for trace in traces),
    }
