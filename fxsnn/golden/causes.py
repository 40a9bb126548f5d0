"""What RTL teams get wrong: the same layer with one respect of its semantics changed, to be compared with a dump."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fxsnn.errors import FxsnnError
from fxsnn.golden.contents import words_of
from fxsnn.golden.stimuli import Played, Stimuli, joined, play
from fxsnn.modes import Overflow, Rounding
from fxsnn.plan import Plan
from fxsnn.prepare import prepare, rewired, sites_of
from fxsnn.quantised import QuantisedNetwork
from fxsnn.width import exact_bits

Words = dict[str, NDArray[np.int64]]
_MEMBRANE_SITES = {"leak": "leak", "integrate": "integration", "reset": "reset", "inhibit": "inhibition"}


@dataclass(frozen=True, slots=True, eq=False)
class Cause:
    """One changed respect; `words` plays the stimuli under it and returns every node."""

    name: str
    words: Callable[[], Words]


def words_under(cause: Cause) -> Words | None:
    """Return the nodes under a cause; None where the layer cannot run like that and so cannot have been the one."""
    try:
        return cause.words()
    except FxsnnError:
        return None


def causes(network: QuantisedNetwork, stimuli: Stimuli) -> Iterator[Cause]:
    """Yield every single change of semantics that is tried, the likeliest first."""

    def played(name: str, changed: QuantisedNetwork, shown: Stimuli = stimuli) -> Cause:
        return Cause(name, lambda: words_of(changed, shown, play(changed, shown)))

    for name, changed in _networks(network):
        cap = np.minimum(stimuli.refractory, changed.refractory_steps)
        yield played(name, changed, replace(stimuli, refractory=cap))
    for name, respect in _rewirings(network):
        yield Cause(name, _rewired(network, stimuli, respect))
    late = np.roll(stimuli.raster, 1, axis=0)
    late[stimuli.edges[:-1]] = 0
    yield played("input spikes a step late", network, replace(stimuli, raster=late))
    yield Cause("neurons in reverse order", lambda: _mirrored(words_of(network, stimuli, play(network, stimuli))))
    if network.winner != "none":
        yield Cause("ties won by the highest index", lambda: _mirrored(_reverse_played(network, stimuli)))
    if len(stimuli.steps) > 1:
        yield Cause("state not reset at presentations", lambda: _carried(network, stimuli, state=True))
        if any(site.draw_bits for site in sites_of(network).values()):
            yield Cause("LFSRs not reset at presentations", lambda: _carried(network, stimuli, state=False))


def _networks(network: QuantisedNetwork) -> Iterator[tuple[str, QuantisedNetwork]]:
    for name, plan in _plans(network.plan):
        yield name, replace(network, plan=plan)
    for field, choices in (
        ("reset", ("zero", "value", "subtract")),
        ("compare", ("ge", "gt")),
        ("winner", ("none", "lowest", "largest")),
        ("refractory_input", ("ignore", "integrate")),
    ):
        for choice in choices:
            if choice != getattr(network, field):
                yield f"{field} = {choice}", replace(network, **{field: choice})  # type: ignore[arg-type]
    for steps in (network.refractory_steps - 1, network.refractory_steps + 1):
        if steps >= 0:
            yield f"refractory_steps = {steps}", replace(network, refractory_steps=steps)
    yield "inhibition skipped", replace(network, inhibition=0)
    yield "inhibition without its floor", replace(network, floor=network.plan.membrane.format.lowest)
    yield "threshold without theta", replace(network, theta=np.zeros_like(network.theta))
    yield "inputs in reverse order", replace(network, weights=network.weights[::-1])
    yield "weights in reverse order of neurons", replace(network, weights=network.weights[:, ::-1])
    if network.plan.weight.format.signed:
        unsigned = network.weights & ((1 << network.plan.weight.format.word) - 1)
        word = replace(network.plan.weight.format, word=network.plan.weight.format.word + 1)
        plan = replace(network.plan, weight=replace(network.plan.weight, format=word))
        yield "weights read as unsigned", replace(network, plan=plan, weights=unsigned)


def _plans(plan: Plan) -> Iterator[tuple[str, Plan]]:
    for name in ("accumulator", "membrane"):
        signal = getattr(plan, name)
        for rounding in Rounding:
            if rounding is not signal.rounding:
                changed = replace(signal, rounding=rounding)
                yield f"{name} rounding = {rounding}", replace(plan, **{name: changed})
        for overflow in other_overflows(signal.overflow):
            changed = replace(signal, overflow=overflow)
            yield f"{name} overflow = {overflow}", replace(plan, **{name: changed})
    other = "each" if plan.accumulate == "exact" else "exact"
    yield f"accumulate = {other}", replace(plan, accumulate=other)  # type: ignore[arg-type]
    other = "fused" if plan.integrate == "two-casts" else "two-casts"
    yield f"integrate = {other}", replace(plan, integrate=other)  # type: ignore[arg-type]
    if plan.leak.kind != "none":
        yield "leak = none", replace(plan, leak=replace(plan.leak, kind="none"))
    if plan.leak.kind == "shift":
        for shift in (plan.leak.shift - 1, plan.leak.shift + 1):
            if 1 <= shift <= 62:
                yield f"leak shift = {shift}", replace(plan, leak=replace(plan.leak, shift=shift))


def other_overflows(own: Overflow) -> list[Overflow]:
    """Return the other overflow modes of hardware; `error` computes what `saturate` does, and then refuses."""
    same = {own, Overflow.ERROR} | ({Overflow.SATURATE} if own is Overflow.ERROR else set())
    return [overflow for overflow in Overflow if overflow not in same]


Respect = Callable[[QuantisedNetwork], QuantisedNetwork]


def _rewirings(network: QuantisedNetwork) -> Iterator[tuple[str, Respect]]:
    """Yield changes that no plan describes: a logical shift, one cast of the membrane that is not as the others."""
    leak, word = network.plan.leak, network.plan.membrane.format.word
    if leak.kind == "shift" and network.plan.membrane.format.signed and leak.shift < word <= 60:
        path = prepare(network).path
        narrow = path._replace(leak_mask=(1 << (word - leak.shift)) - 1)
        # where intermediates are exact, the ones that are shifted in stand above the membrane's word
        exact = path._replace(leak_mask=(1 << (exact_bits(network) - leak.shift)) - 1)
        yield "leak shift = logical, in the membrane's word", lambda one: rewired(one, narrow)
        yield "leak shift = logical, in the exact word", lambda one: rewired(one, exact)
    signal = network.plan.membrane
    kinds: list[tuple[str, str, Rounding | Overflow]] = [
        *(("rounding", str(rounding), rounding) for rounding in Rounding if rounding is not signal.rounding),
        *(("overflow", str(overflow), overflow) for overflow in other_overflows(signal.overflow)),
    ]
    for site, called in _MEMBRANE_SITES.items():
        for kind, name, mode in kinds:
            if kind == "overflow" or getattr(prepare(network).path, site).right:
                yield f"{kind} = {name} in the {called} cast alone", _in_one_cast(site, kind, mode)


def _in_one_cast(site: str, kind: str, mode: Rounding | Overflow) -> Respect:
    def changed(network: QuantisedNetwork) -> QuantisedNetwork:
        signal = replace(network.plan.membrane, **{kind: mode})  # type: ignore[arg-type]
        other = replace(network, plan=replace(network.plan, membrane=signal))
        cast = getattr(prepare(other).path, site)
        return rewired(network, prepare(network).path._replace(**{site: cast}))

    return changed


def _rewired(network: QuantisedNetwork, stimuli: Stimuli, respect: Respect) -> Callable[[], Words]:
    def words() -> Words:
        changed = respect(network)
        return words_of(changed, stimuli, play(changed, stimuli))

    return words


def _mirrored(words: Words) -> Words:
    return {name: one if name.startswith("lfsr_") else one[..., ::-1] for name, one in words.items()}


def _reverse_played(network: QuantisedNetwork, stimuli: Stimuli) -> Words:
    turned = replace(network, weights=network.weights[:, ::-1], theta=network.theta[::-1])
    shown = replace(stimuli, membrane=stimuli.membrane[:, ::-1], refractory=stimuli.refractory[:, ::-1])
    return words_of(turned, shown, play(turned, shown))


def _carried(network: QuantisedNetwork, stimuli: Stimuli, *, state: bool) -> Words:
    """Play every presentation from what the one before left: the neurons' state, or else the registers."""
    played: list[Played] = []
    for presentation in range(len(stimuli.steps)):
        one, layer = stimuli.only(presentation), network
        if played and state:
            last = played[-1].nodes
            one = replace(one, membrane=last["membrane"][-1:], refractory=last["refractory"][-1:])
        elif played:
            layer = rewired(network, prepare(network).path, played[-1].registers[-1].copy())
        played.append(play(layer, one))
    return words_of(network, stimuli, joined(played))
