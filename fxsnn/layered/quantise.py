"""A layered network in real numbers and a plan make one in raw integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fxsnn.cast import check_words, from_float
from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.frozen import freeze
from fxsnn.layered.description import Description, Geometry
from fxsnn.layered.network import LayeredNetwork
from fxsnn.layered.plan import LayeredPlan, LayerPlan
from fxsnn.lfsr import Lfsr
from fxsnn.plan import Signal

CASTS = ("trace", "synapse", "refractory")  # of a time step, in this order: each has a stream of the plan's LFSR
CONSTANTS = ("weight", "bias", "refractory", "trace_leak", "synapse_leak", "refractory_leak")
STREAMS = len(CASTS) + len(CONSTANTS)  # of a layer


@dataclass(frozen=True, slots=True, eq=False)
class QuantisedLayer:
    """A layer whose every parameter is a raw word of its format in `plan`; ConfigError names the one that is not."""

    plan: LayerPlan
    geometry: Geometry
    weights: NDArray[np.int64]  # int64[kernel height, kernel width, input channels, output channels]
    bias: NDArray[np.int64]  # int64[output channels]
    refractory: int  # what a spike takes from the refractory state in the next step
    factors: tuple[int, int, int]  # of the leaks of trace, synapse and refractory state; 1 where they do not multiply
    registers: tuple[Lfsr, ...]  # of each cast, as it stands before the first step

    def __post_init__(self) -> None:
        freeze(self, copy=True)
        held: tuple[ArrayLike, ...] = (self.weights, self.bias, self.refractory, *self.factors)
        signals = constant_signals(self.plan)
        for name, words in zip(CONSTANTS, held, strict=True):
            if name in signals:
                check_words(name, words, signals[name].format)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class QuantisedLayers:
    """A layered network of raw words; `readout` is int8[outputs, classes] of the last layer, -1 or 1."""

    description: Description
    plan: LayeredPlan
    layers: tuple[QuantisedLayer, ...]
    readout: NDArray[np.int8]

    def __post_init__(self) -> None:
        freeze(self, copy=True)


def constant_register(plan: LayeredPlan, number: int, name: str) -> Lfsr:
    """Return the register that a constant of a layer draws from where its rounding is stochastic."""
    return plan.lfsr.derive(number * STREAMS + len(CASTS) + CONSTANTS.index(name))


def constant_signals(plan: LayerPlan) -> dict[str, Signal]:
    """Return what each constant of a layer is cast into."""
    leaks = {name: getattr(plan, name) for name in CONSTANTS[3:]}
    factors = {name: leak.factor for name, leak in leaks.items() if leak.kind == "multiply"}
    return {name: getattr(plan, name) for name in CONSTANTS[:3]} | factors


def quantise_layers(network: LayeredNetwork, plan: LayeredPlan) -> QuantisedLayers:
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
    """
    if len(plan.layers) != len(network.weights):
        raise ConfigError(f"a plan must be of {len(network.weights)} layers, not {len(plan.layers)}")
    layers = tuple(_quantised(network, plan, number) for number in range(len(plan.layers)))
    return QuantisedLayers(network.description, plan, layers, network.readouts[-1])


def _quantised(network: LayeredNetwork, plan: LayeredPlan, number: int) -> QuantisedLayer:
    words, layer = plan.layers[number], network.description.layer[number]
    signals = constant_signals(words)
    unit = 1 / ((1 - layer.alpha) * (1 - layer.beta))

    def word(name: str, value: ArrayLike) -> NDArray[np.int64]:
        signal, lfsr = signals[name], constant_register(plan, number, name)
        try:
            return from_float(value, signal.format, signal.rounding, signal.overflow, lfsr=lfsr)
        except FxsnnError as error:
            raise type(error)(f"{name} of layer {number}: {error}") from None

    def factor(name: str, decay: float) -> int:
        return int(word(name, decay)) if name in signals else 1

    return QuantisedLayer(
        words,
        network.description.geometry(number),
        word("weight", network.weights[number].astype(np.float64)),
        word("bias", network.biases[number].astype(np.float64) * unit),
        int(word("refractory", (1 - layer.rho) * layer.refractory * unit)),
        (
            factor("trace_leak", layer.alpha),
            factor("synapse_leak", layer.beta),
            factor("refractory_leak", layer.rho),
        ),
        tuple(plan.lfsr.derive(number * STREAMS + row) for row in range(len(CASTS))),
    )
