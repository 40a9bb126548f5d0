"""`fxsnn export c` of trained networks: the model in C answers as the network's own run does, class by class."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from c_models import STRICT
from command_line import in_plain_python, run
from fxsnn.competitive.emulate import run_raster
from fxsnn.competitive.network import Network, load_network, save_network
from fxsnn.competitive.plan import parse_plan
from fxsnn.competitive.quantised import quantise
from fxsnn.decolle.description import Description, Layer
from fxsnn.decolle.emulate import respond_layers
from fxsnn.decolle.network import load_layers, random_layers, save_layers
from fxsnn.decolle.plan import decolle_plan_text, parse_decolle_plan
from fxsnn.decolle.ptq import Words, plan_layers
from fxsnn.decolle.quantise import quantise_layers
from fxsnn.measure.classify import vote

pytestmark = in_plain_python

PLAN = """
weight = "UQ0.4 stochastic"
accumulator = "UQ4.4"
membrane = "Q5.3 stochastic"
theta = "UQ2.3"
threshold = "UQ2.3"
inhibition = "UQ4.0"
leak = "multiply UQ0.6"
"""
MAIN = """#include <stdio.h>
#include "net.h"
static net_state state;
static net_readout readout;
static GIVEN in[NET_INPUTS];
static EMITTED out[NET_OUTPUTS];
int main(void)
{
    int n, t, image;
    for (image = 0; image < IMAGES; image++) {
        net_reset(&state);
        net_readout_reset(&readout);
        for (t = 0; t < STEPS; t++) {
            for (n = 0; n < NET_INPUTS; n++) {
                unsigned word;
                if (scanf("%u", &word) != 1) return 1;
                in[n] = (GIVEN)word;
            }
            if (net_step(&state, in, out) != 0) return 2;
            net_readout_take(&readout, &state);
        }
        printf("%d", (int)net_class(&readout));
        for (n = 0; n < NET_OUTPUTS; n++) printf(" %lld", (long long)readout.answers[n]);
        puts("");
    }
    return 0;
}
"""


def answered(folder: Path, inputs: np.ndarray) -> list[list[int]]:
    """Compile the model of a folder and return of each input, [inputs, steps, words], its class and its answers."""
    (images, steps), header = inputs.shape[:2], (folder / "net.h").read_text()
    given, emitted = re.findall(r"int net_step\(net_state \*state, const (\w+) in.*, (\w+) out", header)[0]
    stands_for = {"STEPS": str(steps), "IMAGES": str(images), "GIVEN": given, "EMITTED": emitted}
    (folder / "main.c").write_text(re.sub("|".join(stands_for), lambda found: stands_for[found[0]], MAIN))
    subprocess.run(["gcc", *STRICT, "net.c", "main.c", "-o", "main"], cwd=folder, check=True)
    words = " ".join(map(str, inputs.reshape(-1).tolist()))
    said = subprocess.run([folder / "main"], input=words, capture_output=True, text=True, check=True).stdout
    return [[int(word) for word in line.split()] for line in said.splitlines()]


def one_layer(folder: Path, labels: list[int]) -> Path:
    rng = np.random.default_rng(2)
    net = Network(
        rng.random((12, 5)), rng.random(5), np.array(labels), threshold=1.5, inhibition=2.0, refractory_steps=1
    )
    save_network(net, folder / "net.npz")
    (folder / "plan.toml").write_text(PLAN)
    return folder / "net.npz"


def test_neurons_of_one_layer_fire_and_vote_in_c_as_they_do_here(tmp_path: Path) -> None:
    net, model = one_layer(tmp_path, [3, 1, 1, -1, 0]), tmp_path / "model"
    said = run("export", "c", net, tmp_path / "plan.toml", "--out", model)
    assert said.status == 0, said.err
    raster = (np.random.default_rng(5).random((6, 20, 12)) < 0.3).astype(np.uint8)
    loaded = load_network(net)
    counts = run_raster(quantise(loaded, parse_plan(PLAN)), raster).sum(axis=1, dtype=np.int64)
    classes = vote(counts, loaded.labels)
    assert counts.sum() > 20
    assert len(set(classes.tolist())) > 1
    assert answered(model, raster) == [[one, *row] for one, row in zip(classes.tolist(), counts.tolist(), strict=True)]


def test_a_network_without_classes_has_no_vote(tmp_path: Path) -> None:
    net = one_layer(tmp_path, [-1] * 5)
    assert run("export", "c", net, tmp_path / "plan.toml", "--out", tmp_path / "model").status == 0
    assert "net_class" not in (tmp_path / "model" / "net.h").read_text()


@pytest.mark.parametrize("filters", ["inputs", "currents"])
def test_layers_say_in_c_what_they_say_here(tmp_path: Path, filters: str) -> None:
    described = Description(
        height=6, width=6, classes=3, steps=12, step=1, burn_in=2, clip=3,
        layer=(Layer("conv", channels=2, kernel=3, pool=2), Layer("output", channels=3, refractory=0.0)),
    )  # fmt: skip
    network = random_layers(described, 3)
    save_layers(network, tmp_path / "net.npz")
    words = Words(5, 3, filters="inputs" if filters == "inputs" else "currents")
    (tmp_path / "plan.toml").write_text(decolle_plan_text(plan_layers(network, words)))
    said = run("export", "c", tmp_path / "net.npz", tmp_path / "plan.toml", "--out", tmp_path / "model")
    assert said.status == 0, said.err
    frames = np.random.default_rng(1).integers(0, 3, (4, 12, 6, 6, 2), endpoint=True).astype(np.uint16)
    plan = parse_decolle_plan((tmp_path / "plan.toml").read_text())
    answers = respond_layers(quantise_layers(load_layers(tmp_path / "net.npz"), plan), frames)
    found = answered(tmp_path / "model", frames.reshape(4, 12, -1))
    assert [row[1:] for row in found] == answers.tolist()
    assert [row[0] for row in found] == answers.argmax(axis=1).tolist()


@pytest.mark.parametrize("plan", ["[[layer]]\n", "[signal]\n"])
def test_a_plan_of_another_kind_is_refused_in_one_line(tmp_path: Path, plan: str) -> None:
    net = one_layer(tmp_path, [0] * 5)
    (tmp_path / "plan.toml").write_text(plan)
    said = run("export", "c", net, tmp_path / "plan.toml", "--out", tmp_path / "model")
    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
    assert not (tmp_path / "model").exists()
