"""A neuron's step as operations: what its text says once the plan's choices are made, before any format is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fxsnn.program import operations as op
from fxsnn.program.operations import Operation, Ref

BIT = "bit"  # the signal of a state that holds 0 or 1: no plan gives it a format


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the text that assigns a name."""

    name: str
    line: int
    column: int
    source: str  # on one line, without its annotation
    signal: str  # into which it casts; "" where it stays exact
    value: Ref  # what the name stands for after it; the condition of an if, whose name is "if"

    @property
    def place(self) -> str:
        """Line and column."""
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Cast:
    """A cast of a step: the operations that round and limit, and the register that it draws from."""

    name: str
    round: Ref
    limit: Ref
    signal: str
    stream: int | None


@dataclass(frozen=True, slots=True)
class Region:
    """What is done for every active input, one after the other: from a Carry to its Done."""

    carry: Ref
    done: Ref
    initial: Ref
    result: Ref  # what is carried on
    signal: str  # of what is carried on
    given: str  # the input whose active words come


@dataclass(frozen=True, slots=True, eq=False)
class Neuron:
    """The operations of a time step in order, and what they mean.

    Every operation belongs to a statement. A state's next word, and what is emitted, are values of operations.
    """

    file: str
    choices: dict[str, str]
    operations: tuple[Operation, ...]
    owners: tuple[int, ...]  # the statement of each operation
    statements: tuple[Statement, ...]
    states: dict[str, tuple[str, Ref]]  # signal, and the word at the end of the step
    constants: dict[str, str]  # signal
    inputs: tuple[str, ...]
    numbers: tuple[str, ...]
    output: tuple[str, Ref]
    names: dict[str, Ref]  # every name that is assigned whatever the conditions are: its last value
    casts: tuple[Cast, ...]
    signals: tuple[str, ...]  # whose formats a plan must give
    joined: dict[
        Ref, tuple[int, ...]
    ]  # of what an if makes: its statement, or those in its branches that a Select joins

    @property
    def title(self) -> str:
        """The name of its file in letters, digits and underscores."""
        return re.sub(r"\W+", "_", Path(self.file).stem)

    @property
    def nodes(self) -> dict[str, Ref]:
        """What golden sets hold: every name that does not begin with an underscore."""
        return {name: ref for name, ref in self.names.items() if not name.startswith("_")}

    def is_kept(self, signal: str, ref: Ref) -> bool:
        """Say whether a value is a word of a signal as it is: cast into it, or one of its states."""
        made = self.operations[ref]
        return isinstance(made, op.Limit | op.State) and made.signal == signal

    @property
    def one_by_one(self) -> tuple[str, ...]:
        """The inputs whose active words a step takes one after the other."""
        taken = {one.name for one in self.operations if isinstance(one, op.Each)}
        return tuple(name for name in self.inputs if name in taken)

    @property
    def uncast(self) -> dict[str, tuple[str, Ref]]:
        """The states that a step ends without a cast, and so must provably fit their words; as in `states`."""
        return {
            name: (own, last) for name, (own, last) in self.states.items() if own != BIT and not self.is_kept(own, last)
        }

    @property
    def regions(self) -> tuple[Region, ...]:
        """What a step does for every active input, in the order of the text."""
        found = list[Region]()
        for done, end in enumerate(self.operations):
            if isinstance(end, op.Done):
                begin, *inside = self.operations[end.carry : done]
                assert isinstance(begin, op.Carry)  # noqa: S101  (a Done names it)
                given = next(one.name for one in inside if isinstance(one, op.Each))
                found.append(Region(end.carry, done, begin.initial, end.result, begin.signal, given))
        return tuple(found)

    def rounding(self, cast: Cast) -> op.Round:
        """Return the operation that rounds in a cast."""
        found = self.operations[cast.round]
        assert isinstance(found, op.Round)  # noqa: S101  (so says Cast)
        return found

    def cast(self, stream: int) -> Cast | None:
        """Return the cast that draws from the register of this number, or none where the choices leave it out."""
        return next((cast for cast in self.casts if cast.stream == stream), None)

    def labelled(self, cast: Cast) -> str:
        """Return what a cast is called where casts are counted: its name and line."""
        return f"{cast.name}, line {self.line(cast.round)}"

    def called(self, ref: Ref) -> str:
        """Return the name of a value: of what is declared or assigned, or a number; nothing where it has none."""
        match self.operations[ref]:
            case op.Literal(value=value):
                return str(value)
            case one if isinstance(one, op.LEAVES):
                return one.name
        named = [name for name, value in self.names.items() if value == ref]
        named += [one.name for one in self.statements if one.value == ref and one.name != "if"]
        return named[0] if named else ""

    def makers(self, ref: Ref) -> tuple[Statement, ...]:
        """Return the statements that make a value: several where an if and its else both assign it."""
        return tuple(self.statements[number] for number in self.joined.get(ref, (self.owners[ref],)))

    def line(self, ref: Ref) -> int:
        """Return the line of the text in which the statement of an operation begins."""
        return self.statements[self.owners[ref]].line

    def place(self, ref: Ref) -> str:
        """Return where in the text the statement of an operation begins: file, line, column."""
        return f"{self.file}:{self.statements[self.owners[ref]].place}"

    def first(self, name: str) -> str:
        """Return where in the text a signal, input or number is first used: file, line, column."""
        used = (
            ref
            for ref, one in enumerate(self.operations)
            if name in (getattr(one, "signal", None), getattr(one, "name", None))
        )
        return next(map(self.place, used), f"{self.file}:1:1")
