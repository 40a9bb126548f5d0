"""`fxsnn memory` of a network that says its own size."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from command_line import run
from decolle_networks import quantised_layers
from fxsnn.competitive.description import competitive_of
from fxsnn.competitive.inventory import memory
from fxsnn.competitive.network import Network, save_network
from fxsnn.competitive.plan import Plan, parse_plan, plan_text
from fxsnn.competitive.quantised import quantise
from fxsnn.decolle.inventory import decolle_memory
from fxsnn.decolle.network import random_layers
from fxsnn.decolle.plan import decolle_plan_text
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import QuantisedLayers
from fxsnn.decolle.ready import ready
from fxsnn.digits.profiled import ANY, plan_in
from fxsnn.golden.populations_make import make_graph_bundle
from fxsnn.measure.macro import MACROS
from fxsnn.measure.memory import memory_to_data
from fxsnn.networks.counting import memory_of
from fxsnn.networks.described import described_text
from population_sets import POPULATION_SETS
from strategies import examples, networks, plans


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with a plan and a description of either kind."""
    (tmp_path / "digits.toml").write_text(plan_text(plan_in(ANY, "UQ0.4", "SR", 9)))
    network = random_layers(ready("nmnist", 8), 0)
    (tmp_path / "layers.toml").write_text(decolle_plan_text(plan_layers(network, Words(5, 3))))
    (tmp_path / "two.toml").write_text((tmp_path / "layers.toml").read_text().rsplit("[[layer]]", 1)[0])
    (tmp_path / "mnist.toml").write_text(run("describe", "mnist").out.replace("neurons = 400", "neurons = 30"))
    (tmp_path / "nmnist.toml").write_text(run("describe", "nmnist", "--classes", 8).out)
    return tmp_path


def test_a_description_says_its_size(place: Path) -> None:
    plan = place / "digits.toml"
    counted = run("memory", plan, "--network", place / "mnist.toml")
    assert counted.status == 0, counted.err
    assert counted == run("memory", plan, "--inputs", 784, "--neurons", 30, "--steps", 100)
    assert counted != run("memory", plan, "--neurons", 31)


# explore and report count what they have run by `memory` and `decolle_memory`
@settings(max_examples=examples(30), deadline=None)
@given(networks(), plans())
def test_a_network_is_counted_from_its_file_as_it_is_run(
    tmp_path_factory: pytest.TempPathFactory, network: Network, plan: Plan
) -> None:
    place = tmp_path_factory.mktemp("counted")
    save_network(network, place / "net.npz")
    (place / "net.toml").write_text(described_text(competitive_of(network)))
    (place / "plan.toml").write_text(plan_text(plan))
    ran = memory_to_data(memory(quantise(network, plan)), MACROS["ramb18"])
    assert memory_of(place / "plan.toml", place / "net.npz", "ramb18") == ran
    assert memory_of(place / "plan.toml", place / "net.toml", "ramb18") == ran


def test_a_network_that_does_not_inhibit_holds_neither_inhibition_nor_floor(place: Path) -> None:
    without = (place / "mnist.toml").read_text().replace("inhibition = 128.0", "inhibition = 0.0")
    (place / "free.toml").write_text(without)
    held, free = (
        json.loads(run("memory", place / "digits.toml", "--network", place / name, "--json").out)
        for name in ("mnist.toml", "free.toml")
    )
    plan = parse_plan((place / "digits.toml").read_text())
    assert held["bits"] - free["bits"] == plan["inhibition"].format.word + plan["membrane"].format.word
    assert {"inhibition", "floor"} == {a["name"] for a in held["arrays"]} - {a["name"] for a in free["arrays"]}


