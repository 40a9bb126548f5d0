"""Rows of a table that workers measure: each is kept as it comes, so that a command does only what is missing."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fxsnn.engine.pool import Engine, open_pool
from fxsnn.engine.work import Work

Row = dict[str, Any]
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # 95 % quantiles of Student's t for a mean of so many


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where rows are measured."""
    parser.add_argument("--workers", type=int, default=2, help="rows of one seed that are measured together")
    parser.add_argument("--processes", action="store_true", help="rather than threads")
    parser.add_argument("--cluster", default="", help="as of fxsnn explore")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in a file, a line of JSON each.

    keys    what tells a row from all others
    """

    path: Path
    keys: tuple[str, ...]

    def rows(self) -> list[Row]:
        """Return the rows that are there."""
        return [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []

    def missing(self, names: Iterable[Row]) -> list[Row]:
        """Return the names of the rows that are not there: rows of the keys alone."""
        there = {self._name(row) for row in self.rows()}
        return [name for name in names if self._name(name) not in there]

    def measure(self, work: Work, names: Iterable[Row], asked: argparse.Namespace) -> Iterator[Row]:
        """Measure rows by the workers that are asked for; keep each, and yield it."""
        with open_pool(work, asked.workers, Engine(asked.processes, asked.cluster, report)) as pool:
            for row in pool.in_order(names):
                with self.path.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                yield row

    def _name(self, row: Row) -> tuple[Any, ...]:
        return tuple(row[key] for key in self.keys)


def report(line: str) -> None:
    """Print a line beside the table."""
    print(line, file=sys.stderr, flush=True)
