"""fxsnn regress takes networks of layers that learn by local errors: every bit of theirs is held against the lock."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from command_line import in_plain_python, run
from fxsnn.decolle.description import Description, Layer
from fxsnn.decolle.network import random_layers, save_layers
from fxsnn.decolle.plan import decolle_plan_text, parse_decolle_plan
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.errors import WidthError
from fxsnn.graph.run import run as run_graph
from fxsnn.graph.run import trace
from fxsnn.regress.lock import lock_path, read_lock
from fxsnn.regress.noise import Random

pytestmark = in_plain_python

DESCRIBED = Description(
    height=6,
    width=6,
    classes=3,
    steps=12,
    step=1,
    burn_in=2,
    clip=3,
    layer=(Layer("conv", channels=2, kernel=3, pool=2), Layer("output", channels=3, refractory=0.0)),
)
LISTED = """
schema = 1
[default]
network = "net.npz"
plan = "plan.toml"
[[configuration]]
name = "drawn"
images = 2
random = { steps = 12, density = 0.5, seed = 7 }
[[configuration]]
name = "given"
inputs = "given.npz"
images = 3
traced = 1
change.trace.rounding = "stochastic"
[[configuration]]
name = "one layer by itself"
images = 1
change.layer = [{}, { trace = "UQ4.0 floor" }]
change.lfsr.seed = 99
[[configuration]]
name = "another leak"
images = 1
change.trace_leak = { kind = "shift", shift = 3 }
[[configuration]]
name = "refused"
images = 1
change.synapse = { format = "UQ60.3" }
"""


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    network = random_layers(DESCRIBED, 3)
    save_layers(network, tmp_path / "net.npz")
    (tmp_path / "plan.toml").write_text(decolle_plan_text(plan_layers(network, Words(5, 3))))
    words = np.random.default_rng(1).integers(0, 3, (3, 12, 6 * 6 * 2), endpoint=True)
    np.savez(tmp_path / "given.npz", inputs=words, labels=np.arange(3))
    (tmp_path / "list.toml").write_text(LISTED)
    said = run("regress", tmp_path / "list.toml", "--accept")
    assert said.status == 0, said.err
    return tmp_path / "list.toml"


def test_every_word_is_in_the_lock_and_agrees_a_second_time(listed: Path) -> None:
    again = run("regress", listed)
    assert again.status == 0
    assert "5 of 5 configurations agree with list.lock.json" in again.out
    records = read_lock(lock_path(listed)).records
    network = random_layers(DESCRIBED, 3)
    graph = quantise_layers(network, parse_decolle_plan((listed.parent / "plan.toml").read_text())).graph
    drawn = Random(steps=12, density=0.5, seed=7).spikes(2, 72)
    kept = trace(graph, drawn[0])
    nodes = [f"{name}.{node}" for name, one in kept.items() for node in one.nodes]
    assert set(nodes) <= set(records["drawn"].nodes[0])
    assert len(records["drawn"].nodes[0]["layer_0.membrane"]) == 8 * 12
    assert records["drawn"].configuration["plan.layer.0.trace.rounding"] == "floor"
    assert records["drawn"].configuration["network.layer.1.kind"] == "output"
    assert (records["given"].images, len(records["given"].nodes)) == (3, 1)
    right = run_graph(graph, drawn).classes
    assert right is not None
    assert records["refused"].refused.startswith("WidthError: ")
    differ = [records[name].words for name in ("drawn", "given", "one layer by itself", "another leak")]
    assert len(set(differ)) == 4


def test_a_changed_bit_is_named_by_its_node(listed: Path) -> None:
    plan = listed.parent / "plan.toml"
    old = 'rounding = "floor"'
    assert old in plan.read_text()
    plan.write_text(plan.read_text().replace(old, 'rounding = "zero"'))
    assert run("regress", listed).status == 1
    network = random_layers(DESCRIBED, 4)
    save_layers(network, listed.parent / "net.npz")
    said = run("regress", listed, "--only", "drawn")
    assert said.status == 1
    assert "words of weights" not in said.out
    assert "weights of weights_0 changed" in said.out
    assert "first node: " in said.out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "change.lfsr.seed = 99",
            "constants.decay = 0.5",
            "must be left out of a network of layers, which",
        ),
        ("change.lfsr.seed = 99", 'data = "digits"', "must be left out of a network of layers, which"),
        ("[{}, {", "[{}, {}, {", "change.layer must be a list of 2 tables, one a layer, not [{}, {}, {"),
        ("change.trace.rounding", "change.tracy.rounding", "Object contains unknown field `tracy`"),
        ("images = 3", "images = 4", "images must be at most the 3 of "),
        (
            "images = 3",
            "images = 3\nchange.learning = {}",
            "change must be of what a plan computes with",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(listed: Path, old: str, new: str, message: str) -> None:
    listed.write_text(LISTED.replace(old, new))
    said = run("regress", listed)
    assert (said.status, said.out) == (2, "")
    assert message in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "key", "whole"),
    [
        ('trace = "UQ5.1 ceil wrap"', 'trace.format = "UQ4.2"', 'trace = "UQ4.2 ceil wrap"'),
        ('trace_leak = "shift 2"', "trace_leak.shift = 3", 'trace_leak = "shift 3"'),
        ('trace_leak = "shift 2"', 'trace_leak = { kind = "none" }', 'trace_leak = "none"'),
        (
            'trace = "UQ5.1"',
            'layer = [{ trace = { rounding = "ceil" } }, {}]',
            'layer = [{ trace = "UQ5.1 ceil" }, {}]',
        ),
    ],
)
def test_keys_are_changed_in_lines_as_in_tables(listed: Path, line: str, key: str, whole: str) -> None:
    entry = '[[configuration]]\nname = "a"\nimages = 1\n'
    head = LISTED[: LISTED.index("[[configuration]]")]
    of_all = f"change.{line}\n" if "layer" in key else ""  # what the second layer keeps
    found = []
    for default, change in ((f"change.{line}\n", f"change.{key}\n"), ("", f"{of_all}change.{whole}\n")):
        listed.write_text(head + default + entry + change)
        assert run("regress", listed, "--accept").status == 0
        found.append(read_lock(lock_path(listed)).records["a"])
    assert found[0] == found[1]


def test_only_its_own_plan_refuses_a_network(listed: Path) -> None:
    network = random_layers(DESCRIBED, 3)
    huge = replace(network, biases=(network.biases[0] + np.float32(1e30), network.biases[1]))
    with pytest.raises(WidthError):  # what `fxsnn plan` gives it
        quantise_layers(huge, plan_layers(huge, Words()))
    save_layers(huge, listed.parent / "net.npz")
    said = run("regress", listed, "--accept")
    assert said.status == 0, said.err
    records = read_lock(lock_path(listed)).records
    assert [name for name, one in records.items() if one.refused] == ["refused"]


def test_a_plan_of_another_kind_and_labels_of_no_class_are_refused(listed: Path) -> None:
    words = np.load(listed.parent / "given.npz")["inputs"]
    np.savez(listed.parent / "given.npz", inputs=words, labels=np.arange(3) + 1)
    assert "labels must be the classes 0 to 2 of the readout, not 3" in run("regress", listed).complaint
    (listed.parent / "plan.toml").write_text('[signal]\nweight = "Q1.3"\n')
    assert "a plan must be of layers as its network is, " in run("regress", listed).complaint


def test_a_plan_of_other_layers_is_refused(listed: Path) -> None:
    plan = listed.parent / "plan.toml"
    plan.write_text(plan.read_text()[: plan.read_text().rindex("[[layer]]")])
    said = run("regress", listed)
    assert (said.status, said.out) == (2, "")
    assert "a plan must be of 2 layers, not 1" in said.err
