"""Which signals of the plan of a network of one layer may be narrowed: see `descent.Narrowable`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fxsnn.competitive.graph import program_of
from fxsnn.competitive.network import Network
from fxsnn.competitive.plan import Plan
from fxsnn.competitive.quantised import quantise
from fxsnn.errors import FxsnnError
from fxsnn.number.signal import Signal


@dataclass(frozen=True, slots=True, eq=False)
class PlanSignals:
    """Weights, membrane and adaptive thresholds; also the synaptic current where it is stored, cast after every input.

    The others are a word each.
    """

    network: Network

    def signals(self, plan: Plan) -> Iterator[tuple[str, Signal]]:
        """Yield them by their names."""
        for name in ("weight", *(("accumulator",) if plan.accumulate == "each" else ()), "membrane", "theta"):
            yield name, getattr(plan, name)

    def replaced(self, plan: Plan, name: str, signal: Signal) -> Plan | None:
        """Return the plan with another signal of a name; none where it provably cannot run."""
        changed = dict[str, Any]({name: signal})
        narrowed = replace(plan, **changed)
        try:
            program_of(quantise(self.network, narrowed))
        except FxsnnError:
            return None
        return narrowed
