"""The loops of a step: what is computed in which of them, and what passes from one to a later one.

A reduction over the population, a count for example, ends a loop over the neurons: what depends on it belongs to a
later one. The loops of a step are numbered from 0. A value is computed in the first loop that needs it; what a later
loop needs again is stored, or computed again where that is only a little arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fxsnn.program import operations as op
from fxsnn.program.fold import Folded
from fxsnn.program.neuron import Neuron
from fxsnn.program.operations import REDUCTIONS, Ref, operands

_CHEAP = (
    op.Add,
    op.Subtract,
    op.Compare,
    op.Both,
    op.Either,
    op.Not,
    op.Select,
    op.Minimum,
    op.Maximum,
    op.Absolute,
    op.ShiftLeft,
    op.ShiftRight,
)
_EVERYWHERE = (op.Constant, op.Input, op.Number, op.Literal, op.Done)  # read in any loop, as reductions are


@dataclass(frozen=True, slots=True)
class Stage:
    """A loop over the neurons, after the loops over active inputs that come first."""

    carried: tuple[Ref, ...]  # Done: loops over active inputs
    reductions: tuple[Ref, ...]  # that this loop ends with
    finals: tuple[str, ...]  # states whose next word is stored
    emits: bool  # whether what the neuron emits is stored
    kept: tuple[Ref, ...]  # what is computed here though nobody reads it


@dataclass(slots=True)
class Stages:
    """The loops of a folded step."""

    neuron: Neuron
    folded: Folded
    fixed: frozenset[Ref]  # what depends on nothing but constants
    kept: tuple[Ref, ...] = ()  # what is computed though nobody reads it
    draws: bool = False  # whether casts under a condition may draw, one neuron after the other: in a loop of their own
    loops: list[Stage] = field(default_factory=list)
    crossing: dict[Ref, int] = field(default_factory=dict)  # stored values, and the loop that computes each
    homes: dict[Ref, str] = field(default_factory=dict)  # the state in whose row a stored value lies
    _earliest: dict[Ref, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._order()
        folded, neuron = self.folded, self.neuron
        kept = {name: folded.stands[ref] for name, (_, ref) in neuron.states.items()}
        known = (neuron.operations[ref] for ref in folded.zeros)
        resting = {operation.name for operation in known if isinstance(operation, op.State)}
        when = {name: self._earliest[ref] for name, ref in kept.items() if name not in resting}
        emitted = folded.stands[neuron.output[1]]
        while True:  # a state's word is overwritten when nobody reads it any more
            last = self._demands(kept, when, emitted)
            later = {name: max(loop, last.get(name, 0)) for name, loop in when.items()}
            if later == when:
                break
            when = later
        self._find_homes(when, last)
        self.loops = [
            Stage(
                self._carried(loop),
                tuple(ref for ref in self._reductions() if self._earliest[ref] == loop + 1),
                tuple(name for name, at in when.items() if at == loop),
                self._earliest[emitted] == loop,
                tuple(ref for ref in self.kept if self._earliest[ref] == loop),
            )
            for loop in range(self._count(when, emitted))
        ]

    def ready(self, ref: Ref, loop: int) -> bool:
        """Return whether a value is there when the loop begins, without being computed again."""
        return self.crossing.get(ref, loop) < loop or self._is_anyway(ref, loop)

    def _is_anyway(self, ref: Ref, loop: int) -> bool:
        """Return whether a value need not be stored to be there: a state, a sum, what was emitted before."""
        if ref == self.folded.stands[self.neuron.output[1]] and self._earliest[ref] < loop:
            return True
        return self._simple(ref) or isinstance(self.folded.operations[ref], REDUCTIONS)

    def _order(self) -> None:
        """Find the first loop that can compute each value."""
        region: list[Ref] = []
        for ref, operation in self.folded.operations.items():
            parts = [self._earliest[part] for _, part in operands(operation)]
            loop = max(parts, default=0)
            if self._ends_a_loop(operation):
                loop += 1
            elif isinstance(operation, op.Carry):
                if not self._simple(operation.initial):
                    loop += 1
                region = [ref]
            elif isinstance(operation, op.Done):
                loop = max(self._earliest[part] for part in region)
                region = []
            elif region:  # what it reads of the neurons is computed before it
                outside = [part for _, part in operands(operation) if part < region[0] and not self._simple(part)]
                loop = max([loop, *(self._earliest[part] + 1 for part in outside)])
                region.append(ref)
            self._earliest[ref] = loop

    def _ends_a_loop(self, operation: op.Operation) -> bool:
        """Return whether an operation belongs to a later loop than its operands."""
        if isinstance(operation, op.Round):
            return self.draws and operation.guard is not None
        return isinstance(operation, REDUCTIONS) and not self.alone(operation)

    def _simple(self, ref: Ref) -> bool:
        return isinstance(self.folded.operations[ref], (op.State, *_EVERYWHERE)) or ref in self.fixed

    def alone(self, operation: op.Operation) -> bool:
        """Return whether a reduction follows from another without a loop: the count of one neuron."""
        part = self.folded.operations[operation.a]  # type: ignore[union-attr]
        return isinstance(operation, op.Count | op.Any) and isinstance(part, op.First | op.Largest)

    def _reductions(self) -> list[Ref]:
        return [ref for ref, operation in self.folded.operations.items() if isinstance(operation, REDUCTIONS)]

    def _carried(self, loop: int) -> tuple[Ref, ...]:
        found = self.folded.operations.items()
        return tuple(ref for ref, operation in found if isinstance(operation, op.Done) and self._earliest[ref] == loop)

    def _count(self, when: dict[str, int], emitted: Ref) -> int:
        return max(*when.values(), *(self._earliest[ref] for ref in (emitted, *self.kept)), 0) + 1

    def _demands(self, kept: dict[str, Ref], when: dict[str, int], emitted: Ref) -> dict[str, int]:
        """Find what is stored, and in which loop each state's word is read last."""
        self.crossing.clear()
        where: dict[Ref, int] = {}  # the first loop that computes a value
        last: dict[str, int] = {}

        def demand(ref: Ref, loop: int) -> None:
            operation = self.folded.operations[ref]
            if isinstance(operation, op.State):
                last[operation.name] = max(last.get(operation.name, 0), loop)
            elif self._is_anyway(ref, loop):
                return
            elif where.setdefault(ref, loop) < loop and self._earliest[ref] < loop and not self._cheap(ref):
                self.crossing[ref] = where[ref]
            else:
                parts(ref, loop)

        def parts(ref: Ref, loop: int) -> None:
            for _, part in operands(self.folded.operations[ref]):
                demand(part, loop)

        def outside(ref: Ref, done: Ref, loop: int) -> None:
            for _, part in operands(self.folded.operations[ref]):
                if part < self.region(done)[0]:
                    demand(part, loop)

        for loop in range(self._count(when, emitted)):
            for ref in self._reductions():
                if self._earliest[ref] == loop + 1 and not self.alone(self.folded.operations[ref]):
                    parts(ref, loop)
                    if isinstance(self.folded.operations[ref], op.Largest):  # who it is, is looked up afterwards
                        parts(ref, loop + 1)
            for done in (*self._carried(loop + 1), *self._carried(loop)):  # what it reads is computed before it
                for ref in self.region(done):
                    outside(ref, done, loop)
            for name, at in when.items():
                if at == loop:
                    demand(kept[name], loop)
            for ref in (emitted, *self.kept):
                if self._earliest[ref] == loop:
                    demand(ref, loop)
        return last

    def region(self, done: Ref) -> list[Ref]:
        """Return what is done for every active input, from Carry on, without Done."""
        end = self.folded.operations[done]
        assert isinstance(end, op.Done)  # noqa: S101  (so was it found)
        return [ref for ref in self.folded.operations if end.carry <= ref < done]

    def _cheap(self, ref: Ref, depth: int = 4) -> bool:
        """Return whether computing a value again takes less than storing it."""
        operation = self.folded.operations[ref]
        if self._simple(ref) or isinstance(operation, REDUCTIONS):
            return True
        if isinstance(operation, _CHEAP):
            return depth > 0 and all(
                self._cheap(part, depth - 1) or isinstance(self.folded.operations[part], op.Limit)
                for _, part in operands(operation)
            )
        return False

    def _find_homes(self, when: dict[str, int], last: dict[str, int]) -> None:
        """Let a stored value lie in the row of a state that nobody reads any more and that is written later."""
        taken: set[str] = set()
        for ref, loop in self.crossing.items():
            operation = self.folded.operations[ref]
            if not isinstance(operation, op.Limit):
                continue
            for name, (signal, _) in self.neuron.states.items():
                free = name in when and name not in taken and last.get(name, -1) <= loop < when[name]
                if free and signal == operation.signal:
                    self.homes[ref] = name
                    taken.add(name)
                    break
