"""How hardware goes through a step: what is done for every active input, and the passes over the neurons.

A reduction over the population, a count for example, is complete when a pass has ended, and read in the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from fxsnn.program import operations as op
from fxsnn.program.neuron import Neuron, Region
from fxsnn.program.operations import LEAVES, REDUCTIONS, Ref, operands
from fxsnn.program.program import Program


@dataclass(frozen=True, slots=True)
class Passes:
    """The passes of a step, numbered from 0."""

    made: tuple[int, ...]  # of every operation: the first pass in which it can be computed
    regions: tuple[Region, ...]  # in the order of the text
    before: Mapping[Ref, int]  # by Carry: the pass before which a region is done
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
    made, before, drawn = list[int](), dict[Ref, int](), list[frozenset[Ref]]()
    regions, within, first = {one.carry: one for one in neuron.regions}, range(0), 0
    for ref, operation in enumerate(neuron.operations):
        if ref in regions:
            within = range(ref, regions[ref].done + 1)
            outside = {part for one in within[:-1] for _, part in operands(neuron.operations[one]) if part < ref}
            # after the passes of all that draws and that it reads
            ready = [made[part] for part in outside] + [made[one] + 1 for part in outside for one in drawn[part]]
            before[ref] = first = max(ready, default=0)
        if ref in within and (isinstance(operation, op.Each) or not isinstance(operation, LEAVES)):
            made.append(first)
            drawn.append(frozenset())
            continue
        parts = [part for _, part in operands(operation)]
        reduces = isinstance(operation, REDUCTIONS)
        made.append(max((made[part] for part in parts), default=0) + reduces)
        own = [(ref,)] if ref in drawing else [] if reduces else [drawn[part] for part in parts]
        drawn.append(frozenset[Ref]().union(*own))
    return Passes(tuple(made), neuron.regions, before, drawing)
