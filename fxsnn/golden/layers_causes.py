"""What RTL teams get wrong in networks of layers: the same network with one respect of its semantics changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from fxsnn.golden.causes import Cause, other_overflows
from fxsnn.golden.layers import Shown, layers_words
from fxsnn.golden.layers_play import Semantics, played
from fxsnn.layered.plan import LEAKS, LayerPlan
from fxsnn.layered.quantise import CASTS, QuantisedLayer, QuantisedLayers
from fxsnn.layered.width import input_format, wires
from fxsnn.modes import Overflow, Rounding
from fxsnn.plan import Leak, Signal

Change = Callable[[QuantisedLayer], QuantisedLayer | None]  # None: the layer has nothing to change


def layers_causes(network: QuantisedLayers, shown: Shown) -> Iterator[Cause]:
    """Yield every single change of semantics that is tried: of all layers at once, then of each layer alone."""
    for name, change in _changes():
        yield from _in_layers(network, shown, name, change)
    for name, semantics in _orders(network):
        yield Cause(name, lambda semantics=semantics: played(network, shown, semantics))  # type: ignore[misc]
    late = np.roll(shown.frames, 1, axis=1)
    late[:, 0] = 0
    yield Cause("input a step late", lambda: layers_words(network, Shown.of(late))[0])
    turned = Shown.of(np.ascontiguousarray(shown.frames[..., ::-1]))
    yield Cause("polarities of the input swapped", lambda: layers_words(network, turned)[0])


def _in_layers(network: QuantisedLayers, shown: Shown, name: str, change: Change) -> Iterator[Cause]:
    """Yield a change in all layers that have something to change, and in each of them alone."""
    changed = {number: one for number, layer in enumerate(network.layers) if (one := change(layer)) is not None}
    alone = [(f"layer {number}: {name}", {number: one}) for number, one in changed.items()]
    together = [(f"all layers: {name}", changed)] if len(changed) > 1 else []
    for called, layers in (*together, *alone):
        parts = tuple(layers.get(number, layer) for number, layer in enumerate(network.layers))
        other = replace(network, layers=parts)
        yield Cause(called, lambda other=other: layers_words(other, shown)[0])  # type: ignore[misc]


def _changes() -> Iterator[tuple[str, Change]]:
    for called, casts in (*((cast, (cast,)) for cast in CASTS), ("every cast's", CASTS)):
        for rounding in Rounding:
            yield f"{called} rounding = {rounding}", _casts(casts, rounding=rounding)
        for overflow in Overflow:
            yield f"{called} overflow = {overflow}", _casts(casts, overflow=overflow)
    for name in LEAKS:
        called = name.replace("_", " ")
        yield f"{called} = none", _leak(name, lambda leak: replace(leak, kind="none"))
        for by in (-1, 1):
            yield f"{called} by {abs(by)} {'more' if by > 0 else 'less'}", _leak(name, _shifted(by))
    yield "kernel mirrored", _weights(lambda layer: layer.weights[::-1, ::-1])
    yield "kernel's rows and columns swapped", _weights(_transposed)
    yield "kernel upside down", _weights(lambda layer: layer.weights[::-1])
    yield "input channels in reverse order", _weights(lambda layer: layer.weights[:, :, ::-1])
    yield "output channels of the weights in reverse order", _weights(lambda layer: layer.weights[..., ::-1])
    yield "weights read as unsigned", _unsigned
    yield "padding by 1 less", lambda layer: _padded(layer, -1)
    yield "padding by 1 more", lambda layer: _padded(layer, 1)
    yield "bias ignored", lambda layer: replace(layer, bias=layer.bias * 0) if layer.bias.any() else None
    yield "spikes take nothing from R", lambda layer: replace(layer, refractory=0) if layer.refractory else None
    for first, second in ((0, 1), (0, 2), (1, 2)):
        yield f"LFSRs of {CASTS[first]} and {CASTS[second]} swapped", _swapped(first, second)


def _orders(network: QuantisedLayers) -> Iterator[tuple[str, Semantics]]:
    """Yield changes that no plan describes."""
    states = {"inputs": "P takes the Q", "currents": "M takes the I"}
    called = " and ".join(dict.fromkeys(states[layer.plan.filters] for layer in network.layers))
    yield f"{called} of the same step", Semantics(fresh_synapse=True)
    yield "R of the step before is compared", Semantics(old_refractory=True)
    yield "R takes the spikes of the same step", Semantics(prompt_refractory=True)
    yield "membrane >= 0 fires", Semantics(fires_at_zero=True)
    if any(layer.geometry.pool > 1 for layer in network.layers):
        yield "pooling takes the first neuron of a window", Semantics(pool="first")
        yield "pooling takes the last neuron of a window", Semantics(pool="last")
        yield "pooling takes spikes of all neurons of a window", Semantics(pool="all")
    if len(network.layers) > 1:
        yield "layers take the spikes of the step before", Semantics(late_layers=True)
    for row, (cast, name) in enumerate(zip(CASTS, LEAKS, strict=True)):
        for where, mask in _logical(network, cast, name):
            masks = tuple(mask if k == row else -1 for k in range(len(CASTS)))
            yield f"{name.replace('_', ' ')} shift = logical, in the {where}", Semantics(masks=masks)
    yield "states not reset at recordings", Semantics(reset_states=False)
    if any(_draws(network, number) for number in range(len(network.layers))):
        yield "LFSRs not reset at recordings", Semantics(reset_registers=False)


def _logical(network: QuantisedLayers, cast: str, name: str) -> Iterator[tuple[str, int]]:
    """Yield which bits a logical shift leaves of those that an arithmetic one gives, where all layers shift alike."""
    found: set[tuple[int, int, int]] = set()
    for number, layer in enumerate(network.layers):
        leak: Leak = getattr(layer.plan, name)
        signal: Signal = getattr(layer.plan, cast)
        if leak.kind == "shift" and signal.format.signed and leak.shift < signal.format.word <= 60:
            exact = wires(layer, input_format(network, number)).exact_bits
            found.add((signal.format.word, exact, leak.shift))
    if len(found) == 1:
        word, exact, shift = found.pop()
        yield "word", (1 << word - shift) - 1
        yield "exact word", (1 << min(exact, 62) - shift) - 1


def _draws(network: QuantisedLayers, number: int) -> bool:
    wired = wires(network.layers[number], input_format(network, number))
    return any(site.draw_bits for site in (wired.trace, wired.synapse, wired.refractory))


def _planned(layer: QuantisedLayer, **parts: Any) -> QuantisedLayer:
    plan: LayerPlan = replace(layer.plan, **parts)
    return replace(layer, plan=plan)


def _casts(casts: tuple[str, ...], **mode: Any) -> Change:
    overflow = mode.get("overflow")

    def change(layer: QuantisedLayer) -> QuantisedLayer | None:
        parts: dict[str, Any] = {}
        for cast in casts:
            signal: Signal = getattr(layer.plan, cast)
            other = overflow in other_overflows(signal.overflow) if overflow else mode["rounding"] != signal.rounding
            parts |= {cast: replace(signal, **mode)} if other else {}
        return _planned(layer, **parts) if parts else None

    return change


def _leak(name: str, other: Callable[[Leak], Leak | None]) -> Change:
    row = LEAKS.index(name)

    def change(layer: QuantisedLayer) -> QuantisedLayer | None:
        leak: Leak = getattr(layer.plan, name)
        changed = None if leak.kind == "none" else other(leak)
        if changed is None:
            return None
        trace, synapse, refractory = (1 if k == row else factor for k, factor in enumerate(layer.factors))
        return replace(_planned(layer, **{name: changed}), factors=(trace, synapse, refractory))

    return change


def _shifted(by: int) -> Callable[[Leak], Leak | None]:
    def other(leak: Leak) -> Leak | None:
        return replace(leak, shift=leak.shift + by) if leak.kind == "shift" and 1 <= leak.shift + by <= 62 else None

    return other


def _weights(turn: Callable[[QuantisedLayer], Any]) -> Change:
    def change(layer: QuantisedLayer) -> QuantisedLayer | None:
        turned = turn(layer)
        same = turned is None or np.array_equal(turned, layer.weights)
        return None if same else replace(layer, weights=np.ascontiguousarray(turned))

    return change


def _transposed(layer: QuantisedLayer) -> Any:
    rows, columns = layer.geometry.kernel
    # of a kernel that is not square: its words, taken column by column
    words = layer.weights.reshape(columns, rows, *layer.weights.shape[2:])
    return words.transpose(1, 0, 2, 3)


def _unsigned(layer: QuantisedLayer) -> QuantisedLayer | None:
    signal = layer.plan.weight
    if not signal.format.signed or (layer.weights >= 0).all():
        return None
    words = layer.weights & ((1 << signal.format.word) - 1)
    wider = replace(signal, format=replace(signal.format, word=signal.format.word + 1))
    return replace(_planned(layer, weight=wider), weights=words)


def _padded(layer: QuantisedLayer, by: int) -> QuantisedLayer | None:
    geometry = layer.geometry
    return replace(layer, geometry=replace(geometry, padding=geometry.padding + by)) if geometry.padding else None


def _swapped(first: int, second: int) -> Change:
    def change(layer: QuantisedLayer) -> QuantisedLayer | None:
        roundings = [getattr(layer.plan, cast).rounding for cast in CASTS]
        if Rounding.STOCHASTIC not in (roundings[first], roundings[second]):
            return None
        registers = list(layer.registers)
        registers[first], registers[second] = registers[second], registers[first]
        return replace(layer, registers=tuple(registers))

    return change
