"""Networks of either kind are described in one way: what people write, what it means, and what is refused."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_line import run, small_splits
from fxsnn.competitive.description import Competitive, competitive_of
from fxsnn.competitive.learn import Learning, random_network, train
from fxsnn.competitive.network import Network, load_network, save_network
from fxsnn.data.encode import RateCoding
from fxsnn.decolle.description import Description
from fxsnn.decolle.network import random_layers, save_layers
from fxsnn.decolle.ready import ready
from fxsnn.errors import ConfigError
from fxsnn.networks.described import described_in, described_text, parse_described
from strategies import networks

CONSTANTS = [field for field in fields(Network) if field.name not in ("weights", "theta", "labels", "coding")]
WHOLE = """
inputs = 9
[coding]
steps = 7
peak = 0.5
[[layer]]
kind = "competitive"
neurons = 4
threshold = 2
winner = "lowest"
refractory_steps = 3
"""


@given(networks())
def test_a_network_is_described_and_made_again(network: Network) -> None:
    described = competitive_of(network)
    read = parse_described(described_text(described))
    assert read == described
    assert isinstance(read, Competitive)
    again = read.network(network)
    for field in fields(Network):
        assert np.array_equal(getattr(again, field.name), getattr(network, field.name)), field.name


def test_what_is_left_out_is_as_in_a_network() -> None:
    read = parse_described(WHOLE)
    assert isinstance(read, Competitive)
    assert (read.inputs, read.neurons, read.coding) == (9, 4, RateCoding(7, 0.5))
    default = random_network(9, 4)
    asked = {"threshold": 2.0, "winner": "lowest", "refractory_steps": 3}
    assert read.constants == {field.name: asked.get(field.name, getattr(default, field.name)) for field in CONSTANTS}
    assert read.network(default).threshold == 2
    with pytest.raises(ConfigError, match=r"^weights must be \[9, 4\] as described, not \[9, 3\]$"):
        read.network(random_network(9, 3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("threshold = 2", "threshold = inf"), "threshold must be finite, not inf"),
        (
            ("threshold = 2", "decay = 1.5"),
            "decay must be the part of the membrane that a step leaves, 0 to 1, not 1.5",
        ),
        (("threshold = 2", "thresh = 2"), "Object contains unknown field `thresh`"),
        (("threshold = 2", 'threshold = "2"'), "Expected `float`, got `str`"),
        (('"lowest"', '"highest"'), "Invalid enum value 'highest'"),
        (("peak = 0.5", "peak = 2.0"), "peak must be a probability above 0, not 2.0"),
        (("neurons = 4", ""), "Object missing required field `neurons`"),
        (("inputs = 9", "input = 9"), "Object contains unknown field `input`"),
        (("inputs = 9", "inputs = 0"), "Expected `int` >= 1"),
        (("[[layer]]", '[[layer]]\nkind = "competitive"\nneurons = 2\n[[layer]]'), "must have one layer, not 2"),
        (
            ('"competitive"', '"competitif"'),
            "must be conv, dense, output or competitive, not 'competitif'",
        ),
        (("[[layer]]", "[layer"), "a network's description must be TOML: "),
    ],
)
def test_a_description_that_cannot_be_is_refused(change: tuple[str, str], message: str) -> None:
    assert change[0] in WHOLE
    with pytest.raises(ConfigError) as caught:
        parse_described(WHOLE.replace(*change))
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["", "layer = 3", "layer = []", "layer = [3]"])
def test_without_a_layer_it_is_no_description(text: str) -> None:
    with pytest.raises(ConfigError, match="^a network's description must have the documented keys: "):
        parse_described(text)


def test_a_file_of_either_kind_says_what_it_is(tmp_path: Path) -> None:
    network = replace(random_network(9, 4), winner="none")
    save_network(network, tmp_path / "one.npz")
    layers = random_layers(ready("nmnist", 3), 0)
    save_layers(layers, tmp_path / "layers.npz")
    assert described_in(tmp_path / "one.npz") == competitive_of(network)
    assert described_in(tmp_path / "layers.npz") == layers.description
    for name in ("one", "layers"):
        said = run("describe", tmp_path / f"{name}.npz")
        assert said.status == 0
        assert parse_described(said.out) == described_in(tmp_path / f"{name}.npz")
    assert isinstance(parse_described(run("describe", "decolle", "--classes", 11).out), Description)
    assert parse_described(run("describe", "mnist").out) == competitive_of(random_network())
    assert run("describe", tmp_path / "none.npz").complaint.startswith("a network must be a file that can be read, ")


@settings(max_examples=3)
@given(st.integers(0, 9))
def test_a_coding_has_a_seed_of_its_own(seed: int) -> None:
    read = parse_described(WHOLE.replace("steps = 7", f"steps = 7\nseed = {seed}"))
    assert isinstance(read, Competitive)
    assert asdict(read.coding) == {"steps": 7, "peak": 0.5, "seed": seed}


def test_a_described_network_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    splits = small_splits()
    monkeypatch.setattr("fxsnn.jobs.digits_training.open_splits", lambda *_: splits)
    text = WHOLE.replace("inputs = 9", "inputs = 784").replace("threshold = 2", "threshold = 3")
    path, out = tmp_path / "net.toml", tmp_path / "net.npz"
    path.write_text(text)
    said = run("train", path, "--out", out, "--seed", 2)
    assert said.status == 0, said.err
    assert f"{out}: 4 neurons that learned in float" in said.out
    described: Any = parse_described(text)
    blank = described.network(random_network(784, 4, 2))
    expected = train(blank, splits.training.images, Learning(passes=1, seed=2))
    found = load_network(out)
    assert (found.weights == expected.weights).all()
    assert described_in(out) == described
    for wrong, message in (
        (WHOLE, "a network must have 784 inputs, one a pixel, not 9"),
        (run("describe", "nmnist").out, "a network of layers must learn from recordings: name their folder by --data"),
    ):
        path.write_text(wrong)
        assert run("train", path, "--out", tmp_path / "other.npz").complaint.startswith(message)
    path.write_text(text)
    both = run("train", path, "--out", tmp_path / "other.npz", "--neurons", 3)
    assert both.complaint.startswith("neurons must be given by a description or by --neurons, not both")
    assert not (tmp_path / "other.npz").exists()
