"""Casts that round and limit otherwise, and adders too narrow for what they add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fxsnn.kernels import rescale
from fxsnn.number.cast import rails
from fxsnn.number.format import bits_of
from fxsnn.number.modes import Overflow, Rounding
from fxsnn.program import operations as op
from fxsnn.program.mutation import Labels, Mutation
from fxsnn.program.neuron import Cast
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.variant import Change, Ints, Made, Make, Variant, parts_of
from fxsnn.program.vector_casts import limited, moved
from fxsnn.program.wires import ANYWHERE, Range

_ROUNDED = {Rounding.FLOOR: "down (floor)", Rounding.ZERO: "toward zero", Rounding.CEIL: "up (ceil)"}
_LIMITED = {
    Overflow.SATURATE: "saturates",
    Overflow.SATURATE_SYMMETRIC: "saturates symmetrically",
    Overflow.SATURATE_ZERO: "becomes 0 where it overflows",
    Overflow.WRAP: "wraps",
    Overflow.ERROR: "saturates",
}
_CALLED = {op.Add: "sum", op.Subtract: "difference", op.Multiply: "product", op.Input: "sum of what arrives"}
_MOST = 61  # bits of a word that still has room above it in int64


def rounded(rounding: Rounding) -> str:
    """Return how the name of a change describes a rounding."""
    return _ROUNDED.get(rounding, f"to {rounding}" if rounding.startswith("nearest") else str(rounding))


def casts(program: Program) -> Iterator[Mutation]:
    """Yield casts with another rounding, overflow, rail or slice."""
    labels = Labels(program.neuron)
    for cast in program.neuron.casts:
        for name, apply in (*_roundings(program, cast), *_limits(program, cast)):
            yield Mutation(f"{labels.where(cast.round)}: {name}", "", apply)
    yield from _unlimited(program)


Named = Iterator[tuple[str, Change]]


def changed(ref: Ref, **parts: Any) -> Change:
    """Return the change that gives an operation other parts."""
    return lambda variant: variant.put(ref, replace(variant.operations[ref], **parts))


def _roundings(program: Program, cast: Cast) -> Named:
    signal, right = program.signals[cast.signal], program.site(cast).right
    for rounding in Rounding:
        able = rounding is not Rounding.STOCHASTIC or cast.stream is not None
        if right and able and rounding is not signal.rounding:
            title = f"rounded {rounded(rounding)} instead of {signal.rounding}"
            yield title, changed(cast.round, rounding=rounding)
    yield "slice taken one bit too high", changed(cast.round, off=1)
    yield "slice taken one bit too low", changed(cast.round, off=-1)
    drawn = signal.rounding is Rounding.STOCHASTIC and right and cast.stream is not None
    if drawn and program.neuron.rounding(cast).guard is not None:
        yield "draws in every step, whether the cast is made or not", changed(cast.round, guard=None)


def _limits(program: Program, cast: Cast) -> Named:
    signal, limit = program.signals[cast.signal], cast.limit
    form = signal.format
    low, high = form.lowest, form.highest

    def given(make: Make) -> Change:
        return lambda variant: variant.put(limit, Made((cast.round,), None, make))

    def wrapped(words: Ints) -> Ints:
        return limited(words, low, high, rescale.WRAP)

    for overflow in Overflow:
        least, most = rails(form, overflow)
        if overflow is not Overflow.ERROR and _LIMITED[overflow] != _LIMITED[signal.overflow]:
            title = f"{_LIMITED[overflow]} instead of {_does(signal.overflow)}"
            yield title, changed(limit, lowest=least, highest=most, overflow=overflow.code)
    yield "saturates above alone and wraps below", given(lambda x: np.where(x > high, high, wrapped(x)))
    yield "saturates below alone and wraps above", given(lambda x: np.where(x < low, low, wrapped(x)))
    yield "saturates above alone, with no limit below", given(lambda x: np.minimum(x, high))
    yield "saturates below alone, with no limit above", given(lambda x: np.maximum(x, low))
    yield "not limited to its word", given(lambda x: x)
    if form.signed:
        yield "saturates at 0 below, as an unsigned word", given(lambda x: np.clip(x, 0, high))
    if form.word > 2:
        yield "saturates in one bit less", given(lambda x: np.clip(x, low >> 1, high >> 1))
        half = form.highest >> 1, low >> 1
        yield "wraps in one bit less", given(lambda x: limited(x, half[1], half[0], rescale.WRAP))
    if form.word < _MOST:
        yield "saturates in one bit more", given(lambda x: np.clip(x, low * 2, high * 2 + 1))
    if 0 < form.frac < form.word:
        whole = high >> form.frac << form.frac
        yield (
            "at the upper rail its fractional bits are lost",
            given(lambda x: np.where(x > high, whole, np.maximum(x, low))),
        )
    exact = program.neuron.rounding(cast).a
    yield "not cast: the exact value is used", lambda variant: variant.put(limit, Made((exact,), None, lambda x: x))


def _unlimited(program: Program) -> Iterator[Mutation]:
    """Yield casts without limits, or with one: what is beyond is used as it is, and wraps where a state is stored.

    Of each cast, and of all of a signal at once.
    """
    labels = Labels(program.neuron)
    for signal in dict.fromkeys(cast.signal for cast in program.neuron.casts):
        casts = [cast for cast in program.neuron.casts if cast.signal == signal]
        form = program.signals[signal].format
        kinds: list[tuple[str, Make]] = [
            ("not limited, beyond its word it is used as it is and", lambda x: x),
            ("limited above alone, below it is used as it is and", lambda x, high=form.highest: np.minimum(x, high)),  # type: ignore[misc]
            ("limited below alone, above it is used as it is and", lambda x, low=form.lowest: np.maximum(x, low)),  # type: ignore[misc]
        ]
        for some in ([one] for one in casts):
            for kind, make in kinds:
                name = f"{labels.where(some[0].round)}: {kind} wraps where it is stored"
                yield Mutation(name, "", _stored(program, some, make))
        for kind, make in kinds if len(casts) > 1 else ():
            lines = [str(program.neuron.line(one.round)) for one in casts]
            name = (
                f"lines {', '.join(lines[:-1])} and {lines[-1]}, casts into {signal}: {kind} wraps where it is stored"
            )
            yield Mutation(name, "", _stored(program, casts, make))


def _stored(program: Program, casts: list[Cast], make: Make) -> Change:
    """Return the change after which casts limit by `make`, and states of their signal wrap at the end of the step."""
    signal = casts[0].signal
    form = program.signals[signal].format

    def apply(variant: Variant) -> Variant:
        for cast in casts:
            variant = variant.put(cast.limit, Made((cast.round,), None, make))
        fracs = variant.fracs()
        for name, (own, _) in program.neuron.states.items():
            frac, last = variant.states[name]
            if own == signal:
                up = 0 if fracs[last] == ANYWHERE else frac - fracs[last]
                word = lambda x, up=up: limited(moved(x, up), form.lowest, form.highest, rescale.WRAP)  # noqa: E731
                variant, stored = variant.add(Made((last,), frac, word), last)
                variant = replace(variant, states={**variant.states, name: (frac, stored)})
        return variant

    return apply


def _does(overflow: Overflow) -> str:
    text = _LIMITED[overflow]
    return text.replace("saturates", "saturating").replace("wraps", "wrapping").replace("becomes", "becoming")


def widths(program: Program, seen: Mapping[Ref, Range]) -> Iterator[Mutation]:
    """Yield exact values that wrap or saturate in fewer bits than what was seen of them needs."""
    neuron, labels = program.neuron, Labels(program.neuron)
    for ref, one in enumerate(neuron.operations):
        called = _CALLED.get(type(one))
        if called is None or ref not in seen:
            continue
        low, high = seen[ref]
        signed = program.wires[ref].low < 0
        where = labels.of(ref) if isinstance(one, op.Input) else f"{labels.where(ref)}: {labels.of(ref)}"
        needed = bits_of(min(low, -1) if signed else 0, high)
        for bits in range(needed - 1, 1, -1):
            most = (1 << bits - signed) - 1
            least = -most - 1 if signed else 0
            for does, code in (("wraps", rescale.WRAP), ("saturates", rescale.SATURATE)):
                yield Mutation(f"{where}: the {called} {does} in {{}} bits", str(bits), _narrow(ref, least, most, code))
        if signed and low < 0 and needed < _MOST:
            yield Mutation(
                f"{where}: the {called} is taken as unsigned in {{}} bits",
                str(bits_of(*program.wires[ref][:2])),
                _unsigned(ref, min(bits_of(*program.wires[ref][:2]), _MOST)),
            )
    for ref, one in enumerate(neuron.operations):
        if isinstance(one, op.State | op.Limit | op.Constant) and one.signal in program.signals:
            form = program.signals[one.signal].format
            if form.signed and form.word < _MOST and seen.get(ref, (0, 0))[0] < 0:
                yield Mutation(
                    f"{_of(labels, ref)}: its sign is not extended where it is read", "", _read(ref, form.word)
                )


def _of(labels: Labels, ref: Ref) -> str:
    one = labels.neuron.operations[ref]
    return labels.of(ref) if isinstance(one, op.State | op.Constant) else labels.where(ref)


def _narrow(ref: Ref, least: int, most: int, code: int) -> Change:
    return lambda variant: variant.over(ref, lambda x: limited(x, least, most, code))


def _unsigned(ref: Ref, bits: int) -> Change:
    return lambda variant: variant.over(ref, lambda x: x & (1 << bits) - 1)


def _read(ref: Ref, bits: int) -> Change:
    """Return the change after which operations read a word as unsigned, while states and names hold it as it is."""

    def apply(variant: Variant) -> Variant:
        found, other = variant.add(Made((ref,), None, lambda x: x & (1 << bits) - 1), ref)
        found = replace(found, places={**found.places, other: found.places[ref] + 1 / (1 << 20)})
        readers = [
            (at, name)
            for at, one in variant.operations.items()
            for name, part in parts_of(one)
            if part == ref and isinstance(one, op.Add | op.Subtract | op.Multiply | op.Compare | op.ShiftRight)
        ]
        for at, name in readers:
            found = found.reading(at, name, other)
        return found

    return apply
