"""`fxsnn memory` of a network that says its own size."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import run
from fxsnn.layered.network import random_layers
from fxsnn.layered.plan import layered_plan_text
from fxsnn.layered.ptq import Words, plan_layers
from fxsnn.layered.ready import ready
from fxsnn.plan import plan_text
from fxsnn.profiled import ANY, plan_in


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with a plan and a description of either kind."""
    (tmp_path / "digits.toml").write_text(plan_text(plan_in(ANY, "UQ0.4", "SR", 9)))
    network = random_layers(ready("nmnist", 8), 0)
    (tmp_path / "layers.toml").write_text(layered_plan_text(plan_layers(network, Words(5, 3))))
    (tmp_path / "two.toml").write_text((tmp_path / "layers.toml").read_text().rsplit("[[layer]]", 1)[0])
    (tmp_path / "mnist.toml").write_text(run("describe", "mnist").out.replace("neurons = 400", "neurons = 30"))
    (tmp_path / "nmnist.toml").write_text(run("events", "describe", "nmnist", "--classes", 8).out)
    return tmp_path


def test_a_description_says_its_size(place: Path) -> None:
    plan = place / "digits.toml"
    counted = run("memory", plan, "--network", place / "mnist.toml")
    assert counted.status == 0, counted.err
    assert counted == run("memory", plan, "--inputs", 784, "--neurons", 30, "--steps", 100)
    assert counted != run("memory", plan, "--neurons", 31)


def test_layers_are_counted_as_described(place: Path) -> None:
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
