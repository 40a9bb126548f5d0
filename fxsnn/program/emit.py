"""A neuron's step as the source of a kernel: loops over the neurons, in words of 16, 32 or 64 bits.

One source serves every plan of a structure: formats, roundings and constants come as data. Shifts between binary
points, biases and rails are words of one array; what follows from constants alone is computed before, once for all
neurons or once for each. In fewer than 64 bits, which are proved to hold everything, each cast is an addition, a shift
and a clamp (Numba widens the results of Python's operators to 64 bits, but not those of NumPy's functions); in 64 bits
a cast is `rescale.drop` and `rescale.limit`, or a clamp where every cast saturates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fxsnn.program import operations as op
from fxsnn.program.emit_source import Structure, Word
from fxsnn.program.emit_values import Values, is_bit
from fxsnn.program.fold import at_rest, fold
from fxsnn.program.neuron import Cast
from fxsnn.program.operations import REDUCTIONS, Operation, Ref, operands
from fxsnn.program.stages import Stages


@dataclass(frozen=True, slots=True)
class Emitted:
    """The source of a step, and what it takes."""

    source: str
    words: tuple[Word, ...]  # of the array of data
    rows: tuple[Ref, ...]  # of `fixed`: what follows from constants that differ from neuron to neuron
    kept: int  # rows of `kept`: the states, in the neuron's order, and what passes from loop to loop
    streams: int  # registers
    adds_each: bool  # whether every active input makes an addition, and a cast, of its own
    operations: Mapping[Ref, Operation]  # those that are left


def emit(structure: Structure) -> Emitted:
    """Return the source of a function `step`; see `_HEAD` for its arguments."""
    neuron = structure.neuron
    folded = fold(neuron, _zeros(structure))
    stages = Stages(neuron, folded, fixed(folded.operations), draws=structure.guarded_draws)
    return _Emitter(structure, folded, stages).emit()


def _zeros(structure: Structure) -> frozenset[Ref]:
    operations = enumerate(structure.neuron.operations)
    zeros = [ref for ref, one in operations if isinstance(one, op.Constant) and one.name in structure.zeros]
    return at_rest(structure.neuron, zeros, structure.nonzero)


def fixed(operations: Mapping[Ref, Operation]) -> frozenset[Ref]:
    """Return what depends on nothing but constants."""
    found: set[Ref] = set()
    for ref, operation in operations.items():
        parts = [part for _, part in operands(operation)]
        computed = parts and not isinstance(operation, (op.Round, op.Limit, op.Carry, op.Done, *REDUCTIONS))
        if isinstance(operation, (op.Constant, op.Number, op.Literal)) or (computed and found.issuperset(parts)):
            found.add(ref)
    return frozenset(found)


_HEAD = '''@jit
def step(sums, kept, fixed, out, words, registers, taps, draws, weights, indices, start, stop):
    """Do a time step of {name}.

    sums       int[neurons], or [inputs, neurons]    exact, of every input
    kept       int{bits}[rows, neurons]    states, and room
    fixed      int{bits}[rows, neurons]    what follows from constants
    out        [neurons]                what the neurons emit, overwritten
    words      int64[...]               shifts, biases, rails, constants
    registers  int64[streams]           in place
    draws      int64[streams, neurons] | None    room
    weights, indices, start, stop       what is active, where each input makes an addition of its own: rows of weights;
                                        of a text that takes several inputs so, `indices` begins with where the rows of
                                        each end in it
    """
'''


class _Emitter(Values):
    """The loops of a step."""

    def emit(self) -> Emitted:
        structure, neuron = self.structure, self.structure.neuron
        body = self._body()
        word = f"int{structure.bits}"
        head = [
            _HEAD.format(name=neuron.title, bits=word[3:]).rstrip("\n"),
            "    size = out.shape[0]",
        ]
        head += [f"    {name} = kept[{row}]" for name, row in self._kept().items()]
        head += [f"    fixed_{ref} = fixed[{row}]" for row, ref in enumerate(self.rows)]
        head += [f"    {name} = {word}(words[{at}])" for at, name in enumerate(self.words.values())]
        streams = [cast.stream for cast in neuron.casts if cast.stream is not None]
        return Emitted(
            "\n".join([*head, *body, ""]),
            tuple(self.words),
            tuple(self.rows),
            len(self._kept()),
            max(streams, default=-1) + 1,
            any(stage.carried for stage in self.stages.loops),
            self.folded.operations,
        )

    def _kept(self) -> dict[str, int]:
        """Return the rows of `kept` by name."""
        names = [f"kept_{name}" for name in self.structure.neuron.states]
        names += [f"crossing_{ref}" for ref in self.stages.crossing if ref not in self.stages.homes]
        names += [f"carried_{ref}" for stage in self.stages.loops for ref in stage.carried]
        return {name: row for row, name in enumerate(names)}

    # loops

    def _body(self) -> list[str]:
        self.lines = []
        for loop, stage in enumerate(self.stages.loops):
            self.loop = loop
            for done in stage.carried:
                self._carry(done)
            roots = [ref for ref, at in self.stages.crossing.items() if at == loop]
            self._over_neurons(roots, stage.reductions, stage.finals, emits=stage.emits)
            if stage.reductions:
                self._look_up(stage.reductions)
                quiet = self._quiet(loop)
                if quiet is not None:
                    none = {ref: self._none(ref) for ref in self._counted(stage.reductions)}
                    self.add(f"if {' and '.join(f'reduced_{ref} == {found}' for ref, found in none.items())}:")
                    self.lines += [f"    {line}" for line in quiet] or ["        pass"]
                    self.add("    return")
        return self.lines

    def _over_neurons(
        self, roots: Iterable[Ref], reductions: Iterable[Ref], finals: Iterable[str], *, emits: bool
    ) -> None:
        """Emit a loop over the neurons."""
        counted = self._counted(reductions)
        for ref in counted:
            match self.folded.operations[ref]:
                case op.First():
                    self.add(f"reduced_{ref} = size")
                case op.Largest():
                    self.add(f"reduced_{ref} = size", f"able_{ref} = {self.word(0)}", f"best_{ref} = {self.lowest()}")
                case _:
                    self.add(f"reduced_{ref} = {self.word(0)}")
        marked = len(self.lines)
        self.add("for n in range(size):")
        self.deep, self.env = 3, {}
        last: list[tuple[str, str]] = []
        for ref in roots:
            home = self.stages.homes.get(ref)
            last.append((f"{f'kept_{home}' if home else f'crossing_{ref}'}[n]", self.value(ref)))
        for ref in counted:
            self._reduce(ref)
        for name in finals:
            signal, final = self.structure.neuron.states[name]
            ref = self.folded.stands[final]
            if self.stages.homes.get(ref) == name and self.stages.ready(ref, self.loop):
                continue  # where it lies is where it is to be
            last.append((f"kept_{name}[n]", self._placed(ref, final, signal)))
        if emits:
            output = self.structure.neuron.output[1]
            ref, bit = self.folded.stands[output], is_bit(self.structure.neuron, output)
            last.append(("out[n]", self.bit(ref) if bit else self._aligned(ref, (output,))))
        self._store(last)
        self.deep = 2
        self._draw_before(marked)
        if self.lines[-1].endswith("in range(size):"):
            del self.lines[marked:]

    def _store(self, last: list[tuple[str, str]]) -> None:
        """Store values in their places; one that is read from a place which is written before it is taken first."""
        stored = list[str]()
        for at, (place, value) in enumerate(last):
            if any(other in value for other, _ in last[:at]):
                self.add(f"taken_{at} = {value}")
                value = f"taken_{at}"
            stored.append(f"{place} = {value}")
        self.add(*stored)

    def _draw_before(self, marked: int) -> None:
        """Fill in the draws of all casts of a loop that are made for every neuron, before the loop."""
        self.computed |= self.env.keys()
        if not self.structure.draws:
            return
        made = [cast for cast in self.structure.neuron.casts if cast.limit in self.env and self._unguarded(cast.round)]
        lines = [
            f"{'    ' * (self.deep - 1)}fill_draws(draws[{cast.stream}], registers, {cast.stream}, taps, "
            f"Drawn({self.data('draw_bits', cast.round)}, {self.data('right', cast.round)}))"
            for cast in made
            if cast.stream is not None
        ]
        self.lines[marked:marked] = lines

    def _unguarded(self, ref: Ref) -> bool:
        found = self.folded.operations[ref]
        return isinstance(found, op.Round) and found.guard is None

    def _carry(self, done: Ref) -> None:
        """Emit what is done for every active input."""
        end = self.folded.operations[done]
        assert isinstance(end, op.Done)  # noqa: S101  (so was it found)
        carry = self.folded.operations[end.carry]
        assert isinstance(carry, op.Carry)  # noqa: S101  (a Done names it)
        region = next(one for one in self.structure.neuron.regions if one.done == done)
        self.add("for n in range(size):")
        self.deep, self.env = 3, {}
        self.add(f"carried_{done}[n] = {self._placed(carry.initial, region.initial, carry.signal)}")
        self.deep = 2
        several = self.structure.neuron.one_by_one
        at = several.index(region.given)
        first, last = "start", "stop"
        if len(several) > 1:
            first, last = f"indices[{at - 1}]" if at else f"{len(several)}", f"indices[{at}]"
        self.add(f"for event in range({first}, {last}):", "    weight = weights[indices[event]]")
        marked = len(self.lines)
        self.add("    for n in range(size):")
        self.deep, self.env = 4, {end.carry: f"carried_{done}[n]"}
        result = self.value(end.result)
        self.add(f"carried_{done}[n] = {result}")
        self.deep = 3
        self._draw_before(marked)
        self.deep = 2

    def _counted(self, reductions: Iterable[Ref]) -> list[Ref]:
        """Return the reductions that a loop finds; the count of one neuron follows from who it is."""
        return [ref for ref in reductions if not self.stages.alone(self.folded.operations[ref])]

    def _reduce(self, ref: Ref) -> None:
        operation = self.folded.operations[ref]
        bit = self.bit(operation.a)  # type: ignore[union-attr]
        if isinstance(operation, op.First):
            self.add(f"reduced_{ref} = min(reduced_{ref}, n if {bit} else size)")
        elif isinstance(operation, op.Largest):
            value = self.value(operation.value)
            self.add(f"able_{ref} = {self.two('+', f'able_{ref}', self.word(bit))}")
            self.add(f"best_{ref} = max(best_{ref}, {value} if {bit} else {self.lowest()})")
        else:
            self.add(f"reduced_{ref} = {self.two('+', f'reduced_{ref}', self.word(bit))}")

    def _look_up(self, reductions: Iterable[Ref]) -> None:
        """Find who has the largest value, once it is known."""
        for ref in reductions:
            operation = self.folded.operations[ref]
            if isinstance(operation, op.Largest):
                self.add(f"if able_{ref} > 0:", "    for n in range(size):")
                self.deep, self.env, self.loop = 4, {}, self.loop + 1
                condition = f"{self.bit(operation.a)} and {self.value(operation.value)} == best_{ref}"
                self.add(f"if {condition}:", f"    reduced_{ref} = n", "    break")
                self.deep, self.loop = 2, self.loop - 1

    def _none(self, ref: Ref) -> str:
        """Return what a reduction gives where nobody has the bit."""
        return "0" if isinstance(self.folded.operations[ref], op.Count | op.Any) else "size"

    def _quiet(self, loop: int) -> list[str] | None:
        """Return what is left to do where nobody has the bits of a reduction.

        Nothing where that takes loops, or where a cast that draws would be left out: its register shifts all the same.
        """
        later = self.stages.loops[loop + 1 :]
        if any(stage.reductions or stage.carried for stage in later):
            return None
        nobody: set[Ref] = set()
        for ref in self.stages.loops[loop].reductions:
            nobody |= {ref, self.folded.operations[ref].a}  # type: ignore[union-attr]
        general, lines, before = self.folded, self.lines, set(self.computed)
        drawing = [cast for cast in self._drawing() if cast.limit not in before]
        guards = {cast.round: self.structure.neuron.rounding(cast).guard for cast in drawing}
        kept = [guard for guard in guards.values() if guard is not None]
        self.folded = fold(self.structure.neuron, _zeros(self.structure) | nobody, kept)
        self.lines, self.loop = [], loop + 1
        finals = [name for stage in later for name in stage.finals]
        found = None
        if not any(isinstance(one, (*REDUCTIONS, op.Done)) for one in self.folded.operations.values()):
            self._over_neurons([], [], finals, emits=any(stage.emits for stage in later))
            never = {ref for ref, guard in guards.items() if guard is not None and self.folded.literal(guard) == 0}
            if all(cast.round in never or cast.limit in self.computed for cast in drawing):
                found = self.lines
        self.folded, self.lines, self.loop, self.computed = general, lines, loop, before
        return found

    def _drawing(self) -> list[Cast]:
        """Return the casts that may draw, of those that are left."""
        structure, left = self.structure, self.folded.operations
        return [
            cast
            for cast in structure.neuron.casts
            if cast.stream is not None
            and isinstance(left.get(cast.round), op.Round)
            and (structure.draws if structure.neuron.rounding(cast).guard is None else structure.guarded_draws)
        ]
