"""Formats that suit the data are chosen by it, and those that do not are told of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from command_line import run, skip_without_jit, small_splits
from fxsnn.competitive.learn import Learning, random_network, train
from fxsnn.competitive.network import load_network, save_network
from fxsnn.competitive.plan import parse_plan
from fxsnn.competitive.quantised import quantise
from fxsnn.competitive.ranges import profile
from fxsnn.competitive.watching import overflowing
from fxsnn.data.digits import Images
from fxsnn.data.encode import encode
from fxsnn.digits.profiled import ANY, plan_in, profiled_plan
from fxsnn.digits.splits import Splits
from fxsnn.exploration.candidates import load_exploration
from fxsnn.measure.overflows import lines_of_many
from fxsnn.measure.ranges import integer_bits

skip_without_jit()

# what `fxsnn train --itq UQ0.4` took for any data before formats were profiled
OF_MNIST = """
leak = { kind = "shift", shift = 5 }
weight = { format = "UQ0.4", rounding = "floor" }
accumulator = { format = "UQ6.4" }
membrane = { format = "UQ8.4" }
theta = { format = "UQ8.4" }
threshold = { format = "UQ3.0" }
inhibition = { format = "UQ8.0" }
[learning]
weight = { format = "UQ0.5", rounding = "stochastic" }
"""


def bright(splits: Splits) -> Splits:
    """Return the same images with much ink: paper is ink and ink is paper."""

    def inverted(digits: Images) -> Images:
        return Images(255 - digits.images, digits.labels)

    learned = inverted(splits.training)
    return Splits("18 inverted images", learned, learned, inverted(splits.test))


@pytest.fixture(autouse=True)
def _inverted(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("digits", "digits_training"):
        monkeypatch.setattr(f"fxsnn.jobs.{module}.open_splits", lambda *_: bright(small_splits()))


def share_by_hand(net: Path, plan: Path) -> float:
    """Return the share of sums of words of weights that are above the accumulator's highest word."""
    network, given = load_network(net), parse_plan(plan.read_text())
    weights = np.round(network.weights * 2 ** given["weight"].format.frac).astype(np.int64)
    raster = encode(bright(small_splits()).test.images, network.coding).raster().astype(np.int64)
    sums = (raster @ weights) << (given["accumulator"].format.frac - given["weight"].format.frac)
    return float((sums > given["accumulator"].format.highest).mean())


@pytest.mark.long
def test_formats_are_those_that_the_data_ask_for(tmp_path: Path) -> None:
    net, plan, other, fixed = (tmp_path / name for name in ("net.npz", "net.toml", "other.npz", "fixed.toml"))
    said = run("train", "--neurons", 6, "--passes", 3, "--itq", "UQ0.4", "--out", net)
    assert said.status == 0, said.err
    assert "overflow" not in said.err
    assert share_by_hand(net, plan) == 0.0
    fixed.write_text(OF_MNIST)
    said = run("train", "--neurons", 6, "--passes", 3, "--plan", fixed, "--out", other)
    assert said.status == 0, said.err
    share = share_by_hand(other, fixed)
    assert share > 0.5
    assert f"warning: accumulator (accumulate): {100 * share:.2f} % of the casts overflow its format\n" in said.err
    emulated = run("emulate", other, fixed)
    assert [line for line in emulated.err.splitlines() if "accumulator" in line] == [
        line for line in said.err.splitlines() if "accumulator" in line
    ]
    assert "overflow" not in run("emulate", net, plan).err


def test_integer_bits_hold_what_the_float_network_reached() -> None:
    images, learning = bright(small_splits()).training.images, Learning(passes=3)
    blank = random_network(784, 6)
    plan = profiled_plan(blank, images, learning, "UQ0.4")
    network = train(blank, images, learning)
    ranges = profile(network, encode(images, blank.coding))
    for name in ("current", "membrane", "theta"):
        fmt = plan["accumulator" if name == "current" else name].format
        assert (fmt.word - fmt.frac, fmt.signed) == integer_bits(getattr(ranges, name))
        assert fmt.frac == 4
    assert plan["accumulator"].format.word > plan_in(ANY, "UQ0.4")["accumulator"].format.word
    assert plan == profiled_plan(blank, images, learning, "UQ0.4")


def test_learned_thresholds_have_room_too() -> None:
    splits = bright(small_splits())
    blank = replace(random_network(784, 2), threshold=1000.0)
    plan = profiled_plan(blank, splits.training.images[:2], Learning(), "UQ0.4")
    assert plan.learning is not None
    theta = plan.learning.theta.format
    assert theta.frac == 16
    assert theta.word >= 24


def test_inhibition_down_to_the_floor_and_weights_of_one_are_no_overflows() -> None:
    splits = small_splits()
    network = train(random_network(784, 6), splits.training.images, Learning(passes=3))
    spikes = encode(splits.training.images, network.coding)
    quantised = quantise(network, plan_in(profile(network, spikes), "UQ0.4"))
    assert overflowing(quantised, spikes) == {}
    narrow = quantised.plan.changed(theta=replace(quantised.plan["theta"], format=quantised.plan["weight"].format))
    assert overflowing(quantise(network, narrow), spikes)["theta"] == 1.0


def test_an_exploration_says_which_signals_overflow(tmp_path: Path) -> None:
    net, grid, out = (tmp_path / name for name in ("net.npz", "grid.toml", "c.json"))
    # every weight of 0.26 rounds up to 0.5, so that sums are nearly twice those that ranges were profiled of
    weights = np.full((784, 4), 0.26)
    weights[:100] = 0  # so that the largest float sum is below 64
    save_network(replace(random_network(784, 4), weights=weights), net)
    grid.write_text(
        'weight = ["UQ0.8", "UQ0.1"]\nstate_bits = [4]\nweight_rounding = ["RN"]\n'
        'state_rounding = ["TR"]\nfold = [false]\n'
    )
    said = run("explore", net, "--grid", grid, "--out", out)
    assert said.status == 0, said.err
    fine, coarse = load_exploration(out).entries
    assert fine.overflows == {}
    assert coarse.overflows is not None
    share = coarse.overflows["accumulator (accumulate)"]
    assert share > 0.5
    assert (
        "warning: accumulator (accumulate): more than 0.10 % of the casts overflow its format in 1 of 2 candidates, "
        f"most in {coarse.name}: {100 * share:.2f} %\n"
    ) in said.err
    assert "does not say what it learned from" in said.err


def test_candidates_are_told_of_by_the_worst() -> None:
    found = [("a", {"membrane (leak)": 0.5, "theta": 0.002}), ("b", {"membrane (leak)": 0.75}), ("c", {})]
    assert lines_of_many(found) == [
        "membrane (leak): more than 0.10 % of the casts overflow its format in 2 of 3 candidates, most in b: 75.00 %",
        "theta: more than 0.10 % of the casts overflow its format in 1 of 3 candidates, most in a: 0.20 %",
    ]
