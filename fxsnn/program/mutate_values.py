"""Operations done otherwise: comparisons, shifts, terms that are missing, numbers that are one more or less."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from fxsnn.format import bits_of
from fxsnn.modes import Rounding
from fxsnn.program import operations as op
from fxsnn.program.mutation import Mutation, Sayer, grid_of
from fxsnn.program.mutate_casts import rounded
from fxsnn.program.operations import Ref, operands
from fxsnn.program.program import Program
from fxsnn.program.variant import Ints, Made, Variant
from fxsnn.program.vector import dropped, moved
from fxsnn.program.wires import ANYWHERE

_TERMS = op.Add | op.Subtract | op.Multiply | op.Both | op.Either | op.Minimum | op.Maximum
_OTHERS = {  # what is written in the place of an operation
    op.Add: op.Subtract,
    op.Subtract: op.Add,
    op.Both: op.Either,
    op.Either: op.Both,
    op.Minimum: op.Maximum,
    op.Maximum: op.Minimum,
}
_CALLED = {op.Add: "+", op.Subtract: "-", op.Both: "and", op.Either: "or", op.Minimum: "min", op.Maximum: "max"}
_LOGICAL = (8, 12, 16, 18, 20, 24, 32, 48, 64)  # widths of buses in which a word is shifted, beside its own and more


def values(program: Program) -> Iterator[Mutation]:
    """Yield operations done otherwise, the likeliest first."""
    neuron = program.neuron
    for ref, one in enumerate(neuron.operations):
        match one:
            case op.Compare():
                yield from _compared(program, ref, one)
            case op.ShiftRight():
                yield from _shifted(program, ref, one)
            case op.ShiftLeft(by=by):
                yield from _amounts(program, ref, by, "shifted to the left")
    for ref, one in enumerate(neuron.operations):
        if isinstance(one, _TERMS):
            yield from _terms(program, ref, one)
        if not isinstance(one, op.ShiftLeft | op.ShiftRight):
            yield from _numbers(program, ref)
        yield from _reads(program, ref)


def _compared(program: Program, ref: Ref, one: op.Compare) -> Iterator[Mutation]:
    sayer = Sayer(program.neuron)
    where = sayer.where(ref)
    near = {">": ">=", ">=": ">", "<": "<=", "<=": "<", "==": ">=", "!=": ">"}[one.relation]
    for relation in (near, *(other for other in op.RELATIONS if other not in (near, one.relation))):
        name = f"{where}: compared by {relation} instead of {one.relation}"
        yield Mutation(name, "", lambda v, to=relation: v.put(ref, replace(v.operations[ref], relation=to)))  # type: ignore[misc]
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
                return holds(moved(a, ups[0]) & mask, moved(b, ups[1]) & mask).astype("int64")

            return variant.put(ref, Made((now.a, now.b), 0, make))

        yield Mutation(f"{where}: compared as unsigned instead of signed", "", unsigned)


def _shifted(program: Program, ref: Ref, one: op.ShiftRight) -> Iterator[Mutation]:
    sayer = Sayer(program.neuron)
    where, shift = sayer.where(ref), program.wires[one.by].low
    word = sayer.said(one.a)
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
        told = f"{where}: {word} >> {shift} is taken only where it is {name}"
        yield Mutation(told, "", _by(ref, one.a, lambda x, holds=holds: (x >> shift) * holds(x)))  # type: ignore[misc]


def _by(ref: Ref, a: Ref, make: Callable[[Ints], Ints]) -> Callable[[Variant], Variant]:
    return lambda variant: variant.put(ref, Made((a,), None, make))


def _amounts(program: Program, ref: Ref, by: Ref, done: str) -> Iterator[Mutation]:
    shift = program.wires[by].low
    for other in (shift - 1, shift + 1, shift - 2, shift + 2, 0):
        if 0 <= other <= 62 and other != shift:
            name = f"{Sayer(program.neuron).where(ref)}: {done} by {other} instead of {shift}"
            yield Mutation(name, "", _literal(ref, "by", other))


def _literal(ref: Ref, field: str, value: int) -> Callable[[Variant], Variant]:
    def apply(variant: Variant) -> Variant:
        found, number = variant.add(op.Literal(value), ref)
        return found.reading(ref, field, number)

    return apply


def _terms(program: Program, ref: Ref, one: op.Operation) -> Iterator[Mutation]:
    """Yield an operation that leaves one of its parts out, or is another one."""
    sayer = Sayer(program.neuron)
    where, (a, b) = sayer.where(ref), (part for _, part in operands(one))
    literal = [isinstance(program.neuron.operations[part], op.Literal) for part in (a, b)]
    for kept, left in ((a, b), (b, a)):
        negated = isinstance(one, op.Subtract) and kept == b
        told = f"{where}: {sayer.said(left)} left out" + (f" of {sayer.said(ref)}" if any(literal) else "")
        if not negated:
            yield Mutation(told, "", _by(ref, kept, lambda x: x))
        else:
            yield Mutation(told, "", _by(ref, kept, lambda x: -x))
    other = _OTHERS.get(type(one))
    if other is not None:
        name = f"{where}: {_CALLED[other]} instead of {_CALLED[type(one)]} in {sayer.said(ref)}"
        yield Mutation(name, "", lambda v: v.put(ref, other(a, b)))
    if isinstance(one, op.Add | op.Subtract | op.Multiply) and not any(literal):
        for field, part in (("a", a), ("b", b)):
            for off, told in ((1, "high"), (-1, "low")):
                name = f"{where}: {sayer.said(part)} one bit too {told}"
                yield Mutation(name, "", _moved(ref, field, part, off))


def _moved(ref: Ref, field: str, part: Ref, off: int) -> Callable[[Variant], Variant]:
    def apply(variant: Variant) -> Variant:
        found, other = variant.add(Made((part,), None, lambda x: moved(x, off)), ref)
        return found.reading(ref, field, other)

    return apply


def _numbers(program: Program, ref: Ref) -> Iterator[Mutation]:
    """Yield an operation whose literal is one more or less."""
    neuron, where = program.neuron, Sayer(program.neuron).where(ref)
    one = neuron.operations[ref]
    for field, part in operands(one):
        literal = neuron.operations[part]
        if isinstance(literal, op.Literal) and not (isinstance(one, op.Subtract) and field == "a"):
            for value in (literal.value - 1, literal.value + 1):
                told = f"{value} instead of {literal.value} in {Sayer(neuron).said(ref)}"
                yield Mutation(f"{where}: {told}", "", _literal(ref, field, value))


def _reads(program: Program, ref: Ref) -> Iterator[Mutation]:
    """Yield an operation that reads another value of the same kind: before or after what it should wait for."""
    neuron, sayer = program.neuron, Sayer(program.neuron)
    one = neuron.operations[ref]
    if isinstance(one, op.Round | op.Limit | op.Carry | op.Done | op.LEAVES):
        return
    last = {value for value in neuron.names.values()} | {final for _, final in neuron.states.values()}
    for field, part in operands(one):
        grid = grid_of(neuron, part)
        if field in ("by", "condition") or not grid:
            continue
        for other, known in enumerate(neuron.operations):
            kept = isinstance(known, op.State | op.Limit | op.Constant) or other in last
            if other not in (part, ref) and kept and grid_of(neuron, other) == grid:
                name = f"{sayer.where(ref)}: reads {sayer.said(other)} instead of {sayer.said(part)}"
                yield Mutation(name, "", lambda v, field=field, other=other: v.reading(ref, field, other))  # type: ignore[misc]