@pytest.mark.parametrize(
    ("plan", "network", "known"),
    [
        ("set/plan.toml", "set/net.toml", "around.membrane"),
        ("digits.toml", "mnist.toml", "layer.membrane, layer.refractory"),
        ("layers.toml", "nmnist.toml", "filter_0.trace, filter_0.synapse, layer_0.refractory, layer_0.fired, "),
    ],
)
def test_states_that_begin_with_words_are_of_the_network(place: Path, plan: str, network: str, known: str) -> None:
    make_graph_bundle(place / "set", *POPULATION_SETS["recurrent"]())
    np.savez(place / "start.npz", **{"around.spike": [0]})  # type: ignore[arg-type]
    start = ("--start", place / "start.npz")
    said = run("memory", place / plan, "--network", place / network, *start).complaint
    assert said.startswith(f"'{place / 'start.npz'}': a state at the start must be one of {known}")
    assert said.endswith(", not 'around.spike'")
    said = run("memory", place / plan, *start).complaint
    assert said == "--start must be given beside --network, whose states it names"


@pytest.mark.parametrize(
    ("plan", "network", "state", "shape", "array"),
    [
        ("digits.toml", "mnist.toml", "layer.refractory", (30,), "refractory counters"),
        ("layers.toml", "nmnist.toml", "layer_0.fired", (17, 17, 16), "layer 0 spikes of the step before"),
    ],
)
def test_states_that_begin_with_words_are_counted(
    place: Path, plan: str, network: str, state: str, shape: tuple[int, ...], array: str
) -> None:
    np.savez(place / "start.npz", **{state: np.zeros(shape, np.int64)})  # type: ignore[arg-type]
    usual, begun = (
        {one["name"] for one in json.loads(run("memory", place / plan, *words, "--json").out)["arrays"]}
        for words in (("--network", place / network), ("--network", place / network, "--start", place / "start.npz"))
    )
    assert begun - usual == {array}
    assert usual < begun


@settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))
@given(quantised_layers())
def test_decolle_networks_are_counted_from_their_description_as_they_are_run(
    tmp_path_factory: pytest.TempPathFactory, network: QuantisedLayers
) -> None:
    place = tmp_path_factory.mktemp("counted")
    (place / "net.toml").write_text(described_text(network.description))
    (place / "plan.toml").write_text(decolle_plan_text(network.plan))
    ran = memory_to_data(decolle_memory(network), MACROS["ramb18"])
    assert memory_of(place / "plan.toml", place / "net.toml", "ramb18") == ran


def test_decolle_networks_are_counted_as_described(place: Path) -> None:
    counted = run("memory", place / "layers.toml", "--network", place / "nmnist.toml")
    assert counted.status == 0, counted.err
    assert "layer 1 weights                 12,800             5    64,000 " in counted.out
    assert "while learning" not in counted.out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            ["layers.toml"],
            "a plan of layers, as {place}/layers.toml', must be counted with --network of layers",
        ),
        (
            ["layers.toml", "--network", "mnist.toml"],
            "a plan of layers, as {place}/layers.toml', must be counted with --network of layers",
        ),
        (
            ["digits.toml", "--network", "nmnist.toml"],
            "a plan must be of layers as its network is, {place}/digits.toml' is not",
        ),
        (
            ["layers.toml", "--network", "nmnist.toml", "--refractory-steps", "3"],
            "--refractory-steps must not be given beside --network, which says it",
        ),
        (
            ["layers.toml", "--network", "nmnist.bin"],
            "a network must be a trained one (.npz) or a description (.toml), not {place}/nmnist.bin'",
        ),
        (["two.toml", "--network", "nmnist.toml"], "a plan must be of 3 layers, not 2"),
        (
            ["layers.toml", "--network", "nmnist.toml", "--macro", "ddr"],
            "macro must be one of sram-32x1024, ramb18, not 'ddr'",
        ),
    ],
)
def test_what_does_not_belong_together_is_refused(place: Path, words: list[str], complaint: str) -> None:
    given = [place / word if "." in word else word for word in words]
    assert run("memory", *given).complaint == complaint.format(place=f"'{place}")
