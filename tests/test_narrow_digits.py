"""The strategy narrow for networks of one layer: the same descent as for the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from command_line import skip_without_jit
from fxsnn.competitive.inventory import memory
from fxsnn.competitive.quantised import quantise
from fxsnn.digits.bench import measured_ranges
from fxsnn.digits.grid import Grid, make_points
from fxsnn.digits.subject import DigitsSubject, PlanSignals
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidates import to_json
from fxsnn.exploration.descent import Floor, steps
from fxsnn.number.format import Format
from fxsnn.study.session import Settings, run_study
from fxsnn.study.storage import parse_place
from study_worker import NETWORK, SPLITS, Snapping

skip_without_jit()

GRID = Grid(("UQ0.3", "UQ0.2"), (1, 0), ("TR",), ("TR",), ("shift 3",), (False,))
START = make_points(GRID, measured_ranges(NETWORK, SPLITS))[0].plan


def test_what_is_many_words_is_narrowed_one_bit_at_a_time() -> None:
    signals = PlanSignals(NETWORK)
    assert [name for name, _ in signals.signals(START)] == ["weight", "membrane", "theta"]
    each = replace(START, accumulate="each")
    assert [name for name, _ in signals.signals(each)] == ["weight", "accumulator", "membrane", "theta"]
    before = memory(quantise(NETWORK, each)).bits
    for step in steps(each, signals):
        name, end = step.move.split()
        fmt, less = (plan[name].format for plan in (each, step.plan))
        assert less == Format(fmt.word - 1, fmt.frac - (end == "lowest"), fmt.signed)
        assert step.plan.changed(**{name: each[name]}) == each
        assert memory(quantise(NETWORK, step.plan)).bits < before


def test_a_plan_that_cannot_run_is_no_step() -> None:
    huge = replace(START["weight"], format=Format(63, 0, signed=False))
    assert PlanSignals(NETWORK).replaced(START, "weight", huge) is None


def test_a_study_descends_and_is_continued(tmp_path: Path) -> None:
    subject = DigitsSubject(NETWORK, SPLITS, GRID, Snapping())

    def explored(name: str, workers: int, most: int = 10_000) -> tuple[int, bytes]:
        def stop(done: int) -> None:
            if done >= most:
                raise KeyboardInterrupt

        settings = Settings(parse_place(str(tmp_path / name)), "narrow", max_loss=0.2)
        finished = run_study(subject, settings, workers, lambda _stage, done, _total: stop(done))
        return finished.evaluated, to_json(finished.exploration)

    evaluated, whole = explored("whole.journal", 2)
    with pytest.raises(KeyboardInterrupt):
        explored("cut.journal", 1, most=4)
    left, found = explored("cut.journal", 1)
    assert found == whole
    assert 0 < left < evaluated
    settings = Settings(parse_place(str(tmp_path / "whole.journal")), "narrow", max_loss=0.2)
    entries = run_study(subject, settings, 1, lambda *_: None).exploration.entries
    floor = Floor.below(entries[0].accuracy, 0.2, entries[0].images)
    assert entries[0].name == "n0"
    assert entries[0].images == len(SPLITS.labelling)
    assert min(one.bits for one in entries if floor.holds(one.accuracy)) < 0.8 * entries[0].bits


def test_a_start_that_learns_is_refused() -> None:
    grid = Grid(("UQ0.3",), (1,), ("TR",), ("TR",), ("shift 3",), (False,), scheme=("ITQ", "PTQ"))
    with pytest.raises(ConfigError, match="^a grid for the strategy narrow must begin with the scheme PTQ, not ITQ$"):
        DigitsSubject(NETWORK, SPLITS, grid, Snapping()).narrowing(0.1)
