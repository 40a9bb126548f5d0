"""The strategy paper for networks of populations, and grids of raw words: which points are tried at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from command_line import run, skip_without_jit
from fxsnn.errors import ConfigError
from fxsnn.exploration.candidates import load_exploration
from fxsnn.graph.files import load_graph
from fxsnn.graph.plan import GraphPlan, signals_for
from fxsnn.number.modes import Rounding
from fxsnn.populations.grid import graph_points, parse_graph_grid
from fxsnn.populations.groups import significant_points
from fxsnn.significance.fewest import Fewest, read_fewest
from test_graph_explore import GRID, RESTED, RESTING, written

skip_without_jit()

WIDER = GRID.replace('["Q2.5", "Q2.1"]', '["Q2.6", "Q2.5", "Q2.4", "Q2.3", "Q2.2", "Q2.1"]').replace(
    '["Q4.5 floor", "Q4.2 stochastic", "Q4.2"]', '["Q4.5 floor", "Q4.4 floor", "Q4.3 stochastic", "Q4.3"]'
)


def fewest(weights: dict[str, int], membrane: dict[str, int | None]) -> Fewest:
    groups = {f"{name}.weight": dict.fromkeys(("floor", "nearest-up"), bits) for name, bits in weights.items()}
    groups["out.membrane"] = membrane  # type: ignore[assignment]
    told = {name: {rounding: {"fractional": bits} for rounding, bits in one.items()} for name, one in groups.items()}
    return read_fewest(json.dumps({"schema": 1, "max_loss": 0.01, "fewest": told}).encode(), "f.json")


def names(folder: Path, found: Fewest) -> list[str]:
    graph = load_graph(folder / "net.toml")
    return [point.name for point in significant_points(graph_points(parse_graph_grid(WIDER), graph), graph, found)]


def test_every_signal_has_its_fewest_bits_or_up_to_two_more_and_the_most_demanding_owner_decides(
    tmp_path: Path,
) -> None:
    folder = written(tmp_path)
    found = fewest({"input_mine": 1, "mine_out": 2, "back": 9}, {"floor": 4, "nearest-up": 1, "stochastic": None})
    assert names(folder, found) == [
        f"weight-{weight}-membrane-{membrane}"
        for weight in ("Q2.4", "Q2.3", "Q2.2")  # `back` has a word of its own, the same in all points
        for membrane in ("Q4.5-TR", "Q4.4-TR", "Q4.3-nearest-even")
    ]


def test_where_no_point_has_so_few_bits_the_fewest_on_offer_will_do(tmp_path: Path) -> None:
    folder = written(tmp_path)
    found = fewest({"input_mine": -3, "mine_out": -4}, {"floor": 0, "nearest-up": None, "stochastic": None})
    assert names(folder, found) == ["weight-Q2.1-membrane-Q4.4-TR"]
    nothing = fewest({"input_mine": 8, "mine_out": 1}, {"floor": 1, "nearest-up": 1, "stochastic": 1})
    with pytest.raises(ConfigError, match="^a grid must have points with the bits that the significance file asks for"):
        names(folder, nothing)
    other = fewest({"first": 1}, {"floor": 1})
    with pytest.raises(
        ConfigError, match=r"^a significance file must be of this network, but it has no group 'input_m"
    ):
        names(folder, other)


@pytest.mark.long
def test_the_command_explores_what_its_own_significance_leaves(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "wider.toml").write_text(WIDER)
    net, shown, found, out = (folder / name for name in ("net.toml", "shown.npz", "s.json", "c.json"))
    assert run("significance", net, "--inputs", shown, "--max-loss", "0.3", "--out", found).status == 0
    words = ("--grid", folder / "wider.toml", "--inputs", shown, "--strategy", "paper", "--out", out)
    said = run("explore", net, *words, "--significance", found)
    assert said.status == 0, said.err
    told, graph = read_fewest(found.read_bytes(), "s.json"), load_graph(net)
    held = load_exploration(out)
    assert 0 < len(held.entries) < 24
    for n in range(len(held.entries)):
        signals = signals_for(graph, held.plan_as(n, GraphPlan))
        least = [told.least(f"{name}.weight", Rounding.NEAREST_EVEN) for name in ("input_mine", "mine_out")]
        assert all(bits is not None and bits <= signals["mine_out"]["weight"].format.frac for bits in least)
    assert run("explore", net, *words).complaint == "the strategy paper must have --significance FILE"


def test_raw_words_have_the_same_binary_point_in_all_points(tmp_path: Path) -> None:
    folder = written(tmp_path)
    np.savez(folder / "w.npz", mine=np.ones((4, 3)))
    (folder / "resting.neuron").write_text(RESTING)
    (folder / "net.toml").write_text(RESTED)
    graph = load_graph(folder / "net.toml")
    grid = '[signal]\nweight = {}\nv = "Q4.5"\nsmall = "UQ2.0"\nlevel = "UQ1.3"\n'
    assert len(graph_points(parse_graph_grid(grid.format('["Q2.3", "Q3.3"]')), graph)) == 2  # the same numbers
    with pytest.raises(ConfigError) as refused:
        graph_points(parse_graph_grid(grid.format('["Q2.3", "Q2.2"]')), graph)
    assert str(refused.value) == (
        "signal 'weight' must have the same fractional bits in all points, for it is of raw words (back.weight), "
        "not Q2.3, Q2.2"
    )
    own = grid.format('["Q2.3", "Q2.2"]') + '"back.weight" = "Q2.2"\n'
    assert len(graph_points(parse_graph_grid(own), graph)) == 2
