"""The source of a step while it is written: its lines, its data, and the binary points of what it computes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from fxsnn.program import operations as op
from fxsnn.program.fold import Folded
from fxsnn.program.neuron import BIT, Neuron
from fxsnn.program.operations import Ref, operands
from fxsnn.program.stages import Stages

Word: TypeAlias = tuple[str, tuple[Ref, ...], str]  # what a word of the data is: kind, operations, signal

_NARROW = {"+": "add", "-": "subtract", "*": "multiply", "<<": "left_shift", ">>": "right_shift"}
INTEGERS, ANY = "integers", "any"  # grids: of whole numbers, and of a 0


@dataclass(frozen=True, slots=True)
class Structure:
    """What decides the source of a step. Two plans of one structure share their machine code."""

    neuron: Neuron
    zeros: frozenset[str] = frozenset()  # constants that are 0 for every neuron
    arrays: frozenset[str] = frozenset()  # constants that each neuron has its own word of
    bits: int = 64  # of the words; in 16 and 32 every cast saturates and rounds by a bias alone
    saturates: bool = True  # whether every cast saturates
    draws: bool = False  # whether casts that every neuron makes may draw
    guarded_draws: bool = False  # whether casts under a condition may
    nonzero: frozenset[str] = frozenset()  # states that may begin with something else than 0

    @property
    def narrow(self) -> bool:
        """Whether the words are narrower than the machine's."""
        return self.bits < 64


@dataclass(slots=True, eq=False)
class Source:
    """The source of a step while it is written: `lines` grow as values are asked for."""

    structure: Structure
    folded: Folded
    stages: Stages
    words: dict[Word, str] = field(default_factory=dict)
    rows: list[Ref] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    env: dict[Ref, str] = field(default_factory=dict)  # what the loop has computed
    computed: set[Ref] = field(default_factory=set)  # in the loops so far
    loop: int = 0
    deep: int = 2

    def add(self, *lines: str) -> None:
        """Write lines."""
        self.lines += [f"{'    ' * (self.deep - 1)}{line}" for line in lines]

    def word(self, value: object) -> str:
        """Return a value in the words that the step computes in."""
        return f"int{self.structure.bits}({value})"

    def lowest(self) -> str:
        """Return the lowest word there is."""
        return self.word(f"{1 - (1 << self.structure.bits - 1)} - 1")

    def two(self, sign: str, a: str, b: str) -> str:
        """Return an operation on two words."""
        return f"{_NARROW[sign]}({a}, {b})" if self.structure.narrow else f"({a} {sign} {b})"

    def data(self, kind: str, *refs: Ref, signal: str = "") -> str:
        """Return the name of a word of the data."""
        return self.words.setdefault((kind, refs, signal), f"{kind}_{'_'.join(map(str, refs))}{signal and '_'}{signal}")

    def same(self, original: Ref) -> bool:
        """Return whether an operation stands for itself, so that its binary point is its own."""
        known = isinstance(self.folded.operations.get(original), op.Literal)
        return self.folded.stands[original] == original and (
            not known or isinstance(self.structure.neuron.operations[original], op.Literal)
        )

    def unchanged(self, ref: Ref) -> bool:
        """Return whether all operands of an operation stand for themselves."""
        return all(self.same(part) for _, part in operands(self.structure.neuron.operations[ref]))

    def grid(self, ref: Ref) -> str | None:
        """Return a name for the binary point of a value that is the same under every plan, or nothing."""
        match self.folded.operations[ref]:
            case (
                op.State(signal=signal) | op.Constant(signal=signal) | op.Limit(signal=signal) | op.Carry(signal=signal)
            ):
                return INTEGERS if signal == BIT else signal
            case op.Literal(value=value):
                return INTEGERS if value else ANY
            case op.Input(name=name) | op.Each(name=name):
                return f"what arrives as {name}"
            case op.ShiftLeft(a=a) | op.ShiftRight(a=a) | op.Absolute(a=a) | op.Done(result=a):
                return self.grid(a) if self.same(a) else None
            case op.Add(a=a, b=b) | op.Subtract(a=a, b=b) | op.Minimum(a=a, b=b) | op.Maximum(a=a, b=b):
                return self._common(ref, a, b)
            case op.Select(a=a, b=b):
                return self._common(ref, a, b)
            case op.Multiply(a=a, b=b) if self.unchanged(ref):
                grids = [self.grid(a), self.grid(b)]
                if INTEGERS in grids:
                    grids.remove(INTEGERS)
                    return grids[0]
                return None
            case op.Multiply() | op.Round():
                return None
        return INTEGERS

    def _common(self, ref: Ref, a: Ref, b: Ref) -> str | None:
        grids = {self.grid(a), self.grid(b)} - {ANY}
        return (grids.pop() if grids else ANY) if len(grids) < 2 and self.unchanged(ref) else None
