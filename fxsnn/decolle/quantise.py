"""A layered network in real numbers and a plan make one in raw integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.decolle.description import Description, Layer
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import CASTS, CONSTANTS, STREAMS, DecollePlan, LayerPlan
from fxsnn.decolle.populations import Words, populations_of, without_relays
from fxsnn.errors import ConfigError, naming
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.number.cast import from_float
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.signal import Signal


@dataclass(frozen=True, slots=True, eq=False)
class QuantisedLayers:
    """A layered network of raw words: what it is of, and the populations that it is proved and counted as.

    `running` are those that answer, which move fewer words; see `populations.without_relays`.
    """

    description: Description
    plan: DecollePlan
    graph: QuantisedGraph
    running: QuantisedGraph = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "running", without_relays(self.graph))


def constant_register(plan: DecollePlan, number: int, name: str) -> Lfsr:
    """Return the register that a constant of a layer draws from where its rounding is stochastic."""
    return plan.lfsr.derive(number * STREAMS + len(CASTS) + CONSTANTS.index(name))


def constant_signals(plan: LayerPlan) -> dict[str, Signal]:
    """Return what each constant of a layer is cast into."""
    factors = {name: leak.factor for name, leak in plan.leaks.items() if leak.kind == "multiply"}
    return {name: plan[name] for name in CONSTANTS if name in plan.signals} | factors


def quantise_layers(network: DecolleNetwork, plan: DecollePlan) -> QuantisedLayers:
    """Cast every parameter into its format.

    States are kept in units in which an input adds 1 to Q and Q as it is to P, so that no state is multiplied by
    1 - alpha or 1 - beta; bias and refractory step are divided by both instead. Only the sign of the membrane
    decides, so that this leaves all spikes as they are.

    Raises
    ------
    OverflowDetectedError
        A parameter leaves its format and the overflow mode is `error`; the message names it.
    ConfigError
        The plan is of another number of layers.
    WidthError
        An exact intermediate could leave int64, or a cast would drop more than 62 bits; the message names it.
    """
    if len(plan.layers) != len(network.weights):
        raise ConfigError(f"a plan must be of {len(network.weights)} layers, not {len(plan.layers)}")
    words = [_words(network, plan, number) for number in range(len(plan.layers))]
    graph = populations_of(network.description, plan, words, network.readouts[-1])
    return QuantisedLayers(network.description, plan, graph)


def _words(network: DecolleNetwork, plan: DecollePlan, number: int) -> Words:
    layer, parameters = network.description.layer[number], (network.weights[number], network.biases[number])
    weights, biases = (one.astype(np.float64) for one in parameters)
    return cast_constants(plan, number, {"weight": weights, "bias": biases * _unit(layer), **scalars(layer)})


def _unit(layer: Layer) -> float:
    return 1 / ((1 - layer.alpha) * (1 - layer.beta))


def scalars(layer: Layer) -> dict[str, ArrayLike]:
    """Return the constants of a layer that are one number each, in the units of its words."""
    leaks = {"trace_leak": layer.alpha, "synapse_leak": layer.beta, "refractory_leak": layer.rho}
    return {"refractory": (1 - layer.rho) * layer.refractory * _unit(layer), **leaks}


def cast_constants(plan: DecollePlan, number: int, values: Mapping[str, ArrayLike]) -> Words:
    """Return the words of those constants of a layer that values, float, are given of; raises as `quantise_layers`."""

    def word(name: str, signal: Signal) -> NDArray[np.int64]:
        lfsr = constant_register(plan, number, name)
        with naming(f"{name} of layer {number}"):
            return from_float(values[name], signal.format, signal.rounding, signal.overflow, lfsr=lfsr)

    signals = constant_signals(plan.layers[number])
    return {name: word(name, signal) for name, signal in signals.items() if name in values}
