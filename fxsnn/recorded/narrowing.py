"""One bit less of one signal of one layer: the steps by which a plan is narrowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from fxsnn.format import Format
from fxsnn.layered.description import Description
from fxsnn.layered.plan import LayeredPlan
from fxsnn.plan import Signal

SIGNALS = ("weight", "synapse", "trace", "refractory")  # the others are a few words


class Step(NamedTuple):
    """A plan with one bit less."""

    move: str  # layer, signal, and which end the bit is taken from
    name: str  # the layer's signal and what it becomes
    plan: LayeredPlan


def steps(plan: LayeredPlan, described: Description) -> Iterator[Step]:
    """Yield what a plan can be narrowed to: each signal of each layer by its lowest and by its highest bit.

    Without its lowest bit a signal is coarser, without its highest it saturates earlier. No word loses its last bit.
    """
    for number, name, signal in _signals(plan, described):
        fmt = signal.format
        if fmt.word == 1:
            continue
        for end, frac in (("lowest", fmt.frac - 1), ("highest", fmt.frac)):
            less = Format(fmt.word - 1, frac, fmt.signed)
            words: dict[str, Any] = {name: replace(signal, format=less)}
            layer = replace(plan.layers[number], **words)
            narrowed = replace(plan, layers=(*plan.layers[:number], layer, *plan.layers[number + 1 :]))
            yield Step(f"{number} {name} {end}", f"layer{number}-{name}-{less}", narrowed)


def formats(plan: LayeredPlan, described: Description) -> Mapping[str, str]:
    """Return the format of every signal that is narrowed."""
    return {f"layer {number} {name}": str(signal.format) for number, name, signal in _signals(plan, described)}


def reachable(plan: LayeredPlan, described: Description) -> Mapping[str, tuple[str, ...]]:
    """Return every format that each of them can be narrowed to, its own first."""
    found = {}
    for number, name, signal in _signals(plan, described):
        fmt = signal.format
        found[f"layer {number} {name}"] = tuple(
            str(Format(fmt.word - low - high, fmt.frac - low, fmt.signed))
            for low in range(fmt.word)
            for high in range(fmt.word - low)
        )
    return found


def _signals(plan: LayeredPlan, described: Description) -> Iterator[tuple[int, str, Signal]]:
    for number, (layer, about) in enumerate(zip(plan.layers, described.layer, strict=True)):
        for name in SIGNALS:
            if name != "refractory" or about.refractory:  # else nothing is taken from it: it stays 0
                yield number, name, getattr(layer, name)
