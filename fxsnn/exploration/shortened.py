"""Candidates whose names are too long for tables and paragraphs: a number each, and a column for each signal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from fxsnn.errors import ConfigError
from fxsnn.exploration.candidates import Exploration
from fxsnn.exploration.planned import signal_rows
from fxsnn.number.modes import SHORT

LONG = 40  # characters of a name of which three still stand in a line


def shortened(found: Exploration) -> Exploration:
    """Return the same candidates, named by their places in the file, `#1` the first, where a name is long."""
    if all(len(entry.name) <= LONG for entry in found.entries):
        return found
    named = (msgspec.structs.replace(entry, name=f"#{n}") for n, entry in enumerate(found.entries, 1))
    return replace(found, entries=tuple(named))


def picked(found: Exploration, name: str) -> int:
    """Return the place of the candidate of a name or number, `#12`; raises ConfigError where there is none.

    A rounding may be written as names have it, `w1.1-TR-v8.0-TR`, or in full, `w1.1-floor-v8.0-floor`.
    """
    names, brief = [entry.name for entry in found.entries], name
    for mode, short in SHORT.items():
        brief = re.sub(rf"(?<=-){mode}(?=-|$)", short, brief)
    for called in (names, [f"#{n}" for n in range(1, len(names) + 1)]):
        for one in (name, brief):
            if one in called:
                return called.index(one)
    raise ConfigError(f"a candidate must be a name, or a number #1 to #{len(found.entries)}, not {name!r}")


def signals_apart(found: Exploration, places: Sequence[int]) -> dict[str, list[str]]:
    """Return the signals in which candidates differ: of each the words of those at `places`.

    A rounding or an overflow is named where it differs among them.
    """
    rows = [{name: parts for name, *parts in signal_rows(found.plan_of(n))} for n in places]
    names = dict.fromkeys(name for row in rows for name in row)
    apart = {}
    for name in names:
        cells = [row.get(name, ["", "", ""]) for row in rows]
        differ = [len({cell[part] for cell in cells}) > 1 for part in range(3)]
        if any(differ) or len({entry.formats.get(name) for entry in found.entries}) > 1:
            apart[name] = [_cell(cell, differ) for cell in cells]
    return apart


def _cell(parts: Sequence[str], differ: Sequence[bool]) -> str:
    modes = [mode for mode, differs in zip(parts[1:], differ[1:], strict=True) if differs]
    return " ".join([parts[0].partition(" (")[0], *modes]).strip()
