"""What `fxsnn emulate` finds, of a network of any kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fxsnn.measure.memory import Memory
from fxsnn.measure.overflows import Overflows
from fxsnn.measure.score import Measured


@dataclass(frozen=True, slots=True, eq=False)
class Emulated:
    """A network in float and in integers on the same samples, and what it stores."""

    shown: str  # the samples, in words: `1,000 images`
    one: str  # the first of them, whose casts are counted: `test image`
    float: Measured
    fixed: Measured
    counts: Mapping[str, Mapping[str, int]]  # by cast
    overflows: Overflows
    memory: Memory
    tested: bool = True  # whether the samples were kept apart from training; of one's own inputs that is not known
    misfits: tuple[str, ...] = ()  # of weights and constants; see `graph.misfits`
