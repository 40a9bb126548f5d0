"""Operations done otherwise: other comparisons and shifts, terms that are missing or scaled, numbers one off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from fxsnn.number.format import bits_of
from fxsnn.number.modes import Rounding
from fxsnn.program import operations as op
from fxsnn.program.mutate_casts import rounded
from fxsnn.program.mutation import Labels, Mutation, grid_of
from fxsnn.program.neuron import Neuron
from fxsnn.program.operations import Ref, operands
from fxsnn.program.program import Program
from fxsnn.program.variant import Change, Ints, Made, Make, Variant
from fxsnn.program.vector_casts import dropped, moved
from fxsnn.program.wires import ANYWHERE

_TERMS = op.Add | op.Subtract | op.Multiply | op.Both | op.Either | op.Minimum | op.Maximum
_OTHERS: dict[type, Callable[[Ref, Ref], op.Operation]] = {  # what is written in the place of an operation
    op.Add: op.Subtract,
    op.Subtract: op.Add,
    op.Both: op.Either,
    op.Either: op.Both,
    op.Minimum: op.Maximum,
    op.Maximum: op.Minimum,
}
_CALLED: dict[Any, str] = {
    op.Add: "+",
    op.Subtract: "-",
    op.Both: "and",
    op.Either: "or",
    op.Minimum: "min",
    op.Maximum: "max",
}
_LOGICAL = (8, 12, 16, 18, 20, 24, 32, 48, 64)  # widths of buses in which a word is shifted, beside its own and more


def values(program: Program) -> Iterator[Mutation]:
    """Yield operations done otherwise, the likeliest first: each, and all that the text writes alike at once."""
    twins: dict[op.Operation, list[Ref]] = {}
    for ref, one in enumerate(program.neuron.operations):
        if not isinstance(one, op.LEAVES):
            twins.setdefault(one, []).append(ref)
    for make in (compared, _shifted, _terms, _scaled, numbers, reads):
        for refs in twins.values():
            found = [list(make(program, ref)) for ref in refs]
            for some in found:
                yield from some
            if len(refs) > 1:
                yield from map(_together, zip(*found, strict=False))


def _together(several: tuple[Mutation, ...]) -> Mutation:
    """Return some changes at once; each is named by its statement and then alike."""

    def apply(variant: Variant) -> Variant:
        for one in several:
            variant = one.apply(variant)
        return variant

    lines = " and ".join(dict.fromkeys(one.name.partition(", ")[0] for one in several))
    return Mutation(f"{lines}, {several[-1].name.partition(', ')[2]}", several[-1].detail, apply)


def compared(program: Program, ref: Ref) -> Iterator[Mutation]:
    """Yield a comparison by another relation, with another number, of words taken as unsigned or before their cast."""
    one = program.neuron.operations[ref]
    if not isinstance(one, op.Compare):
        return
    labels = Labels(program.neuron)
    where = labels.where(ref)
    prefix = f"{labels.of(ref)} " if _several(program.neuron, ref) else ""
    near = {">": ">=", ">=": ">", "<": "<=", "<=": "<", "==": ">=", "!=": ">"}[one.relation]
    for relation in (near, *(other for other in op.RELATIONS if other not in (near, one.relation))):
        name = f"{where}: {prefix}compared by {relation} instead of {one.relation}"
        yield Mutation(name, "", lambda v, to=relation: v.put(ref, replace(v.operations[ref], relation=to)))  # type: ignore[misc]
    number = program.neuron.operations[one.b]
    if one.relation in ("==", "!=") and isinstance(number, op.Literal):
        for other, value in ((("<=", ">"), number.value + 1), ((">=", "<"), number.value - 1)):
            to = other[one.relation == "!="]
            name = f"{where}: {labels.of(one.a)} {to} {value} instead of {one.relation} {number.value}"
            yield Mutation(name, "", _compare(ref, to, value))
    x, y = program.wires[one.a], program.wires[one.b]
    if min(x.low, y.low) < 0:
        frac = max(x.frac, y.frac)
        ends = [(w.low << frac - w.frac, w.high << frac - w.frac) for w in (x, y) if w.frac != ANYWHERE] or [(0, 0)]
        bits = bits_of(min(low for low, _ in ends), max(high for _, high in ends))

        def unsigned(variant: Variant) -> Variant:
            fracs, mask = variant.fracs(), (1 << min(bits, 62)) - 1
            now = variant.operations[ref]
            assert isinstance(now, op.Compare)  # noqa: S101  (two changes of one comparison exclude each other)
            common, holds = max(fracs[now.a], fracs[now.b]), op.RELATIONS[now.relation]
            ups = [common - fracs[part] if fracs[part] != ANYWHERE else 0 for part in (now.a, now.b)]

            def make(a: Ints, b: Ints) -> Ints:
                return np.asarray(holds(moved(a, ups[0]) & mask, moved(b, ups[1]) & mask)).astype(np.int64)

            return variant.put(ref, Made((now.a, now.b), 0, make))

        yield Mutation(f"{where}: {prefix}compared as unsigned instead of signed", "", unsigned)
    for cast in program.neuron.casts:
        exact = {"rounded and limited": program.neuron.rounding(cast).a} if program.site(cast).right else {}
        for field, part in operands(one):
            if part == cast.limit:
                below = {"limited": cast.round} | exact
                for done, before in below.items():
                    name = f"{where}: compares {labels.of(part)} before it is {done}"
                    yield Mutation(name, "", lambda v, field=field, before=before: v.reading(ref, field, before))  # type: ignore[misc]


def _several(neuron: Neuron, ref: Ref) -> bool:
    """Return whether a comparison is one of several in its statement."""
    owner = neuron.owners[ref]
    alike = (own for own, one in zip(neuron.owners, neuron.operations, strict=True) if isinstance(one, op.Compare))
    return list(alike).count(owner) > 1


def _compare(ref: Ref, relation: str, value: int) -> Change:
    def apply(variant: Variant) -> Variant:
        now = variant.operations[ref]
        assert isinstance(now, op.Compare)  # noqa: S101  (two changes of one comparison exclude each other)
        found, number = variant.add(op.Literal(value), ref)
        return found.put(ref, op.Compare(relation, now.a, number))

    return apply


def _shifted(program: Program, ref: Ref) -> Iterator[Mutation]:
    one = program.neuron.operations[ref]
    if isinstance(one, op.ShiftLeft):
        yield from _amounts(program, ref, one.by, "shifted to the left")
    if not isinstance(one, op.ShiftRight):
        return
    labels = Labels(program.neuron)
    where, shift = labels.where(ref), program.wires[one.by].low
    word = labels.of(one.a)
    if not shift:
        return
    for rounding in Rounding:
        if rounding not in (Rounding.FLOOR, Rounding.STOCHASTIC):
            name = f"{where}: {word} >> {shift} rounded {rounded(rounding)} instead of floor"
            if rounding is Rounding.ZERO:
                name = f"{where}: {word} divided by {1 << shift}, toward zero, instead of shifted"
            yield Mutation(name, "", _by(ref, one.a, lambda x, mode=rounding: dropped(x, shift, mode)))  # type: ignore[misc]
    grid = grid_of(program.neuron, one.a)
    if program.wires[one.a].low < 0 and grid in program.signals:
        own = program.signals[grid].format.word
        exact = bits_of(*program.wires[one.a][:2])
        for bits in sorted({*range(own, own + 9), exact, *(width for width in _LOGICAL if width > own)}):
            if shift < bits <= 63 + shift:
                mask = (1 << bits - shift) - 1
                name = f"{where}: {word} shifted logically instead of arithmetically, in {{}} bits"
                yield Mutation(name, str(bits), _by(ref, one.a, lambda x, mask=mask: (x >> shift) & mask))  # type: ignore[misc]
    yield from _amounts(program, ref, one.by, f"{word} shifted")
    for name, holds in (("above 0", lambda x: x > 0), ("below 0", lambda x: x < 0)):
        title = f"{where}: {word} >> {shift} is taken only where it is {name}"
        yield Mutation(title, "", _by(ref, one.a, lambda x, holds=holds: (x >> shift) * holds(x)))  # type: ignore[misc]


def _by(ref: Ref, a: Ref, make: Make) -> Change:
    return lambda variant: variant.put(ref, Made((a,), None, make))


def _amounts(program: Program, ref: Ref, by: Ref, done: str) -> Iterator[Mutation]:
    shift = program.wires[by].low
    for other in (shift - 1, shift + 1, shift - 2, shift + 2, 0):
        if 0 <= other <= 62 and other != shift:
            name = f"{Labels(program.neuron).where(ref)}: {done} by {other} instead of {shift}"
            yield Mutation(name, "", literal(ref, "by", other))


def literal(ref: Ref, field: str, value: int) -> Change:
    """Return the change after which an operation reads a number in the place of a value."""
    return lambda variant: variant.planting(ref, field, op.Literal(value))


def _terms(program: Program, ref: Ref) -> Iterator[Mutation]:
    """Yield an operation that leaves one of its parts out, or is another one."""
    neuron, labels = program.neuron, Labels(program.neuron)
    one = neuron.operations[ref]
    if isinstance(one, op.Not | op.Absolute):
        function = "not" if isinstance(one, op.Not) else "abs"
        yield Mutation(
            f"{labels.where(ref)}: {function} left out of {labels.of(ref)}", "", _by(ref, one.a, lambda x: x)
        )
    if not isinstance(one, _TERMS):
        return
    where, (a, b) = labels.where(ref), (part for _, part in operands(one))
    for kept, left in ((a, b), (b, a)):
        if not isinstance(neuron.operations[kept], op.Literal):
            sign = -1 if isinstance(one, op.Subtract) and kept == b else 1
            title = f"{where}: {labels.of(left)} left out of {labels.of(ref)}"
            yield Mutation(title, "", _by(ref, kept, lambda x, sign=sign: x * sign))  # type: ignore[misc]
    if other := _OTHERS.get(type(one)):
        name = f"{where}: {_CALLED[other]} instead of {_CALLED[type(one)]} in {labels.of(ref)}"
        yield Mutation(name, "", lambda v, make=other: v.put(ref, make(a, b)))  # type: ignore[misc]
    if isinstance(one, op.Subtract) and a != b:
        name = f"{where}: operands of {labels.of(ref)} exchanged"
        yield Mutation(name, "", lambda v: v.put(ref, op.Subtract(b, a)))


def _scaled(program: Program, ref: Ref) -> Iterator[Mutation]:
    """Yield an operation, or a choice, of which one part is halved or doubled."""
    labels, operations = Labels(program.neuron), program.neuron.operations
    one = operations[ref]
    if isinstance(one, op.Add | op.Subtract | op.Multiply):
        parts = [] if any(isinstance(operations[part], op.Literal) for _, part in operands(one)) else operands(one)
    else:
        parts = [(name, part) for name, part in operands(one) if isinstance(one, op.Select) and name != "condition"]
    for field, part in parts:
        made = operations[part]
        if isinstance(made, op.Literal) or _or_nothing(program.neuron, part):
            continue
        for off, kind in ((-1, "halved, its slice one bit too high"), (1, "doubled, its slice one bit too low")):
            for exact in (False, True) if off < 0 else (False,):
                yield Mutation(
                    f"{labels.where(ref)}: {labels.of(part)} {kind}", "", _shifting(ref, field, part, off, exact)
                )


def _or_nothing(neuron: Neuron, ref: Ref) -> bool:
    """Return whether a value is a choice between another one, for which all is reported, and 0."""
    one = neuron.operations[ref]
    return isinstance(one, op.Select) and op.Literal(0) in (neuron.operations[one.a], neuron.operations[one.b])


def _shifting(ref: Ref, field: str, part: Ref, off: int, exact: bool) -> Change:
    """Return the change after which an operation reads a value shifted, its lowest bit lost or kept."""

    def apply(variant: Variant) -> Variant:
        frac = variant.fracs()[part]
        made = Made((part,), frac + 1, lambda x: x) if exact else Made((part,), None, lambda x: moved(x, off))
        return variant.planting(ref, field, made)

    return apply


def numbers(program: Program, ref: Ref) -> Iterator[Mutation]:
    """Yield an operation whose literal is one more or less."""
    neuron, where = program.neuron, Labels(program.neuron).where(ref)
    one = neuron.operations[ref]
    if isinstance(one, op.ShiftLeft | op.ShiftRight):
        return
    for field, part in operands(one):
        known = neuron.operations[part]
        if isinstance(known, op.Literal) and not (isinstance(one, op.Subtract) and field == "a"):
            for value in (known.value - 1, known.value + 1):
                title = f"{value} instead of {known.value} in {Labels(neuron).of(ref)}"
                yield Mutation(f"{where}: {title}", "", literal(ref, field, value))


def reads(program: Program, ref: Ref) -> Iterator[Mutation]:
    """Yield an operation that reads another value of the same kind: before or after what it should wait for."""
    neuron, labels = program.neuron, Labels(program.neuron)
    one = neuron.operations[ref]
    if isinstance(one, (op.Round, op.Limit, op.Carry, op.Done, *op.LEAVES)):
        return
    last = set(neuron.names.values()) | {final for _, final in neuron.states.values()}
    for field, part in operands(one):
        grid = grid_of(neuron, part)
        if field in ("by", "condition") or not grid:
            continue
        for other, known in enumerate(neuron.operations):
            kept = isinstance(known, op.State | op.Limit | op.Constant) or other in last
            if other not in (part, ref) and kept and grid_of(neuron, other) == grid:
                name = f"{labels.where(ref)}: reads {labels.of(other)} instead of {labels.of(part)}"
                yield Mutation(name, "", lambda v, field=field, other=other: v.reading(ref, field, other))  # type: ignore[misc]
