"""The configuration of a bundle of a layered network: what its manifest says, and how its files fill it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FileError, FxsnnError
from fxsnn.golden.layers import Shown
from fxsnn.layered.description import Description, description_from_data
from fxsnn.layered.network import seen
from fxsnn.layered.plan import LayeredPlan, layered_plan_from_data, layered_plan_to_data
from fxsnn.layered.quantise import CASTS, STREAMS, QuantisedLayer, QuantisedLayers

MOST_WORDS = 1 << 28  # of one file


class Layers(msgspec.Struct, forbid_unknown_fields=True):
    """The configuration in the manifest."""

    description: dict[str, Any]
    plan: dict[str, Any]
    recordings: int

    def skeleton(self) -> QuantisedLayers:
        """Return the network without its constants, enough to know every file's format; raises FileError."""
        try:
            description = description_from_data(self.description)
            plan = layered_plan_from_data(self.plan)
            if len(plan.layers) != len(description.layer):
                raise FileError(f"a plan must be of {len(description.layer)} layers, not {len(plan.layers)}")
            self._limit(description)
            layers = tuple(_blank(description, plan, number) for number in range(len(plan.layers)))
            readout = np.zeros((seen(description, len(layers) - 1), description.classes), np.int8)
            return QuantisedLayers(description, plan, layers, readout)
        except FxsnnError as error:
            raise FileError(f"manifest.json must be what fxsnn wrote: {error}") from None

    def presentations(self) -> tuple[int, ...]:
        """Return the steps of each presentation."""
        return (description_from_data(self.description).steps,) * self.recordings

    def _limit(self, described: Description) -> None:
        """Refuse what would need more memory than any bundle that was written."""
        if self.recordings < 1:
            raise FileError(f"recordings must be 1 or more, not {self.recordings}")
        for number in range(len(described.layer)):
            geometry = described.geometry(number)
            rows = self.recordings * described.steps
            largest = max(math.prod(shape) * rows for shape in (geometry.inputs, geometry.outputs))
            if max(largest, math.prod(geometry.weights)) > MOST_WORDS:
                raise FileError(f"a file must be of at most {MOST_WORDS} words, layer {number} needs more")


def configuration_of_layers(network: QuantisedLayers, recordings: int) -> dict[str, Any]:
    """Return what the manifest says of a network and of so many recordings."""
    description: dict[str, Any] = msgspec.to_builtins(network.description)
    return {"description": description, "plan": layered_plan_to_data(network.plan), "recordings": recordings}


def filled(network: QuantisedLayers, words: dict[str, NDArray[np.int64]]) -> tuple[QuantisedLayers, Shown]:
    """Return the network with its constants, and what it is shown; raises FileError."""
    layers = []
    for number, layer in enumerate(network.layers):
        names = f"layer{number}_"
        first, second, third = (
            int(words[f"{names}{name}_factor"][0]) if f"{names}{name}_factor" in words else 1
            for name in ("trace", "synapse", "refractory")
        )
        layers.append(
            replace(
                layer,
                weights=words[f"{names}weights"],
                bias=words[f"{names}biases"],
                refractory=int(words[f"{names}refractory_step"][0]),
                factors=(first, second, third),
            )
        )
    readout = words.get("readout", network.readout)
    if (np.abs(readout) != 1).any():
        place = int(np.flatnonzero(np.abs(readout.reshape(-1)) != 1)[0])
        raise FileError(f"readout.mem word {place} must be 1 or -1, not {readout.reshape(-1)[place]}")
    described = network.description
    above = np.flatnonzero(words["input"].reshape(-1) > described.clip)
    if len(above):
        raise FileError(f"input.mem word {above[0]} must be at most {described.clip}")
    shown = Shown.of(words["input"].astype(np.uint16).reshape(-1, described.steps, *described.inputs(0)))
    wrong = np.flatnonzero(words["begin"] != shown.begin())
    if len(wrong):
        raise FileError(f"begin.mem word {wrong[0]} must be {shown.begin()[wrong[0]]}, as the manifest's steps say")
    return replace(network, layers=tuple(layers), readout=readout.astype(np.int8)), shown


def _blank(description: Description, plan: LayeredPlan, number: int) -> QuantisedLayer:
    geometry = description.geometry(number)
    return QuantisedLayer(
        plan.layers[number],
        geometry,
        np.zeros(geometry.weights, np.int64),
        np.zeros(geometry.outputs[2], np.int64),
        0,
        (1, 1, 1),
        tuple(plan.lfsr.derive(number * STREAMS + stream) for stream in range(len(CASTS))),
    )
