"""Tables and paragraphs as wide as the terminal: where it is narrow they take more lines, and lose nothing."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_GAP = 3  # blank columns between two columns of a table


def table(*columns: str, title: str = "") -> Table:
    """Return an empty table. Columns that begin with '>' are numbers, aligned right; the first one names the rows."""
    made = _empty(title)
    for column in columns:
        number = column.startswith(">")
        made.add_column(column[number:], justify="right" if number else "left", overflow="fold")
    return made


def show(whole: Table) -> None:
    """Print a table: all of its columns, side by side where they find room, else one band of them below the other.

    Where the output is no terminal, the table is as wide as it needs.
    """
    width = _width()
    console = _console(width)
    if whole.title:
        say(str(whole.title))
    for number, band in enumerate(bands(whole, width)):
        if number:
            console.print()
        if width is None:  # no blanks at the ends of lines of a file
            with console.capture() as printed:
                console.print(band)
            print("\n".join(map(str.rstrip, printed.get().splitlines())))
        else:
            console.print(band)


def show_rows(columns: Iterable[str], rows: Iterable[Iterable[str]], title: str = "") -> None:
    """Print a table of these rows; columns as of `table`."""
    whole = table(*columns, title=title)
    for row in rows:
        whole.add_row(*row)
    show(whole)


def say(text: str) -> None:
    """Print a paragraph, broken between words where the output is a terminal."""
    width = _width()
    _console(width).print(text, soft_wrap=width is None, highlight=False)


def show_json(data: Any) -> None:
    """Print plain data as one JSON document on one line."""
    print(json.dumps(data, allow_nan=False))


def verdict(text: str, passed: bool | None) -> str:
    """Return a text in green where something passed, in red where it failed, in yellow where neither (None).

    Where the output is no terminal, or NO_COLOR is set, the text stays as it is.
    """
    if not coloured():
        return text
    return typer.style(
        text, fg={True: "green", False: "red", None: "yellow"}[passed], bold=True if passed is False else None
    )


def coloured() -> bool:
    """Say whether the output is a terminal that shows colours: NO_COLOR is not set, and TERM is not dumb."""
    return _width() is not None and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def bands(whole: Table, width: int | None) -> Iterator[Table]:
    """Return a table as tables that fit the width, each with the first column and some of the others.

    A header is broken between its words where that makes room. A cell is broken only where it does not fit
    beside the first column alone.
    """
    from rich.cells import cell_len

    if width is None:
        yield _part(whole, range(len(whole.columns)), None)
        return
    headers = [str(column.header) for column in whole.columns]
    cells = [max(map(cell_len, map(str, column.cells)), default=0) for column in whole.columns]
    least = [max(cell, _header_width(header, len(header))) for header, cell in zip(headers, cells, strict=True)]
    others = zip(least[1:], whole.columns[1:], strict=True)
    rest = max((n for n, column in others if column.justify == "right"), default=0)
    first = min(least[0], max(width - _GAP - rest, width // 3))
    most = [first, *(max(1, width - _GAP - first) for _ in headers[1:])]
    least = [min(*both) for both in zip(least, most, strict=True)]
    for places in _packed(least, width):
        for lines in range(1, max(map(len, headers)) + 2):
            asked = [min(most[n], max(cells[n], _header_width(headers[n], lines))) for n in places]
            if sum(asked) + _GAP * (len(asked) - 1) <= width:
                break
        yield _part(whole, places, asked)


def _packed(widths: Sequence[int], width: int) -> Iterator[list[int]]:
    """Return which columns stand side by side: the first one, and as many of the others as fit."""
    places, taken = [0], widths[0]
    for place in range(1, len(widths)):
        if taken + _GAP + widths[place] > width and len(places) > 1:
            yield places
            places, taken = [0], widths[0]
        places.append(place)
        taken += _GAP + widths[place]
    yield places


def _part(whole: Table, places: Sequence[int], widths: Sequence[int] | None) -> Table:
    """Return some columns of a table as one of its own, of the given widths or as wide as they need."""
    made = _empty()
    headers = [str(whole.columns[place].header) for place in places]
    lines = [[header] if widths is None else _wrapped(header, widths[n]) for n, header in enumerate(headers)]
    deepest = max(map(len, lines))
    for n, place in enumerate(places):
        header = "\n".join([""] * (deepest - len(lines[n])) + lines[n])
        column = whole.columns[place]
        width = None if widths is None else widths[n]
        made.add_column(header, justify=column.justify, overflow="fold", width=width, no_wrap=widths is None)
    cells = zip(*(whole.columns[place].cells for place in places), strict=True)
    for row, texts in zip(whole.rows, cells, strict=True):
        made.add_row(*texts, end_section=row.end_section)
    return made


def _header_width(header: str, lines: int) -> int:
    """Return the fewest columns in which a header takes at most so many lines, its words whole."""
    longest = max(map(len, header.split()), default=0)
    return next((n for n in range(longest, len(header)) if len(_wrapped(header, n)) <= lines), len(header))


def _wrapped(header: str, width: int) -> list[str]:
    return textwrap.wrap(header, max(1, width), break_on_hyphens=False) or [""]


def _empty(title: str = "") -> Table:
    from rich import box
    from rich.table import Table

    return Table(title=title or None, box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)


def _width() -> int | None:
    """Return the columns of the terminal that the output is; None where it is no terminal."""
    return shutil.get_terminal_size().columns if sys.stdout and sys.stdout.isatty() else None


def _console(width: int | None) -> Console:
    from rich.console import Console

    # no markup: a name may hold brackets
    return Console(width=width or sys.maxsize, markup=False, emoji=False)
