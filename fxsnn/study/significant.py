"""Points of a layered network whose every signal has the bits that it needs alone, and a few more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from fxsnn.errors import ConfigError, FxsnnError
from fxsnn.format import Format
from fxsnn.grid import SHORT, Point, Value
from fxsnn.layered.network import LayeredNetwork
from fxsnn.layered.plan import LEAKS, LayeredPlan, LayerPlan
from fxsnn.layered.ptq import Words, grids_of, plan_layers
from fxsnn.modes import Rounding
from fxsnn.plan import Leak, Signal
from fxsnn.recorded.grid import RecordedGrid
from fxsnn.significance.layers import DECAYS, SIGNALS
from fxsnn.study.strategy import ABOVE, Significance

PARAMETERS = ("weights", "biases")  # the other groups of a layer are its states and their decays


def significant_axes(grid: RecordedGrid) -> Mapping[str, Sequence[Value]]:
    """Return the properties of the points: bits above the fewest, of weights and of states, and those of the grid."""
    above = tuple(range(ABOVE + 1))
    own = {"weight_above": above, "state_above": above}
    return own | {name: values for name, values in grid.axes.items() if name not in ("weight", "state")}


def significant_points(grid: RecordedGrid, network: LayeredNetwork, found: Significance) -> list[Point[LayeredPlan]]:
    """Return plans whose every signal of every layer has the fewest bits found for it, or up to ABOVE more.

    Weights and biases have as many more in every layer, states and decays another number. The grid's roundings and
    schemes count, its numbers of bits do not. A rounding with which a group never held the loss is left out.

    Raises
    ------
    ConfigError
        The grid asks for currents or for learning in integers, the file is not of this network's groups, or nothing is
        left.
    """
    if set(grid.filters) != {"inputs"} or "ITQ" in grid.scheme:
        raise ConfigError("a grid for the strategy paper must have filters of inputs, and not the scheme ITQ")
    axes, points = significant_axes(grid), []
    for values in product(*axes.values()):
        place = dict(zip(axes, values, strict=True))
        name = _name(place)
        plan = _plan(place, grid.seed, network, found)
        if plan is None:
            continue
        try:
            if place["scheme"] == "straight-through":
                grids_of(network, plan)
        except FxsnnError as error:
            raise type(error)(f"{name}: {error}") from None
        points.append(Point(name, str(place["scheme"]), place, plan))
    if not points:
        raise ConfigError("a significance file must have bits that hold the loss in every group, not none")
    return points


def _plan(place: Mapping[str, Any], seed: int, network: LayeredNetwork, found: Significance) -> LayeredPlan | None:
    weights, states = (Rounding.parse(place[name]).value for name in ("weight_rounding", "state_rounding"))
    usual = plan_layers(network, Words(1, 0, weights, states, seed=seed))
    layers = [_layer(layer, number, place, found) for number, layer in enumerate(usual.layers)]
    kept = tuple(layer for layer in layers if layer)
    return replace(usual, layers=kept) if len(kept) == len(layers) else None


def _layer(usual: LayerPlan, number: int, place: Mapping[str, Any], found: Significance) -> LayerPlan | None:
    """Return the words of a layer; none where a group never held the loss with its rounding."""
    words: dict[str, Any] = {}
    for group, name in SIGNALS.items():
        signal: Signal = getattr(usual, name)
        if group == "R" and f"layer {number} R" not in found.fewest:
            continue  # nothing is taken from it: it stays 0
        least = found.least(f"layer {number} {group}", signal.rounding)
        if least is None:
            return None
        integer, fractional = least
        frac = fractional + place["weight_above" if group in PARAMETERS else "state_above"]
        frac = max(frac, 1 - integer)  # a word has a bit
        words[name] = replace(signal, format=Format(integer + frac, frac, signal.format.signed))
    least = found.least(f"layer {number} {DECAYS}", Rounding.NEAREST_UP)
    if least is None:
        return None
    for name in LEAKS:
        leak: Leak = getattr(usual, name)
        bits = min(leak.factor.format.word, max(least[1] + place["state_above"], 1))  # those it has hold it exactly
        words[name] = replace(leak, factor=replace(leak.factor, format=Format(bits, bits, signed=False)))
    return replace(usual, **words)


def _name(place: Mapping[str, Any]) -> str:
    weights, states = (Rounding.parse(place[name]) for name in ("weight_rounding", "state_rounding"))
    parts = [
        *(f"w+{place['weight_above']}", SHORT.get(weights, weights.value)),
        *(f"s+{place['state_above']}", SHORT.get(states, states.value)),
    ]
    return "-".join(parts if place["scheme"] == "PTQ" else [*parts, "through"])
