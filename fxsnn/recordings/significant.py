"""Points of a layered network whose every signal has the bits that it needs alone, and a few more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fxsnn.decolle.network import DecolleNetwork
from fxsnn.decolle.plan import LEAKS, DecollePlan, LayerPlan
from fxsnn.decolle.ptq import LONGEST_WEIGHT, Words, plan_layers, weight_format
from fxsnn.errors import ConfigError
from fxsnn.exploration.point import Point, Value
from fxsnn.number.format import Format
from fxsnn.number.modes import SHORT, Rounding
from fxsnn.number.signal import Leak, Signal
from fxsnn.recordings.grid import RecordedGrid, listed
from fxsnn.recordings.groups import DECAYS, SIGNALS
from fxsnn.significance.fewest import ABOVE, Fewest


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
        The grid asks for currents or for learning in integers, two points are one configuration, the file is not of
        this network's groups, or nothing is left.
    """
    if set(grid.filters) != {"inputs"} or "ITQ" in grid.scheme:
        raise ConfigError("a grid for the strategy paper must have filters of inputs, and not the scheme ITQ")
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
        rounded = {group: getattr(layer, name).rounding for group, name in SIGNALS.items()}
        groups = rounded | {DECAYS: Rounding.NEAREST_UP}
        if not network.description.layer[number].refractory:
            del groups["R"]  # nothing is taken from it: it stays 0
        least = {group: found.least(f"layer {number} {group}", rounding) for group, rounding in groups.items()}
        fewest = {group: few for group, few in least.items() if few is not None}
        if len(fewest) < len(least):
            return None
        held = network.weights[number]
        shortest = _shortest(held, fewest["weights"])
        weight = weight_format(held, min(shortest + place["weight_above"], LONGEST_WEIGHT))
        layers.append(_layer(layer, weight, fewest, place["weight_above"], place["state_above"]))
    return replace(usual, layers=tuple(layers))


def _layer(
    usual: LayerPlan, weight: Format, fewest: Mapping[str, int], weight_above: int, state_above: int
) -> LayerPlan:
    """Return the words of a layer from the fewest fractional bits of each group."""
    words: dict[str, Any] = {}
    for group, name in SIGNALS.items():
        if group not in fewest:
            continue
        signal: Signal = getattr(usual, name)
        fmt = weight
        if group != "weights":
            fmt = signal.format
            integer = fmt.word - fmt.frac
            least = max(fewest[group], 1 + fmt.signed - integer)  # a word has a bit, beside its sign if it has one
            frac = least + (weight_above if group == "biases" else state_above)
            fmt = Format(integer + frac, frac, fmt.signed)
        words[name] = replace(signal, format=fmt)
    for name in LEAKS:
        leak: Leak = getattr(usual, name)
        bits = min(leak.factor.format.word, max(fewest[DECAYS], 1) + state_above)
        words[name] = replace(leak, factor=replace(leak.factor, format=Format(bits, bits, signed=False)))
    return replace(usual, **words)


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
