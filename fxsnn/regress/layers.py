"""A configuration of a network of layers that learn by local errors: it runs as the populations that its layers are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fxsnn.decolle.description import description_text
from fxsnn.decolle.network import DecolleNetwork, random_layers
from fxsnn.decolle.plan import DecollePlan, decolle_plan_from_data, decolle_plan_to_data
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.errors import ConfigError
from fxsnn.graph.inputs import Inputs
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.io.documents import parse_toml
from fxsnn.networks.described import decolle_in
from fxsnn.networks.words import plan_of_layers
from fxsnn.regress.noise import Random
from fxsnn.regress.populations import data_of, inputs_of, presented
from fxsnn.regress.tables import flat, merged


@dataclass(frozen=True, slots=True, eq=False)
class LayersConfiguration:
    """One entry of the file of a network of layers, read and changed as it says; see `Configuration`."""

    name: str
    network: DecolleNetwork
    plan: DecollePlan
    inputs: Inputs | None  # None: what is drawn
    images: int
    traced: int
    random: Random

    def described(self) -> dict[str, str]:
        """Return everything that was asked for, by dotted keys; arrays are recorded apart."""
        tables = {"network": parse_toml(description_text(self.network.description), "a description")}
        tables["plan"] = decolle_plan_to_data(self.plan)
        for table in tables.values():
            table["layer"] = {str(number): layer for number, layer in enumerate(table["layer"])}
        return flat(tables | data_of(self.inputs, self.random) | {"images": self.images, "traced": self.traced})

    def quantised(self) -> QuantisedGraph:
        """Return the network in words; raises as `quantise_layers` does."""
        return quantise_layers(self.network, self.plan).graph

    def presented(self) -> Inputs:
        """Return what it is given: the first inputs of the file, or what is drawn."""
        return presented(self.inputs, self.random, self.images, self.network.description.inputs(0))


def layers_configuration(
    name: str,
    network: Path,
    plan: Path,
    change: Mapping[str, Any],
    inputs: Path | None,
    images: int,
    traced: int,
    random: Random,
) -> LayersConfiguration:
    """Read a configuration; raises FxsnnError where a file cannot be read or does not fit, or inputs are too few.

    change    of `lfsr`, of keys of a layer's table, in all layers, or of `layer`: a list of a table for each of them
    """
    layers = decolle_in(network)
    changed = _changed(plan_of_layers(plan), change)
    if len(changed.layers) != len(layers.weights):
        raise ConfigError(f"a plan must be of {len(layers.weights)} layers, not {len(changed.layers)}")
    usual = random_layers(layers.description, 0)  # its input is that of any network so described, under any plan
    given = inputs_of(inputs, quantise_layers(usual, plan_layers(usual, Words())).graph.graph, images)
    return LayersConfiguration(name, layers, changed, given, images, traced, random)


def _changed(plan: DecollePlan, change: Mapping[str, Any]) -> DecollePlan:
    tables = decolle_plan_to_data(plan)
    own = {name: part for name, part in change.items() if name not in ("layer", "lfsr")}
    each = change.get("layer", [{}] * len(plan.layers))
    if not isinstance(each, list) or len(each) != len(plan.layers) or not all(isinstance(one, dict) for one in each):
        raise ConfigError(f"change.layer must be a list of {len(plan.layers)} tables, one a layer, not {each!r}")
    tables["layer"] = [merged(merged(layer, own), apart) for layer, apart in zip(tables["layer"], each, strict=True)]
    return decolle_plan_from_data(merged(tables, {name: part for name, part in change.items() if name == "lfsr"}))
