"""Play a step, changed or not, for all neurons of a population and several presentations at once, in int64."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

import numpy as np

from fxsnn.kernels import lfsr
from fxsnn.number.lfsr import Lfsr
from fxsnn.number.modes import Rounding
from fxsnn.program import operations as op
from fxsnn.program.operations import Ref
from fxsnn.program.variant import Ints, Limits, Made, NoOrderError, Rounds, Step, Variant
from fxsnn.program.vector_casts import dropped, limited, moved
from fxsnn.program.wires import ANYWHERE

Make = Callable[[], Ints]
Looped = dict[Ref, list[tuple[dict[Ref, Ints], dict[int, Ints]]]]


@dataclass(slots=True)
class Draws:
    """What a register gives, draw after draw of so many bits; as far as it was asked for.

    Threads may share it: what was drawn is replaced by more of the same, and who asks works with what `upto` returns.
    """

    register: Lfsr
    bits: int
    _made: tuple[Ints, Ints] = field(init=False)

    def __post_init__(self) -> None:
        self._made = np.zeros(0, np.int64), np.array([self.register.seed], np.int64)

    def upto(self, count: int) -> tuple[Ints, Ints]:
        """Return at least so many draws, int64[draws], and what the register holds before each and after the last."""
        drawn, states = self._made
        if count <= len(drawn):
            return drawn, states
        taps, state = self.register.tap_array(), int(states[-1])
        more = np.zeros((2, max(count, 2 * len(drawn)) - len(drawn)), np.int64)
        for n in range(more.shape[1]):
            state, one = lfsr.draw(state, self.register.width, taps, self.bits)
            more[:, n] = one, state
        self._made = drawn, states = np.append(drawn, more[0]), np.append(states, more[1])
        return drawn, states


@dataclass(slots=True)
class Player:
    """A population at work, of so many presentations; its states, int64[presentations, neurons], change by steps.

    constants    int64[1 or neurons], by name
    registers    by the number of the cast that draws
    pool         draws that were made before, which are the same for every player
    rounds       where it is no None: what every active input made of the values of a loop, by its Carry, and the draws

    Raises NoOrderError where what is done for every active input has no beginning, no end, or another such loop in it.
    """

    variant: Variant
    constants: Mapping[str, Ints]
    presentations: int
    registers: Mapping[int, Lfsr] = field(default_factory=dict)
    pool: dict[tuple[Lfsr, int], Draws] = field(default_factory=dict)
    rounds: Looped | None = None
    states: dict[str, Ints] = field(init=False)
    drawn: dict[int, Ints] = field(init=False)  # how often each register drew, int64[presentations]
    draws: dict[int, Ints] = field(init=False)  # what each cast added in this step
    values: dict[Ref, Ints] = field(init=False)
    come: Mapping[str, Ints] = field(init=False)
    active: Mapping[str, Ints] = field(init=False)
    fracs: dict[Ref, int] = field(init=False)
    _steps: list[tuple[Ref, Make]] = field(init=False)
    _bits: dict[int, int] = field(init=False)
    _on: Ints | None = field(init=False)  # int64[presentations, 1]: which take the active input at work, if not all

    def __post_init__(self) -> None:
        variant = self.variant
        shape = self.presentations, variant.program.neurons
        self.states = {name: np.zeros(shape, np.int64) for name in variant.states}
        self.drawn = {stream: np.zeros(self.presentations, np.int64) for stream in self.registers}
        self.draws, self.values, self.come, self.active, self._bits, self._on = {}, {}, {}, {}, {}, None
        order = variant.order()
        self.fracs = variant.fracs(order)
        ends = {one.carry: ref for ref, one in variant.operations.items() if isinstance(one, op.Done)}
        self._steps, inside = [], set[Ref]()
        for place, ref in enumerate(order):
            one = variant.operations[ref]
            if isinstance(one, op.Each | op.Done) and ref not in inside:
                raise NoOrderError
            if isinstance(one, op.Carry):
                region = order[place + 1 : order.index(ends[ref])] if ref in ends else None
                if region is None or any(isinstance(variant.operations[part], op.Carry) for part in region):
                    raise NoOrderError
                inside |= {*region, ends[ref]}
                self._steps.append((ref, self._loop(ref, ends[ref], region)))
            elif ref not in inside:
                self._steps.append((ref, self._maker(one)))

    def step(self, come: Mapping[str, Ints], active: Mapping[str, Ints] | None = None) -> dict[Ref, Ints]:
        """Do a time step and return the value of every operation.

        come      by input: int64[presentations, neurons]; of one that is taken input by input
                  int64[rows, presentations, neurons]
        active    of such an input, where presentations have unlike many: int64[rows, presentations], 0 for none
        """
        self.come, self.active = come, active or {}
        for ref, make in self._steps:
            self.values[ref] = make()
        values = self.values
        self.states = {
            name: self.whole(moved(values[ref], frac - self.fracs[ref]) if self.fracs[ref] != ANYWHERE else values[ref])
            for name, (frac, ref) in self.variant.states.items()
        }
        return values

    def whole(self, words: Ints) -> Ints:
        """Return words, int64 of a shape that broadcasts, as int64[presentations, neurons]."""
        shape = self.presentations, self.variant.program.neurons
        return words if words.shape == shape else np.broadcast_to(words, shape)

    def register(self, stream: int) -> Ints:
        """Return what a register holds, int64[presentations]."""
        register = self.registers[stream]
        if stream not in self._bits:
            return np.full(self.presentations, register.seed)
        drawn = self.drawn[stream]
        _, states = self._pooled(register, self._bits[stream]).upto(int(drawn.max()))
        return states[drawn]

    def _pooled(self, register: Lfsr, bits: int) -> Draws:
        return self.pool.setdefault((register, bits), Draws(register, bits))

    def _loop(self, first: Ref, end: Ref, region: Sequence[Ref]) -> Make:
        """Return what does the operations of a region for every active input."""
        operations, values = self.variant.operations, self.values
        carry, done = operations[first], operations[end]
        assert isinstance(carry, op.Carry)  # noqa: S101  (so was it found)
        assert isinstance(done, op.Done)  # noqa: S101  (so was it found)
        named = [(ref, one.name) for ref in region if isinstance(one := operations[ref], op.Each)]
        made_in = [ref for ref in region if not isinstance(operations[ref], op.LEAVES)]
        makes = [(ref, self._maker(operations[ref])) for ref in made_in]
        given = {*region}.difference(made_in, (ref for ref, _ in named))
        leaves = [(ref, self._maker(operations[ref])) for ref in given]
        nothing = np.zeros((1, 1), np.int64)

        def make() -> Ints:
            for ref, leaf in leaves:  # that the text names here first: what follows reads them too
                values[ref] = leaf()
            for ref in (named[0][0], *made_in):  # a changed step may read them where nothing active came
                values[ref] = nothing
            values[first] = self.whole(self._at(carry.initial, self.fracs[first])())
            if self.rounds is not None:
                self.rounds[first] = []
            active = self.active.get(named[0][1])
            for n, row in enumerate(self.come[named[0][1]]):
                values[named[0][0]] = row
                self._on = None if active is None or active[n].all() else active[n][:, None]
                for ref, made in makes:
                    values[ref] = made()
                if self.rounds is not None:
                    inside = {ref: values[ref] for ref in (first, *region)}
                    self.rounds[first].append((inside, dict(self.draws)))
                result = values[done.result]
                values[first] = result if self._on is None else np.where(self._on != 0, result, values[first])
            self._on = None
            values[end] = values[first]
            return values[first]

        return make

    def _at(self, ref: Ref, frac: int) -> Make:
        """Return what gives a value at a binary point."""
        values, own = self.values, self.fracs[ref]
        if own in (frac, ANYWHERE):
            return lambda: values[ref]
        return lambda: moved(values[ref], frac - own)

    def _maker(self, operation: Step) -> Make:
        """Return what makes the value of an operation of values that are there."""
        v, whole = self.values, self.whole
        match operation:
            case op.State(name=name):
                return lambda: self.states[name]
            case op.Constant(name=name):
                words = self.constants[name].reshape(1, -1)
                return lambda: words
            case op.Input(name=name) if name in self.variant.program.neuron.one_by_one:
                return lambda: self.come[name].sum(axis=0)
            case op.Input(name=name):
                return lambda: self.come[name]
            case op.Number(name=name):
                number = np.array([[self.variant.program.numbers[name]]], np.int64)
                return lambda: number
            case op.Literal(value=value):
                literal = np.array([[value]], np.int64)
                return lambda: literal
            case op.Add(a=a, b=b) | op.Subtract(a=a, b=b):
                (x, y), does = self._pair(a, b), op.BINARY[type(operation)]
                return lambda: does(x(), y())
            case op.Multiply(a=a, b=b) | op.Both(a=a, b=b) | op.Either(a=a, b=b):
                does = op.BINARY[type(operation)]
                return lambda: does(v[a], v[b])
            case op.ShiftLeft(a=a, by=by) | op.ShiftRight(a=a, by=by):
                does = op.BINARY[type(operation)]
                return lambda: does(v[a], v[by])
            case op.Compare(relation=relation, a=a, b=b):
                x, y = self._pair(a, b)
                holds = op.RELATIONS[relation]
                return lambda: np.asarray(holds(x(), y())).astype(np.int64)
            case op.Not(a=a):
                return lambda: 1 - v[a]
            case op.Select(condition=condition, a=a, b=b):
                x, y = self._pair(a, b)
                return lambda: np.where(v[condition] != 0, x(), y())
            case op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b):
                (x, y), does = self._pair(a, b), np.minimum if isinstance(operation, op.Minimum) else np.maximum
                return lambda: does(x(), y())
            case op.Absolute(a=a):
                return lambda: np.asarray(np.maximum(v[a], -v[a]))
            case Rounds():
                return self._rounding(operation)
            case Limits(a=a, lowest=lowest, highest=highest, overflow=overflow):
                return lambda: limited(v[a], lowest, highest, overflow)
            case Made(parts=parts, make=make):
                return lambda: make(*(v[part] for part in parts))
            case op.Count(a=a):
                return lambda: whole(v[a]).sum(axis=1, keepdims=True)
            case op.Any(a=a):
                return lambda: np.asarray(whole(v[a]).any(axis=1, keepdims=True), np.int64)
            case op.First(a=a):
                return lambda: _only(whole(v[a]), whole(v[a]))
            case op.Largest(value=weighed, a=a):
                least = np.iinfo(np.int64).min
                return lambda: _only(whole(v[a]), np.where(v[a] != 0, whole(v[weighed]), least))
            case op.Each() | op.Carry() | op.Done() | op.Round() | op.Limit():
                raise AssertionError(operation)
            case _:
                assert_never(operation)

    def _pair(self, a: Ref, b: Ref) -> tuple[Make, Make]:
        frac = max(self.fracs[a], self.fracs[b])
        return self._at(a, frac), self._at(b, frac)

    def _rounding(self, cast: Rounds) -> Make:
        v, own = self.values, self.fracs[cast.a]
        shift = 0 if own == ANYWHERE else own - cast.frac + cast.off
        right, a, guard = max(shift, 0), cast.a, cast.guard
        bits = min(right, self.variant.program.lfsr_width)
        if cast.rounding is Rounding.STOCHASTIC and bits and cast.stream is not None:
            return self._drawing(cast, right, bits)
        made = cast.rounding

        def make() -> Ints:
            found = dropped(v[a], right, made) if right else moved(v[a], -shift)
            return found if guard is None else np.where(v[guard] != 0, found, 0)

        return make

    def _drawing(self, cast: Rounds, right: int, bits: int) -> Make:
        """Return what rounds by chance: a draw for every neuron that casts, neurons ascending."""
        v, stream = self.values, cast.stream
        assert stream is not None  # noqa: S101  (so says the caller)
        self._bits[stream] = bits
        ready = self._pooled(self.registers[stream], bits)

        def make() -> Ints:
            happens = self.whole(np.ones((1, 1), np.int64) if cast.guard is None else v[cast.guard])
            happens = happens if self._on is None else happens * self._on
            done = self.drawn[stream][:, None] + happens.cumsum(axis=1)
            fresh, _ = ready.upto(int(done[:, -1].max()) + 1)
            # what a draw adds is aligned at the top of the bits that are dropped, see `rescale.draw_bias`
            added = np.where(happens != 0, fresh[done - 1] << right - bits, 0)
            before = self.draws.get(stream)
            self.draws[stream] = added if self._on is None or before is None else np.where(self._on != 0, added, before)
            self.drawn[stream] = done[:, -1]
            return np.where(happens != 0, (v[cast.a] + added) >> right, 0)

        return make


def _only(able: Ints, weighed: Ints) -> Ints:
    """Return 1 for the first neuron of the largest weight, if any is able, in each presentation."""
    best = weighed.argmax(axis=1)[:, None]
    found = (np.arange(able.shape[1]) == best) & able.any(axis=1, keepdims=True)
    return np.asarray(found, np.int64)
