"""The corners of a neuron's text, of every cast, comparison, shift, choice and reduction, and which a step reached.

They follow from the operations alone, so that a neuron nobody has seen has them. A corner is named by population,
statement and line, as in `hidden: spike, line 25: integrated >= threshold: at the limit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from fxsnn.golden.corners import Where, cast_corners
from fxsnn.program import operations as op
from fxsnn.program.neuron import BIT, Cast, Neuron
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.variant import Ints
from fxsnn.program.vector_casts import moved
from fxsnn.program.wires import ANYWHERE

Corners = Iterator[tuple[str, Where]]
_FAR = np.iinfo(np.int64).max
_TOPS = ("at the top", "over the top", "far over the top", "rounds over the top")
_BOTTOMS = ("at the bottom", "one below the bottom", "under the bottom", "far under the bottom")
AIMS = {  # by corner, what a search makes less
    **dict.fromkeys((*_TOPS, "the highest word at the begin of a step"), "up"),
    **dict.fromkeys((*_BOTTOMS, "the lowest word at the begin of a step"), "down"),
    **dict.fromkeys(("at the limit", "just above the limit", "just below the limit"), "near"),
}


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What a step computed: int64[rows, neurons] of every operation, a row a presentation or an active input."""

    program: Program
    values: Mapping[Ref, Ints]
    draws: Mapping[int, Ints]
    rows: int

    def of(self, ref: Ref) -> Ints:
        """Return the values of an operation; none where no active input came."""
        shape = self.rows, self.program.neurons
        return np.broadcast_to(self.values[ref], shape) if self.rows else np.zeros(shape, np.int64)

    def pair(self, a: Ref, b: Ref) -> tuple[Ints, Ints]:
        """Return two values at the finer of their binary points."""
        fracs = [self.program.wires[ref].frac for ref in (a, b)]
        x, y = (
            self.of(ref) if frac == ANYWHERE else moved(self.of(ref), max(fracs) - frac)
            for ref, frac in zip((a, b), fracs, strict=True)
        )
        return x, y


@dataclass(slots=True, eq=False)
class Sites:
    """Where a neuron's text has corners: operations and what they are called, those of loops by their Carry."""

    program: Program
    named: dict[Ref, str] = field(init=False)
    loops: dict[Ref, range] = field(init=False)  # what is done for every active input, by Carry
    casts: dict[Ref, Cast] = field(init=False)  # by the Limit
    steady: set[Ref] = field(init=False)  # values that no input and no state changes
    _users: dict[Ref, list[Ref]] = field(init=False)
    _visible: set[Ref] = field(init=False)

    def __post_init__(self) -> None:
        neuron, steady = self.program.neuron, set[Ref]()
        self._users = {ref: [] for ref in range(len(neuron.operations))}
        for ref, one in enumerate(neuron.operations):
            parts = [part for _, part in op.operands(one)]
            for part in parts:
                self._users[part].append(ref)
            moving = isinstance(one, op.State | op.Input | op.Each | op.Carry | op.Round)
            if not moving and all(part in steady for part in parts):
                steady.add(ref)
        self._visible = {neuron.output[1], *neuron.nodes.values(), *(last for _, last in neuron.states.values())}
        self.named, self.steady = _named(neuron, steady), steady
        self.loops = {one.carry: range(one.carry + 1, one.done) for one in neuron.regions}
        self.casts = {cast.limit: cast for cast in neuron.casts}

    def unit(self, a: Ref, b: Ref) -> int:
        """Return the least distance of two values that are compared, in units of the finer of their grids.

        Where one of them never changes it is the grid of the other: its neighbours lie no nearer.
        """
        x, y = (self.program.wires[ref].frac for ref in (a, b))
        fine = max(x, y)
        for steady, frac in ((b, x), (a, y)):
            if steady in self.steady and frac != ANYWHERE:
                return 1 << fine - frac
        return 1

    def decides(self, ref: Ref, view: View) -> Where:
        """Return where a bit is not hidden by what it is joined with before anything else reads it."""
        users, everywhere = self._users[ref], np.ones((view.rows, self.program.neurons), np.bool_)
        if ref in self._visible or len(users) != 1:
            return everywhere
        match self.program.neuron.operations[users[0]]:
            case op.Both(a=a, b=b):
                return np.asarray((view.of(b if a == ref else a) != 0) & self.decides(users[0], view))
            case op.Either(a=a, b=b):
                return np.asarray((view.of(b if a == ref else a) == 0) & self.decides(users[0], view))
            case op.Not():
                return self.decides(users[0], view)
        return everywhere


