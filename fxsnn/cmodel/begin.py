"""The call of a C model with which states begin with given words."""

from __future__ import annotations

from collections.abc import Iterable

from fxsnn.cmodel.words import indented, member


def begin_header(prefix: str, states: Iterable[tuple[str, str, str, int]]) -> list[str]:
    """Return the type of what states begin with, and the call; nothing where a model has no state.

    states    population, name, type in C and neurons of each
    """
    members = dict[str, list[str]]()
    for owner, name, type_, words in states:
        members.setdefault(owner, []).append(f"{type_} {member(name)}[{words}];")
    if not members:
        return []
    lines = [line for owner, part in members.items() for line in ("struct {", *indented(part), f"}} {member(owner)};")]
    return [
        "/* With which words states begin, each of its format; see the state above. */",
        "typedef struct {",
        *indented(lines),
        f"}} {prefix}_start;",
        "",
        "/* Begin with given words: what the reset does, then every state holds what `start` has of it. */",
        f"void {prefix}_begin({prefix}_state *state, const {prefix}_start *start);",
        "",
    ]


def begin_source(prefix: str, states: Iterable[tuple[str, str, str, int]]) -> list[str]:
    """Return the function; see `begin_header`."""
    places = [f"{member(owner)}.{member(name)}" for owner, name, _, _ in states]
    if not places:
        return []
    return [
        f"void {prefix}_begin({prefix}_state *state, const {prefix}_start *start)",
        "{",
        f"    {prefix}_reset(state);",
        *(f"    memcpy(state->states.{at}, start->{at}, sizeof start->{at});" for at in places),
        "}",
        "",
    ]
