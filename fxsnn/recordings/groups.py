"""Which signals of a layered network matter, each layer's narrowed alone, and points with the bits that each needs."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.data.recordings import Recordings
from fxsnn.decolle.emulate import respond_layers
from fxsnn.decolle.learn import check_sensor, frames_of
from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import LEAKS, DecollePlan, LayerPlan, decolle_plan_text
from fxsnn.decolle.ptq import LONGEST_WEIGHT, Words, plan_layers, weight_format
from fxsnn.decolle.quantise import QuantisedLayers, quantise_layers
from fxsnn.decolle.record import recorded
from fxsnn.errors import ConfigError
from fxsnn.exploration.point import Point, Value
from fxsnn.measure.ranges import Spread, spread
from fxsnn.number.format import Format
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import SHORT, Rounding
from fxsnn.number.signal import Leak, Signal
from fxsnn.recordings.bench import measured, measured_float
from fxsnn.recordings.grid import RecordedGrid, listed
from fxsnn.significance.fewest import ABOVE, Fewest
from fxsnn.significance.sweep import Case, Group, Wide, widest

WIDE_WEIGHT, WIDE_STATE, WIDE_FACTOR, LEAST_STATE = 22, 16, 16, 8  # bits that stand for float
HEADROOM = 1  # integer bits above those that words can reach
MOST_VALUES = 1 << 22  # of one signal that percentiles are taken of
DECAYS = "decays"  # the group of the factors
SIGNALS = {"weights": "weight", "biases": "bias", "Q": "synapse", "P": "trace", "R": "refractory"}


def wide_network(network: DecolleNetwork, recordings: Recordings, seed: int = Lfsr().seed, workers: int = 1) -> Wide:
    """Return a trained network in words that stand for float, and every group of every layer.

    Raises
    ------
    WidthError, FormatError
        No formats wide enough to stand for float can run.
    ConfigError
        The recordings do not fit the network.
    """
    check_sensor(network, recordings)
    right = measured_float(network, recordings).right
    plan = wide_plan(network, recordings, seed)
    wide = quantise_layers(network, plan)
    wide_right = measured(wide, recordings, workers).right
    groups, spreads = decolle_groups(network, plan, recordings), decolle_spreads(network, recordings)
    return Wide(tuple(groups), spreads, right, wide_right, int((wide_right != right).sum()), _key(wide), seed)


def wide_plan(network: DecolleNetwork, recordings: Recordings, seed: int = Lfsr().seed) -> DecollePlan:
    """Return a plan that stands for float: states of WIDE_STATE fractional bits, or as many as provably fit int64."""
    first = frames_of(network, recordings, np.arange(1))

    def plan_of(state: int) -> DecollePlan:
        plan = plan_layers(network, Words(WIDE_WEIGHT, state, state_rounding="nearest-even", seed=seed))
        plan = replace(plan, layers=tuple(_widened(layer, state) for layer in plan.layers))
        respond_layers(quantise_layers(network, plan), first)
        return plan

    return widest(range(WIDE_STATE, LEAST_STATE - 1, -1), plan_of)


def decolle_groups(network: DecolleNetwork, wide: DecollePlan, recordings: Recordings) -> list[Group]:
    """Return the groups of every layer; each case quantises, and infers all recordings."""
    found = []
    for number, layer in enumerate(network.description.layer):
        geometry = network.description.geometry(number)
        inputs, neurons = math.prod(geometry.inputs), math.prod(geometry.outputs)
        words = {"weights": math.prod(geometry.weights), "biases": geometry.outputs[2], "Q": inputs, "P": inputs}
        if layer.refractory:
            words["R"] = neurons
        for name, count in words.items():
            signal = wide.layers[number][SIGNALS[name]]
            profiled = signal.format.word - signal.format.frac - HEADROOM
            group = f"layer {number} {name}"
            found.append(
                Group(group, {group: signal}, profiled, count, _Narrowed(network, wide, number, name, recordings))
            )
        leaks = LEAKS if layer.refractory else LEAKS[:2]
        factors = {name: wide.layers[number].leaks[name].factor for name in leaks}
        case = _Narrowed(network, wide, number, "", recordings)
        found.append(Group(f"layer {number} {DECAYS}", factors, 0, len(factors), case))
    return found


def decolle_spreads(network: DecolleNetwork, recordings: Recordings) -> dict[str, Spread]:
    """Run recordings in float and return the distribution of the values of every signal, in the units of its words.

    Of as many of the first recordings as have four million values of one signal.
    """
    described, found = network.description, dict[str, Spread]()
    largest = max(math.prod(described.geometry(n).outputs) for n in range(len(described.layer)))
    count = min(len(recordings), max(1, MOST_VALUES // (largest * described.steps)))
    frames = frames_of(network, recordings, np.arange(count))
    for number, (about, states) in enumerate(zip(described.layer, recorded(network, frames), strict=True)):
        found[f"layer {number} weights"] = spread(network.weights[number])
        found[f"layer {number} biases"] = spread(network.biases[number] * (1 / (1 - about.alpha) / (1 - about.beta)))
        for name in ("Q", "P", "R", "U"):
            if name != "R" or about.refractory:
                found[f"layer {number} {name}"] = spread(states[name])
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Narrowed:
    """The case of a group of a layer, by its name, or of the factors, which have none."""

    network: DecolleNetwork
    wide: DecollePlan
    number: int
    name: str
    recordings: Recordings

    def __call__(self, signals: Mapping[str, Signal]) -> Case:
        words: dict[str, Signal | Leak]
        if self.name:
            (signal,) = signals.values()
            words = {SIGNALS[self.name]: signal}
        else:
            words = {leak: Leak("multiply", signal) for leak, signal in signals.items()}
        layers, number = self.wide.layers, self.number
        layers = (*layers[:number], layers[number].changed(**words), *layers[number + 1 :])
        quantised = quantise_layers(self.network, replace(self.wide, layers=layers))
        return Case(_key(quantised), lambda: measured(quantised, self.recordings).right)


def _widened(layer: LayerPlan, state: int) -> LayerPlan:
    """Return the words of a layer with room above, biases as fine as states, and decays of many bits."""

    def roomy(signal: Signal, finer: int = 0) -> Signal:
        fmt = signal.format
        return Signal(Format(fmt.word + HEADROOM + finer, fmt.frac + finer, fmt.signed), signal.rounding)

    factor = Leak("multiply", Signal(Format(WIDE_FACTOR, WIDE_FACTOR, signed=False)))
    signals = {name: roomy(one) for name, one in layer.signals.items()}
    signals["bias"] = roomy(layer["bias"], max(0, state - layer["bias"].format.frac))
    return replace(layer, signals=signals, leaks=dict.fromkeys(layer.LEAKS, factor))


def _key(network: QuantisedLayers) -> bytes:
    """Return what distinguishes configurations: their plans, and so all of their words."""
    return hashlib.sha256(decolle_plan_text(network.plan).encode()).digest()


def significant_axes(grid: RecordedGrid) -> Mapping[str, Sequence[Value]]:
    """Return the properties of the points: bits above the fewest, of weights and of states, and those of the grid."""
    above = tuple(range(ABOVE + 1))
    own = {"weight_above": above, "state_above": above}
    return own | {name: values for name, values in grid.axes.items() if name not in grid.bits}


def significant_points(grid: RecordedGrid, network: DecolleNetwork, found: Fewest) -> list[Point[DecollePlan]]:
    """Return plans whose every signal of every layer has the fewest bits found for it, or up to ABOVE more.

    Fractional bits are those of the analysis; integer bits that it found alone would not do together with them, and are
    those of `plan_layers`. Biases have `weight_above` fractional bits more, states and decays `state_above`. A layer's
    weights have the shortest word whose scale leaves so many fractional bits, and `weight_above` bits more. Decays have
    no more bits than `plan_layers` gives them. The grid's roundings and schemes count, its numbers of bits do not.
    A rounding with which a group never kept within the loss is left out.

    Raises
    ------
    ConfigError
        The grid asks for currents, for learning in integers or for words of signals, two points are one configuration,
        the file is not of this network's groups, or nothing is left.
    """
    if set(grid.filters) != {"inputs"} or "ITQ" in grid.scheme:
        raise ConfigError("a grid for the strategy paper must have filters of inputs, and not the scheme ITQ")
    if grid.words:
        raise ConfigError(f"a grid for the strategy paper must list no words, not of {', '.join(grid.words)}")
    axes = significant_axes(grid)

    def found_points() -> Iterator[Point[DecollePlan]]:
        for values in product(*axes.values()):
            place = dict(zip(axes, values, strict=True))
            plan = _plan(place, grid.seed, network, found)
            if plan:
                yield Point(_name(place), str(place["scheme"]), place, plan)

    points = listed(found_points(), network)
    if not points:
        raise ConfigError("a significance file must have bits that hold the loss in every group, not none")
    return points


def _plan(place: Mapping[str, Any], seed: int, network: DecolleNetwork, found: Fewest) -> DecollePlan | None:
    """Return the plan of a point; none where a group never kept within the loss with its rounding."""
    weights, states = (Rounding.parse(place[name]).value for name in ("weight_rounding", "state_rounding"))
    usual = plan_layers(network, Words(1, 0, weights, states, seed=seed))
    layers = []
    for number, layer in enumerate(usual.layers):
        rounded = {group: layer[name].rounding for group, name in SIGNALS.items()}
        groups = rounded | {DECAYS: Rounding.NEAREST_UP}
        if not network.description.layer[number].refractory:
            del groups["R"]  # nothing is taken from it: it stays 0
        least = {group: found.least(f"layer {number} {group}", rounding) for group, rounding in groups.items()}
        fewest = {group: few for group, few in least.items() if few is not None}
        if len(fewest) < len(least):
            return None
        weights_of_layer = network.weights[number]
        shortest = _shortest(weights_of_layer, fewest["weights"])
        weight = weight_format(weights_of_layer, min(shortest + place["weight_above"], LONGEST_WEIGHT))
        layers.append(_layer(layer, weight, fewest, place["weight_above"], place["state_above"]))
    return replace(usual, layers=tuple(layers))


def _layer(
    usual: LayerPlan, weight: Format, fewest: Mapping[str, int], weight_above: int, state_above: int
) -> LayerPlan:
    """Return the words of a layer from the fewest fractional bits of each group."""
    words: dict[str, Signal | Leak] = {}
    for group, name in SIGNALS.items():
        if group not in fewest:
            continue
        signal = usual[name]
        fmt = weight
        if group != "weights":
            fmt = signal.format
            integer = fmt.word - fmt.frac
            least = max(fewest[group], 1 + fmt.signed - integer)  # a word has a bit, beside its sign if it has one
            frac = least + (weight_above if group == "biases" else state_above)
            fmt = Format(integer + frac, frac, fmt.signed)
        words[name] = replace(signal, format=fmt)
    for name in LEAKS:
        leak = usual.leaks[name]
        bits = min(leak.factor.format.word, max(fewest[DECAYS], 1) + state_above)
        words[name] = replace(leak, factor=replace(leak.factor, format=Format(bits, bits, signed=False)))
    return usual.changed(**words)


def _shortest(weights: NDArray[np.float32], frac: int) -> int:
    """Return the shortest word whose power of two, chosen as `plan_layers` does, leaves so many fractional bits."""
    words = (bits for bits in range(1, LONGEST_WEIGHT) if weight_format(weights, bits).frac >= frac)
    return next(words, LONGEST_WEIGHT)


def _name(place: Mapping[str, Any]) -> str:
    weights, states = (Rounding.parse(place[name]) for name in ("weight_rounding", "state_rounding"))
    parts = [
        *(f"w+{place['weight_above']}", SHORT.get(weights, weights.value)),
        *(f"s+{place['state_above']}", SHORT.get(states, states.value)),
    ]
    return "-".join(parts if place["scheme"] == "PTQ" else [*parts, "through"])
