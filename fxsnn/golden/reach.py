"""Which corners a network cannot reach, whatever its inputs and states: proved by bounds, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fxsnn.modes import Overflow
from fxsnn.prepare import Site, prepare, sites_of
from fxsnn.quantised import QuantisedNetwork
from fxsnn.width import limits


@dataclass(frozen=True, slots=True)
class Span:
    """Bounds of a value, and how many of its low bits are always 0."""

    low: int
    high: int
    zeros: int = 0

    def shifted(self, left: int) -> Span:
        """Return the span of the value times 2**left."""
        return Span(self.low << left, self.high << left, self.zeros + left)

    def plus(self, other: Span) -> Span:
        """Return the span of the sum with another value."""
        return Span(self.low + other.low, self.high + other.high, min(self.zeros, other.zeros))


def impossible(network: QuantisedNetwork) -> dict[str, str]:
    """Return the reason for each corner that cannot be reached; corners left out may or may not be."""
    found: dict[str, str] = {}
    for name, span in spans(network).items():
        found |= {f"{name}: {corner}": reason for corner, reason in of_cast(sites_of(network)[name], span).items()}
        into = network.plan.accumulator if name == "accumulate" else network.plan.membrane
        if into.overflow is Overflow.ERROR:
            found |= {f"{name}: {corner}": "an overflow is refused" for corner in OVERFLOWS}
    path, fmt = prepare(network).path, network.plan.membrane.format
    unit, levels = 1 << path.compare_left, limits(network)
    low, high = fmt.lowest << path.compare_left, fmt.highest << path.compare_left
    if not ((levels % unit == 0) & (levels >= low) & (levels <= high)).any():
        never = ("at the threshold", "fires at the threshold", "does not fire at the threshold")
        found |= {f"compare: {what}": "no threshold is a membrane" for what in never}
    if not ((levels > low) & (levels <= high + unit)).any():
        found["compare: just below the threshold"] = "no threshold is just above a membrane"
    if not ((levels < high) & (levels >= low - unit)).any():
        found["compare: just above the threshold"] = "no threshold is just below a membrane"
    if not (levels <= high).any():
        silent = "every threshold is above the highest membrane"
        found |= dict.fromkeys(("refractory: at or above the threshold", "refractory: begins"), silent)
        found |= dict.fromkeys(("reset: above the threshold", "winner: of several candidates"), silent)
    if network.neurons == 1:
        alone = "there is one neuron"
        found |= {
            f"winner: {what}": alone
            for what in ("of several candidates", "not the first candidate", "first of several equal ones")
        }
        found |= {f"inhibit: {what}": alone for what in ("by one other neuron", "a neuron that fired")}
        found |= {f"inhibit: {what}": alone for what in ("down to the floor", "not down to the floor")}
    if network.neurons < 3:
        found["inhibit: by several other neurons"] = "there are fewer than three neurons"
    return found


def spans(network: QuantisedNetwork) -> dict[str, Span]:
    """Return the span of the exact value under each cast, of any input and any state."""
    plan, sites, path = network.plan, sites_of(network), prepare(network).path
    weights = network.weights
    v = Span(plan.membrane.format.lowest, plan.membrane.format.highest)
    a = plan.accumulator.format
    each, accumulate = plan.accumulate == "each", sites["accumulate"]
    if each:
        added = Span(int(weights.min()), int(weights.max()), zeros_of(weights)).shifted(accumulate.left_other)
        total = Span(a.lowest, a.highest).shifted(accumulate.left).plus(added)
    else:
        low, high = np.minimum(weights, 0).sum(axis=0).min(), np.maximum(weights, 0).sum(axis=0).max()
        total = Span(int(low), int(high), zeros_of(weights)).shifted(accumulate.left)
    current = Span(a.lowest, a.highest) if each else _result(accumulate, total, a.lowest, a.highest)
    current = Span(min(current.low, 0), max(current.high, 0))  # a silent step, or a refractory neuron
    found = {"accumulate": total}
    leaked = v
    if plan.leak.kind == "multiply":
        ends = (v.low * path.factor, v.high * path.factor)
        leaked = Span(min(ends), max(ends), zeros_of(np.array([path.factor])))
        if plan.integrate == "two-casts":
            found["leak"] = leaked
            leaked = _result(sites["leak"], leaked, v.low, v.high)
    integrate = sites["integrate"]
    found["integrate"] = leaked.shifted(integrate.left).plus(current.shifted(integrate.left_other))
    integrated = _result(integrate, found["integrate"], v.low, v.high)
    if network.reset == "subtract":
        site = sites["reset"]
        least = int(limits(network).min()) >> path.compare_left  # of a neuron that fires
        taken = Span(-network.threshold, -network.threshold, zeros_of(np.array([network.threshold])))
        fires = Span(max(integrated.low, least), max(integrated.high, least))
        found["reset"] = fires.shifted(site.left).plus(taken.shifted(site.left_other))
    if network.inhibition:
        site = sites["inhibit"]
        most = max(network.neurons - 1, 1) if network.winner == "none" else 1
        pulls = sorted((-network.inhibition, -network.inhibition * most))
        pull = Span(pulls[0], pulls[1], zeros_of(np.array([network.inhibition])))
        found["inhibit"] = v.shifted(site.left).plus(pull.shifted(site.left_other))
    return found


def zeros_of(words: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> int:
    """Return how many low bits are 0 in every word; 62 if all words are 0."""
    together = int(np.bitwise_or.reduce(words.reshape(-1)))
    return (together & -together).bit_length() - 1 if together else 62


def _result(site: Site, span: Span, lowest: int, highest: int) -> Span:
    """Return bounds of a cast's result."""
    low, high = span.low >> site.right, (span.high >> site.right) + 1
    if low < site.lowest or high > site.highest:
        return Span(lowest, highest)
    return Span(low, high)


