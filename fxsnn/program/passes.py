"""How hardware goes through a step: what is done for every active input, and the passes over the neurons.

A reduction over the population, a count for example, is complete when a pass has ended, and read in the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from fxsnn.program import operations as op
from fxsnn.program.neuron import Neuron
from fxsnn.program.operations import LEAVES, REDUCTIONS, Ref, operands
from fxsnn.program.program import Program


@dataclass(frozen=True, slots=True)
class Region:
    """What is done for every active input of a projection, one after the other."""

    carry: Ref
    done: Ref
    result: Ref  # what is carried on
    initial: Ref
    given: str  # the input whose active words come
    before: int  # the pass before which it is done


@dataclass(frozen=True, slots=True)
class Passes:
    """The passes of a step, numbered from 0."""

    made: tuple[int, ...]  # of every operation: the first pass in which it can be computed
    regions: tuple[Region, ...]  # in the order of the text
    drawing: frozenset[Ref]  # all casts that draw; each by its Limit

    @property
    def last(self) -> int:
        """The pass that ends the step."""
        return max(self.made, default=0)

    def reductions(self, program: Program) -> list[tuple[Ref, int]]:
        """Return the reductions, and the pass that completes each."""
        found = enumerate(program.neuron.operations)
        return [(ref, self.made[ref] - 1) for ref, one in found if isinstance(one, REDUCTIONS)]


def passes(program: Program) -> Passes:
    """Return in which passes a neuron's step is done."""
    drawing = frozenset(cast.limit for cast in program.neuron.casts if program.site(cast).draw_bits)
    return _passes(program.neuron, drawing)


@lru_cache(maxsize=1024)
def _passes(neuron: Neuron, drawing: frozenset[Ref]) -> Passes:
    return _Order(neuron, drawing).found()


class _Order:
    """Goes through the operations once."""

    def __init__(self, neuron: Neuron, drawing: frozenset[Ref]) -> None:
        self.neuron, self.drawing = neuron, drawing
        self.made: list[int] = []
        self.drawn: list[frozenset[Ref]] = []  # casts that draw, on whose words a value depends within a pass
        self.regions: list[Region] = []

    def found(self) -> Passes:
        """Return the passes."""
        ends = {one.carry: ref for ref, one in enumerate(self.neuron.operations) if isinstance(one, op.Done)}
        until = -1
        for ref, operation in enumerate(self.neuron.operations):
            if isinstance(operation, op.Carry):
                until = ends[ref]
                self.regions.append(self._region(ref, until))
            parts = [part for _, part in operands(operation)]
            if ref <= until and (isinstance(operation, op.Each) or not isinstance(operation, LEAVES)):
                made, drawn = self.regions[-1].before, frozenset[Ref]()
            else:
                made = max((self.made[part] for part in parts), default=0)
                drawn = frozenset[Ref]().union(*(self.drawn[part] for part in parts))
                if isinstance(operation, REDUCTIONS):
                    made, drawn = made + 1, frozenset()
                elif ref in self.drawing:
                    drawn = frozenset((ref,))
            self.made.append(made)
            self.drawn.append(drawn)
        return Passes(tuple(self.made), tuple(self.regions), self.drawing)

    def _region(self, carry: Ref, done: Ref) -> Region:
        """Return when a region is done: after the passes of all that draws and that it reads."""
        operations = self.neuron.operations
        outside = {part for ref in range(carry, done) for _, part in operands(operations[ref]) if part < carry}
        before = 0
        for part in outside:
            before = max(before, self.made[part], *(self.made[drawn] + 1 for drawn in self.drawn[part]), 0)
        begin, end = operations[carry], operations[done]
        given = next(one.name for one in operations[carry:done] if isinstance(one, op.Each))
        assert isinstance(begin, op.Carry)  # noqa: S101  (so was it found)
        assert isinstance(end, op.Done)  # noqa: S101  (so was it found)
        return Region(carry, done, end.result, begin.initial, given, before)
