"""Tables in terminals of every width: no name and no number is lost."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from command_line import in_terminal, long_but, run, skip_with_jit
from fxsnn.cli.tables import bands, say, show, table
from test_cli import plan_file

skip_with_jit()

WIDTHS = (60, 80, 100, 120)


def drawn(shown: Table, width: int | None) -> list[str]:
    """Return the lines of a table as a terminal of this width, or a file, would hold them."""
    console = Console(file=io.StringIO(), width=width or 1000, markup=False, emoji=False)
    for band in bands(shown, width):
        console.print(band)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def some_table() -> Table:
    rows = table("name", "words", ">a number", ">another number")
    rows.add_row("first", "some words", "1,234", "5", end_section=True)
    rows.add_row("second [x]", "", "1", "67,890")
    return rows


def test_what_finds_room_stands_side_by_side() -> None:
    assert drawn(some_table(), 80) == [
        "name         words        a number   another number",
        "─" * 51,
        "first        some words      1,234                5",
        "",
        "second [x]                       1           67,890",
    ]


def test_headers_are_broken_between_words_before_columns_part() -> None:
    assert drawn(some_table(), 45) == [
        "                               a   another",
        "name         words        number    number",
        "─" * 42,
        "first        some words    1,234         5",
        "",
        "second [x]                     1    67,890",
    ]


def test_what_finds_no_room_stands_below_with_the_names_again() -> None:
    assert drawn(some_table(), 30) == [
        "name         words",
        "─" * 23,
        "first        some words",
        "",
        "second [x]",
        "                  a   another",
        "name         number    number",
        "─" * 29,
        "first         1,234         5",
        "",
        "second [x]        1    67,890",
    ]


def test_a_file_holds_a_table_as_wide_as_it_is() -> None:
    rows = table("name", ">number")
    rows.add_row("n" * 400, "1")
    assert drawn(rows, None)[2] == "n" * 400 + "   " + "     1"


cells = st.text("abcxyz [/]0123456789,.-", max_size=30).map(str.strip)


@given(
    st.lists(st.tuples(st.sampled_from(["", ">"]), cells.filter(bool)), min_size=1, max_size=8),
    st.lists(st.lists(cells, min_size=8, max_size=8), max_size=5),
    st.integers(40, 130),
)
def test_every_cell_and_header_is_whole_and_every_line_fits(
    columns: list[tuple[str, str]], rows: list[list[str]], width: int
) -> None:
    made = table(*(f"{kind}{name}" for kind, name in columns))
    for row in rows:
        made.add_row(*row[: len(columns)])
    lines = drawn(made, width)
    assert max(map(len, lines)) <= width
    if width >= 63:  # two columns of 30 characters fit
        for row in rows:
            for cell in row[: len(columns)]:
                assert any(" ".join(cell.split()) in " ".join(line.split()) for line in lines)
        for _, name in columns:
            for word in name.split():
                assert any(word in line for line in lines)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_terminal_shows_every_array_of_a_network(tmp_path: Path, width: int) -> None:
    plan = plan_file(tmp_path)
    shown, whole = in_terminal(width, "memory", plan), run("memory", plan).out
    names = [line.split("  ")[0] for line in whole.splitlines()[2:-2]]
    assert "membrane potentials" in names
    for name in names:
        assert name in shown
    for number in re.findall(r"[\d,]*\d", whole.rpartition("total")[0]):
        assert re.search(rf"(?<![\d,]){number}(?![\d,])", shown)
    assert max(len(line) for line in shown.splitlines()[:-1]) <= width or width < 113  # but for the last sentence
    assert "\u2026" not in shown


@pytest.mark.long
@pytest.mark.parametrize("width", long_but(1, *WIDTHS))
def test_a_terminal_shows_every_place_of_data(width: int) -> None:
    shown = in_terminal(width, "data")
    assert max(map(len, shown.splitlines())) <= width
    for digest in re.findall(r"[0-9a-f]{32}", run("data").out):
        assert digest in shown
    assert "\u2026" not in shown


def test_a_title_and_names_in_brackets_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table("name", title="a [title]")
    rows.add_row("[red]:smile:")
    show(rows)
    assert capsys.readouterr().out.splitlines() == [
        "a [title]",
        "name",
        "─" * 12,
        "[red]:smile:",
    ]


def test_a_paragraph_is_one_line_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    text = "a sentence [of] words " * 30
    say(text)
    assert capsys.readouterr().out == f"{text}\n"
