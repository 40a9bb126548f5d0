"""Which signals of a plan of layers may be narrowed: see `descent.Narrowable`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fxsnn.decolle.description import Description
from fxsnn.decolle.plan import DecollePlan
from fxsnn.number.signal import Signal

SIGNALS = ("weight", "synapse", "trace", "refractory")  # the others are a few words


@dataclass(frozen=True, slots=True)
class LayerSignals:
    """The signals of every layer, `layer 0 weight`; no refractory state where nothing is taken from it: it stays 0."""

    described: Description

    def signals(self, plan: DecollePlan) -> Iterator[tuple[str, Signal]]:
        """Yield them by their names."""
        for number, (layer, about) in enumerate(zip(plan.layers, self.described.layer, strict=True)):
            for name in SIGNALS:
                if name != "refractory" or about.refractory:
                    yield f"layer {number} {name}", getattr(layer, name)

    def replaced(self, plan: DecollePlan, name: str, signal: Signal) -> DecollePlan:
        """Return the plan with another signal of a name."""
        _, place, own = name.split()
        number, changed = int(place), dict[str, Any]({own: signal})
        layer = replace(plan.layers[number], **changed)
        return replace(plan, layers=(*plan.layers[:number], layer, *plan.layers[number + 1 :]))
