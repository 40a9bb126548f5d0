"""What a neuron's text says of itself, and in which lines two texts differ."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from fxsnn.program.grammar import Text
from fxsnn.program.shipped import names, shipped


@dataclass(frozen=True, slots=True)
class Entry:
    """A text's declarations, of all choices together, in the order in which they stand there."""

    name: str
    sentence: str  # its first comment
    inputs: tuple[str, ...]
    states: tuple[str, ...]
    choices: dict[str, tuple[str, ...]]
    constants: tuple[str, ...]
    numbers: tuple[str, ...]
    emits: str

    @property
    def parameters(self) -> tuple[str, ...]:
        """What a network may have to give: choices, constants and numbers."""
        return (*self.choices, *self.constants, *self.numbers)


def catalogue() -> list[Entry]:
    """Return the entries of the texts that come with fxsnn, by name."""
    return [entry(name, shipped(name)) for name in names()]


def entry(name: str, text: Text) -> Entry:
    """Return what a text says of itself."""

    def of(kind: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.name for one in text.declared if one.kind == kind))

    first = text.source.partition("\n")[0]
    sentence = first.lstrip("# ") if first.startswith("#") else ""
    return Entry(
        name, sentence, of("input"), of("state"), dict(text.choices), of("constant"), of("number"), of("output")[0]
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """Lines that one text has and the other has not at this place: number and line, without comments."""

    ours: tuple[tuple[int, str], ...]
    theirs: tuple[tuple[int, str], ...]


def differences(one: Text, other: Text) -> tuple[int, list[Difference]]:
    """Return how many lines two texts have in common, and where they differ; comments and blank lines do not count."""
    ours, theirs = [*_lines(one)], [*_lines(other)]
    matched = SequenceMatcher(None, [line for _, line in ours], [line for _, line in theirs], autojunk=False)
    found, common = list[Difference](), 0
    for tag, first, last, first_other, last_other in matched.get_opcodes():
        if tag == "equal":
            common += last - first
        else:
            found.append(Difference(tuple(ours[first:last]), tuple(theirs[first_other:last_other])))
    return common, found


def _lines(text: Text) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text that say something, with their numbers."""
    ends = dict[int, int]()
    for token in tokenize.generate_tokens(io.StringIO(text.source).readline):
        if token.type == tokenize.COMMENT:
            ends[token.start[0]] = token.start[1]
    for number, line in enumerate(text.source.splitlines(), 1):
        code = line[: ends.get(number)].rstrip()
        if code:
            yield number, code
