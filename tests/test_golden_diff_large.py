"""Dumps of sets of many words are compared some presentations at a time, and say what they say as a whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from command_line import skip_with_jit
from fxsnn.golden import dumpmem, populations_parts
from fxsnn.golden.bundle import read_bundle
from fxsnn.golden.diff import Diff, diff
from fxsnn.golden.dump import nodes_of
from fxsnn.golden.dumps import read_dumps
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.golden.populations_read import GraphBundle
from fxsnn.graph.quantise import quantise_graph
from fxsnn.number.modes import Rounding
from population_sets import POPULATION_SETS

skip_with_jit()


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sets of three presentations, one of a network that rounds by chance."""
    place = tmp_path_factory.mktemp("large")
    for name in ("recurrent", "lif_layers"):
        network, inputs = POPULATION_SETS[name]()
        make_graph_bundle(place / name, network, inputs[:, :6])
    return place


def both(bundle: GraphBundle, paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> tuple[Diff, Diff]:
    """Return what a comparison of all at once says, and what one presentation after the other."""
    dumps = read_dumps(bundle, paths, "", (), "", ())
    whole = diff(bundle, dumps)
    monkeypatch.setattr(populations_parts, "AT_ONCE", 1)
    return whole, diff(bundle, dumps)


def altered(path: Path, to: Path, change: Any) -> Path:
    """Write a dump whose lines of words are changed."""
    lines = path.read_text().splitlines()
    head = [line for line in lines if line.startswith("//")]
    to.mkdir(exist_ok=True)
    (to / path.name).write_text("\n".join([*head, *change(lines[len(head) :])]) + "\n")
    return to / path.name


@pytest.mark.parametrize(
    "change",
    [
        lambda words: words,
        lambda words: ["000", *words],
        lambda words: ["000"] * 4 + words,
        lambda words: words[2:],
        lambda words: words[:-30],
        lambda words: [*words, "001", "002"],
        lambda words: ["@0004", *words[4:]],
    ],
)
def test_what_matches_is_told_alike(
    change: Any, bundles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, bundle = bundles / "recurrent", read_bundle(bundles / "recurrent")
    paths = [altered(place / "around.membrane.mem", tmp_path / "dump", change), place / "around.lfsr.0.mem"]
    whole, parts = both(bundle, paths, monkeypatch)
    assert whole == parts
    assert whole.difference is None


def test_the_first_difference_is_at_the_same_place_and_what_follows_is_said_to_be_left(
    bundles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, bundle = bundles / "recurrent", read_bundle(bundles / "recurrent")

    def change(words: list[str]) -> list[str]:
        at = 6 * 4 + 2 * 4 + 1  # of presentation 1, step 2, neuron 1
        return [*words[:at], f"{int(words[at], 16) ^ 1:0{len(words[at])}x}", *words[at + 1 :]]

    whole, parts = both(bundle, [altered(place / "around.membrane.mem", tmp_path / "dump", change)], monkeypatch)
    assert whole.difference is not None
    assert parts.difference is not None
    first, second = whole.difference, parts.difference
    assert (first.presentation, first.step, first.neuron) == (1, 2, 1)
    assert (second.node, second.presentation, second.step, second.neuron) == (first.node, 1, 2, 1)
    assert (second.expected, second.got, second.course) == (first.expected, first.got, first.course)
    assert parts.words == 2 * 6 * 4
    assert parts.notes[-1] == "presentations 2 and on were not compared: the set is large, and some before them differ"


def test_a_cause_is_found_in_the_first_presentation_that_differs(
    bundles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, inputs = POPULATION_SETS["lif_layers"]()
    floors = replace(network.plan.signals["one.membrane"], rounding=Rounding.FLOOR)
    plan = replace(network.plan, signals={**network.plan.signals, "one.membrane": floors})
    make_graph_bundle(tmp_path / "other", quantise_graph(network.graph, plan), inputs[:, :6])
    bundle = read_bundle(bundles / "lif_layers")
    whole, parts = both(bundle, [tmp_path / "other" / "one.membrane.mem"], monkeypatch)
    assert whole.causes
    assert set(whole.causes) <= set(parts.causes)


def test_a_file_that_is_written_as_sets_are_is_read_as_any_other(
    bundles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, bundle = bundles / "recurrent", read_bundle(bundles / "recurrent")
    paths = [place / f"{name}.mem" for name in nodes_of(bundle)]
    at_once = read_dumps(bundle, paths, "", (), "", ())
    monkeypatch.setattr(dumpmem, "plain_words", lambda *_: None)
    word_by_word = read_dumps(bundle, paths, "", (), "", ())
    for one, other in zip(at_once, word_by_word, strict=True):
        assert one.node == other.node
        assert one.words.tolist() == other.words.tolist()
        assert np.array_equal(one.defined, other.defined)
        assert (one.notes, one.places, one.unit, one.narrow) == (other.notes, other.places, other.unit, other.narrow)
