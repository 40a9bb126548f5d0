"""Which corners no input of a network of populations reaches: proved by bounds, with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fxsnn.golden.graph_cells import at_edge
from fxsnn.golden.graph_corners import Sites
from fxsnn.golden.graph_ends import Ends
from fxsnn.golden.graph_ranges import Ranges
from fxsnn.golden.graph_spans import Step
from fxsnn.golden.graph_tally import UNSEEN
from fxsnn.graph.connect import POOLING
from fxsnn.graph.quantise import QuantisedGraph
from fxsnn.kernels.site import Site
from fxsnn.number.modes import Overflow
from fxsnn.program import operations as op
from fxsnn.program.neuron import BIT, Cast
from fxsnn.program.operations import Ref

Reasons = Iterator[tuple[str, str]]


def unreachable(network: QuantisedGraph, steps: int) -> dict[str, str]:
    """Return the reason for each corner that inputs of so many steps cannot reach; those left out may or may not be."""
    ranges, found = Ranges(network, steps), dict[str, str]()
    for name, step in ranges.steps_of.items():
        sites = Sites(step.program)
        for ref, label in sites.named.items():
            found |= {f"{name}: {label}: {corner}": reason for corner, reason in _of(sites, step, ref)}
        for state, ends in ranges.states[name].items():
            if not (ends.low.any() or ends.high.any()):
                found[f"{name}: {state}: {UNSEEN}"] = "the state is always 0"
    for one in network.graph.projections:
        source, shape = ranges.emitted[one.source], network.graph.shape_at(one.source)
        active = np.broadcast_to((source.low != 0) | (source.high != 0), (int(np.prod(shape)),))
        if one.kind == "conv" and one.padding != (0, 0) and not (active & at_edge(one, shape)).any():
            found[f"{one.name}: a word at an edge of the map"] = "every word there is 0"
        if one.kind in POOLING and not active.any():
            none = ("a window of one word", "a window of several words", "a word that no window covers")
            found |= {f"{one.name}: {corner}": "every word is 0" for corner in none}
        if one.kind in POOLING and one.kernel == (1, 1):
            found[f"{one.name}: a window of several words"] = "a window is of one cell"
        if one.delay and not active.any():
            found[f"{one.name}: a word under way at the end: {UNSEEN}"] = "every word is 0"
    return found


def _of(sites: Sites, step: Step, ref: Ref) -> Reasons:
    """Yield the corners of an operation that cannot be reached."""
    found = step.found
    match step.program.neuron.operations[ref]:
        case op.Limit():
            yield from _of_a_cast(sites.casts[ref], step)
        case op.Compare():
            yield from _of_a_comparison(sites, step, ref)
        case op.Both(a=a, b=b):
            x, y = found[a], found[b]
            yield from _never("both hold", x.high & y.high, "one of them never holds where the other may")
            yield from _never("the first alone fails", (1 - x.low) & y.high, "the first holds, or the second does not")
            yield from _never("the second alone fails", x.high & (1 - y.low), "the second holds, or the first does not")
        case op.Either(a=a, b=b):
            x, y = found[a], found[b]
            yield from _never("none holds", (1 - x.low) & (1 - y.low), "one of them always holds")
            yield from _never("the first alone holds", x.high & (1 - y.low), "the first never holds without the second")
            yield from _never(
                "the second alone holds", (1 - x.low) & y.high, "the second never holds without the first"
            )
        case op.ShiftRight(a=a, by=by):
            x, shift = found[a], int(found[by].low[0])
            for sign, there in (("positive", (x.high > 0).any()), ("negative", (x.low < 0).any())):
                if not there or x.zeros >= shift:
                    why = f"the word is never {sign}" if not there else "the bits that it drops are always 0"
                    yield f"drops bits of a {sign} word", why
        case op.Select(condition=condition, a=a, b=b):
            yield from _of_a_choice(step, condition, a, b)
        case op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b):
            low, high = _away(step, a, b)
            yield from _never("the first is the greater", high > 0, _ends("the difference", low, high))
            yield from _never("the second is the greater", low < 0, _ends("the difference", low, high))
            yield from _never("both are equal", (low <= 0) & (high >= 0), _ends("the difference", low, high))
        case op.Absolute(a=a):
            yield from _signs("of a word above 0", "of a word below 0", found[a])
        case op.Multiply() | op.Input() | op.Each():
            yield from _signs("above 0", "below 0", found[ref])
        case op.State(name=name, signal=signal) if signal != BIT:
            ends, form = step.states[name], step.program.signals[signal].format
            why = _ends("the word", ends.low, ends.high)
            yield from _never("the highest word at the begin of a step", ends.high >= form.highest, why)
            yield from _never("the lowest word at the begin of a step", ends.low <= form.lowest, why)
        case op.Count(a=a) | op.Any(a=a) | op.First(a=a) | op.Largest(a=a):
            yield from _of_many(step, a)


def _never(corner: str, able: np.ndarray[tuple[int, ...], np.dtype[np.generic]], why: str) -> Reasons:
    if not np.any(able):
        yield corner, why


def _ends(what: str, low: np.ndarray[tuple[int, ...], np.dtype[np.int64]], high: object) -> str:
    return f"{what} is {int(np.min(low))} to {int(np.max(np.asarray(high)))}"


def _signs(above: str, below: str, ends: Ends) -> Reasons:
    yield from _never(above, ends.high > 0, "it is never above 0")
    yield from _never(below, ends.low < 0, "it is never below 0")


def _away(step: Step, a: Ref, b: Ref) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], ...]:
    x, y = step.aligned(a, b)
    return x.low - y.high, x.high - y.low


def _of_a_cast(cast: Cast, step: Step) -> Reasons:
    program, exact, site = step.program, step.casts[cast.round], step.program.site(cast)
    if (condition := program.neuron.rounding(cast).guard) is not None:
        guard = step.found[condition]
        yield from _never("is made", guard.high > 0, "its condition never holds")
        yield from _never("is not made", guard.low < 1, "its condition always holds")
    there = exact.there
    if not there.any():
        yield from ((corner, "it is never made") for corner in _EVERY)
        return
    low, high = int(exact.low[there].min()), int(exact.high[there].max())
    yield from _unreached(site, low, high, exact.zeros).items()
    if program.signals[cast.signal].overflow is Overflow.ERROR:
        yield from ((corner, "an overflow is refused") for corner in _OVERFLOWS)


def _of_a_comparison(sites: Sites, step: Step, ref: Ref) -> Reasons:
    one = step.program.neuron.operations[ref]
    assert isinstance(one, op.Compare)  # noqa: S101  (so says the caller)
    bit, (low, high) = step.found[ref], _away(step, one.a, one.b)
    unit = sites.unit(one.a, one.b)
    above, every = _nearest(step, one.a, one.b)
    # the least that one may be above or below the other, by the low bits that both always have
    below = np.where(above == every, every, every - above)
    why = _ends("the difference", low, high)
    met = (low <= 0) & (high >= 0)
    yield from _never("at the limit", met, why)
    yield from _never("at the limit", met & (above == every), "their low bits are never the same")
    yield from _never("just above the limit", (high >= above) & (low <= unit), why)
    yield from _never("just above the limit", above <= unit, "their low bits are never so near")
    yield from _never("just below the limit", (low <= -below) & (high >= -unit), why)
    yield from _never("just below the limit", below <= unit, "their low bits are never so near")
    yield from _never("holds", bit.high > 0, why)
    yield from _never("does not hold", bit.low < 1, why)


def _nearest(step: Step, a: Ref, b: Ref) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], int]:
    """Return the least difference above 0 that low bits allow, and the grid on which differences lie.

    Where one value is known it is of the low bits that the other always has; else of those of both.
    """
    x, y = step.aligned(a, b)
    least = min(x.zeros, y.zeros)
    if (y.low == y.high).all():
        grid = 1 << x.zeros
        above = -y.low % grid
    elif (x.low == x.high).all():
        grid = 1 << y.zeros
        above = x.low % grid
    else:
        grid = 1 << least
        above = np.zeros(1, np.int64)
    return np.where(above == 0, grid, above), grid


def _of_a_choice(step: Step, condition: Ref, a: Ref, b: Ref) -> Reasons:
    bit, (low, high) = step.found[condition], _away(step, a, b)
    differ = (low != 0) | (high != 0)
    why = "the condition never has that outcome, or both are equal"
    yield from _never("takes the first of two that differ", (bit.high > 0) & differ, why)
    yield from _never("takes the second of two that differ", (bit.low < 1) & differ, why)


def _of_many(step: Step, a: Ref) -> Reasons:
    neurons, bit = step.program.neurons, step.found[a]
    low, high = (np.broadcast_to(side, (neurons,)) for side in bit[:2])
    able = int(high.sum())
    if low.any():
        yield "of none", "one always has the bit"
    if not able:
        yield "of one", "none ever has the bit"
    if able < 2 or a in _once(step):
        why = "there is one neuron" if neurons == 1 else "at most one has the bit"
        yield from ((corner, why) for corner in _SEVERAL)


def _once(step: Step) -> set[Ref]:
    """Return bits that at most one neuron of the population has."""
    found = set[Ref]()
    for ref, one in enumerate(step.program.neuron.operations):
        match one:
            case op.First() | op.Largest():
                found.add(ref)
            case op.Both(a=a, b=b) if a in found or b in found:
                found.add(ref)
    return found


def _unreached(site: Site, low: int, high: int, zeros: int) -> dict[str, str]:
    """Return the reason for each corner of a cast that values between bounds, so many of whose low bits are 0, miss."""
    found: dict[str, str] = {}
    if site.right:
        every = [f"{s}, {what}" for s in ("positive", "negative") for what in _DROPS]
        if zeros >= site.right:
            found |= dict.fromkeys(every, "the bits that it drops are always 0")
        elif zeros == site.right - 1:
            found |= {name: "of the bits that it drops only the top one varies" for name in every if "half" in name}
        for sign, never in (("positive", high <= 0), ("negative", low >= 0)):
            if never:
                found |= {name: f"the value is never {sign}" for name in every if name.startswith(sign)}
        if high <= site.highest << site.right or not (site.bias or site.if_odd or site.draw_bits):
            found["rounds over the top"] = "no value does"
    top, bottom = -(-high >> site.right), low >> site.right
    above = f"its value is at most {top} after rounding"
    below = f"its value is at least {bottom} after rounding"
    most, least = site.highest, site.lowest
    tops = {"at the top": most, "over the top": most + 1, "far over the top": 2 * most + 2}
    bottoms = {"at the bottom": least, "one below the bottom": least - 1, "under the bottom": least - 1}
    bottoms["far under the bottom"] = min(2 * least, -most - 1) - 1
    found |= {name: above for name, word in tops.items() if top < word}
    return found | {name: below for name, word in bottoms.items() if bottom > word}


_DROPS = (
    "tie above an even word",
    "tie above an odd word",
    "less than half a unit dropped",
    "more than half a unit dropped",
    "the draw carries",
    "the draw does not carry",
)
_OVERFLOWS = (
    *("over the top", "far over the top", "rounds over the top"),
    *("one below the bottom", "under the bottom", "far under the bottom"),
)
_SEVERAL = ("of several", "not the first of several", "the first of several equal ones")
_EVERY = (
    *(f"{sign}, {what}" for sign in ("positive", "negative") for what in _DROPS),
    *("at the top", "at the bottom", *_OVERFLOWS),
)
