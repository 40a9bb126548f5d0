"""Rows of the documentation's tables: measured by workers, kept one by one, and never measured twice."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest

from command_line import skip_with_jit
from fxsnn.engine.work import Each

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
import table_rows

skip_with_jit()

NAMES = [{"seed": seed, "what": what} for seed in (0, 1) for what in ("float", "after")]


def square(name: table_rows.Row) -> table_rows.Row:
    if name["seed"] < 0:
        raise ValueError(f"a seed must be 0 or more, not {name['seed']}")
    return name | {"correct": name["seed"] ** 2}


def asked(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    table_rows.add_workers(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize("words", [("--workers", "1"), ("--workers", "3"), ("--processes",)])
def test_only_missing_rows_are_measured_in_their_order(tmp_path: Path, words: tuple[str, ...]) -> None:
    table = table_rows.Table(tmp_path / "rows.jsonl", ("seed", "what"))
    assert table.missing(NAMES) == NAMES
    assert len(list(table.measure(Each(square), NAMES[:1], asked()))) == 1
    assert table.missing(NAMES) == NAMES[1:]
    found = list(table.measure(Each(square), table.missing(NAMES), asked(*words)))
    assert table.rows() == [square(name) for name in NAMES]
    assert found == table.rows()[1:]
    assert table.missing(NAMES) == []


def test_rows_before_one_that_fails_stay(tmp_path: Path) -> None:
    table = table_rows.Table(tmp_path / "rows.jsonl", ("seed", "what"))
    with pytest.raises(ValueError, match="^a seed must be 0 or more, not -1$"):
        list(table.measure(Each(square), [NAMES[0], {"seed": -1, "what": ""}], asked("--workers", "1")))
    assert table.rows() == [square(NAMES[0])]