def corners_of(sites: Sites, ref: Ref, view: View) -> Corners:
    """Yield the corners of an operation, each with where it was reached: bool[rows, neurons]."""
    of = view.of
    match sites.program.neuron.operations[ref]:
        case op.Limit():
            yield from _of_cast(sites, sites.casts[ref], view)
        case op.Compare(relation=relation, a=a, b=b):
            (x, y), unit, decides = view.pair(a, b), sites.unit(a, b), sites.decides(ref, view)
            away = x - y
            yield "at the limit", decides & (away == 0)
            yield "just above the limit", decides & (away > 0) & (away <= unit)
            yield "just below the limit", decides & (away < 0) & (away >= -unit)
            holds = np.asarray(op.RELATIONS[relation](x, y), np.bool_)
            yield "holds", holds
            yield "does not hold", ~holds
        case op.Both(a=a, b=b):
            x, y = of(a) != 0, of(b) != 0
            yield "both hold", x & y
            yield "the first alone fails", ~x & y
            yield "the second alone fails", x & ~y
        case op.Either(a=a, b=b):
            x, y = of(a) != 0, of(b) != 0
            yield "none holds", ~x & ~y
            yield "the first alone holds", x & ~y
            yield "the second alone holds", ~x & y
        case op.ShiftRight(a=a, by=by):
            dropped = (of(a) & ((1 << of(by)) - 1)) != 0
            yield "drops bits of a positive word", dropped & (of(a) > 0)
            yield "drops bits of a negative word", dropped & (of(a) < 0)
        case op.Select(condition=condition, a=a, b=b):
            (x, y), taken = view.pair(a, b), of(condition) != 0
            yield "takes the first of two that differ", taken & (x != y)
            yield "takes the second of two that differ", ~taken & (x != y)
        case op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b):
            x, y = view.pair(a, b)
            yield "the first is the greater", x > y
            yield "the second is the greater", x < y
            yield "both are equal", x == y
        case op.Absolute(a=a):
            yield "of a word above 0", of(a) > 0
            yield "of a word below 0", of(a) < 0
        case op.Multiply() | op.Input() | op.Each():
            yield "above 0", of(ref) > 0
            yield "below 0", of(ref) < 0
        case op.State(signal=signal) if signal != BIT:
            form = sites.program.signals[signal].format
            yield "the highest word at the begin of a step", of(ref) == form.highest
            if form.signed:
                yield "the lowest word at the begin of a step", of(ref) == form.lowest
        case op.Count(a=a) | op.Any(a=a) | op.First(a=a):
            yield from _of_many(of(a))
        case op.Largest(value=value, a=a):
            yield from _of_many(of(a))
            yield from _of_largest(of(value), of(a) != 0)


def aims_of(sites: Sites, ref: Ref, view: View) -> Iterator[tuple[str, Callable[[], Ints]]]:
    """Yield what becomes less as a step comes nearer to corners of an operation; AIMS says which of them."""
    match sites.program.neuron.operations[ref]:
        case op.Limit():
            exact, made = _exact(sites, sites.casts[ref], view)
            yield "up", lambda: np.where(made, -exact, _FAR)
            yield "down", lambda: np.where(made, exact, _FAR)
        case op.Compare(a=a, b=b):
            yield "near", lambda: np.abs(np.subtract(*view.pair(a, b)))
        case op.State():
            yield "up", lambda: -view.of(ref)
            yield "down", lambda: view.of(ref)


def _of_cast(sites: Sites, cast: Cast, view: View) -> Corners:
    (exact, made), site = _exact(sites, cast, view), sites.program.site(cast)
    if sites.program.neuron.rounding(cast).guard is not None:
        yield "is made", made
        yield "is not made", ~made
    draws = None
    if site.draw_bits and cast.stream is not None:
        draws = np.broadcast_to(view.draws[cast.stream], exact.shape) if view.rows else np.zeros_like(exact)
    for corner, where in cast_corners(site, exact, draws):
        yield corner, where & made