def of_cast(site: Site, span: Span) -> dict[str, str]:
    """Return the reason for each corner of a cast that values of this span cannot reach."""
    found: dict[str, str] = {}
    if site.right:
        every = [f"{s}, {what}" for s in ("positive", "negative") for what in DROPS]
        if span.zeros >= site.right:
            found |= dict.fromkeys(every, "the bits that it drops are always 0")
        elif span.zeros == site.right - 1:
            found |= {name: "of the bits that it drops only the top one varies" for name in every if "half" in name}
        for sign, never in (("positive", span.high <= 0), ("negative", span.low >= 0)):
            if never:
                found |= {name: f"the value is never {sign}" for name in every if name.startswith(sign)}
        if span.high <= site.highest << site.right or not _rounds_up(site):
            found["rounds over the top"] = "no value does"
    top, bottom = -(-span.high >> site.right), span.low >> site.right
    high = f"its value is at most {top} after rounding"
    low = f"its value is at least {bottom} after rounding"
    found |= {name: high for name, least in _tops(site).items() if top < least}
    return found | {name: low for name, most in _bottoms(site).items() if bottom > most}


DROPS = (
    "tie above an even word",
    "tie above an odd word",
    "less than half a unit dropped",
    "more than half a unit dropped",
    "the draw carries",
    "the draw does not carry",
)


OVERFLOWS = (
    *("over the top", "far over the top", "rounds over the top"),
    *("one below the bottom", "under the bottom", "far under the bottom"),
)


def _rounds_up(site: Site) -> bool:
    """Return whether the rounding ever raises a positive value."""
    return bool(site.bias or site.if_odd or site.draw_bits)


def _tops(site: Site) -> dict[str, int]:
    """Return for each corner above the least rounded value that reaches it."""
    high = site.highest
    return {"at the top": high, "over the top": high + 1, "far over the top": 2 * high + 2}


def _bottoms(site: Site) -> dict[str, int]:
    low = site.lowest
    far = min(2 * low, -site.highest - 1) - 1
    one = "one below the bottom"
    return {"at the bottom": low, one: low - 1, "under the bottom": low - 1, "far under the bottom": far}
