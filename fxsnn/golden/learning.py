"""Golden vectors of learning: what every image makes of a network that learns in integers, and the RTL that learns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.competitive.itq import learning_register
from fxsnn.competitive.learn import Learning
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan, plan_to_data
from fxsnn.competitive.quantised import QuantisedNetwork
from fxsnn.competitive.recording import LEARNING_SITES, Recording, record
from fxsnn.golden.contents import LEARNING_SCHEMA, Vector
from fxsnn.golden.layer_layout import constant_files, layer_lfsr_entry
from fxsnn.golden.learning_readme import learning_readme
from fxsnn.golden.learning_rtl import learner_files
from fxsnn.golden.manifest import MANIFEST
from fxsnn.golden.memfile import digest
from fxsnn.golden.writing import write_files, write_vectors
from fxsnn.io.files import new_folder
from fxsnn.number.format import Format

_BIT = Format(1, 0, signed=False)


def make_learning_bundle(
    folder: Path, network: Network, images: NDArray[np.uint8], learning: Learning, plan: Plan
) -> dict[str, Any]:
    """Write what learning from uint8[images, inputs] makes of a network, word by word; return the manifest.

    It learns as `itq.train` does. The same arguments give the same bytes. The folder appears whole or not at all.

    Raises
    ------
    ConfigError, WidthError
        As `itq.train`; or the folder holds something fxsnn did not make.
    FileError
        The folder cannot be written.
    """
    recording = record(network, images, learning, plan)
    quantised = recording.started.network
    presented, steps, _ = recording.inputs.shape
    rule = {"update": learning.update, "norm": learning.norm, "presentations": presented}
    configuration = _configuration_of(quantised, [steps] * presented) | {"learning": rule}
    identity = digest(json.dumps(configuration, sort_keys=True).encode())[:16]
    registers = layer_lfsr_entry(quantised)
    registers["order"] = (
        "each stochastic cast has a register of its own. Those of the layer are set to their seeds at the start of "
        "every image; those of learning (update, fade, fold) once, and never again"
    )
    for site, row in LEARNING_SITES.items():
        if site in recording.drawing:
            registers["seeds"][site] = f"{learning_register(quantised.plan, 1 + row).seed:#x}"
    registers["parameter_seeds"]["first_learned"] = f"{learning_register(quantised.plan, 0).seed:#x}"
    with new_folder(folder, MANIFEST) as place:
        manifest: dict[str, Any] = {
            "tool": f"fxsnn {version('fxsnn')}",
            "schema": LEARNING_SCHEMA,
            "configuration": configuration,
            "configuration_sha256_16": identity,
            "lfsr": registers,
            "files": write_vectors(place, learning_layout(recording), learning_words(recording), identity),
            "counts": {
                "spikes": int(recording.kept.counts.sum()),
                "weights_changed": int((recording.kept.learned[-1] != recording.first.learned).sum()),
            },
        }
        texts = learner_files(manifest, recording)
        manifest["others"] = write_files(place, {name: text.encode() for name, text in texts.items()})
        (place / "README.md").write_bytes(learning_readme(manifest).encode())
        (place / MANIFEST).write_bytes((json.dumps(manifest, indent=1, ensure_ascii=True) + "\n").encode("ascii"))
    return manifest


def learning_layout(recording: Recording) -> list[Vector]:
    """Return every file of a bundle of learning, in a fixed order."""
    network, table = recording.started.network, recording.started.table
    plan, inputs, neurons = network.plan, network.inputs, network.neurons
    images, steps, _ = recording.inputs.shape
    weight, learned, theta = plan["weight"].format, table.weight.format, table.theta.format
    total = _counter(inputs * weight.highest, weight.frac)
    weights, after = (inputs, neurons), "after each image"
    same = {one.name: one for one in constant_files(network)}
    vectors = [
        Vector("first_learned", "constant", learned, weights, "learned weights before the first image"),
        Vector("first_learned_theta", "constant", theta, (neurons,), "learned thetas before the first image"),
        *(same[name] for name in ("threshold", "inhibition", "floor", "reset_value")),
        Vector("offset", "constant", table.constants.format, (1,), "what an update takes from every trace"),
        Vector("softness", "constant", table.constants.format, (1,), "how much of the weight an update takes too"),
        Vector("rise", "constant", theta, (1,), "what a spike adds to a learned theta"),
        Vector("fall", "constant", theta, (1,), "what an image takes from every learned theta"),
        Vector("trace_one", "constant", table.trace.format, (1,), "trace of an active input"),
        Vector("rate", "constant", table.rate.format, (images,), "learning rate of each image"),
    ]
    vectors += [same[name] for name in ("leak_factor",) if name in same]
    if table.fade.kind == "multiply":
        vectors.append(Vector("fade_factor", "constant", table.fade.factor.format, (1,), "factor of the traces"))
    register = Format(plan.lfsr.width, 0, signed=False)
    return [
        *vectors,
        Vector("input", "input", _BIT, (images, steps, inputs), "input spikes", packed=True),
        Vector("first_weights", "node", weight, weights, "weights as first read"),
        Vector("first_sum", "node", total, (neurons,), "their sums"),
        Vector("first_theta", "node", plan["theta"].format, (neurons,), "thetas as first folded"),
        Vector("spike", "node", _BIT, (images, steps, neurons), "output spikes", packed=True),
        Vector("learned", "node", learned, (images, *weights), f"learned weights {after}"),
        Vector("weights", "node", weight, (images, *weights), f"weights as they are read {after}"),
        Vector("sum", "node", total, (images, neurons), f"sums of the weights as they are read {after}"),
        Vector("learned_theta", "node", theta, (images, neurons), f"learned thetas {after}"),
        Vector("theta", "node", plan["theta"].format, (images, neurons), f"folded thetas {after}"),
        Vector("count", "node", _counter(steps), (images, neurons), "spikes of each neuron for the image"),
        Vector("trace", "node", table.trace.format, (images, inputs), f"traces {after}"),
        *(
            Vector(f"lfsr_{site}", "node", register, (images, steps + 1), f"register of {site}s after steps and image")
            for site in recording.drawing
        ),
    ]


def learning_words(recording: Recording) -> dict[str, NDArray[np.int64]]:
    """Return the raw words of every file of the layout, int64 of its shape."""
    network, constants = recording.started.network, recording.started.constants
    first, kept = recording.first, recording.kept
    single = {
        "threshold": network.threshold,
        "inhibition": network.inhibition,
        "floor": network.floor,
        "reset_value": network.reset_value,
        "leak_factor": network.factor,
        "offset": recording.offset,
        "softness": constants.softness,
        "rise": constants.theta_plus,
        "fall": constants.theta_fall,
        "trace_one": constants.trace_one,
        "fade_factor": constants.fade_factor,
    }
    words = {name: np.array([word], np.int64) for name, word in single.items()}
    words |= {f"lfsr_{site}": kept.registers[:, :, row] for site, row in LEARNING_SITES.items()}
    return words | {
        "first_learned": first.learned.T,
        "first_learned_theta": first.theta,
        "rate": recording.rates,
        "input": recording.inputs.astype(np.int64),
        "first_weights": network.weights,
        "first_sum": first.sums,
        "first_theta": first.folded,
        "spike": kept.spikes.astype(np.int64),
        "learned": kept.learned.transpose(0, 2, 1),
        "weights": kept.weights,
        "sum": kept.sums,
        "learned_theta": kept.theta,
        "theta": kept.folded,
        "count": kept.counts,
        "trace": kept.trace,
    }


def _configuration_of(network: QuantisedNetwork, steps: Sequence[int]) -> dict[str, Any]:
    """Return what the manifest says of a network and of images of so many steps."""
    return {
        "inputs": network.inputs,
        "neurons": network.neurons,
        "steps": list(steps),
        "reset": network.reset,
        "compare": network.compare,
        "winner": network.winner,
        "refractory_steps": network.refractory_steps,
        "refractory_input": network.refractory_input,
        "plan": plan_to_data(network.plan),
    }


def _counter(highest: int, frac: int = 0) -> Format:
    """Return the format of sums up to this one."""
    return Format(highest.bit_length(), frac, signed=False)