def _exact(sites: Sites, cast: Cast, view: View) -> tuple[Ints, Where]:
    """Return the exact value under a cast, at the binary point at which bits are dropped, and where it is made."""
    program, rounding = sites.program, sites.program.neuron.rounding(cast)
    frac, exact = program.wires[rounding.a].frac, view.of(rounding.a)
    if frac != ANYWHERE:
        exact = moved(exact, max(program.signals[cast.signal].format.frac - frac, 0))
    return exact, np.ones(exact.shape, np.bool_) if rounding.guard is None else view.of(rounding.guard) != 0


def _of_many(bits: Ints) -> Corners:
    many = np.broadcast_to(np.count_nonzero(bits, axis=1)[:, None], bits.shape)
    yield "of none", many == 0
    yield "of one", many == 1
    yield "of several", many > 1


def _of_largest(weighed: Ints, able: Where) -> Corners:
    if not weighed.size:
        yield "not the first of several", able
        yield "the first of several equal ones", able
        return
    best = np.where(able, weighed, np.iinfo(np.int64).min).max(axis=1, keepdims=True)
    equal = able & (weighed == best)
    chosen = equal & (equal.cumsum(axis=1) == 1)
    yield "not the first of several", chosen & (able.cumsum(axis=1) > 1)
    yield "the first of several equal ones", chosen & (equal.sum(axis=1, keepdims=True) > 1)


def _named(neuron: Neuron, steady: set[Ref]) -> dict[Ref, str]:
    """Return what operations are called that have corners: by statement, line, and what is computed."""
    found, taken, made = dict[Ref, str](), dict[str, int](), set[op.Operation]()
    casts = {cast.limit for cast in neuron.casts}
    for ref, one in enumerate(neuron.operations):
        if not isinstance(one, _CORNERED) or ref in steady or (one in made and ref not in casts):
            continue
        made.add(one)
        statement = neuron.statements[neuron.owners[ref]]
        where = f"{statement.name}, line {statement.line}"
        match one:
            case op.State(name=label):
                pass
            case op.Input(name=name):
                label = f"{name}, what arrives"
            case op.Each(name=name):
                label = f"each {name}"
            case op.Limit():
                label = where
            case op.Select(condition=condition):
                label = f"{where}: if {_value_text(neuron, condition)}"
            case _:
                label = f"{where}: {_written(neuron, one, 2)}"
        taken[label] = taken.get(label, 0) + 1
        found[ref] = label if taken[label] == 1 else f"{label} ({taken[label]})"
    return found


def _value_text(neuron: Neuron, ref: Ref, depth: int = 2) -> str:
    """Return a value as the text has it, three dots where that would be long."""
    one = neuron.operations[ref]
    if (named := neuron.called(ref)) or depth == 0 or type(one) not in _WRITTEN:
        return named or "..."
    return _written(neuron, one, depth - 1)


def _written(neuron: Neuron, one: op.Operation, depth: int) -> str:
    parts = [_value_text(neuron, part, depth) for _, part in op.operands(one)]
    return _WRITTEN[type(one)].format(*parts, relation=getattr(one, "relation", ""))


_WRITTEN: dict[type, str] = {
    op.Add: "{0} + {1}",
    op.Subtract: "{0} - {1}",
    op.Multiply: "{0} * {1}",
    op.ShiftLeft: "({0} << {1})",
    op.ShiftRight: "({0} >> {1})",
    op.Compare: "{0} {relation} {1}",
    op.Both: "{0} and {1}",
    op.Either: "({0} or {1})",
    op.Not: "not {0}",
    op.Select: "{1} if {0} else {2}",
    op.Minimum: "min({0}, {1})",
    op.Maximum: "max({0}, {1})",
    op.Absolute: "abs({0})",
    op.Count: "count({0})",
    op.Any: "any({0})",
    op.First: "first({0})",
    op.Largest: "largest({0}, {1})",
}
_CORNERED = (
    *(op.State, op.Input, op.Each, op.Limit, op.Compare, op.Both, op.Either, op.ShiftRight, op.Select, op.Multiply),
    *(op.Minimum, op.Maximum, op.Absolute, op.Count, op.Any, op.First, op.Largest),
)
