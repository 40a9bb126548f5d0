"""Read a table of nodes: a column a node, in the order of the stream or beside columns that say which word it is."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from fxsnn.errors import FileError
from fxsnn.golden.dump import Dumped, Word, dumped, neurons_of, nodes_of, number_word
from fxsnn.golden.manifest import Bundle
from fxsnn.io.files import read_bytes
from fxsnn.io.imagetext import ascii_text, quoted, unmarked

INDICES = ("presentation", "step", "neuron")


def read_csv(bundle: Bundle, path: Path) -> list[Dumped]:
    """Read a CSV file: a header of column names, then decimal raw words or 0x bit patterns; x or z is undefined.

    Cells are apart by commas, semicolons or tabs, whichever the header has.

    With columns `step` and `neuron` (and `presentation`, where there are several) each word is where they say;
    without them the words of a column are in the order of the stream, and empty cells are none.

    Raises
    ------
    FileError
        A column is unknown or twice there, a row is short or long, a number is no word; the message names the line.
    """
    name = path.name
    text = ascii_text(unmarked(read_bytes(path, "a dump"), name), name)
    if not text.strip():
        raise FileError(f"{name} must hold a header and words, not nothing")
    first = text.split("\n", 1)[0]
    apart = next((sign for sign in ";\t" if sign in first), ",")
    reader = csv.reader(text.split("\n"), strict=True, delimiter=apart)
    try:
        header = [column.strip() for column in next(reader)]
        _check_header(bundle, header, name)
        nodes = {column: replace(node, packed=False) for column, node in nodes_of(bundle).items()}
        found: dict[str, list[Word]] = {column: [] for column in header if column in nodes}
        places: dict[str, list[int]] = {column: [] for column in found}
        placed = "step" in header
        for cells in reader:
            if not cells:
                continue
            where = f"{name} line {reader.line_num}"
            if len(cells) != len(header):
                raise FileError(f"{where} must have {len(header)} cells, as the header has, not {len(cells)}")
            row = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
            at = _indices(bundle, row, where) if placed else (0, 0)
            for column in found:
                if row[column]:
                    node = nodes[column]
                    found[column].append(number_word(row[column], node, where))
                    places[column].append(at[0] if neurons_of(node) == 1 else at[0] * neurons_of(node) + at[1])
    except csv.Error as error:
        raise FileError(f"{name} line {reader.line_num} must be a row of a table: {error}") from None
    return [dumped(nodes[column], words, name, places[column] if placed else None) for column, words in found.items()]


def _check_header(bundle: Bundle, header: list[str], name: str) -> None:
    known = [*INDICES, *nodes_of(bundle)]
    for column in header:
        if column not in known:
            raise FileError(f"{name} line 1 must name columns of {', '.join(known)}, not {quoted(column)}")
        if header.count(column) > 1:
            raise FileError(f"{name} line 1 must name every column once, not {column} {header.count(column)} times")
    if not set(header) - set(INDICES):
        raise FileError(f"{name} line 1 must name a node ({', '.join(nodes_of(bundle))})")
    needed = ["step", "neuron"] if len(bundle.stimuli.steps) == 1 else [*INDICES]
    given = [column for column in INDICES if column in header]
    if given and not set(needed) <= set(given):
        raise FileError(f"{name} line 1 must name {', '.join(needed)} or none of them, not only {', '.join(given)}")


def _indices(bundle: Bundle, row: dict[str, str], where: str) -> tuple[int, int]:
    """Return row of the stream and neuron."""
    steps = bundle.stimuli.steps
    presentation = _index(row.get("presentation", "0"), len(steps), f"{where} presentation")
    step = _index(row["step"], steps[presentation], f"{where} step")
    neurons = max(neurons_of(node) for node in nodes_of(bundle).values())
    neuron = _index(row["neuron"], neurons, f"{where} neuron")
    return bundle.stimuli.edges[presentation] + step, neuron


def _index(text: str, count: int, where: str) -> int:
    index = int(text) if text.isdigit() and len(text) < 20 else -1
    if not 0 <= index < count:
        raise FileError(f"{where} must be 0 to {count - 1}, not {quoted(text)}")
    return index
