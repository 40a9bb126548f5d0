"""Which corners a layered network cannot reach, whatever its recordings: proved by bounds, with the reason."""

from __future__ import annotations

import numpy as np

from fxsnn.golden.layers_corners import grid
from fxsnn.golden.reach import OVERFLOWS, Span, of_cast, zeros_of
from fxsnn.layered.quantise import CASTS, QuantisedLayer, QuantisedLayers
from fxsnn.layered.width import Wires, input_format, wires
from fxsnn.modes import Overflow
from fxsnn.plan import Signal
from fxsnn.prepare import Site

AT_REST = Span(0, 0, 62)


def layers_impossible(network: QuantisedLayers) -> dict[str, str]:
    """Return the reason for each corner that cannot be reached; corners left out may or may not be."""
    found: dict[str, str] = {}
    given = Span(0, network.description.clip)
    for number, layer in enumerate(network.layers):
        wired = wires(layer, input_format(network, number))
        reasons, spikes = _of_layer(layer, wired, given, network.description.steps)
        found |= {f"layer {number} {name}": reason for name, reason in reasons.items()}
        given = Span(0, 1) if spikes else AT_REST
    return found


def _of_layer(layer: QuantisedLayer, wired: Wires, given: Span, steps: int) -> tuple[dict[str, str], bool]:
    """Return the reasons of one layer, and whether it may spike."""
    plan, found = layer.plan, dict[str, str]()
    inputs = plan.filters == "inputs"
    sums = given if inputs else _summed(layer, given)
    synapse, synapses = _decaying(wired.synapse, plan.synapse, wired.leaks[1], sums, steps)
    trace, traces = _decaying(wired.trace, plan.trace, wired.leaks[0], synapses, steps)
    sums = _summed(layer, traces) if inputs else sums
    drive, frac = (sums, wired.sum_frac) if inputs else (traces, plan.trace.format.frac)
    kicks = Span(min(-layer.refractory, 0), max(-layer.refractory, 0), zeros_of(np.array([layer.refractory])))
    refractory, kept = _decaying(wired.refractory, plan.refractory, wired.leaks[2], kicks, steps)
    spans = {"trace": trace, "synapse": synapse, "refractory": refractory}
    states = {"trace": traces, "synapse": synapses, "refractory": kept}
    for row, (cast, site) in enumerate(zip(CASTS, (wired.trace, wired.synapse, wired.refractory), strict=True)):
        signal: Signal = getattr(plan, cast)
        found |= {f"{cast}: {corner}": reason for corner, reason in of_cast(site, spans[cast]).items()}
        if signal.overflow is Overflow.ERROR:
            found |= {f"{cast}: {corner}": "an overflow is refused" for corner in OVERFLOWS}
        state, shift = states[cast], wired.leaks[row][1]
        for sign, most in (("positive", state.high), ("negative", -state.low)):
            if most <= 0 or state.zeros >= shift:
                found[f"{cast}: shifts bits out of a {sign} word"] = "no such word is reached"
        if state.low == state.high == 0:
            found[f"{cast}: the next recording must not see it"] = "the state is always 0"
            if cast == "refractory":
                found["refractory: a spike while it lasts"] = "the state is always 0"
    if (traces if inputs else given) == AT_REST:
        found["sum: of an input at an edge"] = "every input is 0"
    found |= {} if sums.high > 0 else {"sum: above 0": f"a sum is at most {sums.high}"}
    found |= {} if sums.low < 0 else {"sum: below 0": f"a sum is at least {sums.low}"}
    compared, low, high = _compared(layer, wired, drive.shifted(wired.compared - frac), kept)
    return found | compared | _pooling(low, high), high > 0


def _compared(layer: QuantisedLayer, wired: Wires, drive: Span, kept: Span) -> tuple[dict[str, str], int, int]:
    """Return the reasons of the comparison, and the bounds of a membrane."""
    plan, found = layer.plan, dict[str, str]()
    bias = layer.bias << wired.compared - plan.bias.format.frac
    r = kept.shifted(wired.compared - plan.refractory.format.frac)
    low, high = drive.low + r.low + int(bias.min()), drive.high + r.high + int(bias.max())
    unit = grid(layer, wired)
    if (bias % unit != 0).all():
        found["compare: at 0"] = "no bias lies on the grid of what is added to it"
    for name, never in (
        ("compare: at 0", low > 0 or high < 0),
        ("compare: just above 0", low > unit or high <= 0),
        ("compare: just below 0", low >= 0 or high < -unit),
    ):
        if never:
            found[name] = f"a membrane is {low} to {high}"
    if high <= 0:
        found["refractory: a spike while it lasts"] = "no membrane is above 0"
    return found, low, high


def _pooling(low: int, high: int) -> dict[str, str]:
    found: dict[str, str] = {}
    if high <= 0:
        names = ("pool: one spike", "pool: several spikes", "pool: a spike that is cut off")
        found |= dict.fromkeys(names, "no membrane is above 0")
    if low > 0:
        found |= dict.fromkeys(("pool: no spike", "pool: one spike"), "every membrane is above 0")
    return found


def _summed(layer: QuantisedLayer, under: Span) -> Span:
    """Return the span of a sum under the kernel; what lies outside of the map is 0."""
    weights = layer.weights.reshape(-1, layer.weights.shape[3])
    above, below = np.maximum(weights, 0).sum(axis=0), np.minimum(weights, 0).sum(axis=0)
    top = int((above * under.high + below * under.low).max())
    bottom = int((above * under.low + below * under.high).min())
    return Span(bottom, top, min(zeros_of(layer.weights) + under.zeros, 62))


def _decaying(site: Site, signal: Signal, leak: tuple[int, int, int], added: Span, steps: int) -> tuple[Span, Span]:
    """Return the spans of the exact value under a state's cast and of the state, in as many steps from rest."""
    factor, shift, mask = leak
    multiple = zeros_of(np.array([factor]))
    exact = state = AT_REST
    for _ in range(steps):
        low, high = (v * factor - ((v >> shift) & mask) for v in (state.low, state.high))
        leaked = Span(low, high, min(state.zeros + multiple, 62) if not shift else 0)
        come = Span(min(added.low, 0), max(added.high, 0), added.zeros)
        exact = leaked.shifted(site.left).plus(come.shifted(site.left_other))
        grown = _result(site, exact, signal)
        if (grown.low, grown.high, grown.zeros) == (state.low, state.high, state.zeros):
            break
        state = Span(min(state.low, grown.low), max(state.high, grown.high), min(state.zeros, grown.zeros))
    return exact, state


def _result(site: Site, exact: Span, signal: Signal) -> Span:
    """Return the span of a cast's result, between what floor and ceiling give; zeros are kept if nothing is dropped."""
    low, high = exact.low >> site.right, -(-exact.high >> site.right)
    if low >= site.lowest and high <= site.highest:
        return Span(low, high, 0 if site.right else exact.zeros)
    if signal.overflow is Overflow.WRAP:
        return Span(signal.format.lowest, signal.format.highest)
    low, high = max(low, site.lowest), min(high, site.highest)  # 0 lies between them: a state begins with it
    return Span(min(low, high), max(low, high))
