"""Every way in which somebody's step is plausibly another one than the text says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fxsnn.program.mutate_casts import casts, widths
from fxsnn.program.mutate_guards import guards
from fxsnn.program.mutate_order import order
from fxsnn.program.mutate_population import shared
from fxsnn.program.mutate_split import split
from fxsnn.program.mutate_values import values
from fxsnn.program.mutation import Mutation
from fxsnn.program.operations import Ref
from fxsnn.program.program import Program
from fxsnn.program.wires import Range


def mutations(program: Program, seen: Mapping[Ref, Range]) -> Iterator[Mutation]:
    """Yield every change of a step that is tried, the likeliest first.

    seen    the least and greatest word of each value in what is played: widths that hold them change nothing
    """
    yield from casts(program)
    yield from values(program)
    yield from order(program)
    yield from guards(program)
    yield from split(program)
    yield from shared(program)
    yield from widths(program, seen)
